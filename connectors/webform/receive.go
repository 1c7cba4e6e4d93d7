package webform

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// maxID bounds an id that a caller makes up.
const maxID = 255

var (
	errMethod = lead.Invalid("method_not_allowed", "a form is received with POST", "send it with the method POST")
	errEmpty  = lead.Invalid("empty_body", "the post carries nothing", "send the fields of the form as its body")
	errCoding = lead.Invalid("content_encoding", "a compressed body is not understood", "send the body as it is, without Content-Encoding")
	errKey    = lead.Invalid("bad_idempotency_key", "the Idempotency-Key is empty or longer than 255 characters", "use an id like a UUID")
)

// Receive checks who posts and hands the bytes over; it reads them only when required_fields, the hidden id of the
// submission or a _next field need it.
func (s *source) Receive(r *http.Request) (d connectors.Delivery, err error) {
	headers, allowed := s.origins.allow(r.Header.Get("Origin"))
	d.Reply.Header = headers
	if !allowed {
		return d, errOrigin
	}
	switch r.Method {
	case http.MethodPost:
	case http.MethodOptions:
		d.Reply.Status, d.Reply.Header = http.StatusNoContent, preflight(headers)
		return d, nil
	default:
		if headers == nil {
			d.Reply.Header = http.Header{}
		}
		d.Reply.Header.Set("Allow", "POST, OPTIONS")
		return d, errMethod
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return d, errCoding
	}
	signals, err := s.rateSignals(r)
	if err != nil {
		return d, err
	}
	body, err := connectors.ReadBody(r)
	if err != nil {
		return d, err
	}
	standardID, err := s.verify(r, body)
	if err != nil {
		return d, err
	}
	if len(body) == 0 && r.URL.RawQuery == "" {
		return d, errEmpty
	}
	event := connectors.Event{Body: body, ContentType: r.Header.Get("Content-Type"), Query: r.URL.RawQuery, Signals: signals}
	if referer := r.Header.Get("Referer"); referer != "" {
		event.Header = map[string]string{"Referer": referer}
	}
	html := prefersHTML(r.Header)
	var form *post
	if s.mustRead(&event, standardID, html) {
		form = s.read(event.ContentType, body, event.Query)
	}
	if event.ID, err = s.eventID(r, standardID, body, form); err != nil {
		return d, err
	}
	if err := s.missing(form, &event); err != nil {
		return d, err
	}
	d.Events = []connectors.Event{event}
	if html {
		s.thank(&d.Reply, form)
	}
	return d, nil
}

// verify checks the signature, if the source has one, and returns the id that a Standard Webhooks signature covers.
func (s *source) verify(r *http.Request, body []byte) (id string, err error) {
	h := r.Header
	switch {
	case !s.signed:
		return "", nil
	case s.svix == nil:
		return "", s.verifier.Verify(r, body)
	case h.Get("Webhook-Id") == "" && h.Get("Svix-Id") != "":
		return h.Get("Svix-Id"), s.svix.Verify(r, body)
	}
	return h.Get("Webhook-Id"), s.verifier.Verify(r, body)
}

func (s *source) rateSignals(r *http.Request) ([]lead.Signal, error) {
	if s.limiter == nil {
		return nil, nil
	}
	addr, private, ok := visitor(r.RemoteAddr)
	limit := s.rate
	if limit == rateAuto {
		limit = defaultRate
		ok = ok && !private
	}
	if !ok {
		return nil, nil
	}
	now := s.now()
	switch n := s.limiter.count(addr, now); {
	case n > limit*refuseAbove:
		return nil, &lead.Error{Kind: lead.KindLimited, Code: "too_many_posts",
			Message: "too many posts came from this address", Hint: "wait a minute, then send it again",
			RetryAfter: time.Duration(60-now.Unix()%60) * time.Second}
	case n > limit:
		return []lead.Signal{{Code: "rate", Points: spamRatePoint, Detail: "more posts from one address than the source allows in a minute"}}, nil
	}
	return nil, nil
}

// mustRead reports whether the body's meaning is needed before it is stored.
func (s *source) mustRead(e *connectors.Event, standardID string, html bool) bool {
	return len(s.required) > 0 ||
		standardID == "" && s.idField != "" && bytes.Contains(e.Body, s.idMark) ||
		html && len(s.thankYouHosts) > 0 && (bytes.Contains(e.Body, []byte(nextField)) || strings.Contains(e.Query, nextField))
}

// post is a body that was read at the door; nil or with an error when it could not be.
type post struct {
	records []record
	query   []connectors.Pair
	err     error
}

func (s *source) read(contentType string, body []byte, query string) *post {
	p := &post{query: parseQuery(query)}
	p.records, p.err = decode(contentType, body)
	return p
}

// first returns the first value of a field in the body, then in the query.
func (p *post) first(name string) string {
	if p == nil {
		return ""
	}
	for _, rec := range p.records {
		if v := find(rec.pairs, name); v != "" {
			return v
		}
	}
	return find(p.query, name)
}

func find(pairs []connectors.Pair, name string) string {
	i := slices.IndexFunc(pairs, func(p connectors.Pair) bool { return p.Name == name && strings.TrimSpace(p.Value) != "" })
	if i < 0 {
		return ""
	}
	return strings.TrimSpace(pairs[i].Value)
}

// eventID finds the id under which a repeated post is the same one. The kinds have prefixes, so that they cannot
// collide. An Idempotency-Key and a signed webhook-id are promises of a program and are believed. A hidden field is not:
// a page from a cache gives every visitor the same id, so there the content belongs to the id.
func (s *source) eventID(r *http.Request, standardID string, body []byte, form *post) (string, error) {
	if standardID != "" {
		if len(standardID) > maxID {
			return "", errKey
		}
		return "msg:" + standardID, nil
	}
	if keys := r.Header["Idempotency-Key"]; len(keys) > 0 {
		key := strings.TrimSpace(keys[0])
		if len(key) > 1 && key[0] == '"' && key[len(key)-1] == '"' { // a structured field's string; many send it bare
			key = key[1 : len(key)-1]
		}
		if key == "" || len(key) > maxID {
			return "", errKey
		}
		return "key:" + key, nil
	}
	if s.idField == "" {
		return "", nil
	}
	if id := form.first(s.idField); id != "" && len(id) <= maxID {
		return "form:" + id + ":" + form.fingerprint(), nil
	}
	if strings.Contains(r.URL.RawQuery, s.idField) {
		if id := find(parseQuery(r.URL.RawQuery), s.idField); id != "" && len(id) <= maxID {
			sum := sha256.Sum256(body)
			return "query:" + id + ":" + hex.EncodeToString(sum[:8]), nil
		}
	}
	return "", nil
}

// fingerprint is over what was filled in, without what the page's script measured.
func (p *post) fingerprint() string {
	h := sha256.New()
	for _, rec := range p.records {
		for _, pair := range rec.pairs {
			if pair.Name != elapsedField && pair.Name != startedField {
				h.Write([]byte(pair.Name + "\x00" + pair.Value + "\x00"))
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// missing reports the required fields that a post lacks. A body that cannot be read is not asked: its bytes are
// kept and it is rejected where people can see it.
func (s *source) missing(form *post, e *connectors.Event) error {
	if len(s.required) == 0 || form == nil || form.err != nil {
		return nil
	}
	var lacking []string
	for _, rec := range form.records {
		d := s.draft(rec, form.query, e.Header["Referer"], s.now())
		for _, required := range s.required {
			if !s.has(d, required) && !slices.Contains(lacking, required) {
				lacking = append(lacking, required)
			}
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	err := lead.Invalid("missing_fields", "required fields are missing: "+strings.Join(lacking, ", "), "fill them in and send the form again")
	err.Fields = lacking
	return err
}

func (s *source) has(d lead.Draft, required string) bool {
	for name := range strings.SplitSeq(required, "|") {
		name = strings.TrimSpace(name)
		field := s.mapper.Field(name)
		if field == "" {
			field = name
		}
		if given(d, field) || field == lead.FieldName && (given(d, lead.FieldFamilyName) || given(d, lead.FieldGivenName)) {
			return true
		}
	}
	return false
}

func given(d lead.Draft, field string) bool {
	return slices.ContainsFunc(d.Fields[field], func(v string) bool {
		v = strings.ToLower(strings.TrimSpace(v))
		return v != "" && (field != lead.FieldConsent || !refusals[v])
	})
}

// refusals are what a consent box that is not ticked may say.
var refusals = map[string]bool{consentNo: true, "false": true, "off": true, "0": true, "n": true, "否": true, "不同意": true, "拒绝": true}

func parseQuery(query string) []connectors.Pair {
	if query == "" {
		return nil
	}
	return pairsToUTF8(splitForm([]byte(query)), "")
}

// redirectTarget returns where a _next field may send the visitor, or "".
func (s *source) redirectTarget(next string) string {
	u, err := url.Parse(next)
	if err != nil || !webURL(u) || strings.ContainsAny(next, "\\\t\r\n") {
		return ""
	}
	host := strings.ToLower(u.Host)
	for _, allowed := range s.thankYouHosts {
		domain, wild := strings.CutPrefix(allowed, "*")
		if host == allowed || wild && strings.HasSuffix(host, domain) && len(host) > len(domain) {
			return u.String()
		}
	}
	return ""
}
