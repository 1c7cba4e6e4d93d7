package typeform

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// typeResponse is the event of a response that was submitted.
const typeResponse = "form_response"

// event is what a webhook posts, and what Poll makes of an entry of the list.
// https://www.typeform.com/developers/webhooks/example-payload/
type event struct {
	Type     connectors.Scalar `json:"event_type"`
	Response response          `json:"form_response"`
}

type response struct {
	FormID      connectors.Scalar            `json:"form_id"`
	SubmittedAt connectors.Scalar            `json:"submitted_at"`
	Hidden      map[string]connectors.Scalar `json:"hidden"`
	Variables   []struct {
		Key    connectors.Scalar `json:"key"`
		Text   connectors.Scalar `json:"text"`
		Number connectors.Scalar `json:"number"`
	} `json:"variables"`
	Calculated struct {
		Score connectors.Scalar `json:"score"`
	} `json:"calculated"`
	Definition struct {
		Title  connectors.Scalar `json:"title"`
		Fields []question        `json:"fields"`
	} `json:"definition"`
	Answers []map[string]json.RawMessage `json:"answers"`
}

type question struct {
	ID         connectors.Scalar `json:"id"`
	Ref        connectors.Scalar `json:"ref"`
	Type       connectors.Scalar `json:"type"`
	Title      connectors.Scalar `json:"title"`
	Properties struct {
		Fields []question `json:"fields"` // of a group
	} `json:"properties"`
}

// Parse reads the draft of a response; none for other events of the hook, like form_response_partial.
func (s *source) Parse(raw lead.Raw) ([]lead.Draft, error) {
	var e event
	if err := json.Unmarshal(raw.Body, &e); err != nil {
		return nil, connectors.BadJSON("a response of a Typeform")
	}
	if e.Type != typeResponse {
		return nil, nil
	}
	r := e.Response
	var d lead.Draft
	asked := map[connectors.Scalar]question{}
	index(asked, r.Definition.Fields)
	var consents []consent
	for _, a := range r.Answers {
		var q question
		_ = json.Unmarshal(a["field"], &q) // an answer without its question keeps its value
		if known, ok := asked[q.ID]; ok {
			q = known
		}
		values := answer(a)
		if q.Type == "legal" && len(values) > 0 {
			consents = append(consents, consent{q, values[0]})
			continue
		}
		for _, v := range values {
			s.put(&d, q, kind(a), v)
		}
	}
	addConsents(&d, consents)
	for _, name := range slices.Sorted(maps.Keys(r.Hidden)) {
		if value := r.Hidden[name]; value != "" {
			s.mapper.AddAnswer(&d, string(value), name)
		}
	}
	if len(d.Fields) == 0 {
		return nil, nil
	}
	for _, v := range r.Variables { // a form's own arithmetic: named by its author, and nothing a person said
		d.Add("variable."+string(v.Key), string(v.Text+v.Number))
	}
	d.EventTime = string(r.SubmittedAt)
	d.Add("form_id", string(r.FormID))
	d.Add("form_title", string(r.Definition.Title))
	d.Add("score", string(r.Calculated.Score))
	s.mapper.AddDefaults(&d)
	return []lead.Draft{d}, nil
}

func index(into map[connectors.Scalar]question, fields []question) {
	for _, f := range fields {
		if f.ID != "" {
			into[f.ID] = f
		}
		index(into, f.Properties.Fields)
	}
}

func kind(a map[string]json.RawMessage) string {
	var kind connectors.Scalar
	_ = json.Unmarshal(a["type"], &kind) // "" finds no value
	return string(kind)
}

// answer returns the values under the member that the answer's type names: a scalar, the labels of choices with what was written under
// "other", the amount of a payment. File answers are addresses.
func answer(a map[string]json.RawMessage) []string {
	value := a[kind(a)]
	var one connectors.Scalar
	_ = json.Unmarshal(value, &one)
	var many struct {
		Label  connectors.Scalar   `json:"label"`
		Labels []connectors.Scalar `json:"labels"`
		Other  connectors.Scalar   `json:"other"`
		Amount connectors.Scalar   `json:"amount"`
	}
	_ = json.Unmarshal(value, &many) // of a scalar nothing; what cannot be read is no answer
	var out []string
	for _, v := range append(many.Labels, one, many.Label, many.Other, many.Amount) {
		if v := strings.TrimSpace(string(v)); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// put goes by the mapping (ref, title or id of the question), then by the kind of the answer, then by the title.
func (s *source) put(d *lead.Draft, q question, kind, value string) {
	ref, title, id := string(q.Ref), string(q.Title), string(q.ID)
	switch {
	case s.mapper.Mapped(ref) || s.mapper.Mapped(title) || s.mapper.Mapped(id):
	case kind == "email":
		d.Add(lead.FieldEmail, value)
		return
	case kind == "phone_number":
		d.Add(lead.FieldPhone, value)
		return
	}
	if title == "" {
		title = ref
	}
	s.mapper.AddAnswer(d, value, id, ref, title)
}

// consent is the answer to a question of type legal.
type consent struct {
	q      question
	answer string
}

// addConsents writes one answer for each question; several are told apart by their refs.
func addConsents(d *lead.Draft, all []consent) {
	var texts []string
	for _, c := range all {
		d.Add(lead.FieldConsent, c.answer)
		if len(all) > 1 {
			d.Add(lead.FieldConsentPurpose, first(c.q.Ref, c.q.Title, c.q.ID, "contact"))
		}
		if c.q.Title != "" {
			texts = append(texts, string(c.q.Title))
		}
	}
	d.Add(lead.FieldConsentText, strings.Join(texts, "\n"))
}

func first(values ...connectors.Scalar) string {
	for _, v := range values {
		if v != "" {
			return string(v)
		}
	}
	return ""
}
