package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestARejectionIsCorrectedAndReplayed(t *testing.T) {
	f := cannedFakes()
	var got *lead.Draft
	var who string
	f.replay = func(id string, edited *lead.Draft, actor string) error {
		require.Equal(t, "sub_bad", id)
		got, who = edited, actor
		return nil
	}
	b := f.signedIn(t)
	doc, _ := b.get("/rejections/sub_bad")
	values := formValues(doc.Find("form.draft"))
	require.Equal(t, []string{"phone", "message", "fax", "", "", ""}, values["field"], "what is known first, then the rest, then spare rows")
	values["value"][0] = " 139 1234 5678 "
	values["value"][1] = "line one\r\nline two"
	values["value"][2] = ""
	values["field"][3], values["value"][3] = "name", "王小明"
	w := b.do(http.MethodPost, "/rejections/sub_bad/replay", values)
	require.Equal(t, "/rejections/sub_bad?done=replayed", w.Header().Get("Location"))
	require.Equal(t, "person:admin", who)
	require.Equal(t, map[string][]string{"phone": {"139 1234 5678"}, "message": {"line one\nline two"}, "name": {"王小明"}}, got.Fields)
	require.Equal(t, cannedRejection().Draft.Identities, got.Identities, "ids of the platform stay")
	require.Equal(t, "2026-01-02", got.EventTime)

	doc, _ = b.get(w.Header().Get("Location"))
	require.Equal(t, 1, doc.Find(".notice.done").Length())
}

func TestARejectionIsReplayedAsItArrivedOrReleased(t *testing.T) {
	f := cannedFakes()
	calls := 0
	f.replay = func(_ string, edited *lead.Draft, _ string) error { calls++; require.Nil(t, edited); return nil }
	b := f.signedIn(t)
	require.Equal(t, http.StatusSeeOther, b.submit("/rejections/sub_bad", "form.inline[action$=replay]", nil).Code)
	require.Equal(t, http.StatusSeeOther, b.submit("/rejections/sub_spam", "form.inline[action$=replay]", nil).Code)
	require.Equal(t, 2, calls)
	doc, _ := b.get("/rejections/sub_spam")
	require.Contains(t, doc.Find("form.inline button").Text(), "Release from quarantine")
}

func TestARefusedCorrectionShowsWhatWasTypedAgain(t *testing.T) {
	f := cannedFakes()
	f.replay = func(string, *lead.Draft, string) error {
		return lead.Transient("broker_away", "the broker is away", 0, nil)
	}
	b := f.signedIn(t)
	form := url.Values{"field": {"phone"}, "value": {"13912345678"}}
	w := b.submit("/rejections/sub_bad", "form.draft", form)
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Contains(t, w.Body.String(), "13912345678")
	require.Contains(t, w.Body.String(), "the broker is away")

	f.replay = func(string, *lead.Draft, string) error { t.Fatal("nothing may be sent"); return nil }
	w = b.submit("/rejections/sub_bad", "form.draft", url.Values{"field": {"phone"}, "value": {" "}})
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
}

func TestARejectionThatIsResolvedCannotBeSentAgain(t *testing.T) {
	f := cannedFakes()
	r := cannedRejection()
	r.State, r.Draft = lead.RejectionResolved, nil
	f.rejection = func(string) (lead.Rejection, error) { return r, nil }
	doc, _ := f.signedIn(t).get("/rejections/sub_bad")
	require.Equal(t, 0, doc.Find("form[action*=replay]").Length())
}

func TestTheListOfRejectionsShowsWhatIsOpenUnlessAskedOtherwise(t *testing.T) {
	f := cannedFakes()
	var asked lead.RejectionQuery
	f.rejections = func(q lead.RejectionQuery) (lead.RejectionPage, error) { asked = q; return lead.RejectionPage{}, nil }
	b := f.signedIn(t)
	for query, want := range map[string]lead.RejectionQuery{
		"":           {State: lead.RejectionOpen},
		"?state=all": {},
		"?state=resolved&stage=spam&code=x&source=fair&cursor=c": {State: "resolved", Stage: "spam", Code: "x", Source: "fair", Cursor: "c"},
	} {
		b.get("/rejections" + query)
		require.Equal(t, want, asked)
	}
}

func TestASourceIsMadeFromTheChannelsSpec(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	doc, _ := b.get("/sources/new?channel=webform")
	require.Equal(t, "20", doc.Find("input[name='setting.rate']").AttrOr("value", ""), "the default stands there")
	require.Equal(t, 1, doc.Find("input[name='setting.honeypot'][checked]").Length())
	require.Equal(t, "none", doc.Find("select[name='setting.signature'] option[selected]").Text())
	w := b.submit("/sources/new?channel=webform", "form.stack", url.Values{"key": {"landing"}, "name": {"着陆页"}, "trust": {"70"},
		"setting.secret": {"s3cret-value"}, "setting.note": {""}, "setting.signature": {"hmac"}, "setting.allowed_origins": {"https://a.example\r\n\r\n https://b.example "},
		"mapping": {"q[1]=answer = phone\r\n公司=company"}, "defaults": {"product = a=b"}})
	require.Equal(t, "/sources/landing?done=source_created", w.Header().Get("Location"))
	require.Equal(t, "person:admin", f.actor)
	require.Equal(t, lead.Source{Key: "landing", Channel: "webform", Name: "着陆页", Trust: 70, Enabled: true,
		Settings: map[string]any{"secret": "s3cret-value", "allowed_origins": []string{"https://a.example", "https://b.example"},
			"note": "", "signature": "hmac"},
		Mapping: map[string]string{"q[1]=answer": "phone", "公司": "company"}, Defaults: map[string]string{"product": "a=b"}},
		f.config.Sources[3], "what stands at its default is not written down; what was emptied is")
}

func TestSavingASourceLeavesASecretThatWasNotTypedAlone(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	w := b.submit("/sources/price-page", "form.stack", url.Values{"name": {"renamed"}})
	require.Equal(t, http.StatusSeeOther, w.Code)
	saved := f.config.Sources[0]
	require.Equal(t, "renamed", saved.Name)
	require.NotContains(t, saved.Settings, "secret", "absent means: keep it")
	require.Equal(t, []string{"https://www.example.cn"}, saved.Settings["allowed_origins"])
	require.Equal(t, 30, saved.Settings["rate"])
	require.Equal(t, map[string]string{"你的手机": "phone"}, saved.Mapping)
	require.True(t, saved.Enabled)

	require.Equal(t, http.StatusSeeOther, b.submit("/sources/price-page", "form.stack", url.Values{"setting.rate": {""}}).Code)
	require.NotContains(t, f.config.Sources[0].Settings, "rate", "an emptied number is the default again")
}

func TestNoPageShowsASecret(t *testing.T) {
	f := cannedFakes()
	for i := range f.config.Sources {
		f.config.Sources[i].Settings = map[string]any{"secret": "hunter2-secret", "old_secrets": []any{"hunter2-old"}}
	}
	b := f.signedIn(t)
	for _, path := range everyPage {
		_, w := b.get(path)
		require.NotContains(t, w.Body.String(), "hunter2", path)
		require.NotContains(t, w.Body.String(), adminToken, path)
	}
	doc, _ := b.get("/sources/price-page")
	require.Contains(t, doc.Find("input[name='setting.secret']").AttrOr("placeholder", ""), "set", "but it says that there is one")

	f.refuse = lead.Invalid("bad_settings", "rate must be a int", "")
	w := b.submit("/sources/price-page", "form.stack", url.Values{"setting.secret": {"hunter2-typed"}, "setting.rate": {"many"}})
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.NotContains(t, w.Body.String(), "hunter2", "not even the one just typed")
}

func TestARefusedSourceShowsItsFormAgainWithWhatIsWrong(t *testing.T) {
	f := cannedFakes()
	e := lead.Invalid("bad_settings", "source landing: rate must be a int", "the settings are …")
	e.Fields = []string{"rate"}
	f.refuse = e
	b := f.signedIn(t)
	for page, form := range map[string]url.Values{"/sources/new?channel=webform": {"key": {"landing"}, "setting.rate": {"many"}},
		"/sources/price-page": {"setting.rate": {"many"}}} {
		w := b.submit(page, "form.stack", form)
		require.Equal(t, http.StatusUnprocessableEntity, w.Code)
		doc, err := goquery.NewDocumentFromReader(w.Body)
		require.NoError(t, err)
		require.Contains(t, doc.Find("[role=alert]").Text(), "rate must be a int")
		require.Equal(t, "many", doc.Find(".field.wrong input").AttrOr("value", ""))
	}
	for name, bad := range map[string]string{"mapping": "no equals sign", "defaults": "= x", "trust": "high"} {
		w := b.submit("/sources/price-page", "form.stack", url.Values{name: {bad}})
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, name)
		require.Contains(t, w.Body.String(), bad)
	}
}

func TestAKeyThatIsTakenIsRefused(t *testing.T) {
	w := cannedFakes().signedIn(t).submit("/sources/new?channel=webform", "form.stack", url.Values{"key": {"fair"}})
	require.Equal(t, http.StatusConflict, w.Code)
}

func TestASourceShowsItsAddressAndSnippet(t *testing.T) {
	b := cannedFakes().signedIn(t)
	b.header.Set("X-Forwarded-Proto", "https")
	doc, _ := b.get("/sources/price-page")
	require.Equal(t, "https://example.com/in/price-page", doc.Find("section code").First().Text())
	require.Contains(t, doc.Find("pre").Text(), `action="https://example.com/in/price-page"`)
	doc, _ = b.get("/sources")
	require.Equal(t, "https://example.com/in/price-page", doc.Find("tbody code").First().Text())
}

func TestASourceIsSwitchedAndRemoved(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	off := "form[action='/sources/price-page/switch']"
	require.Equal(t, http.StatusSeeOther, b.submit("/sources", off, url.Values{"enabled": {"off"}}).Code)
	require.False(t, f.config.Sources[0].Enabled)
	require.Equal(t, http.StatusSeeOther, b.submit("/sources", off, url.Values{"enabled": {"on"}}).Code)
	require.True(t, f.config.Sources[0].Enabled)
	require.Equal(t, http.StatusSeeOther, b.submit("/sources/price-page", "form[action$=remove]", nil).Code)
	require.Len(t, f.config.Sources, 2)
	for _, path := range []string{"/sources/gone", "/sources/new?channel=gone"} {
		_, w := b.get(path)
		require.Equal(t, http.StatusNotFound, w.Code)
	}
}

func TestRepsTeamsAndSettingsAreSaved(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	post := func(path string, form url.Values) int {
		doc, _ := b.get("/settings")
		form.Set("csrf", doc.Find("input[name=csrf]").AttrOr("value", ""))
		return b.do(http.MethodPost, path, form).Code
	}
	require.Equal(t, 303, post("/reps", url.Values{"key": {"qing"}, "name": {"李青"}, "team": {"south"}, "weight": {"3"}, "active": {"on"}, "daily": {"20"}, "holding": {""},
		"level": {"2"}, "role": {"senior"}, "skills": {"english， 云 cloud"}}))
	require.Equal(t, lead.Rep{Key: "qing", Name: "李青", Team: "south", Weight: 3, Active: true, Daily: 20, Level: 2, Role: "senior", Skills: []string{"english", "云", "cloud"}}, f.config.Reps[3])
	require.Equal(t, 303, post("/reps", url.Values{"key": {"chen"}, "name": {""}, "weight": {"0"}}))
	chen := cannedConfig().Reps[0]
	chen.Name, chen.Team, chen.Weight, chen.Active = "chen", "", 0, false
	require.Equal(t, chen, f.config.Reps[0], "what the form does not have stays")
	require.Equal(t, 422, post("/reps", url.Values{"key": {"chen"}, "weight": {"1"}, "daily": {"-1"}}))
	require.Equal(t, 422, post("/reps", url.Values{"key": {"chen"}, "weight": {"a lot"}}))
	require.Equal(t, 303, post("/teams", url.Values{"key": {"north"}}))
	require.Equal(t, 303, post("/teams", url.Values{"key": {"south"}, "name": {"South"}}))
	require.Equal(t, []lead.Team{{Key: "south", Name: "South", Hours: cannedConfig().Teams[0].Hours}, {Key: "north", Name: "north"}}, f.config.Teams)
	require.Equal(t, 303, post("/settings", url.Values{"number_prefix": {"LD"}, "time_zone": {"UTC"}, "country": {"sg"}, "never_keys": {"a@b.example\r\n"}}))
	require.Equal(t, lead.Settings{NumberPrefix: "LD", TimeZone: "UTC", Country: "SG", NeverKeys: []string{"a@b.example"}}, f.config.Settings)

	f.refuse = lead.Invalid("bad_time_zone", "time zone \"Mars\" is not known", "use an IANA name")
	require.Equal(t, 422, post("/settings", url.Values{"time_zone": {"Mars"}}))
}

func TestEveryRepIsSavedByTheFormOfItsRow(t *testing.T) {
	doc, _ := cannedFakes().signedIn(t).get("/settings")
	doc.Find("table.forms tbody tr").Each(func(i int, row *goquery.Selection) {
		id := row.Find("form").AttrOr("id", "")
		require.NotEmpty(t, id)
		row.Find("[form]").Each(func(_ int, s *goquery.Selection) { require.Equal(t, id, s.AttrOr("form", "")) })
		require.Equal(t, 9, row.Find(fmt.Sprintf("[form='%s']:not([name=key])", id)).Length())
	})
	require.False(t, strings.Contains(doc.Find("h2").Text(), "settings."))
}

func TestWhatACRMSaidIsSentAgainAndHasNoFieldsOfALead(t *testing.T) {
	f := cannedFakes()
	f.rejection = func(id string) (lead.Rejection, error) {
		return lead.Rejection{ID: id, Stage: lead.StageFeedback, Source: lead.StageFeedback, Code: "lead_not_found", Message: "there is no lead with this id or number",
			Hint: "look for it with GET /v1/leads?q=", State: lead.RejectionOpen, Body: []byte(`{"lead":"ld_9"}`)}, nil
	}
	b := f.signedIn(t)
	b.header.Set("Accept-Language", "zh")
	doc, _ := b.get("/rejections/fb_1")
	require.Contains(t, doc.Text(), "没有这个编号的线索")
	require.Contains(t, doc.Text(), "请在线索列表中查找")
	require.NotContains(t, doc.Text(), "there is no lead")
	require.Zero(t, doc.Find("form.draft").Length())
	require.Zero(t, doc.Find(`a[href="/sources/feedback"]`).Length(), "it came from no source")
	require.Equal(t, http.StatusSeeOther, b.submit("/rejections/fb_1", "form.inline[action$=replay]", nil).Code)
}
