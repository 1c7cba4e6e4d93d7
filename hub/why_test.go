package hub

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/lead"
)

var han = regexp.MustCompile(`\p{Han}`)

func requireBoth(t *testing.T, s lead.Sentence) {
	t.Helper()
	require.NotEmpty(t, s.Code)
	require.NotEmpty(t, s.Text)
	require.NotContains(t, s.Text+s.TextZH, "%!")
	require.False(t, han.MatchString(s.Text), s.Text)
	require.True(t, han.MatchString(s.TextZH), s.TextZH)
}

func TestEveryReasonForHoldingBackIsSaidInBothLanguages(t *testing.T) {
	w := words{time.UTC}
	id := lead.Identity{Kind: lead.IdentityMobile, Value: "+8615912345670"}
	d := &lead.Decision{ID: "dec_1", Kind: lead.DecisionSplit, Actor: "person:chen", At: time.Unix(0, 0)}
	zh := map[string]string{}
	for _, reason := range []string{lead.HeldDecision, lead.HeldUnique, lead.HeldConflict, lead.HeldSilence, lead.HeldBridge, lead.HeldTooMany} {
		h := lead.Held{Identity: id, Reason: reason, Other: lead.Identity{Kind: lead.IdentityUnionID, Scope: "wx"}}
		if reason == lead.HeldDecision {
			h.Decision = d
		}
		x := w.held(h, &lead.WhyLead{Number: "XL-2"})
		requireBoth(t, x.Sentence)
		require.Equal(t, reason, x.Code)
		require.Contains(t, x.Text, "XL-2")
		require.Contains(t, x.TextZH, "XL-2")
		require.Equal(t, id, *x.Identity)
		require.NotContains(t, x.Text+x.TextZH, "12345", "the number is masked")
		require.NotContains(t, x.TextZH, reason, "the code is no sentence")
		require.Empty(t, zh[x.TextZH], "two reasons sound the same")
		zh[x.TextZH] = reason
	}
	for _, s := range []lead.Sentence{w.tooMany(id), w.weak(lead.Identity{Kind: lead.IdentityLandline, Value: "+862088881234"}), w.neverKey(id),
		w.joinsNow(id), w.indirect(id), w.first(), w.unlinked(), w.person(d)} {
		requireBoth(t, s)
	}
}

func TestEveryKindOfIdentityHasAName(t *testing.T) {
	for _, kind := range append(strongKinds, lead.IdentityLandline, lead.IdentityRoleMail) {
		require.Contains(t, kinds, kind)
	}
}

func TestWhatIsMaskedKeepsItsEndsAlone(t *testing.T) {
	for value, want := range map[string]string{
		"+8615912345670":        "+86159****5670",
		"lin.xiao@xinghe.cn":    "l*******@xinghe.cn",
		"li@x.cn":               "l*@x.cn",
		"+6591234567":           "+65******67",
		"oAbcdefghijklmnop":     "oAb********op",
		"abc":                   "a**",
		"a@x.cn":                "*@x.cn",
		"":                      "*",
		"+862088881234;ext=801": "+86208********=801",
	} {
		require.Equal(t, want, masked(value))
	}
}

// The order of values is dedupe's. What Why says of a pair must be what the record keeps of it.
func TestWhyAValueLostIsWhatTheRecordSays(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC) }
	sub := func(id, name string, trust, day int, given string) *lead.Submission {
		return &lead.Submission{ID: id, Source: "s", Trust: trust, EventTime: at(day), Name: lead.Name{Display: name, Key: name, Family: name[:3], Given: given}}
	}
	w := words{time.UTC}
	for _, c := range []struct {
		a, b *lead.Submission
		pin  bool
		code string
		lost string
	}{
		{sub("1", "林晓", 60, 1, "晓"), sub("2", "林小晓", 50, 2, "小晓"), false, lead.WhyTrust, "trust 50 of its source is less than 60"},
		{sub("1", "林晓", 50, 1, "晓"), sub("2", "林", 50, 2, ""), false, lead.WhyComplete, "less complete"},
		{sub("1", "林晓", 50, 2, "晓"), sub("2", "林小晓", 50, 1, "小晓"), false, lead.WhyNewer, ""},
		{sub("2", "林晓", 50, 1, "晓"), sub("1", "林小晓", 50, 1, "小晓"), false, lead.WhyTie, "same time; the higher submission id wins"},
		{sub("2", "林晓", 50, 1, "晓"), sub("1", "林小晓", 90, 1, "小晓"), true, lead.WhyPinned, ""},
	} {
		var r lead.Record
		var pins []lead.Pin
		if c.pin {
			pins = []lead.Pin{{Field: "name", Value: "林晓", By: "person:chen", At: at(1)}}
		}
		dedupe.Policy{}.Rebuild(&r, []*lead.Submission{c.a, c.b}, pins)
		values := w.values(&lead.LeadDetail{Provenance: map[string][]lead.Value{"name": r.Values["name"]}})
		require.Len(t, values, 1)
		v := values[0]
		require.Equal(t, "林晓", v.Value)
		require.Equal(t, c.code, v.Code)
		require.NotEmpty(t, v.Others)
		require.Equal(t, c.code, v.Others[0].Code)
		if c.lost != "" {
			require.Equal(t, c.lost, v.Others[0].Text)
			require.Equal(t, r.Values["name"][1].Lost, v.Others[0].Text)
		}
		require.NotEmpty(t, v.TextZH)
		require.True(t, han.MatchString(v.Others[0].TextZH))
	}
}
