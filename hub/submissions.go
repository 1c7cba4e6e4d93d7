package hub

import (
	"context"

	"github.com/leadhub/leadhub/lead"
)

// Submission tells where a submission is now. Between the 202 and the pool there is no row to look up; the seal of the id proves that
// it was accepted and is on its way.
func (h *Hub) Submission(ctx context.Context, id string) (lead.SubmissionStatus, error) {
	st, found, err := h.cfg.Store.Submission(ctx, id)
	if err != nil || found {
		return st, err
	}
	if !lead.Sealed(id, h.keys.ids) {
		return lead.SubmissionStatus{}, lead.NotFound("unknown_submission", "this hub never gave out this submission id",
			"use the id from the answer to the post")
	}
	return lead.SubmissionStatus{ID: id, State: lead.StateReceived, Reason: "accepted and on its way to the pool"}, nil
}
