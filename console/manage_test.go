package console

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestPublicPoolsAreCountedByGradeAndTheirRulesAreInWords(t *testing.T) {
	b := cannedFakes().signedIn(t)
	doc, _ := b.get("/pools")
	row := doc.Find("tr[data-pool=sea]")
	require.Equal(t, "1,234", row.Find("td.num").Text())
	require.Equal(t, "/pools/sea?grade=-", row.Find("a.badge").Last().AttrOr("href", ""))
	for _, want := range []string{"A 1,000", "2025-12-02", "For the teams 华南.", "At most 5 claims", "1 h between two claims", "after 3 d", "can be claimed 1 d 12 h after", "Hidden until claimed: Company.",
		"联系不上, 没有预算", `nobody took it up within 30 min of working time, when grade == "A"`, "7 d; a reminder 1 d before", "after coming back 3 times", "hand its leads out"} {
		require.Contains(t, row.Text(), want)
	}
	require.Contains(t, doc.Find("tr[data-pool=old]").Text(), "closed")
	require.Contains(t, doc.Find("tr[data-pool=drained]").Text(), "removed, but leads still lie in it")
	require.Contains(t, doc.Find("tr[data-pool=old]").Text(), "Every rep may claim.")
}

func TestALeadOfAPublicPoolIsMaskedUntilItIsClaimed(t *testing.T) {
	f := cannedFakes()
	var asked lead.LeadQuery
	list := f.leads
	f.leads = func(q lead.LeadQuery) (lead.LeadPage, error) { asked = q; return list(q) }
	b := f.signedIn(t)
	doc, _ := b.get("/pools/sea?grade=A&cursor=c")
	require.Equal(t, lead.LeadQuery{Pool: "sea", Grade: "A", Cursor: "c"}, asked)
	main := doc.Find("main").Text()
	for _, hidden := range []string{"王小明", "13912345678", "示例科技", "深圳市", "xiaoming@"} {
		require.NotContains(t, main, hidden)
	}
	require.Contains(t, main, "139****5678")
	require.Contains(t, main, "王***")
	require.Contains(t, main, "hidden until claimed")
	require.Equal(t, 2, doc.Find("form.claim option").Length(), "the active ones of its teams, and the question")

	w := b.submit("/pools/sea", "form.claim", url.Values{"rep": {"chen"}})
	require.Equal(t, "/leads/ld_1?done=claimed", w.Header().Get("Location"))
	require.Equal(t, []string{"claim ld_1 chen"}, f.work.calls)
	require.Equal(t, "chen", f.work.moves[0].Rep, "the rules of the pool count for him")

	for _, closed := range []string{"/pools/old", "/pools/drained"} {
		doc, _ = b.get(closed)
		require.Equal(t, 0, doc.Find("form.claim").Length(), closed)
	}
	_, w = b.get("/pools/nowhere")
	require.Equal(t, http.StatusNotFound, w.Code)
}

func TestRepsShowWhatIsUsedOfTheirLimitsToday(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	doc, _ := b.get("/reps")
	require.Contains(t, doc.Find("tr[data-rep=chen]").Text(), "7 of 10")
	require.Contains(t, doc.Find("tr[data-rep=chen]").Text(), "40 of 50")
	require.Equal(t, "80%", doc.Find("tr[data-rep=chen] .bar rect").Last().AttrOr("width", ""))
	require.Contains(t, doc.Find("tr[data-rep=li]").Text(), "0 no limit", "what was counted yesterday is not today's")
	require.Contains(t, doc.Find("tr[data-rep=li] .badge").Text(), "off duty")
	require.Contains(t, doc.Find("tr[data-rep=wu] .badge").Text(), "not active")
	require.Contains(t, doc.Find("tr[data-rep=gone]").Text(), "not in the configuration any more")
	require.Equal(t, 0, doc.Find("tr[data-rep=gone] form, tr[data-rep=wu] form.duty").Length())
	require.Equal(t, 1, doc.Find("tr[data-rep=chen] form.unleave").Length(), "a leave that is over is not shown")
}

func TestDutyAndLeaveAreSet(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	require.Equal(t, "/reps?done=off_duty", b.submit("/reps", "tr[data-rep=chen] form.duty", nil).Header().Get("Location"))
	require.True(t, f.config.Reps[0].OffDuty)
	require.Equal(t, "/reps?done=on_duty", b.submit("/reps", "tr[data-rep=li] form.duty", nil).Header().Get("Location"))
	require.False(t, f.config.Reps[2].OffDuty)

	w := b.submit("/reps", "tr[data-rep=chen] form.leave", url.Values{"from": {"2026-02-14"}, "to": {"2026-02-16"}})
	require.Equal(t, "/reps?done=leave_added", w.Header().Get("Location"))
	l := f.config.Reps[0].Leave
	require.Len(t, l, 3)
	require.Equal(t, []string{"2026-02-13T16:00:00Z", "2026-02-16T16:00:00Z"}, []string{l[2].From.Format(time.RFC3339), l[2].To.Format(time.RFC3339)}, "whole days of the hub, the last one too")
	doc, _ := b.get("/reps")
	require.Contains(t, doc.Find("tr[data-rep=chen]").Text(), "2026-02-14 – 2026-02-16")
	require.Equal(t, "/reps?done=leave_removed", b.submit("/reps", "tr[data-rep=chen] form.unleave", nil).Header().Get("Location"))
	require.Len(t, f.config.Reps[0].Leave, 2)
	for _, bad := range []url.Values{{"from": {""}}, {"from": {"2026-02-14"}, "to": {"2026-02-13"}}} {
		require.Equal(t, 422, b.submit("/reps", "tr[data-rep=chen] form.leave", bad).Code)
	}
	f.config.Teams[0].Hours.TimeZone = "America/New_York"
	require.Equal(t, "/reps?done=leave_added", b.submit("/reps", "tr[data-rep=chen] form.leave", url.Values{"from": {"2026-03-07"}, "to": {"2026-03-08"}}).Header().Get("Location"))
	l = f.config.Reps[0].Leave
	require.Equal(t, []string{"2026-03-07T05:00:00Z", "2026-03-09T04:00:00Z"}, []string{l[2].From.Format(time.RFC3339), l[2].To.Format(time.RFC3339)}, "whole days of where the team works; one has 23 hours")
	doc, _ = b.get("/reps")
	require.Contains(t, doc.Find("tr[data-rep=chen]").Text(), "2026-03-07 – 2026-03-08")
	f.refuse = lead.Invalid("expectation_failed", "another owner", "")
	require.Contains(t, b.submit("/reps", "tr[data-rep=chen] form.duty", nil).Body.String(), "another owner")
}

func TestARepIsGivenATokenThatIsShownOnceAndTakenBack(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	doc, _ := b.get("/reps")
	require.Equal(t, "/reps/chen/access", doc.Find("tr[data-rep=chen] a.access").AttrOr("href", ""))
	require.Zero(t, doc.Find("tr[data-rep=wu] a.access").Length(), "who is not active cannot sign in")
	doc, _ = b.get("/reps/chen/access")
	require.Equal(t, 1, doc.Find("table.access tbody tr").Length(), "tokens of others are not on this page")

	w := b.submit("/reps/chen/access", "form.give", nil)
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), "lh_NEWSECRET")
	require.Equal(t, []lead.Token{{ID: "tok_new", Name: "chen", Rep: "chen", Scopes: []string{lead.ScopeLeadsRead, lead.ScopeLeadsWork}, Created: canned}}, f.tokens)
	_, w = b.get("/reps/chen/access")
	require.NotContains(t, w.Body.String(), "lh_NEWSECRET")

	require.Equal(t, "/reps/chen/access?done=access_taken", b.submit("/reps/chen/access", "tr[data-token=tok_new] form.take", nil).Header().Get("Location"))
	require.Equal(t, []string{"tok_new"}, f.taken)
	csrf := url.Values{"csrf": {b.csrf()}}
	require.Equal(t, 404, b.do(http.MethodPost, "/reps/chen/access/tok_crm/remove", csrf).Code, "a page of a rep takes no other token")
	require.Equal(t, 422, b.do(http.MethodPost, "/reps/wu/access", csrf).Code)
	require.Equal(t, 404, b.do(http.MethodPost, "/reps/nobody/access", csrf).Code)
	require.Len(t, f.tokens, 1)
	require.Len(t, f.taken, 1)
}

func TestAHandoverIsConfirmedBeforeAnythingMoves(t *testing.T) {
	for where, want := range map[string]string{"rep": "handover chen {To:li Pool: Rules:false}", "pool": "handover chen {To: Pool:sea Rules:false}", "rules": "handover chen {To: Pool: Rules:true}"} {
		f := cannedFakes()
		b := f.signedIn(t)
		w := b.submit("/reps/chen/handover", "form.handover", url.Values{"where": {where}, "to": {"li"}, "pool": {"sea"}, "why": {"leaves us"}, "leaves": {"on"}})
		require.Equal(t, 200, w.Code)
		doc := parsed(t, w.Body.String())
		require.Contains(t, doc.Find("main").Text(), "40 open leads")
		require.NotContains(t, w.Body.String(), "%!")
		requireNoKeys(t, doc)
		require.Empty(t, f.work.calls)
		require.True(t, f.config.Reps[0].Active)

		w = b.do(http.MethodPost, "/reps/chen/handover", formValues(doc.Find("form.confirm")))
		require.Equal(t, "/reps/chen/handover?moved=12&done=handed_over", w.Header().Get("Location"))
		require.Equal(t, []string{want}, f.work.calls)
		require.Equal(t, "leaves us", f.work.moves[0].Why)
		require.False(t, f.config.Reps[0].Active, "or new ones would come meanwhile")
		doc, _ = b.get(w.Header().Get("Location"))
		require.Contains(t, doc.Find(".notice.moved").Text(), "12 leads")
	}
	f := cannedFakes()
	b := f.signedIn(t)
	require.Equal(t, 422, b.do(http.MethodPost, "/reps/chen/handover", url.Values{"csrf": {b.csrf()}}).Code)
	f.work.refuse = &lead.Error{Kind: lead.KindConflict, Code: "x", Message: "half-way"}
	w := b.do(http.MethodPost, "/reps/gone/handover", url.Values{"csrf": {b.csrf()}, "where": {"rules"}, "step": {"confirm"}, "leaves": {"on"}})
	require.Equal(t, 409, w.Code)
	require.Contains(t, parsed(t, w.Body.String()).Find(".notice.moved").Text(), "12 leads", "what was moved before it failed is told")
	require.Empty(t, f.actor, "who is in the configuration no more cannot be set inactive")
}

func TestRulesAreInWordsInTheirOrder(t *testing.T) {
	b := cannedFakes().signedIn(t)
	doc, _ := b.get("/rules")
	big := doc.Find("li[data-rule=big]").Text()
	for _, want := range []string{`grade == "A"`, "team 华南, with the skills english, level 2 or higher", "the highest level first", "the colleague the person asked for", "within 2 h: into 公海一"} {
		require.Contains(t, big, want)
	}
	require.Contains(t, doc.Find("li[data-rule=spare]").Text(), "switched off")
	require.Contains(t, doc.Find("li[data-rule=rest]").Text(), "the lead waits")
	require.Contains(t, doc.Find("li.default").Text(), "the lead waits until one does")
	require.Contains(t, doc.Find("tr[data-score=budget]").Text(), "budget >= 100000")
	require.Contains(t, doc.Find("tr[data-score=seo]").Text(), "spam: +100")
	require.Contains(t, doc.Find(".badge.grade.A").First().Text(), "A from 70 points")
}

func TestAnImaginedLeadIsTriedAndNothingOfItStandsInAURL(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	w := b.submit("/rules", "form.try", url.Values{"source": {"price-page"}, "name": {"王芳"}, "phone": {"13912345678"}, "city": {"苏州市"}})
	require.Equal(t, 200, w.Code)
	require.Equal(t, map[string][]string{"name": {"王芳"}, "phone": {"13912345678"}, "city": {"苏州市"}}, f.work.drafts[0].Fields)
	doc := parsed(t, w.Body.String())
	require.NotContains(t, w.Body.String(), "%!")
	require.Equal(t, "陈思远", doc.Find(".outcome .owner").Text())
	require.Equal(t, "大客户", doc.Find(".outcome .rule").Text())
	require.Equal(t, "+60", doc.Find(".outcome tr[data-rule=budget] td.num").Text())
	require.Contains(t, doc.Find(".outcome tr[data-rep=li]").Text(), "off duty")
	require.Contains(t, doc.Find(".outcome .notice.wrong").Text(), "No phone, email or platform id")
	require.Equal(t, "13912345678", doc.Find("form.try input[name=phone]").AttrOr("value", ""), "it can be changed and tried again")

	f.work.explain = func() (lead.Explanation, error) {
		return lead.Explanation{}, lead.NotFound("unknown_source", "no source has this key", "")
	}
	w = b.submit("/rules", "form.try", nil)
	require.Equal(t, 404, w.Code)
	require.Contains(t, parsed(t, w.Body.String()).Find("[role=alert]").Text(), "no source has this key")
}

func TestFiguresAreOfATimeThatAPersonChooses(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	for query, want := range map[string][2]string{"": {"2025-12-03T16:00:00Z", ""}, "?range=1": {"2026-01-01T16:00:00Z", ""}, "?range=7": {"2025-12-26T16:00:00Z", ""}, "?range=-3": {"2025-12-03T16:00:00Z", ""},
		"?range=7&since=2026-01-01&until=2026-01-02": {"2025-12-31T16:00:00Z", "2026-01-02T16:00:00Z"}, "?until=2026-01-02": {"", "2026-01-02T16:00:00Z"}} {
		b.get("/figures" + query)
		at := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.UTC().Format(time.RFC3339)
		}
		require.Equal(t, want, [2]string{at(f.work.asked.Since), at(f.work.asked.Until)}, query)
	}
	doc, _ := b.get("/figures")
	require.Equal(t, "12", doc.Find("[data-total=leads] .count").Text())
	require.Equal(t, "17%", doc.Find("[data-total=converted] .wait").Text())
	row := doc.Find(".funnel tr[data-source=price-page]")
	require.Equal(t, "80%", row.Find(".assigned rect").AttrOr("width", ""))
	require.Contains(t, row.Text(), "25600.50 CNY")
	require.Contains(t, row.Text(), "12.00 USD")
	speed := doc.Find(".speed[data-by=source] tr[data-key=price-page]").Text()
	for _, want := range []string{"1 min", "5 min", "2 h"} {
		require.Contains(t, speed, want)
	}
	require.Contains(t, doc.Find(".speed[data-by=source] tr[data-key=fair]").Text(), "none yet")
	require.Contains(t, doc.Find(".speed[data-by=rule] tr[data-key='']").Text(), "a person, or nobody yet")
	require.Contains(t, doc.Find(".use tr[data-rep=chen]").Text(), "7 of 10")
	require.Contains(t, doc.Find(".use tr[data-rep=gone]").Text(), "0 no limit", "counters of another day are not today's")
}

func TestTargetsTellHowTheyDoAndAreTested(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	doc, _ := b.get("/notifications")
	for key, want := range map[string]string{"group": "the last message failed", "sms": "the address is gone (410)", "mail": "works", "new": "not used yet", "off": "switched off"} {
		require.Contains(t, doc.Find("tr[data-target="+key+"]").Text(), want)
	}
	require.Contains(t, doc.Find("tr[data-target=group]").Text(), "HTTP 500")
	require.Contains(t, doc.Find("tr[data-target=group]").Text(), "New lead, team 华南, grade A quiet from 21:00 to 08:30")

	w := b.submit("/notifications", "tr[data-target=group] form.try", url.Values{"rep": {"chen"}})
	require.Equal(t, []string{"test group chen"}, f.work.calls)
	require.Contains(t, parsed(t, w.Body.String()).Find(".result.done").Text(), "arrived after 132ms")
	f.work.result = lead.TestResult{Code: "timeout", Reason: "the target did not answer in time", Hint: "look at the network and the other side; it is tried again"}
	b.header.Set("Accept-Language", "zh")
	w = b.submit("/notifications", "tr[data-target=group] form.try", nil)
	require.Contains(t, parsed(t, w.Body.String()).Find(".result.wrong").Text(), "对方未及时响应")
}

func TestWhatWasGivenUpIsSentAgain(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	doc, _ := b.get("/notifications")
	require.Equal(t, lead.DeliveryQuery{State: lead.DeliveryDead}, f.work.query, "what was given up unless asked otherwise")
	require.Equal(t, 1, doc.Find("form.replay").Length(), "only what was given up")
	b.get("/notifications?state=all&cursor=c")
	require.Equal(t, lead.DeliveryQuery{Cursor: "c"}, f.work.query)
	w := b.submit("/notifications", "tr[data-delivery=dlv_1] form.replay", nil)
	require.Equal(t, "/notifications?done=delivery_replayed", w.Header().Get("Location"))
	require.Equal(t, []string{"replay dlv_1"}, f.work.calls)
	f.work.refuse = &lead.Error{Kind: lead.KindConflict, Code: "not_dead", Message: "this delivery is sent, not given up", Hint: "only what was given up is sent again"}
	require.Equal(t, 409, b.submit("/notifications", "form.replay", nil).Code)
}

// A rep's token has no scope admin: it must not open the console of managers, whatever else it may.
func TestNoTokenButAnAdminsOpensTheConsole(t *testing.T) {
	f := cannedFakes()
	for _, scopes := range [][]string{nil, {lead.ScopeLeadsRead, lead.ScopeLeadsWrite}, {lead.ScopeConfigWrite, "rep"}, {"administrator", ""}} {
		f.authenticate = func(string) (lead.Token, error) { return lead.Token{Name: "rep", Scopes: scopes}, nil }
		b := f.open(t)
		require.Equal(t, http.StatusForbidden, b.login("x").Code, scopes)
		for _, path := range []string{"/leads", "/pools/sea", "/reps"} {
			require.Equal(t, http.StatusSeeOther, b.do(http.MethodGet, path, nil).Code, path)
		}
	}
}

// The token of a rep opens a few pages of his own, at some of the same addresses: what stands there for managers stays shut.
func TestATokenOfARepOpensNothingOfTheManagers(t *testing.T) {
	f := office()
	b := f.rep(t)
	for _, path := range []string{"/reps", "/rules", "/figures", "/settings", "/sources", "/imports", "/rejections", "/duplicates", "/leads/theirs"} {
		_, w := b.get(path)
		require.Equal(t, http.StatusNotFound, w.Code, path)
	}
	for path, managers := range map[string]string{"/": ".flow", "/leads": "select[name=owner], select[name=source]", "/leads/mine": "form.assign, form.merge, form.pin, .decided, .why",
		"/leads/pooled": ".timeline, .values, .decided, form.assign", "/pools/sea": "form.claim select", "/notifications": ".targets, form.try, form.replay"} {
		doc, w := b.get(path)
		require.Equal(t, 200, w.Code, path)
		require.Equal(t, 0, doc.Find(managers).Length(), path)
	}
}
