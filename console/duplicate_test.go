package console

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func cannedDuplicate(state string) lead.Duplicate {
	d := lead.Duplicate{Score: 14.2, Likely: true, State: state, At: canned,
		A: lead.DuplicateLead{ID: "ld_1", Number: "XL20260102-000001", Name: "王小明", Phones: []string{"+8613912345678"}, Owner: "chen"},
		B: lead.DuplicateLead{ID: "ld_2", Number: "XL20260102-000002", Name: "王晓明", Phones: []string{"+8613912345679"}, Company: "示例科技"},
		Parts: []lead.DuplicatePart{{Field: "name", Level: "name_sound", Weight: 5.5, Text: "names sound the same", TextZH: "姓名同音不同字"},
			{Field: "region", Level: "region_differs", Weight: -1.25, Text: "different regions", TextZH: "地区不同"}}}
	if state == lead.DuplicateDismissed {
		d.Dismissed = &lead.Dismissal{By: "person:chen", At: canned, Why: "father and son"}
	}
	return d
}

func TestAPossibleDuplicateStandsSideBySideWithWhatSpeaksForAndAgainst(t *testing.T) {
	f := cannedFakes()
	var asked lead.DuplicateQuery
	list := f.duplicates
	f.duplicates = func(q lead.DuplicateQuery) (lead.DuplicatePage, error) { asked = q; return list(q) }
	b := f.signedIn(t)
	doc, _ := b.get("/duplicates?lead=+XL-1+&cursor=c")
	require.Equal(t, lead.DuplicateQuery{State: lead.DuplicateOpen, Lead: "XL-1", Cursor: "c"}, asked)
	pair := doc.Find(".pair")
	require.Contains(t, pair.Find("tbody tr").First().Text(), "+8613912345678")
	require.Contains(t, pair.Find("tbody tr").First().Text(), "+8613912345679")
	require.Contains(t, pair.Find("header").Text(), "score 14.2 likely")
	require.Equal(t, "+5.5 names sound the same", pair.Find("li").First().Text())
	require.Equal(t, "-1.2 different regions", pair.Find("li").Last().Text())
	require.Contains(t, doc.Find("a[rel=next]").AttrOr("href", ""), "cursor=8%2Cld_1%2Cld_2")

	b.header.Set("Accept-Language", "zh-CN")
	doc, _ = b.get("/duplicates")
	require.Equal(t, "+5.5 姓名同音不同字", doc.Find(".pair li").First().Text())
}

func TestAPairIsMergedThroughThePreviewOrDismissedWithAReason(t *testing.T) {
	f := cannedFakes()
	var said string
	f.decided = func(a, b, decision string, o lead.Order) error {
		said = a + " " + b + " " + decision + " " + o.Actor + " " + o.Why
		return nil
	}
	b := f.signedIn(t)
	w := b.submit("/duplicates", "form[action='/duplicates/ld_1/ld_2']", url.Values{"why": {" father and son "}})
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "ld_1 ld_2 dismiss person:admin father and son", said)
	doc, _ := b.get(w.Header().Get("Location"))
	require.Contains(t, doc.Find(".notice.done").Text(), "dismissed")

	var merged string
	f.changes = func(what string, o lead.Order) ([]lead.Change, error) {
		require.True(t, o.Preview)
		merged = what
		return nil, nil
	}
	require.Equal(t, http.StatusOK, b.submit("/duplicates", "form[action='/leads/ld_1/merge']", nil).Code)
	require.Equal(t, "merge ld_1 XL20260102-000002", merged)
}

func TestADismissedPairTellsByWhomAndCanBeOpenedAgainUnlessItWasSplit(t *testing.T) {
	f := cannedFakes()
	var said string
	f.decided = func(_, _, decision string, _ lead.Order) error { said = decision; return nil }
	b := f.signedIn(t)
	doc, _ := b.get("/duplicates?state=dismissed")
	require.Contains(t, doc.Find(".pair").Text(), "father and son")
	w := b.submit("/duplicates?state=dismissed", "form[action='/duplicates/ld_1/ld_2']", nil)
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, lead.DuplicateReopen, said)

	f.duplicates = func(lead.DuplicateQuery) (lead.DuplicatePage, error) {
		d := cannedDuplicate(lead.DuplicateDismissed)
		d.Dismissed.Decision = "dec_1"
		return lead.DuplicatePage{Items: []lead.Duplicate{d}}, nil
	}
	doc, _ = b.get("/duplicates?state=dismissed")
	require.Equal(t, 0, doc.Find("form[action='/duplicates/ld_1/ld_2']").Length())
}

func TestAReminderOfADuplicateIsReadInChinese(t *testing.T) {
	c := loadCatalogues()["zh"]
	require.Equal(t, "可能与 XL20260102-000001 是同一人（归属 chen），得分 14.2",
		c.reason("zh", "may be the same as XL20260102-000001 of chen, score 14.2: same name, same city"))
	require.Equal(t, "可能与 XL20260102-000001 是同一人，得分 8.0", c.reason("zh", "may be the same as XL20260102-000001, score 8.0: same name"))
}
