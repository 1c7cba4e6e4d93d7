package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

const workOrManage = lead.ScopeLeadsWork + " " + lead.ScopeLeadsManage

// operations is everything the API can do, with a request that succeeds.
var operations = []struct {
	request, body, scope string
	status               int
}{
	{"GET /v1/submissions/s", "", lead.ScopeSubmissions, 200},
	{"GET /v1/leads", "", lead.ScopeLeadsRead, 200},
	{"GET /v1/leads/l", "", lead.ScopeLeadsRead, 200},
	{"GET /v1/leads/known?phone=13912345678", "", lead.ScopeLeadsWork, 200},
	{"POST /v1/leads/l/assign", `{"rep":"k"}`, lead.ScopeLeadsManage, 200},
	{"POST /v1/leads/l/claim", "", lead.ScopeLeadsWork, 200},
	{"POST /v1/leads/l/release", `{"pool":"k","reason":"x"}`, workOrManage, 200},
	{"POST /v1/leads/l/accept", "", workOrManage, 200},
	{"POST /v1/leads/l/follow-ups", `{"way":"call"}`, workOrManage, 200},
	{"POST /v1/leads/l/reopen", "", workOrManage, 200},
	{"POST /v1/leads/l/feedback", `{"status":"working"}`, lead.ScopeLeadsManage, 200},
	{"GET /v1/pools/k/leads", "", lead.ScopeLeadsRead, 200},
	{"GET /v1/pools/states", "", lead.ScopeLeadsRead, 200},
	{"GET /v1/reps/states", "", lead.ScopeLeadsRead, 200},
	{"GET /v1/reps/k/state", "", lead.ScopeLeadsRead, 200},
	{"POST /v1/reps/k/duty", `{"off_duty":true}`, workOrManage, 200},
	{"POST /v1/reps/k/handover", `{"rules":true}`, lead.ScopeLeadsManage, 200},
	{"GET /v1/performance", "", lead.ScopeLeadsRead, 200},
	{"POST /v1/leads/l/merge", `{"with":"XL-2"}`, lead.ScopeLeadsWrite, 200},
	{"POST /v1/leads/l/split", `{"touches":["sub_1"]}`, lead.ScopeLeadsWrite, 200},
	{"PUT /v1/leads/l/pins/name", `{"value":"x"}`, lead.ScopeLeadsWrite, 200},
	{"DELETE /v1/leads/l/pins/name", "", lead.ScopeLeadsWrite, 200},
	{"GET /v1/leads/l/why", "", lead.ScopeLeadsRead, 200},
	{"GET /v1/duplicates", "", lead.ScopeLeadsRead, 200},
	{"POST /v1/duplicates/x/y", `{"decision":"dismiss"}`, lead.ScopeLeadsWrite, 200},
	{"POST /v1/recompute", `{"dry_run":true}`, lead.ScopeAdmin, 202},
	{"GET /v1/recompute", "", lead.ScopeAdmin, 200},
	{"DELETE /v1/recompute", "", lead.ScopeAdmin, 204},
	{"GET /v1/rejections", "", lead.ScopeRejections, 200},
	{"GET /v1/rejections/r", "", lead.ScopeRejections, 200},
	{"POST /v1/rejections/r/replay", "", lead.ScopeRejections, 200},
	{"POST /v1/rejections/replay", `{"code":"x"}`, lead.ScopeRejections, 200},
	{"GET /v1/sources", "", lead.ScopeConfigRead, 200},
	{"POST /v1/sources", `{"key":"n","channel":"webform"}`, lead.ScopeConfigWrite, 201},
	{"GET /v1/sources/k", "", lead.ScopeConfigRead, 200},
	{"PUT /v1/sources/k", `{}`, lead.ScopeConfigWrite, 200},
	{"DELETE /v1/sources/k", "", lead.ScopeConfigWrite, 204},
	{"GET /v1/fetching", "", lead.ScopeConfigRead, 200},
	{"GET /v1/sources/k/fetching", "", lead.ScopeConfigRead, 200},
	{"GET /v1/teams", "", lead.ScopeConfigRead, 200},
	{"POST /v1/teams", `{"key":"n"}`, lead.ScopeConfigWrite, 201},
	{"GET /v1/teams/k", "", lead.ScopeConfigRead, 200},
	{"PUT /v1/teams/k", `{}`, lead.ScopeConfigWrite, 200},
	{"DELETE /v1/teams/k", "", lead.ScopeConfigWrite, 204},
	{"GET /v1/reps", "", lead.ScopeConfigRead, 200},
	{"POST /v1/reps", `{"key":"n"}`, lead.ScopeConfigWrite, 201},
	{"GET /v1/reps/k", "", lead.ScopeConfigRead, 200},
	{"PUT /v1/reps/k", `{}`, lead.ScopeConfigWrite, 200},
	{"DELETE /v1/reps/k", "", lead.ScopeConfigWrite, 204},
	{"GET /v1/rules", "", lead.ScopeConfigRead, 200},
	{"POST /v1/rules", `{"key":"n"}`, lead.ScopeConfigWrite, 201},
	{"GET /v1/rules/k", "", lead.ScopeConfigRead, 200},
	{"PUT /v1/rules/k", `{}`, lead.ScopeConfigWrite, 200},
	{"DELETE /v1/rules/k", "", lead.ScopeConfigWrite, 204},
	{"GET /v1/pools", "", lead.ScopeConfigRead, 200},
	{"POST /v1/pools", `{"key":"n"}`, lead.ScopeConfigWrite, 201},
	{"GET /v1/pools/k", "", lead.ScopeConfigRead, 200},
	{"PUT /v1/pools/k", `{}`, lead.ScopeConfigWrite, 200},
	{"DELETE /v1/pools/k", "", lead.ScopeConfigWrite, 204},
	{"GET /v1/scoring", "", lead.ScopeConfigRead, 200},
	{"PUT /v1/scoring", `{}`, lead.ScopeConfigWrite, 200},
	{"GET /v1/notifications/targets", "", lead.ScopeConfigRead, 200},
	{"POST /v1/notifications/targets", `{"key":"n","kind":"wecom"}`, lead.ScopeConfigWrite, 201},
	{"GET /v1/notifications/targets/k", "", lead.ScopeConfigRead, 200},
	{"PUT /v1/notifications/targets/k", `{}`, lead.ScopeConfigWrite, 200},
	{"DELETE /v1/notifications/targets/k", "", lead.ScopeConfigWrite, 204},
	{"GET /v1/notifications/targets/k/state", "", lead.ScopeConfigRead, 200},
	{"POST /v1/notifications/targets/k/test", "", lead.ScopeConfigWrite, 200},
	{"GET /v1/notifications", "", lead.ScopeLeadsRead, 200},
	{"POST /v1/notifications/r/replay", "", lead.ScopeLeadsWrite, 200},
	{"GET /v1/settings", "", lead.ScopeConfigRead, 200},
	{"PUT /v1/settings", `{}`, lead.ScopeConfigWrite, 200},
	{"GET /v1/config", "", lead.ScopeConfigRead, 200},
	{"PUT /v1/config", `{}`, lead.ScopeConfigWrite, 200},
	{"GET /v1/channels", "", lead.ScopeConfigRead, 200},
	{"GET /v1/tokens", "", lead.ScopeAdmin, 200},
	{"POST /v1/tokens", `{"name":"crm","scopes":["leads:read"]}`, lead.ScopeAdmin, 201},
	{"DELETE /v1/tokens/t", "", lead.ScopeAdmin, 204},
	{"GET /v1/overview", "", lead.ScopeLeadsRead, 200},
	{"POST /v1/explain", `{"source":"k","body":"{}"}`, lead.ScopeLeadsRead, 200},
	{"POST /v1/replay", `{}`, lead.ScopeAdmin, 200},
	{"POST /v1/imports", uploadForm, lead.ScopeImportsWrite, 201},
	{"GET /v1/imports", "", lead.ScopeImportsRead, 200},
	{"GET /v1/imports/i", "", lead.ScopeImportsRead, 200},
	{"PATCH /v1/imports/i", `{"layout":{"sheets":[{"index":0,"header_row":1}]}}`, lead.ScopeImportsWrite, 200},
	{"POST /v1/imports/i/check", "", lead.ScopeImportsWrite, 202},
	{"POST /v1/imports/i/start", "", lead.ScopeImportsWrite, 202},
	{"POST /v1/imports/i/cancel", "", lead.ScopeImportsWrite, 202},
	{"DELETE /v1/imports/i", "", lead.ScopeImportsWrite, 202},
	{"GET /v1/imports/i/events", "", lead.ScopeImportsRead, 200},
	{"GET /v1/imports/i/result", "", lead.ScopeImportsRead, 200},
	{"GET /v1/imports/template?source=k", "", lead.ScopeImportsRead, 200},
	{"GET /v1/audit", "", lead.ScopeAdmin, 200},
}

func TestAnOperationIsOpenToItsScopeAndTheAdminAlone(t *testing.T) {
	for _, op := range operations {
		method, path, _ := strings.Cut(op.request, " ")
		t.Run(op.request, func(t *testing.T) {
			for _, scope := range lead.Scopes {
				a := newFakes().as(t, scope, method, path, op.body)
				if slices.Contains(strings.Fields(op.scope), scope) || scope == lead.ScopeAdmin {
					require.Equal(t, op.status, a.Code, "%s: %s", scope, a.Body)
					continue
				}
				require.Equal(t, http.StatusForbidden, a.Code, scope)
				require.Equal(t, "missing_scope", a.json()["code"])
			}
		})
	}
}

func TestWithoutAKnownTokenNothingIsReadOrDone(t *testing.T) {
	for _, op := range operations {
		method, path, _ := strings.Cut(op.request, " ")
		for _, token := range []string{"", "unknown"} {
			f := newFakes()
			f.edit = func(*lead.Config) error { t.Fatal("nothing may be done"); return nil }
			a := f.as(t, token, method, path, "{not json")
			require.Equal(t, http.StatusUnauthorized, a.Code, op.request)
			require.Contains(t, a.Header().Get("WWW-Authenticate"), "Bearer")
			require.Equal(t, "application/problem+json", a.Header().Get("Content-Type"))
			require.Equal(t, "no-store", a.Header().Get("Cache-Control"))
		}
	}
}

func TestTheTableOfScopesNamesEveryOperation(t *testing.T) {
	var want, got []string
	for _, op := range operations {
		method, path, _ := strings.Cut(op.request, " ")
		path, _, _ = strings.Cut(path, "?")
		for in, template := range map[string]string{"/s": "/{id}", "/l": "/{id}", "/i": "/{id}", "/r": "/{id}", "/t": "/{id}", "/k": "/{key}", "/pins/name": "/pins/{field}", "/x/y": "/{a}/{b}"} {
			if rest, found := strings.CutSuffix(path, in); found {
				path = rest + template
			}
			for _, below := range []string{"/replay", "/merge", "/split", "/pins", "/why", "/check", "/start", "/cancel", "/events", "/result", "/fetching", "/state", "/test", "/assign", "/claim", "/release", "/accept", "/follow-ups", "/reopen", "/feedback", "/leads", "/duty", "/handover"} {
				path = strings.Replace(path, in+below, template+below, 1)
			}
		}
		want = append(want, method+" "+path+" "+op.scope)
	}
	doc := newFakes().admin(t, "GET", "/v1/openapi.json", "").json()
	for path, methods := range doc["paths"].(map[string]any) {
		for method, op := range methods.(map[string]any) {
			var scopes []string
			for _, one := range op.(map[string]any)["security"].([]any) {
				scopes = append(scopes, one.(map[string]any)["bearer"].([]any)[0].(string))
			}
			got = append(got, strings.ToUpper(method)+" "+path+" "+strings.Join(scopes, " "))
		}
	}
	require.ElementsMatch(t, want, got)
}

func TestTroubleWithTheTokensIsNotAWrongToken(t *testing.T) {
	f := newFakes()
	f.authenticate = func(string) (lead.Token, error) {
		return lead.Token{}, lead.Transient("database_away", "the database is away", 0, nil)
	}
	a := f.as(t, "x", "GET", "/v1/leads", "")
	require.Equal(t, http.StatusServiceUnavailable, a.Code)
	require.NotEmpty(t, a.Header().Get("Retry-After"))
	require.Empty(t, a.Header().Get("WWW-Authenticate"))
}
