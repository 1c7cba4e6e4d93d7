package console

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestWhyARepIsToldIsWhollyInHisLanguage(t *testing.T) {
	c := lead.Config{Reps: []lead.Rep{{Key: "li", Name: "李强"}, {Key: "wu", Name: "吴敏"}}, Pools: []lead.Pool{{Key: "sea", Name: "公海"}},
		Sources: []lead.Source{{Key: "site", Name: "官网"}}}
	zh, en := NewWords("zh", c), NewWords("en", c)
	latin := regexp.MustCompile(`[A-Za-z]{2,}`)
	for why, want := range map[string]string{
		"li was due first (3) with weight 1 of 2, after 0 leads":                                          "按权重最先轮到 李强（积分 3），权重 1/2，此前已得 0 条",
		"li had the most credit (3) with weight 1 of 2, after 0 leads":                                    "李强 的轮转积分最高（3），权重 1/2，此前已得 0 条",
		"li held the fewest leads for his weight: 3 with weight 2":                                        "李强 按权重持有最少：3 条，权重 2",
		"level 3 is the highest that may have it; li was due first (0) with weight 1 of 1, after 4 leads": "可接收者中最高级别为 3；按权重最先轮到 李强（积分 0），权重 1/1，此前已得 4 条",
		"li was asked for by name":                                               "客户点名 李强",
		"li owns a lead of the same company":                                     "李强 正在跟进同一公司的线索",
		"given to li":                                                            "分配给 李强",
		"given to li: 他懂: 医疗":                                                    "分配给 李强：他懂: 医疗",
		"transferred from wu to li":                                              "由 吴敏 转给 李强",
		"transferred from wu to li: 休假":                                          "由 吴敏 转给 李强：休假",
		"handed over from wu to li":                                              "吴敏 移交给 李强",
		"handed over from wu into sea: 离职":                                       "吴敏 移交给 公海",
		"handed over from wu to the rules":                                       "吴敏 移交给 规则",
		"claimed from sea by wu":                                                 "吴敏 从“公海”认领",
		"taken back into sea: nobody took it up":                                 "已收回到“公海”：未接受",
		"taken back into sea: nobody followed it up":                             "已收回到“公海”：未跟进",
		"archived: it came back too often: it did not become a customer in time": "退回次数过多，已归档：未按期转化",
		"nobody took it up; it will be taken back":                               "未接受，即将收回",
		"nobody followed it up; it will be taken back":                           "未跟进，即将收回",
		"it did not become a customer in time; it will be taken back":            "未按期转化，即将收回",
		"the follow-up that was agreed on is due":                                "约定的跟进时间已到",
		"it is the same person as a lead of wu":                                  "与 吴敏 的线索是同一人",
		"a new submission of site":                                               "来自“官网”的新留资",
		"XL20260102-000123 came in and may be the same person":                   "新来的 XL20260102-000123 可能是同一人",
		"客户自己说的":                                                                 "客户自己说的",
	} {
		got := zh.Told(lead.Notification{Why: why})
		require.Contains(t, got, want, why)
		require.NotRegexp(t, latin, regexp.MustCompile(`XL\d`).ReplaceAllString(got, ""), why)
		require.NotContains(t, en.Told(lead.Notification{Why: why}), "(li|wu)", why)
	}
	require.Equal(t, "a new submission of “官网”", en.Told(lead.Notification{Why: "a new submission of site"}))
}

func TestWhatRulesALeadOutIsSaidWithoutTwoNots(t *testing.T) {
	for why, want := range map[string][2]string{
		`it is so that grade == "A": grade is "A"`:     {`排除条件 grade == "A" 成立：grade 为 "A"`, `grade == "A" is so: grade is "A"`},
		`it is so that is_new`:                         {`排除条件 is_new 成立`, `is_new is so`},
		`it is not so that grade == "B": grade is "A"`: {`不满足 grade == "B"：grade 为 "A"`, `grade == "B" is not so: grade is "A"`},
	} {
		require.Equal(t, want, [2]string{NewWords("zh", lead.Config{}).Reason(why), NewWords("en", lead.Config{}).Reason(why)})
	}
}
