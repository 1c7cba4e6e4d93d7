package console

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// Fields of a column that are none of a draft; see connectors.Mapper.
const (
	fieldEventTime = "event_time"
	fieldIgnore    = "-"
)

type fieldGroup struct {
	Name   string
	Fields []string
}

// fieldGroups are what a column can be, in the order in which people look for it.
var fieldGroups = []fieldGroup{
	{"contact", []string{lead.FieldName, lead.FieldPhone, lead.FieldEmail, lead.FieldWechat, lead.FieldQQ, lead.FieldFamilyName,
		lead.FieldGivenName, lead.FieldHonorific, lead.FieldExternalID}},
	{"company", []string{lead.FieldCompany, lead.FieldTitle}},
	{"place", []string{lead.FieldProvince, lead.FieldCity, lead.FieldDistrict, lead.FieldAddress, lead.FieldCountry}},
	{"interest", []string{lead.FieldProduct, lead.FieldBudget, lead.FieldMessage, lead.FieldTag, lead.FieldConsent}},
	{"origin", []string{fieldEventTime, lead.FieldReferrer, lead.FieldOwnerHint, lead.FieldUTMSource, lead.FieldUTMMedium,
		lead.FieldUTMCampaign, lead.FieldUTMTerm, lead.FieldUTMContent}},
	{"more", []string{lead.FieldLanguage, lead.FieldConsentText, lead.FieldConsentVersion, lead.FieldConsentPurpose, lead.FieldConsentAt,
		lead.FieldUTMID, lead.FieldPage, lead.FieldReferrerURL, lead.FieldLanding}},
	{"transcript", []string{lead.ColumnConversation, lead.ColumnBuyer, lead.ColumnSender, lead.ColumnShop, lead.ColumnPlatform}},
}

// maxColumns of a sheet are shown; those beyond keep what was found.
const maxColumns = 200

// importSheet is one sheet as its part of the form.
type importSheet struct {
	lead.SheetLayout
	Key     string // begins the names of its controls
	Rows    []importColumn
	Beyond  int // columns that are not shown
	Notices []lead.Notice
}

type importColumn struct {
	lead.Column
	Key     string
	Letters string // as the spreadsheet program calls it
	Other   bool   // the field is none of those offered
	Dated   bool   // holds dates whose order matters
}

func sheetsOf(l lead.Layout) []importSheet {
	out := make([]importSheet, len(l.Sheets))
	for i, sheet := range l.Sheets {
		s := importSheet{SheetLayout: sheet, Key: fmt.Sprintf("sheet%d", i)}
		for _, n := range l.Notices {
			if n.Sheet == sheet.Name && n.Sheet != "" {
				s.Notices = append(s.Notices, n)
			}
		}
		for j, c := range sheet.Columns[:min(len(sheet.Columns), maxColumns)] {
			s.Rows = append(s.Rows, importColumn{Column: c, Key: fmt.Sprintf("%s.%d", s.Key, j), Letters: letters(c.Index), Other: !offered(c.Field),
				Dated: c.Format != "" || c.Field == fieldEventTime})
		}
		s.Beyond = len(sheet.Columns) - len(s.Rows)
		out[i] = s
	}
	return out
}

func offered(field string) bool {
	return field == "" || field == fieldIgnore || slices.ContainsFunc(fieldGroups, func(g fieldGroup) bool { return slices.Contains(g.Fields, field) })
}

// letters names a column as spreadsheet programs do: A, B … Z, AA.
func letters(index int) string {
	name := ""
	for n := index + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

// Trust says in a word how far what was found for a column can be relied on.
func (c importColumn) Trust() string {
	switch {
	case c.How == "" || c.Field == "":
		return "unknown"
	case c.Sure >= 0.85:
		return "sure"
	case c.Sure >= 0.6:
		return "likely"
	}
	return "unsure"
}

// importCheck keeps the layout as the form has it, then has every row looked at.
func (s *site) importCheck(v *visit) error {
	i, err := s.Imports.Import(v.Context(), v.param("id"))
	if err != nil {
		return err
	}
	l, err := readLayout(v.PostForm, i.Layout)
	if err == nil {
		_, err = s.Imports.EditLayout(v.Context(), i.ID, l)
	}
	if err == nil {
		_, err = s.ImportOrders.Check(v.Context(), i.ID, v.actor())
	}
	if err != nil {
		i.Layout = l
		return v.renderImport(i, err)
	}
	return v.redirect(importURL(i.ID))
}

// readLayout lays the form over a layout. What the form does not hold stays as it is, and what was not changed is still
// the hub's own finding, not a person's word.
func readLayout(form url.Values, before lead.Layout) (lead.Layout, error) {
	l := before
	l.Defaults = readDefaults(form, before.Defaults)
	l.Sheets = slices.Clone(before.Sheets)
	var wrong error
	for i := range l.Sheets {
		s := &l.Sheets[i]
		key := fmt.Sprintf("sheet%d", i)
		if !form.Has(key + ".header_row") {
			continue
		}
		s.Skip = form.Get(key+".read") != "on"
		row, err := strconv.Atoi(strings.TrimSpace(form.Get(key + ".header_row")))
		if err != nil || row < 0 {
			wrong = wrongField(key+".header_row", "bad_header_row", "the row of the header is not a number", "give the number of the row, or 0 when there is no header")
			row = s.HeaderRow
		}
		s.HeaderRow = row
		s.Columns = slices.Clone(s.Columns)
		for j := range s.Columns {
			readColumn(form, fmt.Sprintf("%s.%d", key, j), &s.Columns[j])
		}
	}
	return l, wrong
}

func readColumn(form url.Values, key string, c *lead.Column) {
	if form.Has(key+".field") && form.Get(key+".field") != c.Field {
		c.Field, c.How, c.Sure = form.Get(key+".field"), "person", 1
	}
	if form.Has(key + ".format") {
		c.Format = form.Get(key + ".format")
	}
}
