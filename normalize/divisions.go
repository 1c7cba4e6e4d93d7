package normalize

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed data/divisions.txt
var divisionsText string

// Levels of a division.
const (
	levelProvince = iota + 1
	levelCity
	levelCounty
)

// division is one entry of GB/T 2260. Its names are parts of the embedded text and cost no memory of their own.
type division struct {
	name     string
	code     string // six digits
	level    uint8
	province uint16 // index of its province; of itself for a province
	city     uint16 // index of its city; of itself for a city, 0 for a province
	twin     uint16 // next division of the same name or abbreviation, 0 = none; chained through it
}

// gazetteer finds divisions by name. It is made once and not changed.
type gazetteer struct {
	all     []division        // all[0] is none
	named   map[string]uint16 // full names
	short   map[string]uint16 // names without 省, 市, 区 …; chained through twins
	twins   []uint16          // next of the same short name
	byCode  map[uint16]uint16 // by the first four digits; provinces as pp00
	longest int               // bytes of the longest name
}

var divisions = sync.OnceValue(func() *gazetteer {
	g := &gazetteer{all: make([]division, 1, 3400), named: make(map[string]uint16, 3200), short: make(map[string]uint16, 3000), byCode: make(map[uint16]uint16, 420)}
	var province, city uint16
	for line := range strings.Lines(divisionsText) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		code, rest, _ := strings.Cut(line, " ")
		name, counties, _ := strings.Cut(rest, " ")
		switch {
		case len(code) == 2:
			province = g.add(division{name: name, code: code + "0000", level: levelProvince})
			g.all[province].province = province
			continue
		case name == "-": // counties that answer to the province count as cities
			city = 0
		case name != "+":
			six := code + "00"
			if name == g.all[province].name {
				six = code[:2] + "0000" // a municipality is its own city
			}
			city = g.add(division{name: name, code: six, level: levelCity, province: province})
			g.all[city].city = city
		}
		for c := range strings.FieldsSeq(counties) {
			d := division{name: c[2:], code: code + c[:2], level: levelCounty, province: province, city: city}
			if c[:2] == "00" {
				d.code = code[:2] + "0000"
			}
			if city == 0 {
				d.level = levelCity
			}
			if at := g.add(d); city == 0 {
				g.all[at].city = at
			}
		}
	}
	for word, i := range shortProvinces {
		for at := range g.all {
			if d := &g.all[at]; d.level == levelProvince && d.code[:2] == i {
				g.short[word] = uint16(at)
			}
		}
	}
	return g
})

// add appends a division and makes it findable.
func (g *gazetteer) add(d division) uint16 {
	at := uint16(len(g.all))
	d.twin = g.named[d.name]
	g.named[d.name] = at
	g.all = append(g.all, d)
	if short := shortName(d.name, int(d.level)); short != "" {
		for len(g.twins) <= int(at) {
			g.twins = append(g.twins, 0)
		}
		g.twins[at] = g.short[short]
		g.short[short] = at
	}
	if d.level < levelCounty && d.code[:4] != "7100" {
		four, _ := strconv.ParseUint(d.code[:4], 10, 16)
		if d.level == levelCity && d.code[2:] == "0000" {
			four++ // a municipality: 1101
		}
		if g.byCode[uint16(four)] == 0 {
			g.byCode[uint16(four)] = at
		}
	}
	g.longest = max(g.longest, len(d.name))
	return at
}

// shortProvinces are abbreviations that cutting the suffix does not give.
var shortProvinces = map[string]string{
	"内蒙古": "15", "内蒙": "15", "广西": "45", "宁夏": "64", "新疆": "65", "西藏": "54", "香港": "81", "澳门": "82",
	"香港特区": "81", "澳门特区": "82", "广西自治区": "45", "宁夏自治区": "64", "新疆自治区": "65", "台灣": "71", "澳門": "82", "臺灣": "71",
}

// peoples stand in the names of autonomous places and are left out in speech: 延边朝鲜族自治州 is 延边.
var peoples = strings.Fields(`维吾尔 哈萨克 蒙古 柯尔克孜 塔吉克 锡伯 达斡尔 鄂温克 鄂伦春 保安 东乡 撒拉 裕固 土家 哈尼 拉祜 傈僳 景颇 仡佬 毛南 仫佬
	布依 布朗 普米 独龙 朝鲜 纳西 蒙古 藏 回 壮 苗 彝 满 侗 瑶 白 傣 黎 羌 佤 水 畲 土 怒 各`)

// shortName is a division's name without what kind of division it is; "" when that leaves less than two characters.
func shortName(name string, level int) string {
	short := name
	for _, suffix := range []string{"特别行政区", "自治区", "自治州", "自治县", "自治旗", "行政委员会", "地区", "新区", "林区", "特区", "矿区", "省", "市", "盟", "区", "县", "旗"} {
		if head, ok := strings.CutSuffix(name, suffix); ok {
			short = head
			if strings.HasPrefix(suffix, "自治") {
				short = withoutPeoples(head)
			}
			break
		}
	}
	const two = 2 * len("中")
	if len(short) < two || short == name {
		return ""
	}
	if level == levelCounty && (short == "市中" || short == "城中" || short == "开发") {
		return ""
	}
	return short
}

func withoutPeoples(s string) string {
	for again := true; again; {
		again = false
		for _, p := range peoples {
			head, ok := strings.CutSuffix(s, p+"族")
			if !ok {
				if head, ok = strings.CutSuffix(s, p); !ok || len(p) < 2*len("中") { // 蒙古, 哈萨克 stand without 族
					continue
				}
			}
			if len(head) >= 2*len("中") {
				s, again = head, true
				break
			}
		}
	}
	return s
}

// place is where a text has led so far: indexes into the gazetteer, 0 = not known.
type place struct{ province, city, county uint16 }

func (p place) found() bool { return p.province != 0 }

// level of the finest division known.
func (p place) level() int {
	switch {
	case p.county != 0:
		return levelCounty
	case p.city != 0:
		return levelCity
	case p.province != 0:
		return levelProvince
	}
	return 0
}

// pick returns the division of a chain of namesakes that fits into what is known and is nearest to the level want;
// fitting counts all that fit. Of several that are equally near it returns none: 鼓楼区 is in four cities.
func (g *gazetteer) pick(i uint16, at place, want int, full bool) (best uint16, fitting int) {
	bestCost, several := 1<<30, false
	for ; i != 0; i = g.next(i, full) {
		d := &g.all[i]
		if !g.fits(d, i, at) {
			continue
		}
		fitting++
		cost := int(d.level) - want
		if cost < 0 {
			cost = -cost*2 + 1 // rather finer than coarser
		}
		switch {
		case cost < bestCost:
			best, bestCost, several = i, cost, false
		case cost == bestCost:
			several = true
		}
	}
	if several {
		return 0, fitting
	}
	return best, fitting
}

func (g *gazetteer) next(i uint16, full bool) uint16 {
	if full {
		return g.all[i].twin
	}
	if int(i) < len(g.twins) {
		return g.twins[i]
	}
	return 0
}

// fits reports whether division i can follow what is known: a part of it, or the same said again.
func (g *gazetteer) fits(d *division, i uint16, at place) bool {
	if at.province == 0 {
		return true
	}
	if d.province != at.province {
		return false
	}
	if at.city == 0 || d.level == levelProvince {
		return d.level > levelProvince || i == at.province
	}
	return d.city == at.city
}

// step adds a division to what is known.
func (g *gazetteer) step(at place, i uint16) place {
	d := &g.all[i]
	at.province = d.province
	if d.city != 0 {
		at.city = d.city
	}
	if d.level == levelCounty {
		at.county = i
	}
	return at
}
