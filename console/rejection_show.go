package console

import (
	"maps"
	"slices"

	"github.com/leadhub/leadhub/lead"
)

type rejectionPage struct {
	lead.Rejection
	Rows  []draftRow
	Known []string // names of fields, to choose from
	Error *lead.Error
	names
}

// draftRow is one value of one field; rows with an empty name or value are left out when the form comes back.
type draftRow struct{ Field, Value string }

// spareRows are for fields that a person adds; the form works without a script.
const spareRows = 3

var knownFields = []string{lead.FieldName, lead.FieldPhone, lead.FieldEmail, lead.FieldCompany, lead.FieldTitle,
	lead.FieldCountry, lead.FieldProvince, lead.FieldCity, lead.FieldDistrict, lead.FieldAddress, lead.FieldMessage,
	lead.FieldProduct, lead.FieldBudget, lead.FieldTag, lead.FieldWechat, lead.FieldQQ, lead.FieldExternalID, lead.FieldConsent}

func (s *site) rejectionShow(v *visit) error {
	r, err := s.Rejections.Rejection(v.Context(), v.param("id"))
	if err != nil {
		return err
	}
	return v.renderRejection(r, draftRows(r.Draft), nil)
}

func (v *visit) renderRejection(r lead.Rejection, rows []draftRow, wrong *lead.Error) error {
	c, err := v.config()
	if err != nil {
		return err
	}
	for range spareRows {
		rows = append(rows, draftRow{})
	}
	p := rejectionPage{Rejection: r, Rows: rows, Known: knownFields, Error: wrong, names: namesOf(c)}
	if wrong != nil {
		v.renderStatus(statuses[wrong.Kind], "rejection_show", p)
		return nil
	}
	return v.render("rejection_show", p)
}

// draftRows puts the fields people know first, in their order.
func draftRows(d *lead.Draft) []draftRow {
	if d == nil {
		return []draftRow{{Field: lead.FieldName}, {Field: lead.FieldPhone}, {Field: lead.FieldEmail}}
	}
	fields := slices.DeleteFunc(slices.Clone(knownFields), func(f string) bool { return len(d.Fields[f]) == 0 })
	for _, f := range slices.Sorted(maps.Keys(d.Fields)) {
		if !slices.Contains(knownFields, f) {
			fields = append(fields, f)
		}
	}
	var rows []draftRow
	for _, f := range fields {
		for _, value := range d.Fields[f] {
			rows = append(rows, draftRow{f, value})
		}
	}
	return rows
}
