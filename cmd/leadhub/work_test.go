package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/stream"
)

// office sets a hub up with two teams, their reps, a rule, and a public pool of the east.
func (h *testHub) office(recycle ...lead.Recycle) {
	h.t.Helper()
	reps := []fileRep{{Key: "li", Team: text("east")}, {Key: "wu", Team: text("west")}}
	off := 0
	for _, r := range testConfig().Reps {
		reps = append(reps, fileRep{Key: r.Key, Team: text("west"), Weight: &off})
	}
	for i := range 15 {
		reps = append(reps, fileRep{Key: fmt.Sprintf("rep%d", i), Team: text("east")})
	}
	h.call("PUT", "/v1/config", configFile{
		Teams: []fileTeam{{Key: "east"}, {Key: "west"}}, Reps: reps,
		Pools: []filePool{{Key: "sea", Teams: []string{"east"}, Hidden: []string{"address"}, Recycle: recycle}},
		Rules: []fileRule{{Key: "good", When: text(`company contains "大"`), To: &lead.Target{Reps: []string{"li"}}}, {Key: "rest", Pool: text("sea")}},
	}, nil)
}

// token makes a token, a rep's unless rep is "".
func (h *testHub) as(rep string, scopes ...string) *client {
	h.t.Helper()
	var made struct{ Token string }
	h.call("POST", "/v1/tokens", map[string]any{"name": "t " + rep, "scopes": scopes, "rep": rep}, &made)
	return &client{base: "http://" + h.addr, token: made.Token, http: http.DefaultClient}
}

// pooled posts a lead that the rules put into the sea.
func (h *testHub) pooled() (id, number string) {
	h.t.Helper()
	number = phone()
	body := fmt.Sprintf(`{"name":"赵敏","phone":"%s","email":"zhao%s@example.com","address":"软件园 8 号"}`, number, number)
	st := h.becomes(h.accept("site", body), lead.StatePooled)
	require.Eventually(h.t, func() bool { return h.lead(st.Lead).Pool == "sea" }, patience, 5*time.Millisecond)
	return st.Lead, number
}

func TestOneOfSixteenWhoClaimALeadGetsIt(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		h.office()
		id, number := h.pooled()
		reps := []*client{h.as("li", lead.ScopeLeadsRead, lead.ScopeLeadsWork)}
		for i := range 15 {
			reps = append(reps, h.as(fmt.Sprintf("rep%d", i), lead.ScopeLeadsRead, lead.ScopeLeadsWork))
		}
		ctx := context.Background()
		for _, c := range reps {
			var raw json.RawMessage
			for _, path := range []string{"/v1/leads/" + id, "/v1/pools/sea/leads", "/v1/leads?pool=*"} {
				require.NoError(t, c.call(ctx, "GET", path, nil, &raw))
				require.Contains(t, string(raw), number[:3]+"****"+number[7:], path)
				for _, concealed := range []string{number, "zhao" + number, "软件园"} {
					require.NotContains(t, string(raw), concealed, path)
				}
			}
			require.NoError(t, c.call(ctx, "GET", "/v1/leads?q="+number[4:], nil, &raw))
			require.NotContains(t, string(raw), id, "text finds nothing that is not his")
		}
		errs, won := make([]error, len(reps)), make([]lead.Lead, len(reps))
		var wg sync.WaitGroup
		for i, c := range reps {
			wg.Go(func() { errs[i] = c.call(ctx, "POST", "/v1/leads/"+id+"/claim", nil, &won[i]) })
		}
		wg.Wait()
		winner := -1
		for i, err := range errs {
			if err == nil {
				require.Equal(t, -1, winner, "two have it")
				winner = i
				continue
			}
			require.Equal(t, "already_claimed", codeOf(err))
			require.Contains(t, err.Error(), "somebody else has this lead already")
		}
		require.NotEqual(t, -1, winner)
		require.Equal(t, []string{"+86" + number}, won[winner].Phones, "whoever claimed it sees all of it")
		require.NoError(t, reps[winner].call(ctx, "POST", "/v1/leads/"+id+"/claim", nil, &won[winner]), "again it is his")
		var d lead.LeadDetail
		require.NoError(t, reps[winner].call(ctx, "GET", "/v1/leads/"+id, nil, &d))
		require.Len(t, d.TouchList, 1)
		require.Equal(t, "lead_not_found", codeOf(reps[(winner+1)%16].call(ctx, "GET", "/v1/leads/"+id, nil, nil)), "and it is nobody else's to see")
		require.Equal(t, "lead_not_found", codeOf(reps[(winner+1)%16].call(ctx, "POST", "/v1/leads/"+id+"/accept", nil, nil)))

		far := h.as("wu", lead.ScopeLeadsRead, lead.ScopeLeadsWork)
		other, _ := h.pooled()
		require.Equal(t, "lead_not_found", codeOf(far.call(ctx, "POST", "/v1/leads/"+other+"/claim", nil, nil)), "the pool is for the east")
		require.Equal(t, "no_such_pool", codeOf(far.call(ctx, "GET", "/v1/pools/sea/leads", nil, nil)))
		var k lead.Known
		require.NoError(t, far.call(ctx, "GET", "/v1/leads/known?phone="+number[:3]+"-"+number[3:], nil, &k))
		require.Equal(t, lead.Known{Known: true, Team: "east"}, k)
		require.NoError(t, far.call(ctx, "GET", "/v1/leads/known?phone="+phone(), nil, &k))
		require.False(t, k.Known)
		require.Equal(t, "bad_phone", codeOf(far.call(ctx, "GET", "/v1/leads/known?phone="+number[3:9], nil, nil)), "a part of a number finds nothing")
		h.settle()
		checkStream(t, h)
	})
}

func TestWhatIsDoneWithALeadIsDoneOnceAndShown(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		h.office()
		ctx := context.Background()
		st := h.becomes(h.accept("site", `{"phone":"`+phone()+`","company":"大河"}`), lead.StateAssigned)
		d := h.lead(st.Lead)
		require.Equal(t, []string{"li", "good"}, []string{d.Owner, d.Rule})
		var traced bool
		for _, e := range d.History {
			traced = traced || e.Move == lead.MoveAssign && len(e.Trace) > 0 && e.Trace[0].Rule == "good" && len(e.Trace[0].Reps) == 1
		}
		require.True(t, traced, "the history tells which rules were tried and how the reps stood")

		li := h.as("li", lead.ScopeLeadsRead, lead.ScopeLeadsWork)
		path := "/v1/leads/" + st.Lead
		var l lead.Lead
		require.NoError(t, li.call(ctx, "POST", path+"/accept", nil, &l))
		require.False(t, l.AcceptedAt.IsZero())
		told := map[string]any{"id": "visit-1", "way": "visit", "feedback": "wants an offer", "next_at": time.Now().Add(time.Hour)}
		for range 2 {
			require.NoError(t, li.call(ctx, "POST", path+"/follow-ups", told, &l))
		}
		require.Equal(t, lead.StatusWorking, l.Status)
		require.Equal(t, 1, h.followed(st.Lead), "told twice, noted once")
		var page lead.LeadPage
		require.NoError(t, li.call(ctx, "GET", "/v1/leads?follow_by="+time.Now().Add(2*time.Hour).UTC().Format(time.RFC3339), nil, &page))
		require.Len(t, page.Items, 1)

		// The CRM says the same on the topic and over HTTP.
		said := lead.Feedback{ID: "crm-7", Lead: d.Number, Status: lead.StatusConverted, Amount: "12800.50", Currency: "CNY", Customer: "C-7", By: "crm"}
		value, err := json.Marshal(said)
		require.NoError(t, err)
		record := stream.Record{Topic: h.topic("lead.feedback"), Key: []byte(d.Number), Value: value}
		require.NoError(t, h.stream.Produce(ctx, record))
		require.Eventually(t, func() bool { return h.lead(st.Lead).Status == lead.StatusConverted }, patience, 5*time.Millisecond)
		version := h.lead(st.Lead).Version
		crm := h.as("", lead.ScopeLeadsManage)
		require.NoError(t, crm.call(ctx, "POST", path+"/feedback", said, &l))
		require.Equal(t, []any{version, "12800.50", "C-7"}, []any{l.Version, l.Amount, l.Customer})
		require.Equal(t, 2, h.followed(st.Lead))
		require.Equal(t, "bad_status", codeOf(li.call(ctx, "POST", path+"/follow-ups", map[string]any{"status": "working"}, nil)))

		// What the CRM says of a lead that nobody knows waits with the rejections. It never came in, and no source brought it.
		require.NoError(t, h.stream.Produce(ctx, stream.Record{Topic: h.topic("lead.feedback"), Value: []byte(`{"lead":"nobody","status":"working"}`)}))
		var open lead.RejectionPage
		require.Eventually(t, func() bool {
			h.call("GET", "/v1/rejections?stage=feedback", nil, &open)
			return len(open.Items) == 1
		}, patience, 5*time.Millisecond)
		var o lead.Overview
		h.call("GET", "/v1/overview", nil, &o)
		require.EqualValues(t, 1, o.Stages[0].Count, "%+v", o.Stages)
		require.False(t, slices.ContainsFunc(o.Sources, func(s lead.SourceFigures) bool { return s.Key == lead.StageFeedback }), "%+v", o.Sources)
		require.EqualValues(t, 1, o.Rejected["lead_not_found"])

		out, code := h.runs("figures")
		require.Equal(t, exitOK, code, out)
		require.Contains(t, out, "12800.50 CNY")
		out, code = h.runs("figures", "--json", "--since", time.Now().AddDate(0, 0, -1).Format(time.DateOnly))
		require.Equal(t, exitOK, code, out)
		var f lead.Performance
		require.NoError(t, json.Unmarshal([]byte(out), &f))
		require.EqualValues(t, 1, f.Funnel[0].Converted)
		h.settle()
		checkStream(t, h)
	})
}

// followed counts the follow-ups in the history of a lead.
func (h *testHub) followed(id string) int {
	n := 0
	for _, e := range h.lead(id).History {
		if e.FollowUp != nil {
			n++
		}
	}
	return n
}

func TestALeadThatLiesComesBackAndOneThatAPersonGaveStays(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		h.office(lead.Recycle{Kind: lead.RecycleNotAccepted, After: lead.Duration(2 * time.Second), When: `company == "大河"`})
		g := newGateway(t)
		h.call("PUT", "/v1/config", configFile{Notify: []fileTarget{{Key: "sms", Kind: lead.TargetWebhook, URL: text(g.URL), Secret: text(testSecret)}}}, nil)
		lies := h.becomes(h.accept("site", `{"phone":"`+phone()+`","company":"大河"}`), lead.StateAssigned)
		given, _ := h.pooled()
		out, code := h.runs("assign", given, "--to", "wu", "--why", "knows her")
		require.Equal(t, exitOK, code, out)
		require.Contains(t, out, "of wu")

		require.Eventually(t, func() bool { return h.lead(lies.Lead).Pool == "sea" }, patience, 20*time.Millisecond, "it lay for two seconds")
		d := h.lead(lies.Lead)
		require.Equal(t, []any{"", "li", 1, lead.StatusNew}, []any{d.Owner, d.PreviousOwner, d.Returns, d.Status})
		var page lead.DeliveryPage
		require.Eventually(t, func() bool {
			h.call("GET", "/v1/notifications?rep=li", nil, &page)
			told := map[string]lead.Delivery{}
			for _, n := range page.Items {
				told[n.Notification.Kind] = n
			}
			// Where the two seconds passed before the gateway was called, she is not told of a lead that she no longer owns.
			first := told[lead.NotifyAssigned]
			return (first.State == lead.DeliverySent || first.Code == "not_owner") && told[lead.NotifyRecycled].State == lead.DeliverySent
		}, patience, 20*time.Millisecond, "li is told of both: %v", &page)

		// What a rule would do now does not matter to whom a person gave a lead.
		h.call("PUT", "/v1/config", configFile{Rules: []fileRule{{Key: "all", To: &lead.Target{Reps: []string{"li"}}}}}, nil)
		h.becomes(h.accept("site", `{"phone":"`+phone()+`"}`), lead.StateAssigned)
		h.settle()
		require.Equal(t, "wu", h.lead(given).Owner)

		out, code = h.runs("handover", "wu", "--pool", "sea", "--why", "left")
		require.Equal(t, exitOK, code, out)
		require.Contains(t, out, "1 leads moved")
		require.Equal(t, "sea", h.lead(given).Pool)
		out, code = h.runs("handover", "wu", "--to", "li")
		require.Equal(t, exitOK, code, out)
		require.Contains(t, out, "0 leads moved", "twice is harmless")
		for _, typo := range [][]string{{"handover", "ghost", "--to", "li"}, {"handover", "wu", "--to", "ghost"}, {"handover", "wu", "--pool", "lake"}} {
			out, code = h.runs(typo...)
			require.Equal(t, exitFailed, code, "nobody is called ghost, which is not the same as having no leads: %s", out)
		}
		_, code = h.runs("handover", "wu")
		require.Equal(t, exitUsage, code, "to whom is missing")
		h.settle()
		checkStream(t, h)
	})
}
