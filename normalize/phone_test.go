package normalize

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/lead"
)

func TestAPhoneIsReadInEverySpelling(t *testing.T) {
	n := newNormalizer(t)
	for name, c := range map[string]struct {
		typed string
		want  string // display forms, in order
	}{
		"plain":                          {"13912345678", "+8613912345678"},
		"in groups":                      {"139 1234 5678", "+8613912345678"},
		"with dashes":                    {"139-1234-5678", "+8613912345678"},
		"with dots":                      {"139.1234.5678", "+8613912345678"},
		"country code":                   {"+86 139 1234 5678", "+8613912345678"},
		"country code, dialled":          {"0086-13912345678", "+8613912345678"},
		"country code without plus":      {"86 13912345678", "+8613912345678"},
		"country code in brackets":       {"(+86)13912345678", "+8613912345678"},
		"country code and a zero":        {"+86(0)13912345678", "+8613912345678"},
		"zero in front":                  {"013912345678", "+8613912345678"},
		"full width":                     {"１３９１２３４５６７８", "+8613912345678"},
		"full width with code":           {"＋８６－１３９１２３４５６７８", "+8613912345678"},
		"IP dialling prefix":             {"17951 13912345678", "+8613912345678"},
		"invisible characters":           {"\u202d139\u200b1234\u00a05678\u202c", "+8613912345678"},
		"byte order mark":                {"\ufeff13912345678", "+8613912345678"},
		"label":                          {"手机：13912345678", "+8613912345678"},
		"label behind":                   {"13912345678（微信同号）", "+8613912345678"},
		"tel URI":                        {"tel:+86-139-1234-5678", "+8613912345678"},
		"newer prefixes":                 {"16612345678/19912345678/17012345679", "+8616612345678 +8619912345678 +8617012345679"},
		"spreadsheet: decimal":           {"13912345678.0", "+8613912345678"},
		"spreadsheet: scientific":        {"1.3912345678E+10", "+8613912345678"},
		"spreadsheet: zeros at the end":  {"1.3912345E+10", "+8613912345000"},
		"spreadsheet: apostrophe":        {"'13912345678", "+8613912345678"},
		"spreadsheet: tab":               {"13912345678\t", "+8613912345678"},
		"spreadsheet: rounded":           {"1.39E+10", ""},
		"spreadsheet: rounded to five":   {"1.39123E+10", ""},
		"landline":                       {"0755-88881234", "+8675588881234"},
		"landline, brackets":             {"(0755)88881234", "+8675588881234"},
		"landline, country code":         {"+86 755 8888 1234", "+8675588881234"},
		"landline, code of two":          {"021 6888 1234", "+862168881234"},
		"landline, seven digits":         {"0557-3881234", "+865573881234"},
		"landline, the zero is lost":     {"2088881234", "+862088881234"},
		"landline, lost, code of three":  {"75588881234", "+8675588881234"},
		"extension 转":                    {"020-88881234转8001", "+862088881234;ext=8001"},
		"extension 转 with a space":       {"020-88881234 转 8001", "+862088881234;ext=8001"},
		"extension 分机":                   {"020-88881234分机8001", "+862088881234;ext=8001"},
		"extension -":                    {"020-88881234-8001", "+862088881234;ext=8001"},
		"extension ext":                  {"020 88881234 ext. 8001", "+862088881234;ext=8001"},
		"extension x":                    {"02088881234x8001", "+862088881234;ext=8001"},
		"extension #":                    {"020-88881234#8001", "+862088881234;ext=8001"},
		"extension as we show it":        {"+862088881234;ext=8001", "+862088881234;ext=8001"},
		"privacy number":                 {"13912345678-1234", "+8613912345678;ext=1234"},
		"400":                            {"400-800-1234", "+864008001234"},
		"400 with extension":             {"4008001234转2", "+864008001234;ext=2"},
		"bank":                           {"95588", "+8695588"},
		"two, slash":                     {"13912345678/13812345679", "+8613912345678 +8613812345679"},
		"two, 、":                         {"13912345678、13812345679", "+8613912345678 +8613812345679"},
		"two, 或":                         {"13912345678或13812345679", "+8613912345678 +8613812345679"},
		"two, or":                        {"13912345678 or 13812345679", "+8613912345678 +8613812345679"},
		"two, line break":                {"13912345678\n13812345679", "+8613912345678 +8613812345679"},
		"two, only a space":              {"13912345678 13812345679", "+8613912345678 +8613812345679"},
		"two, in groups":                 {"139 1234 5678 138 1234 5679", "+8613912345678 +8613812345679"},
		"two, glued":                     {"1391234567813812345679", "+8613912345678 +8613812345679"},
		"a landline and a mobile":        {"电话0571-88157777；手机 13912345678", "+8657188157777 +8613912345678"},
		"the second without area code":   {"020-88881234/88881235", "+862088881234 +862088881235"},
		"Hong Kong":                      {"+852 9123 4567", "+85291234567"},
		"Hong Kong, dialled":             {"00852-91234567", "+85291234567"},
		"United States":                  {"+1 (415) 555-2671", "+14155552671"},
		"United Kingdom, dialled":        {"0044 20 7946 0018", "+442079460018"},
		"Hong Kong or Zunyi, who knows":  {"85291234567", ""},
		"no area code":                   {"88881234", ""},
		"too short":                      {"139123456", ""},
		"too long":                       {"139123456789", ""},
		"no such prefix":                 {"12012345678", ""},
		"no such area code":              {"0200-8888123", ""},
		"a subscriber begins not with 1": {"010-12345678", ""},
		"words":                          {"call me", ""},
		"all the same":                   {"11111111111", ""},
		"ascending":                      {"12345678901", ""},
	} {
		t.Run(name, func(t *testing.T) {
			found, trouble := n.readPhones(c.typed, "CN")
			var shown []string
			for _, p := range found {
				shown = append(shown, p.Display())
			}
			require.Equal(t, c.want, strings.Join(shown, " "))
			require.Equal(t, c.want == "", len(trouble) > 0, "a number that is not read must say so: %v", trouble)
		})
	}
}

func TestTheTypeOfANumberDecidesHowStrongItIs(t *testing.T) {
	n := newNormalizer(t)
	for typed, want := range map[string][2]string{
		"13912345678":        {lead.PhoneMobile, lead.IdentityMobile},
		"13912345678-1234":   {lead.PhoneMobile, lead.IdentityLandline},
		"0755-88881234":      {lead.PhoneLandline, lead.IdentityLandline},
		"0755-88881234转8001": {lead.PhoneLandline, lead.IdentityLandline},
		"4008001234":         {lead.PhoneService, lead.IdentityLandline},
		"8008001234":         {lead.PhoneService, lead.IdentityLandline},
		"95588":              {lead.PhoneService, ""},
		"10086":              {lead.PhoneService, ""},
		"+852 9123 4567":     {lead.PhoneMobile, lead.IdentityMobile},
		"+81 90-1234-5678":   {lead.PhoneMobile, lead.IdentityMobile},
		"+44 20 7946 0018":   {lead.PhoneLandline, lead.IdentityLandline},
		"+1 415 555 2671":    {lead.PhoneMobile, lead.IdentityMobile},
		"+1 800 555 2671":    {lead.PhoneService, lead.IdentityLandline},
		"13800138000":        {lead.PhoneMobile, ""},
		"+1 (650) 555-0123":  {lead.PhoneMobile, ""},
		"１３９００００００００":        {lead.PhoneMobile, ""},
	} {
		found, trouble := n.readPhones(typed, "CN")
		require.Len(t, found, 1, "%s: %v", typed, trouble)
		require.Equal(t, want, [2]string{found[0].Type, phoneKind(found[0])}, typed)
	}
}

func TestOnlyRealPlaceholdersAreBlocked(t *testing.T) {
	n, err := New(Config{NeverKeys: []string{"139 1234 0000", "020-88881234"}})
	require.NoError(t, err)
	for typed, blocked := range map[string]bool{
		"13800138000": true, "13000000000": true, "13888888888": true, "18666666666": true, "13456789012": true,
		"+86 139 1234 0000": true, "020 8888 1234": true,
		"13911112222": false, "13900001111": false, "18888888881": false, "13812345678": false, "13999999998": false,
		"13123456789": false, "15012345678": false, "13800138001": false, "13588886666": false, "0755-88888888": false,
	} {
		found, trouble := n.readPhones(typed, "CN")
		require.Len(t, found, 1, "%s: %v", typed, trouble)
		require.Equal(t, blocked, found[0].Blocked == "placeholder", typed)
	}
}

func TestANumberTellsWhereItWasIssued(t *testing.T) {
	n := newNormalizer(t)
	for typed, want := range map[string]string{
		"13912345678":    "江苏省 常州市",
		"13800138001":    "北京市 北京市",
		"0755-88881234":  "广东省 深圳市",
		"021-68881234":   "上海市 上海市",
		"0731-28881234":  "湖南省 株洲市",
		"0731-58881234":  "湖南省 湘潭市",
		"0731-88881234":  "湖南省 长沙市",
		"0871-63881234":  "云南省 昆明市",
		"+852 9123 4567": "香港特别行政区 香港特别行政区",
		"19912345678":    " ", // the data has no 199
	} {
		found, _ := n.readPhones(typed, "CN")
		require.Len(t, found, 1, typed)
		require.Equal(t, want, found[0].Province+" "+found[0].City, typed)
	}
}

func TestEveryAttributedPlaceIsInTheStandard(t *testing.T) {
	g := divisions()
	for _, p := range attributionPlaces[1:] {
		at := g.place(p[0])
		require.True(t, at.found(), p[0])
		if p[1] != "" {
			at = g.read(p[1], at, levelCity)
			require.Equal(t, p[1], g.region(at).City)
		}
	}
}

func TestANumberWithoutCodeIsReadForTheCountryThePersonNamed(t *testing.T) {
	n := newNormalizer(t)
	for _, c := range []struct{ country, typed, want string }{
		{"US", "(415) 555-2671", "+14155552671"},
		{"GB", "020 7946 0018", "+442079460018"},
		{"HK", "9123 4567", "+85291234567"},
		{"US", "13912345678", "+8613912345678"}, // no such number there: one from home
		{"DE", "+86 13912345678", "+8613912345678"},
	} {
		found, trouble := n.readPhones(c.typed, c.country)
		require.Len(t, found, 1, "%s: %v", c.typed, trouble)
		require.Equal(t, c.want, found[0].E164, c.typed)
	}
}

func TestAHubAbroadReadsItsOwnNumbersFirst(t *testing.T) {
	n, err := New(Config{Country: "us"})
	require.NoError(t, err)
	found, _ := n.readPhones("1 415 555 2671", n.country)
	require.Len(t, found, 1)
	require.Equal(t, "+14155552671", found[0].E164)
	found, _ = n.readPhones("+8613912345678", n.country)
	require.Len(t, found, 1)
	require.Equal(t, "+8613912345678", found[0].E164)
}

func mobile(t *rapid.T) string {
	return "1" + rapid.StringMatching(`[3-9][0-9]{9}`).Draw(t, "mobile")
}

func TestAnyWidthAndSpacingOfAMobileIsTheSameNumber(t *testing.T) {
	n := newNormalizer(t)
	rapid.Check(t, func(t *rapid.T) {
		digits := mobile(t)
		var b strings.Builder
		b.WriteString(rapid.SampledFrom([]string{"", "+86", "+86 ", "0086", "86", "＋８６", "(+86)", "'", " ", "\ufeff", "0", "17951"}).Draw(t, "prefix"))
		for i, d := range digits {
			if rapid.Bool().Draw(t, "wide") {
				d += '０' - '0'
			}
			b.WriteRune(d)
			if i < len(digits)-1 {
				b.WriteString(rapid.SampledFrom([]string{"", "", "", " ", "-", ".", "\u00a0", "\u200b", "　", "－", "–"}).Draw(t, "gap"))
			}
		}
		b.WriteString(rapid.SampledFrom([]string{"", " ", "\t", "\u202c"}).Draw(t, "end"))
		found, trouble := n.readPhones(b.String(), "CN")
		if len(found) != 1 || found[0].E164 != "+86"+digits {
			t.Fatalf("%q gave %v %v", b.String(), found, trouble)
		}
	})
}

func TestTwoMobilesInOneFieldAreTwo(t *testing.T) {
	n := newNormalizer(t)
	rapid.Check(t, func(t *rapid.T) {
		a, b := mobile(t), mobile(t)
		sign := rapid.SampledFrom([]string{"/", ",", "，", ";", "；", "、", " ", "  ", "或", "\n", " or ", "|", " / ", "和"}).Draw(t, "sign")
		found, trouble := n.readPhones(a+sign+b, "CN")
		if len(found) != 2 || found[0].E164 != "+86"+a || found[1].E164 != "+86"+b {
			t.Fatalf("%q gave %v %v", a+sign+b, found, trouble)
		}
	})
}

func FuzzPhones(f *testing.F) {
	for _, s := range []string{"13912345678", "020-88881234转8001", "+1 415 555 2671", "1.39E+10", "138…/139…", "１３９", "\xff139", "+86 (0) 139"} {
		f.Add(s, "CN")
	}
	f.Add("9123 4567", "HK")
	n := newNormalizer(f)
	f.Fuzz(func(t *testing.T, s, country string) {
		if country = countryCode(country); country == "" {
			country = "CN"
		}
		found, _ := n.readPhones(s, country)
		for _, p := range found {
			again, trouble := n.readPhones(p.Display(), country)
			require.Len(t, again, 1, "%q is shown as %q, which is not read: %v", s, p.Display(), trouble)
			require.Equal(t, p.Display(), again[0].Display())
			require.Equal(t, p.Type, again[0].Type)
		}
	})
}
