package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/hub"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/stream"
)

func TestAPostBecomesOneAssignedLeadOverTwoSourcesAndIsOnTheStream(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		number := phone()
		first := h.accept("site", fmt.Sprintf(`{"姓名":"林晓先生","手机":"%s"}`, number))
		st := h.becomes(first, lead.StateAssigned)
		second := h.accept("fair", fmt.Sprintf(`{"联系人":"林晓","电话":"+86 %s","邮箱":"lin.xiao@xinghe-keji.cn","展位备注":"下周回访"}`, number))
		merged := h.becomes(second, lead.StateAssigned)
		require.Equal(t, st.Lead, merged.Lead)
		require.Contains(t, []string{"chen", "sun"}, st.Owner)
		require.Equal(t, st.Owner, merged.Owner)

		d := h.lead(st.Lead)
		require.Equal(t, 2, d.Touches)
		require.Equal(t, []string{"fair", "site"}, d.Sources)
		require.Equal(t, "林晓", d.Name)
		require.Equal(t, "先生", d.Honorific)
		require.Equal(t, []string{"+86" + number}, d.Phones)
		require.Regexp(t, `^XL\d{8}-\d{6}$`, d.Number)
		require.Len(t, d.TouchList, 2)
		require.NotEmpty(t, d.Provenance["name"])
		require.NotEmpty(t, d.History)

		h.settle()
		var mine []stream.Record
		for _, r := range h.records("lead.changes") {
			if string(r.Key) == st.Lead {
				mine = append(mine, r)
			}
		}
		require.Len(t, mine, 3)
		for i, want := range []string{lead.ChangeCreated, lead.ChangeAssigned, lead.ChangeUpdated} {
			r := mine[i]
			require.Equal(t, want, headerOf(r, "ce_type"))
			require.Equal(t, "1.0", headerOf(r, "ce_specversion"))
			require.Equal(t, st.Lead, headerOf(r, "ce_subject"))
			require.NotEmpty(t, headerOf(r, "ce_source"))
			require.Equal(t, fmt.Sprintf("%s-%d", st.Lead, i+1), headerOf(r, "ce_id"))
			require.Equal(t, hub.ChangeSchemaID, headerOf(r, "ce_dataschema"))
			require.Equal(t, "application/json", headerOf(r, "content-type"))
		}
	})
}

func TestALeadHasItsOwnerFromTheMomentItIsRecorded(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		h.office()
		d := h.lead(h.becomes(h.accept("site", `{"phone":"`+phone()+`","company":"大河"}`), lead.StateAssigned).Lead)
		require.Equal(t, d.TouchList[0].At, d.AssignedAt, "one transaction has one time; a later one has another")
	})
}

func TestFoldingTheStreamGivesThePool(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		// Two leads that a third post joins, and some others around them.
		a, b, mail := phone(), phone(), "zhao.lei@beichen-canyin.cn"
		one := h.accept("site", fmt.Sprintf(`{"name":"赵磊","phone":"%s"}`, a))
		two := h.accept("fair", fmt.Sprintf(`{"name":"赵先生","phone":"%s","email":"%s"}`, b, mail))
		for i := range 20 {
			h.accept("site", fmt.Sprintf(`{"name":"何%d","phone":"%s","company":"云帆%d有限公司","consent":"yes","utm_source":"baidu"}`, i, phone(), i))
		}
		h.becomes(one, lead.StateAssigned)
		h.becomes(two, lead.StateAssigned)
		three := h.accept("site", fmt.Sprintf(`{"phone":"%s","email":"%s"}`, a, mail))
		joined := h.becomes(three, lead.StateAssigned).Lead
		h.settle()

		state := checkStream(t, h)
		gone := 0
		for id, c := range state {
			if c.MergedInto != "" {
				gone++
				require.Equal(t, joined, c.MergedInto)
				require.NotEqual(t, joined, id)
				require.Equal(t, lead.ChangeMerged, c.Change.Type)
				require.Equal(t, joined, h.lead(id).ID, "the id of a merged-away lead still leads to the person")
			}
		}
		require.Equal(t, 1, gone)
		require.Equal(t, 3, h.lead(joined).Touches)
		require.Equal(t, []string{a, b}, []string{h.lead(joined).Phones[0][3:], h.lead(joined).Phones[1][3:]}, "both numbers")
	})
}

// checkStream holds law 7: every value of lead.changes is valid, versions only grow per lead (a change may be there twice), and the last
// values are the pool. It returns them.
func checkStream(t testing.TB, h *testHub) map[string]lead.Change {
	t.Helper()
	state, again := foldStream(t, h.records("lead.changes"))
	require.Zero(t, again, "published twice although nothing failed")
	requirePool(t, state, h.leads())
	return state
}

// foldStream folds the stream, the last value of an id winning, and checks every value on the way. again counts the changes that were
// published before.
func foldStream(t testing.TB, records []stream.Record) (state map[string]lead.Change, again int) {
	t.Helper()
	schema := changeSchema(t)
	state = map[string]lead.Change{}
	newest := map[string]int64{}
	values := map[string][]byte{}
	for _, r := range records {
		if r.Value == nil {
			require.Equal(t, lead.ChangeErased, headerOf(r, "ce_type"), "a tombstone that erases nobody")
			delete(state, string(r.Key))
			delete(newest, string(r.Key))
			continue
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.Value))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(value), string(r.Value))
		var c lead.Change
		require.NoError(t, json.Unmarshal(r.Value, &c))
		require.Equal(t, c.ID, string(r.Key))
		version := fmt.Sprintf("%s-%d", c.ID, c.Version)
		if before, ok := values[version]; ok {
			require.Equal(t, string(before), string(r.Value), "one version has two contents")
			again++
		} else {
			require.Greater(t, c.Version, newest[c.ID], "a version of %s comes after a newer one", c.ID)
			newest[c.ID] = c.Version
			values[version] = r.Value
		}
		state[c.ID] = c
	}
	for id, c := range state {
		require.Equal(t, newest[id], c.Version, "the last value of %s is not its newest", id)
	}
	return state, again
}

// requirePool wants the living leads of a folded stream to be exactly those of the pool.
func requirePool(t testing.TB, state map[string]lead.Change, pool []lead.Lead) {
	t.Helper()
	living := map[string]string{}
	for id, c := range state {
		if c.MergedInto == "" {
			living[id] = asJSON(t, c.Lead)
			continue
		}
		successor, ok := state[c.MergedInto]
		require.True(t, ok, "%s went into %s, which is not on the stream", id, c.MergedInto)
		require.NotEqual(t, id, successor.ID)
	}
	for _, l := range pool {
		require.JSONEq(t, asJSON(t, l), living[l.ID], "lead %s", l.ID)
		delete(living, l.ID)
	}
	require.Empty(t, living, "on the stream but not in the pool")
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func changeSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(hub.ChangeSchema))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource(hub.ChangeSchemaID, doc))
	schema, err := c.Compile(hub.ChangeSchemaID)
	require.NoError(t, err)
	return schema
}

func TestTheTraceOfAPostIsCarriedThroughTheTopics(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
		id := h.accept("site", `{"name":"周宁","phone":"`+phone()+`"}`, "traceparent", trace)
		other := h.accept("site", `{"name":"nobody"}`, "traceparent", "garbage\"}")
		h.becomes(id, lead.StateAssigned)
		h.becomes(other, lead.StateRejected)
		for _, topic := range []string{"lead.raw", "lead.submissions"} {
			require.Equal(t, trace, headerOf(h.recordOf(topic, id), "traceparent"), topic)
		}
		made := headerOf(h.recordOf("lead.raw", other), "traceparent")
		require.Regexp(t, `^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`, made)
		require.Equal(t, made, headerOf(h.recordOf("lead.rejected", other), "traceparent"))
	})
}

// recordOf finds the first record of a topic that speaks of a submission.
func (h *testHub) recordOf(topic, submission string) stream.Record {
	h.t.Helper()
	for _, r := range h.records(topic) {
		if string(r.Key) == submission || bytes.Contains(r.Value, []byte(`"id":"`+submission+`"`)) {
			return r
		}
	}
	h.t.Fatalf("nothing on %s speaks of %s", topic, submission)
	return stream.Record{}
}
