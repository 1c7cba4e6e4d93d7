package console

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestASourceSaysHowItIsAskedInBothLanguages(t *testing.T) {
	for lang, words := range map[string][]string{
		"en": {"polled", "The call of the vendor failed", "3 times in a row", "900 listed by the vendor, 4 missing, 4 of them fetched", "1,234", "access", "refused", "never", "well"},
		"zh": {"定时轮询", "调用平台接口失败", "连续 3 次", "平台列出 900 条，遗漏 4 条，已补取 4 条", "1,234", "access", "已被平台拒绝", "正常"},
	} {
		b := cannedFakes().signedIn(t)
		b.header.Set("Accept-Language", lang)
		doc, _ := b.get("/sources/price-page")
		said := doc.Find("#fetching").Text()
		for _, w := range words {
			require.Contains(t, said, w, lang)
		}
		require.Equal(t, 1, doc.Find(`#fetching a[href="/rejections?state=pending&source=price-page"]`).Length())
		doc, _ = b.get("/sources/fair")
		require.Zero(t, doc.Find("#fetching").Length(), "one that is only pushed to has nothing to say")
	}
}

func TestWhatWaitsForTheHubIsListedByItself(t *testing.T) {
	f := cannedFakes()
	var asked lead.RejectionQuery
	f.rejections = func(q lead.RejectionQuery) (lead.RejectionPage, error) {
		asked = q
		r := cannedRejection()
		r.Stage, r.State, r.Code = lead.StageFetch, lead.RejectionPending, "pending_fetch"
		return lead.RejectionPage{Items: []lead.Rejection{r}}, nil
	}
	b := f.signedIn(t)
	b.header.Set("Accept-Language", "zh")
	doc, _ := b.get("/rejections?state=pending&stage=fetch")
	require.Equal(t, lead.RejectionQuery{State: lead.RejectionPending, Stage: lead.StageFetch}, asked)
	require.Contains(t, doc.Find("tbody").Text(), "等待系统获取")
	require.Contains(t, doc.Find("tbody").Text(), "等待补全")
}
