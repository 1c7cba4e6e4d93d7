package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestAFileIsUploadedCheckedImportedAndEveryRowHasItsResult(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		h.call("PUT", "/v1/config", importConfig(), nil)
		there, twice := phone(), phone()
		known := h.becomes(h.accept("site", `{"name":"林晓","phone":"`+there+`"}`), lead.StateAssigned)
		file := csvOf("姓名,手机,公司", "林晓晓,"+there+",星河科技", "周远,"+twice+",北辰餐饮", "周先生,"+twice+",", "无名,,海衡", "合计,,4 人")
		i := h.upload(`C:\名单\春季展.csv`, file)
		require.Equal(t, "春季展.csv", i.File)
		require.Equal(t, lead.FieldPhone, i.Layout.Sheets[0].Columns[1].Field)

		h.call("POST", "/v1/imports/"+i.ID+"/check", nil, nil)
		i = h.rests(i.ID, lead.ImportChecked)
		require.EqualValues(t, 5, i.Check.Rows)
		require.Equal(t, []int64{1, 1, 1, 1, 1}, []int64{i.Check.New, i.Check.Joins, i.Check.InFile, i.Check.Invalid, i.Check.Skipped})
		require.Equal(t, map[string]int64{"no_identity": 1}, i.Check.InvalidBy)
		require.Len(t, i.Check.Preview, 5)
		require.Equal(t, []string{lead.PreviewJoins, known.LeadNumber}, []string{i.Check.Preview[0].Verdict, i.Check.Preview[0].Number})
		require.Contains(t, i.Check.Preview[0].Text.ZH, known.LeadNumber)
		require.Equal(t, "林晓晓", i.Check.Preview[0].Lead.Name)
		require.Equal(t, map[string][]string{"name": {"林晓晓"}, "phone": {there}, "company": {"星河科技"}}, i.Check.Preview[0].Draft)
		require.Equal(t, "the same person as row 3", i.Check.Preview[2].Text.EN)
		require.Len(t, h.leads(), 1, "a check writes nothing")
		require.Len(t, h.records("lead.raw"), 1)

		h.call("POST", "/v1/imports/"+i.ID+"/start", nil, nil)
		require.Equal(t, lead.ImportDone, h.lastEvent(i.ID).State)
		i = h.importIs(i.ID)
		require.Equal(t, lead.ImportProgress{Total: 5, Exact: true, Read: 5, Sent: 5, New: 1, Joined: 2, Rejected: 1, Skipped: 1}, i.Progress)
		require.NotNil(t, i.Ended)
		rows := h.result(i.ID, "?lang=zh")
		require.Equal(t, []string{"姓名", "手机", "公司", "状态", "线索编号", "说明"}, rows[0])
		require.Equal(t, []string{"林晓晓", there, "星河科技", "已并入", known.LeadNumber, "与 " + known.LeadNumber + " 是同一人（手机相同）"}, rows[1])
		require.Equal(t, "新线索", rows[2][3])
		require.Equal(t, []string{"文件内重复", rows[2][4], "与第 3 行是同一人"}, rows[3][3:])
		require.Equal(t, "被拒收", rows[4][3])
		require.Equal(t, "跳过", rows[5][3])
		failed := h.result(i.ID, "?lang=en&only=failed")
		require.Len(t, failed, 2)
		require.Equal(t, []string{"无名", "Rejected"}, []string{failed[1][0], failed[1][3]})
		require.True(t, h.audit().Balances())
		for _, r := range h.records("lead.raw")[1:] { // a row is a submission like any other
			st := h.status(string(r.Key))
			require.Contains(t, []string{lead.StateAssigned, lead.StateRejected}, st.State)
			var ex lead.Explanation
			h.call("POST", "/v1/explain", map[string]string{"source": "lists", "content_type": "application/vnd.leadhub.row+json", "body": string(r.Value)}, &ex)
			require.Equal(t, 1, len(ex.Submissions)+len(ex.Rejections))
		}

		again := h.upload("same under another name.csv", file)
		require.Equal(t, i.ID, again.Repeats)
		require.Contains(t, again.Notes[0].Text.EN, "importing it again changes nothing")
		before, records := h.pool(), len(h.records("lead.raw"))
		h.call("POST", "/v1/imports/"+again.ID+"/start", nil, nil)
		again = h.rests(again.ID, lead.ImportDone)
		require.EqualValues(t, 5, again.Progress.Same)
		require.Len(t, h.records("lead.raw"), records, "nothing was sent")
		require.Equal(t, before, h.pool())
		require.Equal(t, "此前已导入", h.result(again.ID, "")[1][3])
		h.call("DELETE", "/v1/imports/"+again.ID, nil, nil)
		again = h.rests(again.ID, lead.ImportUndone)
		require.Zero(t, again.Progress.Withdrawn)
		require.Equal(t, before, h.pool(), "what an earlier import brought is not the later one's to take back")
	})
}

func TestUndoLeavesThePoolAsItWasAndTheFileCanBeImportedAgain(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		h.call("PUT", "/v1/config", importConfig(), nil)
		a, b, mail := phone(), phone(), "zhao.lei@beichen-canyin.cn"
		one := h.becomes(h.accept("site", `{"name":"赵磊","phone":"`+a+`"}`), lead.StateAssigned)
		two := h.becomes(h.accept("fair", `{"name":"赵先生","email":"`+mail+`"}`), lead.StateAssigned)
		h.becomes(h.accept("fair", `{"name":"王芳","phone":"`+b+`"}`), lead.StateAssigned)
		h.settle()
		before := withoutVersions(t, h.leads())
		list, _ := invented(700)
		file := append(list, []byte("赵磊,"+a+",北辰餐饮（北京）有限公司,"+mail+",\n无名,,,,\n")...)
		i := h.upload("list.csv", file)
		// The fourth column holds an email in one row only: a person says so.
		h.call("PATCH", "/v1/imports/"+i.ID, map[string]any{"layout": map[string]any{"sheets": []any{map[string]any{"index": 0, "header_row": 1,
			"columns": []any{map[string]any{"index": 3, "field": "email"}}}}}}, nil)
		h.call("POST", "/v1/imports/"+i.ID+"/start", nil, nil)
		i = h.rests(i.ID, lead.ImportDone)
		require.EqualValues(t, 702, i.Progress.Settled())
		require.Equal(t, h.lead(one.Lead).ID, h.lead(two.Lead).ID, "a row joins two leads")
		h.settle()

		h.call("DELETE", "/v1/imports/"+i.ID, nil, nil)
		i = h.rests(i.ID, lead.ImportUndone)
		require.EqualValues(t, 702, i.Progress.Withdrawn)
		h.settle()
		require.Equal(t, before, withoutVersions(t, h.leads()))
		require.True(t, h.audit().Balances(), "%+v", h.audit())
		require.NoDirExists(t, filepath.Join(h.flags.Data, "imports", i.ID), "the file is deleted")
		require.Empty(t, openRejections(h))
		checkStreamAgain(t, h)

		again := h.upload("list.csv", file)
		require.Empty(t, again.Repeats)
		require.Equal(t, "remembered", again.Layout.Sheets[0].Columns[3].How)
		h.call("POST", "/v1/imports/"+again.ID+"/start", nil, nil)
		again = h.rests(again.ID, lead.ImportDone)
		p := again.Progress
		require.Equal(t, []int64{700, 1, 0, 1}, []int64{p.New, p.Joined, p.Same, p.Rejected}, "as if it were the first time")
		require.Len(t, openRejections(h), 1)
		require.True(t, h.audit().Balances())
	})
}

func TestAnotherHeaderRowLetsTheColumnsBeReadAnew(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		h.call("PUT", "/v1/config", importConfig(), nil)
		number := phone()
		i := h.upload("list.csv", csvOf("姓名,手机,公司", "客户,座机说明,联系电话", "林晓,总机,"+number))
		require.Equal(t, 1, i.Layout.Sheets[0].HeaderRow)
		patch := func(row int) error {
			return h.api().call(t.Context(), "PATCH", "/v1/imports/"+i.ID, map[string]any{"layout": map[string]any{"sheets": []any{
				map[string]any{"index": 0, "header_row": row, "columns": []any{}}}}}, nil)
		}
		require.NoError(t, patch(2))
		columns := h.importIs(i.ID).Layout.Sheets[0].Columns
		require.Equal(t, []string{"客户", "联系电话", lead.FieldPhone}, []string{columns[0].Header, columns[2].Header, columns[2].Field})
		require.ErrorContains(t, patch(40), "row 40 is empty")
		h.call("POST", "/v1/imports/"+i.ID+"/start", nil, nil)
		require.EqualValues(t, 1, h.rests(i.ID, lead.ImportDone).Progress.New)
	})
}

func openRejections(h *testHub) []lead.Rejection {
	var page lead.RejectionPage
	h.call("GET", "/v1/rejections?state=open&limit=200", nil, &page)
	return page.Items
}

func withoutVersions(t testing.TB, leads []lead.Lead) string {
	for i := range leads {
		leads[i].Version = 0
	}
	return asJSON(t, leads)
}

func TestAnImportThatIsKilledGoesOnAndEveryRowIsThereOnce(t *testing.T) {
	t.Parallel()
	f := embeddedFlags(t)
	flags := []string{"--data", f.Data, "--broker-listen", f.BrokerListen, "--log-level", "error"}
	p, err := startHub(t.Context(), flags)
	require.NoError(t, err)
	t.Cleanup(func() { p.end() })
	config := testConfig()
	config.Sources = append(config.Sources, importConfig().Sources...)
	require.NoError(t, p.client().call(t.Context(), "PUT", "/v1/config", config, nil))
	const rows = 6000
	list, _ := invented(rows)
	i, err := trySendFile(p.client(), "list.csv", list, "source", "lists")
	require.NoError(t, err)
	require.NoError(t, p.client().call(t.Context(), "POST", "/v1/imports/"+i.ID+"/start", nil, nil))
	touched := func() int64 {
		var o lead.Overview
		require.NoError(t, p.client().call(t.Context(), "GET", "/v1/overview", nil, &o))
		return o.Pool.Touches
	}
	for _, at := range []int64{1, 1500, 3500} {
		require.Eventually(t, func() bool { return touched() >= at }, 2*patience, time.Millisecond)
		p.end() // SIGKILL
		p, err = startHub(t.Context(), flags)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		require.NoError(t, p.client().call(t.Context(), "GET", "/v1/imports/"+i.ID, nil, &i))
		return i.AtRest()
	}, 4*patience, 50*time.Millisecond)
	require.Equal(t, lead.ImportDone, i.State)
	require.Equal(t, []int64{rows, rows, rows, 0}, []int64{i.Progress.Read, i.Progress.Sent, i.Progress.Settled(), i.Progress.Same})
	require.EqualValues(t, rows, touched())
	var a lead.Audit
	require.NoError(t, p.client().call(t.Context(), "GET", "/v1/audit", nil, &a))
	require.Equal(t, lead.Audit{Accepted: rows, Touched: rows, Missing: []string{}, Duplicated: []string{}}, a)

	// The same for its undo.
	require.NoError(t, p.client().call(t.Context(), "DELETE", "/v1/imports/"+i.ID, nil, nil))
	require.Eventually(t, func() bool { return touched() < rows-1000 }, 2*patience, time.Millisecond)
	p.end()
	p, err = startHub(t.Context(), flags)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		require.NoError(t, p.client().call(t.Context(), "GET", "/v1/imports/"+i.ID, nil, &i))
		return i.AtRest()
	}, 4*patience, 50*time.Millisecond)
	require.Equal(t, lead.ImportUndone, i.State)
	require.Zero(t, touched())
	require.NoError(t, p.client().call(t.Context(), "GET", "/v1/audit", nil, &a))
	require.Equal(t, lead.Audit{Accepted: rows, Rejected: rows, Missing: []string{}, Duplicated: []string{}}, a)
}

func TestWhileTheBrokerIsAwayAnImportWaitsAndSaysSoAndCanBeCancelled(t *testing.T) {
	t.Parallel()
	h, broker := onOutsideBroker(t, nil)
	h.call("PUT", "/v1/config", importConfig(), nil)
	list, _ := invented(3000)
	id := h.upload("list.csv", list).ID
	other := h.upload("other.csv", csvOf("姓名,手机", "林晓,"+phone())).ID
	broker.goAway()
	h.call("POST", "/v1/imports/"+id+"/start", nil, nil)
	require.Eventually(t, func() bool { return h.importIs(id).Waiting != nil }, patience, 10*time.Millisecond)
	require.Contains(t, h.importIs(id).Waiting.EN, "broker")
	require.Equal(t, lead.ImportRunning, h.importIs(id).State)
	err := h.api().call(t.Context(), "POST", "/v1/imports/"+other+"/start", nil, nil)
	var known *lead.Error
	require.ErrorAs(t, err, &known)
	require.Equal(t, "import_running", known.Code, "of one source one import runs at a time")

	h.call("POST", "/v1/imports/"+id+"/cancel", nil, nil)
	cancelled := h.rests(id, lead.ImportCancelled)
	require.Zero(t, cancelled.Progress.Sent)
	require.Nil(t, cancelled.Waiting)
	h.call("POST", "/v1/imports/"+id+"/start", nil, nil)
	broker.comeBack()
	done := h.rests(id, lead.ImportDone)
	require.EqualValues(t, 3000, done.Progress.New)
	require.Nil(t, done.Waiting)
	h.settle()
	require.True(t, h.audit().Balances())
}

// Ctrl-C in the verb cancels the import in the hub.
func TestACancelledImportKeepsWhatItSentAndIsUndone(t *testing.T) {
	t.Parallel()
	h := importHub(t, embeddedFlags(t))
	const rows = 14_000
	list, _ := invented(rows)
	file := filepath.Join(t.TempDir(), "list.csv")
	require.NoError(t, os.WriteFile(file, list, 0o600))
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var out, errs bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- run(process{ctx: ctx, stdin: strings.NewReader(""), stdout: &out, stderr: &errs}, []string{"import", file, "--source", "lists", "--yes",
			"--server", "http://" + h.addr, "--token", h.adminToken})
	}()
	var i lead.Import
	require.Eventually(t, func() bool {
		var page lead.ImportPage
		h.call("GET", "/v1/imports?state=running", nil, &page)
		if len(page.Items) > 0 {
			i = page.Items[0]
		}
		return i.Progress.Sent > 0
	}, patience, 5*time.Millisecond)
	interrupt()
	require.Equal(t, exitFailed, <-code, errs.String())
	require.Contains(t, errs.String(), "leadhub import --undo "+i.ID)
	require.Contains(t, out.String(), "cancelled:")
	i = h.importIs(i.ID)
	require.Equal(t, lead.ImportCancelled, i.State)
	require.Less(t, i.Progress.Sent, int64(rows))
	h.settle()
	require.True(t, h.audit().Balances())
	require.NotEmpty(t, h.leads())
	last := h.result(i.ID, "?lang=en")[rows]
	require.Equal(t, "Not imported", last[len(last)-1])

	h.call("DELETE", "/v1/imports/"+i.ID, nil, nil)
	h.rests(i.ID, lead.ImportUndone)
	h.settle()
	require.Empty(t, h.leads())
	require.True(t, h.audit().Balances())
}

// sendsAllThenListens uploads as simple clients do: they read the answer when they have written everything.
func (h *testHub) sendsAllThenListens(t *testing.T, content []byte) string {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	require.NoError(t, form.WriteField("source", "lists"))
	w, err := form.CreateFormFile("file", "large.csv")
	require.NoError(t, err)
	_, err = w.Write(content)
	require.NoError(t, err)
	require.NoError(t, form.Close())
	conn, err := net.Dial("tcp", h.addr)
	require.NoError(t, err)
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/imports HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n",
		h.addr, h.adminToken, form.FormDataContentType(), body.Len())
	_, err = io.Copy(conn, &body)
	require.NoError(t, err, "the hub hung up in the middle")
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	return string(answer)
}

func TestAFileThatCannotBeReadIsRefusedAndNothingIsLeftOfIt(t *testing.T) {
	t.Parallel()
	f := embeddedFlags(t)
	f.MaxImport = 100_000
	h := importHub(t, f)
	for name, want := range map[string]string{"encrypted": "422", "truncated": "422", "no_spreadsheet_at_all": "422", "html_cut_short": "422", "web_page_without_a_table": "422"} {
		books, err := filepath.Glob("../../fixtures/workbooks/" + name + "/book.*")
		require.NoError(t, err)
		require.Len(t, books, 1)
		content, err := os.ReadFile(books[0])
		require.NoError(t, err)
		_, err = trySendFile(h.api(), filepath.Base(books[0]), content, "source", "lists")
		require.ErrorContains(t, err, want, name)
		var known *lead.Error
		require.ErrorAs(t, err, &known)
		require.NotEmpty(t, known.Hint)
	}
	_, err := trySendFile(h.api(), "large.csv", bytes.Repeat([]byte("姓名,手机\n"), 10_000), "source", "lists")
	require.ErrorContains(t, err, "413")
	require.Contains(t, h.sendsAllThenListens(t, bytes.Repeat([]byte("姓名,手机\n"), 2_000_000)), "file_too_large")
	_, err = trySendFile(h.api(), "empty.csv", nil, "source", "lists")
	require.ErrorContains(t, err, "empty")
	_, err = trySendFile(h.api(), "list.csv", csvOf("姓名,手机"), "source", "nobody")
	require.ErrorContains(t, err, "404")
	_, err = trySendFile(h.api(), "list.csv", csvOf("姓名,手机"), "source", "site")
	require.ErrorContains(t, err, "cannot be uploaded")
	_, err = trySendFile(h.api(), "list.csv", csvOf("姓名,手机"))
	require.ErrorContains(t, err, "source is missing")
	left, err := os.ReadDir(filepath.Join(f.Data, "imports"))
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	require.Empty(t, left)
	var page lead.ImportPage
	h.call("GET", "/v1/imports", nil, &page)
	require.Empty(t, page.Items)
}
