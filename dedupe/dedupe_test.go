package dedupe_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/lead"
)

var day = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func mobile(n string) lead.Identity { return lead.Identity{Kind: lead.IdentityMobile, Value: n} }

func record(id string, ids ...lead.Identity) *lead.Record {
	return &lead.Record{Lead: lead.Lead{ID: id, Number: "XL-" + id}, Identities: lead.Hold(nil, day, ids...)}
}

func judge(s *lead.Submission, candidates ...*lead.Record) (lead.Verdict, bool) {
	return dedupe.Policy{}.Judge(s, candidates, func(lead.Identity) bool { return false })
}

func TestAStrongIdentityJoinsAndAWeakOneDoesNot(t *testing.T) {
	landline := lead.Identity{Kind: lead.IdentityLandline, Value: "+862088881234"}
	known := record("ld_1", mobile("+8613912340001"), landline)

	same, sure := judge(&lead.Submission{Identities: []lead.Identity{mobile("+8613912340001")}}, known)
	require.True(t, sure)
	require.Equal(t, lead.VerdictSame, same.Kind)
	require.Equal(t, "ld_1", same.Lead)
	require.Equal(t, []string{"same mobile as XL-ld_1"}, same.Reasons)

	weak, sure := judge(&lead.Submission{Identities: []lead.Identity{landline}}, known)
	require.True(t, sure)
	require.Equal(t, lead.VerdictNew, weak.Kind)
}

func TestASubmissionThatKnowsTwoLeadsJoinsThemIntoTheOldest(t *testing.T) {
	email := lead.Identity{Kind: lead.IdentityEmail, Value: "li@corp.cn"}
	s := &lead.Submission{Identities: []lead.Identity{mobile("+8613912340001"), email}}
	a, b := record("ld_2", mobile("+8613912340001")), record("ld_1", email)
	for _, candidates := range [][]*lead.Record{{a, b}, {b, a}} {
		v, sure := judge(s, candidates...)
		require.True(t, sure)
		require.Equal(t, lead.VerdictJoins, v.Kind)
		require.Equal(t, "ld_1", v.Lead)
		require.Equal(t, []string{"ld_2"}, v.Joined)
	}
}

func TestTheWinnerOfAFieldIsDecidedByTheTotalOrderAndTheLoserSaysWhy(t *testing.T) {
	say := func(id, name string, trust int, at time.Time) *lead.Submission {
		return &lead.Submission{ID: id, Source: "s", Trust: trust, EventTime: at, Name: lead.Name{Display: name, Family: "王", Given: "x"}}
	}
	verified := func(s *lead.Submission) *lead.Submission {
		s.Verified = []string{lead.FieldName}
		return s
	}
	for _, c := range []struct {
		title, lost  string
		winner, also *lead.Submission
	}{
		{"more trusted beats newer", "trust 50 of its source is less than 90", say("a", "王小明", 90, day), say("b", "王晓明", 50, day.Add(time.Hour))},
		{"verified beats more trusted", "the other is verified", verified(say("a", "王小明", 50, day)), say("b", "王晓明", 90, day.Add(time.Hour))},
		{"newer beats older", "older: 2026-01-02 03:04:05 is before 2026-01-02 04:04:05", say("a", "王小明", 50, day.Add(time.Hour)), say("b", "王晓明", 50, day)},
		{"the id breaks a tie", "same time; the higher submission id wins", say("b", "王小明", 50, day), say("a", "王晓明", 50, day)},
		{"a full name beats a surname", "less complete", say("a", "王小明", 50, day),
			&lead.Submission{ID: "b", Source: "s", Trust: 50, EventTime: day.Add(time.Hour), Name: lead.Name{Display: "王", Family: "王"}}},
	} {
		t.Run(c.title, func(t *testing.T) {
			for _, order := range [][]*lead.Submission{{c.winner, c.also}, {c.also, c.winner}} {
				r := &lead.Record{}
				for _, s := range order {
					dedupe.Policy{}.Add(r, s)
				}
				require.Equal(t, "王小明", r.Name)
				require.Equal(t, c.winner.ID, r.Values["name"][0].Submission)
				require.Empty(t, r.Values["name"][0].Lost)
				require.Equal(t, c.lost, r.Values["name"][1].Lost)
			}
		})
	}
}

func TestAddTellsWhichFieldsChanged(t *testing.T) {
	r := &lead.Record{}
	s := &lead.Submission{ID: "a", Source: "web", EventTime: day, Phones: []lead.Phone{{E164: "+8613912340001", Type: lead.PhoneMobile}}}
	require.Equal(t, []string{"first_from", "last_from", "phones", "sources"}, dedupe.Policy{}.Add(r, s))
	again := *s
	again.ID, again.EventTime = "b", day.Add(time.Minute)
	require.Empty(t, dedupe.Policy{}.Add(r, &again), "a second touch that says nothing new changes no field")
	require.Equal(t, 2, r.Touches)
	require.Equal(t, day.Add(time.Minute), r.LastSeen)
}

func TestARefusalOfConsentAtTheSameMomentWins(t *testing.T) {
	yes := lead.Consent{Purpose: "contact", Granted: true, At: day}
	no := lead.Consent{Purpose: "contact", Granted: false, At: day}
	for _, order := range [][]lead.Consent{{yes, no}, {no, yes}} {
		r := &lead.Record{}
		for i, c := range order {
			dedupe.Policy{}.Add(r, &lead.Submission{ID: fmt.Sprint(i), Source: "s", EventTime: day, Consents: []lead.Consent{c}})
		}
		require.Equal(t, []lead.Consent{no}, r.Consents)
	}
}

// drawSubmission draws from few values, so that submissions collide in every way.
func drawSubmission(t *rapid.T, i int) *lead.Submission {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	s := &lead.Submission{
		ID: fmt.Sprintf("sub_%02d", i), Source: pick("source", "site", "fair"),
		Trust:     rapid.SampledFrom([]int{50, 90}).Draw(t, "trust"),
		EventTime: day.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "minute")) * time.Minute),
		Title:     pick("title", "", "经理", "CTO"),
		Region:    lead.Region{Country: "CN", Province: "广东省", City: pick("city", "", "深圳市", "广州市")}, RegionFrom: pick("from", "phone", "fields"),
		Tags: []string{pick("tag", "a", "b", "c")},
		Origin: lead.Origin{UTM: map[string]string{"source": pick("utm", "baidu", "google")},
			Page: pick("page", "", "https://shop.cn/price")},
		Consents: []lead.Consent{{Purpose: "contact", Granted: rapid.Bool().Draw(t, "granted"), At: day}},
	}
	if n := pick("name", "", "李雷", "李蕾"); n != "" {
		s.Name = lead.Name{Display: n, Key: n, Family: "李", Given: n[len("李"):]}
	}
	if p := pick("phone", "", "+8613912340001", "+8613912340002"); p != "" {
		s.Phones = []lead.Phone{{E164: p, Type: lead.PhoneMobile}}
		s.Identities = append(s.Identities, mobile(p))
	}
	if e := pick("email", "", "Li@corp.cn", "li@corp.cn"); e != "" {
		s.Emails = []lead.Email{{Display: e, Key: "li@corp.cn"}}
		s.Identities = append(s.Identities, lead.Identity{Kind: lead.IdentityEmail, Value: "li@corp.cn"})
	}
	return s
}

// Law 4 for one lead: any order, and any split into parts that are joined later, gives the same bytes.
func TestAnyOrderAndAnySplitGiveTheSameRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var subs []*lead.Submission
		for i := range rapid.IntRange(1, 8).Draw(t, "n") {
			subs = append(subs, drawSubmission(t, i))
		}
		want := fold(subs)

		shuffled := rapid.Permutation(subs).Draw(t, "order")
		require.Equal(t, want, fold(shuffled))

		cut := rapid.IntRange(0, len(shuffled)).Draw(t, "cut")
		a, b := &lead.Record{}, &lead.Record{}
		for _, s := range shuffled[:cut] {
			dedupe.Policy{}.Add(a, s)
		}
		for _, s := range shuffled[cut:] {
			dedupe.Policy{}.Add(b, s)
		}
		if a.Touches == 0 || b.Touches == 0 {
			return
		}
		dedupe.Policy{}.Join(a, b)
		require.Equal(t, want, encoded(a))
	})
}

func fold(subs []*lead.Submission) string {
	r := &lead.Record{}
	for _, s := range subs {
		dedupe.Policy{}.Add(r, s)
	}
	return encoded(r)
}

func encoded(r *lead.Record) string {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// Every value has a reason: the golden value of each field is its first Value, and that one names a submission that said it.
func TestEveryGoldenValueNamesASubmissionThatSaidIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &lead.Record{}
		said := map[string][]string{}
		for i := range rapid.IntRange(1, 8).Draw(t, "n") {
			s := drawSubmission(t, i)
			said[s.ID] = []string{s.Name.Display, s.Title}
			dedupe.Policy{}.Add(r, s)
		}
		for field, golden := range map[string]string{"name": r.Name, "title": r.Title} {
			if golden == "" {
				require.Empty(t, r.Values[field])
				continue
			}
			first := r.Values[field][0]
			require.Equal(t, golden, first.Value)
			require.True(t, slices.Contains(said[first.Submission], golden))
			for _, loser := range r.Values[field][1:] {
				require.NotEmpty(t, loser.Lost)
			}
		}
	})
}

func BenchmarkAddToANewRecord(b *testing.B) {
	s := &lead.Submission{ID: "sub_1", Source: "site", Trust: 50, EventTime: day, Name: lead.Name{Display: "李雷", Family: "李", Given: "雷"},
		Phones: []lead.Phone{{E164: "+8613912340001", Type: lead.PhoneMobile}}, Identities: []lead.Identity{mobile("+8613912340001")},
		Company: lead.Company{Display: "海风科技", Key: "海风"}, Region: lead.Region{Country: "CN", Province: "广东省", City: "深圳市"}}
	for b.Loop() {
		r := &lead.Record{}
		dedupe.Policy{}.Add(r, s)
	}
}
