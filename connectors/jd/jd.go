// Package jd brings the buyers of JD 京东: orders that JD Daojia (京东到家, 秒送) pushes, and orders of a shop pulled from the open platform JOS.
package jd

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel jd.
type Connector struct{}

// Open makes a source of its settings: a Receiver and Fetcher of Daojia, or a Poller of JOS.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	for _, secret := range set.List(setSecrets) {
		if strings.TrimSpace(secret) == "" {
			return nil, badSetting(setSecrets, "must not hold an empty secret")
		}
	}
	api := set.String(setAPI)
	if set.String(setPlatform) == platformDaojia {
		if api == "" {
			api = daojiaURL
		}
		if err := checkURL(setAPI, api); err != nil {
			return nil, err
		}
		return openDaojia(set, strings.TrimSuffix(api, "/")), nil
	}
	if api == "" {
		api = popURL
	}
	for name, address := range map[string]string{setAPI: api, setRefreshURL: set.String(setRefreshURL)} {
		if err := checkURL(name, address); err != nil {
			return nil, err
		}
	}
	return openPOP(set, api)
}

func checkURL(name, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" {
		return badSetting(name, "must be an address like https://api.jd.com/routerjson")
	}
	return nil
}

func openPOP(set connectors.Settings, api string) (connectors.Source, error) {
	p := &pop{
		appKey: set.String(setAppKey), secret: set.List(setSecrets)[0], sourceID: set.String(setSourceID), refreshURL: set.String(setRefreshURL),
		states: strings.Join(set.List(setStates), ","), consignee: set.Bool(setConsignee), set: set,
		window: connectors.Window{Start: time.Duration(set.Int(setStartDays)) * 24 * time.Hour, Overlap: 15 * time.Minute, Longest: 7 * 24 * time.Hour, Reach: reach},
	}
	switch {
	case set.String(setToken) == "":
		return nil, badSetting(setToken, "is needed to ask JOS")
	case p.states == "":
		return nil, badSetting(setStates, "must name a state")
	case set.Int(setStartDays) < 0 || p.window.Start > reach:
		return nil, badSetting(setStartDays, "must be between 0 and 90: JD shows changes of the last three months")
	}
	p.first = connectors.Token{Value: set.String(setToken), Refresh: set.String(setRefresh)}
	if ends := set.String(setTokenEnds); ends != "" {
		at, err := time.ParseInLocation(time.DateTime, ends, connectors.China)
		if err != nil {
			return nil, badSetting(setTokenEnds, "must be a time like 2026-12-31 23:59:59")
		}
		p.first.Expires = at
	}
	// A token that a person enters later has a name of its own: what is kept under the old one does not hide it.
	sum := sha256.Sum256([]byte(p.first.Value))
	p.api = &vendorapi.API{Vendor: "JD", Base: api, Client: set.Client, Tokens: set.Tokens, Token: "access_token " + hex.EncodeToString(sum[:4]), Renew: p.renew, Put: p.sign,
		Secrets: append(set.List(setSecrets), set.String(setRefresh)),
		// jos.jd.com, error codes of the gateway: 2 App Call Limited, 19 Invalid access_token.
		Codes: vendorapi.Codes{Field: "error_response.code", Message: "error_response.zh_desc", Expired: []string{"19"}, Limited: []string{"2"}}}
	return p, nil
}

func badSetting(name, what string) error {
	e := lead.Invalid("bad_settings", name+" "+what, "correct the settings of the source")
	e.Fields = []string{name}
	return e
}

// text is a value as JD wrote it, every digit of a number; "" for null, objects and lists.
func text(r gjson.Result) string { return strings.TrimSpace(connectors.ScalarOf(r)) }

// either is the first of several names of one thing that has a value.
func either(r gjson.Result, names ...string) string {
	for _, name := range names {
		if v := text(r.Get(name)); v != "" {
			return v
		}
	}
	return ""
}

var (
	mobile = regexp.MustCompile(`^1[3-9][0-9]{9}$`)
	// plainPin is an account name as people choose it. What is encrypted is longer, or has the signs of base64.
	plainPin = regexp.MustCompile(`^[\p{Han}A-Za-z0-9_-]{1,40}$`)
	// sealed is what was encrypted: base64, and longer than anybody's name or number.
	sealed = regexp.MustCompile(`^[A-Za-z0-9+/_-]{20,}={0,2}$`)
)

// legible tells that a text of a person is neither encrypted nor masked.
func legible(s string) bool {
	return s != "" && !strings.ContainsAny(s, "*＊") && !sealed.MatchString(s)
}

// addExtra keeps scalars under names of ours.
func addExtra(d *lead.Draft, r gjson.Result, names map[string]string) {
	for ours, theirs := range names {
		d.Add(ours, text(r.Get(theirs)))
	}
}
