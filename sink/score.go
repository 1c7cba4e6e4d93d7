package sink

import (
	"slices"

	"github.com/leadhub/leadhub/lead"
)

// Scorer is what a Judge may also be. Package assign has it; it is pure.
type Scorer interface {
	// Score sets Score, Grade, Line, Scored and Tags of a record, and its Stage unless a person set it: as a function of what its
	// touches said, and of nothing else. It is called whenever a living record changed, before it is written.
	Score(r *lead.Record)
}

// score lets a judge that scores do so, and returns the names of the fields that changed, sorted.
func score(judge Judge, r *lead.Record) []string {
	by, ok := judge.(Scorer)
	if !ok || r.MergedInto != "" {
		return nil
	}
	before := r.Lead
	by.Score(r)
	return lead.Differences(&before, &r.Lead)
}

func sameScored(a, b []lead.Scored) bool {
	return slices.EqualFunc(a, b, func(x, y lead.Scored) bool {
		return x.Rule == y.Rule && x.Name == y.Name && x.Points == y.Points && x.Grade == y.Grade && x.Product == y.Product &&
			x.Stage == y.Stage && slices.Equal(x.Tags, y.Tags)
	})
}
