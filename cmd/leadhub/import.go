package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

type importCmd struct {
	serverFlags
	Source   string   `help:"Key of the source." placeholder:"KEY"`
	Map      []string `help:"What a column is, by its header or letter: 微信=wechat, C=phone, 备注=- to drop it." placeholder:"COLUMN=FIELD" sep:"none"`
	Sheet    []string `help:"Read these sheets alone, by name or number." placeholder:"SHEET" sep:"none"`
	Default  []string `help:"A value for rows that leave the field empty: utm_campaign=春季展." placeholder:"FIELD=VALUE" sep:"none"`
	DryRun   bool     `help:"Tell what would become of it, and import nothing."`
	Yes      bool     `help:"Import without asking." short:"y"`
	Result   string   `help:"Write the file with what became of every row to this .xlsx." placeholder:"FILE"`
	Undo     string   `help:"Take back all that this import brought." placeholder:"ID"`
	Template bool     `help:"Write an empty file to fill in to standard output."`
	JSON     bool     `help:"Print one JSON object." name:"json"`
	Lang     string   `help:"Language of sentences, template and result: en or zh." default:"en" enum:"en,zh"`
	File     string   `arg:"" optional:"" help:".xlsx, .xlsm, .xls, .csv or .tsv." placeholder:"FILE"`
}

// Run uploads the file, shows how it is read and what would become of it, asks, and imports.
func (c *importCmd) Run(p process) error {
	v := importing{importCmd: c, process: p, client: c.client()}
	switch {
	case c.Undo != "":
		return v.undo()
	case c.Source == "":
		return wrongUse("no source is named", "add --source KEY; GET /v1/sources lists them")
	case c.Template:
		return v.download("/v1/imports/template"+query("source", c.Source, "lang", c.Lang), p.stdout)
	case c.File == "":
		return wrongUse("no file is named", "leadhub import FILE --source KEY")
	}
	i, err := v.prepare()
	if err != nil {
		return err
	}
	switch {
	case c.DryRun:
		return errors.Join(v.forget(i), v.print(i))
	case !c.Yes:
		if err := v.ask(i); err != nil {
			return errors.Join(err, v.forget(i))
		}
	}
	return v.start(i)
}

func wrongUse(message, hint string) error { return lead.Invalid("bad_command", message, hint) }

// importing is one run of the verb.
type importing struct {
	*importCmd
	process
	client *client
}

// prepare uploads, corrects the layout, and lets the hub check what would become of the file.
func (v *importing) prepare() (lead.Import, error) {
	i, err := v.upload()
	if err != nil {
		return i, err
	}
	if err := v.correct(&i); err != nil {
		return i, errors.Join(err, v.forget(i))
	}
	v.showLayout(i)
	if err := v.client.call(v.ctx, "POST", "/v1/imports/"+i.ID+"/check", nil, nil); err != nil {
		return i, errors.Join(err, v.forget(i))
	}
	if i, err = v.wait(v.ctx, i.ID); err != nil {
		return i, errors.Join(err, v.forget(i))
	}
	if i.Error != nil {
		return i, errors.Join(importError(i), v.forget(i))
	}
	v.showCheck(i)
	return i, nil
}

func importError(i lead.Import) error {
	return &lead.Error{Kind: lead.KindInvalid, Code: i.Error.Code, Message: i.Error.Message, Hint: i.Error.Hint}
}

// upload streams the file.
func (v *importing) upload() (lead.Import, error) {
	var i lead.Import
	f, err := os.Open(v.File)
	if err != nil {
		return i, err
	}
	defer f.Close()
	options, err := pairs("--default", v.Default)
	if err != nil {
		return i, err
	}
	reader, writer := io.Pipe()
	w := multipart.NewWriter(writer)
	go func() { writer.CloseWithError(writeUpload(w, v.Source, options, filepath.Base(v.File), f)) }()
	defer reader.Close()
	req, err := http.NewRequestWithContext(v.ctx, http.MethodPost, v.client.base+"/v1/imports", reader)
	if err != nil {
		return i, lead.Invalid("bad_server", "the --server URL cannot be used", "write it as http://127.0.0.1:8080")
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return i, v.client.do(req, func(r io.Reader) error { return json.NewDecoder(r).Decode(&i) })
}

func writeUpload(w *multipart.Writer, source string, defaults map[string]string, name string, file io.Reader) error {
	options, err := json.Marshal(map[string]any{"defaults": defaults})
	if err == nil {
		err = errors.Join(w.WriteField("source", source), w.WriteField("options", string(options)))
	}
	if err != nil {
		return err
	}
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = io.Copy(part, file)
	}
	return errors.Join(err, w.Close())
}

// pairs reads name=value.
func pairs(flag string, list []string) (map[string]string, error) {
	out := map[string]string{}
	for _, s := range list {
		name, value, ok := strings.Cut(s, "=")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, wrongUse(fmt.Sprintf("%s %s is not name=value", flag, s), "write "+flag+" name=value")
		}
		out[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return out, nil
}

// correct sends what --map and --sheet say.
func (v *importing) correct(i *lead.Import) error {
	if len(v.Map)+len(v.Sheet) == 0 {
		return nil
	}
	l := i.Layout
	if err := chooseSheets(l.Sheets, v.Sheet); err != nil {
		return err
	}
	for _, m := range v.Map {
		at := strings.LastIndex(m, "=") // a header may hold one
		if at < 1 {
			return wrongUse("--map "+m+" is not column=field", "write --map 列=field")
		}
		if err := mapColumn(l.Sheets, strings.TrimSpace(m[:at]), strings.TrimSpace(m[at+1:])); err != nil {
			return err
		}
	}
	return v.client.call(v.ctx, "PATCH", "/v1/imports/"+i.ID, map[string]any{"layout": map[string]any{"sheets": l.Sheets, "defaults": l.Defaults}}, i)
}

func chooseSheets(sheets []lead.SheetLayout, names []string) error {
	if len(names) == 0 {
		return nil
	}
	found := 0
	for n := range sheets {
		s := &sheets[n]
		s.Skip = !slices.Contains(names, s.Name) && !slices.Contains(names, fmt.Sprint(s.Index+1))
		if !s.Skip {
			found++
		}
	}
	if found < len(names) {
		var have []string
		for _, s := range sheets {
			have = append(have, s.Name)
		}
		return wrongUse("the file has no sheet "+strings.Join(names, ", "), "its sheets are "+strings.Join(have, ", "))
	}
	return nil
}

func mapColumn(sheets []lead.SheetLayout, name, field string) error {
	found := false
	var have []string
	for n := range sheets {
		for k := range sheets[n].Columns {
			c := &sheets[n].Columns[k]
			if c.Header == name || connectors.Fold(c.Header) == connectors.Fold(name) && connectors.Fold(name) != "" {
				c.Field, found = field, true
			}
			if c.Header != "" && !slices.Contains(have, c.Header) {
				have = append(have, c.Header)
			}
		}
	}
	for n := range sheets { // a letter, unless a header is called so
		for k := range sheets[n].Columns {
			if c := &sheets[n].Columns[k]; !found && !sheets[n].Skip && strings.EqualFold(columnLetters(c.Index), name) {
				c.Field = field
				have = nil
			}
		}
	}
	if !found && have != nil {
		return wrongUse("the file has no column "+name, "its columns are "+strings.Join(have, ", ")+"; A, B, C … work, too")
	}
	return nil
}

// columnLetters is a column as spreadsheets call it.
func columnLetters(index int) string {
	s := ""
	for n := index + 1; n > 0; n = (n - 1) / 26 {
		s = string(rune('A'+(n-1)%26)) + s
	}
	return s
}

// ask wants a yes from a person. Without a terminal there is nobody to ask.
func (v *importing) ask(i lead.Import) error {
	if !terminal(v.stdin) {
		return wrongUse("nobody can be asked whether to import", "add --yes, or --dry-run to only look")
	}
	fmt.Fprintf(v.stderr, "import %d rows into %s? [y/N] ", i.Check.Rows, i.Source)
	answer := make(chan string, 1)
	go func() { line, _ := bufio.NewReader(v.stdin).ReadString('\n'); answer <- line }()
	select {
	case line := <-answer:
		if s := strings.ToLower(strings.TrimSpace(line)); s == "y" || s == "yes" || s == "是" {
			return nil
		}
	case <-v.ctx.Done():
	}
	fmt.Fprintln(v.stderr, "nothing was imported")
	return exitError(exitFailed)
}

// start imports, and cancels when the person ends the verb.
func (v *importing) start(i lead.Import) error {
	if err := v.client.call(v.ctx, "POST", "/v1/imports/"+i.ID+"/start", nil, nil); err != nil {
		return err
	}
	i, err := v.wait(v.ctx, i.ID)
	if err != nil && v.ctx.Err() != nil {
		fmt.Fprintln(v.stderr, "cancelling …")
		ctx := context.WithoutCancel(v.ctx)
		if err := v.client.call(ctx, "POST", "/v1/imports/"+i.ID+"/cancel", nil, nil); err != nil {
			return err
		}
		i, err = v.wait(ctx, i.ID)
	}
	if err != nil {
		return err
	}
	if err := v.print(i); err != nil {
		return err
	}
	if v.Result != "" {
		if err := v.saveResult(i); err != nil {
			return err
		}
	}
	switch {
	case i.State == lead.ImportDone:
		return nil
	case i.Error != nil:
		return importError(i)
	}
	fmt.Fprintf(v.stderr, "leadhub: the import %s is %s; what was sent stays: leadhub import --undo %s takes it back\n", i.ID, i.State, i.ID)
	return exitError(exitFailed)
}

func (v *importing) undo() error {
	if err := v.client.call(v.ctx, "DELETE", "/v1/imports/"+v.Undo, nil, nil); err != nil {
		return err
	}
	i, err := v.wait(v.ctx, v.Undo)
	var gone *lead.Error
	if errors.As(err, &gone) && gone.Code == "import_not_found" { // it had not been started
		fmt.Fprintln(v.stdout, "forgotten: it was never started")
		return nil
	}
	if err != nil {
		return err
	}
	if i.Error != nil {
		return importError(i)
	}
	return v.print(i)
}

// forget leaves nothing of a file that is not imported.
func (v *importing) forget(i lead.Import) error {
	return v.client.call(context.WithoutCancel(v.ctx), "DELETE", "/v1/imports/"+i.ID, nil, nil)
}

func (v *importing) saveResult(i lead.Import) error {
	f, err := os.OpenFile(v.Result, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(v.download("/v1/imports/"+i.ID+"/result"+query("lang", v.Lang), f), f.Close())
}

func (v *importing) download(path string, w io.Writer) error {
	req, err := http.NewRequestWithContext(v.ctx, http.MethodGet, v.client.base+path, nil)
	if err != nil {
		return err
	}
	return v.client.do(req, func(r io.Reader) error { _, err := io.Copy(w, r); return err })
}
