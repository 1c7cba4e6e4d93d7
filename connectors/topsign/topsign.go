// Package topsign signs and verifies parameters as Taobao's TOP does, and the many platforms that took it over: names
// sorted, every name and value joined without anything between, hashed with the secret.
package topsign

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Scheme is one platform's way.
type Scheme struct {
	Algorithm string // "md5", or "hmac-md5", "hmac-sha1", "hmac-sha256" with the secret as their key
	Around    bool   // the secret stands before and behind what is joined
	Lower     bool   // lower-case hex; upper-case otherwise
	KeepEmpty bool   // parameters without a value are signed
	Except    []string
	// Between stands between a name and its value, Join between one pair and the next, Tail is the secret behind all.
	Between, Join string
	Tail          bool
}

// The platforms. Sources: open.taobao.com docId=101617; open.jd.com developer guide (JOS; pushes of opendj.jd.com 到家 are signed as TOP is);
// open.pinduoduo.com sign page; op.jinritemai.com "gen-sign" (抖店); 1688 open platform _aop_signature.
var (
	TOP           = Scheme{Algorithm: "md5", Around: true, Except: []string{"sign"}}
	TOPHMAC       = Scheme{Algorithm: "hmac-md5", Except: []string{"sign"}}
	TOPHMACSHA256 = Scheme{Algorithm: "hmac-sha256", Except: []string{"sign"}}
	JOS           = Scheme{Algorithm: "md5", Around: true, Except: []string{"sign", "format", "sign_method"}}
	PDD           = Scheme{Algorithm: "md5", Around: true, Except: []string{"sign"}}
	Doudian       = Scheme{Algorithm: "hmac-sha256", Around: true, Lower: true, KeepEmpty: true, Except: []string{"sign", "sign_method", "access_token"}}
	Alibaba       = Scheme{Algorithm: "hmac-sha1", KeepEmpty: true, Except: []string{"_aop_signature"}} // before: the path, "" for pushes
	// Xiaohongshu signs a=1&b=2 and the secret behind path + "?" (before).
	Xiaohongshu = Scheme{Algorithm: "md5", Lower: true, KeepEmpty: true, Between: "=", Join: "&", Tail: true, Except: []string{"sign"}}
)

var algorithms = map[string]func() hash.Hash{"md5": md5.New, "hmac-md5": md5.New, "hmac-sha1": sha1.New, "hmac-sha256": sha256.New}

// Sign returns the signature of params. before stands in front of them, as the path does with some; usually "".
func (s Scheme) Sign(secret, before string, params map[string]string) string {
	names := make([]string, 0, len(params))
	for name, value := range params {
		if !slices.Contains(s.Except, name) && name != "" && (value != "" || s.KeepEmpty) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString(before)
	for i, name := range names {
		if i > 0 {
			b.WriteString(s.Join)
		}
		b.WriteString(name + s.Between + params[name])
	}
	signed := b.String()
	if s.Around {
		signed = secret + signed + secret
	} else if s.Tail {
		signed += secret
	}
	h := algorithms[s.Algorithm]()
	if strings.HasPrefix(s.Algorithm, "hmac-") {
		h = hmac.New(algorithms[s.Algorithm], []byte(secret))
	}
	_, _ = h.Write([]byte(signed))
	if s.Lower {
		return hex.EncodeToString(h.Sum(nil))
	}
	return strings.ToUpper(hex.EncodeToString(h.Sum(nil)))
}

var (
	errUnsigned     = lead.Unauthorized("unsigned", "the request carries no signature", "only the vendor's servers post here")
	errBadSignature = lead.Unauthorized("bad_signature", "the signature does not fit this request", "check that the secret is the same on both sides")
)

// Verify checks a signature in any case, in constant time, with any of secrets. Errors are KindUnauthorized; no secret, or an
// empty one, verifies nothing.
func (s Scheme) Verify(secrets []string, given, before string, params map[string]string) error {
	if given == "" {
		return errUnsigned
	}
	var valid []string
	for _, secret := range secrets {
		if strings.Trim(secret, " ") != "" {
			valid = append(valid, strings.ToLower(s.Sign(secret, before, params)))
		}
	}
	if !connectors.EqualToken(strings.ToLower(given), valid) {
		return errBadSignature
	}
	return nil
}
