//go:build browser

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

const workFile = `
teams: [{key: east, name: 华东组}]
reps:
  - {key: chen, name: 陈思远, team: east, daily: 20, holding: 50}
  - {key: wu, name: 吴敏, team: east, off_duty: true}
pools:
  - {key: sea, name: 公海一, claims_per_day: 5, reasons: [联系不上, 没有预算], recycle: [{kind: not_followed, after: 7d, remind: 1d}]}
scoring:
  rules: [{key: budget, name: 大预算, when: budget >= 100000, points: 60, tags: [大单], product: cloud}]
rules:
  - {key: big, name: 大客户, when: 'grade == "B"', to: {teams: [east]}, pool: sea}
  - {key: rest, name: 其余, to: {teams: [east]}}
`

// managed is a tab at a hub with two reps, a pool and rules, and one lead of a good grade that the rules gave to chen.
func managed(t *testing.T) (b *tab, id string) {
	b = openTab(t)
	b.call("PUT", "/v1/config", configFile{Sources: []fileSource{{Key: "site", Channel: "webform", Name: new("官网")}}}, nil)
	file := filepath.Join(t.TempDir(), "leadhub.yaml")
	require.NoError(t, os.WriteFile(file, []byte(workFile), 0o600))
	out, code := b.runs("apply", "-f", file)
	require.Equal(t, exitOK, code, out)
	st := b.becomes(b.accept("site", `{"name":"赵敏","phone":"`+phone()+`","company":"星河科技有限公司","city":"苏州市","budget":"20万","utm_campaign":"春季"}`), lead.StateAssigned)
	require.Equal(t, "chen", st.Owner)
	return b, st.Lead
}

func TestBrowserALeadIsReleasedClaimedFollowedUpAndConverted(t *testing.T) {
	b, id := managed(t)
	number := b.lead(id).Phones[0]

	b.open("/leads/" + id)
	require.Equal(t, "陈思远", b.text(".decided tr.chosen td.first")[:len("陈思远")])
	require.Contains(t, b.text(".decided tr[data-rep=wu]"), "off duty")
	require.Equal(t, "+60", b.text(".scored tr[data-rule=budget] td.num"))
	b.fitsTheScreen()

	b.do(chromedp.Click("details.release summary"), chromedp.SetValue("form.release select[name=reason]", "没有预算"), chromedp.Click("form.release button"),
		chromedp.WaitVisible(".notice.done"))
	require.Equal(t, "sea", b.lead(id).Pool)
	require.Contains(t, b.text(".timeline li.release h3"), "陈思远 released it into 公海一")

	b.open("/pools")
	require.Equal(t, "1", b.text("tr[data-pool=sea] td.num"))
	b.fitsTheScreen()
	b.do(chromedp.Click("tr[data-pool=sea] td.first a"), chromedp.WaitVisible("form.claim"))
	require.NotContains(t, b.text("main"), number[3:], "a phone is masked before the claim")
	require.Contains(t, b.text("tr[data-lead]"), "****")
	b.fitsTheScreen()
	b.do(chromedp.SetValue("form.claim select", "wu"), chromedp.Click("form.claim button"), chromedp.WaitVisible(".notice.done"))
	require.Equal(t, "wu", b.lead(id).Owner)
	require.Contains(t, b.text(".facts"), number)

	b.do(chromedp.Click("details.follow summary"), chromedp.SetValue("form.follow select[name=way]", "call"), chromedp.SendKeys("form.follow textarea", "要一份报价"),
		chromedp.Click("form.follow button"), chromedp.WaitVisible(".timeline li.follow blockquote"))
	require.Equal(t, lead.StatusWorking, b.lead(id).Status)

	b.do(chromedp.Click("details.convert summary"), chromedp.SendKeys("form.convert input[name=amount]", "12,800"), chromedp.Click("form.convert button"), chromedp.WaitVisible("[role=alert]"))
	require.Contains(t, b.text("[role=alert]"), "12800.50", "what is wrong is said with how to write it")
	b.do(chromedp.SetValue("form.convert input[name=amount]", "12800.5"), chromedp.SendKeys("form.convert input[name=customer]", "K-1001"), chromedp.Click("form.convert button"),
		chromedp.WaitVisible(".facts .converted"))
	require.Equal(t, []string{lead.StatusConverted, "12800.50", "CNY", "K-1001"}, []string{b.lead(id).Status, b.lead(id).Amount, b.lead(id).Currency, b.lead(id).Customer})

	b.open("/figures?lang=zh")
	require.Equal(t, "1", b.text("[data-total=converted] .count"))
	row := b.text(".funnel tr[data-source=site]")
	require.Contains(t, row, "春季")
	require.Contains(t, row, "12800.50 CNY")
	require.Equal(t, "吴敏", b.text(".speed[data-by=rep] tr[data-key=wu] td.first"))
	b.fitsTheScreen()
	for _, path := range []string{"/leads", "/leads/" + id, "/reps", "/reps/wu/handover", "/rules", "/notifications", "/settings"} {
		b.open(path)
		b.fitsTheScreen()
	}
	b.open("/leads/" + id)
	require.Contains(t, b.text(".timeline li.claim h3"), "吴敏 从“公海一”认领")
}

func TestBrowserARepClaimsAndWorksOnATelephone(t *testing.T) {
	b, id := managed(t)
	number := b.lead(id).Phones[0]
	out, code := b.runs("release", id, "--pool", "sea", "--reason", "没有预算")
	require.Equal(t, exitOK, code, out)
	rep := b.as("wu", lead.RepScopes...)
	b.do(chromedp.Click("form[action='/logout'] button"), chromedp.WaitVisible("#token"), chromedp.SendKeys("#token", rep.token+"\r"), chromedp.WaitVisible(".todo"))
	require.Equal(t, "1", b.text("[data-todo=claim] .count"))
	b.fitsTheScreen()
	b.do(chromedp.Click("header nav a[href='/pools']"), chromedp.WaitVisible("tr[data-pool=sea]"))
	b.fitsTheScreen()
	b.do(chromedp.Click("tr[data-pool=sea] td.first a"), chromedp.WaitVisible("form.claim"))
	require.NotContains(t, b.text("main"), number[3:])
	b.fitsTheScreen()
	b.do(chromedp.Click("tr[data-lead] td.first a"), chromedp.WaitVisible(".concealed"))
	require.NotContains(t, b.text("main"), number[3:])
	b.fitsTheScreen()
	b.do(chromedp.Click("form.claim button"), chromedp.WaitVisible(".notice.done"))
	require.Contains(t, b.text(".facts"), number)
	require.Equal(t, "wu", b.lead(id).Owner)
	b.do(chromedp.Click("details.nurture summary"), chromedp.WaitVisible("form.nurture input[name=next_at]"), chromedp.Click("details.nurture summary"))
	b.do(chromedp.Click("details.follow summary"), chromedp.SetValue("form.follow select[name=way]", "call"), chromedp.SendKeys("form.follow textarea", "要一份报价"),
		chromedp.Click("form.follow button"), chromedp.WaitVisible(".timeline li.follow blockquote"))
	b.fitsTheScreen()
	b.open("/leads?lang=zh")
	require.Equal(t, "我的线索", b.text("h1"))
	b.fitsTheScreen()
	b.open("/notifications")
	b.fitsTheScreen()
	b.open("/")
	b.do(chromedp.Click("form.duty button"), chromedp.WaitVisible(".notice.done"))
	b.open("/settings")
	require.Contains(t, b.text("[role=alert]"), "没有这个页面")
}
