package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/leadhub/leadhub/lead"
)

// visit is one request with what the console knows of it.
type visit struct {
	*http.Request
	w       http.ResponseWriter
	site    *site
	session session
	token   lead.Token    // of who is signed in, as it is now; without an id for a visitor
	view    *lead.RepView // what he may see, when he is a rep; nil is somebody above
	lang    string
	text    func(key string, args ...any) string
	cfg     *lead.Config // once it was read
}

// handler answers a visit; an error becomes the error page.
type handler func(*visit) error

// checked refuses a form without the session's token. One that brings a file reads it with readUpload, which looks for the token.
func checked(h handler) handler {
	return func(v *visit) error {
		if err := v.checkForm(); err != nil {
			return err
		}
		return h(v)
	}
}

// visited makes the visit of a request.
func (s *site) visited(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		lang := chooseLanguage(w, r)
		v := &visit{Request: r, w: w, site: s, lang: lang, text: s.pages.catalogues[lang].text}
		if c, err := r.Cookie(sessionCookie); err == nil {
			v.session, _ = decodeSession(s.SessionKey, c.Value, s.now())
		}
		if err := h(v); err != nil {
			v.fail(err)
		}
	}
}

func (v *visit) checkForm() error {
	if v.Method != http.MethodPost {
		return nil
	}
	v.Body = http.MaxBytesReader(v.w, v.Body, maxForm)
	if err := v.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return &lead.Error{Kind: lead.KindTooLarge, Code: "body_too_large", Message: "the form is too large", Err: err}
		}
		return &lead.Error{Kind: lead.KindInvalid, Code: "bad_form", Message: "the form cannot be read", Err: err}
	}
	return v.checkToken(v.PostForm.Get("csrf"))
}

func (v *visit) checkToken(token string) error {
	if !v.session.verify(v.site.SessionKey, token) {
		return &lead.Error{Kind: lead.KindForbidden, Code: "stale_form", Message: "this form is too old, or comes from another site",
			Hint: "go back, reload the page and send it again"}
	}
	return nil
}

// signedIn sends a visitor who is not signed in, or whose token lets him in no more, to the sign-in page, and back afterwards.
func signedIn(h handler) handler {
	return func(v *visit) error {
		err := v.recognise()
		if err == nil {
			return h(v)
		}
		if !shut(err) {
			return err
		}
		v.signOut()
		to := "/login"
		if v.Method == http.MethodGet && v.URL.Path != "/" {
			to += "?next=" + url.QueryEscape(v.URL.RequestURI())
		}
		return v.redirect(to)
	}
}

func (v *visit) redirect(to string) error {
	http.Redirect(v.w, v.Request, to, http.StatusSeeOther)
	return nil
}

// done redirects to a page that then says what was done.
func (v *visit) done(to, what string) error { return v.redirect(to + "?done=" + what) }

// actor names who does something, for the history.
func (v *visit) actor() string { return "person:" + v.token.Name }

// param is a part of the path, unescaped.
func (v *visit) param(name string) string {
	p := chi.URLParam(v.Request, name)
	if u, err := url.PathUnescape(p); err == nil {
		return u
	}
	return p
}

// config reads the configuration once per visit.
func (v *visit) config() (lead.Config, error) {
	if v.cfg == nil {
		c, err := v.site.Configuration.Config(v.Context())
		if err != nil {
			return lead.Config{}, err
		}
		v.cfg = &c
	}
	return *v.cfg, nil
}

var china = time.FixedZone("CST", 8*60*60)

// zone is the hub's; China's when it cannot be known now.
func (v *visit) zone() *time.Location {
	c, err := v.config()
	if err != nil || c.Settings.TimeZone == "" {
		return china
	}
	zone, err := time.LoadLocation(c.Settings.TimeZone)
	if err != nil {
		return china
	}
	return zone
}

// base is the hub's address without a slash at the end.
func (v *visit) base() string {
	if v.site.BaseURL != nil {
		return strings.TrimSuffix(v.site.BaseURL(v.Request), "/")
	}
	scheme := "http"
	if secure(v.Request) {
		scheme = "https"
	}
	return scheme + "://" + v.Host
}

// fail shows the error page. One of ours is logged, and its cause is not shown.
func (v *visit) fail(err error) {
	e := lead.AsError(err)
	if e.Kind == lead.KindInternal {
		if !errors.Is(err, context.Canceled) {
			v.site.Logger.Error("a page failed", slog.String("path", v.URL.Path), slog.Any("error", err))
		}
		e = lead.AsError(errors.New(""))
	}
	if e.RetryAfter > 0 {
		v.w.Header().Set("Retry-After", fmt.Sprint(int(e.RetryAfter.Seconds()+0.999)))
	}
	v.renderStatus(statuses[e.Kind], "error", e)
}

var statuses = map[lead.Kind]int{
	lead.KindInvalid: http.StatusUnprocessableEntity, lead.KindUnauthorized: http.StatusUnauthorized,
	lead.KindForbidden: http.StatusForbidden, lead.KindNotFound: http.StatusNotFound, lead.KindConflict: http.StatusConflict,
	lead.KindTooLarge: http.StatusRequestEntityTooLarge, lead.KindLimited: http.StatusTooManyRequests,
	lead.KindTransient: http.StatusServiceUnavailable, lead.KindInternal: http.StatusInternalServerError,
}

// withoutRoute drops the routing state of a chi router above: paths here are full ones.
func withoutRoute(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, nil))
}
