package webform

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Hidden fields that the snippet's script fills. They are measured by the visitor's clock: elapsed does not depend on
// how that clock is set and is believed first.
const (
	startedField = "lh_started" // when the form was shown, in milliseconds since 1970
	elapsedField = "lh_elapsed" // milliseconds from then to sending
)

// consentNo is what a box that was not ticked says.
const consentNo = "no"

// dropped are fields that are never kept: secrets, and machinery of forms that says nothing about the person.
var dropped = map[string]bool{
	nextField: true, charsetField: true, startedField: true, elapsedField: true,
	"password": true, "passwd": true, "pwd": true, "密码": true, "password_confirmation": true,
	"_token": true, "csrf_token": true, "_csrf": true, "csrfmiddlewaretoken": true, "authenticity_token": true, "__RequestVerificationToken": true,
	"g-recaptcha-response": true, "h-captcha-response": true, "cf-turnstile-response": true,
}

// Parse reads the drafts out of a post.
func (s *source) Parse(raw lead.Raw) ([]lead.Draft, error) {
	query := parseQuery(raw.Query)
	var records []record
	if len(raw.Body) > 0 || len(query) == 0 {
		var err error
		if records, err = decode(raw.ContentType, raw.Body); err != nil {
			return nil, err
		}
	} else {
		records = []record{{}}
	}
	drafts := make([]lead.Draft, 0, len(records))
	for _, rec := range records {
		if s.saysSomething(rec, query) {
			drafts = append(drafts, s.draft(rec, query, raw.Header["Referer"], raw.ReceivedAt))
		}
	}
	if len(drafts) == 0 {
		return nil, lead.Invalid("empty_body", "the post carries no field", "check what the form sends")
	}
	return drafts, nil
}

func (s *source) saysSomething(rec record, query []connectors.Pair) bool {
	said := func(p connectors.Pair) bool { return !s.drops(p.Name) && strings.TrimSpace(p.Value) != "" }
	return slices.ContainsFunc(rec.pairs, said) || slices.ContainsFunc(query, said)
}

func (s *source) drops(name string) bool {
	return name == "" || dropped[name] || name == s.idField || name == s.honeypot || strings.HasPrefix(name, "_wpcf7")
}

func (s *source) draft(rec record, query []connectors.Pair, referer string, received time.Time) lead.Draft {
	d := lead.Draft{Verified: s.verified}
	add := func(pairs []connectors.Pair) {
		for _, p := range pairs {
			switch {
			case s.drops(p.Name):
			case !s.signed && s.mapper.Field(p.Name) == connectors.FieldEventTime && !s.mapper.Mapped(p.Name):
				// A visitor must not date a lead: the newest value wins in the pool. It is kept as a remark.
				d.Add(p.Name, p.Value)
			default:
				s.mapper.Add(&d, p)
			}
		}
	}
	add(rec.pairs)
	add(slices.DeleteFunc(slices.Clone(query), func(p connectors.Pair) bool {
		field := cmp.Or(s.mapper.Field(p.Name), p.Name)
		return strings.TrimSpace(d.First(field)) != "" // the body says it better
	}))
	for _, name := range rec.files {
		d.Add("files", name)
	}
	if d.First(lead.FieldPage) == "" {
		d.Add(lead.FieldPage, strings.ToValidUTF8(referer, "\ufffd"))
	}
	attribute(&d)
	s.consent(&d, received)
	d.Signals = s.signals(rec, &d, received)
	s.mapper.AddDefaults(&d)
	return d
}

// attribute takes campaign and click ids from the address of the page, then of the landing page, when the form sent none.
func attribute(d *lead.Draft) {
	for _, page := range []string{d.First(lead.FieldPage), d.First(lead.FieldLanding)} {
		u, err := url.Parse(strings.TrimSpace(page))
		if err != nil || u.RawQuery == "" {
			continue
		}
		given := u.Query()
		hasUTM := d.First(lead.FieldUTMSource) != "" || d.First(lead.FieldUTMCampaign) != "" // never half of one campaign and half of another
		for _, field := range utmFields {
			if !hasUTM {
				d.Add(field, strings.ToValidUTF8(given.Get(field), "\ufffd"))
			}
		}
		for _, id := range lead.ClickIDFields {
			if d.First(id) == "" {
				d.Add(id, strings.ToValidUTF8(given.Get(id), "\ufffd"))
			}
		}
	}
}

var utmFields = []string{lead.FieldUTMSource, lead.FieldUTMMedium, lead.FieldUTMCampaign, lead.FieldUTMTerm, lead.FieldUTMContent, lead.FieldUTMID}

// consent completes what was said about consent. A box that is not ticked is not sent at all, so a source that shows
// one and hears nothing has heard no; a hidden "no" before the box is overruled by the box.
func (s *source) consent(d *lead.Draft, received time.Time) {
	said := slices.DeleteFunc(slices.Clone(d.Fields[lead.FieldConsent]), func(v string) bool { return strings.TrimSpace(v) == "" })
	text := d.First(lead.FieldConsentText)
	if len(said) == 0 {
		if s.consentText == "" && text == "" && d.Fields[lead.FieldConsent] == nil {
			return
		}
		said = []string{consentNo}
	}
	if d.Fields == nil {
		d.Fields = map[string][]string{}
	}
	d.Fields[lead.FieldConsent] = said[len(said)-1:]
	if text == "" {
		d.Add(lead.FieldConsentText, s.consentText)
	}
	if d.First(lead.FieldConsentVersion) == "" {
		d.Add(lead.FieldConsentVersion, s.consentVer)
	}
	if d.First(lead.FieldConsentAt) == "" {
		d.Add(lead.FieldConsentAt, received.UTC().Format(time.RFC3339))
	}
}
