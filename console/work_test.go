package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestALeadShowsItsScoreWithAReasonForEveryPoint(t *testing.T) {
	b := cannedFakes().signedIn(t)
	doc, _ := b.get("/leads/ld_worked")
	require.Equal(t, "+60", doc.Find(".scored tr[data-rule=budget] td.num").Text())
	require.Equal(t, "-5", doc.Find(".scored tr[data-rule=far] td.num").Text())
	require.Contains(t, doc.Find(".scored tr[data-rule=budget]").Text(), "tags 大单 · grade is A whatever the points · product line cloud · stage MQL")
	require.Equal(t, "cloud", doc.Find(".facts .line").Text())
	require.Contains(t, doc.Find(".facts .score").Text(), "55")
}

func TestTheDecisionTraceIsInWordsInBothLanguages(t *testing.T) {
	for lang, want := range map[string][]string{
		"en": {`province == "江苏省" is not so: province is "广东省"`, "was asked for by name, but off duty, nobody has the name that was asked for", "off duty",
			"Assigned to 陈思远: level 3 is the highest that may have it; 陈思远 had the most credit (4)"},
		"zh": {`不满足 province == "江苏省"：province 为 "广东省"`, "客户点名，但停止接单、没有客户点名的销售", "停止接单",
			"分配给 陈思远：可接收者中最高级别为 3；陈思远 的轮转积分最高（4），权重 2/3，此前已得 41 条"},
	} {
		b := cannedFakes().signedIn(t)
		b.header.Set("Accept-Language", lang)
		doc, _ := b.get("/leads/ld_worked")
		d := doc.Find(".decided")
		require.Contains(t, d.Find("li.not[data-rule=spare]").Text(), want[0])
		require.Contains(t, d.Find("li.fits[data-rule=big] p").First().Text(), want[1])
		require.Contains(t, d.Find("tr[data-rep=li]").Text(), want[2])
		require.Contains(t, d.Find("p").First().Text(), want[3])
		require.Contains(t, d.Find("tr.chosen").Text(), "陈思远")
	}
}

func TestMovesAndFollowUpsAreToldWithNames(t *testing.T) {
	b := cannedFakes().signedIn(t)
	told := func(move string) string {
		doc, _ := b.get("/leads/ld_worked")
		return strings.Join(strings.Fields(doc.Find(".timeline li."+move).Text()), " ")
	}
	for move, want := range map[string]string{"follow": "call", "reopen": "Reopened back again", "handover": "Handed over from gone to 陈思远", "recycle": "Taken back from 李强 into 公海一 nobody took it up",
		"pool": "nobody may have it now (off duty: 2, daily quota used up: 1); it goes to the pool of the rule", "claim": "陈思远 claimed it from 公海一", "release": "李强 released it into 公海一 联系不上",
		"transfer": "Transferred from 陈思远 to 李强 knows them", "accept": "Taken up", "assign": "rule “大客户”"} {
		require.Contains(t, told(move), want)
	}
	require.Contains(t, told("follow"), "signed <b>", "it is shown as it was typed")
	require.Contains(t, told("reopen"), "Reopened a new submission of site")
	require.Contains(t, told("recycle"), "Taken back from 李强 and archived: it came back too often nobody followed it up")
	require.Contains(t, told("release"), "李强 released it, and it was archived: it came back too often 空号")
	b.header.Set("Accept-Language", "zh")
	require.Contains(t, told("recycle"), "从 李强 收回并归档：退回次数过多 未跟进")
	require.Contains(t, told("release"), "李强 释放并归档：退回次数过多 空号")
	require.NotContains(t, told("recycle")+told("release"), "it came back")
	for move, want := range map[string]string{"follow": "电话", "reopen": "重新打开 back again", "handover": "gone 移交给 陈思远", "recycle": "从 李强 收回到“公海一” 未接受",
		"pool": "目前没有人可接收（停止接单 2 人、今日配额已满 1 人）；进入规则指定的公海", "claim": "陈思远 从“公海一”认领", "release": "李强 释放到“公海一” 联系不上", "transfer": "由 陈思远 转给 李强", "accept": "接受线索",
		"assign": "规则“大客户”"} {
		require.Contains(t, told(move), want)
	}
	require.Contains(t, told("reopen"), "重新打开 来源 site 的新留资")
}

func TestEveryMoveIsMadeByItsForm(t *testing.T) {
	for _, c := range []struct {
		page, form string
		change     url.Values
		call, done string
		rep        string
	}{
		{"ld_1", "form.assign", url.Values{"rep": {"li"}, "why": {" knows them "}}, "assign ld_1 li", "assigned", ""},
		{"ld_1", "form.accept", nil, "accept ld_1", "accepted", ""},
		{"ld_1", "form.release", url.Values{"pool": {"sea"}, "reason": {"联系不上"}}, "release ld_1 sea 联系不上", "released", ""},
		{"ld_1", "form.release", url.Values{"pool": {"sea"}, "reason": {""}, "other_reason": {"moved away"}}, "release ld_1 sea moved away", "released", ""},
		{"ld_1", "form.release", url.Values{"pool": {""}}, "release ld_1  ", "released", ""},
		{"ld_pooled", "form.claim", url.Values{"rep": {"chen"}}, "claim ld_pooled chen", "claimed", "chen"},
		{"ld_1", "form.follow", url.Values{"way": {"call"}, "feedback": {"wants a quote"}, "next_at": {"2026-01-05T09:30"}}, "follow ld_1 ", "followed", ""},
		{"ld_1", "form.nurture", url.Values{"next_at": {"2026-03-01T10:00"}}, "follow ld_1 nurturing", "nurturing", ""},
		{"ld_1", "form.unqualified", url.Values{"reason": {"a student"}}, "follow ld_1 unqualified", "unqualified", ""},
		{"ld_1", "form.convert", url.Values{"amount": {"12800.5"}, "currency": {"usd"}, "customer": {"K-1"}}, "follow ld_1 converted", "converted", ""},
		{"ld_worked", "form.reopen", nil, "reopen ld_worked", "reopened", ""},
	} {
		f := cannedFakes()
		b := f.signedIn(t)
		w := b.submit("/leads/"+c.page, c.form, c.change)
		require.Equal(t, "/leads/"+c.page+"?done="+c.done, w.Header().Get("Location"), c.call)
		require.Equal(t, []string{c.call}, f.work.calls)
		require.Equal(t, []string{"person:admin", c.rep}, []string{f.work.moves[0].Actor, f.work.moves[0].Rep})
		doc, _ := b.get(w.Header().Get("Location"))
		require.Equal(t, 1, doc.Find(".notice.done").Length())
		switch c.done {
		case "followed":
			require.Equal(t, lead.Feedback{Lead: "ld_1", Way: "call", Text: "wants a quote", NextAt: f.work.follow.NextAt}, f.work.follow)
			require.Equal(t, "2026-01-05T01:30:00Z", f.work.follow.NextAt.UTC().Format(time.RFC3339), "in the hub's zone")
		case "converted":
			require.Equal(t, lead.Feedback{Lead: "ld_1", Status: "converted", Amount: "12800.5", Currency: "USD", Customer: "K-1"}, f.work.follow)
		}
	}
}

func TestAFormThatIsSentTwiceIsOneMove(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	doc, _ := b.get("/leads/ld_1")
	values := formValues(doc.Find("form.follow"))
	values.Set("feedback", "one")
	send := func() { require.Equal(t, 303, b.do(http.MethodPost, "/leads/ld_1/follow", values).Code) }
	send()
	send()
	values.Set("feedback", "two")
	send()
	doc, _ = b.get("/leads/ld_1")
	values.Set("act", formValues(doc.Find("form.follow")).Get("act"))
	send()
	m := f.work.moves
	require.NotEmpty(t, m[0].ID)
	require.Equal(t, m[0].ID, m[1].ID)
	require.NotEqual(t, m[1].ID, m[2].ID, "other words are another follow-up")
	require.NotEqual(t, m[2].ID, m[3].ID, "and so is the same again from a page that was loaded anew")
}

func TestWhatSpeaksAgainstAMoveIsASentenceWithANextStep(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	b.header.Set("Accept-Language", "zh")
	for _, c := range []struct {
		err        lead.Error
		code, hint string
	}{
		{lead.Error{Kind: lead.KindConflict, Code: "already_claimed", Message: "somebody else has this lead already", Hint: "claim another one"}, "这条线索已归他人", "线索页面可查看当前归属"},
		{lead.Error{Kind: lead.KindLimited, Code: "held_new", Message: "this lead came into the pool a moment ago and is held back", Hint: "it is possible from 2026-01-02 12:00:00 on"}, "暂不能认领", "2026-01-02 12:00:00 起可以认领"},
		{lead.Error{Kind: lead.KindLimited, Code: "holding_limit", Message: "you hold 3 open leads, and may hold 3", Hint: "x"}, "已达上限", "在设置中提高上限"},
		{lead.Error{Kind: lead.KindConflict, Code: "bad_status", Message: "a lead that is converted cannot become working", Hint: "it may become converted, archived"}, "“已转化”状态的线索不能变为“跟进中”", "可以变为：已转化、已归档"},
		{lead.Error{Kind: lead.KindForbidden, Code: "not_your_pool", Message: "this pool is for other teams", Hint: "GET /v1/pools lists yours"}, "仅对其他团队开放", "请选择可使用该公海的团队成员"},
	} {
		f.work.refuse = &c.err
		for _, page := range []string{"/leads/ld_pooled", "/pools/sea"} {
			w := b.submit(page, "form.claim", url.Values{"rep": {"chen"}})
			require.Equal(t, statuses[c.err.Kind], w.Code)
			said := parsed(t, w.Body.String()).Find("[role=alert]").Text()
			require.Contains(t, said, c.code)
			require.Contains(t, said, c.hint)
			require.NotContains(t, said, "/v1/")
		}
	}
}

func TestWhatCannotBeMeantIsRefusedBeforeTheHubIsAsked(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	for _, c := range []struct {
		form   string
		change url.Values
		want   string
	}{
		{"form.assign", nil, "no rep was chosen"},
		{"form.release", url.Values{"pool": {"sea"}}, "released with a reason"},
		{"form.follow", url.Values{"next_at": {"tomorrow"}, "feedback": {"kept"}}, "not a date with a time"},
		{"form.follow", nil, "tells nothing"},
		{"form.nurture", nil, "needs a reminder"},
	} {
		w := b.submit("/leads/ld_1", c.form, c.change)
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, c.want)
		doc := parsed(t, w.Body.String())
		require.Contains(t, doc.Find("[role=alert]").Text(), c.want)
		require.Equal(t, c.change.Get("feedback"), doc.Find("form.follow textarea").Text(), "what was typed stays")
	}
	require.Empty(t, f.work.calls)
}

func TestTheListFiltersByWhatASalesManagerAsks(t *testing.T) {
	f := cannedFakes()
	var asked lead.LeadQuery
	list := f.leads
	f.leads = func(q lead.LeadQuery) (lead.LeadPage, error) {
		asked = q
		p, err := list(q)
		p.Items[0].Score, p.Items[0].Grade, p.Items[0].NextAt = 55, "A", canned.Add(-time.Hour)
		return p, err
	}
	b := f.signedIn(t)
	for due, want := range map[string]string{"late": "2026-01-02T03:04:05Z", "today": "2026-01-02T15:59:59Z", "week": "2026-01-08T15:59:59Z", "": "0001-01-01T00:00:00Z", "x": "0001-01-01T00:00:00Z"} {
		doc, _ := b.get("/leads?status=working&owner=chen&pool=sea&grade=A&due=" + due)
		require.Equal(t, want, asked.FollowBy.UTC().Format(time.RFC3339), due)
		require.Equal(t, []string{"working", "chen", "sea", "A"}, []string{asked.Status, asked.Owner, asked.Pool, asked.Grade})
		require.Equal(t, "A", doc.Find("select[name=grade] option[selected]").Text())
		require.Contains(t, doc.Find("tbody tr").Text(), "overdue")
		require.Contains(t, doc.Find("tbody td.num").Text(), "55 A")
		require.Contains(t, doc.Find("a[rel=next]").AttrOr("href", ""), "pool=sea")
	}
}
