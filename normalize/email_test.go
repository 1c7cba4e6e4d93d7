package normalize

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func readEmails(n *Normalizer, field string) (found []lead.Email) {
	for part := range emailParts(field) {
		if e, ok := n.readEmail(part); ok {
			found = append(found, e)
		}
	}
	return found
}

func TestAnEmailHasAFormToShowAndAFormToCompare(t *testing.T) {
	n := newNormalizer(t)
	for typed, want := range map[string]string{ // display → key, several with a space
		"li.lei@tengfei.cn":                            "li.lei@tengfei.cn→li.lei@tengfei.cn",
		"Li.Lei@TengFei.CN":                            "Li.Lei@tengfei.cn→li.lei@tengfei.cn",
		"Li.Lei+news@Gmail.com":                        "Li.Lei+news@gmail.com→lilei@gmail.com",
		"lilei@googlemail.com":                         "lilei@googlemail.com→lilei@gmail.com",
		"li.lei+a@outlook.com":                         "li.lei+a@outlook.com→li.lei@outlook.com",
		"li.lei+a@tengfei.cn":                          "li.lei+a@tengfei.cn→li.lei+a@tengfei.cn",
		"li@me.com":                                    "li@me.com→li@icloud.com",
		"ｌｉ＠ｔｅｎｇｆｅｉ．ｃｎ":                                "li@tengfei.cn→li@tengfei.cn",
		"li＠163。com":                                   "li@163.com→li@163.com",
		" li@tengfei.cn. ":                             "li@tengfei.cn→li@tengfei.cn",
		"li @ tengfei.cn":                              "li@tengfei.cn→li@tengfei.cn",
		"mailto:li@tengfei.cn?subject=Hi":              "li@tengfei.cn→li@tengfei.cn",
		"Li Lei <li@tengfei.cn>":                       "li@tengfei.cn→li@tengfei.cn",
		"邮箱：li@tengfei.cn":                             "li@tengfei.cn→li@tengfei.cn",
		"\u200bli@tengfei.cn\u00a0":                    "li@tengfei.cn→li@tengfei.cn",
		"li@腾飞.cn":                                     "li@腾飞.cn→li@xn--r70as29b.cn",
		"a1@x.cn; a2@x.cn，a3@x.cn/a4@x.cn、a5@x.cn":     "a1@x.cn→a1@x.cn a2@x.cn→a2@x.cn a3@x.cn→a3@x.cn a4@x.cn→a4@x.cn a5@x.cn→a5@x.cn",
		"\"Li, Lei\" <li@x.cn>, Han Meimei <han@y.cn>": "li@x.cn→li@x.cn han@y.cn→han@y.cn",
		"a1@x.cn\na2@x.cn":                             "a1@x.cn→a1@x.cn a2@x.cn→a2@x.cn",
		"li.tengfei.cn":                                "",
		"li@":                                          "",
		"@tengfei.cn":                                  "",
		"li@tengfei":                                   "",
		"li@127.0.0.1":                                 "",
		"li..lei@x.cn":                                 "",
		"li.@x.cn":                                     "",
		"li@-x.cn":                                     "",
		"li@x..cn":                                     "",
		strings.Repeat("l", 65) + "@x.cn":              "",
		"":                                             "",
	} {
		var got []string
		for _, e := range readEmails(n, typed) {
			got = append(got, e.Display+"→"+e.Key)
		}
		require.Equal(t, want, strings.Join(got, " "), "%q", typed)
	}
}

func TestAnEmailThatIsNoPersonsIsMarked(t *testing.T) {
	n, err := New(Config{NeverKeys: []string{"Boss+x@Gmail.com", "@partner.cn"}})
	require.NoError(t, err)
	for typed, want := range map[string]string{
		"li@tengfei.cn": "", "zhang.test@tengfei.cn": "", "testa@tengfei.cn": "", "8888168@qq.com": "", "contact.li@x.cn": "",
		"info@tengfei.cn": "role", "Sales@tengfei.cn": "role", "no-reply@tengfei.cn": "role", "admin+x@gmail.com": "role",
		"li@mailinator.com": "disposable", "li@eu.mailinator.com": "disposable",
		"li@gmial.com": "suggest li@gmail.com", "li@163.con": "suggest li@163.com", "12345678@qq.co": "suggest 12345678@qq.com",
		"test@test.com": "blocked", "test@tengfei.cn": "blocked", "a@a.com": "blocked", "li@example.com": "blocked", "li@mail.example.org": "blocked",
		"li@shop.test": "blocked", "li@x.invalid": "blocked", "123456@qq.com": "blocked", "88888888@qq.com": "blocked",
		"boss@gmail.com": "blocked", "anyone@partner.cn": "blocked",
	} {
		e, ok := n.readEmail(typed)
		require.True(t, ok, typed)
		var got []string
		if e.Role {
			got = append(got, "role")
		}
		if e.Disposable {
			got = append(got, "disposable")
		}
		if e.Suggestion != "" {
			got = append(got, "suggest "+e.Suggestion)
		}
		if e.Blocked != "" {
			got = append(got, "blocked")
		}
		require.Equal(t, want, strings.Join(got, ", "), typed)
	}
}

func FuzzEmail(f *testing.F) {
	for _, s := range []string{"Li.Lei+x@Gmail.com", "li＠163。com", "mailto:a@b.cn?x", "Li <li@x.cn>, b@y.cn", "\xff@x.cn", "李@腾飞.中国"} {
		f.Add(s)
	}
	n := newNormalizer(f)
	f.Fuzz(func(t *testing.T, s string) {
		for _, e := range readEmails(n, s) {
			require.True(t, utf8.ValidString(e.Display) && utf8.ValidString(e.Key))
			again := readEmails(n, e.Display)
			require.True(t, slices.ContainsFunc(again, func(a lead.Email) bool { return a.Key == e.Key }),
				"%q is shown as %q, which reads as %v", s, e.Display, again)
		}
	})
}
