// Package telegram receives what people write to a Telegram bot: by webhook, or by asking for updates where nothing can be reached
// from outside.
package telegram

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/vendorapi"
	"github.com/leadhub/leadhub/lead"
)

// Connector is the channel telegram.
type Connector struct{}

// Spec describes the channel.
func (Connector) Spec() connectors.Spec {
	return connectors.Spec{
		Channel:     "telegram",
		Title:       connectors.Text{EN: "Telegram bot", ZH: "Telegram 机器人"},
		Description: connectors.Text{EN: "Private chats of people with a bot.", ZH: "用户与机器人的私聊。"},
		Docs:        "https://core.telegram.org/bots/api",
		Push:        true,
		Poll:        true,
		PollEvery:   5 * time.Second,
		Settings: []connectors.Field{
			{Name: "bot_id", Required: true,
				Help: connectors.Text{EN: "Number of the bot: the digits before the colon of its token.", ZH: "机器人编号：其令牌中冒号前的数字。"}},
			{Name: "secret_tokens", Type: connectors.TypeList, Secret: true,
				Help: connectors.Text{EN: "The secret_token that setWebhook was called with; all are valid, to change it. Leave it out to ask for updates.",
					ZH: "调用 setWebhook 时设置的 secret_token；可同时有效多个，便于更换。采用轮询时留空。"}},
			{Name: "bot_token", Secret: true,
				Help: connectors.Text{EN: "The bot's token. With it updates are asked for (getUpdates); Telegram refuses that while a webhook is set.",
					ZH: "机器人令牌。填写后通过 getUpdates 轮询；已设置 webhook 时 Telegram 会拒绝。"}},
			{Name: "api_url", Default: "https://api.telegram.org",
				Help: connectors.Text{EN: "Address of the Bot API, or of your own Bot API server.", ZH: "Bot API 地址，或自建 Bot API 服务器的地址。"}},
		},
		Identities:   []connectors.IdentityKind{{Kind: lead.IdentityOpenID, Unique: true}, {Kind: lead.IdentityMobile}},
		Authenticity: connectors.Text{EN: "a token in a header, no signature; when asked, TLS", ZH: "请求头中的令牌，无签名；轮询时为 TLS"},
		Delivery:     connectors.Text{EN: "at least once; Telegram keeps updates for a day at most", ZH: "至少一次；Telegram 最多保留一天"},
		Dedup:        connectors.Text{EN: "bot and `update_id`", ZH: "机器人与 `update_id`"},
		Sure:         connectors.SureVerified,
		Tested:       []string{connectors.TestedCases, connectors.TestedFake},
	}
}

var (
	botID       = regexp.MustCompile(`^[0-9]{1,20}$`)
	secretToken = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`) // of setWebhook
)

// Open makes a source of its settings: a Receiver with secret tokens, a Poller with the bot's token.
func (Connector) Open(set connectors.Settings) (connectors.Source, error) {
	b := &bot{id: set.String("bot_id"), mapper: connectors.NewMapper(set)}
	if !botID.MatchString(b.id) {
		return nil, badSetting("bot_id", "is not the number of a bot")
	}
	secrets, token := set.List("secret_tokens"), set.String("bot_token")
	switch {
	case (len(secrets) > 0) == (token != ""):
		return nil, badSetting("secret_tokens", "and bot_token exclude each other: a webhook, or asking for updates; one of them must be there")
	case token != "" && !strings.HasPrefix(token, b.id+":"):
		return nil, badSetting("bot_token", "is not the token of this bot: it begins with bot_id and a colon")
	case token != "":
		return &polled{bot: b, path: "/bot" + url.PathEscape(token) + "/getUpdates", api: &vendorapi.API{
			Vendor: "Telegram", Base: strings.TrimRight(set.String("api_url"), "/"), Client: set.Client,
			Secrets: []string{token, strings.TrimPrefix(token, b.id+":")}, Codes: vendorapi.Codes{Field: "error_code", Message: "description"},
		}}, nil
	}
	for _, s := range secrets {
		if !secretToken.MatchString(s) {
			return nil, badSetting("secret_tokens", "has one that Telegram does not allow: 1 to 256 of A-Z a-z 0-9 _ -")
		}
	}
	verifier, err := connectors.Signature{Algorithm: connectors.PlainToken, At: "header:X-Telegram-Bot-Api-Secret-Token"}.Open(secrets, set.Now)
	if err != nil {
		return nil, err
	}
	return &pushed{bot: b, verifier: verifier}, nil
}

func badSetting(field, what string) error {
	e := lead.Invalid("bad_settings", field+" "+what, "correct the settings of the source")
	e.Fields = []string{field}
	return e
}

// bot reads the updates of one bot, however they arrive.
type bot struct {
	id     string
	mapper *connectors.Mapper
}

// event makes the event of an update. Its id holds the bot, for update_id counts by bot.
func (b *bot) event(update []byte) (e connectors.Event, number int64) {
	var u struct {
		ID connectors.Scalar `json:"update_id"`
	}
	_ = json.Unmarshal(update, &u) // only for the id: what cannot be read is stored all the same, and rejected by Parse
	e = connectors.Event{Body: update, ContentType: "application/json"}
	if u.ID != "" {
		e.ID = b.id + "/" + string(u.ID)
	}
	number, _ = strconv.ParseInt(string(u.ID), 10, 64)
	return e, number
}

// pushed is a bot with a webhook.
type pushed struct {
	*bot
	verifier *connectors.Verifier
}

// Receive compares the secret token and hands over the update. The answer is empty: Telegram would carry out a method in it.
func (s *pushed) Receive(r *http.Request) (connectors.Delivery, error) {
	body, err := connectors.ReadPost(r, s.verifier)
	if err != nil {
		return connectors.Delivery{}, err
	}
	e, _ := s.event(body)
	return connectors.Delivery{Events: []connectors.Event{e}, Reply: connectors.Reply{Status: http.StatusOK}}, nil
}

// polled is a bot that is asked.
type polled struct {
	*bot
	api  *vendorapi.API
	path string
}

// Poll asks for the updates behind the last one that is stored, which is what makes Telegram forget those before. After an empty answer the
// cursor is "" again: nothing is left to confirm, and after a quiet week Telegram goes on with a number that may be a smaller one.
func (s *polled) Poll(ctx context.Context, cursor string) (connectors.Delivery, string, error) {
	query := url.Values{"limit": {"100"}, "timeout": {"0"}}
	if cursor != "" {
		query.Set("offset", cursor)
	}
	var answer struct {
		Result []json.RawMessage `json:"result"`
	}
	if err := s.api.Get(ctx, s.path, query, &answer); err != nil {
		return connectors.Delivery{}, cursor, err
	}
	var d connectors.Delivery
	var last int64
	for _, update := range answer.Result {
		e, number := s.event(update)
		if e.ID == "" {
			continue // no update of the Bot API is without
		}
		d.Events = append(d.Events, e)
		last = max(last, number)
	}
	if len(d.Events) == 0 {
		return d, "", nil
	}
	return d, strconv.FormatInt(last+1, 10), nil
}
