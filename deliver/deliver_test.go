package deliver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

var leadNumber = regexp.MustCompile(`XL20260102-\d{6}`)

// everything sets up one target of every kind.
func everything(t *testing.T) (k *desk, robots map[string]*vendor, letters *mailer) {
	c := &clock{at: morning}
	robots = map[string]*vendor{}
	var targets []lead.NotifyTarget
	for name, make := range map[string]func(*testing.T, func() time.Time) (*vendor, lead.NotifyTarget){"wecom": wecom, "dingtalk": dingTalk, "feishu": feishu, "hook": webhook} {
		v, target := make(t, c.now)
		robots[name] = v
		targets = append(targets, target)
	}
	letters, mail := serveMail(t, false)
	k = open(t, append(targets, mail)...)
	k.clock = c
	k.restart()
	return k, robots, letters
}

func TestEveryTargetTakesTheMessage(t *testing.T) {
	k, robots, letters := everything(t)
	n := k.tell("chen")
	k.step()
	for name, v := range robots {
		require.Len(t, v.took, 1, name)
		require.Contains(t, v.took[0].text, n.Number, name)
		require.Contains(t, v.took[0].text, "138****8000", name)
		require.Contains(t, v.took[0].text, "https://leads.haiheng-keji.cn/leads/"+n.Lead, name)
	}
	require.Equal(t, "ChenChen", robots["wecom"].took[0].to)
	require.Equal(t, "13500001111", robots["dingtalk"].took[0].to, "no user id is known: the mobile is mentioned")
	require.Contains(t, robots["feishu"].took[0].text, `<at user_id="ou_chen"></at>`)
	require.Equal(t, "13500001111", robots["hook"].took[0].to)
	require.Len(t, letters.took, 1)
	require.Contains(t, letters.took[0].to, "chen@haiheng-keji.cn")
	body, _ := io.ReadAll(quotedprintable.NewReader(strings.NewReader(letters.took[0].text)))
	require.Contains(t, string(body), "王先生 138****8000")
	require.Contains(t, letters.took[0].text, "Message-ID: <msg_")
	require.Len(t, k.deliveries(lead.DeliverySent), 5)
	require.Equal(t, map[string]int{OutcomeSent: 5}, k.outcomes)

	k.restart()
	k.pass(48*time.Hour, time.Hour)
	for name, v := range robots {
		require.Len(t, v.took, 1, "%s is told once", name)
	}
	require.Len(t, letters.took, 1)
}

func TestMailGoesOverTLSFromTheFirstByte(t *testing.T) {
	letters, target := serveMail(t, true)
	k := open(t, target)
	k.tell("sun")
	k.step()
	require.Len(t, letters.texts(), 1)
}

func TestMailIsNeverSentInTheClear(t *testing.T) {
	letters, target := serveMail(t, false)
	letters.say["STARTTLS"] = "502 not here"
	k := open(t, target)
	k.tell("sun")
	k.step()
	require.Empty(t, letters.texts())
	require.NotContains(t, k.log.String(), "haiheng-keji.cn")
	require.Len(t, k.deliveries(""), 1)
}

func TestWhatAMailServerAnswersSteers(t *testing.T) {
	for answer, want := range map[string]string{"AUTH 535 no": lead.DeliveryDead, "AUTH 454 later": lead.DeliveryWaiting, "RCPT 550 unknown chen@haiheng-keji.cn": lead.DeliveryDead,
		"RCPT 451 greylisted": lead.DeliveryWaiting, "DATA 452 full": lead.DeliveryWaiting, "MAIL 553 not you": lead.DeliveryDead} {
		t.Run(answer, func(t *testing.T) {
			letters, target := serveMail(t, false)
			verb, said, _ := strings.Cut(answer, " ")
			letters.say[verb] = said
			k := open(t, target)
			k.tell("chen")
			k.step()
			d := k.deliveries("")[0]
			require.Equal(t, []string{want, "smtp_" + said[:3]}, []string{d.State, d.Code})
			require.NotContains(t, k.log.String()+d.Reason, "chen@")
			letters.mu.Lock()
			clear(letters.say)
			letters.mu.Unlock()
			if want == lead.DeliveryDead {
				require.NoError(t, k.pool.ReplayDelivery(t.Context(), d.ID, k.clock.now()))
			}
			k.pass(time.Minute, 5*time.Second)
			require.Len(t, letters.texts(), 1)
		})
	}
}

func TestARepWithoutAnAddressIsShownAsSuch(t *testing.T) {
	letters, target := serveMail(t, false)
	k := open(t, target)
	k.tell("wu")
	k.step()
	require.Empty(t, letters.texts())
	require.Equal(t, "no_contact", k.deliveries(lead.DeliveryDead)[0].Code)
}

// What an HTTP status means, with a webhook.
func TestStatusesSteer(t *testing.T) {
	for status, want := range map[int]string{200: "sent", 201: "sent", 202: "sent", 204: "sent", 301: "dead", 302: "dead", 307: "dead", 308: "dead", 400: "dead", 401: "dead", 403: "dead",
		404: "dead", 405: "dead", 408: "waiting", 409: "dead", 410: "dead", 413: "dead", 422: "dead", 425: "waiting", 429: "waiting", 500: "waiting", 502: "waiting", 503: "waiting", 504: "waiting"} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			v, target := webhook(t, (&clock{at: morning}).now)
			v.answer = func(w http.ResponseWriter, _ *http.Request) bool {
				w.Header().Set("Location", "http://127.0.0.1:1/")
				w.WriteHeader(status)
				return true
			}
			k := open(t, target)
			k.tell("chen")
			k.step()
			d := k.deliveries("")[0]
			require.Equal(t, want, d.State, d.Reason)
			require.Equal(t, status == 410, k.state("hook").Disabled)
			require.Equal(t, 1, v.asked)
			if want == "waiting" {
				v.mu.Lock()
				v.answer = nil
				v.mu.Unlock()
				k.pass(2*time.Minute, 10*time.Second)
				require.Equal(t, lead.DeliverySent, k.deliveries("")[0].State)
				if status != 429 {
					require.Equal(t, d.Message, k.deliveries("")[0].Message, "the same message again")
				}
			}
		})
	}
}

func TestRepliesOfRobotsSteer(t *testing.T) {
	for name, make := range map[string]func(*testing.T, func() time.Time) (*vendor, lead.NotifyTarget){"wecom": wecom, "dingtalk": dingTalk, "feishu": feishu} {
		for reply, want := range map[string]string{
			`{"errcode":93000,"errmsg":"invalid webhook url"}`: "wecom dead", `{"errcode":45009}`: "wecom waiting", `{"errcode":-1,"errmsg":"system error"}`: "wecom waiting",
			`{"errcode":310000}`: "dingtalk dead", `{"errcode":130101}`: "dingtalk waiting", `{"errcode":300001}`: "dingtalk dead",
			`{"code":19021}`: "feishu dead", `{"code":9499}`: "feishu waiting", `{"StatusCode":19001}`: "feishu dead", `{"StatusCode":0}`: "feishu sent",
			`{"errcode":424242}`: "wecom waiting", `<html>log in</html>`: "dingtalk waiting", ``: "feishu waiting", `{}`: "wecom waiting", `[1]`: "feishu waiting",
		} {
			of, state, _ := strings.Cut(want, " ")
			if of != name {
				continue
			}
			t.Run(name+" "+reply, func(t *testing.T) {
				v, target := make(t, (&clock{at: morning}).now)
				v.answer = func(w http.ResponseWriter, _ *http.Request) bool { _, _ = io.WriteString(w, reply); return true }
				k := open(t, target)
				k.tell("chen")
				k.step()
				require.Equal(t, state, k.deliveries("")[0].State, "HTTP 200 says nothing")
			})
		}
	}
}

func TestACodeThatNobodyKnowsIsTriedAFewTimes(t *testing.T) {
	v, target := wecom(t, (&clock{at: morning}).now)
	v.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = io.WriteString(w, `{"errcode":424242}`)
		return true
	}
	k := open(t, target)
	k.tell("chen")
	k.step()
	k.pass(10*time.Minute, 10*time.Second)
	require.Equal(t, fewTries, v.asked)
	require.Equal(t, []string{lead.DeliveryDead, "reply_424242"}, []string{k.deliveries("")[0].State, k.deliveries("")[0].Code})
}

func TestATargetThatIsAwayIsTriedForADayAndThenGivenUp(t *testing.T) {
	v, target := webhook(t, (&clock{at: morning}).now)
	v.answer = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(503); return true }
	k := open(t, target)
	k.tell("chen")
	k.step()
	k.pass(12*time.Hour, 10*time.Minute) // 21 hours in all, a quarter more or less
	require.Equal(t, lead.DeliveryWaiting, k.deliveries("")[0].State)
	k.pass(24*time.Hour, 10*time.Minute)
	require.Equal(t, tries, v.asked)
	dead := k.deliveries(lead.DeliveryDead)[0]
	v.mu.Lock()
	v.answer = nil
	v.mu.Unlock()
	require.NoError(t, k.pool.ReplayDelivery(t.Context(), dead.ID, k.clock.now()))
	k.step()
	require.Len(t, v.texts(), 1)
	require.Equal(t, dead.Message, v.took[0].header.Get("webhook-id"))
}

func TestRetryAfterIsKept(t *testing.T) {
	v, target := webhook(t, (&clock{at: morning}).now)
	v.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "1200")
		w.WriteHeader(429)
		return true
	}
	k := open(t, target)
	k.tell("chen")
	k.step()
	require.Equal(t, morning.Add(20*time.Minute), k.state("hook").Paused)
	k.tell("chen")
	k.pass(19*time.Minute, time.Minute)
	require.Equal(t, 1, v.asked)
	v.mu.Lock()
	v.answer = nil
	v.mu.Unlock()
	k.pass(time.Minute, time.Minute)
	require.Len(t, v.texts(), 1, "what waited is one message")
	require.Len(t, leadNumber.FindAllString(v.texts()[0], -1), 2)
	require.Zero(t, k.state("hook").Paused)
}

func TestAnAddressThatIsGoneStaysAloneUntilItIsMended(t *testing.T) {
	v, target := webhook(t, (&clock{at: morning}).now)
	gone := func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(410); return true }
	v.answer = gone
	k := open(t, target)
	k.tell("chen")
	k.step()
	k.tell("chen")
	k.step()
	require.Equal(t, 1, v.asked, "it is left alone")
	dead := k.deliveries(lead.DeliveryDead)
	require.ElementsMatch(t, []string{"target_gone", "http_410"}, []string{dead[0].Code, dead[1].Code})

	require.False(t, k.d.Test(t.Context(), k.setup.Target("hook"), lead.Rep{Key: "chen"}).OK)
	require.True(t, k.state("hook").Disabled)
	v.answer = nil
	require.True(t, k.d.Test(t.Context(), k.setup.Target("hook"), lead.Rep{Key: "chen"}).OK)
	require.False(t, k.state("hook").Disabled, "a test that goes well brings it back")

	v.answer = gone
	k.tell("chen")
	k.step()
	require.True(t, k.state("hook").Disabled)
	v.answer = nil
	target.URL += "&moved=1"
	k.use(target)
	k.tell("chen")
	k.step()
	require.False(t, k.state("hook").Disabled, "so does another address")
	for _, d := range k.deliveries(lead.DeliveryDead) {
		require.NoError(t, k.pool.ReplayDelivery(t.Context(), d.ID, k.clock.now()))
	}
	k.step()
	require.Empty(t, k.deliveries(lead.DeliveryDead))
}

// A crash between the answer and its record, and one between the claim and the post.
func TestAMessageWhoseFateIsUnknownIsSentOnceMore(t *testing.T) {
	v, target := webhook(t, (&clock{at: morning}).now)
	k := open(t, target)
	crashes := 1
	k.pool.settle = func() error {
		if crashes--; crashes >= 0 {
			return errors.New("killed")
		}
		return nil
	}
	k.tell("chen")
	k.tell("chen")
	k.step()
	require.Len(t, v.texts(), 1)
	k.restart()
	k.tell("chen")
	k.step()
	require.Len(t, v.texts(), 2, "what came since has its own message")
	k.pass(lease+time.Second, lease+time.Second)
	k.pass(48*time.Hour, time.Hour)
	require.Len(t, v.texts(), 3, "twice, not thrice")
	require.Equal(t, v.took[0].header.Get("webhook-id"), v.took[2].header.Get("webhook-id"))
	var first, again Event
	require.NoError(t, json.Unmarshal(v.took[0].body, &first))
	require.NoError(t, json.Unmarshal(v.took[2].body, &again))
	require.Equal(t, first.Data.Notifications, again.Data.Notifications)
	require.Len(t, k.deliveries(lead.DeliverySent), 3)

	v2, other := webhook(t, k.clock.now)
	k.use(other)
	k.tell("sun")
	_, err := k.d.route(t.Context())
	require.NoError(t, err)
	require.NoError(t, k.pool.ClaimDeliveries(t.Context(), "hook", k.clock.now(), 9, func(st *lead.TargetState, due []lead.Delivery) []lead.Delivery {
		_, changed := k.setup.Target("hook").claim(st, due, k.clock.now())
		return changed
	}))
	k.step()
	require.Empty(t, v2.texts(), "somebody has it")
	k.pass(lease, lease)
	require.Len(t, v2.texts(), 1, "he died")
}

func TestAnImportIsOneMessagePerRep(t *testing.T) {
	letters, mail := serveMail(t, false)
	v, hook := webhook(t, (&clock{at: morning}).now)
	k := open(t, mail, hook)
	imported := func(n *lead.Notification) { n.Import = "imp_1" }
	for range 30 {
		for range 20 {
			k.tell("chen", imported)
			k.tell("sun", imported)
		}
		k.clock.pass(time.Second)
		k.step()
	}
	require.Empty(t, v.texts())
	k.pass(11*time.Second, time.Second)
	require.Len(t, v.texts(), 2)
	require.Len(t, letters.texts(), 2)
	var e Event
	require.NoError(t, json.Unmarshal(v.took[0].body, &e))
	require.Len(t, e.Data.Notifications, 600)
	for _, n := range e.Data.Notifications {
		require.Equal(t, "imp_1", n.Import)
	}
	require.Contains(t, e.Data.Text, "600 条新线索")
	require.Len(t, k.deliveries(lead.DeliverySent), 2400)
}

// A list of ten thousand that takes a minute to be handed out, and one lead that comes in by itself just as the list is told.
func TestALargeImportIsOneMessageWithTheFirstFewAndACount(t *testing.T) {
	letters, mail := serveMail(t, false)
	v, hook := webhook(t, (&clock{at: morning}).now)
	k := open(t, mail, hook)
	for range 20 {
		var list []lead.Notification
		for range 500 {
			k.count++
			l := aLead(k.count, "chen")
			k.pool.put(l)
			list = append(list, lead.Notification{ID: fmt.Sprintf("ntf_%05d", k.count), Rep: "chen", Kind: lead.NotifyAssigned, Lead: l.ID, Number: l.Number, At: k.clock.now(), Import: "imp_1"})
		}
		require.NoError(t, k.pool.AddNotifications(t.Context(), list))
		k.pass(3*time.Second, 3*time.Second)
	}
	require.Empty(t, v.texts())
	k.clock.pass(gather)
	k.tell("chen")
	k.step()
	require.Len(t, v.texts(), 2)
	require.Len(t, letters.texts(), 2)
	counts := map[int]Event{}
	for _, took := range v.took {
		var e Event
		require.NoError(t, json.Unmarshal(took.body, &e))
		counts[e.Data.Count] = e
	}
	require.Len(t, counts[1].Data.Notifications, 1)
	digest := counts[10000].Data
	require.Len(t, digest.Notifications, mostEvents)
	require.Contains(t, digest.Text, "10000 条新线索")
	require.Contains(t, digest.Text, "还有 9900 条")
	require.Equal(t, mostLines, strings.Count(digest.Text, "· XL"))
	require.Len(t, k.deliveries(lead.DeliverySent), 20002)
}
