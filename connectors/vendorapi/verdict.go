package vendorapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// verdict reads status and code of an answer; nil when the vendor did what it was asked.
func (a *API) verdict(answer *http.Response, body []byte, hide func(error) error) (expired bool, err error) {
	status := answer.StatusCode
	code, message, isJSON := a.code(body)
	wait := retryAfter(answer.Header)
	said := hide(fmt.Errorf("status %d, code %q: %s", status, code, harmless(message)))
	is := func(codes []string) bool { return code != "" && slices.Contains(codes, code) }
	switch {
	case status == http.StatusUnauthorized || is(a.Codes.Expired):
		return true, &lead.Error{Kind: lead.KindUnauthorized, Code: "vendor_unauthorized", Err: said,
			Message: a.Vendor + " does not accept the credentials of this source", Hint: "check the source's app id and secret, and what the vendor's console says of them"}
	case status == http.StatusTooManyRequests || is(a.Codes.Limited):
		return false, lead.Transient("vendor_limit", a.Vendor+" was asked too often", cmp.Or(wait, a.Codes.RetryAfter, time.Minute), said)
	case status >= 500 || status == http.StatusRequestTimeout || is(a.Codes.Later):
		return false, lead.Transient("vendor_busy", a.Vendor+" cannot answer at the moment", wait, said)
	case status == http.StatusForbidden:
		return false, &lead.Error{Kind: lead.KindForbidden, Code: "vendor_forbidden", Err: said,
			Message: a.Vendor + " does not let this source do that", Hint: "give the app the permission in the vendor's console"}
	case status == http.StatusNotFound:
		return false, &lead.Error{Kind: lead.KindNotFound, Code: "vendor_not_found", Err: said,
			Message: a.Vendor + " does not have what was asked for", Hint: "it may have been deleted at the vendor"}
	case status >= 300:
		return false, a.invalid("vendor_refused", a.refused(code, status), said)
	case !isJSON:
		return false, lead.Transient("vendor_busy", "the answer of "+a.Vendor+" is no JSON", 0, said)
	case !a.ok(code):
		return false, a.invalid("vendor_refused", a.refused(code, status), said)
	}
	return false, nil
}

func (a *API) refused(code string, status int) string {
	if code == "" || !plainCode.MatchString(code) {
		return fmt.Sprintf("%s refused with status %d", a.Vendor, status)
	}
	return a.Vendor + " refused with code " + code
}

func (a *API) ok(code string) bool {
	if len(a.Codes.OK) == 0 {
		return code == "" || code == "0"
	}
	return slices.Contains(a.Codes.OK, code)
}

// code finds the vendor's code and sentence. A code may be a number or a text.
func (a *API) code(body []byte) (code, message string, isJSON bool) {
	var root any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&root); err != nil {
		return "", "", false
	}
	return member(root, a.Codes.Field), member(root, a.Codes.Message), true
}

func member(v any, path string) string {
	if path == "" {
		return ""
	}
	for name := range strings.SplitSeq(path, ".") {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	switch v := v.(type) {
	case string:
		return v
	case json.Number, bool:
		return fmt.Sprint(v)
	}
	return ""
}

var (
	plainCode = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,64}$`)
	personal  = regexp.MustCompile(`[0-9]{7,}|\S+@\S+`)
)

// harmless shortens a vendor's sentence and strikes out what may be a person's: vendors repeat what they were asked.
func harmless(s string) string {
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "")
	}
	return personal.ReplaceAllString(s, "…")
}

// IsGone reports whether err says that the vendor no longer has what was asked for.
func IsGone(err error) bool {
	e, ok := errors.AsType[*lead.Error](err)
	return ok && e.Kind == lead.KindNotFound
}
