package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// ordered keeps what the hub was asked to do.
type ordered struct {
	what  []string
	order []lead.Order
}

func (f *fakes) listen() *ordered {
	var o ordered
	answer := f.changes
	f.changes = func(what string, order lead.Order) ([]lead.Change, error) {
		o.what, o.order = append(o.what, what), append(o.order, order)
		return answer(what, order)
	}
	return &o
}

func parsed(t *testing.T, body string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	require.NoError(t, err)
	return doc
}

func TestALeadSaysWhyItIsOneAndWhatWasNotJoined(t *testing.T) {
	b := cannedFakes().signedIn(t)
	doc, _ := b.get("/leads/ld_1")
	why := doc.Find(".why")
	require.Contains(t, why.Text(), "the 2 touches are one lead")
	require.Contains(t, why.Text(), "same mobile +86139****5678")
	require.Contains(t, why.Find(".pending").Text(), "leadhub recompute")
	require.Equal(t, "/leads/ld_9", why.Find("a").AttrOr("href", ""))
	require.Contains(t, why.Text(), "split by chen")
	require.Contains(t, doc.Find("main").Text(), "shared by too many people")

	b.header.Set("Accept-Language", "zh-CN")
	doc, _ = b.get("/leads/ld_1")
	require.Contains(t, doc.Find(".why").Text(), "同一手机 +86139****5678")
}

func TestALeadThatCannotBeExplainedIsShownAllTheSame(t *testing.T) {
	f := cannedFakes()
	f.why = func(string, string) (lead.Why, error) {
		return lead.Why{}, &lead.Error{Kind: lead.KindConflict, Code: "too_many_touches", Message: "too many"}
	}
	doc, w := f.signedIn(t).get("/leads/ld_1")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, 0, doc.Find(".why").Length())
}

func TestAMergeIsPreviewedThenConfirmed(t *testing.T) {
	for _, lang := range languages {
		f := cannedFakes()
		o := f.listen()
		b := f.signedIn(t)
		b.header.Set("Accept-Language", lang)
		w := b.submit("/leads/ld_2", "form.merge", url.Values{"with": {" XL20260102-000002 "}, "why": {"same card"}})
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, []string{"merge ld_1 XL20260102-000002"}, o.what)
		require.Equal(t, lead.Order{Actor: "person:admin", Why: "same card", Preview: true}, o.order[0])
		doc := parsed(t, w.Body.String())
		require.Equal(t, 1, doc.Find("main h1").Length())
		require.Equal(t, 2, doc.Find(".before").Length(), "both leads are shown")
		require.Equal(t, 1, doc.Find(".after").Length(), "and what would become of them")
		require.Contains(t, doc.Find(".gone").Text(), "XL20260102-000002")
		require.NotContains(t, w.Body.String(), "%!")
		requireNoKeys(t, doc)

		form := doc.Find("form.confirm")
		w = b.do(http.MethodPost, form.AttrOr("action", ""), formValues(form))
		require.Equal(t, "/leads/ld_1?done=merged", w.Header().Get("Location"))
		require.Equal(t, "merge ld_1 XL20260102-000002", o.what[1])
		require.Equal(t, lead.Order{Actor: "person:admin", Why: "same card"}, o.order[1])
		doc, _ = b.get(w.Header().Get("Location"))
		require.Equal(t, 1, doc.Find(".notice.done").Length())
	}
}

func TestAfterAMergeTheOneThatLivesOnIsShown(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	csrf := url.Values{"csrf": {b.csrf()}, "with": {"ld_1"}, "step": {"confirm"}}
	w := b.do(http.MethodPost, "/leads/ld_2/merge", csrf)
	require.Equal(t, "/leads/ld_1?done=merged", w.Header().Get("Location"))
}

// csrf is the token that the forms of this session carry.
func (b *browser) csrf() string {
	doc, _ := b.get("/leads")
	return doc.Find("form[action='/logout'] input[name=csrf]").AttrOr("value", "")
}

func TestTickedTouchesAreSplitOutAfterAPreview(t *testing.T) {
	f := cannedFakes()
	o := f.listen()
	b := f.signedIn(t)
	doc, _ := b.get("/leads/ld_1")
	tick := doc.Find(".timeline input[type=checkbox][form=split][name=touch]")
	require.Equal(t, "sub_2", tick.AttrOr("value", ""))
	require.NotEmpty(t, tick.AttrOr("aria-label", ""))
	w := b.submit("/leads/ld_1", "form#split", url.Values{"touch": {"sub_2"}, "why": {"father and son"}})
	require.Equal(t, http.StatusOK, w.Code)
	form := parsed(t, w.Body.String()).Find("form.confirm")
	w = b.do(http.MethodPost, form.AttrOr("action", ""), formValues(form))
	require.Equal(t, "/leads/ld_1?done=split", w.Header().Get("Location"))
	require.Equal(t, []string{"split ld_1 sub_2", "split ld_1 sub_2"}, o.what)
	require.True(t, o.order[0].Preview)
	require.Equal(t, lead.Order{Actor: "person:admin", Why: "father and son"}, o.order[1])
}

func TestALeadWithOneTouchHasNothingToSplit(t *testing.T) {
	f := cannedFakes()
	d := cannedLead()
	d.Touches = 1
	f.lead = func(string) (lead.LeadDetail, error) { return d, nil }
	doc, _ := f.signedIn(t).get("/leads/ld_1")
	require.Equal(t, 0, doc.Find("form#split, input[name=touch]").Length())
}

func TestAValueIsPinnedAndThePinTakenAway(t *testing.T) {
	f := cannedFakes()
	d := cannedLead()
	d.Provenance["company"][0].Pinned = "person:chen"
	f.lead = func(string) (lead.LeadDetail, error) { return d, nil }
	o := f.listen()
	b := f.signedIn(t)
	doc, _ := b.get("/leads/ld_1")
	require.Equal(t, 1, doc.Find("form.unpin").Length(), "only what is pinned")
	require.Contains(t, doc.Find("tr[data-field=company] .badge").Text(), "chen")
	require.Equal(t, 2, doc.Find("form.pin").Length(), "name and company have a value")
	missing := doc.Find("form.pin-missing option").Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("value", "") })
	require.Equal(t, []string{"honorific", "title", "region", "address"}, missing)

	w := b.submit("/leads/ld_1", "tr[data-field=name] form.pin", url.Values{"value": {" 王晓明 "}, "why": {"said so"}})
	require.Equal(t, "/leads/ld_1?done=pinned", w.Header().Get("Location"))
	w = b.submit("/leads/ld_1", "form.unpin", nil)
	require.Equal(t, "/leads/ld_1?done=unpinned", w.Header().Get("Location"))
	w = b.submit("/leads/ld_1", "form.pin-missing", url.Values{"field": {"region"}, "value": {"广东省 深圳市"}})
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, []string{"pin ld_1 name 王晓明", "unpin ld_1 company", "pin ld_1 region 广东省 深圳市"}, o.what)
	require.Equal(t, lead.Order{Actor: "person:admin", Why: "said so"}, o.order[0])
}

func TestWhatTheHubRefusesIsSaidOnThePageOfTheLead(t *testing.T) {
	f := cannedFakes()
	f.changes = func(string, lead.Order) ([]lead.Change, error) {
		return nil, &lead.Error{Kind: lead.KindConflict, Code: "already_merged", Message: "these two are one lead already"}
	}
	b := f.signedIn(t)
	for form, change := range map[string]url.Values{"form.merge": {"with": {"XL-2"}}, "form#split": {"touch": {"sub_2"}}, "form.pin": nil} {
		w := b.submit("/leads/ld_1", form, change)
		require.Equal(t, http.StatusConflict, w.Code, form)
		doc := parsed(t, w.Body.String())
		require.Contains(t, doc.Find("[role=alert]").Text(), "one lead already")
		require.Equal(t, 1, doc.Find("form.merge").Length(), "the page is whole")
	}
	for form, want := range map[string]string{"form.merge": "No other lead", "form#split": "No touch is ticked"} {
		w := b.submit("/leads/ld_1", form, nil)
		require.Equal(t, http.StatusUnprocessableEntity, w.Code)
		require.Contains(t, parsed(t, w.Body.String()).Find("[role=alert]").Text(), want)
	}
}

func TestTheHistoryOfWhatPeopleDidIsInChineseToo(t *testing.T) {
	zh := loadCatalogues()["zh"]
	for en, want := range map[string]string{
		"merged by hand":                                       "人工合并",
		"merged by hand: 同一人":                                  "人工合并（同一人）",
		"went into XL-1: merged by hand: 同一人":                  "并入 XL-1（人工合并（同一人））",
		"split by hand: two cards: came apart from XL-1":       "人工拆分（two cards），自 XL-1 拆出",
		"came apart into several leads":                        "拆为多条线索",
		"the rules changed: came apart from XL-1":              "规则变更，自 XL-1 拆出",
		"pinned name: $1 @1":                                   "固定“姓名”（$1 @1）",
		"unpinned region":                                      "取消固定“地区”",
		"not joined with XL-2 by mobile: split by person:chen": "未与 XL-2 按手机合并：已由 chen 人工拆分",
	} {
		require.Equal(t, want, zh.reason("zh", en))
	}
}
