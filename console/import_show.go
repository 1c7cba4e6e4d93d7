package console

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// importPage is one import; what it shows and offers goes by the state.
type importPage struct {
	lead.Import
	Sheets   []importSheet
	General  []lead.Notice // of the whole file
	Defaults []defaultField
	Groups   []fieldGroup
	Refused  *lead.Error // what the person asked for last
	names
}

func (s *site) importShow(v *visit) error {
	i, err := s.Imports.Import(v.Context(), v.param("id"))
	if err != nil {
		return err
	}
	p, err := v.importPage(i)
	if err != nil {
		return err
	}
	return v.render("import_show", p)
}

func (v *visit) importPage(i lead.Import) (importPage, error) {
	c, err := v.config()
	if err != nil {
		return importPage{}, err
	}
	p := importPage{Import: i, names: namesOf(c)}
	if !p.Editable() {
		return p, nil
	}
	p.Sheets, p.Groups, p.Defaults = sheetsOf(i.Layout), fieldGroups, defaultsOf(i.Layout.Defaults)
	for _, n := range slices.Concat(i.Notes, i.Layout.Notices) {
		if n.Sheet == "" {
			p.General = append(p.General, n)
		}
	}
	return p, nil
}

// renderImport shows an import again with what was wrong with the last request.
func (v *visit) renderImport(i lead.Import, wrong error) error {
	e := lead.AsError(wrong)
	if e.Kind == lead.KindInternal || e.Kind == lead.KindNotFound {
		return wrong
	}
	p, err := v.importPage(i)
	if err != nil {
		return wrong
	}
	p.Refused = e
	v.renderStatus(statuses[e.Kind], "import_show", p)
	return nil
}

// Editable reports whether the layout can still be corrected.
func (p importPage) Editable() bool {
	return p.State == lead.ImportInspected || p.State == lead.ImportChecked
}

// Moving reports whether something works on it.
func (p importPage) Moving() bool { return !p.AtRest() }

// Resumable reports whether it can go on where it stopped.
func (p importPage) Resumable() bool {
	return p.Started != nil && !p.Expired && (p.State == lead.ImportCancelled || p.State == lead.ImportFailed)
}

// Failed counts the rows that did not get into the pool.
func (p importPage) Failed() int64 { return p.Progress.Rejected + p.Progress.Quarantined }

// Resulting reports whether there is a result to download: the file is kept, and its rows are in the pool.
func (p importPage) Resulting() bool {
	return p.Started != nil && !p.Expired && p.AtRest() && p.State != lead.ImportUndone
}

// Undoable reports whether there are rows to take back; the file is needed for it, too.
func (p importPage) Undoable() bool { return p.Resulting() }

// station is one part of the way from a file to its result, and how it stands: "", "current" or "passed".
type station struct{ Name, State string }

var stations = []string{"upload", "columns", "check", "import", "result"}

// Stations are the way of this import.
func (p importPage) Stations() []station {
	at := map[string]int{lead.ImportInspected: 1, lead.ImportChecking: 2, lead.ImportChecked: 2, lead.ImportRunning: 3}
	current, ok := at[p.State]
	switch {
	case !ok:
		current = 4
	}
	out := make([]station, len(stations))
	for i, name := range stations {
		out[i].Name = name
		switch {
		case i < current:
			out[i].State = "passed"
		case i == current:
			out[i].State = "current"
		}
	}
	return out
}

// bar is how far the present work is; Most is 0 when nobody knows.
type bar struct{ At, Most, Percent int64 }

// Bar measures what takes longest: reading while it checks, knowing what became of the rows while it runs.
func (p importPage) Bar() bar {
	b := bar{At: p.Progress.Settled(), Most: p.Progress.Total}
	switch p.State {
	case lead.ImportChecking:
		b.At = p.Progress.Read
	case lead.ImportUndoing:
		b.At = p.Progress.Undone
	}
	if b.Most > 0 {
		b.At = min(b.At, b.Most) // the total may be an estimate
		b.Percent = b.At * 100 / b.Most
	}
	return b
}

// tally is one number of an import with the class that colours it.
type tally struct {
	Name  string
	Count int64
	Class string
}

// Tallies are what a check found, or what became of the rows. A number that is 0 is left out unless people look for it.
func (p importPage) Tallies() []tally {
	c, r := p.Check, p.Progress
	var all []tally
	switch {
	case p.State == lead.ImportUndoing || p.State == lead.ImportUndone:
		return []tally{{"withdrawn", r.Withdrawn, ""}}
	case p.Started != nil:
		all = []tally{{"new", r.New, "good"}, {"joined", r.Joined, ""}, {"same", r.Same, "?"}, {"rejected", r.Rejected, "bad"},
			{"skipped", r.Skipped, "?"}, {"quarantined", r.Quarantined, "bad?"}, {"pending", r.Pending, "?"}}
	case c != nil:
		all = []tally{{"new", c.New, "good"}, {"joins", c.Joins, ""}, {"in_file", c.InFile, ""}, {"known", c.Known, "?"},
			{"invalid", c.Invalid, "bad"}, {"spam", c.Spam, "bad?"}, {"skipped", c.Skipped, "?"}}
	}
	out := all[:0]
	for _, t := range all {
		class, optional := strings.CutSuffix(t.Class, "?")
		if optional && t.Count == 0 {
			continue
		}
		if t.Class = class; t.Count == 0 {
			t.Class = ""
		}
		out = append(out, t)
	}
	return out
}

// InvalidReasons are why rows are invalid, most first.
func (p importPage) InvalidReasons() []reasonCount {
	var out []reasonCount
	for _, code := range slices.Sorted(maps.Keys(p.Check.InvalidBy)) {
		out = append(out, reasonCount{code, p.Check.InvalidBy[code]})
	}
	slices.SortStableFunc(out, func(a, b reasonCount) int { return cmp.Compare(b.Count, a.Count) })
	return out
}

// Importable is how many rows a start would bring into the pool.
func (p importPage) Importable() int64 { return p.Check.New + p.Check.Joins + p.Check.InFile }

// draftColumns are shown of a row that did not become a lead.
var draftColumns = []string{lead.FieldName, lead.FieldPhone, lead.FieldEmail, lead.FieldCompany}

// Said is what stood in a row, for people to find it by.
func (importPage) Said(r lead.ImportPreview) string {
	var parts []string
	for _, f := range draftColumns {
		parts = append(parts, r.Draft[f]...)
	}
	return strings.Join(parts, " · ")
}

// Several reports whether rows of more than one sheet are shown, so that a row's number alone does not say which it is.
func (p importPage) Several() bool {
	return slices.ContainsFunc(p.Check.Preview, func(r lead.ImportPreview) bool { return r.Sheet != p.Check.Preview[0].Sheet })
}

// DateOrders are the orders in which a date can be meant.
func (importPage) DateOrders() []string { return []string{"dmy", "mdy", "ymd"} }

// in is a text in a language of the console.
func in(t lead.Text, lang string) string {
	if lang == "zh" {
		return t.ZH
	}
	return t.EN
}

// size is a number of bytes as people say it.
func size(bytes int64) string {
	switch {
	case bytes < 1000:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 1_000_000:
		return fmt.Sprintf("%.0f kB", float64(bytes)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}
