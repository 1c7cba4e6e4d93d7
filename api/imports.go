package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/leadhub/leadhub/api/problem"
	"github.com/leadhub/leadhub/lead"
)

const (
	// uploadWithin bounds one upload; the server's own deadline is for posts.
	uploadWithin = 30 * time.Minute
	maxOptions   = 64 << 10
	// watchEvery is how often the events of an import are looked for, pingEvery how long a silent connection is left alone.
	watchEvery = 300 * time.Millisecond
	pingEvery  = 15 * time.Second
)

const contentTypeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// registerImports registers the upload of files.
func registerImports(s *server) {
	handle(s, created(post("/v1/imports", lead.ScopeImportsWrite, "Upload a file; nothing of it is imported yet")), s.upload)
	s.describeUpload()
	handle(s, get("/v1/imports", lead.ScopeImportsRead, "List imports, latest first"), s.imports)
	handle(s, get("/v1/imports/{id}", lead.ScopeImportsRead, "One import: its layout, what it would do, how far it is"), s.importOne)
	patch := operation(http.MethodPatch, "/v1/imports/{id}", lead.ScopeImportsWrite, "Correct the layout, before the start")
	handle(s, patch, s.editImport)
	handle(s, accepted(post("/v1/imports/{id}/check", lead.ScopeImportsWrite, "Tell what the import would do, in the background")), s.checkImport)
	handle(s, accepted(post("/v1/imports/{id}/start", lead.ScopeImportsWrite, "Import, or go on with what was cancelled or failed")), s.startImport)
	handle(s, accepted(post("/v1/imports/{id}/cancel", lead.ScopeImportsWrite, "Stop sending rows; what was sent stays")), s.cancelImport)
	undo := del("/v1/imports/{id}", lead.ScopeImportsWrite, "Undo: take back all that the import brought; one that never started is forgotten")
	handle(s, accepted(undo), s.undoImport)
	handle(s, get("/v1/imports/{id}/events", lead.ScopeImportsRead, "Server-sent events named progress until the import is at rest"), s.importEvents)
	handle(s, get("/v1/imports/{id}/result", lead.ScopeImportsRead, "The file as .xlsx with what became of every row"), s.importResult)
	handle(s, get("/v1/imports/template", lead.ScopeImportsRead, "An empty file to fill in"), s.importTemplate)
	for path, kind := range map[string]string{"/v1/imports/{id}/events": "text/event-stream", "/v1/imports/{id}/result": contentTypeXLSX,
		"/v1/imports/template": contentTypeXLSX} {
		s.api.OpenAPI().Paths[path].Get.Responses["200"] = &huma.Response{Description: http.StatusText(http.StatusOK),
			Content: map[string]*huma.MediaType{kind: {Schema: &huma.Schema{Type: huma.TypeString}}}}
	}
}

// describeUpload tells the document what the handler reads by itself: the file goes to disk as it comes.
func (s *server) describeUpload() {
	str := func(description string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeString, Description: description}
	}
	s.api.OpenAPI().Paths["/v1/imports"].Post.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"multipart/form-data": {Schema: &huma.Schema{Type: huma.TypeObject, Required: []string{"source", "file"}, Properties: map[string]*huma.Schema{
			"source":  str("Key of the source. It comes before the file."),
			"options": str(`JSON: {"defaults": {"utm_campaign": "…"}} for fields that rows leave empty. It comes before the file.`),
			"file":    {Type: huma.TypeString, Format: "binary", Description: ".xlsx, .xlsm, .xls, .csv or .tsv; the last part."},
		}}},
	}}
}

// uploadIn is the request itself: its parts are read one after the other.
type uploadIn struct {
	body  io.Reader
	parts *multipart.Reader
	err   error
}

// maxUnread is how much of a refused upload is read all the same: most clients look for the answer when they have sent everything, and find
// a broken connection when that was not taken.
const maxUnread = 4 << 30

// Resolve takes the reader of the parts; nothing is read yet.
func (in *uploadIn) Resolve(ctx huma.Context) []error {
	r, w := humachi.Unwrap(ctx)
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadWithin)) // a server without deadlines needs none
	in.body = r.Body
	in.parts, in.err = r.MultipartReader()
	return nil
}

func (s *server) upload(ctx context.Context, in *uploadIn) (_ *createdBody[lead.Import], err error) {
	defer func() {
		if err != nil {
			_, _ = io.CopyN(io.Discard, in.body, maxUnread) // the answer is an error already
		}
	}()
	if in.err != nil {
		return nil, lead.Invalid("not_multipart", "the request is not multipart/form-data", "send the parts source, options and file")
	}
	up := lead.ImportUpload{Actor: actor(ctx)}
	for {
		part, err := in.parts.NextPart()
		if err != nil {
			return nil, missingPart("file")
		}
		switch part.FormName() {
		case "source":
			b, err := io.ReadAll(io.LimitReader(part, 101))
			if err != nil || len(b) > 100 {
				return nil, missingPart("source")
			}
			up.Source = string(b)
		case "options":
			if err := readOptions(part, &up); err != nil {
				return nil, err
			}
		case "file":
			if up.Source == "" {
				return nil, missingPart("source")
			}
			up.Name = part.FileName()
			i, err := s.Imports.Upload(ctx, up, part)
			if err != nil {
				return nil, unreadable(err)
			}
			fillImport(&i)
			return &createdBody[lead.Import]{Location: "/v1/imports/" + i.ID, Body: i}, nil
		}
	}
}

func missingPart(name string) error {
	e := lead.Invalid(problem.CodeValidation, "the part "+name+" is missing", "send source, then options when there are any, then file")
	e.Fields = []string{name}
	return e
}

func readOptions(r io.Reader, up *lead.ImportUpload) error {
	var options struct {
		Defaults map[string]string `json:"defaults"`
	}
	dec := json.NewDecoder(io.LimitReader(r, maxOptions))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&options); err != nil {
		e := lead.Invalid(problem.CodeValidation, "options cannot be read", `send JSON like {"defaults": {"utm_campaign": "…"}}`)
		e.Fields = []string{"options"}
		return e
	}
	up.Defaults = options.Defaults
	return nil
}

// unreadable answers 422 for a file that was understood to be none of ours: the request itself was right.
func unreadable(err error) error {
	p := problem.Of(err)
	if p.Status == http.StatusBadRequest {
		p.Status, p.Title = http.StatusUnprocessableEntity, http.StatusText(http.StatusUnprocessableEntity)
		return p
	}
	return err
}

type importsIn struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"100" pattern:"^[!-~]*$" doc:"The next of the page before."`
	Source string `query:"source" maxLength:"100"`
	State  string `query:"state" enum:"inspected,checking,checked,running,done,cancelled,failed,undoing,undone"`
}

func (s *server) imports(ctx context.Context, in *importsIn) (*body[lead.ImportPage], error) {
	q := lead.ImportQuery{Source: in.Source, Cursor: in.Cursor, Limit: in.Limit}
	if in.State != "" {
		q.States = []string{in.State}
	}
	page, err := s.Imports.Imports(ctx, q)
	if err != nil {
		return nil, err
	}
	page.Items = list(page.Items)
	for n := range page.Items {
		fillImport(&page.Items[n])
	}
	return &body[lead.ImportPage]{page}, nil
}

type importIn struct {
	ID string `path:"id" maxLength:"100"`
}

func importBody(i lead.Import, err error) (*body[lead.Import], error) {
	if err != nil {
		return nil, err
	}
	fillImport(&i)
	return &body[lead.Import]{i}, nil
}

func (s *server) importOne(ctx context.Context, in *importIn) (*body[lead.Import], error) {
	return importBody(s.Imports.Import(ctx, in.ID))
}

func (s *server) checkImport(ctx context.Context, in *importIn) (*body[lead.Import], error) {
	return importBody(s.Imports.Check(ctx, in.ID, actor(ctx)))
}

func (s *server) startImport(ctx context.Context, in *importIn) (*body[lead.Import], error) {
	return importBody(s.Imports.Start(ctx, in.ID, actor(ctx)))
}

func (s *server) cancelImport(ctx context.Context, in *importIn) (*body[lead.Import], error) {
	return importBody(s.Imports.Cancel(ctx, in.ID, actor(ctx)))
}

func (s *server) undoImport(ctx context.Context, in *importIn) (*body[lead.Import], error) {
	return importBody(s.Imports.Undo(ctx, in.ID, actor(ctx)))
}

// layoutIn is a layout as GET shows it; what nobody can change is passed over.
type layoutIn struct {
	Defaults map[string]string `json:"defaults,omitempty" doc:"For fields that rows leave empty; replaced as a whole."`
	Sheets   []sheetIn         `json:"sheets,omitempty" maxItems:"1000" doc:"Sheets that are left out stay as they are."`
}

type sheetIn struct {
	Index     int        `json:"index" minimum:"0"`
	Skip      bool       `json:"skip,omitempty" doc:"Not read."`
	HeaderRow int        `json:"header_row" minimum:"0" doc:"From 1; 0 when there is none. Rows up to it are not imported. Another row than before lets the columns be read anew."`
	Columns   []columnIn `json:"columns,omitempty" maxItems:"1000" doc:"Columns that are left out stay as they are."`
}

type columnIn struct {
	Index  int    `json:"index" minimum:"0"`
	Header string `json:"header,omitempty" maxLength:"500" doc:"As GET shows it; what is sent changes nothing."`
	Field  string `json:"field,omitempty" maxLength:"100" doc:"Of a draft, or event_time; - drops the column; empty keeps it under its header."`
	Format string `json:"format,omitempty" enum:",dmy,mdy,ymd" doc:"Order of dates."`
}

type editImportIn struct {
	ID   string `path:"id" maxLength:"100"`
	Body struct {
		_      struct{} `additionalProperties:"false"`
		Layout layoutIn `json:"layout"`
	}
}

func (s *server) editImport(ctx context.Context, in *editImportIn) (*body[lead.Import], error) {
	l := lead.Layout{Defaults: in.Body.Layout.Defaults}
	for _, sheet := range in.Body.Layout.Sheets {
		one := lead.SheetLayout{Index: sheet.Index, Skip: sheet.Skip, HeaderRow: sheet.HeaderRow}
		for _, c := range sheet.Columns {
			one.Columns = append(one.Columns, lead.Column{Index: c.Index, Header: c.Header, Field: c.Field, Format: c.Format})
		}
		l.Sheets = append(l.Sheets, one)
	}
	return importBody(s.Imports.EditLayout(ctx, in.ID, l))
}

// importEvents sends the import whenever it has changed. An error after the first event ends the connection; whoever listens connects
// again.
func (s *server) importEvents(ctx context.Context, in *importIn) (*huma.StreamResponse, error) {
	i, err := s.Imports.Import(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		_, w := humachi.Unwrap(hctx)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("X-Accel-Buffering", "no") // nginx would keep the events to itself
		flush := http.NewResponseController(w).Flush
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		var last []byte
		told := time.Now()
		for err == nil {
			fillImport(&i)
			now, e := json.Marshal(i)
			if e != nil {
				return
			}
			switch {
			case !bytes.Equal(now, last):
				_, err = fmt.Fprintf(w, "event: progress\ndata: %s\n\n", now)
				last, told = now, time.Now()
			case time.Since(told) > pingEvery:
				_, err = io.WriteString(w, ": still here\n\n")
				told = time.Now()
			}
			if err = errors.Join(err, flush()); err != nil || i.AtRest() {
				return
			}
			select {
			case <-hctx.Context().Done():
				return
			case <-tick.C:
			}
			i, err = s.Imports.Import(hctx.Context(), in.ID)
		}
	}}, nil
}

type importResultIn struct {
	ID   string `path:"id" maxLength:"100"`
	Only string `query:"only" enum:"failed" doc:"Only the rows that were rejected, to be corrected and uploaded again."`
	Lang string `query:"lang" enum:"zh,en" default:"zh"`
}

func (s *server) importResult(ctx context.Context, in *importResultIn) (*huma.StreamResponse, error) {
	return download(s.Imports.Result(ctx, in.ID, in.Lang, in.Only == "failed"))
}

type importTemplateIn struct {
	Source string `query:"source" maxLength:"100" required:"true" doc:"Key of a source that takes files."`
	Lang   string `query:"lang" enum:"zh,en" default:"zh"`
}

func (s *server) importTemplate(ctx context.Context, in *importTemplateIn) (*huma.StreamResponse, error) {
	return download(s.Imports.Template(ctx, in.Source, in.Lang))
}

func download(file io.ReadCloser, name string, err error) (*huma.StreamResponse, error) {
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		defer file.Close()
		ctx.SetHeader("Content-Type", contentTypeXLSX)
		ctx.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
		_, _ = io.Copy(ctx.BodyWriter(), file) // it fails when the caller went away
	}}, nil
}

func fillImport(i *lead.Import) {
	i.Notes, i.Layout.Sheets = list(i.Notes), slices.Clone(list(i.Layout.Sheets))
	for n := range i.Layout.Sheets {
		i.Layout.Sheets[n].Columns = list(i.Layout.Sheets[n].Columns)
	}
	if c := i.Check; c != nil {
		filled := *c
		filled.Preview = slices.Clone(list(c.Preview))
		for n := range filled.Preview {
			p := &filled.Preview[n]
			p.Notes = list(p.Notes)
			if p.Draft == nil {
				p.Draft = map[string][]string{}
			}
		}
		if filled.InvalidBy == nil {
			filled.InvalidBy = map[string]int64{}
		}
		i.Check = &filled
	}
}
