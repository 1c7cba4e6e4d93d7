package wechat_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/connectors/wechat"
	"github.com/leadhub/leadhub/connectors/wechatcrypt"
	"github.com/leadhub/leadhub/lead"
)

const (
	fixtures = "../../fixtures/channels"
	token    = "wechat-token-of-the-test"
	aesKey   = "k1234567890abcdefghijklmnopqrstuvwxyzABCDEF"
)

func TestWechatKeepsTheContractOfConnectors(t *testing.T) {
	connectortest.Run(t, wechat.Connector{}, connectortest.Options{
		Fixtures:    fixtures,
		Settings:    map[string]any{"app_id": "wx00demo00demo0001", "tokens": []string{token}, "aes_keys": []string{aesKey}},
		Also:        []map[string]any{{"kind": "mini_program", "app_id": "wx00mini00demo0001", "registration_secrets": []string{"a-secret-of-the-test"}}},
		EmptySecret: map[string]any{"tokens": []string{""}, "aes_keys": []string{""}, "registration_secrets": []string{""}},
		MinCases:    60,
	})
}

func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, wechat.Connector{}, fixtures) }

func FuzzReceive(f *testing.F) { connectortest.FuzzReceive(f, wechat.Connector{}, fixtures) }

func open(t *testing.T, settings map[string]any) (connectors.Source, error) {
	t.Helper()
	c := wechat.Connector{}
	set, err := c.Spec().Check(lead.Source{Key: "s", Channel: "wechat", Settings: settings})
	require.NoError(t, err)
	return c.Open(set)
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]any
		field    string
	}{
		"nothing proves anything":        {map[string]any{}, "tokens"},
		"safe without a key":             {map[string]any{"tokens": []string{"t"}}, "aes_keys"},
		"a key without a token":          {map[string]any{"aes_keys": []string{aesKey}}, "tokens"},
		"registrations of a follower":    {map[string]any{"tokens": []string{"t"}, "mode": "plain", "registration_secrets": []string{"s"}}, "registration_secrets"},
		"who leaves as a lead":           {map[string]any{"tokens": []string{"t"}, "mode": "plain", "events": []string{"SCAN", "unsubscribe"}}, "events"},
		"an address that is none":        {map[string]any{"tokens": []string{"t"}, "mode": "plain", "api_url": "api.weixin.qq.com"}, "api_url"},
		"a key of the wrong length":      {map[string]any{"tokens": []string{"t"}, "aes_keys": []string{aesKey[1:]}}, ""},
		"an empty token":                 {map[string]any{"tokens": []string{""}, "mode": "plain"}, ""},
		"an empty token beside another":  {map[string]any{"tokens": []string{"t", ""}, "mode": "plain"}, ""},
		"an empty key beside another":    {map[string]any{"tokens": []string{"t"}, "aes_keys": []string{aesKey, ""}}, ""},
		"an empty secret of a front end": {map[string]any{"kind": "mini_program", "registration_secrets": []string{""}}, ""},
	} {
		c.settings["app_id"] = "wx00demo00demo0001"
		_, err := open(t, c.settings)
		e := lead.AsError(err)
		require.Equal(t, "bad_settings", e.Code, name)
		if c.field != "" {
			require.Equal(t, []string{c.field}, e.Fields, name)
		}
	}
}

// While an account is changed from plain to safe mode, both arrive.
func TestCompatibleModeTakesPlainMessagesAsWell(t *testing.T) {
	body := `<xml><FromUserName>oDemoFollower0001</FromUserName><CreateTime>1767603600</CreateTime><MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId></xml>`
	target := "/in/s?timestamp=1767603600&nonce=n&signature=" + wechatcrypt.Sign(token, "1767603600", "n")
	for mode, want := range map[string]string{"compatible": "", "safe": "plain_mode"} {
		src, err := open(t, map[string]any{"app_id": "wx00demo00demo0001", "mode": mode, "tokens": []string{token}, "aes_keys": []string{aesKey}})
		require.NoError(t, err)
		d, err := src.(connectors.Receiver).Receive(httptest.NewRequest("POST", target, strings.NewReader(body)))
		if want != "" {
			require.Equal(t, want, lead.AsError(err).Code)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, "msg:1", d.Events[0].ID)
	}
}
