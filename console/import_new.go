package console

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

type importNewPage struct {
	Sources  []lead.Source
	Channel  string // to make a source of, when there is none
	Source   string // chosen
	Defaults []defaultField
	Error    *lead.Error
}

// defaultField is something a person says of a whole file.
type defaultField struct{ Field, Value string }

// fieldExhibition has no place in a Submission: it is kept with the touch under this name.
const fieldExhibition = "exhibition"

var defaultFields = []string{lead.FieldUTMCampaign, fieldExhibition, lead.FieldReferrer, lead.FieldProduct, lead.FieldTag}

func defaultsOf(values map[string]string) []defaultField {
	out := make([]defaultField, len(defaultFields))
	for i, f := range defaultFields {
		out[i] = defaultField{f, values[f]}
	}
	return out
}

// readDefaults lays what the form says over the defaults there are; others than those of the form stay.
func readDefaults(form url.Values, before map[string]string) map[string]string {
	out := map[string]string{}
	for name, value := range before {
		out[name] = value
	}
	for _, name := range defaultFields {
		if !form.Has("default." + name) {
			continue
		}
		delete(out, name)
		if value := strings.TrimSpace(form.Get("default." + name)); value != "" {
			out[name] = value
		}
	}
	return out
}

func (s *site) importNew(v *visit) error {
	p, err := v.newImportPage(v.URL.Query().Get("source"), nil)
	if err != nil {
		return err
	}
	return v.render("import_new", p)
}

func (v *visit) newImportPage(source string, defaults map[string]string) (importNewPage, error) {
	c, err := v.config()
	if err != nil {
		return importNewPage{}, err
	}
	p := importNewPage{Sources: v.site.uploadSources(c), Channel: v.site.uploadChannel(), Source: source, Defaults: defaultsOf(defaults)}
	if source == "" && len(p.Sources) > 0 {
		p.Source = p.Sources[0].Key
	}
	return p, nil
}

func (s *site) importCreate(v *visit) error {
	up, err := v.readUpload()
	if err != nil {
		up.drain()
		return err
	}
	n := lead.ImportUpload{Source: up.Values.Get("source"), Name: up.Name, Defaults: readDefaults(up.Values, nil), Actor: v.actor()}
	var i lead.Import
	if up.Name == "" {
		err = wrongField("file", "no_file", "no file was chosen", "choose a file, or drop one onto the page")
	} else {
		i, err = s.Imports.Upload(v.Context(), n, up.File)
	}
	if err == nil {
		return v.redirect(importURL(i.ID))
	}
	up.drain()
	p, readErr := v.newImportPage(n.Source, n.Defaults)
	if readErr != nil {
		return err
	}
	return v.refused("import_new", err, func(e *lead.Error) any { p.Error = e; return p })
}

func importURL(id string) string { return "/imports/" + url.PathEscape(id) }

// upload is a form with a file as its last part, which is read as it comes: the console keeps it nowhere.
type upload struct {
	Values url.Values
	Name   string // "" when no file was chosen
	File   io.Reader
}

// maxUnread is how much of a refused file is read all the same: a browser shows no answer before it has sent everything.
const maxUnread = 1 << 30

func (u upload) drain() { _, _ = io.CopyN(io.Discard, u.File, maxUnread) }

// readUpload reads a form up to its file, whose token comes first.
func (v *visit) readUpload() (upload, error) {
	up := upload{Values: url.Values{}, File: http.NoBody}
	bad := func(err error) error {
		return &lead.Error{Kind: lead.KindInvalid, Code: "bad_form", Message: "the form cannot be read", Err: err}
	}
	v.Body = patientBody{v.Body, http.NewResponseController(v.w)}
	parts, err := v.MultipartReader()
	if err != nil {
		return up, bad(err)
	}
	left := int64(maxForm)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return up, v.checkToken(up.Values.Get("csrf"))
		}
		if err != nil {
			return up, bad(err)
		}
		if part.FormName() == "file" {
			up.Name, up.File = part.FileName(), part
			return up, v.checkToken(up.Values.Get("csrf"))
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return up, bad(err)
		}
		if left -= int64(len(part.FormName()) + len(value) + 64); left < 0 { // a part costs memory even when it is empty
			return up, &lead.Error{Kind: lead.KindTooLarge, Code: "body_too_large", Message: "the form is too large"}
		}
		up.Values.Add(part.FormName(), string(value))
	}
}

// patientBody gives every read its own time: a large file over a slow line takes longer than the server grants a request,
// and one that sends nothing is still given up.
type patientBody struct {
	io.ReadCloser
	conn *http.ResponseController
}

const patience = time.Minute

func (b patientBody) Read(p []byte) (int, error) {
	_ = b.conn.SetReadDeadline(time.Now().Add(patience)) // not every server has deadlines
	return b.ReadCloser.Read(p)
}
