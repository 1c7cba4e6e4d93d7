package console

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

const (
	// lookEvery is how often a watched import is looked at. It is read, not listened to: another process may do the work.
	lookEvery = 500 * time.Millisecond
	// writeWithin is how long a browser may take to read one event before it is given up; it comes again by itself.
	writeWithin = 10 * time.Second
)

// importEvents sends the part of the page that moves, ready to show: events "progress", and at last "rest", after which the
// page is loaded anew. It ends when the browser leaves or the import cannot be read; a browser that is still there asks again.
func (s *site) importEvents(v *visit) error {
	i, err := s.Imports.Import(v.Context(), v.param("id"))
	if err != nil {
		return err
	}
	conn := http.NewResponseController(v.w)
	h := v.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		event, err := v.importEvent(i)
		if err != nil {
			s.Logger.Error("an import cannot be shown", "import", i.ID, "error", err)
			return nil
		}
		_ = conn.SetWriteDeadline(time.Now().Add(writeWithin))
		if _, err := v.w.Write(event); err != nil || conn.Flush() != nil || i.AtRest() {
			return nil
		}
		select {
		case <-v.Context().Done():
			return nil
		case <-tick.C:
		}
		if i, err = s.Imports.Import(v.Context(), i.ID); err != nil {
			return nil
		}
	}
}

// importEvent is one event of the stream; the text of each of its lines follows "data: ".
func (v *visit) importEvent(i lead.Import) ([]byte, error) {
	name := "progress"
	if i.AtRest() {
		name = "rest"
	}
	var html bytes.Buffer
	p := page{Page: "import_show", Lang: v.lang, Data: importPage{Import: i}, zone: china}
	if err := v.site.pages.templates[v.lang+"/import_show"].ExecuteTemplate(&html, "import_live", p); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "event: %s\n", name)
	for line := range strings.Lines(html.String()) {
		fmt.Fprintf(&out, "data: %s\n", strings.TrimRight(line, "\r\n"))
	}
	out.WriteString("\n")
	return out.Bytes(), nil
}
