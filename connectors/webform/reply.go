package webform

import (
	_ "embed"
	"net/http"
	"strconv"
	"strings"

	"github.com/leadhub/leadhub/connectors"
)

// nextField is where a form may say which page comes after it.
const nextField = "_next"

//go:embed thanks.html
var thanksPage []byte

// thank answers a visitor whose browser shows the reply: 303, so that reloading does not post again, or our own page.
func (s *source) thank(reply *connectors.Reply, form *post) {
	if reply.Header == nil {
		reply.Header = http.Header{}
	}
	reply.Header.Set("Cache-Control", "no-store")
	target := s.thankYou
	if len(s.thankYouHosts) > 0 {
		if next := s.redirectTarget(form.first(nextField)); next != "" {
			target = next
		}
	}
	if target != "" {
		reply.Status = http.StatusSeeOther
		reply.Header.Set("Location", target)
		return
	}
	reply.Status, reply.Body = http.StatusOK, thanksPage
	reply.Header.Set("Content-Type", "text/html; charset=utf-8")
	reply.Header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'")
	reply.Header.Set("X-Content-Type-Options", "nosniff")
}

// prefersHTML reports whether the caller named text/html in Accept and likes nothing of ours better. Browsers do when a
// form is submitted; fetch, sendBeacon and programs send */* or application/json.
func prefersHTML(h http.Header) bool {
	accept := h.Get("Accept")
	if !strings.Contains(accept, "text/html") {
		return false
	}
	var html, json float64
	for entry := range strings.SplitSeq(accept, ",") {
		kind, params, _ := strings.Cut(entry, ";")
		q := 1.0
		for param := range strings.SplitSeq(params, ";") {
			if v, ok := strings.CutPrefix(strings.TrimSpace(param), "q="); ok {
				if f, err := strconv.ParseFloat(v, 64); err == nil {
					q = f
				}
			}
		}
		switch strings.TrimSpace(kind) {
		case "text/html":
			html = max(html, q)
		case "application/json":
			json = max(json, q)
		}
	}
	return html > 0 && html >= json
}
