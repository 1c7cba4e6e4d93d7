package sqlstore

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/lead"
)

func TestAnEventIsReadAsItWasKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := lead.Event{Lead: "ld_1", Version: 3, Type: lead.ChangeAssigned, At: time.UnixMicro(1_767_600_000_000_001).UTC(), Actor: "rule:r", Why: "why",
			Changed: []string{"owner"}, Move: lead.MoveAssign, To: "li", FollowUp: rapid.SampledFrom([]*lead.Feedback{nil, {ID: "f", Way: "call"}}).Draw(t, "follow-up")}
		for i := range rapid.IntRange(0, 12).Draw(t, "rules") {
			one := lead.Tried{Rule: fmt.Sprintf("r%d", i)}
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				one.Why = "the condition cannot be told"
			case 1:
				one.Matched, one.Reps = true, []lead.TriedRep{{Rep: "li", Eligible: true, Credit: -2}, {Rep: "wu", Code: "off_duty"}}
				one.Counts = &lead.TriedCount{Reps: 2, ByCode: map[string]int{"": 1, "off_duty": 1}}
			}
			e.Trace = append(e.Trace, one)
		}
		require.Equal(t, e, reread(t, e))
	})
}

func TestATraceKeepsRulesThatDidNotFitAsTheirKeys(t *testing.T) {
	e := lead.Event{Trace: []lead.Tried{{Rule: "a"}, {Rule: "b"}, {Rule: "c", Matched: true, Reps: []lead.TriedRep{{Rep: "li", Eligible: true, Held: 2, Credit: 3}}}}}
	rows, lists, err := EventRows([]lead.Event{e})
	require.NoError(t, err)
	require.Empty(t, lists)
	require.Contains(t, string(rows[0][3].([]byte)), `"trace":[{"passed":["a","b"]},{"rule":"c","matched":true,"reps":[["li","",2,0,3]]}]`)
}

func TestALongListOfRulesIsKeptOnce(t *testing.T) {
	var events []lead.Event
	for range 3 {
		e := lead.Event{Trace: []lead.Tried{{Rule: "first", Why: "cannot be told"}}}
		for i := range 40 {
			e.Trace = append(e.Trace, lead.Tried{Rule: fmt.Sprintf("rule-%d", i)})
		}
		e.Trace = append(e.Trace, lead.Tried{Rule: "last", Matched: true})
		events = append(events, e)
	}
	rows, lists, err := EventRows(events)
	require.NoError(t, err)
	require.Len(t, lists, 1)
	require.Less(t, len(rows[0][3].([]byte)), 300)
	require.Equal(t, events[0], reread(t, events[0]))
}

// reread is an event as it is read from what is kept of it.
func reread(t require.TestingT, e lead.Event) lead.Event {
	rows, lists, err := EventRows([]lead.Event{e})
	require.NoError(t, err)
	texts := map[string]string{}
	for _, l := range lists {
		texts[l[0].(string)] = l[1].(string)
	}
	var kept eventDoc
	require.NoError(t, decode(rows[0][3].([]byte), &kept))
	return kept.event(texts)
}
