package leadhub_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s#]*)(#[^)\s]*)?\)`)
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
	// file is a block of code that a document gives under a path: `path`, an empty line, the block.
	file = regexp.MustCompile("(?m)^`([a-z_./]+)`\n\n```[a-z]*\n((?s:.*?))^```$")
)

func TestEveryLinkOfADocumentLeadsSomewhere(t *testing.T) {
	documents := tree(t, ".md")
	require.Greater(t, len(documents), 8)
	links := 0
	for _, from := range documents {
		for _, m := range link.FindAllStringSubmatch(fenced.ReplaceAllString(read(t, from), ""), -1) {
			target, anchor := m[1], strings.TrimPrefix(m[2], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			links++
			to := from
			if target != "" {
				to = filepath.Join(filepath.Dir(from), target)
			}
			_, err := os.Stat(to)
			require.NoError(t, err, "%s links to %s", from, target)
			if anchor != "" {
				require.Contains(t, anchors(read(t, to)), anchor, "%s links to %s#%s", from, target, anchor)
			}
		}
	}
	require.Greater(t, links, 20, "the links were not found")
}

// anchors are the names that GitHub gives to headings.
func anchors(document string) []string {
	var out []string
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(document, ""), -1) {
		name := strings.Map(func(r rune) rune {
			if strings.ContainsRune("`*,.:;!?()/{}'\"<>→+&，。：；！？（）、·", r) {
				return -1
			}
			return r
		}, strings.ToLower(m[1]))
		out = append(out, strings.ReplaceAll(name, " ", "-"))
	}
	return out
}

// The connector of the tutorial is laid over the tree, compiled, and held to the suite on the cases of the tutorial.
func TestTheConnectorOfTheTutorialKeepsTheContract(t *testing.T) {
	files := filesOf(read(t, "docs/adding-a-connector.md"))
	require.Len(t, files, 8)
	tree(t, ".go") // what it is compiled against
	root, err := os.Getwd()
	require.NoError(t, err)
	dir := t.TempDir()
	overlay := map[string]string{}
	for name, content := range files {
		at := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(at), 0o755))
		require.NoError(t, os.WriteFile(at, []byte(content), 0o600))
		if strings.HasSuffix(name, ".go") {
			require.Less(t, strings.Count(content, "\n"), 150, "%s: a plain channel is small", name)
			overlay[filepath.Join(root, name)] = at
		}
	}
	b, err := json.Marshal(map[string]any{"Replace": overlay})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), b, 0o600))
	test := filepath.Join(dir, "guestbook.test")
	run(t, root, "", "go", "test", "-c", "-vet=off", "-overlay", filepath.Join(dir, "overlay.json"), "-o", test, "./connectors/guestbook")
	said := run(t, filepath.Join(dir, "connectors/guestbook"), "", test, "-test.v")
	require.Contains(t, said, "--- PASS: TestGuestbookKeepsTheContractOfConnectors/case_signed_entry")
}

func TestTheOperatorsPageSaysWhatTheProgramDoes(t *testing.T) {
	tree(t, ".go")
	page := read(t, "docs/operations.md")
	leadhub := filepath.Join(t.TempDir(), "leadhub")
	run(t, ".", "", "go", "build", "-o", leadhub, "./cmd/leadhub")

	t.Run("every flag of serve has its row with its variable", func(t *testing.T) {
		// kong breaks lines anywhere, so the help is read flag by flag.
		var flags []string
		for _, f := range strings.Split(strings.Join(strings.Fields(run(t, ".", "", leadhub, "serve", "--help")), " "), " --")[1:] {
			if m := regexp.MustCompile(`^([a-z-]+).*\(\$(LEADHUB_[A-Z_]+)\)`).FindStringSubmatch(f); m != nil {
				flags = append(flags, m[1]+" "+m[2])
			}
		}
		require.Greater(t, len(flags), 12)
		var rows []string
		for _, m := range regexp.MustCompile("(?m)^\\| `--([a-z-]+)` \\| `(LEADHUB_[A-Z_]+)` \\|").FindAllStringSubmatch(page, -1) {
			rows = append(rows, m[1]+" "+m[2])
		}
		require.ElementsMatch(t, flags, rows)
	})
	t.Run("the example of a configuration is one", func(t *testing.T) {
		files := filesOf(page)
		require.Contains(t, files, "leadhub.yaml")
		require.Contains(t, run(t, ".", files["leadhub.yaml"], leadhub, "check", "-f", "-"), "is fine")
		assignment := filesOf(read(t, "docs/assignment.md"))
		require.Contains(t, run(t, ".", assignment["assignment.yaml"], leadhub, "check", "-f", "-"), "3 expectations are kept")
	})
}

// Every metric that the hub registers is explained, and none that it does not.
func TestTheOperatorsPageNamesEveryMetric(t *testing.T) {
	registered := regexp.MustCompile(`"((?:[a-z]+_)+(?:total|bytes|records|seconds))"`).FindAllStringSubmatch(read(t, "hub/metrics.go"), -1)
	explained := regexp.MustCompile("`leadhub_([a-z_]+)`").FindAllStringSubmatch(read(t, "docs/operations.md"), -1)
	names := func(found [][]string) []string {
		set := map[string]bool{}
		for _, m := range found {
			set[m[1]] = true
		}
		return slices.Sorted(maps.Keys(set))
	}
	require.NotEmpty(t, registered)
	require.Equal(t, names(registered), names(explained))
}

func TestTheComposeFileIsWhole(t *testing.T) {
	var compose struct {
		Services map[string]struct {
			Image, Build string
			Environment  map[string]string
			Ports        []string
			Volumes      []string
			Healthcheck  map[string]any
			DependsOn    map[string]any `yaml:"depends_on"`
		}
		Volumes map[string]any
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "docker-compose.yml")), &compose))
	require.ElementsMatch(t, []string{"kafka", "postgres", "leadhub"}, slices.Collect(maps.Keys(compose.Services)))
	for name, s := range compose.Services {
		require.NotEmpty(t, s.Image, name)
		require.NotEmpty(t, s.Healthcheck, "%s has no health check", name)
		for _, p := range s.Ports {
			require.True(t, strings.HasPrefix(p, "127.0.0.1:"), "%s is open to the network: %s", name, p)
		}
		for _, v := range s.Volumes {
			require.Contains(t, compose.Volumes, strings.SplitN(v, ":", 2)[0])
		}
		for other := range s.DependsOn {
			require.Contains(t, compose.Services, other)
		}
	}
	// Without its key and token compose must not start a hub that makes its own in a volume.
	for _, secret := range []string{"LEADHUB_SECRET_KEY", "LEADHUB_ADMIN_TOKEN"} {
		require.Regexp(t, `^\$\{`+secret+`:\?.+\}$`, compose.Services["leadhub"].Environment[secret])
	}
}

// tree lists the files of the tree with this suffix. It opens every folder, so the cache of `go test` notices what the commands
// run here read.
func tree(t *testing.T, suffix string) []string {
	t.Helper()
	var out []string
	require.NoError(t, filepath.WalkDir(".", func(name string, e fs.DirEntry, err error) error {
		switch base := e.Name(); {
		case err != nil:
			return err
		case e.IsDir() && (base == "leadhub-data" || base == "bin" || strings.HasPrefix(base, ".") && base != "." && base != ".ci"):
			return filepath.SkipDir
		case strings.HasSuffix(base, suffix):
			out = append(out, filepath.ToSlash(name))
		}
		return nil
	}))
	return out
}

func filesOf(document string) map[string]string {
	out := map[string]string{}
	for _, m := range file.FindAllStringSubmatch(document, -1) {
		out[m[1]] = m[2]
	}
	return out
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(b)
}

func run(t *testing.T, dir, stdin, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}
