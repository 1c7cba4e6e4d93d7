package deliver

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/leadhub/leadhub/lead"
)

// Kinds lists the kinds of target.
var Kinds = []string{lead.TargetWecom, lead.TargetDingTalk, lead.TargetFeishu, lead.TargetEmail, lead.TargetWebhook}

// kind is what is known of a kind of target. Rates and sizes that the vendors do not promise are defaults of settings.
type kind struct {
	group     bool // many people read it: no full phone, and messages to several reps may become one
	perMinute int  // 0 = no limit
	maxBytes  int
	limited   []int // replies that mean "too often"
	refused   []int // replies that no later try will change
	// penalty is how long "too often" lasts.
	penalty time.Duration
}

// WeCom: text ≤ 2048 bytes, https://developer.work.weixin.qq.com/document/path/91770; DingTalk: above 20 a minute nothing for 10 minutes,
// https://open.dingtalk.com/document/robots/custom-robot-access; Feishu: body ≤ 20 KB, 100 a minute and 5 a second,
// https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot.
var kinds = map[string]kind{
	lead.TargetWecom:    {group: true, perMinute: 20, maxBytes: 2048, limited: []int{45009}, refused: []int{93000, 40008, 40058}, penalty: time.Minute},
	lead.TargetDingTalk: {group: true, perMinute: 20, maxBytes: 16_000, limited: []int{130101, 410100}, refused: []int{310000, 300001, 300005, 400101}, penalty: 10 * time.Minute},
	lead.TargetFeishu:   {group: true, perMinute: 60, maxBytes: 16_000, limited: []int{9499, 11232}, refused: []int{19001, 19021, 19022, 19024, 19007}, penalty: time.Minute},
	lead.TargetEmail:    {perMinute: 0, maxBytes: 200_000, penalty: 5 * time.Minute},
	lead.TargetWebhook:  {perMinute: 0, maxBytes: 200_000, penalty: time.Minute},
}

// Target is a configured target with its secrets, ready for use.
type Target struct {
	lead.NotifyTarget
	kind
	quiet       quiet
	webhook     *standardwebhooks.Webhook
	fingerprint string // of the address
}

// Setup is what people set up, ready for use and never changed.
type Setup struct {
	targets  []*Target
	byKey    map[string]*Target
	reps     map[string]lead.Rep
	sources  map[string]string // name by key
	say      Say
	base     string // URL of the console without a slash at the end, "" when it is not known
	location *time.Location
}

// Say says in a language, "zh" or "en", why a rep is told: what the hub keeps is English, with keys for names.
type Say func(language string, n lead.Notification) string

// NewSetup opens the targets of a configuration whose secrets are plain. A target that cannot be opened is left out of it, and told to failed.
// Without say messages tell why as it is kept.
func NewSetup(c *lead.Config, location *time.Location, say Say, failed func(key string, err error)) *Setup {
	s := &Setup{byKey: map[string]*Target{}, reps: map[string]lead.Rep{}, sources: map[string]string{}, say: say, base: strings.TrimRight(c.Settings.PublicURL, "/"), location: location}
	for _, t := range c.Notify {
		opened, err := Open(t, location)
		if err != nil {
			failed(t.Key, err)
			continue
		}
		s.targets = append(s.targets, opened)
		s.byKey[t.Key] = opened
	}
	for _, r := range c.Reps {
		s.reps[r.Key] = r
	}
	for _, src := range c.Sources {
		s.sources[src.Key] = cmp.Or(src.Name, src.Key)
	}
	return s
}

// why is why the rep is told, in the language of a target.
func (s *Setup) why(t *Target, n lead.Notification) string {
	if s.say == nil || n.Why == "" {
		return n.Why
	}
	return s.say(t.Language, n)
}

// Target finds one by its key, nil when there is none.
func (s *Setup) Target(key string) *Target { return s.byKey[key] }

// Open checks a target whose secrets are plain. Errors are KindInvalid and show no secret.
func Open(t lead.NotifyTarget, location *time.Location) (*Target, error) {
	wrong := func(field, message, hint string) error {
		e := lead.Invalid("bad_target", fmt.Sprintf("notification target %s: %s", t.Key, message), hint)
		e.Fields = []string{field}
		return e
	}
	k, ok := kinds[t.Kind]
	if !ok {
		return nil, wrong("kind", fmt.Sprintf("kind %q is not known", t.Kind), "the kinds are "+strings.Join(Kinds, ", "))
	}
	t.Language, t.Detail = cmp.Or(t.Language, "zh"), cmp.Or(t.Detail, lead.DetailMasked)
	out := &Target{NotifyTarget: t, kind: k}
	if t.PerMinute != 0 {
		out.perMinute = max(t.PerMinute, 0)
	}
	if t.MaxBytes > 0 {
		out.maxBytes = t.MaxBytes
	}
	out.limited = slices.Concat(k.limited, t.LimitedCodes)
	switch {
	case t.Language != "zh" && t.Language != "en":
		return nil, wrong("language", fmt.Sprintf("language %q is not known", t.Language), "use zh or en")
	case !slices.Contains([]string{lead.DetailMinimal, lead.DetailMasked, lead.DetailFull}, t.Detail):
		return nil, wrong("detail", fmt.Sprintf("detail %q is not known", t.Detail), "use minimal, masked or full")
	case k.group && t.Detail == lead.DetailFull:
		return nil, wrong("detail", "a group never gets full names and phones", "use masked, or an email or webhook target")
	case t.PerMinute < -1 || t.PerMinute > 6000:
		return nil, wrong("per_minute", "the rate is not between 1 and 6000", "leave it out for the kind's own; -1 is no limit")
	case t.MaxBytes != 0 && (t.MaxBytes < 512 || t.MaxBytes > 1<<20):
		return nil, wrong("max_bytes", "the size is not between 512 bytes and 1 MiB", "leave it out for the kind's own")
	}
	for _, name := range slices.Concat(t.Serves.Kinds, t.Quiet.Urgent) {
		if !slices.Contains(lead.NotifyKinds, name) {
			return nil, wrong("serves", fmt.Sprintf("%q is no kind of notification", name), "the kinds are "+strings.Join(lead.NotifyKinds, ", "))
		}
	}
	var err error
	if out.quiet, err = newQuiet(t.Quiet, location); err != nil {
		return nil, wrong("quiet", err.Error(), `write it like {from: "21:00", to: "08:30", time_zone: Asia/Shanghai}`)
	}
	if t.Kind == lead.TargetEmail {
		return out, checkMail(&out.NotifyTarget, wrong)
	}
	return out, checkURL(out, wrong)
}

func checkURL(t *Target, wrong func(field, message, hint string) error) error {
	u, err := url.Parse(t.URL) // its error would show the URL, which carries the key
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return wrong("url", "the URL is not one that messages can be posted to", "copy the robot's address as the vendor shows it; no user or password in it")
	}
	sum := sha256.Sum256([]byte(t.URL + "\n" + t.Secret))
	t.fingerprint = hex.EncodeToString(sum[:8])
	if t.Kind != lead.TargetWebhook {
		return nil
	}
	if t.Secret == "" {
		return wrong("secret", "a webhook is signed, and there is no secret", "make one: echo whsec_$(openssl rand -base64 32)")
	}
	if t.webhook, err = standardwebhooks.NewWebhook(t.Secret); err != nil {
		return wrong("secret", "the secret is not one of Standard Webhooks", "make one: echo whsec_$(openssl rand -base64 32)")
	}
	return nil
}

func checkMail(t *lead.NotifyTarget, wrong func(field, message, hint string) error) error {
	m := &t.Mail
	m.TLS = cmp.Or(m.TLS, "starttls")
	switch m.TLS {
	case "starttls":
		m.Port = cmp.Or(m.Port, 587)
	case "tls":
		m.Port = cmp.Or(m.Port, 465)
	default:
		return wrong("mail.tls", fmt.Sprintf("%q is not known", m.TLS), "use starttls or tls; mail is never sent in the clear")
	}
	if m.Host == "" || strings.ContainsAny(m.Host, "/@: ") || m.Port < 1 || m.Port > 65535 {
		return wrong("mail.host", "the mail server is not named as a host and a port", "host: smtp.example.com, port: 587")
	}
	if _, err := mail.ParseAddress(m.From); err != nil {
		return wrong("mail.from", "the sender is not an address", "write it as leads@example.com or Leads <leads@example.com>")
	}
	if (m.Username == "") != (m.Password == "") {
		return wrong("mail.username", "username and password go together", "give both or none")
	}
	return nil
}

// serves reports whether a target is used for a notification.
func (t *Target) serves(n *lead.Notification, rep lead.Rep, l *lead.Lead) bool {
	within := func(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }
	s := &t.Serves
	return t.Enabled && within(s.Kinds, n.Kind) && within(s.Reps, n.Rep) && within(s.Teams, rep.Team) && within(s.Grades, l.Grade) &&
		(len(s.Sources) == 0 || slices.ContainsFunc(l.Sources, func(src string) bool { return slices.Contains(s.Sources, src) }))
}
