package api

import (
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write openapi.json anew")

func TestTheDocumentIsTheOneInTheTree(t *testing.T) {
	a := newFakes().as(t, "", "GET", "/v1/openapi.json", "")
	require.Equal(t, 200, a.Code, "it needs no token")
	require.Equal(t, "application/openapi+json", a.Header().Get("Content-Type"))
	if *update {
		require.NoError(t, os.WriteFile("openapi.json", append(a.Body.Bytes(), '\n'), 0o644))
	}
	kept, err := os.ReadFile("openapi.json")
	require.NoError(t, err)
	require.Equal(t, string(kept), a.Body.String()+"\n", "the API has changed: look at the difference, then run go test ./api -update")
}

func TestTheYAMLSaysTheSame(t *testing.T) {
	f := newFakes()
	var fromYAML any
	require.NoError(t, yaml.Unmarshal(f.as(t, "", "GET", "/v1/openapi.yaml", "").Body.Bytes(), &fromYAML))
	b, err := json.Marshal(fromYAML)
	require.NoError(t, err)
	require.JSONEq(t, f.as(t, "", "GET", "/v1/openapi.json", "").Body.String(), string(b))
}

// TestTheDocumentIsValid checks what OpenAPI 3.1 asks for: its schemas are JSON Schema 2020-12, every reference leads
// somewhere, every operation has its own id, answers and path parameters.
func TestTheDocumentIsValid(t *testing.T) {
	doc := newFakes().as(t, "", "GET", "/v1/openapi.json", "").json()
	require.Regexp(t, `^3\.1\.\d+$`, doc["openapi"])
	require.NotEmpty(t, doc["info"].(map[string]any)["title"])
	ids := map[any]bool{}
	for path, methods := range doc["paths"].(map[string]any) {
		for method, v := range methods.(map[string]any) {
			op := v.(map[string]any)
			require.False(t, ids[op["operationId"]], op["operationId"])
			ids[op["operationId"]] = true
			require.NotEmpty(t, op["summary"], path)
			require.GreaterOrEqual(t, len(op["responses"].(map[string]any)), 2, "%s %s: an answer and a problem", method, path)
			params := map[string]bool{}
			for _, p := range list(asList(op["parameters"])) {
				if p := p.(map[string]any); p["in"] == "path" {
					require.Equal(t, true, p["required"])
					params["{"+p["name"].(string)+"}"] = true
				}
			}
			for _, name := range placeholders.FindAllString(path, -1) {
				require.True(t, params[name], "%s is not described", name)
				delete(params, name)
			}
			require.Empty(t, params, path)
		}
	}
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("openapi.json", doc))
	for name := range doc["components"].(map[string]any)["schemas"].(map[string]any) {
		_, err := c.Compile("openapi.json#/components/schemas/" + name)
		require.NoError(t, err, name)
	}
	requireReferences(t, doc, doc)
}

func asList(v any) []any { l, _ := v.([]any); return l }

var placeholders = regexp.MustCompile(`\{[a-z]+\}`)

func requireReferences(t *testing.T, doc map[string]any, node any) {
	t.Helper()
	switch node := node.(type) {
	case []any:
		for _, v := range node {
			requireReferences(t, doc, v)
		}
	case map[string]any:
		if ref, ok := node["$ref"].(string); ok {
			name, found := strings.CutPrefix(ref, "#/components/schemas/")
			require.True(t, found, ref)
			require.Contains(t, doc["components"].(map[string]any)["schemas"], name)
		}
		for _, v := range node {
			requireReferences(t, doc, v)
		}
	}
}

// TestAnswersAreAsTheDocumentSays checks every successful answer of the table against its schema.
func TestAnswersAreAsTheDocumentSays(t *testing.T) {
	doc := newFakes().as(t, "", "GET", "/v1/openapi.json", "").json()
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("openapi.json", doc))
	for path, schema := range map[string]string{"/v1/submissions/s": "SubmissionStatus", "/v1/leads": "LeadPage", "/v1/leads/l": "LeadDetail",
		"/v1/rejections": "RejectionPage", "/v1/rejections/r": "Rejection", "/v1/sources/k": "Source", "/v1/teams/k": "Team", "/v1/reps/k": "Rep",
		"/v1/settings": "Settings", "/v1/config": "Config", "/v1/overview": "Overview", "/v1/audit": "Audit", "/v1/leads/l/why": "Why", "/v1/recompute": "Recompute", "/v1/imports": "ImportPage", "/v1/imports/i": "Import", "/v1/duplicates": "DuplicatePage", "/v1/nothing": "Problem"} {
		compiled, err := c.Compile("openapi.json#/components/schemas/" + schema)
		require.NoError(t, err)
		require.NoError(t, compiled.Validate(newFakes().admin(t, "GET", path, "").json()), path)
	}
}
