package console

import (
	"net/http"

	"github.com/leadhub/leadhub/lead"
)

// tryFields are what a form for an imagined lead asks for.
var tryFields = []string{lead.FieldName, lead.FieldPhone, lead.FieldCompany, lead.FieldCity, lead.FieldProduct, lead.FieldBudget, lead.FieldOwnerHint, lead.FieldMessage}

// tryForm is an imagined lead, and what would become of it.
type tryForm struct {
	Source  string
	Fields  []tryField
	Outcome *lead.Explanation // nil before the first try
	Error   *lead.Error
}

type tryField struct{ Name, Value string }

func fieldsOf(v *visit) []tryField {
	var out []tryField
	for _, name := range tryFields {
		f := tryField{Name: name}
		if v != nil {
			f.Value = v.typed(name)
		}
		out = append(out, f)
	}
	return out
}

// ruleTry plays an imagined lead. It is a POST because what is typed is a person's and does not belong into a URL; nothing is written.
func (s *site) ruleTry(v *visit) error {
	c, err := v.config()
	if err != nil {
		return err
	}
	p := ruleListPage{Config: c, Try: tryForm{Source: v.typed("source"), Fields: fieldsOf(v)}, speech: v.speech(c)}
	var d lead.Draft
	for _, f := range p.Try.Fields {
		if f.Value != "" {
			d.Add(f.Name, f.Value)
		}
	}
	status := http.StatusOK
	if out, err := s.Trying.ExplainDraft(v.Context(), p.Try.Source, d); err == nil {
		p.Try.Outcome = &out
	} else {
		if p.Try.Error = lead.AsError(err); p.Try.Error.Kind == lead.KindInternal {
			return err
		}
		status = statuses[p.Try.Error.Kind]
	}
	v.renderStatus(status, "rule_list", p)
	return nil
}
