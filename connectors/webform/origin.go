package webform

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// origins says which websites' pages may post. The zero value lets any page post: the address of a form's endpoint is
// public anyway, a simple POST needs no permission (CORS only guards the reading of the answer, which is an id), and a
// form must work before anybody configures it. No answer ever allows credentials.
type origins struct {
	listed   bool // false: any origin
	exact    map[string]bool
	suffixes []suffix // of https://*.example.com
}

// suffix is a wildcard: any subdomain, never the domain itself.
type suffix struct{ scheme, domain string }

var errOrigin = &lead.Error{Kind: lead.KindForbidden, Code: "origin_not_allowed",
	Message: "this website may not post to this source",
	Hint:    "add the website's origin to allowed_origins of the source; a page that hides its origin (Referrer-Policy: no-referrer) sends null, which is never allowed"}

func parseOrigins(list []string) (origins, error) {
	o := origins{listed: len(list) > 0, exact: map[string]bool{}}
	for _, entry := range list {
		entry = strings.ToLower(strings.TrimRight(strings.TrimSpace(entry), "/"))
		if entry == "*" {
			o.listed = false
			continue
		}
		plain := strings.Replace(entry, "://*.", "://", 1)
		u, err := url.Parse(plain)
		if err != nil || !webURL(u) || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || strings.Contains(plain, "*") {
			return o, badSetting(setOrigins, "must hold origins like https://www.example.com or https://*.example.com, without a path")
		}
		if plain != entry {
			o.suffixes = append(o.suffixes, suffix{u.Scheme + "://", "." + u.Host})
		} else {
			o.exact[entry] = true
		}
	}
	return o, nil
}

// allow returns the headers that let the page read the answer, and whether it may post at all.
func (o *origins) allow(origin string) (http.Header, bool) {
	switch {
	case origin == "":
		return nil, true
	case !o.listed:
		return http.Header{"Access-Control-Allow-Origin": {"*"}}, true
	case !o.has(strings.ToLower(origin)):
		return http.Header{"Vary": {"Origin"}}, false
	}
	return http.Header{"Access-Control-Allow-Origin": {origin}, "Vary": {"Origin"}}, true
}

func (o *origins) has(origin string) bool {
	if o.exact[origin] {
		return true
	}
	for _, s := range o.suffixes {
		host, ok := strings.CutPrefix(origin, s.scheme)
		if sub, isSub := strings.CutSuffix(host, s.domain); ok && isSub && sub != "" && !strings.ContainsAny(sub, "/:@") {
			return true
		}
	}
	return false
}

// preflight adds what a browser asks before it posts JSON or an Idempotency-Key. A day is the longest any keeps it.
func preflight(h http.Header) http.Header {
	if h == nil {
		return http.Header{"Allow": {"POST, OPTIONS"}}
	}
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", "Content-Type, Accept, Idempotency-Key, X-Requested-With")
	h.Set("Access-Control-Max-Age", "86400")
	return h
}

// webURL reports whether u is a full http or https address without credentials.
func webURL(u *url.URL) bool {
	return (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil && u.Opaque == ""
}
