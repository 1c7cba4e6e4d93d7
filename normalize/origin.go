package normalize

import (
	"net/url"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// utmFields maps a field of the Draft to its name in Origin.UTM.
var utmFields = []struct{ field, name string }{
	{lead.FieldUTMSource, "source"}, {lead.FieldUTMMedium, "medium"}, {lead.FieldUTMCampaign, "campaign"},
	{lead.FieldUTMTerm, "term"}, {lead.FieldUTMContent, "content"}, {lead.FieldUTMID, "id"},
}

const maxClickID = 512

// origin fills in, beside the source and the import, where the submission came from: what the channel said in fields, else what stands in
// the query of the page, then of the landing page.
func (c *cleaning) origin() {
	o := &c.sub.Origin
	if !c.has(classOrigin) {
		return
	}
	page, landing := c.draft.First(lead.FieldPage), c.draft.First(lead.FieldLanding)
	o.Page = c.link(lead.FieldPage, page)
	o.Landing = c.link(lead.FieldLanding, landing)
	o.Referrer = c.link(lead.FieldReferrerURL, c.draft.First(lead.FieldReferrerURL))
	for _, f := range utmFields {
		if v := c.line(f.field, maxShort); v != "" {
			put(&o.UTM, f.name, v)
		}
	}
	for _, f := range lead.ClickIDFields {
		if v := c.clickID(f, c.draft.First(f)); v != "" {
			put(&o.ClickIDs, f, v)
		}
	}
	c.fromQuery(page)
	if landing != page {
		c.fromQuery(landing)
	}
}

func put(m *map[string]string, k, v string) {
	if *m == nil {
		*m = map[string]string{}
	}
	if (*m)[k] == "" {
		(*m)[k] = v
	}
}

// clickID cleans a click id. One that is too long is left out: a part of it is worth nothing.
func (c *cleaning) clickID(field, v string) string {
	if v = clean(v); isNothing(v) {
		return ""
	}
	if len(v) > maxClickID {
		c.note("%s: longer than %d characters", field, maxClickID)
		return ""
	}
	return v
}

// fromQuery takes utm parameters and click ids out of a URL.
func (c *cleaning) fromQuery(link string) {
	_, query, ok := strings.Cut(link, "?")
	if !ok || len(link) > 4*maxURL {
		return
	}
	query, _, _ = strings.Cut(query, "#")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		utm, isUTM := strings.CutPrefix(name, "utm_")
		if !isUTM && !slices.Contains(lead.ClickIDFields, name) {
			continue
		}
		value, err := url.QueryUnescape(value)
		if err != nil {
			continue
		}
		if !isUTM {
			if value = c.clickID(name, value); value != "" {
				put(&c.sub.Origin.ClickIDs, name, value)
			}
			continue
		}
		value = clean(value)
		if isNothing(value) || !slices.ContainsFunc(utmFields, func(f struct{ field, name string }) bool { return f.name == utm }) {
			continue
		}
		put(&c.sub.Origin.UTM, utm, c.cut(name, value, maxShort))
	}
}

// link cleans a URL for people: no user, no password, no token in it, and not too long.
func (c *cleaning) link(field, v string) string {
	if v = strings.ReplaceAll(clean(v), " ", "%20"); isNothing(v) {
		return ""
	}
	if scheme, _, ok := strings.Cut(v, ":"); ok && !strings.ContainsAny(scheme, "/?#.") {
		switch strings.ToLower(scheme) {
		case "http", "https", "android-app", "ios-app":
		default:
			c.note("%s: not an address of the web", field)
			return ""
		}
	}
	if strings.Contains(v, "@") || strings.ContainsAny(v, "?#") && mayHoldSecret(v) {
		var ok bool
		if v, ok = withoutSecrets(v); !ok {
			c.note("%s: not a valid URL", field)
			return ""
		}
	}
	if len(v) > maxURL {
		c.note("%s: cut to %d characters", field, maxURL)
		v, _, _ = strings.Cut(v, "#")
		if len(v) > maxURL {
			v, _, _ = strings.Cut(v, "?")
		}
		v = strings.ToValidUTF8(v[:min(len(v), maxURL)], "")
	}
	return v
}

// secretNames are parts of parameter names that carry what lets somebody in.
var secretNames = []string{"token", "passw", "pwd", "secret", "apikey", "api_key", "api-key", "session", "auth", "signature", "ticket", "jwt"}

func isSecretName(name string) bool {
	name = strings.ToLower(name)
	return name == "sig" || name == "sid" || name == "code" || name == "sign" ||
		slices.ContainsFunc(secretNames, func(s string) bool { return strings.Contains(name, s) })
}

func mayHoldSecret(link string) bool {
	for part := range strings.FieldsFuncSeq(link, func(r rune) bool { return r == '?' || r == '&' || r == '#' || r == ';' }) {
		if name, _, ok := strings.Cut(part, "="); ok && isSecretName(name) {
			return true
		}
	}
	return false
}

func withoutSecrets(link string) (string, bool) {
	u, err := url.Parse(link)
	if err != nil {
		return "", false
	}
	u.User = nil
	kept := strings.FieldsFunc(u.RawQuery, func(r rune) bool { return r == '&' })
	kept = slices.DeleteFunc(kept, func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		return err != nil || isSecretName(name)
	})
	u.RawQuery = strings.Join(kept, "&")
	if mayHoldSecret("#" + u.Fragment) {
		u.Fragment, u.RawFragment = "", ""
	}
	return u.String(), true
}
