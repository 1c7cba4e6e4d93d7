package console

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// fakeImports holds one import; what is asked of it is written down.
type fakeImports struct {
	one     lead.Import
	page    lead.ImportPage
	refuse  error // what uploads and orders answer
	file    []byte
	upload  lead.ImportUpload
	layout  lead.Layout
	orders  []string           // "check imp_1 person:admin"
	moves   []lead.Import      // what it becomes with every look after the first
	broken  io.Reader          // how a download ends
	reading func(first []byte) // told of the first bytes of a file, before the rest is read
	asked   string
}

func (f *fakeImports) Imports(_ context.Context, q lead.ImportQuery) (lead.ImportPage, error) {
	f.asked = "imports " + q.Cursor
	return f.page, nil
}

func (f *fakeImports) Import(_ context.Context, id string) (lead.Import, error) {
	if id != f.one.ID {
		return lead.Import{}, lead.NotFound("import_not_found", "there is no such import", "")
	}
	was := f.one
	if len(f.moves) > 0 {
		f.one, f.moves = f.moves[0], f.moves[1:]
	}
	return was, nil
}

func (f *fakeImports) Upload(_ context.Context, up lead.ImportUpload, file io.Reader) (lead.Import, error) {
	f.upload = up
	if f.refuse != nil {
		return lead.Import{}, f.refuse
	}
	if f.reading != nil {
		first := make([]byte, len("the beginning"))
		if _, err := io.ReadFull(file, first); err != nil {
			return lead.Import{}, err
		}
		f.reading(first)
		f.file = first
	}
	rest, err := io.ReadAll(file)
	f.file = append(f.file, rest...)
	return f.one, err
}

func (f *fakeImports) EditLayout(_ context.Context, _ string, l lead.Layout) (lead.Import, error) {
	f.layout = l
	return f.one, f.refuse
}

func (f *fakeImports) order(verb, id, actor string) (lead.Import, error) {
	f.orders = append(f.orders, verb+" "+id+" "+actor)
	return f.one, f.refuse
}

func (f *fakeImports) Check(_ context.Context, id, actor string) (lead.Import, error) {
	return f.order("check", id, actor)
}

func (f *fakeImports) Start(_ context.Context, id, actor string) (lead.Import, error) {
	return f.order("start", id, actor)
}

func (f *fakeImports) Cancel(_ context.Context, id, actor string) (lead.Import, error) {
	return f.order("cancel", id, actor)
}

func (f *fakeImports) Undo(_ context.Context, id, actor string) (lead.Import, error) {
	return f.order("undo", id, actor)
}

func (f *fakeImports) Result(_ context.Context, id, lang string, failedOnly bool) (io.ReadCloser, string, error) {
	what := "result " + id + " " + lang
	if failedOnly {
		what += " failed"
	}
	return f.made(what)
}

func (f *fakeImports) Template(_ context.Context, source, lang string) (io.ReadCloser, string, error) {
	return f.made("template " + source + " " + lang)
}

// made is a file whose content says what was asked for.
func (f *fakeImports) made(what string) (io.ReadCloser, string, error) {
	return io.NopCloser(io.MultiReader(strings.NewReader(what), f.broken)), "名单-result.xlsx", f.refuse
}

func cannedImports() *fakeImports {
	f := &fakeImports{one: cannedImport(lead.ImportInspected), broken: strings.NewReader("")}
	for _, state := range []string{lead.ImportRunning, lead.ImportDone, lead.ImportChecked, lead.ImportUndone} {
		f.page.Items = append(f.page.Items, cannedImport(state))
	}
	f.page.Next = "older"
	return f
}

// cannedImport is a list of a trade fair, in any state.
func cannedImport(state string) lead.Import {
	started, ended := canned.Add(time.Minute), canned.Add(2*time.Minute)
	i := lead.Import{ID: "imp_1", Source: "lists", File: "2026上海展会名单.xlsx", Bytes: 1_234_567, State: state, Actor: "person:admin", Created: canned,
		Layout: cannedLayout(), Notes: []lead.Notice{}}
	switch state {
	case lead.ImportChecking:
		i.Progress = lead.ImportProgress{Total: 2000, Read: 500}
	case lead.ImportChecked:
		i.Check = cannedCheck()
	case lead.ImportRunning:
		i.Started = &started
		i.Progress = lead.ImportProgress{Total: 1240, Exact: true, Read: 900, Sent: 900, New: 500, Joined: 90, Rejected: 30, Pending: 280}
	case lead.ImportUndoing, lead.ImportUndone:
		i.Started = &started
		i.Progress = lead.ImportProgress{Total: 1240, Exact: true, Read: 1240, Sent: 1240, New: 1000, Joined: 200, Rejected: 40, Withdrawn: 310, Undone: 310}
	case lead.ImportDone, lead.ImportCancelled, lead.ImportFailed:
		i.Started, i.Ended = &started, &ended
		i.Progress = lead.ImportProgress{Total: 1240, Exact: true, Read: 1240, Sent: 1240, New: 1000, Joined: 198, Rejected: 40, Quarantined: 2}
	}
	return i
}

func cannedLayout() lead.Layout {
	return lead.Layout{Format: "xlsx", Defaults: map[string]string{"referred_by": "老客户", "booth": "B12"},
		Sheets: []lead.SheetLayout{
			{Index: 0, Name: "观众", HeaderRow: 2, Fingerprint: "f1", Columns: []lead.Column{
				{Index: 0, Header: "姓名", Field: "name", How: "alias", Sure: 0.95, Samples: []string{"林晓", "周远"}},
				{Index: 1, Header: "联系方试", Field: "phone", How: "similar", Sure: 0.6, Samples: []string{"139 1234 1521", "13912341522"}},
				{Index: 2, Header: "邮箱", Field: "email", How: "content", Sure: 0.55, Samples: []string{"lin.xiao@xinghe-keji.cn"}},
				{Index: 3, Header: "登记日期", Field: "event_time", How: "alias", Sure: 0.95, Format: "dmy", Samples: []string{"3/4/2026"}},
				{Index: 4, Header: "展位备注"},
				{Index: 27, Header: "序号", Field: "-", How: "alias", Sure: 0.95, Samples: []string{"1", "2"}},
				{Index: 28, Header: "同意于", Field: "consent_at", How: "remembered", Sure: 1}}},
			{Index: 1, Name: "旧数据", Hidden: true, Skip: true, HeaderRow: 1, Columns: []lead.Column{
				{Index: 0, Header: "电话", Field: "phone", How: "alias", Sure: 0.95, Samples: []string{"13912341523"}}}},
			{Index: 2, Name: "说明", Skip: true}},
		Notices: []lead.Notice{
			{Code: "macros_ignored", Text: lead.Text{EN: "the workbook contains macros; only its cells were read", ZH: "文件包含宏，只读取单元格内容。"}},
			{Code: "hidden_rows", Sheet: "观众", Text: lead.Text{EN: "3 rows are hidden. They are imported like the others.", ZH: "有 3 行被隐藏，会照常导入。"}},
			{Code: "hidden_sheet", Sheet: "旧数据", Text: lead.Text{EN: "The sheet is hidden. It is not read unless you choose it.", ZH: "该工作表被隐藏，除非您选择，否则不读取。"}}}}
}

func cannedCheck() *lead.ImportCheck {
	return &lead.ImportCheck{Rows: 1240, New: 1000, Joins: 150, InFile: 48, Invalid: 40, Skipped: 2,
		InvalidBy: map[string]int64{"excel_lost_digits": 10, "no_identity": 30},
		Preview: []lead.ImportPreview{
			{Sheet: "观众", Row: 3, Verdict: lead.VerdictNew, Lead: &lead.PreviewedLead{Name: "林晓", Phones: []string{"+8613912341521"},
				Emails: []string{"lin.xiao@xinghe-keji.cn"}, Company: "星河科技有限公司", Title: "采购经理", Region: lead.Region{Province: "广东省", City: "深圳市"}},
				Text: lead.Text{EN: "a new lead", ZH: "新线索"}},
			{Sheet: "观众", Row: 4, Verdict: lead.PreviewJoins, Number: "XL20260102-000001", Lead: &lead.PreviewedLead{Name: "周远", Phones: []string{"+8613912341522"}},
				Text: lead.Text{EN: "joins XL20260102-000001: same mobile", ZH: "手机相同，并入 XL20260102-000001"}, Notes: []string{"the fax number was not used"}},
			{Sheet: "观众", Row: 5, Verdict: lead.PreviewInvalid, Code: "excel_lost_digits", Draft: map[string][]string{"name": {"吴敏"}, "phone": {"1.39E+10"}},
				Text: lead.Text{EN: "the spreadsheet has lost the last digits of this number", ZH: "手机号末位已被表格软件抹去，无法还原"}},
			{Sheet: "观众", Row: 6, Verdict: lead.PreviewInFile, Lead: &lead.PreviewedLead{Phones: []string{"+8613912341521"}},
				Text: lead.Text{EN: "the same person as row 3", ZH: "与第 3 行是同一人"}},
			{Sheet: "观众", Row: 7, Verdict: lead.PreviewSkipped, Draft: map[string][]string{"name": {"合计"}}, Text: lead.Text{EN: "the row is a total", ZH: "合计行"}}}}
}
