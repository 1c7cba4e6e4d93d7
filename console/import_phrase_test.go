package console

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// sentences are those that a package gives to people in errors: the arguments of the functions that make them, and the fields Message and
// Hint, with 7 and x for what is put into them.
func sentences(t *testing.T, pattern string) []string {
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var out []string
	add := func(e ast.Expr) {
		if s := spoken(e); strings.Contains(s, " ") {
			out = append(out, s)
		}
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				switch name := called(n); name {
				case "refuse", "tooLarge", "Invalid", "NotFound":
					for _, arg := range n.Args[1:] {
						add(arg)
					}
				case "Transient":
					add(n.Args[1])
				case "bomb", "textTooLong":
					add(n.Args[0])
				}
			case *ast.CompositeLit:
				for _, e := range n.Elts {
					if kv, ok := e.(*ast.KeyValueExpr); ok {
						if key, ok := kv.Key.(*ast.Ident); ok && (key.Name == "Message" || key.Name == "Hint") {
							add(kv.Value)
						}
					}
				}
			}
			return true
		})
	}
	return out
}

func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

var verb = regexp.MustCompile(`%[dqs]`)

// spoken is the text that an expression makes, x where only the program knows.
func spoken(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		if err != nil {
			return ""
		}
		return verb.ReplaceAllStringFunc(s, func(v string) string { return map[string]string{"%d": "7", "%q": `"x"`, "%s": "x"}[v] })
	case *ast.BinaryExpr:
		return spoken(e.X) + spoken(e.Y)
	case *ast.CallExpr:
		if called(e) == "Sprintf" {
			return spoken(e.Args[0])
		}
		return "x"
	case *ast.Ident:
		if e.Name == "saveAsXLSX" {
			return "open it in Excel or WPS, save it as “Excel Workbook (.xlsx)” and upload that"
		}
	}
	return "x"
}

// notices are part of a longer sentence, or are said in both languages where they are made.
var notices = map[string]bool{"a cell": true, "a cell of row 7": true, "cell x": true, "the workbook contains macros; only its cells were read": true,
	"the workbook refers to other files; the values it holds of them were read as they are": true, "the file is named x but is a x file; it was read as what it is": true,
	"the file does not say how its text is encoded; it was read as x": true, "if names look wrong, save it as CSV UTF-8 or as .xlsx, or choose its encoding by hand": true}

func TestWhateverIsSaidOfAnUploadedFileIsSaidInChineseToo(t *testing.T) {
	var c catalogue
	for _, pattern := range []string{"../spreadsheet/*.go", "../hub/importing*.go"} {
		list := sentences(t, pattern)
		require.Greater(t, len(list), 20)
		for _, s := range list {
			if notices[s] {
				continue
			}
			if c.reason("zh", s) == s {
				t.Errorf("%q", s)
			}
		}
	}
}

func TestTheNumbersOfAnImportAddUpToItsRows(t *testing.T) {
	now := time.Now()
	p := importPage{Import: lead.Import{State: lead.ImportDone, Started: &now,
		Progress: lead.ImportProgress{Read: 27, New: 1, Joined: 2, Same: 3, Rejected: 4, Skipped: 5, Quarantined: 6, Pending: 6}}}
	sum := int64(0)
	for _, one := range p.Tallies() {
		sum += one.Count
	}
	require.Equal(t, p.Progress.Read, sum)
}
