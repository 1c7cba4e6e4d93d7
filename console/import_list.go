package console

import (
	"cmp"
	"slices"

	"github.com/leadhub/leadhub/lead"
)

type importListPage struct {
	Items   []importRow
	Next    string
	First   string
	Sources []lead.Source // that files are uploaded for; without one the page says how to begin
	names
}

// importRow is an import in the list, with what has become of its rows in a few numbers.
type importRow struct {
	lead.Import
	Counted bool  // the numbers hold: it was started, and not undone
	Pooled  int64 // rows that are touches of leads
	Failed  int64
}

func (s *site) importList(v *visit) error {
	c, err := v.config()
	if err != nil {
		return err
	}
	found, err := s.Imports.Imports(v.Context(), lead.ImportQuery{Cursor: v.URL.Query().Get("cursor")})
	if err != nil {
		return err
	}
	p := importListPage{Next: nextPage(v.URL, found.Next), First: firstPage(v.URL), Sources: s.uploadSources(c), names: namesOf(c)}
	for _, i := range found.Items {
		pr := i.Progress
		p.Items = append(p.Items, importRow{Import: i, Counted: i.Started != nil && i.State != lead.ImportUndoing && i.State != lead.ImportUndone,
			Pooled: pr.New + pr.Joined + pr.Same, Failed: pr.Rejected + pr.Quarantined})
	}
	return v.render("import_list", p)
}

// uploadSources are the sources that take files, by name.
func (s *site) uploadSources(c lead.Config) []lead.Source {
	takes := map[string]bool{}
	for _, ch := range s.Channels() {
		takes[ch.Channel] = ch.Upload
	}
	var out []lead.Source
	for _, src := range c.Sources {
		if takes[src.Channel] && src.Enabled {
			out = append(out, src)
		}
	}
	slices.SortStableFunc(out, func(a, b lead.Source) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// uploadChannel is the channel that a source for files is made of; "" when the hub knows none.
func (s *site) uploadChannel() string {
	for _, ch := range s.Channels() {
		if ch.Upload {
			return ch.Channel
		}
	}
	return ""
}
