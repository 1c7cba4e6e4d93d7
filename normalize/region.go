package normalize

import (
	"strings"
	"unicode/utf8"

	"github.com/leadhub/leadhub/lead"
)

// Values of Submission.RegionFrom.
const (
	fromFields  = "fields"
	fromAddress = "address"
	fromMessage = "message"
	fromPhone   = "phone"
)

// saidCountry is the country that the person named, as an ISO code; "" when none or unknown.
func (c *cleaning) saidCountry() string {
	if !c.has(classRegion) {
		return ""
	}
	text := clean(c.draft.First(lead.FieldCountry))
	if isNothing(text) {
		return ""
	}
	code := countryCode(text)
	if code == "" {
		short, _ := limit(text, maxShort)
		c.note("country: “%s” is not known", short)
	}
	return code
}

// region fills the region from the fields, else from the address, else from where the phone number was issued.
func (c *cleaning) region(country string) {
	r := &c.sub.Region
	if !c.has(classRegion) {
		c.guessedRegion()
		return
	}
	var at place
	switch country {
	case "", "CN":
		r.Country = country
	case "HK", "MO", "TW": // in GB/T 2260 with the provinces
		at = divisions().place(map[string]string{"HK": hongKong, "MO": macau, "TW": taiwan}[country])
	default:
		c.abroad(country)
		return
	}
	at = c.fieldPlace(at)
	from := fromFields
	if !at.found() {
		from = fromAddress
	}
	if c.sub.Address != "" {
		at = divisions().read(c.sub.Address, at, levelProvince)
	}
	switch {
	case at.found():
		*r, c.sub.RegionFrom = divisions().region(at), from
	case c.freeCity():
		c.sub.RegionFrom = fromFields
	case len(c.sub.Phones) > 0 || len(c.sub.Found) > 0:
		c.guessedRegion()
	case country != "":
		c.sub.RegionFrom = fromFields
	}
}

// guessedRegion takes the region from the messages, else from where a phone was issued.
func (c *cleaning) guessedRegion() {
	if !c.messageRegion() {
		c.phoneRegion()
	}
}

// fieldPlace reads the three fields, each in the light of the ones before it.
func (c *cleaning) fieldPlace(at place) place {
	g := divisions()
	for _, f := range []struct {
		name string
		want int
	}{{lead.FieldProvince, levelProvince}, {lead.FieldCity, levelCity}, {lead.FieldDistrict, levelCounty}} {
		text := clean(c.draft.First(f.name))
		if isNothing(text) {
			continue
		}
		next := g.read(text, at, f.want)
		if next == at && !g.says(text, at) && hasHan(text) {
			short, _ := limit(text, maxShort)
			c.note("%s: “%s” is not found or not unique", f.name, short)
			c.keep(f.name, text)
		}
		at = next
	}
	return at
}

// freeCity keeps a city that is no division of China as it was typed, with no country.
func (c *cleaning) freeCity() bool {
	city := c.line(lead.FieldCity, maxShort)
	if city == "" || hasHan(city) {
		return false
	}
	c.sub.Region.Province, c.sub.Region.City = c.line(lead.FieldProvince, maxShort), city
	c.sub.Region.District = c.line(lead.FieldDistrict, maxShort)
	return true
}

// abroad keeps what was said of a place outside China.
func (c *cleaning) abroad(country string) {
	c.sub.Region = lead.Region{Country: country, Province: c.line(lead.FieldProvince, maxShort),
		City: c.line(lead.FieldCity, maxShort), District: c.line(lead.FieldDistrict, maxShort)}
	c.sub.RegionFrom = fromFields
}

// phoneRegion takes the region from the first number that has one. It is a guess: numbers are carried along.
func (c *cleaning) phoneRegion() {
	g := divisions()
	for _, p := range c.sub.Phones {
		if p.Blocked != "" {
			continue
		}
		if at := g.place(p.Province); at.found() {
			if p.City != "" && p.City != p.Province {
				at = g.read(p.City, at, levelCity)
			}
			c.sub.Region, c.sub.RegionFrom = g.region(at), fromPhone
			return
		}
	}
	if c.sub.Region.Country != "" { // the person said as much
		c.sub.RegionFrom = fromFields
		return
	}
	for _, p := range c.sub.Phones {
		if country := countryOf(p.E164); country != "" && p.Blocked == "" && p.Type != lead.PhoneService {
			c.sub.Region, c.sub.RegionFrom = lead.Region{Country: country}, fromPhone
			return
		}
	}
}

// place is the place of a full name of a province.
func (g *gazetteer) place(province string) place {
	if i := g.named[province]; province != "" && i != 0 {
		return place{province: g.all[i].province}
	}
	return place{}
}

// says reports whether text names nothing beyond what is known.
func (g *gazetteer) says(text string, at place) bool {
	for _, i := range []uint16{at.province, at.city, at.county} {
		if i != 0 && strings.HasPrefix(g.all[i].name, text) {
			return true
		}
	}
	return noDivision[text]
}

// noDivision are fillers of address pickers.
var noDivision = set("市辖区 县 省直辖县级行政区划 自治区直辖县级行政区划 全境 全区 其他 其它 请选择 不限 全国 海外 国外 其他区 其它区")

// read follows the divisions that text begins with, from what is known. want is the level that a name is first taken for.
func (g *gazetteer) read(text string, at place, want int) place {
	for range 8 {
		text = strings.TrimLeft(text, " -—,，、/·|>._:：\n0123456789")
		for _, skip := range []string{"中国", "中華人民共和國", "中华人民共和国", "市辖区", "省直辖县级行政区划", "自治区直辖县级行政区划"} {
			text = strings.TrimPrefix(text, skip)
		}
		text = strings.TrimLeft(text, " -,，/·")
		i, size := g.prefix(text, at, want)
		if i == 0 {
			break
		}
		at, text = g.step(at, i), text[size:]
		if at.county != 0 {
			break
		}
		want = max(want, min(at.level()+1, levelCounty))
	}
	return at
}

// prefix finds the division with the longest name that text begins with.
func (g *gazetteer) prefix(text string, at place, want int) (i uint16, size int) {
	if text == "" {
		return 0, 0
	}
	if text[0] < utf8.RuneSelf {
		return g.latinPrefix(text, at, want)
	}
	for end := min(len(text), g.longest); end >= len("中文"); end-- {
		if end < len(text) && !utf8.RuneStart(text[end]) {
			continue
		}
		if i, fitting := g.pick(g.named[text[:end]], at, want, true); fitting > 0 {
			return i, end
		}
		i, fitting := g.pick(g.short[text[:end]], at, want, false)
		if i == 0 || isStreet(text[end:]) { // 南京路 is not in 南京
			continue
		}
		// 吴江市 became 吴江区, so another kind is read over; but not where that could mean another place.
		if kind := divisionKind(text[end:]); kind != "" {
			if fitting > 1 {
				continue
			}
			end += len(kind)
		}
		return i, end
	}
	return 0, 0
}

// divisionKind is the kind of division that rest begins with.
func divisionKind(rest string) string {
	for _, kind := range []string{"自治区", "自治州", "自治县", "地区", "省", "市", "区", "县", "州"} {
		if strings.HasPrefix(rest, kind) {
			return kind
		}
	}
	return ""
}

// isStreet reports whether what follows an abbreviation makes it the name of a street or building.
func isStreet(rest string) bool {
	for _, w := range []string{"东", "西", "南", "北", "中", "一", "二", "三", "四"} {
		if after, ok := strings.CutPrefix(rest, w); ok {
			rest = after
			break
		}
	}
	for _, w := range []string{"路", "街", "大道", "大街", "巷", "弄", "胡同", "大厦", "广场", "公路", "高速", "花园", "小区"} {
		if strings.HasPrefix(rest, w) {
			return true
		}
	}
	return false
}

// region writes a place down.
func (g *gazetteer) region(at place) lead.Region {
	p := g.all[at.province]
	r := lead.Region{Country: "CN", Province: p.name, Code: p.code}
	if at.city != 0 {
		r.City, r.Code = g.all[at.city].name, g.all[at.city].code
		if r.Code[2:] == "0000" {
			r.Code = p.code
		}
	} else if strings.HasSuffix(p.name, "市") || strings.HasSuffix(p.name, "特别行政区") {
		r.City = p.name
	}
	if at.county != 0 {
		r.District, r.Code = g.all[at.county].name, g.all[at.county].code
	}
	return r
}
