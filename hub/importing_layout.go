package hub

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leadhub/leadhub/api/problem"
	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// EditLayout takes what a person corrected before an import is started: which sheets are read, where the header is, what the columns are, and
// what holds for the whole file. Sheets that are not named stay as they are. A check that was made is forgotten.
func (im *Importing) EditLayout(ctx context.Context, id string, layout lead.Layout) (lead.Import, error) {
	if err := checkDefaults(layout.Defaults); err != nil {
		return lead.Import{}, err
	}
	anew, err := im.headersMoved(ctx, id, layout)
	if err != nil {
		return lead.Import{}, err
	}
	return im.store.EditImport(ctx, id, func(i *lead.Import) error {
		if i.State != lead.ImportInspected && i.State != lead.ImportChecked {
			return wrongState(i, "the layout can be changed until the import is started")
		}
		sheets := slices.Clone(i.Layout.Sheets)
		for n, s := range layout.Sheets {
			if s.Index < 0 || s.Index >= len(sheets) {
				return badLayout(fmt.Sprintf("sheets[%d].index", n), fmt.Sprintf("the file has no sheet %d", s.Index))
			}
			old := sheets[s.Index]
			if seen, ok := anew[s.Index]; ok {
				s, old = onto(seen, old, s), seen
			}
			edited, err := editSheet(old, s, n)
			if err != nil {
				return err
			}
			sheets[s.Index] = edited
		}
		if !slices.ContainsFunc(sheets, func(s lead.SheetLayout) bool { return !s.Skip }) {
			return badLayout("sheets", "every sheet is skipped")
		}
		i.Layout.Sheets, i.Layout.Defaults = sheets, maps.Clone(layout.Defaults)
		i.State, i.Check, i.Error = lead.ImportInspected, nil, nil
		return nil
	})
}

// headersMoved looks at the file again where a person chose another row for the header, and returns these sheets by index.
func (im *Importing) headersMoved(ctx context.Context, id string, layout lead.Layout) (map[int]lead.SheetLayout, error) {
	i, err := im.store.Import(ctx, id)
	if err != nil {
		return nil, err
	}
	f := im.upload(&i)
	for _, s := range layout.Sheets {
		if s.Index >= 0 && s.Index < len(i.Layout.Sheets) && s.HeaderRow != i.Layout.Sheets[s.Index].HeaderRow && s.HeaderRow >= 0 && s.HeaderRow <= maxHeaderRow {
			if f.HeaderRows == nil {
				f.HeaderRows = map[int]int{}
			}
			f.HeaderRows[s.Index] = s.HeaderRow
		}
	}
	if len(f.HeaderRows) == 0 {
		return nil, nil
	}
	if err := im.mine(&i); err != nil {
		return nil, err
	}
	importer, _, err := im.importer(ctx, i.Source)
	if err != nil {
		return nil, err
	}
	again, err := im.inspect(ctx, importer, f)
	if err != nil {
		return nil, err
	}
	out := map[int]lead.SheetLayout{}
	for index := range f.HeaderRows {
		if index < len(again.Sheets) {
			out[index] = again.Sheets[index]
		}
	}
	return out, nil
}

// onto carries what a person changed beside the row of the header over to the columns as they are under the new one.
func onto(seen, old, sent lead.SheetLayout) lead.SheetLayout {
	out := lead.SheetLayout{Index: sent.Index, Skip: sent.Skip, HeaderRow: seen.HeaderRow}
	for _, c := range sent.Columns {
		was := lead.Column{}
		if c.Index >= 0 && c.Index < len(old.Columns) {
			was = old.Columns[c.Index]
		}
		if c.Field != was.Field || c.Format != was.Format || c.Index >= len(seen.Columns) {
			out.Columns = append(out.Columns, c)
		}
	}
	return out
}

func badLayout(field, message string) error {
	return &lead.Error{Kind: lead.KindInvalid, Code: problem.CodeValidation, Message: message, Fields: []string{"layout." + field},
		Hint: "send the layout as GET shows it, with your corrections; fields are " + strings.Join(lead.ImportFields, ", ") + ", event_time, - to drop, or empty"}
}

func wrongState(i *lead.Import, why string) error {
	return &lead.Error{Kind: lead.KindConflict, Code: "import_" + i.State, Message: "the import is " + i.State + ": " + why, Hint: "GET /v1/imports/" + i.ID + " tells where it is"}
}

// maxHeaderRow is the last row that can be a header.
const maxHeaderRow = 1_000_000

func editSheet(old, sent lead.SheetLayout, at int) (lead.SheetLayout, error) {
	field := func(f string, args ...any) string { return fmt.Sprintf("sheets[%d].", at) + fmt.Sprintf(f, args...) }
	if sent.HeaderRow < 0 || sent.HeaderRow > maxHeaderRow {
		return old, badLayout(field("header_row"), "there is no such row")
	}
	out := old
	out.Skip, out.Columns = sent.Skip, slices.Clone(old.Columns)
	out.HeaderRow = sent.HeaderRow
	for n, c := range sent.Columns {
		switch {
		case c.Index < 0 || c.Index >= len(out.Columns):
			return old, badLayout(field("columns[%d].index", n), fmt.Sprintf("the sheet has no column %d", c.Index))
		case !columnField(c.Field):
			return old, badLayout(field("columns[%d].field", n), fmt.Sprintf("%q is no field", clip(c.Field, 40)))
		case !slices.Contains([]string{"", "dmy", "mdy", "ymd"}, c.Format):
			return old, badLayout(field("columns[%d].format", n), "the order of dates is dmy, mdy or ymd")
		case utf8.RuneCountInString(c.Header) > 500:
			return old, badLayout(field("columns[%d].header", n), "the header is too long")
		}
		to := &out.Columns[c.Index]
		if to.Field != c.Field || to.Format != c.Format {
			to.How, to.Sure = "person", 1
		}
		to.Field, to.Format = c.Field, c.Format
	}
	return out, nil
}

func columnField(name string) bool {
	return name == "" || name == connectors.FieldIgnore || name == connectors.FieldEventTime || slices.Contains(lead.ImportFields, name) ||
		slices.Contains(lead.ClickIDFields, name)
}

// checkDefaults lets any name pass: what is no field is kept as it is.
func checkDefaults(defaults map[string]string) error {
	if len(defaults) > 50 {
		return badLayout("defaults", "more than 50 defaults")
	}
	for field, value := range defaults {
		if strings.TrimSpace(field) == "" || len(field) > 100 || len(value) > 1000 || strings.ContainsRune(field+value, 0) || !utf8.ValidString(field+value) {
			return badLayout("defaults", "a default has no name, or is too long")
		}
	}
	return nil
}

func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// corrected are the columns that people decided about, by the headers they stand under.
func corrected(l lead.Layout) []lead.RememberedColumns {
	var out []lead.RememberedColumns
	for _, s := range l.Sheets {
		if s.Skip || s.Fingerprint == "" {
			continue
		}
		r := lead.RememberedColumns{Fingerprint: s.Fingerprint}
		said := false
		for _, c := range s.Columns {
			if c.How == "person" || c.How == "remembered" {
				said = said || c.How == "person"
				r.Columns = append(r.Columns, lead.RememberedColumn{Index: c.Index, Field: c.Field, Format: c.Format})
			}
		}
		if said {
			out = append(out, r)
		}
	}
	return out
}
