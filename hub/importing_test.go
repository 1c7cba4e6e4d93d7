package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/excel"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/normalize"
)

func TestTheHeaderOfARowIsThatOfAnyRaw(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	i := lead.Import{ID: "imp_1", Source: `odd "source" <&>`, Started: &at}
	names := newNames("p.")
	for _, contentType := range []string{"", "application/x"} {
		heads, err := newRawHeads(names, &i, "channel", contentType)
		require.NoError(t, err)
		var rows []importedRow
		attempts := map[string]int{}
		for n, event := range []string{"0123:0:1", `a"b\`, "名单 1", "<>&\x7f\u2028", "\x01", ""} {
			id := fmt.Sprint("sub_", n)
			rows = append(rows, importedRow{id: id, ImportRow: connectors.ImportRow{Event: connectors.Event{ID: event, Body: []byte{byte(n)}}}})
			if n%2 == 1 {
				attempts[id] = n
			}
		}
		got, err := heads.records(rows, attempts)
		require.NoError(t, err)
		for n, row := range rows {
			raw := lead.Raw{ID: row.id, Source: i.Source, Channel: "channel", EventID: row.Event.ID, ReceivedAt: at, ContentType: contentType,
				Import: "imp_1", Attempt: attempts[row.id], Body: row.Event.Body}
			want, err := names.rawRecord(&raw, string(heads.trace))
			require.NoError(t, err)
			require.Equal(t, want, got[n])
			back, err := rawOf(got[n])
			require.NoError(t, err)
			require.Equal(t, raw, back)
		}
	}
}

func TestIDsOfRowsAreThoseThatIntakeGives(t *testing.T) {
	keys, err := newKeyring([]byte(strings.Repeat("k", 32)))
	require.NoError(t, err)
	in := &Intake{ids: keys.ids}
	ids := rowIDs{"lists", lead.NewSealer(keys.ids)}
	for _, event := range []string{"1", "abc:0:7"} {
		require.Equal(t, in.newID("lists", event, time.Time{}), ids.id(event))
	}
}

func TestANameOfAFileIsFitToBeShown(t *testing.T) {
	for name, want := range map[string]string{
		`C:\名单\春季展.xlsx`: "春季展.xlsx", "../../etc/passwd": "passwd", "a\x00b\n\u202ecod.csv": "abcod.csv", "": "file", "..": "..", "/": "file",
		strings.Repeat("长", 300) + ".xlsx": strings.Repeat("长", 100) + "…" + strings.Repeat("长", 45) + ".xlsx", "\xff.csv": "�.csv",
	} {
		require.Equal(t, want, fileName(name))
	}
}

func TestAPersonCorrectsWhatTheyMayAndNothingElse(t *testing.T) {
	old := lead.SheetLayout{Index: 0, Name: "名单", HeaderRow: 2, Fingerprint: "print",
		Columns: []lead.Column{{Index: 0, Header: "姓名", Field: "name", How: "alias", Sure: 0.9}, {Index: 1, Header: "备忘", Samples: []string{"x"}}}}
	got, err := editSheet(old, lead.SheetLayout{Name: "other", HeaderRow: 2, Fingerprint: "mine", Columns: []lead.Column{
		{Index: 0, Header: "x", Field: "name"}, {Index: 1, Field: "wechat", How: "alias"}}}, 0)
	require.NoError(t, err)
	require.Equal(t, lead.SheetLayout{Index: 0, Name: "名单", HeaderRow: 2, Fingerprint: "print", Columns: []lead.Column{
		{Index: 0, Header: "姓名", Field: "name", How: "alias", Sure: 0.9}, {Index: 1, Header: "备忘", Field: "wechat", How: "person", Sure: 1, Samples: []string{"x"}}}}, got)
	require.Equal(t, []lead.RememberedColumns{{Fingerprint: "print", Columns: []lead.RememberedColumn{{Index: 1, Field: "wechat"}}}},
		corrected(lead.Layout{Sheets: []lead.SheetLayout{got}}))
	require.Empty(t, corrected(lead.Layout{Sheets: []lead.SheetLayout{old}}), "nobody said anything")

	seen := lead.SheetLayout{HeaderRow: 5, Columns: []lead.Column{{Index: 0, Header: "客户", Field: "name"}, {Index: 1, Header: "电话", Field: "phone"}}}
	sent := onto(seen, old, lead.SheetLayout{HeaderRow: 5, Columns: []lead.Column{{Index: 0, Field: "name"}, {Index: 1, Field: "wechat"}}})
	moved, err := editSheet(seen, sent, 0)
	require.NoError(t, err)
	require.Equal(t, []lead.Column{{Index: 0, Header: "客户", Field: "name"}, {Index: 1, Header: "电话", Field: "wechat", How: "person", Sure: 1}}, moved.Columns,
		"under another header the columns are looked at again, and only what the person changed is carried over")
	for field, sent := range map[string]lead.SheetLayout{
		"layout.sheets[3].header_row":        {HeaderRow: -1},
		"layout.sheets[3].columns[0].index":  {Columns: []lead.Column{{Index: 2}}},
		"layout.sheets[3].columns[0].field":  {Columns: []lead.Column{{Field: "telephone"}}},
		"layout.sheets[3].columns[0].format": {Columns: []lead.Column{{Format: "ydm"}}},
	} {
		_, err := editSheet(old, sent, 3)
		require.Equal(t, []string{field}, lead.AsError(err).Fields)
		require.NotEmpty(t, lead.AsError(err).Hint)
	}
}

func TestASheetThatWasSkippedForWantOfAContactIsReadOnceAPersonHasNamedIt(t *testing.T) {
	sheet := func(hidden bool) lead.Layout {
		return lead.Layout{Sheets: []lead.SheetLayout{{Name: "s", Skip: true, Hidden: hidden, Columns: make([]lead.Column, 2)}},
			Notices: []lead.Notice{{Code: "no_contact", Sheet: "s"}, {Code: "other", Sheet: "s"}}}
	}
	said := []lead.RememberedColumn{{Index: 1, Field: lead.FieldPhone}, {Index: 9, Field: "x"}}
	l := sheet(false)
	remind(&l, &l.Sheets[0], said)
	require.False(t, l.Sheets[0].Skip)
	require.Equal(t, []lead.Notice{{Code: "other", Sheet: "s"}}, l.Notices)
	require.Equal(t, "remembered", l.Sheets[0].Columns[1].How)
	l = sheet(true)
	remind(&l, &l.Sheets[0], said)
	require.True(t, l.Sheets[0].Skip, "a hidden sheet is a person's to choose")
}

func TestReasonsAreSaidInBothLanguages(t *testing.T) {
	got := wordsJoined("XL1", []string{"same mobile and email as XL1", "same external_id as XL2"})
	require.Equal(t, lead.Text{EN: "same mobile and email as XL1; same external_id as XL2", ZH: "与 XL1 是同一人（手机相同、邮箱相同、外部编号相同）"}, got)
	require.Equal(t, lead.Text{EN: "odd", ZH: "与 XL1 是同一人"}, wordsJoined("XL1", []string{"odd"}))
	require.Equal(t, "message: hint", wordsRejected("unheard_of", "message", "hint").ZH, "better in English than nothing")
}

// latin is what must not be left in a Chinese sentence.
var latin = regexp.MustCompile(`[A-Za-z]{3,}`)

func TestEveryReasonThatARowOfAnUglyWorkbookGetsIsSaidInChinese(t *testing.T) {
	books, err := filepath.Glob("../fixtures/workbooks/*/book.*")
	require.NoError(t, err)
	cleaner, err := normalize.New(normalize.Config{})
	require.NoError(t, err)
	said := map[string]bool{}
	for _, hidden := range []string{"read", "skip"} {
		set, err := excel.Connector{}.Spec().Check(lead.Source{Key: "lists", Channel: "excel", Settings: map[string]any{"hidden_rows": hidden}})
		require.NoError(t, err)
		src, err := excel.Connector{}.Open(set)
		require.NoError(t, err)
		s := &snapshot{normalizer: cleaner, sources: map[string]*openSource{"lists": {Source: lead.Source{Key: "lists", Channel: "excel"}, source: src}}}
		importer := src.(connectors.Importer)
		for _, book := range books {
			f := connectors.Upload{Path: book, Name: filepath.Base(book)}
			l, err := importer.Inspect(t.Context(), f)
			if err != nil {
				continue // refused as a whole
			}
			for _, n := range l.Notices {
				require.NotRegexp(t, `[a-z]{3,} [a-z]{3,}`, n.Text.ZH, n.Code)
			}
			_ = importer.Import(t.Context(), f, l, func(row connectors.ImportRow) error {
				raw := lead.Raw{ID: "sub_1", Source: "lists", Channel: "excel", ReceivedAt: time.Now(), EventID: row.Event.ID, ContentType: row.Event.ContentType, Body: row.Event.Body}
				_, rejections := s.outcomes(&raw)
				for _, j := range rejections {
					said[j.Code] = true
					words := wordsRejected(j.Code, j.Message, j.Hint)
					plain := strings.NewReplacer("Excel", "", "WPS", "", "#N/A", "", "CRM编号", "").Replace(words.ZH)
					require.NotRegexp(t, latin, plain, "%s, %s", book, words.EN)
				}
				return nil
			})
		}
	}
	for _, code := range []string{"no_identity", codeNoLead, "excel_lost_digits", "formula_not_computed", "excel_error_value"} {
		require.True(t, said[code], code)
	}
}

func TestTheReasonInChineseSaysWhatIsWrongWithTheContact(t *testing.T) {
	for message, want := range map[string]string{
		"there is no phone, email or platform id to recognise the person by":                                                                    "没有可用的手机、邮箱或编号，无法识别是谁。请补充后重新上传。",
		"nothing to recognise the person by: the field phone could not be read (“139****41” lacks digits)":                                      "无法识别是谁：电话 “139****41” 位数不足。请更正后重新上传。",
		"nothing to recognise the person by: the phone number is a placeholder or on the list of never keys; the field email could not be read": "无法识别是谁：电话是占位号码，或在永不作为身份的名单中；邮箱 无法识别。请更正后重新上传。",
	} {
		require.Equal(t, want, wordsRejected("no_identity", message, "").ZH)
	}
	require.Equal(t, "该行是合计，未导入。", wordsRejected(codeNoLead, "the row is a total", "").ZH)
	require.Equal(t, "“手机”列：唯一的联系方式是 #N/A 等错误值。请更正后重新上传。",
		wordsRejected("excel_error_value", "the only contact in this row is a cell with an error like #N/A, in column 手机", "").ZH)
}

// panicking fails as a reader may on a file that was made to do harm.
type panicking struct{ connectors.Importer }

func (panicking) Inspect(context.Context, connectors.Upload) (lead.Layout, error) {
	panic("index out of range")
}

// hanging never comes back.
type hanging struct{ connectors.Importer }

func (hanging) Inspect(context.Context, connectors.Upload) (lead.Layout, error) { select {} }

func TestAReaderThatFailsOrHangsIsAnErrorOfTheFile(t *testing.T) {
	im := &Importing{log: discard}
	_, err := im.inspect(t.Context(), panicking{}, connectors.Upload{})
	require.Equal(t, "reader_failed", lead.AsError(err).Code)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = im.inspect(ctx, hanging{}, connectors.Upload{})
	require.Equal(t, "file_too_slow", lead.AsError(err).Code)
}

func TestAFileThatTheSenderCutsShortIsNotTaken(t *testing.T) {
	im := &Importing{log: discard, dir: t.TempDir(), maxBytes: 10}
	for body, code := range map[string]string{"12345678901": "file_too_large", "": "empty_file", "cut": "upload_cut"} {
		r := &cutReader{Reader: strings.NewReader(body), cut: code == "upload_cut"}
		_, _, err := im.receive("imp_"+code, r)
		require.Equal(t, code, lead.AsError(err).Code)
	}
	n, sum, err := im.receive("imp_1", strings.NewReader("1234567890"))
	require.NoError(t, err)
	require.EqualValues(t, 10, n)
	require.Equal(t, "c775e7b757ede630cd0aa1113bd102661ab38829ca52a6422ab782862f268646", sum)
	info, err := os.Stat(filepath.Join(im.dir, "imp_1", "file"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
}

var discard = slog.New(slog.DiscardHandler)

// cutReader ends in an error instead of the end.
type cutReader struct {
	io.Reader
	cut bool
}

func (r *cutReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err == io.EOF && r.cut {
		err = errors.New("connection reset")
	}
	return n, err
}

// shelf is imports in memory.
type shelf struct {
	ImportStore
	imports map[string]lead.Import
}

func (s *shelf) Import(_ context.Context, id string) (lead.Import, error) {
	i, ok := s.imports[id]
	if !ok {
		return i, lead.NotFound("import_not_found", "", "")
	}
	return i, nil
}

func (s *shelf) EditImport(_ context.Context, id string, fn func(*lead.Import) error) (lead.Import, error) {
	i := s.imports[id]
	err := fn(&i)
	s.imports[id] = i
	return i, err
}

func TestFilesAreDeletedWhenTheyHaveHadTheirTime(t *testing.T) {
	now := time.Now()
	s := &shelf{imports: map[string]lead.Import{
		"imp_done":    {ID: "imp_done", State: lead.ImportDone, Created: now.Add(-50 * time.Hour)},
		"imp_running": {ID: "imp_running", State: lead.ImportRunning, Created: now.Add(-50 * time.Hour)},
		"imp_recent":  {ID: "imp_recent", State: lead.ImportDone, Created: now.Add(-40 * time.Hour)},
		"imp_undone":  {ID: "imp_undone", State: lead.ImportUndone, Created: now.Add(-2 * time.Hour)},
	}}
	im := &Importing{store: s, log: discard, dir: t.TempDir(), now: func() time.Time { return now }, keep: 48 * time.Hour, maxBytes: 10}
	old := now.Add(-2 * time.Hour)
	for _, id := range []string{"imp_done", "imp_running", "imp_recent", "imp_undone", "imp_nobody", "imp_arriving"} {
		_, _, err := im.receive(id, strings.NewReader("x"))
		require.NoError(t, err)
		if id != "imp_arriving" {
			require.NoError(t, os.Chtimes(im.folder(id), old, old))
		}
	}
	require.NoError(t, im.sweep(t.Context()))
	entries, err := os.ReadDir(im.dir)
	require.NoError(t, err)
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	require.Equal(t, []string{"imp_arriving", "imp_recent", "imp_running"}, left)
	require.True(t, s.imports["imp_done"].Expired)
	done := s.imports["imp_done"]
	require.Equal(t, "file_deleted", lead.AsError(im.mine(&done)).Code)
	away := lead.Import{ID: "imp_elsewhere", State: lead.ImportDone}
	require.Equal(t, "file_elsewhere", lead.AsError(im.mine(&away)).Code)
}
