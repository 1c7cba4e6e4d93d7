package normalize

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// cleaned is a cleaning outside a whole draft.
func cleaned(t testing.TB, fields map[string][]string) *cleaning {
	return &cleaning{Normalizer: newNormalizer(t), draft: &lead.Draft{Fields: fields}, sub: &lead.Submission{Source: "site"}}
}

func TestANameIsTakenApart(t *testing.T) {
	for typed, want := range map[string]lead.Name{
		"王小明":                 {Display: "王小明", Key: "王小明", Family: "王", Given: "小明"},
		" 王 小 明 ":             {Display: "王小明", Key: "王小明", Family: "王", Given: "小明"},
		"王　小明":                {Display: "王小明", Key: "王小明", Family: "王", Given: "小明"},
		"欧阳娜":                 {Display: "欧阳娜", Key: "欧阳娜", Family: "欧阳", Given: "娜"},
		"诸葛小亮先生":              {Display: "诸葛小亮", Key: "诸葛小亮", Honorific: "先生", Family: "诸葛", Given: "小亮"},
		"王先生":                 {Display: "王", Key: "王", Honorific: "先生", Family: "王"},
		"欧阳女士":                {Display: "欧阳", Key: "欧阳", Honorific: "女士", Family: "欧阳"},
		"王总":                  {Display: "王", Key: "王", Honorific: "总", Family: "王"},
		"马总理":                 {Display: "马总理", Key: "马总理", Family: "马", Given: "总理"},
		"李建总":                 {Display: "李建总", Key: "李建总", Family: "李", Given: "建总"},
		"刘经理":                 {Display: "刘", Key: "刘", Honorific: "经理", Family: "刘"},
		"陈思远总监":               {Display: "陈思远", Key: "陈思远", Honorific: "总监", Family: "陈", Given: "思远"},
		"李老师":                 {Display: "李", Key: "李", Honorific: "老师", Family: "李"},
		"张姐":                  {Display: "张", Key: "张", Honorific: "姐", Family: "张"},
		"张伟(采购部)":             {Display: "张伟", Key: "张伟", Family: "张", Given: "伟"},
		"张伟 13912345678":      {Display: "张伟", Key: "张伟", Family: "张", Given: "伟"},
		"姓名：张伟":               {Display: "张伟", Key: "张伟", Family: "张", Given: "伟"},
		"張偉":                  {Display: "張偉", Key: "張偉", Family: "張", Given: "偉"},
		"阿卜杜・热合曼":             {Display: "阿卜杜·热合曼", Key: "阿卜杜热合曼"},
		"小明🌸":                 {Display: "小明🌸", Key: "小明"},
		"John Smith":          {Display: "John Smith", Key: "john smith", Family: "Smith", Given: "John"},
		"JOHN  SMITH":         {Display: "JOHN SMITH", Key: "john smith", Family: "SMITH", Given: "JOHN"},
		"Smith, John":         {Display: "John Smith", Key: "john smith", Family: "Smith", Given: "John"},
		"Ｊｏｈｎ　Ｓｍｉｔｈ":          {Display: "John Smith", Key: "john smith", Family: "Smith", Given: "John"},
		"Mr. John Smith":      {Display: "John Smith", Key: "john smith", Honorific: "Mr", Family: "Smith", Given: "John"},
		"Dr Ludwig van Beek":  {Display: "Ludwig van Beek", Key: "ludwig van beek", Honorific: "Dr", Family: "van Beek", Given: "Ludwig"},
		"Conan O'Neil":        {Display: "Conan O'Neil", Key: "conan oneil", Family: "O'Neil", Given: "Conan"},
		"José":                {Display: "José", Key: "josé"},
		"Jose\u0301":          {Display: "José", Key: "josé"},
		"Smith, Jr":           {Display: "Smith, Jr", Key: "smith jr", Family: "Jr", Given: "Smith,"},
		"test":                {},
		"测试":                  {},
		"测试用户1":               {},
		"微信用户":                {},
		"13912345678":         {},
		"123":                 {},
		"li@tengfei.cn":       {},
		"https://spam.cn/win": {},
		"aaa":                 {},
		"???":                 {},
		"🌸🌸":                  {},
		"无":                   {},
		"N/A":                 {},
		"先生":                  {Honorific: "先生"},
	} {
		c := cleaned(t, nil)
		got := c.parsedName(typed)
		if typed == "Smith, Jr" { // only that it is not turned round
			require.Equal(t, want.Display, got.Display)
			continue
		}
		require.Equal(t, want, got, "%q", typed)
		if want.Key == "" {
			require.NotEmpty(t, c.sub.Notes, "%q is left out without a word", typed)
		}
	}
}

func TestANameMayComeInTwoFields(t *testing.T) {
	for _, c := range []struct {
		fields map[string][]string
		want   lead.Name
	}{
		{map[string][]string{lead.FieldFamilyName: {"王"}, lead.FieldGivenName: {"小明"}}, lead.Name{Display: "王小明", Key: "王小明", Family: "王", Given: "小明"}},
		{map[string][]string{lead.FieldFamilyName: {"Smith"}, lead.FieldGivenName: {"John"}}, lead.Name{Display: "John Smith", Key: "john smith", Family: "Smith", Given: "John"}},
		{map[string][]string{lead.FieldName: {"test", "王小明"}, lead.FieldHonorific: {"先生"}}, lead.Name{Display: "王小明", Key: "王小明", Family: "王", Given: "小明", Honorific: "先生"}},
		{map[string][]string{lead.FieldGivenName: {"John"}}, lead.Name{Display: "John", Key: "john"}},
	} {
		cl := cleaned(t, c.fields)
		cl.name()
		require.Equal(t, c.want, cl.sub.Name)
	}
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"王小明先生", "Mr. John Smith", "Smith, John", "张 伟(采购)", "\xff王", "A·B", "欧阳"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cleaned(t, nil).parsedName(s)
		require.True(t, utf8.ValidString(got.Display) && utf8.ValidString(got.Key))
		if got.Key != "" {
			require.Equal(t, got.Key, nameKey(got.Display), "the key is a function of what is shown")
			require.Equal(t, got.Key, nameKey(got.Key))
		}
	})
}
