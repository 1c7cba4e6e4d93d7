package console

import (
	"net/url"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// rejectionReplay sends a rejection again: as it arrived, or as a person corrected it. When the hub refuses, what was
// typed is shown again.
func (s *site) rejectionReplay(v *visit) error {
	id := v.param("id")
	var edited *lead.Draft
	rows := formRows(v.PostForm)
	if v.PostForm.Get("how") == "edited" {
		r, err := s.Rejections.Rejection(v.Context(), id)
		if err != nil {
			return err
		}
		if edited = correct(r.Draft, rows); len(edited.Fields) == 0 {
			return v.renderRejection(r, rows, lead.Invalid("empty_draft", "every field is empty", "fill in at least a phone or an email"))
		}
	}
	err := s.Rejections.Replay(v.Context(), id, edited, v.actor())
	if e := lead.AsError(err); e != nil && e.Kind != lead.KindInternal && edited != nil {
		r, readErr := s.Rejections.Rejection(v.Context(), id)
		if readErr != nil {
			return err
		}
		return v.renderRejection(r, rows, e)
	}
	if err != nil {
		return err
	}
	return v.done("/rejections/"+url.PathEscape(id), "replayed")
}

// correct lays the rows over what was read. Ids that a platform gave, the time and what spoke for spam stay.
func correct(read *lead.Draft, rows []draftRow) *lead.Draft {
	out := lead.Draft{}
	if read != nil {
		out = *read
	}
	out.Fields = map[string][]string{}
	for _, row := range rows {
		if row.Field != "" {
			out.Add(row.Field, row.Value)
		}
	}
	return &out
}

// formRows reads the rows of the form in their order. Browsers send a line break as CR LF.
func formRows(form url.Values) []draftRow {
	var rows []draftRow
	values := form["value"]
	for i, field := range form["field"] {
		row := draftRow{Field: strings.TrimSpace(field)}
		if i < len(values) {
			row.Value = strings.TrimSpace(strings.ReplaceAll(values[i], "\r\n", "\n"))
		}
		if row != (draftRow{}) {
			rows = append(rows, row)
		}
	}
	return rows
}
