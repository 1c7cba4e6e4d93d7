package labelled_test

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/dedupe/match/labelled"
)

// maker invents people and the slips with which they are written down.
type maker struct{ *rand.Rand }

func newMaker(seed uint64) maker { return maker{rand.New(rand.NewPCG(seed, 1))} }

// bag draws from n invented words, some far more often than others.
func (m maker) bag(n, syllables int) func() string {
	var words []string
	for len(words) < n {
		var b strings.Builder
		for range 2 + m.IntN(syllables-1) {
			b.WriteString(m.one("b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "st", "th"))
			b.WriteString(m.one("a", "e", "i", "o", "u", "ar", "en", "il", "on"))
		}
		words = append(words, b.String())
	}
	return func() string { return words[min(int(float64(n)*m.Float64()*m.Float64()), n-1)] }
}

func (m maker) one(of ...string) string { return of[m.IntN(len(of))] }

func (m maker) typo(s string) string {
	rs := []rune(s)
	if len(rs) < 2 {
		return s
	}
	i, r := m.IntN(len(rs)-1), rune('a'+m.IntN(26))
	if rs[i] >= '0' && rs[i] <= '9' {
		r = rune('0' + m.IntN(10))
	}
	switch m.IntN(4) {
	case 0:
		return string(slices.Delete(rs, i, i+1))
	case 1:
		rs[i] = r
	case 2:
		rs = slices.Insert(rs, i, r)
	case 3:
		rs[i], rs[i+1] = rs[i+1], rs[i]
	}
	return string(rs)
}

func (m maker) worn(row []string, typos, gaps float64) []string {
	row = slices.Clone(row)
	for i := range row {
		switch q := m.Float64(); {
		case q < typos:
			row[i] = m.typo(row[i])
		case q < typos+gaps:
			row[i] = ""
		}
	}
	return row
}

// set is a labelled table; the last column is the truth.
type set struct {
	header []string
	rows   [][]string
}

func (s set) csv() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(s.header)
	_ = w.WriteAll(s.rows)
	return b.String()
}

func (m maker) shuffled(header string, rows [][]string) set {
	m.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return set{strings.Split(header, ","), rows}
}

// people are written down one to five times each.
func people(seed uint64, n int) set {
	m := newMaker(seed)
	first, last, city := m.bag(300, 3), m.bag(1500, 3), m.bag(80, 4)
	var rows [][]string
	for e := range n {
		f, l := first(), last()
		p := []string{f, l, fmt.Sprintf("%d-%02d-%02d", 1940+m.IntN(65), 1+m.IntN(12), 1+m.IntN(28)), fmt.Sprintf("139%08d", m.IntN(1e8)),
			f + "." + l + fmt.Sprint(m.IntN(99)) + "@example.org", city()}
		for k := range 1 + m.IntN(5)*m.IntN(2) {
			row := p
			if k > 0 {
				row = m.worn(p, 0.15, 0.2)
			}
			if k > 0 && m.IntN(15) == 0 {
				row[0], row[1] = row[1], row[0]
			}
			rows = append(rows, append(slices.Clone(row), fmt.Sprint("e", e)))
		}
	}
	return m.shuffled("first_name,surname,dob,phone,email,city,who", rows)
}

// households: up to five people share surname, address and mostly the phone.
func households(seed uint64, n int) set {
	m := newMaker(seed)
	first, last, street, suburb := m.bag(300, 3), m.bag(1500, 3), m.bag(800, 3), m.bag(120, 4)
	var rows [][]string
	e := 0
	for range n {
		place := suburb()
		home := []string{"", last(), "", fmt.Sprint(1 + m.IntN(200)), street() + " street", place, fmt.Sprint(1000 + len(place)*37 + int(place[0])*11 + int(place[2])), fmt.Sprintf("02 %08d", m.IntN(1e8))}
		for range 1 + m.IntN(5) {
			p := slices.Clone(home)
			p[0], p[2] = first(), fmt.Sprintf("%02d/%02d/%d", 1+m.IntN(28), 1+m.IntN(12), 1930+m.IntN(80))
			if m.IntN(3) == 0 {
				p[7] = fmt.Sprintf("04 %08d", m.IntN(1e8))
			}
			for k := range []int{1, 1, 1, 2, 3}[m.IntN(5)] {
				row := p
				if k > 0 {
					row = m.worn(p, 0.1, 0.08)
				}
				rows = append(rows, append(slices.Clone(row), fmt.Sprint(e)))
			}
			e++
		}
	}
	return m.shuffled("given_name,surname,date_of_birth,street_number,address_1,suburb,postcode,phone_number,who", rows)
}

// chinese leads: names of the common kind, homophones, companies with and without legal form.
func chinese(seed uint64, n int) set {
	m := newMaker(seed)
	family, given := []rune("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"), []rune("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英秀兰志建国文华小晓东海燕雪梅子涵宇轩浩然思远")
	sound := map[string]string{"小": "晓", "晓": "小", "伟": "玮", "静": "婧", "明": "鸣", "丽": "莉", "国": "帼"}
	trade := []string{"科技", "贸易", "文化", "装备", "食品"}
	var rows [][]string
	for e := range n {
		name := string([]rune{family[m.IntN(len(family))], given[m.IntN(len(given))], given[m.IntN(len(given))]})
		brand := string([]rune{given[m.IntN(len(given))], given[m.IntN(len(given))]})
		p := []string{name, fmt.Sprintf("13%09d", m.IntN(1e9)), brand + m.one(trade...) + "有限公司", m.one("深圳市", "广州市", "成都市", "杭州市", "上海市")}
		for k := range 1 + m.IntN(3) {
			row := slices.Clone(p)
			if k > 0 {
				for from, to := range sound {
					if m.IntN(3) == 0 && strings.Contains(row[0], from) {
						row[0] = strings.Replace(row[0], from, to, 1)
						break
					}
				}
				if m.IntN(3) == 0 {
					row[1] = m.typo(row[1])
				}
				if m.IntN(3) == 0 {
					row[2] = strings.TrimSuffix(row[2], "有限公司")
				}
				if m.IntN(4) == 0 {
					row[m.IntN(4)] = ""
				}
			}
			rows = append(rows, append(row, fmt.Sprint(e)))
		}
	}
	return m.shuffled("姓名,手机号,公司,城市,归属", rows)
}

// only keeps some columns and the truth.
func (s set) only(columns ...string) set {
	columns = append(columns, s.header[len(s.header)-1])
	out := set{header: columns}
	for _, r := range s.rows {
		var row []string
		for _, c := range columns {
			row = append(row, r[slices.Index(s.header, c)])
		}
		out.rows = append(out.rows, row)
	}
	return out
}

func (s set) measure(t testing.TB) labelled.Report {
	rep, err := labelled.Measure(strings.NewReader(s.csv()), labelled.Options{Truth: s.header[len(s.header)-1]})
	require.NoError(t, err)
	return rep
}
