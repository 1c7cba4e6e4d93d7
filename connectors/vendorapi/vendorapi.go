// Package vendorapi asks the JSON APIs of vendors, for Poll and Fetch: a bounded answer, the vendor's own error codes told
// apart, an access token that is renewed when the vendor refuses it, and errors without a secret in them.
package vendorapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// API is one vendor's API, as one source uses it. It is safe for concurrent use once it is made.
type API struct {
	Vendor string       // for people: "WeCom"
	Base   string       // "https://qyapi.weixin.qq.com", without a slash behind
	Client *http.Client // Settings.Client
	Codes  Codes

	// Token is the name of the access token in Tokens that goes with every call; "" when there is none. Renew asks for a new one, as
	// Tokens.Token calls it, and Put puts it into a request: see InQuery and InHeader.
	Token  string
	Tokens connectors.Tokens
	Renew  func(ctx context.Context, kept connectors.Token) (connectors.Token, error)
	Put    func(r *http.Request, token string)

	// Secrets are struck out of every error, beside the token: app secrets in the query of a call, keys in its path.
	Secrets []string
	// MaxAnswer is how many bytes an answer may have; 8 MiB unless set.
	MaxAnswer int64
}

// Codes say how the vendor tells a failure in an answer that may well have status 200.
type Codes struct {
	Field   string   // member with the code, "errcode" or "error.code"; "" when the status says everything
	Message string   // member with a sentence, for the log
	OK      []string // codes of success; a missing one, "" and "0" are unless this is set
	Expired []string // the access token is no longer taken
	Limited []string // asked too often
	Later   []string // the vendor is busy
	// RetryAfter is the wait after Limited when the answer names none; a minute unless set.
	RetryAfter time.Duration
}

// InQuery puts the token into the address, InHeader into a header behind a prefix like "Bearer ".
func InQuery(name string) func(*http.Request, string) {
	return func(r *http.Request, token string) {
		q := r.URL.Query()
		q.Set(name, token)
		r.URL.RawQuery = q.Encode()
	}
}

// InHeader is described at InQuery.
func InHeader(name, prefix string) func(*http.Request, string) {
	return func(r *http.Request, token string) { r.Header.Set(name, prefix+token) }
}

// Call is one question.
type Call struct {
	Method string // GET unless there is a body
	Path   string // "/cgi-bin/user/get"
	Query  url.Values
	Header http.Header
	JSON   any        // body, marshalled
	Form   url.Values // body, when JSON is nil
	// NoToken leaves the access token out: the call that asks for one.
	NoToken bool
}

// Get asks with GET and decodes the answer into out; see Do.
func (a *API) Get(ctx context.Context, path string, query url.Values, out any) error {
	return a.Do(ctx, Call{Path: path, Query: query}, out)
}

// Post asks with in as the JSON body and decodes the answer into out; see Do.
func (a *API) Post(ctx context.Context, path string, query url.Values, in, out any) error {
	return a.Do(ctx, Call{Method: http.MethodPost, Path: path, Query: query, JSON: in}, out)
}

// Do asks and decodes the answer into out (nil: it is not looked at; *json.RawMessage: as it came; numbers into an any become
// json.Number). Errors are *lead.Error:
//
//	KindTransient "vendor_unreachable", "vendor_busy" (5xx, Codes.Later, an answer that is no JSON), "vendor_limit" (429,
//	              Codes.Limited) with RetryAfter
//	KindUnauthorized "vendor_unauthorized" when a new token was refused as well, KindForbidden "vendor_forbidden"
//	KindNotFound "vendor_not_found", KindInvalid "vendor_refused" for every other refusal, "vendor_answer" for one that cannot be read
func (a *API) Do(ctx context.Context, c Call, out any) error {
	if a.Token == "" || c.NoToken {
		_, err := a.once(ctx, c, "", out)
		return err
	}
	for try := 0; ; try++ {
		token, err := a.Tokens.Token(ctx, a.Token, a.Renew)
		if err != nil {
			return err
		}
		expired, err := a.once(ctx, c, token, out)
		if !expired {
			return err
		}
		if refuseErr := a.Tokens.Refuse(ctx, a.Token, token); refuseErr != nil || try == 1 {
			return errors.Join(err, refuseErr)
		}
	}
}

func (a *API) once(ctx context.Context, c Call, token string, out any) (expired bool, err error) {
	hide := a.hider(token)
	r, err := a.request(ctx, c, token)
	if err != nil {
		return false, a.invalid("vendor_refused", "the question to "+a.Vendor+" cannot be written", hide(err))
	}
	answer, err := a.Client.Do(r)
	if err != nil {
		return false, a.unreachable(ctx, hide(err))
	}
	defer answer.Body.Close()
	limit := a.MaxAnswer
	if limit <= 0 {
		limit = 8 << 20
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	if err != nil {
		return false, a.unreachable(ctx, hide(err))
	}
	if int64(len(body)) > limit {
		return false, a.invalid("vendor_answer", "the answer of "+a.Vendor+" is too large", nil)
	}
	if expired, err = a.verdict(answer, body, hide); err != nil {
		return expired, err
	}
	return false, a.decode(body, out, hide)
}

func (a *API) request(ctx context.Context, c Call, token string) (*http.Request, error) {
	var body io.Reader
	contentType := ""
	switch {
	case c.JSON != nil:
		b, err := json.Marshal(c.JSON)
		if err != nil {
			return nil, err
		}
		body, contentType = bytes.NewReader(b), "application/json; charset=utf-8"
	case c.Form != nil:
		body, contentType = strings.NewReader(c.Form.Encode()), "application/x-www-form-urlencoded"
	}
	method := c.Method
	if method == "" && body != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, a.Base+c.Path, body)
	if err != nil {
		return nil, err
	}
	if len(c.Query) > 0 {
		q := r.URL.Query()
		for name, values := range c.Query {
			q[name] = values
		}
		r.URL.RawQuery = q.Encode()
	}
	r.Header.Set("Accept", "application/json")
	for name, values := range c.Header {
		r.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if token != "" && a.Put != nil {
		a.Put(r, token)
	}
	return r, nil
}

func (a *API) decode(body []byte, out any, hide func(error) error) error {
	switch out := out.(type) {
	case nil:
		return nil
	case *json.RawMessage:
		*out = bytes.Clone(body)
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(out); err != nil {
		return a.invalid("vendor_answer", "the answer of "+a.Vendor+" is not the one that is described", hide(err))
	}
	return nil
}

func (a *API) invalid(code, message string, err error) error {
	return &lead.Error{Kind: lead.KindInvalid, Code: code, Message: message, Err: err,
		Hint: "look at what the vendor answered in the hub's log; its documentation names the code"}
}

// unreachable keeps the end of the caller's context visible to errors.Is, and nothing of the address.
func (a *API) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return lead.Transient("vendor_unreachable", a.Vendor+" could not be reached", 0, err)
}

// hider strikes secrets out of an error. An *url.Error is opened, for it shows the address with its query.
func (a *API) hider(token string) func(error) error {
	var secrets []string
	for _, s := range append([]string{token}, a.Secrets...) {
		if s != "" {
			secrets = append(secrets, s, "***", url.QueryEscape(s), "***", url.PathEscape(s), "***")
		}
	}
	strike := strings.NewReplacer(secrets...)
	return func(err error) error {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return errors.New(strike.Replace(err.Error()))
	}
}

// retryAfter reads the header in both of its forms; 0 when it says nothing.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if n, err := strconv.Atoi(text); err == nil {
		return min(max(time.Duration(n)*time.Second, 0), 24*time.Hour)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(time.Until(at), 0), 24*time.Hour)
	}
	return 0
}
