// Package wechat receives what a WeChat official account (公众号) or a mini-program (小程序) pushes: followers, scans of a QR code, menu
// clicks, messages; and the registrations that the server of a mini-program posts, with the phone that WeChat gives for a code.
//
// Sources: developers.weixin.qq.com/doc/offiaccount "Message Management", "User Management"; /miniprogram/dev/framework/server-ability
// "message push"; /miniprogram/dev/OpenApiDoc "getPhoneNumber", "code2Session", "getStableAccessToken".
package wechat

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/connectors/wechatcrypt"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel wechat.
type Connector struct{}

// source is one account.
type source struct {
	appID, openPlatform string
	official            bool
	events              []string
	tolerance           time.Duration
	now                 func() time.Time
	mapper              *connectors.Mapper

	address      *connectors.Verifier // of the handshake, and of pushes in plain mode; nil without a token
	plain        bool                 // pushes in plain mode are taken
	crypter      *wechatcrypt.Crypter // nil in plain mode
	registration *connectors.Verifier // nil: registrations are not taken

	appSecret string
	tokenAPI  string
	api       *vendorapi.API
	exchanged *exchanges
}

// Open makes a source of its settings.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	s := &source{
		appID: strings.TrimSpace(set.String(setAppID)), openPlatform: set.String(setOpenPlatform), official: set.String(setKind) == kindOfficial,
		events: set.List(setEvents), tolerance: time.Duration(set.Int(setTolerance)) * time.Second, now: set.Now,
		mapper: connectors.NewMapper(set), plain: set.String(setMode) != modeSafe,
		appSecret: set.String(setAppSecret), tokenAPI: set.String(setTokenAPI), exchanged: &exchanges{},
	}
	if slices.ContainsFunc(s.events, func(e string) bool { return strings.EqualFold(e, "unsubscribe") }) {
		return nil, badSettings(setEvents, "must not hold unsubscribe: who leaves is no lead")
	}
	if err := s.openDoor(set); err != nil {
		return nil, err
	}
	base, err := url.Parse(set.String(setAPIURL))
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return nil, badSettings(setAPIURL, "must be an address like https://api.weixin.qq.com")
	}
	s.api = s.openAPI(set)
	return s, nil
}

func badSettings(name, message string) error {
	e := lead.Invalid("bad_settings", name+" "+message, "see the README of the channel")
	e.Fields = []string{name}
	return e
}

func (s *source) openDoor(set connectors.Settings) (err error) {
	tokens, keys, registration := set.List(setTokens), set.List(setAESKeys), set.List(setRegistration)
	switch {
	case len(registration) > 0 && s.official:
		return badSettings(setRegistration, "is for a mini_program")
	case len(tokens) == 0 && len(keys) > 0:
		return badSettings(setTokens, "must not be empty: what is encrypted is signed with the token")
	case len(tokens) == 0 && len(registration) == 0:
		return badSettings(setTokens, "must not be empty")
	case len(tokens) > 0 && len(keys) == 0 && set.String(setMode) != modePlain:
		return badSettings(setAESKeys, "must not be empty in mode "+set.String(setMode))
	}
	if len(registration) > 0 {
		s.registration, err = connectors.Signature{
			Algorithm: "hmac-sha256", Encoding: connectors.EncodingHex, At: "header:" + headerSignature, Prefix: "sha256=", PrefixOptional: true, Signed: "{body}",
		}.Open(registration, set.Now)
		if err != nil {
			return err
		}
	}
	if len(tokens) == 0 {
		return nil
	}
	s.address, err = connectors.Signature{
		Algorithm: "sha1", Encoding: connectors.EncodingHex, At: "query:signature", Signed: "{secret}{timestamp}{query:nonce}", Sorted: true, BodyUnsigned: true,
		Timestamp: "query:timestamp", Tolerance: cmp.Or(s.tolerance, connectors.AnyTime),
	}.Open(tokens, set.Now)
	if err != nil || len(keys) == 0 {
		return err
	}
	receivers := []string{s.appID}
	if component := set.String(setComponent); component != "" {
		receivers = append(receivers, component)
	}
	s.crypter, err = wechatcrypt.New(tokens, keys, receivers)
	return err
}

// eventID is the id that WeChat says to know a redelivery by; "" for what has none.
func eventID(v wechatcrypt.Values) string {
	from, created := v.Get("FromUserName"), v.Get("CreateTime")
	if id := v.Get("MsgId", "MsgID"); id != "" && v.Get("MsgType") != "event" {
		return "msg:" + id
	}
	if from == "" || created == "" {
		return ""
	}
	return fmt.Sprintf("event:%s %s %s", from, created, cmp.Or(v.Get("Event"), v.Get("MsgType")))
}
