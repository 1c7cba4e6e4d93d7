package normalize

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestACompanysKeyLeavesOutTheLegalForm(t *testing.T) {
	for _, same := range [][]string{
		{"深圳市腾飞科技有限公司", "深圳市腾飞科技股份有限公司", "深圳市腾飞科技（集团）有限公司", "深圳市腾飞科技 有限责任公司", "深圳市腾飞科技集团", "深圳市腾飞科技公司", "深圳市腾飞科技有限公司。"},
		{"腾飞（深圳）科技有限公司", "腾飞(深圳)科技有限公司", "腾飞深圳科技"},
		{"深圳市腾飞科技有限公司广州分公司", "深圳市腾飞科技股份有限公司广州分公司"},
		{"Tengfei Technology Co., Ltd.", "TENGFEI TECHNOLOGY CO LTD", "Tengfei Technology Limited", "Ｔｅｎｇｆｅｉ Technology", "Tengfei Technology Company Limited", "Tengfei Technology Co.,Ltd"},
		{"Acme Inc.", "ACME, LLC", "Acme GmbH", "acme corp."},
		{"株式会社ひので", "ひので株式会社", "ひので㈱", "（株）ひので"},
		{"Hinode & Sons", "Hinode and Sons Ltd"},
	} {
		for _, name := range same[1:] {
			require.Equal(t, companyKey(same[0]), companyKey(name), name)
		}
	}
}

func TestDifferentCompaniesHaveDifferentKeys(t *testing.T) {
	keys := map[string]string{}
	for _, name := range []string{"深圳市腾飞科技有限公司", "北京市腾飞科技有限公司", "腾飞科技有限公司", "深圳市腾飞科技有限公司广州分公司", "深圳市腾飞科技有限公司佛山分公司",
		"腾飞科技有限公司第二分店", "Tengfei Co., Ltd", "Tengfei Tech Ltd", "有限公司"} {
		key := companyKey(name)
		require.NotEmpty(t, key, name)
		require.Empty(t, keys[key], "%s and %s share the key %s", name, keys[key], key)
		keys[key] = name
	}
}

func TestACompanyThatIsNoneIsLeftOutWithANote(t *testing.T) {
	for _, typed := range []string{"个人", "test", "12345", "???"} {
		c := cleaned(t, map[string][]string{lead.FieldCompany: {typed}})
		c.company()
		require.Zero(t, c.sub.Company, typed)
		require.NotEmpty(t, c.sub.Notes, typed)
	}
}
