package webform

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

func TestJSONIsReadAsTheStandardLibraryReadsIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOf(rapid.StringMatching(`[a-z_"\\\n林晓😀]{1,12}`), rapid.OneOf(
			rapid.Map(rapid.String(), func(s string) any { return s }),
			rapid.Map(rapid.Int64(), func(n int64) any { return n }),
			rapid.Map(rapid.Bool(), func(b bool) any { return b }),
			rapid.Map(rapid.SliceOfN(rapid.String(), 2, 4), func(s []string) any { return s }),
			rapid.Just(any(nil)),
		)).Draw(t, "form")
		body, err := json.Marshal(want)
		require.NoError(t, err)
		if rapid.Bool().Draw(t, "indented") {
			body, err = json.MarshalIndent(want, "\t", " ")
			require.NoError(t, err)
		}
		records, err := decode("application/json", body)
		require.NoError(t, err)
		got := map[string][]string{}
		for _, p := range records[0].pairs {
			got[p.Name] = append(got[p.Name], p.Value)
		}
		flat := map[string][]string{}
		for name, value := range want {
			name = formName(name)
			switch v := value.(type) {
			case nil:
			case []string:
				flat[name] = append(flat[name], v...)
			case string:
				flat[name] = append(flat[name], v)
			default:
				b, err := json.Marshal(v)
				require.NoError(t, err)
				flat[name] = append(flat[name], string(b))
			}
		}
		require.Len(t, got, len(flat))
		for name := range flat {
			require.ElementsMatch(t, flat[name], got[name])
		}
	})
}

func TestOneTextComesOutOfEveryCharset(t *testing.T) {
	const chinese, western = "我想了解企业版的报价，谢谢", "Jürgen Müller möchte ein Café in Köln eröffnen"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(chinese)
	require.NoError(t, err)
	latin, err := charmap.Windows1252.NewEncoder().String(western)
	require.NoError(t, err)
	for name, c := range map[string]struct{ in, declared, want string }{
		"utf-8":                        {chinese, "", chinese},
		"utf-8 declared as gbk":        {"abc", "gbk", "abc"},
		"gb18030":                      {gb, "", chinese},
		"gb18030 declared":             {gb, "gb2312", chinese},
		"gb18030 declared as utf-8":    {gb, "utf-8", chinese},
		"gb18030 with an odd charset":  {gb, "no-such-charset", chinese},
		"windows-1252":                 {latin, "", western},
		"windows-1252 declared latin1": {latin, "iso-8859-1", western},
	} {
		require.Equal(t, c.want, string(toUTF8([]byte(c.in), c.declared)), name)
	}
}

func TestNamesInBracketsBecomePaths(t *testing.T) {
	for in, want := range map[string]string{"a": "a", "a[]": "a", "a[b]": "a.b", "a[b][c]": "a.b.c", "a[0]": "a", "a[0][b]": "a.0.b",
		"a[b][]": "a.b", "a[b": "a[b", "[a]": "[a]", " a ": "a", "[]": "[]", "a[][]": "a"} {
		require.Equal(t, want, formName(in), in)
	}
}

func TestWhatIsNoFormIsRejectedWithItsReason(t *testing.T) {
	many := "a=1" + strings.Repeat("&a=1", maxPairs)
	for name, c := range map[string]struct{ kind, body, code string }{
		"too many fields":         {"application/x-www-form-urlencoded", many, "too_many_fields"},
		"too many in JSON":        {"application/json", `{"a":[` + strings.Repeat("1,", maxPairs) + `1]}`, "too_many_fields"},
		"too many leads":          {"application/json", `[` + strings.Repeat(`{"a":1},`, maxPairs) + `{"a":1}]`, "too_many_leads"},
		"a name too long":         {"application/json", `{"` + strings.Repeat("n", maxName+1) + `":1}`, "field_too_long"},
		"a value too long":        {"application/json", `{"a":"` + strings.Repeat("n", maxValue+1) + `"}`, "field_too_long"},
		"nested too deep":         {"application/json", strings.Repeat(`{"a":[`, 40) + strings.Repeat(`]}`, 40), "nested_too_deep"},
		"two values":              {"application/json", `{"a":1}{"a":2}`, "bad_json"},
		"a list of anything":      {"application/json", `[1,{"a":2}]`, "not_a_form"},
		"an empty list":           {"application/json", `[]`, "not_a_form"},
		"plain words":             {"text/plain", `hello`, "unreadable"},
		"multipart, no boundary":  {"multipart/form-data", `--X`, "bad_multipart"},
		"nothing":                 {"", ``, "unreadable"},
		"bytes that are no text":  {"application/octet-stream", "\x00\x01\x02", "unreadable"},
		"JSON as text, broken":    {"text/plain", `{"a":}`, "bad_json"},
		"only a parameter broken": {"application/json; charset", `{"a"`, "bad_json"},
	} {
		_, err := decode(c.kind, []byte(c.body))
		require.Equal(t, c.code, lead.AsError(err).Code, name)
	}
}

func TestAFormOfNothingIsRejected(t *testing.T) {
	src, err := Connector{}.Open(connectors.Settings{})
	require.NoError(t, err)
	for _, body := range []string{`{}`, `{"name":" "}`, `{"password":"x"}`, `{"a":null}`, `[{},{}]`} {
		_, err := src.Parse(lead.Raw{ContentType: "application/json", Body: []byte(body)})
		require.Equal(t, "empty_body", lead.AsError(err).Code, body)
	}
	drafts, err := src.Parse(lead.Raw{ContentType: "application/json", Body: []byte(`[{},{"name":"林晓"}]`)})
	require.NoError(t, err)
	require.Len(t, drafts, 1, "an empty one among others does not hold them up")
}

func TestAnAnswerIsHTMLOnlyForWhoPrefersIt(t *testing.T) {
	for accept, want := range map[string]bool{
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": true, "text/html": true, "*/*": false, "": false,
		"application/json": false, "application/json, text/html;q=0.5": false, "text/html, application/json": true,
		"application/json;q=0.1, text/html;q=0.9": true, "text/html;q=0": false, "text/*": false,
	} {
		require.Equal(t, want, prefersHTML(map[string][]string{"Accept": {accept}}), accept)
	}
}

func TestOnlyListedHostsAreFollowed(t *testing.T) {
	s := &source{thankYouHosts: []string{"www.example.com", "*.example.org"}}
	for next, want := range map[string]bool{
		"https://www.example.com/a?b=c": true, "http://WWW.EXAMPLE.COM/": true, "https://shop.example.org": true,
		"https://a.b.example.org/": true, "https://example.org/": false, "https://evilexample.org/": false, "https://.example.org/": false,
		"//www.example.com/": false, "/thanks": false, "javascript:alert(1)": false, "https:www.example.com": false,
		"https://www.example.com@evil.example.net/": false, "https://evil.example.net/?https://www.example.com": false,
		"https://www.example.com:8443/": false, "https://evil.example.net#.example.org": false, "https:\\\\www.example.com": false,
		"https://evil.example.net\\.example.org/": false, "https://www.example.com/\r\nX: y": false, "https://evil.example.net%2f.example.org/": false,
	} {
		require.Equal(t, want, s.redirectTarget(next) != "", next)
	}
}
