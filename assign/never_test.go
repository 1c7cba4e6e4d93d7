package assign

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr/vm"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/lead"
)

// drawn is a condition over a few fields, as people write them and as nobody does.
func drawn(t *rapid.T, depth int) string {
	if depth > 0 {
		switch rapid.IntRange(0, 4).Draw(t, "shape") {
		case 0:
			return "not (" + drawn(t, depth-1) + ")"
		case 1, 2:
			return "(" + drawn(t, depth-1) + " and " + drawn(t, depth-1) + ")"
		case 3:
			return "(" + drawn(t, depth-1) + " or " + drawn(t, depth-1) + ")"
		}
	}
	grade := rapid.SampledFrom([]string{"A", "B", "E"})
	number := fmt.Sprintf("%s %d", rapid.SampledFrom([]string{"==", "!=", "<", "<=", ">", ">="}).Draw(t, "op"), rapid.IntRange(0, 3).Draw(t, "n"))
	return rapid.SampledFrom([]string{"true", "is_new", "touches " + number, "score " + number, `extra.a == "x"`, `extra["a"] != "y"`, `message contains "a"`,
		`phones[0] == "1"`, fmt.Sprintf("grade == %q", grade.Draw(t, "g")), fmt.Sprintf("grade != %q", grade.Draw(t, "g")),
		fmt.Sprintf("grade in [%q, %q]", grade.Draw(t, "g"), grade.Draw(t, "h")), fmt.Sprintf("grade not in [%q, %q]", grade.Draw(t, "g"), grade.Draw(t, "h")),
		fmt.Sprintf("%d <= touches", rapid.IntRange(0, 3).Draw(t, "n"))}).Draw(t, "atom")
}

// leads are what the conditions of drawn are asked about: every combination that they can tell apart.
func leads() (out []map[string]any) {
	for _, grade := range []string{"", "A", "B", "C"} {
		for touches := 1; touches <= 4; touches++ {
			for score := -1; score <= 4; score++ {
				for _, a := range []string{"", "x", "y"} {
					for _, message := range []string{"", "a"} {
						for _, phones := range [][]string{{}, {"1"}, {"2"}} {
							out = append(out, map[string]any{"grade": grade, "touches": touches, "is_new": touches <= 1, "score": score,
								"extra": map[string]string{"a": a}, "message": message, "phones": phones})
						}
					}
				}
			}
		}
	}
	return out
}

func TestWhatIsRefusedAsNeverSoFitsNoLead(t *testing.T) {
	all := leads()
	rapid.Check(t, func(t *rapid.T) {
		texts := []string{drawn(t, 3), drawn(t, 2)}
		var of [2]condition
		for i, text := range texts {
			var err error
			of[i], err = compile(text, true)
			require.NoError(t, err)
		}
		covers := of[0].covers(&of[1])
		var m vm.VM
		for _, lead := range all {
			var fits [2]bool
			for i := range of {
				fits[i], _ = of[i].fits(&m, lead)
				if fits[i] && of[i].never != "" {
					t.Fatalf("%s fits %v", texts[i], lead)
				}
			}
			if covers && fits[1] && !fits[0] {
				t.Fatalf("%s fits %v, and %s does not", texts[1], lead, texts[0])
			}
		}
	})
}

func TestALongConditionIsLookedAtInBoundedTime(t *testing.T) {
	for _, when := range []string{
		strings.Repeat(`(grade == "A" or score > 1) and `, 40) + "is_new",
		strings.Repeat("not (", 200) + "is_new" + strings.Repeat(")", 200),
	} {
		c, err := compile(when, true)
		require.NoError(t, err)
		require.Empty(t, c.never)
		require.True(t, c.covers(&c))
	}
}

func TestWhyAConditionDoesNotFitIsSaidWithOneNotAtMost(t *testing.T) {
	rec := &lead.Record{Lead: lead.Lead{Touches: 1, Grade: "A", Name: "x"}}
	for when, want := range map[string]string{
		`grade == "B"`:                             `it is not so that grade == "B": grade is "A"`,
		`grade != "A"`:                             `it is not so that grade != "A": grade is "A"`,
		`not (grade == "A")`:                       `it is so that grade == "A": grade is "A"`,
		`grade not in ["A", "B"]`:                  `it is so that grade in ["A", "B"]: grade is "A"`,
		`not is_new`:                               `it is so that is_new: is_new is true`,
		`!is_new`:                                  `it is so that is_new: is_new is true`,
		`not (not (touches > 1))`:                  `it is not so that touches > 1: touches is 1`,
		`not not not is_new`:                       `it is so that is_new: is_new is true`,
		`name not contains "x" and touches > 3`:    `it is so that name contains "x": name is "x"`,
		`is_new and not (is_new and touches == 1)`: `it is so that is_new and touches == 1: is_new is true`,
	} {
		c, err := compile(when, true)
		require.NoError(t, err, when)
		f := facts{zone: time.UTC}
		f.use(&c)
		require.Equal(t, want, c.whyNot(f.env(rec)), when)
	}
}

func TestAContradictionIsToldInWords(t *testing.T) {
	for when, want := range map[string]string{
		`message contains "a" and not (message contains "a")`: `it asks that message contains "a" is so, and that it is not`,
		`not is_new and is_new`:                               `no is_new is left that fits is_new`,
		`grade == "E"`:                                        `no grade is left that fits grade == "E"`,
		`false`:                                               `it is always false`,
	} {
		c, err := compile(when, true)
		require.NoError(t, err, when)
		require.Equal(t, want, c.never, when)
	}
}
