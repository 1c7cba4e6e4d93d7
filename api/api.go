// Package api is the JSON API of the hub under /v1: leads, submissions, rejections, what people set up, tokens and
// figures. It answers errors as problem details (package problem), checks a bearer token's scope before it reads
// anything else of a request, and describes itself as OpenAPI 3.1 at /v1/openapi.json and /v1/openapi.yaml.
package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/leadhub/leadhub/api/problem"
	"github.com/leadhub/leadhub/lead"
)

// Limits of a request body in bytes.
const (
	maxBody       = 1 << 20
	maxConfigBody = 8 << 20
)

// New makes the API. The handler serves the paths /v1/… in full, wherever it is mounted.
func New(p Ports) http.Handler {
	router := chi.NewRouter()
	router.NotFound(func(w http.ResponseWriter, r *http.Request) {
		problem.Write(w, r, lead.NotFound("no_such_path", "there is nothing at this path",
			"see /v1/openapi.json for what there is"))
	})
	router.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		p := &problem.Problem{Title: http.StatusText(http.StatusMethodNotAllowed), Status: http.StatusMethodNotAllowed,
			Code: "method_not_allowed", Detail: "this path does not know the method " + r.Method,
			Hint: "see /v1/openapi.json for what it knows"}
		problem.Send(w, r, p)
	})
	s := &server{Ports: p, api: humachi.New(router, description())}
	s.api.UseMiddleware(s.authenticate)
	s.register()
	serveDescription(router, s.api.OpenAPI())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if garbled(r.URL) {
			problem.Write(w, r, lead.Invalid("bad_text", "the URL holds bytes that are not text", "send UTF-8 without NUL, percent-encoded"))
			return
		}
		// A chi router above this one must not lend its routing state: paths here are full ones.
		router.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, nil)))
	})
}

// garbled finds what a database would refuse as text, late and as its own fault.
func garbled(u *url.URL) bool {
	query, err := url.QueryUnescape(u.RawQuery)
	text := u.Path + query
	return err != nil || !utf8.ValidString(text) || strings.ContainsRune(text, 0)
}

type server struct {
	Ports
	api     huma.API
	lookups lookups
}

// register is the table of everything the API can do.
func (s *server) register() {
	handle(s, get("/v1/submissions/{id}", lead.ScopeSubmissions, "Where a submission is now"), s.submission)

	handle(s, forReps(get("/v1/leads", lead.ScopeLeadsRead, "List leads, newest first; to a rep, his own, or those of a public pool")), s.leads)
	handle(s, forReps(get("/v1/leads/{id}", lead.ScopeLeadsRead, "One lead with its touches, provenance and history")), s.lead)
	registerWork(s)
	registerStaff(s)
	registerMerging(s)
	registerImports(s)
	registerDuplicates(s)
	registerNotifications(s)

	handle(s, get("/v1/rejections", lead.ScopeRejections, "List rejections, latest first"), s.rejections)
	handle(s, get("/v1/rejections/{id}", lead.ScopeRejections, "One rejection with what arrived"), s.rejection)
	handle(s, post("/v1/rejections/{id}/replay", lead.ScopeRejections, "Correct and replay a rejection"), s.replay)
	handle(s, post("/v1/rejections/replay", lead.ScopeRejections, "Replay many rejections"), s.replayMany)

	registerCollection(s, sources)
	registerFetching(s)
	registerCollection(s, teams)
	registerCollection(s, reps)
	registerCollection(s, rules)
	registerCollection(s, pools)
	handle(s, get("/v1/scoring", lead.ScopeConfigRead, "How leads are scored"), s.scoring)
	handle(s, put("/v1/scoring", lead.ScopeConfigWrite, "Replace how leads are scored; the leads of now follow after a recompute"), s.putScoring)
	handle(s, get("/v1/settings", lead.ScopeConfigRead, "The hub's settings"), s.settings)
	handle(s, put("/v1/settings", lead.ScopeConfigWrite, "Change the hub's settings"), s.putSettings)
	handle(s, get("/v1/config", lead.ScopeConfigRead, "The whole configuration"), s.config)
	apply := put("/v1/config", lead.ScopeConfigWrite, "Apply sources, teams, reps, rules, pools, scoring, settings and expectations at once")
	apply.MaxBodyBytes, apply.BodyReadTimeout = maxConfigBody, 30*time.Second
	handle(s, apply, s.applyConfig)
	handle(s, get("/v1/channels", lead.ScopeConfigRead, "The kinds of source there are"), s.channels)

	handle(s, get("/v1/tokens", lead.ScopeAdmin, "List tokens"), s.tokens)
	handle(s, created(post("/v1/tokens", lead.ScopeAdmin, "Make a token; its secret is shown once")), s.createToken)
	handle(s, empty(del("/v1/tokens/{id}", lead.ScopeAdmin, "Take a token back")), s.deleteToken)

	handle(s, get("/v1/overview", lead.ScopeLeadsRead, "The flow with a count at every stage"), s.overview)
	handle(s, post("/v1/explain", lead.ScopeLeadsRead, "What would become of a payload, without writing it"), s.explain)
	handle(s, post("/v1/replay", lead.ScopeAdmin, "Send again what was received"), s.replayRaw)
	handle(s, get("/v1/audit", lead.ScopeAdmin, "Compare what was accepted with what became of it"), s.audit)
}

// handle registers an operation whose errors become problems.
func handle[I, O any](s *server, op huma.Operation, h func(context.Context, *I) (*O, error)) {
	op.Responses = map[string]*huma.Response{"default": {
		Description: "A problem (RFC 9457)",
		Content: map[string]*huma.MediaType{problem.ContentType: {
			Schema: &huma.Schema{Ref: "#/components/schemas/Problem"},
		}},
	}}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, in)
		if err == nil {
			return out, nil
		}
		var p *problem.Problem // a handler may have chosen the status
		if !errors.As(err, &p) {
			p = problem.Of(err)
		}
		if p.Status == http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
			s.Logger.Error("an API request failed", slog.String("operation", op.OperationID), slog.Any("error", err))
		}
		return nil, p
	})
}
