package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestAHubWithoutASourceForFilesTellsTheNextStep(t *testing.T) {
	f := cannedFakes()
	f.config.Sources = f.config.Sources[:2]
	f.imports.page = lead.ImportPage{}
	b := f.signedIn(t)
	doc, _ := b.get("/imports/new")
	require.Equal(t, "/sources/new?channel=excel", doc.Find(".notice.empty a").AttrOr("href", ""))
	require.Equal(t, 0, doc.Find("form.upload").Length())
	doc, _ = b.get("/imports")
	require.Equal(t, "/imports/new", doc.Find(".notice.empty a").AttrOr("href", ""))

	f.config.Sources = append(f.config.Sources, lead.Source{Key: "off", Channel: "excel", Name: "off"})
	doc, _ = b.get("/imports/new")
	require.Equal(t, 0, doc.Find("form.upload").Length(), "a source that is switched off takes no files")
}

func TestTheListShowsWhatBecameOfEveryImport(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	doc, _ := b.get("/imports?cursor=c")
	require.Equal(t, "imports c", f.imports.asked)
	require.Contains(t, doc.Find("a[rel=next]").AttrOr("href", ""), "cursor=older")
	cells := func(row int) string {
		return strings.Join(doc.Find("tbody tr").Eq(row).Find("td").Map(func(_ int, s *goquery.Selection) string { return strings.TrimSpace(s.Text()) }), "|")
	}
	require.Equal(t, "2026上海展会名单.xlsx 1.2 MB|展会名单|done|1,240|1,198|42|admin (a person)|2026-01-02 11:04:05", cells(1))
	require.Contains(t, cells(2), "|checked|–|–|–|", "nothing has become of it yet")
	require.Contains(t, cells(3), "|undone|1,240|–|–|", "what it brought is gone")
}

func TestTheColumnsAreShownWithHowTheyWereFound(t *testing.T) {
	b := cannedFakes().signedIn(t)
	doc, _ := b.get("/imports/imp_1")
	row := func(letters string) string {
		return strings.Join(strings.Fields(doc.Find("tr[data-column="+letters+"]").First().Find("td.first, .sample, .badge, .badge + .hint").Text()), " ")
	}
	require.Equal(t, "A 姓名林晓周远sureknown header", row("A"))
	require.Contains(t, row("B"), "likelylooks like a known header")
	require.Contains(t, row("C"), "please checkby what stands in it")
	require.Contains(t, row("E"), "not known")
	require.Contains(t, row("AC"), "as chosen last time")
	require.Equal(t, "dmy", doc.Find("tr[data-column=D] select[name$=format] option[selected]").AttrOr("value", ""))
	require.Equal(t, 1, doc.Find("select[name$=format]").Length(), "only dates have an order")

	hidden := doc.Find("fieldset[data-sheet='1']")
	require.Contains(t, hidden.Text(), "hidden sheet")
	require.Contains(t, hidden.Text(), "The sheet is hidden. It is not read unless you choose it.")
	require.Equal(t, 0, hidden.Find("input[type=checkbox][checked]").Length())
	require.Contains(t, doc.Find("fieldset[data-sheet='0']").Text(), "3 rows are hidden")
	require.Contains(t, doc.Find("main > .notice").Text(), "macros")
}

func TestEveryFieldOfAnImportIsOfferedByItsName(t *testing.T) {
	for _, lang := range languages {
		b := cannedFakes().signedIn(t)
		b.header.Set("Accept-Language", lang)
		doc, _ := b.get("/imports/imp_1")
		names := map[string]bool{}
		for _, field := range append([]string{"", "-", "event_time"}, lead.ImportFields...) {
			option := doc.Find("tr[data-column=A] select").First().Find("option[value='" + field + "']")
			require.Equal(t, 1, option.Length(), field)
			require.NotEqual(t, field, option.Text(), "%s has no name in %s", field, lang)
			require.False(t, names[option.Text()], "two fields are called %s", option.Text())
			names[option.Text()] = true
		}
	}
}

func TestAFormThatWasNotTouchedChangesNothing(t *testing.T) {
	f := cannedFakes()
	w := f.signedIn(t).submit("/imports/imp_1", "form.layout", nil)
	require.Equal(t, "/imports/imp_1", w.Header().Get("Location"))
	require.Equal(t, cannedLayout(), f.imports.layout, "what the hub found is not a person's word")
	require.Equal(t, []string{"check imp_1 person:admin"}, f.imports.orders)
}

func TestCorrectedColumnsAreAPersonsWord(t *testing.T) {
	f := cannedFakes()
	f.signedIn(t).submit("/imports/imp_1", "form.layout", url.Values{
		"sheet0.header_row": {"3"}, "sheet0.1.field": {"wechat"}, "sheet0.3.format": {"mdy"}, "sheet0.4.field": {"-"},
		"sheet1.read": {"on"}, "default.referred_by": {""}, "default.exhibition": {"上海展"}})
	want := cannedLayout()
	want.Sheets[0].HeaderRow = 3
	c := want.Sheets[0].Columns
	c[1].Field, c[1].How, c[1].Sure = "wechat", "person", 1
	c[3].Format = "mdy"
	c[4].Field, c[4].How, c[4].Sure = "-", "person", 1
	want.Sheets[1].Skip = false
	want.Defaults = map[string]string{"booth": "B12", "exhibition": "上海展"}
	require.Equal(t, want, f.imports.layout)

	f = cannedFakes()
	b := f.signedIn(t)
	doc, _ := b.get("/imports/imp_1")
	values := formValues(doc.Find("form.layout"))
	values.Del("sheet0.read") // an empty box is not sent
	b.do(http.MethodPost, "/imports/imp_1/check", values)
	require.True(t, f.imports.layout.Sheets[0].Skip)
}

func TestALayoutThatIsRefusedIsShownAgainAsItWasTyped(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	w := b.submit("/imports/imp_1", "form.layout", url.Values{"sheet0.header_row": {"two"}, "sheet0.1.field": {"wechat"}})
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Empty(t, f.imports.orders)
	doc, err := goquery.NewDocumentFromReader(w.Body)
	require.NoError(t, err)
	require.Equal(t, "wechat", doc.Find("select[name='sheet0.1.field'] option[selected]").AttrOr("value", ""))
	require.Contains(t, doc.Find("[role=alert]").Text(), "The row of the header is not right")

	f.imports.refuse = lead.Invalid("every_sheet_skipped", "every sheet is skipped", "")
	require.Equal(t, http.StatusUnprocessableEntity, b.submit("/imports/imp_1", "form.layout", nil).Code)
	require.Empty(t, f.imports.orders, "nothing is checked by a layout that was not kept")
}

func TestAVeryWideSheetKeepsTheColumnsThatAreNotShown(t *testing.T) {
	f := cannedFakes()
	columns := make([]lead.Column, maxColumns+7)
	for i := range columns {
		columns[i] = lead.Column{Index: i, Header: fmt.Sprint("c", i), Field: "tag", How: "alias", Sure: 0.95}
	}
	f.imports.one.Layout.Sheets[0].Columns = columns
	b := f.signedIn(t)
	doc, _ := b.get("/imports/imp_1")
	require.Equal(t, maxColumns, doc.Find("fieldset[data-sheet='0'] tbody tr").Length())
	require.Contains(t, doc.Find("fieldset[data-sheet='0']").Text(), "7 more columns are not shown")
	b.submit("/imports/imp_1", "form.layout", nil)
	require.Equal(t, columns, f.imports.layout.Sheets[0].Columns)
}

func TestTheCheckShowsWhatWouldBecomeOfTheRows(t *testing.T) {
	f := cannedFakes()
	f.imports.one = cannedImport(lead.ImportChecked)
	b := f.signedIn(t)
	doc, _ := b.get("/imports/imp_1")
	tallies := map[string]string{}
	doc.Find("[data-tally]").Each(func(_ int, s *goquery.Selection) { tallies[s.AttrOr("data-tally", "")] = s.Find(".count").Text() })
	require.Equal(t, map[string]string{"new": "1,000", "joins": "150", "in_file": "48", "invalid": "40", "skipped": "2"}, tallies)
	require.Equal(t, "Import 1,198 rows", doc.Find("form.start button").Text())
	require.Regexp(t, `No phone, email or platform id\s+30.*Excel has lost digits of the number\s+10`, doc.Find(".reasons").Text(), "most first")

	rows := doc.Find(".preview tbody tr")
	require.Equal(t, 5, rows.Length())
	require.Contains(t, rows.Eq(0).Text(), "+8613912341521")
	require.Equal(t, "/leads/XL20260102-000001", rows.Eq(1).Find("a").AttrOr("href", ""))
	require.Contains(t, rows.Eq(2).Text(), "the spreadsheet has lost the last digits")
	require.Contains(t, rows.Eq(2).Text(), "吴敏 · 1.39E+10", "a row that is no lead can be found by what it says")

	b.header.Set("Accept-Language", "zh")
	doc, _ = b.get("/imports/imp_1")
	require.Contains(t, doc.Find(".preview tbody tr").Eq(2).Text(), "手机号末位已被表格软件抹去")

	f.imports.one.Check = &lead.ImportCheck{Rows: 3, Invalid: 3}
	doc, _ = b.get("/imports/imp_1")
	require.Equal(t, 0, doc.Find("form.start").Length(), "there is nothing to import")
}

func TestEveryStateOffersWhatFitsIt(t *testing.T) {
	all := []string{"form[action$='/check']", "form[action$='/start']", "form[action$='/cancel']", "form[action$='/undo']", "a[href$='/undo']",
		"a[href$='/result']", "a[href$='only=failed']", "[data-events]", "noscript"}
	short := map[string]string{"check": all[0], "start": all[1], "cancel": all[2], "forget": all[3], "undo": all[4], "result": all[5], "failed": all[6],
		"bar": all[7], "refresh": all[8]}
	for state, want := range map[string]string{
		lead.ImportInspected: "check forget", lead.ImportChecking: "cancel bar refresh", lead.ImportChecked: "check start forget",
		lead.ImportRunning: "cancel bar refresh", lead.ImportDone: "undo result failed", lead.ImportCancelled: "start undo result failed",
		lead.ImportFailed: "start undo result failed", lead.ImportUndoing: "bar refresh", lead.ImportUndone: "",
	} {
		for _, lang := range languages {
			f := cannedFakes()
			f.imports.one = cannedImport(state)
			b := f.signedIn(t)
			b.header.Set("Accept-Language", lang)
			doc, w := b.get("/imports/imp_1")
			require.Equal(t, http.StatusOK, w.Code)
			requireNoKeys(t, doc)
			require.NotContains(t, w.Body.String(), "%!")
			var offered []string
			for name, selector := range short {
				if doc.Find(selector).Length() > 0 {
					offered = append(offered, name)
				}
			}
			require.ElementsMatch(t, strings.Fields(want), offered, state)
			require.Equal(t, 1, doc.Find(".steps [aria-current]").Length())
			doc.Find("form[method=post]").Each(func(_ int, s *goquery.Selection) {
				require.NotEmpty(t, s.Find("input[name=csrf]").AttrOr("value", ""))
			})
		}
	}
	f := cannedFakes()
	f.imports.one = cannedImport(lead.ImportDone)
	f.imports.one.Expired = true
	doc, _ := f.signedIn(t).get("/imports/imp_1")
	require.Equal(t, 0, doc.Find("a[href$='/undo'], a[href*='/result']").Length(), "the file is gone")
}

func TestStartAndStopGiveTheirOrdersAndSayWhenTheyAreRefused(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	f.imports.one = cannedImport(lead.ImportChecked)
	require.Equal(t, "/imports/imp_1", b.submit("/imports/imp_1", "form.start", nil).Header().Get("Location"))
	f.imports.one = cannedImport(lead.ImportRunning)
	require.Equal(t, "/imports/imp_1", b.submit("/imports/imp_1", "form[action$=cancel]", nil).Header().Get("Location"))
	require.Equal(t, []string{"start imp_1 person:admin", "cancel imp_1 person:admin"}, f.imports.orders)

	f.imports.refuse = &lead.Error{Kind: lead.KindConflict, Code: "import_running", Message: "another import of this source is running", Hint: "wait"}
	w := b.submit("/imports/imp_1", "form[action$=cancel]", nil)
	require.Equal(t, http.StatusConflict, w.Code)
	require.Contains(t, w.Body.String(), "another import of this source is running")
	require.Contains(t, w.Body.String(), "data-events", "the page is still that of the import")
}

func TestAnUndoIsConfirmedOnAPageOfItsOwn(t *testing.T) {
	f := cannedFakes()
	f.imports.one = cannedImport(lead.ImportDone)
	b := f.signedIn(t)
	for _, lang := range languages {
		doc, w := b.get("/imports/imp_1/undo?lang=" + lang)
		require.Equal(t, http.StatusOK, w.Code)
		requireNoKeys(t, doc)
		require.Contains(t, doc.Find("main").Text(), "2026上海展会名单.xlsx")
	}
	require.Empty(t, f.imports.orders, "looking changes nothing")
	require.Equal(t, "/imports/imp_1", b.submit("/imports/imp_1/undo", "form[action$=undo]", nil).Header().Get("Location"))
	require.Equal(t, []string{"undo imp_1 person:admin"}, f.imports.orders)

	f.imports.one = cannedImport(lead.ImportRunning)
	_, w := b.get("/imports/imp_1/undo")
	require.Equal(t, "/imports/imp_1", w.Header().Get("Location"), "there is nothing to confirm yet")
}

func TestAnUploadThatWasNeverStartedIsForgotten(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	w := b.submit("/imports/imp_1", "form.forget", nil)
	require.Equal(t, "/imports?done=import_forgotten", w.Header().Get("Location"))
	require.Equal(t, []string{"undo imp_1 person:admin"}, f.imports.orders)
}

func TestTheBarMovesWithEventsUntilTheImportIsAtRest(t *testing.T) {
	f := cannedFakes()
	f.imports.one = cannedImport(lead.ImportRunning)
	further := cannedImport(lead.ImportRunning)
	further.Progress.New = 900
	further.Waiting = &lead.Text{EN: "The broker does not answer.", ZH: "消息队列暂时不可用。"}
	f.imports.moves = []lead.Import{further, cannedImport(lead.ImportDone)}
	b := f.signedIn(t)
	b.header.Set("Accept-Language", "zh")
	w := b.do(http.MethodGet, "/imports/imp_1/events", nil)
	require.Equal(t, "text/event-stream", w.Header().Get("Content-Type"))
	events := strings.Split(strings.TrimSuffix(w.Body.String(), "\n\n"), "\n\n")
	require.Len(t, events, 3)
	for i, want := range []string{"progress", "progress", "rest"} {
		name, data, _ := strings.Cut(events[i], "\n")
		require.Equal(t, "event: "+want, name)
		for line := range strings.Lines(data) {
			require.True(t, strings.HasPrefix(line, "data: "), "a line that is not of the event: %q", line)
		}
	}
	require.Contains(t, events[0], `<progress value="620" max="1240"`)
	require.Contains(t, events[1], `<progress value="1020" max="1240"`)
	require.Contains(t, events[1], "消息队列暂时不可用。")

	b.jar = map[string]*http.Cookie{}
	require.Equal(t, http.StatusSeeOther, b.do(http.MethodGet, "/imports/imp_1/events", nil).Code, "not for strangers")
}

func TestASourceForFilesLinksToTheUpload(t *testing.T) {
	doc, _ := cannedFakes().signedIn(t).get("/sources")
	require.Equal(t, "/imports/new?source=lists", doc.Find("tbody a[href^='/imports/new']").AttrOr("href", ""))
	require.Equal(t, 1, doc.Find("tbody a[href^='/imports/new']").Length(), "not for what posts by itself")
}

func TestFilesAreDownloadedUnderTheirNames(t *testing.T) {
	f := cannedFakes()
	b := f.signedIn(t)
	b.header.Set("Accept-Language", "zh")
	for path, want := range map[string]string{"/imports/imp_1/result": "result imp_1 zh", "/imports/imp_1/result?only=failed": "result imp_1 zh failed",
		"/imports/template?source=fair": "template fair zh", "/imports/template": "template lists zh"} {
		w := b.do(http.MethodGet, path, nil)
		require.Equal(t, want, w.Body.String())
		require.Equal(t, xlsxType, w.Header().Get("Content-Type"))
		require.Equal(t, "attachment; filename*=utf-8''%E5%90%8D%E5%8D%95-result.xlsx", w.Header().Get("Content-Disposition"))
	}
	f.imports.broken = iotest.ErrReader(errors.New("disk"))
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { b.do(http.MethodGet, "/imports/imp_1/result", nil) }, "half a file must not pass for a whole one")
	f.imports.refuse = lead.NotFound("import_not_found", "there is no such import", "")
	w := b.do(http.MethodGet, "/imports/imp_2/result", nil)
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Contains(t, w.Header().Get("Content-Type"), "text/html")
}

func TestWhatStandsInAFileIsNeverMarkup(t *testing.T) {
	const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>` + "\n\nevent: rest"
	f := cannedFakes()
	i := cannedImport(lead.ImportChecked)
	i.File, i.Source, i.Actor, i.Waiting = evil, evil, evil, &lead.Text{EN: evil, ZH: evil}
	s := &i.Layout.Sheets[0]
	s.Name = evil
	s.Columns[0] = lead.Column{Header: evil, Field: evil, How: evil, Format: evil, Samples: []string{evil}}
	i.Layout.Defaults = map[string]string{"referred_by": evil}
	i.Check.Preview[0] = lead.ImportPreview{Sheet: evil, Verdict: evil, Number: "javascript:" + evil, Text: lead.Text{EN: evil}, Notes: []string{evil},
		Lead: &lead.PreviewedLead{Name: evil, Phones: []string{evil}, Company: evil}}
	i.Check.InvalidBy = map[string]int64{evil: 1}
	i.Error = &lead.ImportError{Code: evil, Message: evil, Hint: evil}
	f.imports.page.Items = []lead.Import{i}
	b := f.signedIn(t)
	started := canned
	for _, state := range []string{lead.ImportChecked, lead.ImportRunning, lead.ImportDone} {
		f.imports.one = i
		if f.imports.one.State = state; state != lead.ImportChecked {
			f.imports.one.Started = &started
		}
		for _, path := range []string{"/imports", "/imports/imp_1", "/imports/imp_1/undo"} {
			doc, w := b.get(path)
			require.Less(t, w.Code, 400)
			require.Equal(t, 0, doc.Find("script:not([src^='/assets/']), img, [onerror], [href^='javascript:']").Length(), path)
		}
	}
	f.imports.one.State, f.imports.moves = lead.ImportRunning, []lead.Import{i}
	require.Equal(t, 2, strings.Count(b.do(http.MethodGet, "/imports/imp_1/events", nil).Body.String(), "\n\n"), "an event is not cut in two")
}
