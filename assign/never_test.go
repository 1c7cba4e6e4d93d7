package assign

import (
	"fmt"
	"strings"
	"testing"

	"github.com/expr-lang/expr/vm"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
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
