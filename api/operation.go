package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/leadhub/leadhub/api/problem"
	"github.com/leadhub/leadhub/lead"
)

// bearer names the security scheme; an operation's requirement of it lists the one scope that it needs.
const bearer = "bearer"

func get(path, scope, summary string) huma.Operation {
	return operation(http.MethodGet, path, scope, summary)
}

func post(path, scope, summary string) huma.Operation {
	return operation(http.MethodPost, path, scope, summary)
}

func put(path, scope, summary string) huma.Operation {
	return operation(http.MethodPut, path, scope, summary)
}

func del(path, scope, summary string) huma.Operation {
	return operation(http.MethodDelete, path, scope, summary)
}

func operation(method, path, scope, summary string) huma.Operation {
	return huma.Operation{
		OperationID: operationID(method, path), Method: method, Path: path, Summary: summary,
		Tags:         []string{strings.Split(path, "/")[2]},
		Security:     []map[string][]string{{bearer: {scope}}},
		MaxBodyBytes: maxBody,
		// A misspelt filter that is passed over would answer with everything.
		RejectUnknownQueryParameters: true,
	}
}

// operationID makes "get-leads-id" of GET /v1/leads/{id}.
func operationID(method, path string) string {
	path = strings.NewReplacer("{", "", "}", "", "/", "-").Replace(strings.TrimPrefix(path, "/v1"))
	return strings.ToLower(method) + path
}

// working is open to reps who work on their leads, and to whoever manages everybody's.
func working(op huma.Operation) huma.Operation {
	op.Security = []map[string][]string{{bearer: {lead.ScopeLeadsWork}}, {bearer: {lead.ScopeLeadsManage}}}
	return forReps(op)
}

// forReps opens an operation to the tokens of reps; every other is closed to them. Its handler asks seenBy what may be shown.
func forReps(op huma.Operation) huma.Operation {
	op.Metadata = map[string]any{openToReps: true}
	return op
}

const openToReps = "open to reps"

func created(op huma.Operation) huma.Operation { op.DefaultStatus = http.StatusCreated; return op }
func empty(op huma.Operation) huma.Operation   { op.DefaultStatus = http.StatusNoContent; return op }

type callerKey struct{}

func caller(ctx context.Context) lead.Token {
	t, _ := ctx.Value(callerKey{}).(lead.Token)
	return t
}

// actor names who calls, for the history of what is done.
func actor(ctx context.Context) string { return "person:" + caller(ctx).Name }

// authenticate lets a request pass whose token has a scope of the operation; that of a rep also has to be of somebody who is a rep now.
func (s *server) authenticate(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	t, err := s.caller(r)
	if err != nil {
		if problem.Status(err) == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Bearer realm="leadhub"`)
		}
		problem.Write(w, r, err)
		return
	}
	if err := permits(ctx.Operation(), t); err != nil {
		problem.Write(w, r, err)
		return
	}
	ctx = huma.WithValue(ctx, callerKey{}, t)
	if t.Rep != "" {
		seen, err := s.viewOf(ctx.Context(), t.Rep)
		if err != nil {
			problem.Write(w, r, err)
			return
		}
		ctx = huma.WithValue(ctx, viewKey{}, seen)
	}
	next(ctx)
}

// permits tells why a token may not do an operation.
func permits(op *huma.Operation, t lead.Token) error {
	var scopes []string // any of them will do
	for _, requirement := range op.Security {
		scopes = append(scopes, requirement[bearer][0])
	}
	if !slices.ContainsFunc(scopes, func(scope string) bool { return allows(t, scope) }) {
		return &lead.Error{Kind: lead.KindForbidden, Code: "missing_scope",
			Message: "this token lacks the scope " + strings.Join(scopes, " or "),
			Hint:    "use a token that has it, or make one with POST /v1/tokens"}
	}
	if t.Rep != "" && op.Metadata[openToReps] == nil {
		return &lead.Error{Kind: lead.KindForbidden, Code: "not_for_reps", Message: "this is not for the token of a rep",
			Hint: "ask somebody above"}
	}
	return nil
}

func (s *server) caller(r *http.Request) (lead.Token, error) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	secret = strings.TrimSpace(secret)
	if !strings.EqualFold(scheme, bearer) || secret == "" {
		return lead.Token{}, lead.Unauthorized("no_token", "this request carries no bearer token",
			"send the header Authorization: Bearer <token>")
	}
	return s.Authenticator.Authenticate(r.Context(), secret)
}

func allows(t lead.Token, scope string) bool {
	return slices.Contains(t.Scopes, lead.ScopeAdmin) || slices.Contains(t.Scopes, scope)
}

// description is what the OpenAPI document says of the API as a whole, and how huma is to behave.
func description() huma.Config {
	c := huma.DefaultConfig("leadhub", "v1")
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", "" // the document is served by serveDescription; no pages from a CDN
	c.CreateHooks = nil                                   // no $schema member in every answer
	c.AllowAdditionalPropertiesByDefault = true           // answers may grow; what is sent to the hub is strict, type by type
	c.Transformers = []huma.Transformer{asProblem}
	c.Info.Description = "Leads, submissions, rejections and configuration of a lead hub. Lists are never null; times " +
		"are RFC 3339 in UTC; a page's `next` is the `cursor` of the page after it, empty on the last. Errors are " +
		"problem details with a stable `code`, a `hint` and the `fields` concerned."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{bearer: {Type: "http", Scheme: "bearer",
		Description: "A token of the hub. Scopes: " + strings.Join(lead.Scopes, ", ") + "; admin has them all. A token " +
			"may be a rep's: then it sees his own leads and, masked, those of the public pools he may claim from."}}
	c.Components.Schemas.Schema(reflect.TypeFor[problem.Problem](), true, "Problem")
	return c
}

// unfit is what encoding/json says of a value that a schema lets through and that its field does not take, like 1e30: the field and its type. It
// would show the value, and our types.
var unfit = regexp.MustCompile(`^json: cannot unmarshal .* into Go (?:struct field \w+\.(\S+)|value) of type (\S+)$`)

// asProblem turns the errors that huma itself finds (unknown field, wrong type, body too large) into problems. The
// values that were sent are left out: they may be personal.
func asProblem(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := &problem.Problem{Title: http.StatusText(m.Status), Status: m.Status, Detail: m.Detail}
	switch m.Status {
	case http.StatusUnprocessableEntity:
		p.Code, p.Hint = problem.CodeValidation, "mend the fields and send it again; /v1/openapi.json tells their form"
	case http.StatusRequestEntityTooLarge:
		p.Code, p.Hint = "too_large", "send less at once"
	case http.StatusUnsupportedMediaType:
		p.Code, p.Hint = "not_json", "send JSON with Content-Type: application/json"
	default:
		p.Code, p.Hint = "bad_request", "send JSON as /v1/openapi.json describes it"
	}
	var said []string
	for _, e := range m.Errors {
		if e == nil {
			continue
		}
		field, message := strings.TrimPrefix(strings.TrimPrefix(e.Location, "body."), "query."), e.Message
		if m := unfit.FindStringSubmatch(message); m != nil {
			if field, message = cmp.Or(m[1], field), "cannot be read"; strings.HasPrefix(m[2], "int") || strings.HasPrefix(m[2], "uint") {
				message = "expected integer, in digits"
			}
		}
		said = append(said, strings.TrimSpace(field+" "+message))
		if field != "" && !slices.Contains(p.Fields, field) {
			p.Fields = append(p.Fields, field)
		}
	}
	if len(said) > 0 {
		p.Detail = strings.Join(said, "; ")
	}
	return p, nil
}

// serveDescription serves the OpenAPI document. It is rendered once, when somebody asks first.
func serveDescription(router chi.Router, doc *huma.OpenAPI) {
	schemas := doc.Components.Schemas.Map()
	delete(schemas, "ErrorModel") // huma's own, which asProblem replaces
	delete(schemas, "ErrorDetail")
	for _, s := range schemas {
		neverNull(s)
	}
	for kind, render := range map[string]func() ([]byte, error){
		"json": func() ([]byte, error) { return json.MarshalIndent(doc, "", "  ") },
		"yaml": doc.YAML,
	} {
		rendered := sync.OnceValues(render)
		router.Get("/v1/openapi."+kind, func(w http.ResponseWriter, r *http.Request) {
			b, err := rendered()
			if err != nil {
				problem.Write(w, r, err)
				return
			}
			w.Header().Set("Content-Type", "application/openapi+"+kind)
			_, _ = w.Write(b)
		})
	}
}

// neverNull says of every list in a schema that it is never null, which huma assumes of Go's nil slices.
func neverNull(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.Type == huma.TypeArray {
		s.Nullable = false
		neverNull(s.Items)
	}
	for _, p := range s.Properties {
		neverNull(p)
	}
	if extra, ok := s.AdditionalProperties.(*huma.Schema); ok {
		neverNull(extra)
	}
}
