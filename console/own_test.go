package console

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// repPages is every page a rep can get to.
var repPages = []string{"/", "/leads", "/leads?status=working&grade=A&due=today&q=x", "/leads/mine", "/leads/mine2", "/leads/pooled", "/pools", "/pools/sea", "/pools/sea?grade=A", "/notifications"}

func TestEveryPageOfARepIsWholeInBothLanguages(t *testing.T) {
	han := regexp.MustCompile(`\p{Han}`)
	for _, lang := range languages {
		for _, path := range repPages {
			b := office().rep(t)
			b.header.Set("Accept-Language", lang)
			doc, w := b.get(path)
			require.Equal(t, http.StatusOK, w.Code, path)
			require.Equal(t, 1, doc.Find("main h1").Length(), path)
			require.Equal(t, lang == "zh", han.MatchString(doc.Find("nav").Text()))
			require.Equal(t, "陈思远", doc.Find(".who .me").Text())
			require.NotContains(t, w.Body.String(), "%!", path)
			require.NotContains(t, w.Body.String(), "ZgotmplZ", path)
			requireNoKeys(t, doc)
			var nav []string
			for _, a := range doc.Find("header nav a").EachIter() {
				nav = append(nav, a.AttrOr("href", ""))
			}
			require.Equal(t, []string{"/", "/leads", "/pools", "/notifications"}, nav, "only what is his")
			require.Equal(t, 1, doc.Find("header nav a[aria-current]").Length(), path)
			require.Empty(t, doc.Find("script:not([src]), style, [style], [onclick]").Nodes, path)
			for _, form := range doc.Find("form[method=post]").EachIter() {
				require.NotEmpty(t, form.Find("input[name=csrf]").AttrOr("value", ""), path)
			}
		}
	}
}

// A link that a rep cannot follow would be a promise that is not kept.
func TestEveryLinkAndFormOfARepLeadsToSomethingOfHis(t *testing.T) {
	f := office()
	b := f.rep(t)
	seen := map[string]bool{}
	for _, path := range repPages {
		doc, _ := b.get(path)
		for _, a := range doc.Find("a[href^='/']").EachIter() {
			href := a.AttrOr("href", "")
			if seen[href] || href == "/leads/ld_1" { // that of the canned notifications
				continue
			}
			seen[href] = true
			_, w := b.get(href)
			require.Equal(t, http.StatusOK, w.Code, "%s links to %s", path, href)
		}
		for _, form := range doc.Find("form[method=post]:not([action='/logout'])").EachIter() {
			w := b.do(http.MethodPost, form.AttrOr("action", ""), formValues(form))
			require.Contains(t, []int{303, 422}, w.Code, "%s: %s", path, form.AttrOr("action", ""))
		}
	}
	require.Greater(t, len(seen), 10)
}

func TestARepFindsWhatWaitsForHimFirst(t *testing.T) {
	f := office()
	b := f.rep(t)
	doc, _ := b.get("/")
	count := func(what string) string { return doc.Find("[data-todo=" + what + "] .count").Text() }
	require.Equal(t, []string{"1", "0", "1", "1,234"}, []string{count("accept"), count("late"), count("today"), count("claim")})
	require.Equal(t, "mine", doc.Find(".waiting tbody tr").AttrOr("data-lead", ""))
	require.Equal(t, "mine2", doc.Find(".due tbody tr").AttrOr("data-lead", ""))
	require.Equal(t, 1, doc.Find(".pools li").Length())
	require.Contains(t, doc.Find(".pools li[data-pool=sea]").Text(), "you claimed 2 of 5 today")
	require.Contains(t, doc.Find("[data-limit=holding]").Text(), "40 of 50")
	require.Contains(t, doc.Find("[data-limit=daily]").Text(), "7 of 10")
	for _, q := range f.asked {
		require.Equal(t, "chen", q.Owner)
	}

	b.now = canned.Add(2 * time.Hour)
	doc, _ = b.get("/")
	require.Equal(t, "1", count("late"))
	require.Contains(t, doc.Find(".due").Text(), "overdue")

	page := f.leads
	f.leads = func(q lead.LeadQuery) (lead.LeadPage, error) { p, err := page(q); p.Next = "more"; return p, err }
	doc, _ = b.get("/")
	require.Contains(t, doc.Find("main").Text(), "more open leads than are counted here", "no count that is not true without saying so")
}

func TestARepListsHisOwnLeadsWhateverHeAsksFor(t *testing.T) {
	f := office()
	b := f.rep(t)
	f.asked = nil
	doc, _ := b.get("/leads?q=+zhao+&status=&grade=A&due=today&owner=li&pool=sea&source=fair&province=x&cursor=c")
	require.Equal(t, "2026-01-02T15:59:59Z", f.asked[0].FollowBy.UTC().Format(time.RFC3339))
	f.asked[0].FollowBy = time.Time{}
	require.Equal(t, []lead.LeadQuery{{Owner: "chen", Text: "zhao", Grade: "A", Cursor: "c"}}, f.asked)
	require.Equal(t, 1, doc.Find("tbody tr").Length())
	require.Equal(t, "today", doc.Find("select[name=due] option[selected]").AttrOr("value", ""))
	doc, _ = b.get("/leads")
	require.Equal(t, 2, doc.Find("tbody tr").Length(), "whatever the pool answers")
	require.Contains(t, doc.Find("tbody tr[data-lead=mine]").Text(), "+8613912345678")
}

func TestARepSeesHisOwnLeadWholeAndNothingOfColleagues(t *testing.T) {
	b := office().rep(t)
	doc, w := b.get("/leads/mine")
	for _, whole := range []string{"+8613912345678", "xiaoming@example.cn", "示例科技", "软件园", "想了解价格", "大预算"} {
		require.Contains(t, doc.Find("main").Text(), whole)
	}
	for _, of := range []string{"王芳", "0theirs", "trace", "/merge", "/split", "/pin", "/assign", "/duplicates", "/sources"} {
		require.NotContains(t, w.Body.String(), of)
	}
	require.Contains(t, doc.Find(".duplicates").Text(), "0mine2", "his own may be one person")
}

func TestALeadOfSomebodyElseIsNotThere(t *testing.T) {
	f := office()
	b := f.rep(t)
	alert := func(id string) (int, string) {
		doc, w := b.get("/leads/" + id)
		return w.Code, doc.Find("main").Text()
	}
	_, none := alert("nobody")
	for _, id := range []string{"theirs", "far", "old", "waits", "nobody"} {
		code, said := alert(id)
		require.Equal(t, http.StatusNotFound, code, id)
		require.Equal(t, none, said, id)
		for verb, form := range map[string]url.Values{"accept": {}, "follow": {"way": {"call"}}, "reopen": {}, "release": {"pool": {"sea"}, "reason": {"联系不上"}}} {
			for _, refused := range []string{"not_owner", "lead_not_found", "bad_status"} {
				f.work.refuse = &lead.Error{Kind: lead.KindForbidden, Code: refused, Message: "x"}
				form.Set("csrf", b.csrf())
				w := b.do(http.MethodPost, "/leads/"+id+"/"+verb, form)
				require.Equal(t, http.StatusNotFound, w.Code, "%s %s", verb, id)
				require.Equal(t, none, parsed(t, w.Body.String()).Find("main").Text())
			}
		}
		for _, refused := range []string{"not_owner", "not_in_pool", "not_your_pool", "pool_closed"} {
			f.work.refuse = &lead.Error{Kind: lead.KindConflict, Code: refused, Message: "x"}
			w := b.do(http.MethodPost, "/pools/sea/claim", url.Values{"csrf": {b.csrf()}, "lead": {id}})
			require.Equal(t, http.StatusNotFound, w.Code)
			require.Contains(t, parsed(t, w.Body.String()).Find("[role=alert]").Text(), "no lead with this id")
		}
	}
	for _, m := range f.work.moves {
		require.Equal(t, "chen", m.Rep, "a lead must be his for every move of his")
	}
}

func TestALeadOfHisPoolIsConcealedUntilHeClaimsIt(t *testing.T) {
	f := office()
	b := f.rep(t)
	for _, path := range []string{"/leads/pooled", "/pools/sea", "/pools/sea?q=139&province=x"} {
		f.asked = nil
		doc, w := b.get(path)
		require.Equal(t, 200, w.Code)
		requireConcealed(t, w.Body.String(), path)
		require.Contains(t, doc.Find("main").Text(), "139****5678", path)
		require.Contains(t, doc.Find("main").Text(), "hidden until claimed", path)
		for _, q := range f.asked {
			require.Equal(t, lead.LeadQuery{Owner: "-", Pool: "sea"}, q, "text finds nothing that is not shown")
		}
	}
	doc, _ := b.get("/pools/sea")
	require.Equal(t, 1, doc.Find("tbody tr").Length())
	require.Equal(t, 0, doc.Find("form.claim select").Length(), "for himself")
	for _, page := range []string{"/pools/sea", "/leads/pooled"} {
		f.work.calls = nil
		w := b.submit(page, "form.claim", url.Values{"rep": {"li"}})
		require.Equal(t, "/leads/pooled?done=claimed", w.Header().Get("Location"))
		require.Equal(t, []string{"claim pooled chen"}, f.work.calls, "for himself, whomever the form names")
	}
	for _, closed := range []string{"far", "old", "drained", "nowhere"} {
		_, w := b.get("/pools/" + closed)
		require.Equal(t, http.StatusNotFound, w.Code, closed)
		f.work.refuse = nil
	}
	doc, _ = b.get("/pools")
	require.Equal(t, 1, doc.Find("tbody tr").Length())
	require.NotContains(t, doc.Find("main").Text(), `grade ==`, "rules of recycling are for those above")
}

func TestWhyAClaimIsRefusedIsToldInHisLanguage(t *testing.T) {
	f := office()
	for lang, cases := range map[string]map[string]*lead.Error{
		"en": {
			"you hold 3 open leads, and may hold 3|you may claim another at once": {Kind: lead.KindLimited, Code: "holding_limit"},
			"somebody else has this lead already|Claim another one.":              {Kind: lead.KindConflict, Code: "already_claimed"},
		},
		"zh": {
			"您持有 3 条未结束的线索，上限为 3 条|请先结束或释放一条":            {Kind: lead.KindLimited, Code: "holding_limit", Message: "you hold 3 open leads, and may hold 3"},
			"您今日已在此公海认领 5 条，上限为 5 条|2026-01-03 00:00:00": {Kind: lead.KindLimited, Code: "claim_limit", Message: "you claimed 5 leads of this pool today, and may claim 5"},
			"两次认领之间需要间隔|2026-01-03 00:00:00 起可以认领":       {Kind: lead.KindLimited, Code: "claim_gap", Message: "two claims need some time between them"},
			"您曾跟进这条线索，暂由他人优先认领|起可以认领":                    {Kind: lead.KindLimited, Code: "cool_down", Message: "this lead was yours; others may have it first"},
			"线索刚刚入海，暂不能认领|起可以认领":                         {Kind: lead.KindLimited, Code: "held_new", Message: "this lead came into the pool a moment ago and is held back"},
			"这条线索已归他人|请认领其他线索。":                          {Kind: lead.KindConflict, Code: "already_claimed", Message: "somebody else has this lead already"},
		},
	} {
		b := f.rep(t)
		b.header.Set("Accept-Language", lang)
		for want, e := range cases {
			said, next, _ := strings.Cut(want, "|")
			refused := *e
			if refused.Message == "" {
				refused.Message = said
			}
			refused.Hint = "it is possible from 2026-01-03 00:00:00 on"
			f.work.refuse = &refused
			w := b.submit("/leads/pooled", "form.claim", nil)
			require.Equal(t, statuses[e.Kind], w.Code)
			alert := parsed(t, w.Body.String()).Find("[role=alert]").Text()
			require.Contains(t, alert, said)
			require.Contains(t, alert, next)
			requireConcealed(t, w.Body.String(), e.Code)
		}
		f.work.refuse = nil
	}
}

func TestARepWorksOnHisOwnLeads(t *testing.T) {
	for _, c := range []struct {
		form     string
		change   url.Values
		call, to string
	}{
		{"form.accept", nil, "accept mine", "/leads/mine?done=accepted"},
		{"form.follow", url.Values{"way": {"call"}, "feedback": {"wants a quote"}, "next_at": {"2026-01-05T09:30"}}, "follow mine ", "/leads/mine?done=followed"},
		{"form.nurture", url.Values{"next_at": {"2026-03-01T10:00"}}, "follow mine nurturing", "/leads/mine?done=nurturing"},
		{"form.unqualified", url.Values{"reason": {"a student"}}, "follow mine unqualified", "/leads/mine?done=unqualified"},
		{"form.convert", url.Values{"amount": {"12800.5"}, "customer": {"K-1"}}, "follow mine converted", "/leads/mine?done=converted"},
		{"form.release", url.Values{"pool": {"sea"}, "reason": {"联系不上"}}, "release mine sea 联系不上", "/leads?done=released"},
	} {
		f := office()
		b := f.rep(t)
		w := b.submit("/leads/mine", c.form, c.change)
		require.Equal(t, c.to, w.Header().Get("Location"), c.call)
		require.Equal(t, []string{c.call}, f.work.calls)
		require.Equal(t, []string{"person:chen's phone", "chen"}, []string{f.work.moves[0].Actor, f.work.moves[0].Rep})
		_, w = b.get(c.to)
		require.Equal(t, 200, w.Code)
	}
	f := office()
	b := f.rep(t)
	f.work.refuse = &lead.Error{Kind: lead.KindInvalid, Code: "bad_reason", Message: "this is not one of the reasons of the pool", Hint: "they are: 联系不上, 没有预算"}
	w := b.submit("/leads/mine", "form.release", url.Values{"pool": {"sea"}, "other_reason": {"moved away"}})
	require.Equal(t, 422, w.Code)
	doc := parsed(t, w.Body.String())
	require.Contains(t, doc.Find("[role=alert]").Text(), "联系不上")
	require.Equal(t, "moved away", doc.Find("input[name=other_reason]").AttrOr("value", ""), "what was typed stays")
	doc, _ = b.get("/leads/mine")
	require.Equal(t, 1, doc.Find("form.release select[name=pool] option").Length(), "into a pool of his, and not to the rules")
}

func TestARepSetsHimselfOffDutyAndNobodyElse(t *testing.T) {
	f := office()
	b := f.rep(t)
	require.Equal(t, "/?done=own_off_duty", b.submit("/", "form.duty", nil).Header().Get("Location"))
	require.True(t, f.config.Reps[0].OffDuty)
	doc, _ := b.get("/?done=own_off_duty")
	require.Contains(t, doc.Find(".notice.done").Text(), "You are off duty")
	require.Equal(t, "/?done=own_on_duty", b.submit("/", "form.duty", nil).Header().Get("Location"))
	require.False(t, f.config.Reps[0].OffDuty)
	before := f.config
	require.Equal(t, http.StatusNotFound, b.do(http.MethodPost, "/reps/li/duty", url.Values{"csrf": {b.csrf()}}).Code)
	require.Equal(t, before, f.config)
	f.refuse = lead.Invalid("expectation_failed", "another owner", "")
	require.Contains(t, b.submit("/", "form.duty", nil).Body.String(), "another owner")
}

func TestARepReadsWhatHeWasTold(t *testing.T) {
	f := office()
	b := f.rep(t)
	doc, w := b.get("/notifications?state=all&target=group&cursor=c")
	require.Equal(t, lead.DeliveryQuery{Rep: "chen", Cursor: "c"}, f.work.query)
	require.Equal(t, 1, doc.Find(".told tbody tr").Length(), "once, though two targets carry it")
	require.Contains(t, doc.Find(".told").Text(), "New lead")
	require.Contains(t, doc.Find(".told .badge").Text(), "sent", "one of them reached him")
	require.NotContains(t, w.Body.String(), "did not answer in time", "how targets do is for those above")
}

// A token that may only read shows no button, and its forms are refused.
func TestATokenThatOnlyReadsChangesNothing(t *testing.T) {
	f := office()
	b := f.rep(t)
	f.setToken(func(t *lead.Token) error {
		if t.Rep != "" {
			t.Scopes = []string{lead.ScopeLeadsRead}
		}
		return nil
	})
	for _, path := range repPages {
		doc, _ := b.get(path)
		require.Equal(t, 0, doc.Find("main form[method=post]").Length(), path)
	}
	for _, path := range []string{"/leads/mine/accept", "/leads/mine/follow", "/leads/mine/reopen", "/leads/mine/release", "/pools/sea/claim", "/reps/chen/duty"} {
		w := b.do(http.MethodPost, path, url.Values{"csrf": {b.csrf()}, "lead": {"pooled"}, "way": {"call"}})
		require.Equal(t, http.StatusForbidden, w.Code, path)
		require.Contains(t, w.Body.String(), "leads:work")
	}
	require.Empty(t, f.work.calls)
	require.Empty(t, f.actor)
}
