// Package normalize cleans what a channel said: a [lead.Draft] becomes a [lead.Submission] that is ready to compare.
// It knows no channel, no network and no clock: the same draft always gives the same submission, byte for byte.
//
// Nothing is dropped silently. A value that cannot be used leaves a note on the submission, and one that a person may
// still make sense of stays under Extra.
package normalize

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/leadhub/leadhub/lead"
)

// Config is what differs between two hubs.
type Config struct {
	Country   string         // ISO 3166-1 alpha-2 of phone numbers without a country code; "CN" when empty
	Location  *time.Location // of times without a zone; Asia/Shanghai when nil
	NeverKeys []string       // phones, emails and "@domain"s that are never identities, beside the lists that ship
}

// Normalizer turns drafts into submissions. It is safe for concurrent use.
type Normalizer struct {
	country   string
	location  *time.Location
	neverKeys map[string]bool // E.164 numbers, email keys, and domains with a leading @
}

// New makes a Normalizer. The error is KindInvalid: an unknown country, or a never key that is neither a phone number
// nor an email address.
func New(cfg Config) (*Normalizer, error) {
	n := &Normalizer{country: strings.ToUpper(cfg.Country), location: cfg.Location, neverKeys: map[string]bool{}}
	if n.country == "" {
		n.country = "CN"
	}
	if r, err := language.ParseRegion(n.country); err != nil || !r.IsCountry() || r.String() != n.country {
		return nil, lead.Invalid("bad_country", fmt.Sprintf("%q is not the code of a country", cfg.Country),
			"use the two letters of ISO 3166-1, like CN")
	}
	if n.location == nil {
		n.location = shanghai
	}
	for i, k := range cfg.NeverKeys {
		key := n.neverKey(k)
		if key == "" {
			// The entry may be somebody's number, so the text names its place, not its value.
			return nil, lead.Invalid("bad_never_key", fmt.Sprintf("entry %d of the never keys is neither a phone number nor an email address", i+1),
				"write a phone number, an email address, or @domain")
		}
		n.neverKeys[key] = true
	}
	return n, nil
}

// shanghai has had no daylight saving time since 1991, so a hub without zone data on disk works as well.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

func (n *Normalizer) neverKey(s string) string {
	s = strings.TrimPrefix(clean(s), "*")
	if domain, ok := strings.CutPrefix(s, "@"); ok {
		if d, ok := asciiDomain(domain); ok {
			return "@" + d
		}
		return ""
	}
	if strings.Contains(s, "@") {
		if e, ok := n.readEmail(s); ok {
			return e.Key
		}
		return ""
	}
	if found, _ := n.readPhones(s, n.country); len(found) == 1 {
		return found[0].E164
	}
	return ""
}

// cleaning is one draft on its way to a submission.
type cleaning struct {
	*Normalizer
	draft   *lead.Draft
	sub     *lead.Submission
	classes class    // of the fields that the draft holds
	unread  []string // fields that held something, but nothing readable
}

// Submission cleans one draft. raw gives id, source, channel and received time; index is the draft's number within its
// Raw; trust is the source's. The error is a *lead.Error of KindInvalid with code "no_identity" when nothing is left
// that could recognise a person; its texts carry no personal data.
func (n *Normalizer) Submission(raw lead.Raw, index int, d lead.Draft, trust int) (*lead.Submission, error) {
	received := raw.ReceivedAt.UTC().Truncate(time.Millisecond)
	c := cleaning{Normalizer: n, draft: &d, sub: &lead.Submission{
		ID: raw.ID, Source: raw.Source, Channel: raw.Channel, Trust: trust, ReceivedAt: received,
		Test: d.Test, Verified: d.Verified, Spam: lead.SpamScore(raw.Signals) + lead.SpamScore(d.Signals),
		Origin: lead.Origin{Source: raw.Source, Import: raw.Import},
	}}
	if index > 0 {
		c.sub.ID = raw.ID + "." + strconv.Itoa(index)
		c.sub.Raw = raw.ID
	}
	c.classify()
	c.time()
	country := c.saidCountry()
	c.phones(country)
	c.emails()
	c.name()
	c.company()
	c.texts()
	c.messages(country)
	c.region(country)
	c.consents()
	c.origin()
	c.extra()
	c.identities()
	if len(c.sub.Identities) == 0 {
		return nil, c.noIdentity()
	}
	return c.sub, nil
}

// note records what could not be used. Notes may reach a log: values in them must be masked.
func (c *cleaning) note(format string, args ...any) {
	const most = 50
	if len(c.sub.Notes) < most {
		c.sub.Notes = append(c.sub.Notes, fmt.Sprintf(format, args...))
	}
}

// keep holds on to text that could not be read, for people.
func (c *cleaning) keep(field, value string) {
	value, _ = limit(clean(value), maxExtra)
	if value == "" {
		return
	}
	if c.sub.Extra == nil {
		c.sub.Extra = map[string]string{}
	}
	if old := c.sub.Extra[field]; old != "" {
		value, _ = limit(old+"; "+value, maxExtra)
	}
	c.sub.Extra[field] = value
}

// noIdentity says why nobody could be recognised.
func (c *cleaning) noIdentity() error {
	e := &lead.Error{Kind: lead.KindInvalid, Code: "no_identity", Fields: []string{lead.FieldPhone, lead.FieldEmail}}
	var why []string
	if slices.ContainsFunc(c.sub.Phones, func(p lead.Phone) bool { return p.Blocked != "" }) {
		why = append(why, "the phone number is a placeholder or on the list of never keys")
	}
	if slices.ContainsFunc(c.sub.Phones, func(p lead.Phone) bool { return p.Blocked == "" }) {
		why = append(why, "the phone number is a service number that many people dial")
	}
	if len(c.sub.Emails) > 0 {
		why = append(why, "the email address is a placeholder or on the list of never keys")
	}
	for _, f := range slices.Compact(c.unread) {
		said := "the field " + f + " could not be read"
		if i := slices.IndexFunc(c.sub.Notes, func(note string) bool { return strings.HasPrefix(note, f+": ") }); i >= 0 {
			said += " (" + strings.TrimPrefix(c.sub.Notes[i], f+": ") + ")"
		}
		why = append(why, said)
	}
	e.Message = "there is no phone, email or platform id to recognise the person by"
	if len(why) > 0 {
		e.Message = "nothing to recognise the person by: " + strings.Join(why, "; ")
	}
	e.Hint = "correct the phone or the email of this rejection and replay it; if every event of the source looks like this, check its mapping"
	return e
}
