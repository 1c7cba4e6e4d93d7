package console

import (
	"strings"

	"github.com/leadhub/leadhub/lead"
)

type rejectionListPage struct {
	Filter   rejectionFilter
	Items    []lead.Rejection
	Next     string
	First    string
	Filtered bool
	Config   lead.Config
	names
}

type rejectionFilter struct{ State, Stage, Code, Source string }

var rejectionStages = []string{lead.StageParse, lead.StageFetch, lead.StageNormalize, lead.StageSpam, lead.StageSink, lead.StageFeedback}

// Stages for the form.
func (rejectionListPage) Stages() []string { return rejectionStages }

func (s *site) rejectionList(v *visit) error {
	c, err := v.config()
	if err != nil {
		return err
	}
	get := func(name string) string { return strings.TrimSpace(v.URL.Query().Get(name)) }
	f := rejectionFilter{State: get("state"), Stage: get("stage"), Code: get("code"), Source: get("source")}
	q := lead.RejectionQuery{State: f.State, Stage: f.Stage, Code: f.Code, Source: f.Source, Cursor: get("cursor")}
	switch f.State {
	case "": // what waits for somebody is what one comes for
		q.State = lead.RejectionOpen
	case "all":
		q.State = ""
	}
	found, err := s.Rejections.Rejections(v.Context(), q)
	if err != nil {
		return err
	}
	return v.render("rejection_list", rejectionListPage{Filter: f, Items: found.Items, Filtered: f != rejectionFilter{},
		Config: c, Next: nextPage(v.URL, found.Next), First: firstPage(v.URL), names: namesOf(c)})
}
