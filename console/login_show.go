package console

import (
	"net/http"
	"net/url"
	"strings"
)

type loginPage struct {
	Next  string
	Error string // key of a text
}

func (s *site) loginShow(v *visit) error {
	if v.recognise() == nil {
		return v.redirect("/")
	}
	v.beVisitor()
	return v.render("login_show", loginPage{Next: localPath(v.URL.Query().Get("next"))})
}

// beVisitor gives a browser without a session one that is not signed in, so that its form has a token.
func (v *visit) beVisitor() {
	if v.session.Nonce == "" {
		v.session = newSession(v.site.now())
		http.SetCookie(v.w, cookie(v.Request, sessionCookie, v.session.encode(v.site.SessionKey), sessionLength))
	}
}

// localPath lets nobody send a person elsewhere after signing in: only a path on this host passes.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\t\r\n") {
		return ""
	}
	return next
}
