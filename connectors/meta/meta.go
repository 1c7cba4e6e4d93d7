// Package meta receives what Meta's webhooks bring to one address: lead ads of Facebook and Instagram, and messages of Messenger,
// Instagram and WhatsApp Business. The answers of a lead form are fetched from the Graph API.
package meta

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel meta.
type Connector struct{}

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel:     "meta",
		Title:       connectors.Text{EN: "Meta: lead ads, Messenger, Instagram, WhatsApp", ZH: "Meta：潜在客户广告、Messenger、Instagram、WhatsApp"},
		Description: connectors.Text{EN: "Lead forms of Facebook and Instagram, and chats in Messenger, Instagram and WhatsApp Business.", ZH: "Facebook 与 Instagram 的潜在客户表单，以及 Messenger、Instagram、WhatsApp Business 的会话。"},
		Docs:        "https://developers.facebook.com/docs/graph-api/webhooks/getting-started",
		Push:        true,
		Poll:        true,
		PollEvery:   10 * time.Minute,
		Settings: []connectors.Field{
			{Name: "app_secrets", Type: connectors.TypeList, Required: true, Secret: true,
				Help: connectors.Text{EN: "Secret of the app, which signs the deliveries; all are valid, while it is reset.", ZH: "应用密钥，用于验证推送签名；可同时有效多个，便于重置。"}},
			{Name: "verify_tokens", Type: connectors.TypeList, Required: true, Secret: true,
				Help: connectors.Text{EN: "The verify token that is typed into the app's webhook configuration.", ZH: "在应用的 Webhooks 配置中填写的验证口令。"}},
			{Name: "page_tokens", Type: connectors.TypeList, Secret: true,
				Help: connectors.Text{EN: "Access tokens for lead ads: page id, colon, long-lived page token, one for each page. A token without a page id is for all other pages.",
					ZH: "用于潜在客户广告的访问令牌：主页编号、冒号、长期主页令牌，每个主页一条。不带主页编号的令牌用于其余主页。"}},
			{Name: "lead_forms", Type: connectors.TypeList,
				Help: connectors.Text{EN: "Lead forms that are asked for what a webhook missed: page id, colon, form id.", ZH: "需查询以补回遗漏线索的表单：主页编号、冒号、表单编号。"}},
			{Name: "graph_version", Default: "v25.0",
				Help: connectors.Text{EN: "Version of the Graph API.", ZH: "Graph API 的版本。"}},
			{Name: "api_url", Default: "https://graph.facebook.com",
				Help: connectors.Text{EN: "Address of the Graph API.", ZH: "Graph API 的地址。"}},
		},
		Identities:   []connectors.IdentityKind{{Kind: lead.IdentityMobile}, {Kind: lead.IdentityEmail}, {Kind: lead.IdentityOpenID, Unique: true}},
		Authenticity: connectors.Text{EN: "HMAC-SHA256 over the body", ZH: "对请求体的 HMAC-SHA256 签名"},
		Delivery:     connectors.Text{EN: "at least once, retried for days, in no order; forms are asked as well", ZH: "至少一次，重试数日，不保证顺序；还会查询表单"},
		Dedup:        connectors.Text{EN: "`leadgen_id`, `mid`, `messages[].id`", ZH: "`leadgen_id`、`mid`、`messages[].id`"},
		Sure:         connectors.SurePartly,
		Tested:       []string{connectors.TestedCases, connectors.TestedFake},
	}
}

var (
	graphID      = regexp.MustCompile(`^[0-9]{1,30}$`)
	graphVersion = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]{1,2}$`)
)

// Open makes a source of its settings. It never touches the network.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	// developers.facebook.com/docs/graph-api/webhooks/getting-started "Validating payloads": what is signed has its characters above
	// ASCII escaped, and so it is sent; what stands between may have undone it.
	verifier, err := connectors.Signature{Algorithm: "hmac-sha256", Encoding: connectors.EncodingHex,
		At: "header:X-Hub-Signature-256", Prefix: "sha256=", Signed: "{body}", Escaped: true}.Open(set.List("app_secrets"), set.Now)
	if err != nil {
		return nil, err
	}
	s := &source{verifier: verifier, mapper: connectors.NewMapper(set), verify: set.List("verify_tokens"), version: set.String("graph_version")}
	for _, token := range s.verify {
		if strings.TrimSpace(token) == "" {
			return nil, badSetting("verify_tokens", "has one that is empty")
		}
	}
	if !graphVersion.MatchString(s.version) {
		return nil, badSetting("graph_version", "is not a version like v25.0")
	}
	s.api = &vendorapi.API{Vendor: "Meta", Base: strings.TrimRight(set.String("api_url"), "/"), Client: set.Client, Codes: graphCodes}
	if err := s.readTokens(set.List("page_tokens")); err != nil {
		return nil, err
	}
	forms := set.List("lead_forms")
	for _, entry := range forms {
		page, form, _ := strings.Cut(entry, ":")
		if !graphID.MatchString(page) || !graphID.MatchString(form) {
			return nil, badSetting("lead_forms", "has an entry that is not a page id, a colon and a form id")
		}
		if s.token(page) == "" {
			return nil, badSetting("lead_forms", "names a page that page_tokens has no token for")
		}
	}
	if len(forms) == 0 {
		return s, nil
	}
	return &asked{source: s, forms: forms, now: set.Now}, nil
}

// graphCodes are those of developers.facebook.com/docs/graph-api/guides/error-handling and …/overview/rate-limiting.
var graphCodes = vendorapi.Codes{Field: "error.code", Message: "error.message", Expired: []string{"190", "102"},
	Limited: []string{"4", "17", "32", "613", "80005"}, Later: []string{"1", "2"}, RetryAfter: 10 * time.Minute}

func badSetting(field, what string) error {
	e := lead.Invalid("bad_settings", field+" "+what, "correct the settings of the source")
	e.Fields = []string{field}
	return e
}

type source struct {
	verifier *connectors.Verifier
	mapper   *connectors.Mapper
	verify   []string
	version  string
	api      *vendorapi.API
	tokens   map[string]string // by page id; "" for all other pages
}

func (s *source) readTokens(entries []string) error {
	s.tokens = map[string]string{}
	for _, entry := range entries {
		page, token, ok := strings.Cut(entry, ":")
		if !ok {
			page, token = "", entry
		}
		if token = strings.TrimSpace(token); token == "" || page != "" && !graphID.MatchString(page) {
			return badSetting("page_tokens", "has an entry that is not a page id, a colon and a token, or a token alone")
		}
		s.tokens[page] = token
		s.api.Secrets = append(s.api.Secrets, token, entry)
	}
	return nil
}

// token returns "" when there is none for the page.
func (s *source) token(page string) string {
	if t, ok := s.tokens[page]; ok {
		return t
	}
	return s.tokens[""]
}

// Receive answers the handshake, and hands over every lead and message of a delivery by itself.
func (s *source) Receive(r *http.Request) (connectors.Delivery, error) {
	if r.Method == http.MethodGet {
		return connectors.EchoHub(r, s.verify)
	}
	body, err := connectors.ReadPost(r, s.verifier)
	if err != nil {
		return connectors.Delivery{}, err
	}
	return connectors.Delivery{Events: cut(body), Reply: connectors.Reply{Status: http.StatusOK}}, nil
}

// query is the query of a question for a page.
func (s *source) query(page string, more url.Values) url.Values {
	q := url.Values{"access_token": {s.token(page)}}
	for name, values := range more {
		q[name] = values
	}
	return q
}
