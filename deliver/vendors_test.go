package deliver

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// Keys of invented robots. None of them may be seen anywhere but on the wire.
const (
	wecomKey       = "wecom-key-693a91f6"
	dingTalkToken  = "dingtalk-token-566cc69d"
	dingTalkSecret = "SECb7c1f0invented"
	feishuHook     = "feishu-hook-db264cc8"
	feishuSecret   = "invented-feishu-secret"
	webhookSecret  = "whsec_aW52ZW50ZWQtc2VjcmV0LWZvci10aGUtdGVzdHM="
	mailPassword   = "mail-pass-7f"
)

var allSecrets = []string{wecomKey, dingTalkToken, dingTalkSecret, feishuHook, feishuSecret, webhookSecret, strings.TrimPrefix(webhookSecret, "whsec_"), mailPassword}

// certificate is one for 127.0.0.1 that roots vouch for.
var certificate, roots = func() (tls.Certificate, *x509.CertPool) {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return s.TLS.Certificates[0], pool
}()

// taken is a message that a vendor took.
type taken struct {
	text, to string
	body     []byte
	header   http.Header
}

// vendor answers as one of them does.
type vendor struct {
	t     *testing.T
	clock func() time.Time
	url   string

	mu     sync.Mutex
	asked  int
	took   []taken
	at     []time.Time                                       // when messages were taken, for the rate
	rate   int                                               // per minute; 0 = any
	answer func(w http.ResponseWriter, r *http.Request) bool // true when it answered in the place of the vendor
}

func (v *vendor) texts() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []string
	for _, m := range v.took {
		out = append(out, m.text)
	}
	return out
}

// tooOften counts a message and reports whether it is one too many in the minute before.
func (v *vendor) tooOften() bool {
	now, n := v.clock(), 0
	for _, at := range v.at {
		if now.Sub(at) < time.Minute {
			n++
		}
	}
	if v.rate > 0 && n >= v.rate {
		return true
	}
	v.at = append(v.at, now)
	return false
}

func serveVendor(t *testing.T, clock func() time.Time, handle func(v *vendor, r *http.Request, body []byte) (reply string, m *taken)) *vendor {
	v := &vendor{t: t, clock: clock}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		v.asked++
		answer := v.answer
		v.mu.Unlock()
		if answer != nil && answer(w, r) {
			return
		}
		v.mu.Lock()
		defer v.mu.Unlock()
		reply, m := handle(v, r, body)
		if m != nil {
			m.body, m.header = body, r.Header
			v.took = append(v.took, *m)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, reply)
	}))
	t.Cleanup(s.Close)
	v.url = s.URL
	return v
}

func wecom(t *testing.T, clock func() time.Time) (*vendor, lead.NotifyTarget) {
	v := serveVendor(t, clock, func(v *vendor, r *http.Request, body []byte) (string, *taken) {
		var m struct {
			Type string `json:"msgtype"`
			Text struct {
				Content string
				Users   []string `json:"mentioned_list"`
				Mobiles []string `json:"mentioned_mobile_list"`
			}
		}
		switch err := json.Unmarshal(body, &m); {
		case r.URL.Path != "/cgi-bin/webhook/send" || r.URL.Query().Get("key") != wecomKey:
			return `{"errcode":93000,"errmsg":"invalid webhook url, key ` + r.URL.Query().Get("key") + `"}`, nil
		case err != nil || m.Type != "text" || m.Text.Content == "":
			return `{"errcode":40008,"errmsg":"invalid message type"}`, nil
		case len(m.Text.Content) > 2048:
			return `{"errcode":40058,"errmsg":"text.content exceed max length 2048. invalid Request Parameter"}`, nil
		case v.tooOften():
			return `{"errcode":45009,"errmsg":"api freq out of limit"}`, nil
		}
		return `{"errcode":0,"errmsg":"ok"}`, &taken{text: m.Text.Content, to: strings.Join(append(m.Text.Users, m.Text.Mobiles...), ",")}
	})
	return v, lead.NotifyTarget{Key: "wecom", Kind: lead.TargetWecom, URL: v.url + "/cgi-bin/webhook/send?key=" + wecomKey}
}

func dingTalk(t *testing.T, clock func() time.Time) (*vendor, lead.NotifyTarget) {
	v := serveVendor(t, clock, func(v *vendor, r *http.Request, body []byte) (string, *taken) {
		var m struct {
			Type string `json:"msgtype"`
			Text struct{ Content string }
			At   struct{ AtMobiles, AtUserIds []string }
		}
		q := r.URL.Query()
		ms, _ := strconv.ParseInt(q.Get("timestamp"), 10, 64)
		h := hmac.New(sha256.New, []byte(dingTalkSecret))
		fmt.Fprintf(h, "%d\n%s", ms, dingTalkSecret)
		switch err := json.Unmarshal(body, &m); {
		case q.Get("access_token") != dingTalkToken:
			return `{"errcode":300001,"errmsg":"token is not exist"}`, nil
		case q.Get("sign") != base64.StdEncoding.EncodeToString(h.Sum(nil)), clock().Sub(time.UnixMilli(ms)).Abs() > time.Hour:
			return `{"errcode":310000,"errmsg":"sign not match, more: [https://open.dingtalk.com/]"}`, nil
		case err != nil || m.Type != "text" || m.Text.Content == "":
			return `{"errcode":400101,"errmsg":"invalid"}`, nil
		case v.tooOften():
			return `{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}`, nil
		}
		return `{"errcode":0,"errmsg":"ok"}`, &taken{text: m.Text.Content, to: strings.Join(append(m.At.AtUserIds, m.At.AtMobiles...), ",")}
	})
	return v, lead.NotifyTarget{Key: "dingtalk", Kind: lead.TargetDingTalk, URL: v.url + "/robot/send?access_token=" + dingTalkToken, Secret: dingTalkSecret}
}

func feishu(t *testing.T, clock func() time.Time) (*vendor, lead.NotifyTarget) {
	v := serveVendor(t, clock, func(v *vendor, r *http.Request, body []byte) (string, *taken) {
		var m struct {
			Timestamp, Sign string
			Type            string `json:"msg_type"`
			Content         struct{ Text string }
		}
		err := json.Unmarshal(body, &m)
		s, _ := strconv.ParseInt(m.Timestamp, 10, 64)
		h := hmac.New(sha256.New, []byte(m.Timestamp+"\n"+feishuSecret))
		switch {
		case r.URL.Path != "/open-apis/bot/v2/hook/"+feishuHook:
			return `{"code":19001,"msg":"param invalid: incoming webhook access token invalid","data":{}}`, nil
		case m.Sign != base64.StdEncoding.EncodeToString(h.Sum(nil)), clock().Sub(time.Unix(s, 0)).Abs() > time.Hour:
			return `{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time","data":{}}`, nil
		case err != nil || m.Type != "text" || m.Content.Text == "":
			return `{"code":9499,"msg":"Bad Request","data":{}}`, nil
		case v.tooOften():
			return `{"code":11232,"msg":"frequency limited psm[lark.oapi.app_platform_runtime]","data":{}}`, nil
		}
		return `{"Extra":null,"StatusCode":0,"StatusMessage":"success","code":0,"msg":"success","data":{}}`, &taken{text: m.Content.Text}
	})
	return v, lead.NotifyTarget{Key: "feishu", Kind: lead.TargetFeishu, URL: v.url + "/open-apis/bot/v2/hook/" + feishuHook, Secret: feishuSecret}
}

func webhook(t *testing.T, clock func() time.Time) (*vendor, lead.NotifyTarget) {
	verifier, err := standardwebhooks.NewWebhook(webhookSecret)
	require.NoError(t, err)
	v := serveVendor(t, clock, func(v *vendor, r *http.Request, body []byte) (string, *taken) {
		var e Event
		if verifier.VerifyIgnoringTimestamp(body, r.Header) != nil || json.Unmarshal(body, &e) != nil || len(e.Data.Notifications) == 0 {
			v.t.Errorf("a webhook is not signed or not right: %s", body)
			return "", nil
		}
		return "thank you", &taken{text: e.Data.Text, to: e.Data.Rep.Mobile}
	})
	return v, lead.NotifyTarget{Key: "hook", Kind: lead.TargetWebhook, URL: v.url + "/sms?token=" + wecomKey, Secret: webhookSecret}
}

// mailer is an SMTP server that takes mail over TLS from who knows the password.
type mailer struct {
	mu       sync.Mutex
	took     []taken
	sessions int
	say      map[string]string // what it answers to a verb in the place of what it would
}

func (m *mailer) texts() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, t := range m.took {
		out = append(out, t.text)
	}
	return out
}

func serveMail(t *testing.T, implicit bool) (*mailer, lead.NotifyTarget) {
	m := &mailer{say: map[string]string{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	mode := "starttls"
	if implicit {
		l, mode = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}}), "tls"
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go m.session(c, implicit)
		}
	}()
	port := l.Addr().(*net.TCPAddr).Port
	return m, lead.NotifyTarget{Key: "mail", Kind: lead.TargetEmail, Mail: lead.MailServer{Host: "127.0.0.1", Port: port, TLS: mode, Username: "leads", Password: mailPassword,
		From: "线索 <leads@haiheng-keji.cn>"}}
}

func (m *mailer) session(c net.Conn, secure bool) {
	defer func() { _ = c.Close() }()
	m.mu.Lock()
	m.sessions++
	m.mu.Unlock()
	in, to, known := textproto.NewReader(bufio.NewReader(c)), "", false
	say := func(s string) { _, _ = io.WriteString(c, s+"\r\n") }
	say("220 mail ready")
	for {
		line, err := in.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		m.mu.Lock()
		instead := m.say[strings.ToUpper(verb)]
		m.mu.Unlock()
		if instead != "" {
			say(instead)
			continue
		}
		switch strings.ToUpper(verb) {
		case "EHLO":
			say("250-mail")
			if !secure {
				say("250 STARTTLS")
				continue
			}
			say("250 AUTH PLAIN")
		case "STARTTLS":
			say("220 go on")
			c = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}})
			in, secure = textproto.NewReader(bufio.NewReader(c)), true
		case "AUTH":
			_, plain, _ := strings.Cut(rest, " ")
			who, _ := base64.StdEncoding.DecodeString(plain)
			if known = secure && string(who) == "\x00leads\x00"+mailPassword; !known {
				say("535 who are you")
				continue
			}
			say("235 welcome")
		case "MAIL", "RSET", "NOOP":
			say("250 ok")
		case "RCPT":
			to = rest
			say("250 ok")
		case "DATA":
			if !known || !secure {
				say("530 not like this")
				continue
			}
			say("354 go on")
			lines, _ := in.ReadDotLines()
			m.mu.Lock()
			m.took = append(m.took, taken{text: strings.Join(lines, "\n"), to: to})
			m.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("502 what")
		}
	}
}
