package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestNobodyGetsInWithoutSigningIn(t *testing.T) {
	for _, path := range append(everyPage, "/nowhere") {
		w := cannedFakes().open(t).do(http.MethodGet, path, nil)
		require.Equal(t, http.StatusSeeOther, w.Code, path)
		require.True(t, strings.HasPrefix(w.Header().Get("Location"), "/login"), path)
		require.NotContains(t, w.Body.String(), "王小明")
	}
}

func TestTheAdminTokenSignsInAndLeadsBackToThePageAskedFor(t *testing.T) {
	b := cannedFakes().open(t)
	visitor := b.do(http.MethodGet, "/leads?q=x", nil)
	require.Equal(t, "/login?next=%2Fleads%3Fq%3Dx", visitor.Header().Get("Location"))
	_, before := b.get(visitor.Header().Get("Location"))
	w := b.submit(visitor.Header().Get("Location"), "form[action='/login']", url.Values{"token": {adminToken}})
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "/leads?q=x", w.Header().Get("Location"))

	c := w.Result().Cookies()[0]
	require.True(t, c.HttpOnly)
	require.Equal(t, http.SameSiteLaxMode, c.SameSite)
	require.Equal(t, 12*60*60, c.MaxAge)
	require.False(t, c.Secure, "plain HTTP on a local address must work")
	require.NotEqual(t, before.Result().Cookies()[0].Value, c.Value, "signing in makes a new session")
	require.NotContains(t, c.Value, adminToken)
}

func TestTheCookieIsSecureBehindTLS(t *testing.T) {
	b := cannedFakes().open(t)
	b.header.Set("X-Forwarded-Proto", "https")
	require.True(t, b.login(adminToken).Result().Cookies()[0].Secure)
}

func TestATokenThatIsWrongOrNotTheAdminsDoesNotSignIn(t *testing.T) {
	for token, status := range map[string]int{"wrong": 401, "": 401, "a-reader": 403} {
		b := cannedFakes().open(t)
		w := b.login(token)
		require.Equal(t, status, w.Code, token)
		require.Contains(t, w.Body.String(), `role="alert"`)
		require.Equal(t, http.StatusSeeOther, b.do(http.MethodGet, "/leads", nil).Code)
	}
}

func TestSigningInIsLimitedPerAddress(t *testing.T) {
	b := cannedFakes().open(t)
	for range 5 {
		require.Equal(t, http.StatusUnauthorized, b.login("wrong").Code)
	}
	w := b.login(adminToken)
	require.Equal(t, http.StatusTooManyRequests, w.Code, "the right one is refused too, so that nothing can be learnt")
	require.Equal(t, "60", w.Header().Get("Retry-After"))
	b.now = b.now.Add(11 * time.Second)
	require.Equal(t, http.StatusSeeOther, b.login(adminToken).Code)
}

func TestASessionEnds(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	b.now = b.now.Add(12 * time.Hour)
	require.Equal(t, http.StatusSeeOther, b.do(http.MethodGet, "/", nil).Code, "after twelve hours")

	b = f.signedIn(t)
	require.Equal(t, http.StatusSeeOther, b.submit("/", "form[action='/logout']", nil).Code)
	require.Equal(t, "/login", b.do(http.MethodGet, "/", nil).Header().Get("Location"), "when the person signs out")
}

func TestASessionThatWasTamperedWithIsNone(t *testing.T) {
	admin := lead.Token{ID: "admin"}
	key, otherKey := []byte(strings.Repeat("k", 32)), []byte(strings.Repeat("x", 32))
	good := newSession(canned).of(admin, key).encode(key)
	for name, bad := range map[string]string{"empty": "", "no signature": strings.Split(good, ".")[0], "other key": newSession(canned).of(admin, otherKey).encode(otherKey),
		"changed": "A" + good[1:], "signature of nothing": "." + mac(key, "csrf", "")} {
		b := cannedFakes().open(t)
		b.jar[sessionCookie] = &http.Cookie{Name: sessionCookie, Value: bad}
		require.Equal(t, http.StatusSeeOther, b.do(http.MethodGet, "/leads", nil).Code, name)
	}
}

func TestAFormWithoutTheSessionsTokenDoesNothing(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	other := f.signedIn(t)
	doc, _ := other.get("/")
	for _, path := range []string{"/settings", "/reps", "/teams", "/sources/new", "/sources/price-page", "/sources/price-page/switch",
		"/sources/price-page/remove", "/rejections/sub_bad/replay", "/logout",
		"/leads/ld_1/assign", "/leads/ld_1/claim", "/leads/ld_1/release", "/leads/ld_1/accept", "/leads/ld_1/follow", "/leads/ld_1/reopen", "/pools/sea/claim", "/reps/chen/duty", "/reps/chen/leave",
		"/reps/chen/handover", "/rules/try", "/notifications/targets/group/try", "/notifications/dlv_1/replay"} {
		for _, token := range []string{"", "nonsense", doc.Find("input[name=csrf]").AttrOr("value", "")} {
			before := f.config
			w := b.do(http.MethodPost, path, url.Values{"csrf": {token}, "key": {"x"}, "weight": {"1"}})
			require.Equal(t, http.StatusForbidden, w.Code, path)
			require.Equal(t, before, f.config)
		}
	}
	require.Empty(t, f.actor)
	require.Empty(t, f.work.calls)
	require.Equal(t, http.StatusForbidden, f.open(t).do(http.MethodPost, "/login", url.Values{"token": {adminToken}}).Code)
}

func TestAfterSigningInOneStaysOnThisHost(t *testing.T) {
	for next, want := range map[string]string{"/leads?q=x": "/leads?q=x", "//evil.example": "", "https://evil.example": "", "/\\evil.example": "",
		"javascript:alert(1)": "", "/a\nb": "", "": ""} {
		require.Equal(t, want, localPath(next), "%q", next)
	}
}

func TestTheHubsTroubleAtSigningInIsNotAWrongToken(t *testing.T) {
	f := cannedFakes()
	f.authenticate = func(string) (lead.Token, error) {
		return lead.Token{}, lead.Transient("database_away", "the database is away", 0, nil)
	}
	require.Equal(t, http.StatusServiceUnavailable, f.open(t).login(adminToken).Code)
}

func TestAFormThatIsTooLargeIsRefused(t *testing.T) {
	b := cannedFakes().signedIn(t)
	w := b.submit("/settings", "form[action='/settings']", url.Values{"never_keys": {strings.Repeat("x", maxForm)}})
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
}
