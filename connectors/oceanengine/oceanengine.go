// Package oceanengine asks 巨量引擎 (OceanEngine) or the older 飞鱼 CRM for the leads of ads, and takes the pushes of OceanEngine's
// subscriptions.
//
// Facts: clue list github.com/oceanengine/ad_open_sdk_go (api ToolsClueGetV2) and github.com/bububa/oceanengine (model/tools/clue, oauth, spi);
// Feiyu: its signature and answer as several public receivers have them.
package oceanengine

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel oceanengine.
type Connector struct{}

// Open makes a source of its settings: one that asks, one that is pushed to, or both.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	s := &source{mapper: connectors.NewMapper(set)}
	door, err := openDoor(set)
	if err != nil {
		return nil, err
	}
	asker, err := openAsker(set)
	switch {
	case err != nil:
		return nil, err
	case door == nil && asker == nil:
		return nil, badSettings("this source neither asks for leads nor takes pushes", "set api, or push_secrets")
	case asker == nil:
		return &pushed{s, door}, nil
	case door == nil:
		return &polled{s, asker}, nil
	}
	return &both{s, door, asker}, nil
}

func badSettings(message, hint string) error { return lead.Invalid("bad_settings", message, hint) }

type (
	source struct{ mapper *connectors.Mapper }
	pushed struct {
		*source
		*door
	}
	polled struct {
		*source
		*asker
	}
	both struct {
		*source
		*door
		*asker
	}
)

// openAsker returns nil when nothing is to be asked.
func openAsker(set connectors.Settings) (*asker, error) {
	settle := set.Int(setSettle)
	if settle < 0 || settle > 24*60 {
		return nil, badSettings("settle_minutes is not between 0 and a day", "10 is what OceanEngine needs for its late fields")
	}
	a := &asker{now: set.Now, settle: time.Duration(settle) * time.Minute}
	switch set.String(setAPI) {
	case apiOpen:
		open, err := openOpenAPI(set)
		a.list = open.page
		return a, err
	case apiFeiyu:
		feiyu := &feiyu{key: []byte(set.String(setSignatureKey)), token: set.String(setAccessToken), now: set.Now}
		if len(feiyu.key) == 0 || feiyu.token == "" {
			return nil, badSettings("Feiyu needs signature_key and access_token", "copy both out of Feiyu CRM: 线索管理, 数据接口")
		}
		feiyu.api = &vendorapi.API{Vendor: "Feiyu", Base: strings.TrimRight(set.String(setFeiyuURL), "/"), Client: set.Client,
			Codes:   vendorapi.Codes{Field: "status", Message: "msg", OK: []string{"", "success", "0"}},
			Secrets: []string{set.String(setSignatureKey), feiyu.token}}
		a.list = feiyu.page
		return a, nil
	}
	return nil, nil
}

func openOpenAPI(set connectors.Settings) (*openAPI, error) {
	o := &openAPI{appID: set.String(setAppID), secret: set.String(setAppSecret), access: set.String(setAccessToken), refresh: set.String(setRefreshToken), now: set.Now}
	for _, id := range set.List(setAdvertisers) {
		if !digits.MatchString(id) {
			return o, badSettings("an advertiser id has digits only", "copy it out of the advertiser's page")
		}
		o.advertisers = append(o.advertisers, json.Number(id))
	}
	switch {
	case len(o.advertisers) == 0:
		return o, badSettings("advertiser_ids is empty", "name the advertisers whose leads are wanted")
	case o.refresh == "" && o.access == "":
		return o, badSettings("there is neither a refresh token nor an access token", "authorise the app and enter the refresh token")
	case o.refresh != "" && (o.appID == "" || o.secret == ""):
		return o, badSettings("app_id or app_secret is empty", "both are needed to renew the access token")
	}
	o.api = &vendorapi.API{Vendor: "OceanEngine", Base: strings.TrimRight(set.String(setURL), "/"), Client: set.Client,
		Codes: vendorapi.Codes{Field: "code", Message: "message", Expired: set.List(setExpiredCodes), Limited: set.List(setLimitedCodes), Later: []string{"50000"}},
		Token: "access", Tokens: set.Tokens, Renew: o.renew, Put: vendorapi.InHeader("Access-Token", ""),
		Secrets: []string{o.secret, o.refresh, o.access}}
	return o, nil
}
