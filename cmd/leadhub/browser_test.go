//go:build browser

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	logdomain "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/leadhub/leadhub/lead"
)

// tab is a tab of a real browser, signed in to the console of a hub.
type tab struct {
	*testHub
	ctx       context.Context
	downloads string
}

// chromium finds the browser. Without one the test is skipped, or fails when LEADHUB_TEST_MUST_RUN names browser.
func chromium(t *testing.T) string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "there is no chromium here; on Debian: apt-get install chromium"
	if slices.Contains(strings.Split(os.Getenv("LEADHUB_TEST_MUST_RUN"), ","), "browser") {
		t.Fatal(missing + ", and LEADHUB_TEST_MUST_RUN names browser")
	}
	t.Skip(missing)
	return ""
}

// openTab signs in at a hub with one source for files. What the browser complains of, a script or a style that the page may not
// have or an exception, fails the test.
func openTab(t *testing.T) *tab {
	path := chromium(t)
	b := &tab{testHub: startTestHub(t, embeddedFlags(t)), downloads: t.TempDir()}
	b.call("PUT", "/v1/config", configFile{Sources: []fileSource{{Key: "fairs", Channel: "excel", Name: new("展会名单")}}}, nil)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.Flag("lang", "en"), chromedp.WindowSize(1200, 900))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's own does not work for root
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	b.ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b.do(chromedp.Navigate("about:blank"))
	require.NoError(t, chromedp.Listen(b.ctx, func(event any) {
		switch e := event.(type) {
		case *logdomain.EventEntryAdded:
			if e.Entry.Level == logdomain.EntryLevelError && !strings.Contains(e.Entry.Text, "status of 4") { // a refused form is one
				t.Errorf("the browser complains: %s (%s)", e.Entry.Text, e.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			t.Errorf("a script failed: %s", e.ExceptionDetails.Text)
		}
	}))
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: b.downloads, EventsEnabled: new(true)})
		return err
	}))
	b.open("/login")
	b.do(chromedp.SendKeys("#token", b.adminToken+"\r"), chromedp.WaitVisible(".flow"))
	return b
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("%v; the page is %s", err, b.where())
	}
}

func (b *tab) where() string {
	ctx, cancel := context.WithTimeout(b.ctx, time.Second)
	defer cancel()
	at, _ := chromedp.Run(ctx, chromedp.Location())
	text, _ := chromedp.Run(ctx, chromedp.TextContent("main"))
	return at + "\n" + text
}

func (b *tab) open(path string) { b.t.Helper(); b.do(chromedp.Navigate("http://" + b.addr + path)) }

func (b *tab) text(selector string) string {
	b.t.Helper()
	s, err := chromedp.Run(b.ctx, chromedp.Text(selector))
	require.NoError(b.t, err, selector)
	return s
}

func (b *tab) evaluate(expression string) string {
	b.t.Helper()
	s, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](expression))
	require.NoError(b.t, err, expression)
	return s
}

// living counts the leads of the pool.
func (b *tab) living() int64 {
	b.t.Helper()
	f, err := b.hub.Reader().Figures(b.ctx)
	require.NoError(b.t, err)
	return f.Leads
}

// shows waits for the badge of the import's state.
func (b *tab) shows(state string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(".head .badge." + state))
}

// download clicks a link and returns the rows of the workbook that comes.
func (b *tab) download(selector string) [][]string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	ended := chromedp.BrowserEvents(ctx, browser.DownloadProgress)
	b.do(chromedp.Click(selector))
	for e, err := range ended {
		require.NoError(b.t, err)
		if e.State == browser.DownloadProgressStateInProgress {
			continue
		}
		require.Equal(b.t, browser.DownloadProgressStateCompleted, e.State)
		book, err := excelize.OpenFile(filepath.Join(b.downloads, e.GUID))
		require.NoError(b.t, err)
		defer book.Close()
		rows, err := book.GetRows(book.GetSheetName(0))
		require.NoError(b.t, err)
		return rows
	}
	return nil
}

// fitsTheScreen wants nothing of the page to stand beyond the right edge, on a telephone neither.
func (b *tab) fitsTheScreen() {
	b.t.Helper()
	for _, width := range []int64{390, 1200} {
		b.do(chromedp.EmulateViewport(width, 900))
		require.Equal(b.t, "fits", b.evaluate(`document.documentElement.scrollWidth <= window.innerWidth ? "fits" : location.pathname + " is " + document.documentElement.scrollWidth + " wide"`))
	}
}

// fairList is a list as an exhibition hands it out: a title, good rows, every tenth person twice, one number that Excel has spoilt, and a sum at
// the end.
func fairList(t *testing.T, people int) (path string) {
	var b strings.Builder
	b.WriteString("上海展会登记表\n姓名,手机,单位名称,展位备注\n")
	for i := range people {
		number := phone()
		fmt.Fprintf(&b, "观众%d,%s,第%d科技有限公司,看过样机\n", i, number, i)
		if i%10 == 0 {
			fmt.Fprintf(&b, "观众%d,%s,,再次到访\n", i, number)
		}
	}
	b.WriteString("吴敏,1.38E+10,星河科技有限公司,请回电\n")
	fmt.Fprintf(&b, "合计,,%d,\n", people)
	path = filepath.Join(t.TempDir(), "上海展会.csv")
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
	return path
}

// watchBar notes in the session what the bar shows, with the load of the page that showed it.
const watchBar = `addEventListener("DOMContentLoaded", () => {
	const at = document.querySelector("#progress");
	if (!at) return;
	const note = () => {
		const bar = at.querySelector("progress");
		const seen = JSON.parse(sessionStorage.bar ?? "[]");
		if (bar && document.querySelector(".badge.running")) sessionStorage.bar = JSON.stringify([...seen, {load: performance.timeOrigin, value: bar.value}]);
	};
	note();
	new MutationObserver(note).observe(at, {childList: true, subtree: true});
})`

func TestBrowserAPersonImportsAListAndUndoesIt(t *testing.T) {
	const people = 30_000 // some seconds, for the bar to be seen moving
	b := openTab(t)
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchBar})
		return err
	}))

	b.open("/imports")
	require.Contains(t, b.text(".notice.empty"), "Nothing was imported yet")
	rows := b.download("a[href='/imports/template']")
	require.Contains(t, rows[0], "Mobile")

	b.do(chromedp.Click("main a.primary"), chromedp.WaitVisible("form.upload"))
	b.fitsTheScreen()
	b.do(chromedp.SetUploadFiles("#file", []string{fairList(t, people)}), chromedp.WaitVisible(".drop.has-file"),
		chromedp.Click("summary"), chromedp.SendKeys("[name='default.utm_campaign']", "春季"), chromedp.Click("form.upload button"))

	b.shows(lead.ImportInspected)
	require.Contains(t, b.text("tr[data-column=A]"), "sure")
	require.Contains(t, b.text("tr[data-column=B] .sample"), "1592")
	b.fitsTheScreen()
	b.do(chromedp.SetValue("tr[data-column=D] select", "message"), chromedp.Click("form.layout button.primary"))

	b.shows(lead.ImportChecked)
	require.Equal(t, "30,000", b.text("[data-tally=new] .count"))
	require.Equal(t, "3,000", b.text("[data-tally=in_file] .count"))
	require.Equal(t, "1", b.text("[data-tally=invalid] .count"))
	require.Contains(t, b.text(".preview tbody tr:nth-child(2)"), "twice in the file")
	require.Zero(t, b.living(), "nothing is written before the start")
	b.fitsTheScreen()
	b.do(chromedp.Click("form.start button"))

	b.shows(lead.ImportDone)
	require.Equal(t, "30,000", b.text("[data-tally=new] .count"))
	require.Equal(t, "3,000", b.text("[data-tally=joined] .count"))
	require.EqualValues(t, people, b.living())
	b.requireMovingBar()
	b.fitsTheScreen()

	rows = b.download("a[href$='/result']")
	require.Len(t, rows, 1+people+people/10+2, "every row is in the result")
	require.Contains(t, rows[1], "New lead")
	rows = b.download("a[href$='only=failed']")
	require.Len(t, rows, 2)
	require.Equal(t, "吴敏", rows[1][0])

	b.do(chromedp.Click("a[href$='/undo']"), chromedp.WaitVisible("button.danger"))
	b.fitsTheScreen()
	require.EqualValues(t, people, b.living(), "looking at the question undoes nothing")
	b.do(chromedp.Click("button.danger"))
	b.shows(lead.ImportUndone)
	require.Zero(t, b.living())
	b.fitsTheScreen()
	b.open("/imports?lang=zh")
	require.Contains(t, b.text("tbody tr"), "已撤销")
	b.fitsTheScreen()
}

// requireMovingBar wants the bar to have moved at least twice without the page being loaded anew.
func (b *tab) requireMovingBar() {
	b.t.Helper()
	var seen []struct{ Load, Value float64 }
	require.NoError(b.t, json.Unmarshal([]byte(b.evaluate(`sessionStorage.bar ?? "[]"`)), &seen))
	moved := map[float64]int{}
	most := 0
	for i := 1; i < len(seen); i++ {
		if seen[i].Load == seen[i-1].Load && seen[i].Value > seen[i-1].Value {
			moved[seen[i].Load]++
			most = max(most, moved[seen[i].Load])
		}
	}
	require.GreaterOrEqual(b.t, most, 2, "what was seen of the bar: %v", seen)
}

func TestBrowserWithoutScriptsEverythingWorksButTheLiveBar(t *testing.T) {
	b := openTab(t)
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	b.open("/imports/new")
	b.do(chromedp.SetUploadFiles("#file", []string{fairList(t, 40)}), chromedp.Click("form.upload button"))
	b.shows(lead.ImportInspected)
	b.do(chromedp.Click("form.layout button.primary"))
	b.shows(lead.ImportChecked) // the page asks again by itself
	b.do(chromedp.Click("form.start button"))
	b.shows(lead.ImportDone)
	require.EqualValues(t, 40, b.living())
	b.do(chromedp.Click("a[href$='/undo']"), chromedp.Click("button.danger"))
	b.shows(lead.ImportUndone)
	require.Zero(t, b.living())
}

func TestBrowserAHiddenSheetIsShownAndReadWhenAPersonChoosesIt(t *testing.T) {
	b := openTab(t)
	b.open("/imports/new")
	book, err := filepath.Abs("../../fixtures/workbooks/hidden_sheet/book.xlsx")
	require.NoError(t, err)
	b.do(chromedp.SetUploadFiles("#file", []string{book}), chromedp.Click("form.upload button"))
	b.shows(lead.ImportInspected)
	hidden := b.evaluate(`document.querySelector("fieldset legend .badge").closest("fieldset").dataset.sheet`)
	sheet := "fieldset[data-sheet='" + hidden + "']"
	require.Contains(t, b.text(sheet), "hidden sheet")
	b.fitsTheScreen()
	b.do(chromedp.Click("form.layout button.primary"))
	b.shows(lead.ImportChecked)
	before := b.checked()
	b.do(chromedp.Click("details.correct > summary"), chromedp.Click(sheet+" input[type=checkbox]"), chromedp.Click("form.layout button.primary"),
		chromedp.WaitNotPresent("details.correct[open]"))
	b.shows(lead.ImportChecked)
	require.Greater(t, b.checked().Rows, before.Rows)
	require.Greater(t, b.checked().New, before.New)
}

// checked is what the check of the only import found.
func (b *tab) checked() lead.ImportCheck {
	b.t.Helper()
	var imports lead.ImportPage
	b.call("GET", "/v1/imports", nil, &imports)
	require.Len(b.t, imports.Items, 1)
	require.NotNil(b.t, imports.Items[0].Check)
	return *imports.Items[0].Check
}

func TestBrowserAFileIsDroppedAndWhatIsNoTableIsRefusedInWords(t *testing.T) {
	b := openTab(t)
	b.open("/imports/new?lang=zh")
	require.Equal(t, "名单.pdf", b.evaluate(`(() => {
		const files = new DataTransfer();
		files.items.add(new File(["%PDF-1.7"], "名单.pdf"));
		document.querySelector(".drop").dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: files}));
		return document.querySelector("#file").files[0]?.name ?? "nothing";
	})()`))
	b.do(chromedp.Click("form.upload button"), chromedp.WaitVisible("[role=alert]"))
	said := b.text("[role=alert]")
	require.Contains(t, said, "这是 PDF 文件，不是表格")
	require.Contains(t, said, "请将表格导出为 .xlsx 或 .csv 后上传")
	require.Equal(t, "fairs", b.evaluate(`document.querySelector("#source").value`))
	b.fitsTheScreen()
}
