package main

import (
	"cmp"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// visitor is somebody at the console, without JavaScript.
type visitor struct {
	h    *testHub
	http *http.Client
}

// signIn signs somebody in with a token.
func (h *testHub) signIn(token string) *visitor {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(h.t, err)
	v := &visitor{h: h, http: &http.Client{Jar: jar, Timeout: patience}}
	doc, status := v.submit("/login", "form[action='/login']", "token", token)
	require.Equal(h.t, http.StatusOK, status, doc.Find("main").Text())
	require.Equal(h.t, 1, doc.Find("header nav").Length(), "signed in")
	return v
}

func (v *visitor) page(resp *http.Response, err error) (*goquery.Document, int) {
	v.h.t.Helper()
	require.NoError(v.h.t, err)
	defer resp.Body.Close()
	doc, err := goquery.NewDocumentFromReader(resp.Body)
	require.NoError(v.h.t, err)
	doc.Url = resp.Request.URL
	return doc, resp.StatusCode
}

func (v *visitor) get(path string) (*goquery.Document, int) {
	v.h.t.Helper()
	return v.page(v.http.Get("http://" + v.h.addr + path))
}

// submit fills in a form of a page, sends it, and goes where it leads.
func (v *visitor) submit(path, form string, fields ...string) (*goquery.Document, int) {
	v.h.t.Helper()
	doc, _ := v.get(path)
	found := doc.Find(form).First()
	require.Equal(v.h.t, 1, found.Length(), "no form %s on %s: %s", form, path, doc.Find("main").Text())
	values := url.Values{}
	for _, in := range found.Find("input[name]").EachIter() {
		values.Set(in.AttrOr("name", ""), in.AttrOr("value", ""))
	}
	for _, in := range found.Find("select[name]").EachIter() {
		first := in.Find("option").First()
		values.Set(in.AttrOr("name", ""), cmp.Or(in.Find("option[selected]").AttrOr("value", ""), first.AttrOr("value", "")))
	}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return v.page(v.http.PostForm("http://"+v.h.addr+found.AttrOr("action", ""), values))
}

func TestARepWorksInTheConsoleWithATokenOfHisOwn(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		h.office()
		id, number := h.pooled()
		li, colleague := h.signIn(h.as("li", lead.RepScopes...).token), h.signIn(h.as("rep0", lead.RepScopes...).token)
		far := h.signIn(h.as("wu", lead.RepScopes...).token)

		doc, _ := li.get("/")
		require.Equal(t, "1", doc.Find("[data-todo=claim] .count").Text())
		for _, who := range []*visitor{li, colleague} {
			for _, path := range []string{"/leads/" + id, "/pools/sea", "/pools/sea?q=" + number} {
				doc, status := who.get(path)
				require.Equal(t, http.StatusOK, status)
				require.Contains(t, doc.Find("main").Text(), number[:3]+"****"+number[7:])
				for _, concealed := range []string{number, "zhao" + number, "软件园"} {
					require.NotContains(t, doc.Text(), concealed, path)
				}
			}
			doc, _ := who.get("/leads?q=" + number)
			require.NotContains(t, doc.Text(), id)
		}
		for _, path := range []string{"/leads/" + id, "/pools/sea"} {
			_, status := far.get(path)
			require.Equal(t, http.StatusNotFound, status, "the pool is for the east")
		}

		before, _ := colleague.get("/pools/sea") // what he still looks at when li is faster
		doc, status := li.submit("/pools/sea", "tr[data-lead='"+id+"'] form.claim")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "/leads/"+id, doc.Url.Path)
		require.Contains(t, doc.Find(".facts").Text(), "+86"+number, "whoever claimed it sees all of it")
		require.Equal(t, "li", h.lead(id).Owner)

		late := url.Values{"csrf": {before.Find("form.claim input[name=csrf]").AttrOr("value", "")}, "lead": {id}}
		doc, status = colleague.page(colleague.http.PostForm("http://"+h.addr+"/pools/sea/claim", late))
		require.Equal(t, http.StatusConflict, status)
		require.Contains(t, doc.Find("[role=alert]").Text(), "somebody else has this lead already")
		hidden, status := colleague.get("/leads/" + id)
		require.Equal(t, http.StatusNotFound, status)
		none, _ := colleague.get("/leads/ld_nobody")
		require.Equal(t, none.Find("main").Text(), hidden.Find("main").Text(), "it is as if there were none")

		doc, status = li.submit("/leads/"+id, "form.follow", "way", "call", "feedback", "wants an offer", "next_at", "2099-01-05T09:30")
		require.Equal(t, http.StatusOK, status, doc.Find("[role=alert]").Text())
		require.Contains(t, doc.Find(".timeline li.follow").Text(), "wants an offer")
		d := h.lead(id)
		require.Equal(t, lead.StatusWorking, d.Status)
		require.Equal(t, "person:t li", d.History[0].Actor)

		doc, status = li.submit("/leads/"+id, "form.release", "pool", "sea", "other_reason", "cannot be reached")
		require.Equal(t, http.StatusOK, status, doc.Find("[role=alert]").Text())
		require.Equal(t, "/leads", doc.Url.Path)
		require.Equal(t, []string{"", "sea", "cannot be reached"}, []string{h.lead(id).Owner, h.lead(id).Pool, h.lead(id).Reason})
		doc, _ = li.get("/leads/" + id)
		require.NotContains(t, doc.Text(), number, "given back, it is concealed again")

		li.submit("/", "form.duty")
		var c lead.Config
		h.call("GET", "/v1/config", nil, &c)
		for _, r := range c.Reps {
			require.Equal(t, r.Key == "li", r.OffDuty, r.Key)
		}
		h.settle()
		checkStream(t, h)
	})
}

func TestARepWhoseTokenIsTakenBackIsOut(t *testing.T) {
	t.Parallel()
	h := startTestHub(t, embeddedFlags(t))
	h.office()
	li, admin := h.signIn(h.as("li", lead.RepScopes...).token), h.signIn(h.adminToken)
	wu := h.signIn(h.as("wu", lead.RepScopes...).token)
	second := h.signIn(h.as("", lead.ScopeAdmin).token)
	at := func(v *visitor, path string) string { doc, _ := v.get(path); return doc.Url.Path }
	for _, v := range []*visitor{li, wu, admin, second} {
		require.Equal(t, "/leads", at(v, "/leads"))
	}
	_, status := li.get("/settings")
	require.Equal(t, http.StatusNotFound, status)

	var tokens struct{ Items []lead.Token }
	h.call("GET", "/v1/tokens", nil, &tokens)
	for _, token := range tokens.Items {
		if token.Rep != "wu" {
			h.call("DELETE", "/v1/tokens/"+token.ID, nil, nil)
		}
	}
	require.Equal(t, "/login", at(li, "/leads"))
	require.Equal(t, "/login", at(second, "/leads"), "an admin's token too")
	require.Equal(t, "/leads", at(admin, "/leads"), "the admin's own is not one that can be taken back")
	h.call("PUT", "/v1/reps/wu", map[string]any{"active": false}, nil)
	require.Equal(t, "/login", at(wu, "/leads"))

	require.NoError(t, h.close())
	h.app, h.flags.AdminToken = nil, strings.Repeat("another-token-", 3)
	a, err := h.open()
	require.NoError(t, err)
	h.app = a
	require.Equal(t, "/login", at(admin, "/leads"), "another admin token ends all sessions")
}
