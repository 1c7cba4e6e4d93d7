package console

import (
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBothLanguagesHaveTheSameTexts(t *testing.T) {
	cs := loadCatalogues()
	verb := regexp.MustCompile(`%[a-z]`)
	require.Equal(t, slices.Sorted(maps.Keys(cs["en"])), slices.Sorted(maps.Keys(cs["zh"])))
	for key, en := range cs["en"] {
		require.NotEmpty(t, en, key)
		require.NotEmpty(t, cs["zh"][key], key)
		require.Equal(t, verb.FindAllString(en, -1), verb.FindAllString(cs["zh"][key], -1), "%s takes other arguments", key)
	}
}

// groups are the first parts of keys whose second part comes from outside.
var groups = []string{"status", "verdict", "event", "identity", "field", "stage", "signal", "code", "done", "flow", "part", "rejection", "actor",
	"importstate", "importing", "tally", "station", "preview", "fieldgroup", "how", "trust", "dateorder", "way",
	"aim", "strategy", "target", "worth", "terms", "recycle", "repcode", "span", "moved", "rule", "followway", "range", "speed", "speedkey", "delivery", "notifykind",
	"targetkind", "served", "hint", "sentence", "tip"}

func TestEveryTextThatAPageUsesExistsAndNoneIsLeftOver(t *testing.T) {
	used := map[string]bool{}
	collect := func(files fs.FS, pattern string, expression string) {
		names, err := fs.Glob(files, pattern)
		require.NoError(t, err)
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			b, err := fs.ReadFile(files, name)
			require.NoError(t, err)
			for _, m := range regexp.MustCompile(expression).FindAllStringSubmatch(string(b), -1) {
				used[m[1]] = true
			}
		}
	}
	collect(pageFiles, "pages/*.html", `\bt "([^"]+)"`)
	collect(os.DirFS("."), "*.go", `text\("([^"]+)"`)
	collect(os.DirFS("."), "*.go", `"(login\.[a-z_]+)"`)
	require.Greater(t, len(used), 100)
	en := loadCatalogues()["en"]
	for key := range used {
		require.Contains(t, en, key)
	}
	for key := range en {
		group, _, _ := strings.Cut(key, ".")
		require.True(t, used[key] || slices.Contains(groups, group), "no page uses %s", key)
	}
	done := regexp.MustCompile(`(?:done :?= |done\(.*|editSettings\(|editRep\(|moved\()"([a-z_]+)"`)
	names, err := fs.Glob(os.DirFS("."), "*_*.go")
	require.NoError(t, err)
	for _, name := range names {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, m := range done.FindAllStringSubmatch(string(b), -1) {
			require.Contains(t, en, "done."+m[1])
		}
	}
}

func TestTheLanguageGoesByTheChoiceThenTheBrowser(t *testing.T) {
	title := func(b *browser, path string) string {
		doc, _ := b.get(path)
		return doc.Find("h1").Text()
	}
	for header, want := range map[string]string{"": "Sign in", "zh-CN,zh;q=0.9,en;q=0.8": "登录", "zh-TW": "登录", "en-GB": "Sign in", "fr": "Sign in", "\x00": "Sign in"} {
		b := cannedFakes().open(t)
		b.header.Set("Accept-Language", header)
		require.Equal(t, want, title(b, "/login"), header)
	}
	b := cannedFakes().open(t)
	b.header.Set("Accept-Language", "en")
	require.Equal(t, "登录", title(b, "/login?lang=zh"))
	require.Equal(t, "登录", title(b, "/login"), "the choice is remembered")
	require.Equal(t, "登录", title(b, "/login?lang=xx"), "one that is not spoken changes nothing")
	require.Equal(t, "Sign in", title(b, "/login?lang=en"))
}

func TestEveryPageHasALinkToItselfInTheOtherLanguage(t *testing.T) {
	b := cannedFakes().signedIn(t)
	doc, _ := b.get("/leads?q=x&lang=zh&done=rep_saved")
	link := doc.Find(".who a").AttrOr("href", "")
	require.Equal(t, "/leads?lang=en&q=x", link)
}
