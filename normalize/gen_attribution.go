//go:build ignore

// Writes data/attribution.bin and data/attribution.txt from the geocoding data of github.com/nyaruka/phonenumbers. Run it
// with go generate after that library was upgraded.
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/normalize"
)

// renamed are old names in the library's data and what the places are called today.
var renamed = strings.NewReplacer("襄樊市", "襄阳市", "哈密地区", "哈密市", "吐鲁番地区", "吐鲁番市", "昌都地区", "昌都市", "那曲地区", "那曲市",
	"林芝地区", "林芝市", "山南地区", "山南市", "日喀则地区", "日喀则市", "毕节地区", "毕节市", "铜仁地区", "铜仁市", "海东地区", "海东市",
	"思茅市", "普洱市", "莱芜市", "济南市", "巢湖市", "合肥市", "江汉", "")

// shared are the parts of area codes that several cities share, where the library knows the largest city only.
// Where the digits behind the code do not tell the cities apart, the province has to do.
var shared = map[string]string{
	"7312": "湖南省株洲市", "7315": "湖南省湘潭市", "3712": "河南省开封市", "245": "辽宁省抚顺市", "247": "辽宁省铁岭市",
	"293": "陕西省咸阳市", "2838": "四川省眉山市", "2826": "四川省资阳市", "728": "湖北省", "898": "海南省",
}

func main() {
	n, err := normalize.New(normalize.Config{})
	if err != nil {
		log.Fatal(err)
	}
	g := &generator{n: n, index: map[string]uint16{"": 0}, seen: map[string]uint16{}}
	var body []byte
	offsets := []uint32{0}
	block := func(count int, place func(low int) uint16) {
		last := uint16(0)
		for low := range count {
			if at := place(low); low == 0 || at != last {
				body = binary.LittleEndian.AppendUint16(body, uint16(low))
				body = binary.LittleEndian.AppendUint16(body, at)
				last = at
			}
		}
		offsets = append(offsets, uint32(len(body)/4))
	}
	for b := 130; b < 200; b++ {
		block(10_000, func(low int) uint16 { return g.place(uint64(b)*100_000_000 + uint64(low)*10_000) })
	}
	for b := 1; b < 10; b++ {
		block(10_000, func(low int) uint16 {
			d := strconv.Itoa(b) + fmt.Sprintf("%04d", low)
			for prefix, name := range shared {
				if strings.HasPrefix(d, prefix) {
					return g.add(name)
				}
			}
			rest := "00000" // with the digits of an area code of two: 20 888 81234, of three: 755 88 881234
			if d[0] != '2' && d[:2] != "10" {
				rest = "000000"
			}
			v, _ := strconv.ParseUint(d+rest, 10, 64)
			return g.place(v)
		})
	}
	var head []byte
	for _, o := range offsets {
		head = binary.LittleEndian.AppendUint32(head, o)
	}
	text := "# Province and city; the number of the line, from 1, is the place's number in attribution.bin. Made by gen_attribution.go.\n" +
		strings.Join(g.places, "\n") + "\n"
	for name, data := range map[string][]byte{"data/attribution.bin": append(head, body...), "data/attribution.txt": []byte(text)} {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(len(body)/4, "runs,", len(g.places), "places")
}

type generator struct {
	n      *normalize.Normalizer
	index  map[string]uint16 // by "province city"
	seen   map[string]uint16 // by the library's name
	places []string
}

func (g *generator) place(number uint64) uint16 {
	country := int32(86)
	name, err := phonenumbers.GetGeocodingForNumber(&phonenumbers.PhoneNumber{CountryCode: &country, NationalNumber: &number}, "zh")
	if err != nil {
		log.Fatal(err)
	}
	if at, ok := g.seen[name]; ok {
		return at
	}
	at := g.add(name)
	g.seen[name] = at
	return at
}

func (g *generator) add(name string) uint16 {
	if name == "中国" || name == "" {
		return 0
	}
	d := lead.Draft{Fields: map[string][]string{lead.FieldAddress: {renamed.Replace(name)}, lead.FieldExternalID: {"x"}}}
	s, err := g.n.Submission(lead.Raw{ID: "x", Source: "x", ReceivedAt: time.Unix(1, 0)}, 0, d, 0)
	if err != nil {
		log.Fatal(err)
	}
	if s.Region.Province == "" {
		log.Println("not found:", name)
		return 0
	}
	if s.Region.City == "" {
		log.Println("province only:", name)
	}
	place := strings.TrimSpace(s.Region.Province + " " + s.Region.City)
	if g.index[place] == 0 {
		g.places = append(g.places, place)
		g.index[place] = uint16(len(g.places))
	}
	return g.index[place]
}
