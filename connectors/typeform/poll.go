package typeform

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/vendorapi"
)

// pageSize is the vendor's largest. https://www.typeform.com/developers/responses/reference/retrieve-responses/
const pageSize = 1000

// asked is a source whose forms are asked for their responses as well.
type asked struct {
	*source
	api   *vendorapi.API
	auth  http.Header
	forms []string
	now   func() time.Time
}

// Poll asks one form after the other for what was submitted. The list shows responses up to 30 minutes late, by the vendor's word: the last
// 40 are asked for again.
func (s *asked) Poll(ctx context.Context, cursor string) (connectors.Delivery, string, error) {
	return connectors.Window{Overlap: 40 * time.Minute}.Poll(ctx, cursor, s.now(), s.ask)
}

// ask reads one page, oldest first. Both ends of a span belong to it, so the next page begins with the second of the last response;
// what that brings again has the same id.
func (s *asked) ask(ctx context.Context, span connectors.Span) ([]connectors.Event, string, error) {
	form, since := span.Part(s.forms)
	if since == "" {
		since = span.From.UTC().Format(time.RFC3339)
	}
	var list struct {
		Items []map[string]json.RawMessage `json:"items"`
	}
	err := s.get(ctx, "/forms/"+form+"/responses", url.Values{"since": {since}, "until": {span.To.UTC().Format(time.RFC3339)},
		"sort": {"submitted_at,asc"}, "page_size": {strconv.Itoa(pageSize)}}, &list)
	if err != nil || len(list.Items) == 0 {
		return nil, connectors.NextPart(s.forms, form, ""), err
	}
	// The list names questions by their ids alone; a webhook tells their titles as well.
	var definition struct {
		ID     json.RawMessage `json:"id,omitempty"`
		Title  json.RawMessage `json:"title,omitempty"`
		Fields json.RawMessage `json:"fields,omitempty"`
	}
	if err := s.get(ctx, "/forms/"+form, nil, &definition); err != nil {
		return nil, "", err
	}
	var events []connectors.Event
	for _, item := range list.Items {
		var token connectors.Scalar
		_ = json.Unmarshal(item["token"], &token)
		if token == "" {
			_ = json.Unmarshal(item["response_id"], &token)
		}
		if token == "" {
			continue // a visit that was not submitted
		}
		item["form_id"], _ = json.Marshal(form)          // texts and raw JSON marshal
		item["definition"], _ = json.Marshal(definition) // decoded from JSON just now
		body, err := json.Marshal(map[string]any{"event_type": typeResponse, "form_response": item})
		if err != nil {
			return nil, "", err
		}
		events = append(events, connectors.Event{ID: string(token), Body: body, ContentType: "application/json"})
	}
	next := ""
	if len(list.Items) >= pageSize {
		var last connectors.Scalar
		_ = json.Unmarshal(list.Items[len(list.Items)-1]["submitted_at"], &last)
		next = string(last)
	}
	return events, connectors.NextPart(s.forms, form, next), nil
}

func (s *asked) get(ctx context.Context, path string, query url.Values, out any) error {
	return s.api.Do(ctx, vendorapi.Call{Path: path, Query: query, Header: s.auth}, out)
}
