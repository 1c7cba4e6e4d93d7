package api

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestARejectionIsReplayedAsItArrivedUnlessADraftIsSent(t *testing.T) {
	f := newFakes()
	read := lead.Draft{Fields: map[string][]string{"phone": {"12"}}, EventTime: "then", Identities: []lead.Identity{{Kind: "openid", Value: "o"}}}
	f.rejection = func(id string) (lead.Rejection, error) { return lead.Rejection{ID: id, Draft: &read}, nil }
	var got *lead.Draft
	f.replay = func(id string, edited *lead.Draft) error { require.Equal(t, "r", id); got = edited; return nil }
	for _, body := range []string{"", "{}", `{"draft":null}`} {
		got = &lead.Draft{}
		a := f.admin(t, "POST", "/v1/rejections/r/replay", body)
		require.Equal(t, 200, a.Code, "%s: %s", body, a.Body)
		require.JSONEq(t, `{"id":"r","status_url":"/v1/submissions/r"}`, a.Body.String())
		require.Nil(t, got, body)
	}
	a := f.admin(t, "POST", "/v1/rejections/r/replay", `{"draft":{"fields":{"phone":["13912345678"]}}}`)
	require.Equal(t, 200, a.Code)
	require.Equal(t, "person:somebody", f.actor)
	require.Equal(t, &lead.Draft{Fields: map[string][]string{"phone": {"13912345678"}}, EventTime: "then", Identities: read.Identities}, got,
		"what a platform gave is not a person's to change")
	require.Equal(t, []string{"12"}, read.Fields["phone"], "and what was read stays")

	require.Equal(t, 422, f.admin(t, "POST", "/v1/rejections/r/replay", `{"draft":{"fields":{}}}`).Code)
	require.Equal(t, 422, f.admin(t, "POST", "/v1/rejections/r/replay", `{"draft":{"fields":{"phone":["1"]},"identities":[]}}`).Code)
}

func TestRejectionsAreListedByWhatIsAsked(t *testing.T) {
	f := newFakes()
	var asked lead.RejectionQuery
	f.rejections = func(q lead.RejectionQuery) (lead.RejectionPage, error) { asked = q; return lead.RejectionPage{}, nil }
	f.admin(t, "GET", "/v1/rejections?state=open&stage=spam&code=c&source=s&limit=3&cursor=x", "")
	require.Equal(t, lead.RejectionQuery{State: "open", Stage: "spam", Code: "c", Source: "s", Limit: 3, Cursor: "x"}, asked)
	require.Equal(t, 422, f.admin(t, "GET", "/v1/rejections?state=closed", "").Code)
}

// pages serves rejections two at a time.
func pages(all []lead.Rejection) func(lead.RejectionQuery) (lead.RejectionPage, error) {
	return func(q lead.RejectionQuery) (lead.RejectionPage, error) {
		from := 0
		_, _ = fmt.Sscan(q.Cursor, &from)
		p := lead.RejectionPage{Items: all[from:min(from+2, len(all))]}
		if from+2 < len(all) {
			p.Next = fmt.Sprint(from + 2)
		}
		return p, nil
	}
}

func TestManyRejectionsAreReplayedButTheQuarantineOnlyByName(t *testing.T) {
	f := newFakes()
	var sent []string
	f.replay = func(id string, edited *lead.Draft) error {
		require.Nil(t, edited)
		if id == "b" {
			return &lead.Error{Kind: lead.KindConflict, Code: "resolved", Message: "It is resolved."}
		}
		sent = append(sent, id)
		return nil
	}
	f.rejections = pages([]lead.Rejection{{ID: "a"}, {ID: "b"}, {ID: "s", Stage: lead.StageSpam}, {ID: "c"}, {ID: "d"}})
	a := f.admin(t, "POST", "/v1/rejections/replay", `{"source":"site"}`)
	require.JSONEq(t, `{"replayed":3,"failed":[{"id":"b","code":"resolved","message":"It is resolved."}],"next":""}`, a.Body.String())
	require.Equal(t, []string{"a", "c", "d"}, sent)

	f.rejections = pages([]lead.Rejection{{ID: "s", Stage: lead.StageSpam}})
	require.EqualValues(t, 1, f.admin(t, "POST", "/v1/rejections/replay", `{"stage":"spam"}`).json()["replayed"])
	for _, all := range []string{`{}`, `{"stage":""}`, `{"state":"open"}`} {
		require.Equal(t, 422, f.admin(t, "POST", "/v1/rejections/replay", all).Code, "everything at once must be asked for by name")
	}
}

func TestReplayingManyStopsWhenTheBrokerIsAway(t *testing.T) {
	f := newFakes()
	calls := 0
	f.rejections = pages(make([]lead.Rejection, 10))
	f.replay = func(string, *lead.Draft) error {
		if calls++; calls > 3 {
			return lead.Transient("broker_away", "The broker is away.", 0, nil)
		}
		return nil
	}
	a := f.admin(t, "POST", "/v1/rejections/replay", `{"code":"x"}`)
	require.EqualValues(t, 3, a.json()["replayed"])
	require.Equal(t, "2", a.json()["next"], "the page that was not finished is the next one")
	require.Equal(t, "broker_away", a.json()["failed"].([]any)[0].(map[string]any)["code"])
	require.Equal(t, 4, calls)
	require.Equal(t, 503, f.admin(t, "POST", "/v1/rejections/replay", `{"code":"x"}`).Code, "with nothing done it is simply an error")
}

func TestReplayingManyAnswersInStepsThatGoOnWhereTheLastEnded(t *testing.T) {
	f := newFakes()
	f.rejections = pages(make([]lead.Rejection, maxReplays+1))
	a := f.admin(t, "POST", "/v1/rejections/replay", `{"code":"x"}`)
	require.EqualValues(t, maxReplays, a.json()["replayed"])
	a = f.admin(t, "POST", "/v1/rejections/replay", `{"code":"x","cursor":"`+a.json()["next"].(string)+`"}`)
	require.JSONEq(t, `{"replayed":1,"failed":[],"next":""}`, a.Body.String())
	f.rejections = func(lead.RejectionQuery) (lead.RejectionPage, error) { return lead.RejectionPage{}, errors.New("x") }
	require.Equal(t, 500, f.admin(t, "POST", "/v1/rejections/replay", `{"code":"x"}`).Code)
}
