package console

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

const (
	sessionCookie = "leadhub_session"
	sessionLength = 12 * time.Hour
)

// session is what the cookie says, signed: which token signed in, and not what it may do. A visitor who is not signed in has one with no
// Token, so that the sign-in form carries a CSRF token too.
type session struct {
	Token   string    `json:"t,omitempty"` // id of the token that signed in; what it may do is asked at every request
	Stamp   string    `json:"s,omitempty"` // of its secret and its rep: with another of either it is not the token that signed in
	Nonce   string    `json:"n"`
	Expires time.Time `json:"e"`
}

func newSession(now time.Time) session {
	return session{Nonce: rand.Text(), Expires: now.Add(sessionLength)}
}

// of is the session of a token.
func (s session) of(t lead.Token, key []byte) session {
	s.Token, s.Stamp = t.ID, stamp(t, key)
	return s
}

func stamp(t lead.Token, key []byte) string {
	return mac(key, "token", t.ID+"\x00"+t.Rep+"\x00"+t.Hash)
}

// mac signs with a purpose, so that a signature made for one thing never fits another.
func mac(key []byte, purpose, text string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(purpose + "\x00" + text))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func (s session) encode(key []byte) string {
	b, _ := json.Marshal(s) // strings and a time: cannot fail
	text := base64.RawURLEncoding.EncodeToString(b)
	return text + "." + mac(key, "session", text)
}

// decodeSession returns false for a session that was not signed with key or is over.
func decodeSession(key []byte, cookie string, now time.Time) (session, bool) {
	text, signature, _ := strings.Cut(cookie, ".")
	if !hmac.Equal([]byte(signature), []byte(mac(key, "session", text))) {
		return session{}, false
	}
	var s session
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(b, &s) != nil || !now.Before(s.Expires) {
		return session{}, false
	}
	return s, true
}

// csrf is the token that every form of this session carries.
func (s session) csrf(key []byte) string { return mac(key, "csrf", s.Nonce) }

func (s session) verify(key []byte, token string) bool {
	return s.Nonce != "" && hmac.Equal([]byte(token), []byte(s.csrf(key)))
}

func cookie(r *http.Request, name, value string, age time.Duration) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: secure(r), MaxAge: int(age.Seconds())}
}

// secure reports whether the browser speaks TLS, to the hub or to a proxy before it. A forged header only makes the
// forger's own cookie stricter.
func secure(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
