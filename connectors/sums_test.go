package connectors_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// wjxSign is sha1 of "311" + "7" + "pushkey".
const wjxSign = "84c88fefdfb2fab7cc28aa08c57a060f3585ad21"

// sums were computed by another program: the algorithm ("hmac" is HMAC-SHA256 under s3cret, "hmac64" the same in base64), then
// what was signed.
var sums = map[string]string{
	"sha1 s3cret{\"a\":1}":                         "ccec51cb78abf026709483b5492ee8fedc91ae77",
	"md5 {\"a\":1}s3cret":                          "ef111bdcb809f8bd5113ccc70e70fea6",
	"md5 appkey[]s3cret":                           "6b975d83b81266940ccf59e71486664d",
	"sha1 1767603600n-1token":                      "4eb8025872849dd460b03879d8b6226d2d47fa42",
	"hmac 1767603600.{\"a\":1}":                    "4097a2fcdfdf9448745dba81f18cb3fa92f3e61306fb44283227df3caaac0974",
	"hmac [1767603600000;{\"a\":1}]":               "528dace0bb9cae59a13ca043114ca4c02b478e3193426324c582769cfef5448a",
	"sha1 2026-01-05 17:00:00{}s3cret":             "90a836e254f615f7a68c81504a47fb4ea1cdb21f",
	"hmac https://leads.example/in/shop|{\"a\":1}": "efacd43c9b16c88a43bc0f4c6c1edaeadd5ad2dcb1b507f1159c3bf9821524f4",
	"sha256 s3cretPOSThttps://leads.example/in/shop?a=1&b=%2F/in/shop{\"a\":1}": "3595917270bde8eedd09c2935c8442f85f783ed78bb58a2658d66daa4a4630a4",
	"hmac64 1767603600000\ns3cret":                                              "fY7qZOylZk8+FVkzLXLg02/Q4gNfL4dN5KtM91YRMhI=",
	"hmac {\"n\":\"\\u6797\\ud83d\\ude00\"}":                                    "9747c0e6c954e35bf81558c5e081e4fae462fc5aa4f2958dd501a5603757541d",
	"hmac hmacsha256={\"a\":1}":                                                 "65c896696fe3f7afbf10dfafa2f470c37fa1a96dea8f1098bfb37d589f5ce3bd",
}

func sha256hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func hmacHex(key, s string) string {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(s))
	return hex.EncodeToString(m.Sum(nil))
}
