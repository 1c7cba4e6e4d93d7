package console

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestALeadShowsWhatEveryRuleOfItsScoreGave(t *testing.T) {
	b := cannedFakes().signedIn(t)
	doc, _ := b.get("/leads/ld_1")
	part := doc.Find(".scored li[data-rule=budget]")
	require.Equal(t, "+60 大预算 大单 cloud", strings.Join(strings.Fields(part.Text()), " "))
}

func TestTheReasonsOfAssignmentsAreInChineseToo(t *testing.T) {
	zh := loadCatalogues()["zh"]
	for en, want := range map[string]string{
		"wang was asked for by name":                                                                            "客户指名找 wang",
		"nobody may have it now: 2 daily_quota, 1 off_duty; the lead waits":                                     "暂无人可接收（2 daily_quota, 1 off_duty），线索等待中",
		"level 3 is the highest that may have it; li had the most credit (2) with weight 2 of 3, after 4 leads": "可接收者中 3 级最高；li 的轮转积分最高（2），权重 2/3，此前已得 4 条",
		"a held the fewest leads for his weight: 2 with weight 3":                                               "a 按权重计持有最少：2 条，权重 3",
	} {
		require.Equal(t, want, zh.reason("zh", en))
	}
}
