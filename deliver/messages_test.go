package deliver

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/lead"
)

var update = flag.Bool("update", false, "write testdata/messages anew")

// opened is a target with a setup around it.
func opened(t *testing.T, target lead.NotifyTarget) (*Target, *Setup) {
	t.Helper()
	k := &desk{t: t}
	target.Key = "x"
	k.use(target)
	return k.setup.Target("x"), k.setup
}

func of(n int, rep lead.Rep, kind string, change func(*lead.Lead)) item {
	l := aLead(n, rep.Key)
	if change != nil {
		change(&l)
	}
	return item{n: lead.Notification{ID: fmt.Sprintf("ntf_%d", n), Rep: rep.Key, Kind: kind, Lead: l.ID, Number: l.Number, Why: "规则 south：轮到他", At: morning}, lead: l, rep: rep}
}

// Messages as people get them, in both languages: testdata/messages.
func TestMessagesReadAsTheyShould(t *testing.T) {
	chen, sun := lead.Rep{Key: "chen", Name: "陈晨"}, lead.Rep{Key: "sun", Name: "孙悦"}
	english := func(l *lead.Lead) { l.Name, l.Honorific, l.Company = "John Smith", "Mr", "Haiheng Technology" }
	bare := func(l *lead.Lead) {
		*l = lead.Lead{ID: l.ID, Number: l.Number, Owner: l.Owner, Sources: []string{"fair"}}
	}
	many := func(n int, reps ...lead.Rep) (out []item) {
		for i := range n {
			out = append(out, of(i+1, reps[i%len(reps)], lead.NotifyAssigned, nil))
		}
		return out
	}
	for name, items := range map[string][]item{
		"one":         {of(1, chen, lead.NotifyAssigned, nil)},
		"one_english": {of(1, chen, lead.NotifyAssigned, english)},
		"bare":        {of(1, chen, lead.NotifyAssigned, bare)},
		"returned":    {of(1, chen, lead.NotifyReturned, nil)},
		"three":       many(3, chen),
		"mixed":       {of(1, chen, lead.NotifyAssigned, nil), of(2, chen, lead.NotifyRecycleSoon, nil), of(3, chen, lead.NotifyFollowUp, english)},
		"two_reps":    many(5, chen, sun),
		"too_many":    many(200, chen),
	} {
		for _, kind := range []string{lead.TargetWecom, lead.TargetEmail} {
			for _, lang := range []string{"zh", "en"} {
				for _, detail := range []string{lead.DetailMinimal, lead.DetailMasked, lead.DetailFull} {
					group := kind == lead.TargetWecom
					if group == (detail == lead.DetailFull) || name == "two_reps" && !group || name == "too_many" && !group {
						continue
					}
					target, setup := opened(t, lead.NotifyTarget{Kind: kind, Language: lang, Detail: detail, URL: "https://example.com/", Mail: lead.MailServer{Host: "h", From: "a@b.cn"}})
					got := render(target, setup, &message{items: items}) + "\n"
					require.LessOrEqual(t, len(got)-1, target.maxBytes)
					if kind == lead.TargetEmail {
						got = subject(lang, &message{items: items}) + "\n\n" + got
					}
					at := filepath.Join("testdata/messages", strings.Join([]string{name, kind, detail, lang}, "."))
					if *update {
						require.NoError(t, os.WriteFile(at, []byte(got), 0o600))
					}
					want, err := os.ReadFile(at)
					require.NoError(t, err, "run the test with -update and look at what it wrote")
					require.Equal(t, string(want), got, at)
				}
			}
		}
	}
}

// Everything a target of a kind sends, says, logs and keeps, when all goes well and when nothing does.
func TestEveryKindHasItsWords(t *testing.T) {
	for lang, w := range languages {
		for _, kind := range lead.NotifyKinds {
			require.NotEmpty(t, w.kinds[kind], "%s in %s", kind, lang)
		}
	}
}

func TestNothingLeaks(t *testing.T) {
	private := []string{"13812348000", "12348000", "王小明", "小明", "wang.xm@example.com", "wang.xm"}
	k, robots, _ := everything(t)
	typed := func(n *lead.Notification) {
		n.Why = "客户留言：我是王小明，电话１３８ 1234-8000，邮箱 wang.xm@example.com，+86 (138) 1234 8000"
		l := k.pool.leads[n.Lead]
		l.Company = "王小明13812348000的店\n<at user_id=\"all\"></at>"
		k.pool.put(l)
	}
	k.tell("chen", typed)
	k.step()
	k.tell("chen", typed)
	k.tell("sun", typed)
	k.step()
	for name, v := range robots {
		for _, m := range v.took {
			for _, p := range private {
				if p == "王小明" || p == "小明" {
					continue // the company of the lead holds the name: that is what it is called
				}
				require.NotContains(t, string(m.body), p, name)
			}
			require.NotContains(t, m.text, `<at user_id="all"`, name)
			for _, secret := range allSecrets {
				require.NotContains(t, string(m.body), secret, name)
			}
		}
	}

	fail := func(w http.ResponseWriter, r *http.Request) bool { // it repeats what it got, as some do
		w.WriteHeader(500)
		fmt.Fprintf(w, "no: %s", r.URL)
		return true
	}
	for _, answer := range []func(http.ResponseWriter, *http.Request) bool{fail,
		func(w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(404)
			fmt.Fprint(w, r.URL)
			return true
		},
		func(w http.ResponseWriter, r *http.Request) bool {
			fmt.Fprintf(w, `{"errcode":93000,"errmsg":"%s"}`, r.URL)
			return true
		},
		func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "http://127.0.0.1:1"+r.URL.String(), http.StatusFound)
			return true
		},
		func(w http.ResponseWriter, r *http.Request) bool { panic(http.ErrAbortHandler) },
		func(w http.ResponseWriter, r *http.Request) bool {
			c, _, _ := w.(http.Hijacker).Hijack()
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n%s", r.URL)
			_ = c.Close()
			return true
		}} {
		for _, v := range robots {
			v.mu.Lock()
			v.answer = answer
			v.mu.Unlock()
		}
		k.tell("chen", typed)
		k.step()
		for key := range robots {
			res := k.d.Test(t.Context(), k.setup.Target(key), lead.Rep{Key: "chen"})
			fmt.Fprintf(k.log, "%+v", res)
		}
		k.clock.pass(11 * time.Minute)
	}
	broken := []lead.NotifyTarget{{Key: "w", Kind: lead.TargetWecom, URL: "https://no-such-host.invalid/?key=" + wecomKey}, {Key: "d", Kind: lead.TargetDingTalk, URL: "http://127.0.0.1:1/?access_token=" + dingTalkToken, Secret: dingTalkSecret}}
	k.use(broken...)
	k.tell("chen", typed)
	k.step()
	require.NotEmpty(t, k.log.String())
	said := k.log.String()
	for _, state := range []any{k.deliveries(""), k.state("wecom"), k.state("dingtalk"), k.state("feishu"), k.state("hook"), k.state("mail"), k.state("w"), k.state("d")} {
		for _, d := range asDeliveries(state) {
			d.Notification.Why = "" // the rule's words, which the API shows as the history of the lead does
			said += fmt.Sprintf("%+v", d)
		}
		if _, ok := state.(lead.TargetState); ok {
			said += fmt.Sprintf("%+v", state)
		}
	}
	for _, bad := range append(private, allSecrets...) {
		require.NotContains(t, said, bad)
	}
	for _, target := range []lead.NotifyTarget{{Kind: "wecom", URL: "::" + wecomKey}, {Kind: "wecom", URL: "ftp://x/" + wecomKey}, {Kind: "dingtalk", URL: "http://\x7f" + dingTalkToken, Secret: dingTalkSecret},
		{Kind: "webhook", URL: "https://x/" + wecomKey}, {Kind: "webhook", URL: "https://x", Secret: "whsec_%%" + wecomKey}, {Kind: "wecom", URL: "https://u:" + wecomKey + "@x/"},
		{Kind: "email", Mail: lead.MailServer{Host: "h", From: "nobody", Password: mailPassword}}, {Kind: "email", Mail: lead.MailServer{Host: "h", From: "a@b.cn", Password: mailPassword}}} {
		_, err := Open(target, shanghai)
		require.Error(t, err, "%+v", target)
		require.Equal(t, lead.KindInvalid, lead.AsError(err).Kind)
		for _, secret := range allSecrets {
			require.NotContains(t, err.Error(), secret)
		}
	}
}

func asDeliveries(v any) []lead.Delivery { list, _ := v.([]lead.Delivery); return list }

// Made with openssl: printf '%s\n%s' MS SECRET | openssl dgst -sha256 -hmac SECRET -binary | base64, and for Feishu
// printf ” | openssl dgst -sha256 -mac HMAC -macopt hexkey:$(printf '%s\n%s' S SECRET | xxd -p) -binary | base64.
func TestSignaturesOfRobots(t *testing.T) {
	at := time.UnixMilli(1767322800123)
	u, err := url.Parse(dingTalkURL("https://oapi.dingtalk.com/robot/send?access_token=abc", "SECb7c1f0invented", at))
	require.NoError(t, err)
	require.Equal(t, url.Values{"access_token": {"abc"}, "timestamp": {"1767322800123"}, "sign": {"WyS8OsVNjPLbZ0EK31jVf7y9wgx/T6nk71SRRqSGpqc="}}, u.Query())
	require.NotContains(t, u.RawQuery, "/", "the signature is escaped")
	require.Equal(t, "https://oapi.dingtalk.com/robot/send?access_token=abc", dingTalkURL("https://oapi.dingtalk.com/robot/send?access_token=abc", "", at))

	b := feishuText("hi", "invented-feishu-secret", at, &message{})
	require.Equal(t, []string{"1767322800", "j26LjVhk0Mp6HP+QynaXjC6BPMhGLbE6KZEZpJr30O4="}, []string{b.Timestamp, b.Sign})
	unsigned, err := json.Marshal(feishuText("hi", "", at, &message{}))
	require.NoError(t, err)
	require.JSONEq(t, `{"msg_type":"text","content":{"text":"hi"}}`, string(unsigned))
}

func TestWebhooksTellAsMuchAsTheirDetail(t *testing.T) {
	it := of(1, lead.Rep{Key: "chen", Name: "陈晨"}, lead.NotifyAssigned, nil)
	tell := func(detail string) EventLead {
		target, setup := opened(t, lead.NotifyTarget{Kind: lead.TargetWebhook, URL: "https://example.com/", Secret: webhookSecret, Detail: detail})
		return event(target, setup, it).Lead
	}
	full := tell(lead.DetailFull)
	require.Equal(t, []any{"王小明", []string{"+8613812348000"}, []string{"wang.xm@example.com"}}, []any{full.Name, full.Phones, full.Emails})
	masked := tell("")
	require.Equal(t, []any{"王先生", []string{"138****8000"}, []string{"w***@example.com"}}, []any{masked.Name, masked.Phones, masked.Emails})
	minimal := tell(lead.DetailMinimal)
	require.Equal(t, EventLead{ID: "ld_0001", Number: "XL20260102-000001", Source: "官网报价页", Grade: "A", Score: 85, URL: "https://leads.haiheng-keji.cn/leads/ld_0001"}, minimal)
	_, err := Open(lead.NotifyTarget{Kind: lead.TargetWecom, URL: "https://example.com/", Detail: lead.DetailFull}, shanghai)
	require.ErrorContains(t, err, "group", "never in a group")
}

func TestNamesAndNumbersAreMasked(t *testing.T) {
	for phone, want := range map[string]string{"+8613812348000": "138****8000", "+8613812348000;ext=12": "138****8000", "+862088881234": "+86****34", "+14155550123": "+14****23",
		"+8612345": "+86****45", "12345": "****", "": "****"} {
		require.Equal(t, want, maskPhone(phone), phone)
	}
	for email, want := range map[string]string{"wang.xm@example.com": "w***@example.com", "王@例子.cn": "王***@例子.cn", "@x": "***", "x": "***"} {
		require.Equal(t, want, maskEmail(email), email)
	}
	for name, want := range map[string]string{"王小明 先生": "王先生", "欧阳娜 女士": "欧阳女士", "欧阳 ": "欧**", "王小明 ": "王**", "王 总": "王总", "John Smith Mr": "Mr Smith", "Smith Mr": "Mr S**",
		"Jean-Luc O’Neill ": "O’Neill", "13812348000 ": "", "user_8812 先生": "先生", " 女士": "女士", "John Smith 先生": "Smith先生", "王小明 Mr": "Mr 王", " ": ""} {
		i := strings.LastIndex(name, " ")
		require.Equal(t, want, surname("zh", &lead.Lead{Name: name[:i], Honorific: name[i+1:]}), "%q", name)
	}
	for text, want := range map[string]string{"电话13812348000": "电话****", "tel13812348000x": "tel****x", "见 XL20260102-000123": "见 XL20260102-000123", "１３８ 1234-8000": "****",
		"a.b@c.cn 说": "*** 说", "2026-01-02": "****", "预算 50000 元": "预算 50000 元", "第 3 条规则，12 分": "第 3 条规则，12 分", "a\nb\x00\u202ec<at>": "a b c＜at＞", "+86 (138) 1234 8000": "****"} {
		require.Equal(t, want, masked(text), text)
	}
}

func TestAPhoneIsMaskedWhateverStandsBetweenItsDigits(t *testing.T) {
	for _, text := range []string{"138\u00a00013\u00a08000", "138\u30000013 8000", "138\u202e0013\u202c8000", "138\t0013\n8000", "１３８　００１３　８０００"} {
		require.Equal(t, "call ****", masked("call "+text), "%q", text)
	}
}

// Whatever people typed into whatever field: a group never reads a phone, an address, markup, or more than the robot takes.
func TestAGroupNeverReadsAPhone(t *testing.T) {
	ours := regexp.MustCompile(`\d{3}\*{4}\d{4}`)
	phone := regexp.MustCompile(`\p{Nd}(?:[ \-.()]?\p{Nd}){6,}`)
	target, setup := opened(t, lead.NotifyTarget{Kind: lead.TargetWecom, URL: "https://example.com/"})
	rapid.Check(t, func(t *rapid.T) {
		typed := func(label string) string {
			return rapid.StringOf(rapid.OneOf(rapid.SampledFrom([]rune("13８0 -.()王<>@\n\u202e;+")), rapid.Rune())).Draw(t, label)
		}
		var items []item
		for i := range rapid.IntRange(1, 12).Draw(t, "n") {
			l := lead.Lead{ID: "ld_x", Number: "XL-", Name: typed("name"), Honorific: typed("honorific"), Company: typed("company"), Phones: []string{"+86138" + fmt.Sprintf("%08d", i)},
				Region: lead.Region{Province: typed("province"), City: typed("city")}}
			items = append(items, item{n: lead.Notification{Kind: lead.NotifyAssigned, Why: typed("why")}, lead: l, rep: lead.Rep{Key: "chen", Name: "陈晨"}})
		}
		got := render(target, setup, &message{items: items})
		require.LessOrEqual(t, len(got), target.maxBytes)
		require.True(t, utf8.ValidString(got))
		require.NotContains(t, got, "<")
		for _, l := range strings.Split(got, "\n") {
			require.NotRegexp(t, phone, ours.ReplaceAllString(l, "phone"))
		}
	})
}

func TestQuietHours(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		require.NoError(t, err)
		return v
	}
	for _, c := range []struct{ from, to, zone, now, until string }{
		{"21:00", "08:30", "", "2026-01-02T21:00:00+08:00", "2026-01-03T08:30:00+08:00"},
		{"21:00", "08:30", "", "2026-01-02T20:59:59+08:00", ""},
		{"21:00", "08:30", "", "2026-01-03T00:00:00+08:00", "2026-01-03T08:30:00+08:00"},
		{"21:00", "08:30", "", "2026-01-03T08:29:59+08:00", "2026-01-03T08:30:00+08:00"},
		{"21:00", "08:30", "", "2026-01-03T08:30:00+08:00", ""},
		{"21:00", "08:30", "", "2026-12-31T23:00:00+08:00", "2027-01-01T08:30:00+08:00"},
		{"12:00", "14:00", "", "2026-01-02T13:00:00+08:00", "2026-01-02T14:00:00+08:00"},
		{"12:00", "14:00", "", "2026-01-02T14:00:00+08:00", ""},
		{"22:00", "24:00", "", "2026-01-02T23:30:00+08:00", "2026-01-03T00:00:00+08:00"},
		{"00:00", "06:00", "", "2026-01-02T00:00:00+08:00", "2026-01-02T06:00:00+08:00"},
		{"21:00", "08:30", "Europe/Berlin", "2026-01-02T19:59:00Z", ""},
		{"21:00", "08:30", "Europe/Berlin", "2026-01-02T20:00:00Z", "2026-01-03T07:30:00Z"},
		{"21:00", "08:30", "Europe/Berlin", "2026-03-28T22:00:00Z", "2026-03-29T06:30:00Z"},              // clocks go forward that night
		{"21:00", "08:30", "Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T07:30:00Z"},              // and back
		{"21:00", "02:30", "America/New_York", "2026-03-08T01:00:00-05:00", "2026-03-08T03:30:00-04:00"}, // half past two is left out
		{"21:00", "02:30", "Europe/Berlin", "2026-03-29T01:00:00+01:00", "2026-03-29T03:30:00+02:00"},
		{"21:00", "24:00", "America/Santiago", "2026-09-05T23:30:00-04:00", "2026-09-06T01:00:00-03:00"}, // midnight is
		{"", "", "", "2026-01-02T23:30:00+08:00", ""},
	} {
		q, err := newQuiet(lead.QuietHours{From: c.from, To: c.to, TimeZone: c.zone, Urgent: []string{lead.NotifyRecycled}}, shanghai)
		require.NoError(t, err)
		want := at(c.now)
		require.True(t, q.until(want, lead.NotifyRecycled).Equal(want), "urgent")
		if c.until != "" {
			want = at(c.until)
		}
		require.True(t, q.until(at(c.now), lead.NotifyAssigned).Equal(want), "%+v: %s", c, q.until(at(c.now), lead.NotifyAssigned))
	}
	for _, q := range []lead.QuietHours{{From: "21:00"}, {To: "8"}, {From: "25:00", To: "06:00"}, {From: "08:00", To: "08:00"}, {From: "21:00", To: "06:00", TimeZone: "Mars/Base"}} {
		_, err := newQuiet(q, shanghai)
		require.Error(t, err, "%+v", q)
	}
}

// When quiet hours end, they have ended: nothing is held twice for one night, and nothing is sent in it.
func TestQuietHoursEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := func(label string) string {
			return fmt.Sprintf("%02d:%02d", rapid.IntRange(0, 23).Draw(t, label+"h"), rapid.IntRange(0, 59).Draw(t, label+"m"))
		}
		in := lead.QuietHours{From: clock("from"), To: clock("to"), TimeZone: rapid.SampledFrom([]string{"", "Asia/Shanghai", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns"}).Draw(t, "zone")}
		if in.From == in.To {
			return
		}
		q, err := newQuiet(in, shanghai)
		require.NoError(t, err)
		now := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "now"), 0)
		until := q.until(now, lead.NotifyAssigned)
		require.Less(t, until.Sub(now), 26*time.Hour)
		for range 3 { // a night in which clocks go back may hold it a second time
			until = q.until(until, lead.NotifyAssigned)
		}
		require.True(t, q.until(until, lead.NotifyAssigned).Equal(until))
	})
}

func TestWrongTargetsAreRefused(t *testing.T) {
	ok := lead.NotifyTarget{Key: "x", Kind: lead.TargetWecom, URL: "https://example.com/"}
	_, err := Open(ok, shanghai)
	require.NoError(t, err)
	for field, wrong := range map[string]func(*lead.NotifyTarget){
		"kind": func(n *lead.NotifyTarget) { n.Kind = "pigeon" }, "language": func(n *lead.NotifyTarget) { n.Language = "la" }, "detail": func(n *lead.NotifyTarget) { n.Detail = "all" },
		"per_minute": func(n *lead.NotifyTarget) { n.PerMinute = -2 }, "max_bytes": func(n *lead.NotifyTarget) { n.MaxBytes = 3 }, "serves": func(n *lead.NotifyTarget) { n.Serves.Kinds = []string{"asigned"} },
		"quiet": func(n *lead.NotifyTarget) { n.Quiet.From = "9pm" }, "url": func(n *lead.NotifyTarget) { n.URL = "" }, "secret": func(n *lead.NotifyTarget) { n.Kind = lead.TargetWebhook },
		"mail.host": func(n *lead.NotifyTarget) { n.Kind = lead.TargetEmail }, "mail.tls": func(n *lead.NotifyTarget) { n.Kind, n.Mail.TLS = lead.TargetEmail, "none" },
	} {
		target := ok
		wrong(&target)
		_, err := Open(target, shanghai)
		require.Error(t, err, field)
		e := lead.AsError(err)
		require.Equal(t, []any{lead.KindInvalid, "bad_target", []string{field}, true}, []any{e.Kind, e.Code, e.Fields, e.Hint != ""})
	}
}

func TestTheBucketNeverLetsMoreThanTheRateThroughInAnyMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.IntRange(1, 60).Draw(t, "rate")
		target, st, now := &Target{}, lead.TargetState{}, morning
		target.kind.perMinute = rate
		var sent []time.Time
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "ms")) * time.Millisecond)
			target.refill(&st, now)
			for st.Tokens >= 1 {
				st.Tokens--
				sent = append(sent, now)
			}
		}
		for i := range sent {
			n := 0
			for _, at := range sent[i:] {
				if at.Sub(sent[i]) < time.Minute {
					n++
				}
			}
			require.LessOrEqual(t, n, max(rate, 2))
		}
		require.NotEmpty(t, sent)
	})
}

func FuzzReply(f *testing.F) {
	for _, s := range []string{`{"errcode":0}`, `{"code":"0"}`, `{"errcode":45009}`, `{"StatusCode":0,"code":19001}`, `null`, `{"errcode":1e99}`} {
		f.Add([]byte(s))
	}
	target := &Target{kind: kinds[lead.TargetWecom]}
	f.Fuzz(func(t *testing.T, doc []byte) {
		if r := target.reply(doc); r == nil {
			require.True(t, bytes.Contains(doc, []byte("0")), "success has to be said")
		}
	})
}
