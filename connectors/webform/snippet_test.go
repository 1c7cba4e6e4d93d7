package webform_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/webform"
	"github.com/leadhub/leadhub/lead"
)

var _ connectors.Snippeter = webform.Connector{}

func inputsOf(t *testing.T, snippet string) (values url.Values, action string, required []string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(snippet))
	require.NoError(t, err)
	values = url.Values{}
	for n := range doc.Descendants() {
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
		}
		switch n.Data {
		case "form":
			action = attr["action"]
		case "input", "textarea":
			if attr["type"] != "checkbox" { // a box starts empty
				values.Add(attr["name"], attr["value"])
			}
			if _, must := attr["required"]; must {
				required = append(required, attr["name"])
			}
		}
	}
	return values, action, required
}

func TestTheSnippetPostsALeadWithoutJavaScript(t *testing.T) {
	src := lead.Source{Key: "site-1", Channel: "webform", Settings: map[string]any{
		"required_fields": []any{"name", "手机", "城市"}, "consent_text": `I agree & "accept" <b>`, "consent_version": "v2"}}
	values, action, required := inputsOf(t, webform.Connector{}.Snippet("https://leads.example.com/", src, "en"))
	require.Equal(t, "https://leads.example.com/in/site-1", action)
	require.Equal(t, []string{"name", "phone", "城市"}, required)
	values.Set("name", "Ada Brook")
	values.Set("phone", "13900001111")
	values.Set("城市", "Hangzhou")

	source := open(t, src.Settings, nil)
	r := httptest.NewRequest("POST", action, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	delivery, err := source.(connectors.Receiver).Receive(r)
	require.NoError(t, err)
	require.Equal(t, 200, delivery.Reply.Status)
	event := delivery.Events[0]
	drafts, err := source.Parse(lead.Raw{ContentType: event.ContentType, Body: event.Body, ReceivedAt: clock()})
	require.NoError(t, err)
	require.Equal(t, map[string][]string{"name": {"Ada Brook"}, "phone": {"13900001111"}, "city": {"Hangzhou"},
		"consent": {"no"}, "consent_text": {`I agree & "accept" <b>`}, "consent_version": {"v2"},
		"consent_at": {"2026-01-05T09:00:00Z"}}, drafts[0].Fields)
	require.Empty(t, drafts[0].Signals)
}

func TestTheSnippetLetsNoSettingBreakOutOfItsPlace(t *testing.T) {
	evil := `"></form></script><script>alert(1)</script>`
	src := lead.Source{Key: "k", Settings: map[string]any{"consent_text": evil, "consent_version": evil,
		"honeypot": evil, "id_field": evil, "required_fields": []any{evil}}}
	for _, lang := range []string{"en", "zh"} {
		snippet := webform.Connector{}.Snippet("https://leads.example.com", src, lang)
		require.Equal(t, 1, strings.Count(strings.ToLower(snippet), "<script"))
		require.Equal(t, 1, strings.Count(strings.ToLower(snippet), "</script"))
		require.Equal(t, 1, strings.Count(snippet, "</form>"))
	}
	require.NotContains(t, webform.Connector{}.Snippet("javascript:alert(1)//", src, "zh"), `action="javascript:`)
}

func TestTheSnippetShowsASourceWithWrongSettingsToo(t *testing.T) {
	snippet := webform.Connector{}.Snippet("https://leads.example.com", lead.Source{Key: "k", Settings: map[string]any{"nonsense": 1}}, "zh")
	require.Contains(t, snippet, `action="https://leads.example.com/in/k"`)
	require.Contains(t, snippet, "手机")
}
