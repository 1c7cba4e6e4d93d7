package deliver

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// A group robot with a rate that the vendor enforces: nothing is lost, nothing is told twice, and the vendor never has to refuse.
func TestWhatExceedsTheRateBecomesOneMessage(t *testing.T) {
	for name, make := range map[string]func(*testing.T, func() time.Time) (*vendor, lead.NotifyTarget){"wecom": wecom, "dingtalk": dingTalk} {
		t.Run(name, func(t *testing.T) {
			c := &clock{at: morning}
			v, target := make(t, c.now)
			v.rate = 20
			refused := 0
			v.answer = func(http.ResponseWriter, *http.Request) bool { return false }
			k := open(t, target)
			k.clock = c
			k.restart()
			for range 120 { // two minutes, three leads a second
				for _, rep := range []string{"chen", "sun", "wu"} {
					k.tell(rep)
				}
				c.pass(time.Second)
				k.step()
			}
			k.pass(time.Minute, time.Second)
			refused = v.asked - len(v.took)
			require.Zero(t, refused)
			require.LessOrEqual(t, len(v.took), 60)
			told := map[string]int{}
			for _, d := range k.deliveries(lead.DeliverySent) {
				told[d.Notification.ID]++
			}
			require.Len(t, told, 360)
			for _, text := range v.texts() {
				require.LessOrEqual(t, len(text), target.MaxBytes+20_000)
			}
		})
	}
}

// The vendor counts otherwise than we do, or somebody else uses the robot as well.
func TestTooOftenWaitsAndTellsAllInOne(t *testing.T) {
	for name, make := range map[string]func(*testing.T, func() time.Time) (*vendor, lead.NotifyTarget){"wecom": wecom, "dingtalk": dingTalk, "feishu": feishu} {
		t.Run(name, func(t *testing.T) {
			c := &clock{at: morning}
			v, target := make(t, c.now)
			v.rate = 1
			k := open(t, target)
			k.clock = c
			k.restart()
			for range 8 {
				k.tell("chen")
				k.step()
				c.pass(time.Second)
			}
			require.Len(t, v.texts(), 1)
			require.Equal(t, 2, v.asked, "after the first refusal it is left alone")
			require.Empty(t, k.deliveries(lead.DeliveryDead))
			k.pass(11*time.Minute, 10*time.Second)
			require.Len(t, v.texts(), 2)
			require.Len(t, leadNumber.FindAllString(v.texts()[1], -1), 7)
			require.Len(t, k.deliveries(lead.DeliverySent), 8)
		})
	}
}

func TestQuietHoursHoldAndUrgentKindsBreakThrough(t *testing.T) {
	v, target := wecom(t, (&clock{at: morning}).now)
	target.Quiet = lead.QuietHours{From: "21:00", To: "08:30", Urgent: []string{lead.NotifyRecycleSoon}}
	k := open(t, target)
	k.clock.pass(11 * time.Hour) // 22:00 in China
	for range 3 {
		k.tell("chen")
		k.pass(time.Hour, time.Hour)
	}
	require.Empty(t, v.texts())
	k.tell("chen", func(n *lead.Notification) { n.Kind = lead.NotifyRecycleSoon })
	k.step()
	require.Len(t, v.texts(), 1)
	k.pass(7*time.Hour+29*time.Minute, 29*time.Minute+time.Hour)
	k.pass(time.Minute, time.Minute)
	require.Len(t, v.texts(), 2, "at 08:30")
	require.Len(t, leadNumber.FindAllString(v.texts()[1], -1), 3)
}

// A message has one id. Whoever keeps what came twice away by it would never see what is sent under it later.
func TestAMessageThatWasTriedBeforeTheQuietHoursIsNotTornApartByThem(t *testing.T) {
	v, target := webhook(t, (&clock{at: morning}).now)
	target.Quiet = lead.QuietHours{From: "21:00", To: "08:30", Urgent: []string{lead.NotifyRecycleSoon}}
	k := open(t, target)
	k.clock.pass(10*time.Hour - time.Second) // a second before nine in China
	k.pool.settle = func() error { return errors.New("killed before it was recorded") }
	k.tell("chen")
	k.tell("chen", func(n *lead.Notification) { n.Kind = lead.NotifyRecycleSoon })
	k.tell("sun")
	k.step()
	require.Len(t, v.took, 2)
	k.pool.settle = nil
	k.restart()
	k.pass(lease+time.Second, lease+time.Second)
	require.Len(t, v.took, 3, "what holds something urgent goes at once; sun's waits for the morning")
	k.pass(12*time.Hour, time.Hour)
	require.Len(t, v.took, 4)
	sent := map[string][]int{}
	for _, took := range v.took {
		var e Event
		require.NoError(t, json.Unmarshal(took.body, &e))
		sent[took.header.Get("webhook-id")] = append(sent[took.header.Get("webhook-id")], len(e.Data.Notifications))
	}
	require.Len(t, sent, 2)
	for id, counts := range sent {
		require.Len(t, counts, 2)
		require.Equal(t, counts[0], counts[1], "message %s was one thing, and another later", id)
	}
	require.Len(t, k.deliveries(lead.DeliverySent), 3)
}

func TestATargetServesWhatItIsFor(t *testing.T) {
	served := func(s lead.Served) (told []string) {
		_, target := wecom(t, (&clock{at: morning}).now)
		target.Serves = s
		k := open(t, target)
		for _, rep := range []string{"chen", "sun"} {
			n := k.tell(rep)
			l := k.pool.leads[n.Lead]
			l.Sources, l.Grade = []string{"site", "fair"}, map[string]string{"chen": "A", "sun": "C"}[rep]
			k.pool.put(l)
			k.tell(rep, func(n *lead.Notification) { n.Kind = lead.NotifyFollowUp })
		}
		k.step()
		for _, d := range k.deliveries(lead.DeliverySent) {
			told = append(told, d.Notification.Rep+" "+d.Notification.Kind)
		}
		slices.Sort(told)
		return told
	}
	all := []string{"chen assigned", "chen follow_up", "sun assigned", "sun follow_up"}
	require.Equal(t, all, served(lead.Served{}))
	require.Equal(t, all[:2], served(lead.Served{Teams: []string{"south"}}))
	require.Equal(t, all[2:], served(lead.Served{Reps: []string{"sun", "wu"}}))
	require.Equal(t, []string{all[0], all[2]}, served(lead.Served{Kinds: []string{lead.NotifyAssigned}}))
	require.Equal(t, []string{all[0], all[2]}, served(lead.Served{Sources: []string{"fair"}}))
	require.Equal(t, all[2:3], served(lead.Served{Grades: []string{"C"}}))
	require.Empty(t, served(lead.Served{Grades: []string{"C"}, Teams: []string{"south"}}))
}

func TestWhoLostTheLeadIsNotToldOfIt(t *testing.T) {
	v, target := wecom(t, (&clock{at: morning}).now)
	target.Quiet = lead.QuietHours{From: "10:00", To: "12:00"}
	k := open(t, target)
	lost, erased, kept := k.tell("chen"), k.tell("chen"), k.tell("chen")
	recycled := k.tell("chen", func(n *lead.Notification) { n.Kind = lead.NotifyRecycled })
	k.step()
	for _, n := range []lead.Notification{lost, recycled} {
		l := k.pool.leads[n.Lead]
		l.Owner = "sun"
		k.pool.put(l)
	}
	delete(k.pool.leads, erased.Lead)
	k.pass(2*time.Hour, time.Hour)
	require.Len(t, v.texts(), 1)
	require.ElementsMatch(t, []string{kept.Number, recycled.Number}, leadNumber.FindAllString(v.texts()[0], -1))
	codes := map[string]string{}
	for _, d := range k.deliveries(lead.DeliveryDropped) {
		codes[d.Notification.ID] = d.Code
	}
	require.Equal(t, map[string]string{lost.ID: "not_owner", erased.ID: "lead_gone"}, codes)
}

func TestATargetThatIsRemovedLeavesNothingInTheDark(t *testing.T) {
	_, target := wecom(t, (&clock{at: morning}).now)
	target.Quiet = lead.QuietHours{From: "10:00", To: "12:00"}
	k := open(t, target)
	k.tell("chen")
	k.step()
	k.use()
	k.pass(2*time.Hour, time.Hour)
	require.Equal(t, "no_target", k.deliveries(lead.DeliveryDead)[0].Code)
}

func TestASlowTargetKeepsNoOtherWaiting(t *testing.T) {
	slow, slowly := webhook(t, (&clock{at: morning}).now)
	held := make(chan struct{})
	slow.answer = func(http.ResponseWriter, *http.Request) bool { <-held; return false }
	v, target := wecom(t, (&clock{at: morning}).now)
	k := open(t, slowly, target)
	for i := range 3 {
		k.tell("chen")
		_, err := k.d.Step(t.Context())
		require.NoError(t, err)
		require.Eventually(t, func() bool { return len(v.texts()) == i+1 }, 10*time.Second, time.Millisecond)
	}
	close(held)
	k.step()
	require.Len(t, k.deliveries(lead.DeliverySent), 6)
}

func TestWhatIsUnderWayIsEndedBeforeTheEnd(t *testing.T) {
	v, target := webhook(t, (&clock{at: morning}).now)
	asked, held := make(chan struct{}), make(chan struct{})
	v.answer = func(http.ResponseWriter, *http.Request) bool { close(asked); <-held; return false }
	k := open(t, target)
	k.tell("chen")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := k.d.Step(ctx)
	require.NoError(t, err)
	<-asked
	cancel()
	close(held)
	k.d.Wait()
	require.Len(t, k.deliveries(lead.DeliverySent), 1)
}

func TestADigestSaysNothingTwice(t *testing.T) {
	chen, sun := lead.Rep{Key: "chen", Name: "陈晨"}, lead.Rep{Key: "sun", Name: "孙悦"}
	target, setup := opened(t, lead.NotifyTarget{Kind: lead.TargetWecom, URL: "https://qyapi.example.com/x"})
	twin := func() item { return of(1, chen, lead.NotifyDuplicate, nil) }
	text := render(target, setup, &message{items: []item{twin(), of(1, chen, lead.NotifyAssigned, nil), twin(), of(1, sun, lead.NotifyDuplicate, nil), twin(), of(2, chen, lead.NotifyDuplicate, nil)}})
	require.Equal(t, 3, strings.Count(text, "疑似重复"), text)
	require.Contains(t, text, "【4 条通知】")
	require.Contains(t, text, "陈晨 (3)")
	text = render(target, setup, &message{items: []item{twin(), twin()}})
	require.Contains(t, text, "【疑似重复】XL20260102-000001", "one thing is told in full")
}
