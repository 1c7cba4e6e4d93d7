package match_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/dedupe/match"
	"github.com/leadhub/leadhub/lead"
)

// inventedPool makes n people of whom every third comes twice: under another number, with a slip in the number, with
// a homophone or in pinyin. Colleagues share a company and its landline.
func inventedPool(n int) (pool []match.Profile, who []int) {
	rnd := rand.New(rand.NewPCG(7, 7))
	pick := func(s string) string { rs := []rune(s); return string(rs[rnd.IntN(len(rs))]) }
	number := func() string { return fmt.Sprintf("+8613%09d", rnd.IntN(1e9)) }
	homophones := map[rune]string{'明': "鸣", '伟': "玮", '静': "婧", '丽': "莉", '国': "帼", '晓': "小", '雪': "鳕"}
	cities := []lead.Region{{Country: "CN", Province: "广东省", City: "深圳市"}, {Country: "CN", Province: "四川省", City: "成都市"}, {Country: "CN", Province: "上海市", City: "上海市"}}
	var companies, landlines []string
	for i := range n / 5 {
		companies = append(companies, pick("海山月星云河江林")+pick("风石光川峰泽源森")+pick("科智文食装贸电创")+pick("达联信通和泰盛嘉"))
		landlines = append(landlines, fmt.Sprintf("+8620888%05d", i))
	}
	for i := range n {
		firm := rnd.IntN(len(companies))
		given := pick("明伟静丽国晓雪思文志建海子欣") + pick("远华强芳军燕杰涛轩怡宇琳峰")
		p := match.Profile{ID: fmt.Sprint(i), Name: pick("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗") + given, Phones: []string{number(), landlines[firm]},
			Company: companies[firm] + "有限公司", Region: cities[rnd.IntN(len(cities))]}
		pool, who = append(pool, p), append(who, i)
		if i%3 != 0 {
			continue
		}
		q := p
		q.ID, q.Company = p.ID+"b", companies[firm]
		mobile := []byte(p.Phones[0])
		switch rnd.IntN(3) {
		case 0:
			q.Phones = []string{number()}
		case 1:
			at := 6 + rnd.IntN(8)
			mobile[at] = '0' + (mobile[at]-'0'+1)%10
			q.Phones = []string{string(mobile)}
			q.Company = ""
		case 2:
			q.Phones = []string{number()}
			rs := []rune(q.Name)
			if h, ok := homophones[rs[1]]; ok {
				rs[1] = []rune(h)[0]
			}
			q.Name = string(rs)
		}
		pool, who = append(pool, q), append(who, i)
	}
	return pool, who
}

func TestAPoolsPossibleDuplicatesAreMostlyRightAndMostlyFound(t *testing.T) {
	pool, who := inventedPool(3000)
	blocks := map[string][]int{}
	for i, p := range pool {
		for _, k := range match.Keys(p) {
			blocks[k] = append(blocks[k], i)
		}
	}
	compared := map[[2]int]bool{}
	possible, likely, right, rightLikely := 0, 0, 0, 0
	for _, in := range blocks {
		for x := range in {
			for y := range x {
				at := [2]int{in[y], in[x]}
				if compared[at] {
					continue
				}
				compared[at] = true
				s := match.Compare(pool[at[0]], pool[at[1]], nil)
				same := who[at[0]] == who[at[1]]
				if s.Weight >= match.Possible {
					possible++
					if same {
						right++
					}
				}
				if s.Weight >= match.Likely {
					likely++
					if same {
						rightLikely++
					}
				}
			}
		}
	}
	t.Logf("%d pairs compared; possible: %d, %d of 1000 true ones among them; likely: %d, %d right", len(compared), possible, right, likely, rightLikely)
	require.Greater(t, right, 950, "of 1000")
	require.Greater(t, float64(right)/float64(possible), 0.90)
	require.Greater(t, float64(rightLikely)/float64(likely), 0.99)
}
