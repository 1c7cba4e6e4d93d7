package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/dedupe/match"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/sqlite"
	"github.com/leadhub/leadhub/stream"
)

func testMatcher(m lead.MergeRules) *matcher {
	s := &snapshot{location: time.UTC}
	s.config.Settings.Merge = m
	return s.matcher()
}

func held(kind, value string, generic bool) lead.HeldIdentity {
	return lead.HeldIdentity{Identity: lead.Identity{Kind: kind, Value: value}, Generic: generic}
}

func TestWhatTooManyPeopleCarrySpeaksForNobody(t *testing.T) {
	front := "+8613912345678"
	person := func(generic bool) *sink.Profile {
		return &sink.Profile{Name: "张伟", Phones: []string{front}, Emails: []string{"Desk@corp.cn"},
			Identities: []lead.HeldIdentity{held(lead.IdentityMobile, front, generic), held(lead.IdentityEmail, "desk@corp.cn", generic)}}
	}
	fields := func(generic bool) []string {
		m := testMatcher(lead.MergeRules{})
		var out []string
		for _, p := range m.Compare(person(generic), person(generic)) {
			out = append(out, p.Field)
		}
		return out
	}
	require.Equal(t, []string{match.FieldPrior, match.FieldName, match.FieldPhone, match.FieldEmail}, fields(false))
	require.Equal(t, []string{match.FieldPrior, match.FieldName}, fields(true))
	require.NotEmpty(t, testMatcher(lead.MergeRules{}).Keys(person(false)))
	require.Empty(t, testMatcher(lead.MergeRules{}).Keys(person(true)))
}

func TestTheRulesOfMergingMoveTheThresholds(t *testing.T) {
	possible, likely := testMatcher(lead.MergeRules{}).Thresholds()
	require.Equal(t, match.Possible, possible)
	require.Equal(t, match.Likely, likely)
	possible, likely = testMatcher(lead.MergeRules{Possible: 3.5, Likely: 12}).Thresholds()
	require.Equal(t, 3.5, possible)
	require.Equal(t, 12.0, likely)
}

func TestTheReasonWhyTwoWereNotJoinedIsSaidInBothLanguagesWithoutAValue(t *testing.T) {
	m := testMatcher(lead.MergeRules{})
	phone := lead.Identity{Kind: lead.IdentityMobile, Value: "+8613912345678"}
	for _, reason := range []string{lead.HeldDecision, lead.HeldUnique, lead.HeldConflict, lead.HeldSilence, lead.HeldBridge, lead.HeldTooMany} {
		p := m.Shared(phone, &lead.Held{Identity: phone, Reason: reason, Other: lead.Identity{Kind: lead.IdentityUnionID}})
		require.Equal(t, reason, p.Level)
		require.Contains(t, p.Text, "shares mobile, held back: ")
		require.Contains(t, p.TextZH, "共有手机，但未自动合并：")
		require.NotContains(t, p.TextZH, reason, "a code is no word")
		require.NotContains(t, p.Text+p.TextZH, "5678")
	}
	require.Equal(t, "shares mobile, held back", m.Shared(phone, nil).Text)
}

func TestAGapInTheLogIsNoticedAndWhatComesAgainIsNone(t *testing.T) {
	m := &matching{missed: newSignal()}
	for _, c := range []struct {
		partition   int
		first, last int64
		missed      bool
	}{{0, 40, 49, false}, {1, 7, 7, false}, {0, 50, 50, false}, {0, 45, 50, false}, {0, 51, 60, false}, {1, 8, 9, false}, {0, 62, 62, true}, {0, 63, 63, false}} {
		m.watch([]stream.Record{{Partition: c.partition, Offset: c.first}, {Partition: c.partition, Offset: c.last}})
		select {
		case <-m.missed:
			require.True(t, c.missed, "%+v", c)
		default:
			require.False(t, c.missed, "%+v", c)
		}
	}
}

// crowd makes submissions of invented people: names as common as names are, a few of them twice with a slip.
func crowd(n int) []sink.Item {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(list string) string { c := []rune(list); return string(c[r.IntN(len(c))]) }
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	items := make([]sink.Item, n)
	for i := range items {
		name := pick("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹") +
			pick("伟芳娜敏静丽强磊洋勇军杰娟艳涛明超霞平刚建国志文海春雪晓玉子浩雨") + pick("华平强明红霞芳国军玲燕峰鹏飞辉英梅兰生海云涵轩然怡")
		phone := fmt.Sprintf("+861%d%09d", 3+r.IntN(7), r.IntN(1_000_000_000))
		company := fmt.Sprintf("%s%s%d科技有限公司", pick("海云星天金华东新远大"), pick("风帆河成达信诚通联创"), r.IntN(500))
		if i%20 == 19 { // one who was there before, with a digit wrong
			before := items[r.IntN(i)].Submission
			name, company = before.Name.Display, before.Company.Display
			digits := []byte(before.Phones[0].E164)
			digits[10] = '0' + (digits[10]-'0'+1)%10
			phone = string(digits)
		}
		s := &lead.Submission{ID: fmt.Sprintf("sub_%06d", i), Source: "site", Channel: "webform", EventTime: now, ReceivedAt: now,
			Name: lead.Name{Display: name, Key: name}, Phones: []lead.Phone{{E164: phone, Type: lead.PhoneMobile}},
			Company: lead.Company{Display: company, Key: company}, Region: lead.Region{Country: "CN", Province: "广东省", City: pick("深广珠佛惠") + "州市"},
			Identities: []lead.Identity{{Kind: lead.IdentityMobile, Value: phone}}}
		doc, err := json.Marshal(s)
		if err != nil {
			panic(err)
		}
		items[i] = sink.Item{Submission: s, JSON: doc}
	}
	return items
}

// BenchmarkMatch compares 1000 new leads at a time with the pool, on SQLite.
func BenchmarkMatch(b *testing.B) {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, filepath.Join(b.TempDir(), "pool.db"), sqlite.Options{})
	require.NoError(b, err)
	defer func() { require.NoError(b, db.Close()) }()
	require.NoError(b, db.Migrate(ctx))
	judge := func() sink.Judge { return dedupe.Policy{} }
	s := sink.New(sink.Config{Pool: db, Judge: judge})
	d := sink.NewDuplicates(sink.DuplicatesConfig{Pool: db, Judge: judge, Matcher: func() sink.Matcher { return testMatcher(lead.MergeRules{}) }})
	items := crowd(200_000)
	looked := 0
	var total sink.Looked
	for b.Loop() {
		b.StopTimer()
		_, err := s.Record(ctx, items[:1000])
		require.NoError(b, err)
		items = items[1000:]
		var changed []sink.Changed
		_, err = db.Relay(ctx, 2000, func(list []sink.Outgoing) error {
			for _, o := range list {
				changed = append(changed, sink.Changed{Lead: o.Lead})
			}
			return nil
		})
		require.NoError(b, err)
		b.StartTimer()
		got, err := d.Look(ctx, changed)
		require.NoError(b, err)
		looked += len(changed)
		total.Compared += got.Compared
		total.Opened += got.Opened
		total.Crowded += got.Crowded
	}
	b.ReportMetric(float64(looked)/b.Elapsed().Seconds(), "leads/s")
	b.ReportMetric(float64(total.Compared)/float64(looked), "pairs/lead")
	b.ReportMetric(float64(total.Opened)/float64(looked), "opened/lead")
	b.ReportMetric(float64(total.Crowded)/float64(looked), "crowded/lead")
}
