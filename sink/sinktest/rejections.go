package sinktest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

func rejection(id string, attempt int) lead.Rejection {
	return lead.Rejection{ID: id, Source: "site", Channel: "webform", Stage: lead.StageNormalize, Code: "no_identity",
		Message: fmt.Sprintf("attempt %d has no phone", attempt), Hint: "add one", At: day.Add(time.Duration(attempt) * time.Second), ReceivedAt: day,
		Attempt: attempt, Draft: &lead.Draft{Fields: map[string][]string{"name": {"李雷"}}},
		Raw: &lead.Raw{ID: id, Source: "site", Header: map[string]string{"Content-Type": "text/plain"}}, Body: []byte("name=\xe6\x9d\x8e\x00\xff")}
}

var rejectionTests = map[string]func(*testing.T, Harness){
	"a rejection comes back with its draft, its raw and its bytes": func(t *testing.T, h Harness) {
		p := open(t, h)
		want := rejection("sub_1", 0)
		require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{want}))
		got, err := p.store.Rejection(p.ctx, "sub_1")
		require.NoError(t, err)
		require.Equal(t, want.Body, got.Raw.Body)
		want.State, got.Raw.Body = lead.RejectionOpen, nil
		require.Equal(t, want, got)
		_, err = p.store.Rejection(p.ctx, "sub_2")
		require.Equal(t, lead.KindNotFound, lead.AsError(err).Kind)

		st, found, err := p.store.Submission(p.ctx, "sub_1")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, lead.StateRejected, st.State)
		require.Equal(t, "no_identity", st.Code)
		require.Equal(t, "attempt 0 has no phone", st.Reason)
		_, found, err = p.store.Submission(p.ctx, "sub_2")
		require.NoError(t, err)
		require.False(t, found)
	},
	"of two attempts the later one stays, in whatever order they come": func(t *testing.T, h Harness) {
		p := open(t, h)
		for _, attempt := range []int{1, 0, 2, 2, 1} {
			r := rejection("sub_1", attempt)
			require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{r, rejection("sub_2", 0)}))
		}
		got, err := p.store.Rejection(p.ctx, "sub_1")
		require.NoError(t, err)
		require.Equal(t, 2, got.Attempt)
		require.EqualValues(t, 2, p.figures().Rejected)
		require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{rejection("sub_3", 3), rejection("sub_3", 1), rejection("sub_3", 4)}))
		got, err = p.store.Rejection(p.ctx, "sub_3")
		require.NoError(t, err)
		require.Equal(t, 4, got.Attempt)
	},
	"a touch resolves the rejection of its id, and none can be opened after it": func(t *testing.T, h Harness) {
		p := open(t, h)
		require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{rejection("sub_1", 0), rejection("sub_9", 0)}))
		p.record(Sub("sub_1", Mobile(1)))
		got, err := p.store.Rejection(p.ctx, "sub_1")
		require.NoError(t, err)
		require.Equal(t, lead.RejectionResolved, got.State)
		st, _, err := p.store.Submission(p.ctx, "sub_1")
		require.NoError(t, err)
		require.Equal(t, lead.StatePooled, st.State)

		require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{rejection("sub_1", 5)}))
		got, err = p.store.Rejection(p.ctx, "sub_1")
		require.NoError(t, err)
		require.Equal(t, lead.RejectionResolved, got.State)
		require.EqualValues(t, 1, p.figures().Rejected)
	},
	"what a CRM said came from no source": func(t *testing.T, h Harness) {
		p := open(t, h)
		said := rejection("fb_1", 0)
		said.Stage, said.Source, said.Channel = lead.StageFeedback, lead.StageFeedback, lead.StageFeedback
		require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{said, rejection("sub_2", 0)}))
		list, codes, err := p.store.Breakdown(p.ctx)
		require.NoError(t, err)
		require.Equal(t, []lead.SourceFigures{{Key: "site", Rejected: 1}}, list)
		require.Equal(t, map[string]int64{"no_identity": 2}, codes)
		require.EqualValues(t, 2, p.figures().Rejected)
	},
	"outcomes count what one Raw became": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.record(Sub("raw_1", Mobile(1)), Sub("raw_1.1", Mobile(2)), Sub("raw_1.12", Mobile(3)), Sub("raw_12", Mobile(4)), Sub("raw_2.1", Mobile(5)))
		spam := rejection("raw_3", 0)
		spam.Stage = lead.StageSpam
		require.NoError(t, p.sink.Reject(p.ctx, []lead.Rejection{rejection("raw_1.2", 0), rejection("raw_2", 0), spam}))
		got, err := p.store.Outcomes(p.ctx, []string{"raw_1", "raw_2", "raw_3", "raw_4"})
		require.NoError(t, err)
		require.Equal(t, map[string]sink.Outcome{"raw_1": {Touches: 3, Rejections: 1}, "raw_2": {Touches: 1, Rejections: 1}, "raw_3": {Rejections: 1}}, got)
		f := p.figures()
		require.EqualValues(t, 2, f.Rejected)
		require.EqualValues(t, 1, f.Quarantined)
		list, codes, err := p.store.Breakdown(p.ctx)
		require.NoError(t, err)
		require.EqualValues(t, 3, list[0].Rejected)
		require.Equal(t, map[string]int64{"no_identity": 3}, codes)
	},
	"rejections are listed latest first, page by page, without their bytes": func(t *testing.T, h Harness) {
		p := open(t, h)
		var all []lead.Rejection
		for i := range 25 {
			r := rejection(fmt.Sprintf("sub_%02d", i), i/5)
			r.Code = []string{"a", "b"}[i%2]
			all = append(all, r)
		}
		require.NoError(t, p.sink.Reject(p.ctx, all))
		p.record(Sub("sub_24", Mobile(1)))
		var got []string
		q := lead.RejectionQuery{Limit: 4, State: lead.RejectionOpen}
		for {
			page, err := p.store.Rejections(p.ctx, q)
			require.NoError(t, err)
			for _, r := range page.Items {
				require.Nil(t, r.Raw)
				require.Nil(t, r.Body)
				require.NotNil(t, r.Draft)
				got = append(got, r.ID)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		require.Len(t, got, 24)
		for i, id := range got {
			require.Equal(t, fmt.Sprintf("sub_%02d", 23-i), id)
		}
		page, err := p.store.Rejections(p.ctx, lead.RejectionQuery{Code: "a", Stage: lead.StageNormalize, Source: "site", State: lead.RejectionResolved})
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
		_, err = p.store.Rejections(p.ctx, lead.RejectionQuery{Cursor: "??"})
		require.Equal(t, lead.KindInvalid, lead.AsError(err).Kind)
	},
}
