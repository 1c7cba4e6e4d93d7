package normalize

import (
	"strings"
	"unicode"

	"github.com/leadhub/leadhub/lead"
)

// company fills the company: the name as said, and a key without legal form, brackets, width, spaces and case. The
// place in front stays in the key (北京腾飞 and 上海腾飞 are two companies), and so does a branch
// (…有限公司深圳分公司): a branch is a site of the company, not the company.
func (c *cleaning) company() {
	display := c.line(lead.FieldCompany, maxCompany)
	if display == "" {
		return
	}
	if notCompany[fold(display)] {
		c.note("company: “%s” is not a name", display)
		return
	}
	key := companyKey(display)
	if key == "" || isDigits(key) {
		c.note("company: “%s” is not a name", mask(display))
		c.keep(lead.FieldCompany, display)
		return
	}
	c.sub.Company = lead.Company{Display: display, Key: key}
}

var notCompany = set("个人 私人 自己 个体 test 测试 测试公司 公司 company self private personal individual freelance 自由职业 xxx xx aaa asdf")

func companyKey(display string) string {
	s := fold(display)
	if hasHan(s) || hasKana(s) {
		return hanCompanyKey(s)
	}
	return latinCompanyKey(s)
}

func hasKana(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Hangul) })
}

// hanForms are taken out wherever they stand: a branch may follow. Longer ones come first.
var hanForms = strings.Fields(`集团股份有限公司 集团有限责任公司 集团有限公司 股份有限公司 有限责任公司 股份合作公司 有限公司 股份公司 集团公司
	個體工商戶 个体工商户 特殊普通合伙 有限合伙 普通合伙 合伙企业 株式会社 有限会社 合同会社 주식회사 유한회사`)

var bracketForms = strings.NewReplacer("(株)", "", "(주)", "", "(有)", "")

var latinSigns = strings.NewReplacer(".", "", "'", "", "’", "", "&", " and ")

func hanCompanyKey(s string) string {
	if strings.Contains(s, "(") {
		s = bracketForms.Replace(s)
	}
	bare := strings.Map(func(r rune) rune {
		if isWord(r) {
			return r
		}
		return -1
	}, s)
	key := bare
	for _, form := range hanForms {
		if head, tail, ok := strings.Cut(key, form); ok {
			key = head + strings.ReplaceAll(tail, form, "")
		}
	}
	for _, tail := range []string{"公司", "集团", "集團"} {
		if head, ok := strings.CutSuffix(key, tail); ok && !strings.HasSuffix(head, "分") && !strings.HasSuffix(head, "子") && head != "" {
			key = head
		}
	}
	// 腾飞有限公司, Tengfei Co., Ltd.: the Latin form may follow the Chinese name.
	for _, tail := range []string{"coltd", "ltd", "inc", "llc", "gmbh"} {
		if head, ok := strings.CutSuffix(key, tail); ok && hasHan(head) {
			key = head
			break
		}
	}
	if key == "" {
		return bare
	}
	return key
}

var latinForms = set(`co ltd limited inc incorporated corp corporation llc llp lp plc gmbh mbh ag kg ohg sa sas sarl srl spa bv nv
	ab oy oyj as aps kk pty pte pvt company coltd ltda sdn bhd sl holdings group jsc ooo zao`)

func latinCompanyKey(s string) string {
	words := strings.FieldsFunc(latinSigns.Replace(s), func(r rune) bool { return !isWord(r) })
	end := len(words)
	for end > 1 && (latinForms[words[end-1]] || words[end-1] == "and") {
		end--
	}
	return strings.Join(words[:end], "")
}
