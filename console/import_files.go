package console

import (
	"io"
	"mime"
	"net/http"
)

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// importResult sends what became of every row, or the failed ones to be corrected and uploaded again.
func (s *site) importResult(v *visit) error {
	file, name, err := s.ImportFiles.Result(v.Context(), v.param("id"), v.lang, v.URL.Query().Get("only") == "failed")
	if err != nil {
		return err
	}
	return v.download(file, name)
}

// importTemplate sends an empty list; for any source when none is named, as they have the same.
func (s *site) importTemplate(v *visit) error {
	source := v.URL.Query().Get("source")
	if source == "" {
		c, err := v.config()
		if err != nil {
			return err
		}
		if all := s.uploadSources(c); len(all) > 0 {
			source = all[0].Key
		}
	}
	file, name, err := s.ImportFiles.Template(v.Context(), source, v.lang)
	if err != nil {
		return err
	}
	return v.download(file, name)
}

// download sends an .xlsx. One that breaks off in the middle breaks the connection too, or the browser would take half a file
// for a whole one.
func (v *visit) download(file io.ReadCloser, name string) error {
	defer file.Close()
	h := v.w.Header()
	h.Set("Content-Type", xlsxType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	if _, err := io.Copy(v.w, file); err != nil {
		v.site.Logger.Warn("a download broke off", "path", v.URL.Path, "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}
