package wechatcrypt_test

import (
	"encoding/base64"
	"encoding/xml"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/connectors/wechatcrypt"
	"github.com/leadhub/leadhub/lead"
)

// The vendors' published samples: WeCom, developer.work.weixin.qq.com/document/path/90968 and its sample programs; DingTalk,
// open-doc.dingtalk.com "callback" (articleId=104945). WeCom's key sets bits that belong to no byte.
const (
	wecomToken = "QDG6eK"
	wecomKey   = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	wecomCorp  = "wx5823bf96d3bd56c7"

	wecomMessage = "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
	dingMessage  = "1a3NBxmCFwkCJvfoQ7WhJHB+iX3qHPsc9JbaDznE1i03peOk1LaOQoRz3+nlyGNhwmwJ3vDMG+OzrHMeiZI7gTRWVdUBmfxjZ8Ej23JVYa9VrYeJ5as7XM/ZpulX8NEQis44w53h1qAgnC3PRzM7Zc/D6Ibr0rgUathB6zRHP8PYrfgnNOS9PhSBdHlegK+AGGanfwjXuQ9+0pZcy0w9lQ=="
)

func crypter(t testing.TB, token, key, receiver string) *wechatcrypt.Crypter {
	c, err := wechatcrypt.New([]string{token}, []string{key}, []string{receiver})
	require.NoError(t, err)
	return c
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return lead.AsError(err).Code
}

func TestThePublishedSamplesOpen(t *testing.T) {
	wecom := crypter(t, wecomToken, wecomKey, wecomCorp)
	m, err := wecom.Open("5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", "1409659589", "263014780",
		"P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==")
	require.NoError(t, err)
	require.Equal(t, "1616140317555161061", string(m.Text))

	m, err = wecom.Open("477715d11cdb4164915debcba66cb864d751f3e6", "1409659813", "1372623149", wecomMessage)
	require.NoError(t, err)
	require.Equal(t, wecomCorp, m.Receiver)
	var text struct{ FromUserName, Content, MsgId string }
	require.NoError(t, wechatcrypt.DecodeXML(m.Text, &text))
	require.Equal(t, "mycreate hello 4561255354251345929", text.FromUserName+" "+text.Content+" "+text.MsgId)

	ding := crypter(t, "123456", "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij", "suite4xxxxxxxxxxxxxxx")
	m, err = ding.Open("5a65ceeef9aab2d149439f82dc191dd6c5cbe2c0", "1445827045067", "nEXhMP4r", dingMessage)
	require.NoError(t, err)
	require.JSONEq(t, `{"EventType":"check_create_suite_url","Random":"LPIdSnlF","TestSuiteKey":"suite4xxxxxxxxxxxxxxx"}`, string(m.Text))
}

func TestWhatIsNotSignedOrNotOursIsRefused(t *testing.T) {
	const signature, timestamp, nonce = "477715d11cdb4164915debcba66cb864d751f3e6", "1409659813", "1372623149"
	wecom := crypter(t, wecomToken, wecomKey, wecomCorp)
	other := strings.Replace(wecomMessage, "Ryp", "Syp", 1)
	for name, c := range map[string]struct{ signature, timestamp, nonce, message, want string }{
		"no signature":       {"", timestamp, nonce, wecomMessage, "unsigned"},
		"no nonce":           {signature, timestamp, "", wecomMessage, "unsigned"},
		"another time":       {signature, "1409659814", nonce, wecomMessage, "bad_signature"},
		"another message":    {signature, timestamp, nonce, other, "bad_signature"},
		"cut":                {signature[:39], timestamp, nonce, wecomMessage, "bad_signature"},
		"upper case is fine": {strings.ToUpper(signature), timestamp, nonce, wecomMessage, ""},
	} {
		_, err := wecom.Open(c.signature, c.timestamp, c.nonce, c.message)
		require.Equal(t, c.want, code(err), name)
	}
	for _, receiver := range []string{"", "wx5823bf96d3bd56c8", "wx5823bf96d3bd56c"} {
		_, err := crypter(t, wecomToken, wecomKey, receiver).Open(signature, timestamp, nonce, wecomMessage)
		require.Equal(t, "bad_encryption", code(err), receiver)
	}
	_, err := crypter(t, "QDG6eL", wecomKey, wecomCorp).Open(signature, timestamp, nonce, wecomMessage)
	require.Equal(t, "bad_signature", code(err))
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ tokens, keys []string }{
		"no token":      {nil, []string{wecomKey}},
		"empty token":   {[]string{"t", ""}, []string{wecomKey}},
		"no key":        {[]string{"t"}, nil},
		"empty key":     {[]string{"t"}, []string{""}},
		"42 characters": {[]string{"t"}, []string{wecomKey[:42]}},
		"padded":        {[]string{"t"}, []string{wecomKey + "="}},
		"no base64":     {[]string{"t"}, []string{strings.Repeat("*", 43)}},
	} {
		_, err := wechatcrypt.New(c.tokens, c.keys, nil)
		require.Equal(t, "bad_settings", code(err), name)
		require.NotContains(t, err.Error(), wecomKey[:20], name)
	}
}

func TestWhileAKeyIsChangedTheAnswerUsesTheOneThatDecrypted(t *testing.T) {
	newKey := strings.Repeat("A", 43)
	both, err := wechatcrypt.New([]string{"new", wecomToken}, []string{newKey, wecomKey}, []string{wecomCorp})
	require.NoError(t, err)
	m, err := both.Open("477715d11cdb4164915debcba66cb864d751f3e6", "1409659813", "1372623149", wecomMessage)
	require.NoError(t, err)
	answer := both.Reply(m, []byte("success"), "1760000000", "n")
	old, err := wechatcrypt.New([]string{"new"}, []string{wecomKey}, []string{wecomCorp})
	require.NoError(t, err)
	got, err := old.Open(answer.Signature, answer.Timestamp, answer.Nonce, answer.Encrypt)
	require.NoError(t, err)
	require.Equal(t, "success", string(got.Text))
	only := crypter(t, "new", newKey, wecomCorp)
	_, err = only.Open(answer.Signature, answer.Timestamp, answer.Nonce, answer.Encrypt)
	require.Equal(t, "bad_encryption", code(err))
}

func TestAnyAnswerOpensAgainAndNoByteOfItCanBeChanged(t *testing.T) {
	c := crypter(t, "t", wecomKey, "corp")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.Byte()).Draw(t, "text")
		e := c.Reply(wechatcrypt.Message{Receiver: "corp"}, text, "1", "n")
		m, err := c.Open(e.Signature, e.Timestamp, e.Nonce, e.Encrypt)
		require.NoError(t, err)
		require.Equal(t, string(text), string(m.Text))
		require.Equal(t, e.Signature, wechatcrypt.Sign("t", "1", "n", e.Encrypt))
		raw, err := base64.StdEncoding.DecodeString(e.Encrypt)
		require.NoError(t, err)
		raw[rapid.IntRange(0, len(raw)-1).Draw(t, "at")] ^= 1
		_, err = c.Open(e.Signature, e.Timestamp, e.Nonce, base64.StdEncoding.EncodeToString(raw))
		require.Equal(t, "bad_signature", code(err))
		_, _ = c.Decrypt(base64.StdEncoding.EncodeToString(raw)) // whatever it is, it does not panic
	})
}

func TestTheEnvelopeIsFoundInXMLAndJSON(t *testing.T) {
	for body, want := range map[string]string{
		`<xml><ToUserName><![CDATA[a]]></ToUserName><Encrypt><![CDATA[abc=]]></Encrypt><New>1</New></xml>`: "abc=",
		"\ufeff<?xml version=\"1.0\"?>\n<xml><Encrypt>abc=</Encrypt></xml>":                                "abc=",
		`{"ToUserName":"a","Encrypt":"abc="}`:                                                              "abc=",
		` {"encrypt":"abc="} `:                                                                             "abc=",
		`<xml><Content>plain</Content></xml>`:                                                              "",
		`{}`:                                                                                               "",
	} {
		got, err := wechatcrypt.Encrypted([]byte(body))
		require.NoError(t, err, body)
		require.Equal(t, want, got, body)
	}
	for body, want := range map[string]string{
		``: "bad_xml", `<xml>`: "bad_xml", `{"encrypt":`: "bad_json", `{"encrypt":1}`: "bad_json", `<xml></xml><xml></xml>`: "bad_xml",
		`<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>`:     "bad_xml",
		`<xml><Encrypt>&a;</Encrypt></xml>`:                                   "bad_xml",
		`<?php x?><xml/>`:                                                     "bad_xml",
		strings.Repeat("<a>", 20) + strings.Repeat("</a>", 20):                "bad_xml",
		`<?xml version="1.0" encoding="gbk"?><xml><Encrypt>a</Encrypt></xml>`: "bad_xml",
		`<xml><Encrypt>` + "\xff" + `</Encrypt></xml>`:                        "bad_xml",
	} {
		_, err := wechatcrypt.Encrypted([]byte(body))
		require.Equal(t, want, code(err), body)
	}
}

func TestAnAnswerIsWrittenAsTheVendorsReadIt(t *testing.T) {
	e := wechatcrypt.Envelope{Encrypt: "a+/=", Signature: "s", Timestamp: "1", Nonce: "<n]]>"}
	require.Equal(t, `<xml><Encrypt><![CDATA[a+/=]]></Encrypt><MsgSignature><![CDATA[s]]></MsgSignature><TimeStamp>1</TimeStamp><Nonce><![CDATA[<n]]]]><![CDATA[>]]></Nonce></xml>`, string(e.XML()))
	var back struct{ Nonce string }
	require.NoError(t, xml.Unmarshal(e.XML(), &back))
	require.Equal(t, "<n]]>", back.Nonce)
	require.JSONEq(t, `{"msg_signature":"s","timeStamp":"1","nonce":"<n]]>","encrypt":"a+/="}`, string(e.JSON()))
}

func TestTheAddressIsReadInAllSpellings(t *testing.T) {
	q, err := url.ParseQuery("msg_signature=m&signature=s&timeStamp=1&nonce=n&echostr=a%2Bb&encrypt_type=aes")
	require.NoError(t, err)
	require.Equal(t, wechatcrypt.Query{Signature: "s", MsgSignature: "m", Timestamp: "1", Nonce: "n", Echo: "a+b", EncryptType: "aes"}, wechatcrypt.ParseQuery(q))
}

func FuzzEncrypted(f *testing.F) {
	for _, s := range []string{`<xml><Encrypt>a</Encrypt></xml>`, `{"encrypt":"a"}`, `<!DOCTYPE a>`, `<a><b/></a>`} {
		f.Add([]byte(s))
	}
	c, err := wechatcrypt.New([]string{"t"}, []string{wecomKey}, nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, body []byte) {
		encrypted, err := wechatcrypt.Encrypted(body)
		if err == nil && encrypted != "" {
			_, _ = c.Decrypt(encrypted)
		}
	})
}
