package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// Total is what some touches add to the count of a source.
type Total struct {
	Source  string
	Touches int64
	Last    int64
}

// Totals counts touches by source, sorted, so that two transactions lock the counts in the same order.
func Totals(touches []sink.Touch) []Total {
	var list []Total
	for _, t := range touches {
		i, ok := slices.BinarySearchFunc(list, t.Source, func(e Total, s string) int { return cmp.Compare(e.Source, s) })
		if !ok {
			list = slices.Insert(list, i, Total{Source: t.Source})
		}
		list[i].Touches++
		list[i].Last = max(list[i].Last, t.At.UnixMicro())
	}
	return list
}

// Breakdown counts touches and open rejections per source, and open rejections per code. What a CRM said came from no source.
func (s *Store) Breakdown(ctx context.Context) ([]lead.SourceFigures, map[string]int64, error) {
	sources := map[string]lead.SourceFigures{}
	codes := map[string]int64{}
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		err := each(ctx, tx, func(rows *sql.Rows) error {
			var f lead.SourceFigures
			var last int64
			err := rows.Scan(&f.Key, &f.Touches, &last)
			at := micros(last)
			f.Last = &at
			sources[f.Key] = f
			return err
		}, "SELECT source, touches, last FROM source_totals")
		if err != nil {
			return err
		}
		return each(ctx, tx, func(rows *sql.Rows) error {
			var source, stage, code string
			var n int64
			err := rows.Scan(&source, &stage, &code, &n)
			if stage != lead.StageFeedback {
				f := sources[source]
				f.Key, f.Rejected = source, f.Rejected+n
				sources[source] = f
			}
			codes[code] += n
			return err
		}, "SELECT source, stage, code, count(*) FROM rejections WHERE state = 'open' GROUP BY source, stage, code")
	})
	list := make([]lead.SourceFigures, 0, len(sources))
	for _, f := range sources {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b lead.SourceFigures) int { return cmp.Compare(a.Key, b.Key) })
	return list, codes, err
}
