package assign

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leadhub/leadhub/lead"
)

// titles stand behind a surname when somebody is asked for: 王顾问, 王经理.
var titles = []string{"顾问", "经理", "老师", "总监", "总", "主管", "主任", "工", "女士", "先生", "小姐", "店长", "姐", "哥", "顧問", "經理", "老師", "總監", "總", "店長"}

// familiar stand before a surname: 小王, 老王.
var familiar = []string{"小", "老", "阿"}

// doubles are common surnames of two characters.
var doubles = []string{"欧阳", "司马", "诸葛", "上官", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "宇文", "长孙", "夏侯"}

// polite stand before a surname in English.
var polite = []string{"mr", "ms", "mrs", "miss", "dr"}

// askedFor are the keys of the active reps that a text asks for, as people write it: by key, by the whole name, or by a surname
// with a title; or as platforms do, by the user id there. A whole name beats a surname, a longer one the one that is a part of it.
func askedFor(hint string, reps []lead.Rep) []string {
	hint = strings.ToLower(strings.TrimSpace(hint))
	words := strings.FieldsFunc(hint, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' || unicode.Is(unicode.Han, r)
	})
	var whole, names, part, surnames []string
	for i := range reps {
		rep := &reps[i]
		if !rep.Active {
			continue
		}
		name := strings.ToLower(strings.TrimSpace(rep.Name))
		switch {
		case slices.Contains(words, strings.ToLower(rep.Key)), says(hint, words, name), isUser(hint, rep.Notify):
			whole, names = append(whole, rep.Key), append(names, name)
		case bySurname(hint, words, name):
			part, surnames = append(part, rep.Key), append(surnames, surnameOf(name))
		}
	}
	if len(whole) == 0 {
		return longest(part, surnames)
	}
	return longest(whole, names)
}

// isUser reports whether a text is the user id of somebody at a vendor, as that of a WeCom contact names whose contact it is.
func isUser(hint string, c lead.RepContact) bool {
	return hint != "" && (strings.EqualFold(hint, c.Wecom) || strings.EqualFold(hint, c.DingTalk) || strings.EqualFold(hint, c.Feishu))
}

// longest are the keys whose names are no part of another one: who asks for 王立新 does not ask for 王立, nor for 阳 who asks for 欧阳经理.
func longest(keys, names []string) []string {
	var out []string
	for i, name := range names {
		if !slices.ContainsFunc(names, func(other string) bool { return other != name && strings.Contains(other, name) }) {
			out = append(out, keys[i])
		}
	}
	return out
}

// says reports whether a text holds a whole name.
func says(hint string, words []string, name string) bool {
	if han(name) {
		return utf8.RuneCountInString(name) > 1 && strings.Contains(hint, name)
	}
	parts := strings.Fields(name)
	if len(parts) < 2 {
		return len(parts) == 1 && slices.Contains(words, name)
	}
	for _, p := range parts {
		if !slices.Contains(words, p) {
			return false
		}
	}
	return true
}

func bySurname(hint string, words []string, name string) bool {
	if !han(name) {
		for _, p := range strings.Fields(name) {
			at := slices.Index(words, p)
			if at > 0 && slices.Contains(polite, words[at-1]) {
				return true
			}
		}
		return false
	}
	surname := surnameOf(name)
	for _, t := range titles {
		if strings.Contains(hint, surname+t) {
			return true
		}
	}
	for _, f := range familiar {
		if strings.Contains(hint, f+surname) {
			return true
		}
	}
	return false
}

func surnameOf(name string) string {
	for _, d := range doubles {
		if strings.HasPrefix(name, d) {
			return d
		}
	}
	if !han(name) {
		return name
	}
	_, n := utf8.DecodeRuneInString(name)
	return name[:n]
}

func han(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.Is(unicode.Han, r)
}
