// Package leadhub_test holds what concerns the tree as a whole: which package may import which, and that the documents are true.
package leadhub_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/leadhub/leadhub"

// place is a folder and what of ours it may import. Patterns are path.Match's; "connectors/*" is one folder below connectors.
type place struct {
	folder   string
	may      []string
	stdlib   bool   // and nothing else from outside
	instead  string // why, or what to do instead
	testOnly bool   // for tests: nothing that ships imports it
}

// places is every folder that may hold Go files; the first pattern that fits counts. A new folder gets a row here.
var places = []place{
	{folder: "lead", stdlib: true, instead: "lead holds the nouns and imports the standard library alone, so that everybody may import it"},

	{folder: "connectors", may: []string{"lead"}, instead: "the contract of connectors knows only lead"},
	{folder: "connectors/all", may: []string{"connectors", "connectors/*"}, instead: "all is only the list of channels"},
	{folder: "connectors/connectortest", may: []string{"connectors", "fixtures/signing", "lead"}, testOnly: true, instead: "the suite is the same for every channel"},
	{folder: "connectors/excel", may: []string{"connectors", "spreadsheet", "lead"}, instead: "what rows mean is the channel's, how they are read is spreadsheet's"},
	{folder: "connectors/topsign", may: []string{"connectors", "lead"}, instead: "what several channels share knows none of them"},
	{folder: "connectors/vendorapi", may: []string{"connectors", "lead"}, instead: "what several channels share knows none of them"},
	{folder: "connectors/wechatcrypt", may: []string{"connectors", "lead"}, instead: "what several channels share knows none of them"},
	{folder: "connectors/*", may: []string{"connectors", "connectors/topsign", "connectors/vendorapi", "connectors/wechatcrypt", "lead"},
		instead: "a channel knows the contract, what channels share, and lead: no other channel, no stream, no pool"},

	{folder: "spreadsheet", may: []string{"lead"}, instead: "spreadsheet reads and writes cells; it knows lead for its errors"},

	{folder: "stream", instead: "stream carries bytes and knows no lead"},
	{folder: "stream/embedded", instead: "the embedded broker speaks the Kafka protocol to whoever connects"},
	{folder: "stream/streamtest", may: []string{"stream"}, testOnly: true, instead: "the suite runs on a client, whatever broker is behind it"},

	{folder: "normalize", may: []string{"lead"}, instead: "normalize, dedupe and assign are pure and know only lead, never each other"},
	{folder: "dedupe", may: []string{"lead", "dedupe/match", "dedupe/match/similar"}, instead: "normalize, dedupe and assign are pure and know only lead, never each other"},
	{folder: "dedupe/match", may: []string{"lead", "dedupe/match/similar"}, instead: "how alike two leads are is a pure function of the two"},
	{folder: "dedupe/match/similar", instead: "similar compares texts"},
	{folder: "dedupe/match/labelled", may: []string{"lead", "dedupe/match", "dedupe/match/similar"}, instead: "measuring knows the comparison, never the truth while it decides"},
	{folder: "assign", may: []string{"lead"}, instead: "normalize, dedupe and assign are pure and know only lead, never each other"},

	{folder: "sink", may: []string{"lead"}, instead: "sink declares Judge, Chooser and its ports; the hub hands in who fills them"},
	{folder: "sink/sinktest", may: []string{"sink", "dedupe", "assign", "lead"}, testOnly: true, instead: "the suite runs on any database"},
	{folder: "sink/internal/*", may: []string{"sink", "lead"}, instead: "what the databases share knows none of them"},
	{folder: "sink/*", may: []string{"sink", "sink/internal/*", "lead"}, instead: "a database knows the ports of sink, and no other database"},

	{folder: "deliver", may: []string{"lead"}, instead: "deliver declares the ports it needs"},

	{folder: "hub", may: []string{"lead", "connectors", "stream", "normalize", "dedupe", "dedupe/match", "assign", "sink", "deliver", "hub/*", "api/problem"},
		instead: "the hub names no channel, no database and no page; cmd/leadhub hands them in"},
	{folder: "hub/*", may: []string{"lead"}, instead: "a part of the hub stands alone; the hub wires it"},

	{folder: "api", may: []string{"lead", "api/problem"}, instead: "api and console declare the ports they need, and never import each other"},
	{folder: "api/problem", may: []string{"lead"}, instead: "a problem is made of a *lead.Error"},
	{folder: "console", may: []string{"lead", "api/problem"}, instead: "api and console declare the ports they need, and never import each other"},

	{folder: "cmd/leadhub", may: []string{"lead", "hub", "api", "api/problem", "console", "connectors", "connectors/all", "sink", "sink/sqlite", "sink/postgres",
		"stream", "stream/embedded", "deliver", "fixtures", "fixtures/people", "fixtures/chat", "fixtures/signing", "normalize", "dedupe", "dedupe/match/labelled"},
		instead: "cmd wires: channels come from connectors/all, and the stages belong to the hub; bench alone measures normalize and dedupe by themselves"},
	{folder: "fixtures", instead: "fixtures are files"},
	{folder: "fixtures/signing", instead: "what signs is a stranger to the code that verifies"},
	{folder: "fixtures/people", may: []string{"lead"}, instead: "what is generated are drafts"},
	{folder: "fixtures/chat", instead: "what is generated are messages and their truth"},
}

// homes are the folders that may import a driver: what lies behind a port stays behind it.
var homes = []struct {
	driver  string
	folders []string
}{
	{"github.com/segmentio/kafka-go", []string{"stream", "stream/embedded", "stream/streamtest"}},
	{"github.com/twmb/franz-go", []string{"stream/embedded"}},
	{"modernc.org/sqlite", []string{"sink/sqlite"}},
	{"github.com/jackc/pgx", []string{"sink/postgres", "cmd/leadhub"}}, // cmd: the databases of `leadhub bench`
	{"github.com/pressly/goose", []string{"sink/*", "sink/internal/*"}},
	{"github.com/go-chi/chi", []string{"api", "console", "hub", "cmd/leadhub"}},
}

// nothingNames are names of folders that say nothing of what is in them.
var nothingNames = []string{"util", "utils", "common", "base", "manager", "helper", "helpers", "misc", "shared"}

// pkg is a package as `go list -json` tells it.
type pkg struct {
	ImportPath string
	Imports    []string // without those of its tests
	GoFiles    []string
}

func TestEveryArrowPointsTheWayTheLayoutSays(t *testing.T) {
	list := packages(t)
	require.Greater(t, len(list), 15, "go list found too little to be true")
	var wrong []string
	for _, p := range list {
		wrong = append(wrong, forbidden(p)...)
	}
	require.Empty(t, wrong, "\n%s", strings.Join(wrong, "\n"))
}

func TestAForbiddenArrowIsNamed(t *testing.T) {
	for arrow, want := range map[string]string{
		"lead → github.com/google/uuid":             "lead must not import github.com/google/uuid: ",
		"lead → sink":                               "lead must not import sink: ",
		"connectors/webform → stream":               "connectors/webform must not import stream: ",
		"connectors/webform → sink/sqlite":          "connectors/webform must not import sink/sqlite: ",
		"connectors/webform → connectors/taobao":    "connectors/webform must not import connectors/taobao: ",
		"connectors/webform → connectors/all":       "connectors/webform must not import connectors/all: ",
		"connectors/topsign → connectors/taobao":    "connectors/topsign must not import connectors/taobao: ",
		"connectors → normalize":                    "connectors must not import normalize: ",
		"connectors/all → connectors/connectortest": "connectors/all must not import connectors/connectortest: it is for tests",
		"stream → lead":                             "stream must not import lead: ",
		"stream/embedded → hub":                     "stream/embedded must not import hub: ",
		"normalize → connectors/webform":            "normalize must not import connectors/webform: ",
		"dedupe → normalize":                        "dedupe must not import normalize: ",
		"assign → dedupe":                           "assign must not import dedupe: ",
		"sink → dedupe":                             "sink must not import dedupe: ",
		"sink → assign":                             "sink must not import assign: ",
		"sink → sink/sqlite":                        "sink must not import sink/sqlite: ",
		"sink → sink/internal/sqlstore":             "sink must not import sink/internal/sqlstore: ",
		"sink/sqlite → sink/postgres":               "sink/sqlite must not import sink/postgres: ",
		"sink/sqlite → stream":                      "sink/sqlite must not import stream: ",
		"sink/postgres → sink/sinktest":             "sink/postgres must not import sink/sinktest: it is for tests",
		"hub → connectors/webform":                  "hub must not import connectors/webform: ",
		"hub → connectors/all":                      "hub must not import connectors/all: ",
		"hub → sink/postgres":                       "hub must not import sink/postgres: ",
		"hub → stream/embedded":                     "hub must not import stream/embedded: ",
		"hub → api":                                 "hub must not import api: ",
		"hub/spool → stream":                        "hub/spool must not import stream: ",
		"api → console":                             "api must not import console: ",
		"api → hub":                                 "api must not import hub: ",
		"console → api":                             "console must not import api: ",
		"console → sink":                            "console must not import sink: ",
		"cmd/leadhub → connectors/webform":          "cmd/leadhub must not import connectors/webform: ",
		"cmd/leadhub → assign":                      "cmd/leadhub must not import assign: ",
		"hub → github.com/jackc/pgx/v5/pgxpool":     "hub must not import github.com/jackc/pgx/v5/pgxpool: ",
		"api → github.com/segmentio/kafka-go":       "api must not import github.com/segmentio/kafka-go: ",
		"lead/util → fmt":                           "lead/util says nothing of what is in it",
		"hub/helpers → fmt":                         "hub/helpers says nothing of what is in it",
		"scoring → lead":                            "scoring has no place",
		"cmd/tool → hub":                            "cmd/tool has no place",
	} {
		got := strings.Join(forbidden(made(arrow)), "\n")
		require.Contains(t, got, want, arrow)
	}
	for _, arrow := range []string{
		"lead → net/http", "connectors/taobao → connectors", "connectors/taobao → golang.org/x/text/width", "connectors/taobao → connectors/topsign", "connectors/all → connectors/taobao",
		"sink/postgres → sink/internal/sqlstore", "sink/postgres → github.com/jackc/pgx/v5", "hub → api/problem", "console → api/problem",
		"cmd/leadhub → connectors/all", "hub → hub/spool", "stream/streamtest → stream",
	} {
		require.Empty(t, forbidden(made(arrow)), arrow)
	}
}

// forbidden lists in words what is wrong with the place of a package and with its arrows.
func forbidden(p pkg) []string {
	if len(p.GoFiles) == 0 {
		return nil // only tests
	}
	from := folderOf(p.ImportPath)
	var wrong []string
	if name := path.Base(from); slices.Contains(nothingNames, name) {
		wrong = append(wrong, "the name "+from+" says nothing of what is in it: name the folder after its contents")
	}
	at := slices.IndexFunc(places, func(pl place) bool { return fits(pl.folder, from) })
	if at < 0 {
		return append(wrong, from+" has no place: add it to the table places in arrows_test.go, with what it may import")
	}
	for _, to := range p.Imports {
		if why := refused(places[at], from, to); why != "" {
			wrong = append(wrong, fmt.Sprintf("%s must not import %s: %s", from, folderOf(to), why))
		}
	}
	return wrong
}

// refused says why from, which is at a place, must not import to; "" when it may.
func refused(at place, from, to string) string {
	folder := folderOf(to)
	if folder == to { // not ours
		for _, h := range homes {
			if under(to, h.driver) && !anyFits(h.folders, from) {
				return "this library stays behind its port, in " + strings.Join(h.folders, ", ")
			}
		}
		if at.stdlib && strings.Contains(strings.SplitN(to, "/", 2)[0], ".") {
			return at.instead
		}
		return ""
	}
	if i := slices.IndexFunc(places, func(pl place) bool { return fits(pl.folder, folder) }); i >= 0 && places[i].testOnly {
		return "it is for tests"
	}
	if anyFits(at.may, folder) {
		return ""
	}
	return at.instead
}

// folderOf is the folder of a package of ours, and the import path of any other.
func folderOf(importPath string) string {
	if importPath == module {
		return "."
	}
	return strings.TrimPrefix(importPath, module+"/")
}

func fits(pattern, folder string) bool {
	ok, err := path.Match(pattern, folder)
	return ok && err == nil
}

func anyFits(patterns []string, folder string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return fits(p, folder) })
}

func under(importPath, parent string) bool {
	return importPath == parent || strings.HasPrefix(importPath, parent+"/")
}

// made is a package with the one arrow "from → to".
func made(arrow string) pkg {
	from, to, _ := strings.Cut(arrow, " → ")
	if first, _, _ := strings.Cut(to, "/"); !strings.Contains(first, ".") && to != "fmt" && to != "net/http" {
		to = module + "/" + to
	}
	return pkg{ImportPath: module + "/" + from, Imports: []string{to}, GoFiles: []string{"made.go"}}
}

func packages(t *testing.T) []pkg {
	t.Helper()
	tree(t, ".go") // or the cache of `go test` would not notice a new import
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,GoFiles", "./...")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	require.NoError(t, err, said.String())
	var list []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return list
		}
		require.NoError(t, err)
		list = append(list, p)
	}
}
