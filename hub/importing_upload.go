package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// inspectWithin bounds the first look at a file: a person waits for it.
const inspectWithin = time.Minute

// Upload takes a file and proposes how to read it. The body is written to disk as it comes. When the file cannot be read nothing is
// left of it.
func (im *Importing) Upload(ctx context.Context, up lead.ImportUpload, body io.Reader) (_ lead.Import, err error) {
	importer, src, err := im.importer(ctx, up.Source)
	if err != nil {
		return lead.Import{}, err
	}
	if !src.Enabled {
		return lead.Import{}, lead.Invalid("source_disabled", "this source is switched off", "switch it on")
	}
	if err := checkDefaults(up.Defaults); err != nil {
		return lead.Import{}, err
	}
	now := im.now().UTC().Truncate(time.Millisecond)
	i := lead.Import{ID: lead.NewID("imp_", now), Source: src.Key, File: fileName(up.Name), State: lead.ImportInspected, Actor: up.Actor, Created: now,
		Notes: []lead.Notice{}}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(im.folder(i.ID))
		}
	}()
	if i.Bytes, i.SHA256, err = im.receive(i.ID, body); err != nil {
		return lead.Import{}, err
	}
	if i.Layout, err = im.inspect(ctx, importer, im.upload(&i)); err != nil {
		return lead.Import{}, err
	}
	if err := im.remembered(ctx, &i); err != nil {
		return lead.Import{}, err
	}
	for field, value := range up.Defaults {
		if i.Layout.Defaults == nil {
			i.Layout.Defaults = map[string]string{}
		}
		i.Layout.Defaults[field] = value
	}
	if err := im.repeats(ctx, &i); err != nil {
		return lead.Import{}, err
	}
	if err := im.store.AddImport(ctx, i); err != nil {
		return lead.Import{}, err
	}
	im.log.Info("file uploaded", "id", i.ID, "source", i.Source, "bytes", i.Bytes, "by", i.Actor)
	return i, nil
}

// receive writes the file, for the owner alone, and returns its size and its digest in hex.
func (im *Importing) receive(id string, body io.Reader) (int64, string, error) {
	away := func(err error) error {
		return lead.Transient("not_stored", "the file cannot be stored now", retryAfter, err)
	}
	if err := os.MkdirAll(im.folder(id), 0o700); err != nil {
		return 0, "", away(err)
	}
	f, err := os.OpenFile(im.path(id), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, "", away(err)
	}
	h := sha256.New()
	read := &failing{Reader: io.LimitReader(body, im.maxBytes+1)}
	n, err := io.Copy(io.MultiWriter(f, h), read)
	switch {
	case read.err != nil:
		err = &lead.Error{Kind: lead.KindInvalid, Code: "upload_cut", Message: "the upload ended before the file did", Hint: "upload it again", Err: read.err}
	case err != nil:
		err = away(err)
	case n > im.maxBytes:
		err = &lead.Error{Kind: lead.KindTooLarge, Code: "file_too_large", Message: fmt.Sprintf("the file is larger than %d MB", im.maxBytes>>20),
			Hint: "split it, or save it as .csv without pictures"}
	case n == 0:
		err = lead.Invalid("empty_file", "the file is empty", "upload the file that you meant")
	}
	if e := errors.Join(f.Sync(), f.Close()); err == nil && e != nil {
		err = away(e)
	}
	return n, hex.EncodeToString(h.Sum(nil)), err
}

// failing remembers an error of reading: to a copy it looks like one of writing.
type failing struct {
	io.Reader
	err error
}

// Read reads.
func (r *failing) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// inspect gives a reader that hangs a minute, and no more.
func (im *Importing) inspect(ctx context.Context, importer connectors.Importer, f connectors.Upload) (lead.Layout, error) {
	type proposal struct {
		layout lead.Layout
		err    error
	}
	ctx, cancel := context.WithTimeout(ctx, inspectWithin)
	defer cancel()
	proposed := make(chan proposal, 1)
	go func() {
		var p proposal
		p.err = im.safely(func() (err error) { p.layout, err = importer.Inspect(ctx, f); return err })
		proposed <- p
	}()
	select {
	case p := <-proposed:
		if p.err == nil || ctx.Err() == nil {
			return p.layout, p.err
		}
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return lead.Layout{}, lead.Invalid("file_too_slow", "the file takes too long to read", "save it anew as .xlsx or .csv and upload that")
	}
	return lead.Layout{}, context.Cause(ctx)
}

// remembered lays what people said of the same headers over the proposal.
func (im *Importing) remembered(ctx context.Context, i *lead.Import) error {
	var prints []string
	for _, s := range i.Layout.Sheets {
		if s.Fingerprint != "" {
			prints = append(prints, s.Fingerprint)
		}
	}
	if len(prints) == 0 {
		return nil
	}
	known, err := im.store.RememberedColumns(ctx, i.Source, prints)
	if err != nil {
		return err
	}
	for _, r := range known {
		for n := range i.Layout.Sheets {
			if s := &i.Layout.Sheets[n]; s.Fingerprint == r.Fingerprint {
				remind(&i.Layout, s, r.Columns)
			}
		}
	}
	return nil
}

// noticeNoContact is the notice of a sheet that is skipped only because nobody knew which column is a contact.
const noticeNoContact = "no_contact"

func remind(l *lead.Layout, s *lead.SheetLayout, columns []lead.RememberedColumn) {
	for _, r := range columns {
		if r.Index < len(s.Columns) {
			c := &s.Columns[r.Index]
			c.Field, c.Format, c.How, c.Sure = r.Field, r.Format, "remembered", 1
		}
	}
	about := func(n lead.Notice) bool { return n.Code == noticeNoContact && n.Sheet == s.Name }
	if s.Skip && !s.Hidden && slices.ContainsFunc(l.Notices, about) && slices.ContainsFunc(s.Columns, contact) {
		s.Skip = false
		l.Notices = slices.DeleteFunc(l.Notices, about)
	}
}

func contact(c lead.Column) bool {
	return c.Field == lead.FieldPhone || c.Field == lead.FieldEmail || c.Field == lead.FieldExternalID || c.Field == lead.ColumnBuyer
}

// repeats looks for an import of the same file whose rows are in the pool.
func (im *Importing) repeats(ctx context.Context, i *lead.Import) error {
	page, err := im.store.Imports(ctx, lead.ImportQuery{Source: i.Source, SHA256: i.SHA256, Limit: 1,
		States: []string{lead.ImportRunning, lead.ImportDone, lead.ImportCancelled, lead.ImportFailed}})
	if err != nil || len(page.Items) == 0 {
		return err
	}
	old := page.Items[0]
	i.Repeats = old.ID
	on := old.Started.In(im.configuration.current.Load().location).Format("2006-01-02 15:04")
	note := lead.Text{
		EN: fmt.Sprintf("This file was imported on %s as %s; importing it again changes nothing. To read it with other columns, undo that import first.", on, old.ID),
		ZH: fmt.Sprintf("该文件已于 %s 导入（%s），再次导入不会改变任何内容。如需按其他列对应重新导入，请先撤销那次导入。", on, old.ID)}
	if old.State != lead.ImportDone {
		note = lead.Text{
			EN: fmt.Sprintf("An import of this file began on %s as %s and did not come to its end; what it brought stays as it is, and only the other rows are imported.", on, old.ID),
			ZH: fmt.Sprintf("该文件曾于 %s 开始导入（%s）但未完成；已导入的行保持不变，只会导入其余的行。", on, old.ID)}
	}
	i.Notes = append(i.Notes, lead.Notice{Code: "file_known", Text: note})
	return nil
}

// fileName is what a person calls a file, fit to be shown: no path, nothing that cannot be seen.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, "�"), `\`, "/"))
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) { // controls, and marks that turn the direction of writing
			return -1
		}
		return r
	}, name))
	if r := []rune(name); len(r) > 200 {
		name = string(r[:100]) + "…" + string(r[len(r)-50:]) // the extension stays
	}
	if name == "" || name == "." || name == "/" {
		return "file"
	}
	return name
}
