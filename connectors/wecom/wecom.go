// Package wecom receives what happens between a company and its customers in WeCom (企业微信): contacts that colleagues gain, directly or
// through acquisition links (获客助手), pushed by callback and completed from the API; and messages to WeChat customer service (微信客服),
// which are asked for.
//
// Sources: developer.work.weixin.qq.com/document/path/90930 (callback), 92130 (contact events), 97299 (acquisition events), 92114
// (details of a customer), 94670 (customer service messages), 95159 (names).
package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/connectors/wechatcrypt"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel wecom.
type Connector struct{}

// corp is a company as one source knows it.
type corp struct {
	id, openPlatform string
	secret           string
	now              func() time.Time
	mapper           *connectors.Mapper
	api              *vendorapi.API
}

// Open makes a source of its settings: one that is pushed to, or one that asks.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	c := corp{id: strings.TrimSpace(set.String(setCorpID)), openPlatform: set.String(setOpenPlatform), secret: set.String(setCorpSecret), now: set.Now, mapper: connectors.NewMapper(set)}
	base, err := url.Parse(set.String(setAPIURL))
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return nil, badSettings(setAPIURL, "must be an address like https://qyapi.weixin.qq.com")
	}
	c.api = c.openAPI(set)
	if set.String(setReceive) == receiveKF {
		return openKF(c, set)
	}
	return openCallback(c, set)
}

func openCallback(c corp, set connectors.Settings) (connectors.Source, error) {
	s := &callback{corp: c, changes: set.List(setChanges), tolerance: time.Duration(set.Int(setTolerance)) * time.Second}
	switch {
	case len(set.List(setTokens)) == 0:
		return nil, badSettings(setTokens, "must not be empty")
	case len(set.List(setAESKeys)) == 0:
		return nil, badSettings(setAESKeys, "must not be empty")
	case len(set.List(setOpenKFIDs)) > 0:
		return nil, badSettings(setOpenKFIDs, "is for a source with receive: kf; make a second source")
	case slices.ContainsFunc(s.changes, func(change string) bool { return strings.HasPrefix(change, "del_") }):
		return nil, badSettings(setChanges, "must not hold a deletion: who leaves is no lead")
	}
	receivers := []string{c.id}
	if suite := set.String(setSuiteID); suite != "" {
		receivers = append(receivers, suite)
	}
	var err error
	s.crypter, err = wechatcrypt.New(set.List(setTokens), set.List(setAESKeys), receivers)
	return s, err
}

func openKF(c corp, set connectors.Settings) (connectors.Source, error) {
	s := &service{corp: c, accounts: set.List(setOpenKFIDs)}
	switch {
	case c.secret == "":
		return nil, badSettings(setCorpSecret, "must not be empty")
	case len(s.accounts) == 0 || slices.Contains(s.accounts, ""):
		return nil, badSettings(setOpenKFIDs, "must name the customer service accounts")
	case len(set.List(setTokens))+len(set.List(setAESKeys)) > 0:
		return nil, badSettings(setTokens, "is for a source with receive: callback; make a second source")
	}
	return s, nil
}

func badSettings(name, message string) error {
	e := lead.Invalid("bad_settings", name+" "+message, "see the README of the channel")
	e.Fields = []string{name}
	return e
}

// openAPI follows developer.work.weixin.qq.com/document/path/90313 "global error codes".
func (c corp) openAPI(set connectors.Settings) *vendorapi.API {
	api := &vendorapi.API{
		Vendor: "WeCom", Base: strings.TrimRight(set.String(setAPIURL), "/"), Client: set.Client, Secrets: []string{c.secret},
		Codes: vendorapi.Codes{Field: "errcode", Message: "errmsg", Expired: []string{"40001", "40014", "42001"}, Limited: []string{"45009", "45033"}, Later: []string{"-1"}},
		Token: c.tokenName(), Tokens: set.Tokens, Put: vendorapi.InQuery("access_token"),
	}
	api.Renew = func(ctx context.Context, _ connectors.Token) (connectors.Token, error) {
		var got struct {
			Value   string `json:"access_token"`
			Seconds int64  `json:"expires_in"`
		}
		err := api.Do(ctx, vendorapi.Call{Path: "/cgi-bin/gettoken", NoToken: true, Query: url.Values{"corpid": {c.id}, "corpsecret": {c.secret}}}, &got)
		if err == nil && got.Value == "" {
			err = lead.Transient("empty_token", "WeCom answered without an access token", 0, nil)
		}
		if err != nil {
			return connectors.Token{}, err
		}
		return connectors.Token{Value: got.Value, Expires: c.now().Add(time.Duration(got.Seconds) * time.Second)}, nil
	}
	return api
}

// tokenName is another one for another app, so that a source that is set to a new secret does not go on with the token of the old one.
func (c corp) tokenName() string {
	sum := sha256.Sum256([]byte(c.secret))
	return "access_token " + c.id + " " + hex.EncodeToString(sum[:4])
}

// person begins a draft.
func (c corp) person(scope, externalUserID string) lead.Draft {
	return lead.Draft{Identities: []lead.Identity{{Kind: lead.IdentityWecom, Scope: scope, Value: externalUserID}}}
}

func (c corp) unionID(d *lead.Draft, value string) {
	if value != "" {
		d.Identities = append(d.Identities, lead.Identity{Kind: lead.IdentityUnionID, Scope: c.openPlatform, Value: value})
	}
}

// add puts a value where the mapping of the source sends its name, else into field.
func (c corp) add(d *lead.Draft, name, field, value string) {
	if c.mapper.Mapped(name) {
		c.mapper.Add(d, connectors.Pair{Name: name, Value: value})
		return
	}
	d.Add(field, value)
}
