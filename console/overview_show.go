package console

import (
	"cmp"
	"maps"
	"slices"

	"github.com/leadhub/leadhub/lead"
)

type overviewPage struct {
	lead.Overview
	Flow      []lead.Stage // the way of what is not rejected
	Rejecting lead.Stage   // what is rejected leaves it
	Sources   []sourceRow
	Reasons   []reasonCount // open rejections, most first
	Empty     bool          // no source yet: the page says how to begin
	Partial   bool          // the counts cannot be had now
}

type reasonCount struct {
	Code  string
	Count int64
}

func (s *site) overviewShow(v *visit) error {
	o, err := s.Figures.Overview(v.Context())
	if err != nil && len(o.Parts) == 0 {
		return err
	}
	c, configErr := v.config() // without it there are still counts
	p := overviewPage{Overview: o, Sources: sourceRows(c.Sources, o.Sources), Partial: err != nil,
		Empty: err == nil && configErr == nil && len(c.Sources) == 0}
	for _, stage := range o.Stages {
		if stage.Name == "rejected" {
			p.Rejecting = stage
			continue
		}
		p.Flow = append(p.Flow, stage)
	}
	for code, n := range o.Rejected {
		p.Reasons = append(p.Reasons, reasonCount{code, n})
	}
	slices.SortFunc(p.Reasons, func(a, b reasonCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code))
	})
	return v.render("overview_show", p)
}

// sourceRow is a configured source with its counts; one that was removed still has counts and no name.
type sourceRow struct {
	lead.Source
	Figures lead.SourceFigures
	Gone    bool
}

func sourceRows(configured []lead.Source, figures []lead.SourceFigures) []sourceRow {
	counts := map[string]lead.SourceFigures{}
	for _, f := range figures {
		counts[f.Key] = f
	}
	rows := make([]sourceRow, 0, len(configured))
	for _, src := range configured {
		rows = append(rows, sourceRow{Source: src, Figures: counts[src.Key]})
		delete(counts, src.Key)
	}
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		rows = append(rows, sourceRow{Source: lead.Source{Key: key}, Figures: counts[key], Gone: true})
	}
	return rows
}
