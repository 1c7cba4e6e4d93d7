package api

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// The fakes are structs of function fields; a test replaces the one it is about.
type fakes struct {
	log             bytes.Buffer
	actor           string
	config          lead.Config
	doubts          []lead.Doubt
	authenticate    func(string) (lead.Token, error)
	leads           func(lead.LeadQuery) (lead.LeadPage, error)
	lead            func(string) (lead.LeadDetail, error)
	submission      func(string) (lead.SubmissionStatus, error)
	rejections      func(lead.RejectionQuery) (lead.RejectionPage, error)
	rejection       func(string) (lead.Rejection, error)
	replay          func(id string, edited *lead.Draft) error
	edit            func(*lead.Config) error // runs after what the API does: the hub's own checks
	tokens          func() ([]lead.Token, error)
	createToken     func(lead.Token) (string, lead.Token, error)
	deleteToken     func(string) error
	overview        func() (lead.Overview, error)
	audit           func() (lead.Audit, error)
	explain         func(source, contentType string, body []byte) (lead.Explanation, error)
	replayRaw       func(source string, since time.Time) (int, error)
	changes         func(what string, o lead.Order) ([]lead.Change, error) // what: "merge l XL-2", "split l s1 s2", …
	why             func(id, with string) (lead.Why, error)
	duplicates      func(lead.DuplicateQuery) (lead.DuplicatePage, error)
	decideDuplicate func(a, b, decision string, o lead.Order) (lead.Duplicate, error)
	recompute       func(rules lead.CandidateRules, dryRun bool) (lead.Recompute, error)
	recomputed      func() (lead.Recompute, error)
	cancel          func() error
	files           *fakeImports
	told            *fakeNotifications
	fetching        func() ([]lead.Fetching, error)
	work            *fakeWork
	channels        []Channel
	once            sync.Once
	handler         http.Handler
}

func (f *fakes) Authenticate(_ context.Context, bearer string) (lead.Token, error) {
	return f.authenticate(bearer)
}
func (f *fakes) Leads(_ context.Context, q lead.LeadQuery) (lead.LeadPage, error) { return f.leads(q) }
func (f *fakes) Lead(_ context.Context, id string) (lead.LeadDetail, error)       { return f.lead(id) }
func (f *fakes) Submission(_ context.Context, id string) (lead.SubmissionStatus, error) {
	return f.submission(id)
}
func (f *fakes) Rejections(_ context.Context, q lead.RejectionQuery) (lead.RejectionPage, error) {
	return f.rejections(q)
}
func (f *fakes) Rejection(_ context.Context, id string) (lead.Rejection, error) {
	return f.rejection(id)
}
func (f *fakes) Replay(_ context.Context, id string, edited *lead.Draft, actor string) error {
	f.actor = actor
	return f.replay(id, edited)
}
func (f *fakes) Config(context.Context) (lead.Config, error) { return f.config, nil }
func (f *fakes) Doubts(*lead.Config) []lead.Doubt            { return f.doubts }

func (f *fakes) EditConfig(_ context.Context, actor string, fn func(*lead.Config) error) (lead.Config, error) {
	var c lead.Config
	for range 2 { // a store may run fn again from the start
		c = f.config
		c.Sources, c.Teams, c.Reps, c.Notify = slices.Clone(c.Sources), slices.Clone(c.Teams), slices.Clone(c.Reps), slices.Clone(c.Notify)
		c.Rules, c.Pools = slices.Clone(c.Rules), slices.Clone(c.Pools)
		if err := fn(&c); err != nil {
			return lead.Config{}, err
		}
	}
	if err := f.edit(&c); err != nil {
		return lead.Config{}, err
	}
	c.Version++
	f.actor, f.config = actor, c
	return c, nil
}
func (f *fakes) Tokens(context.Context) ([]lead.Token, error) { return f.tokens() }
func (f *fakes) CreateToken(_ context.Context, t lead.Token) (string, lead.Token, error) {
	return f.createToken(t)
}
func (f *fakes) DeleteToken(_ context.Context, id string) error  { return f.deleteToken(id) }
func (f *fakes) Overview(context.Context) (lead.Overview, error) { return f.overview() }
func (f *fakes) Audit(context.Context) (lead.Audit, error)       { return f.audit() }
func (f *fakes) Explain(_ context.Context, source, contentType string, body []byte) (lead.Explanation, error) {
	return f.explain(source, contentType, body)
}
func (f *fakes) ReplayRaw(_ context.Context, source string, since time.Time) (int, error) {
	return f.replayRaw(source, since)
}

func (f *fakes) Merge(_ context.Context, id, with string, o lead.Order) ([]lead.Change, error) {
	return f.changes("merge "+id+" "+with, o)
}
func (f *fakes) Split(_ context.Context, id string, submissions []string, o lead.Order) ([]lead.Change, error) {
	return f.changes("split "+id+" "+strings.Join(submissions, " "), o)
}
func (f *fakes) Pin(_ context.Context, id, field, value string, o lead.Order) ([]lead.Change, error) {
	return f.changes("pin "+id+" "+field+" "+value, o)
}
func (f *fakes) Unpin(_ context.Context, id, field string, o lead.Order) ([]lead.Change, error) {
	return f.changes("unpin "+id+" "+field, o)
}
func (f *fakes) Why(_ context.Context, id, with string) (lead.Why, error) { return f.why(id, with) }
func (f *fakes) Recompute(_ context.Context, rules lead.CandidateRules, dryRun bool, actor string) (lead.Recompute, error) {
	f.actor = actor
	return f.recompute(rules, dryRun)
}
func (f *fakes) Recomputed(context.Context) (lead.Recompute, error) { return f.recomputed() }
func (f *fakes) CancelRecompute(context.Context) error              { return f.cancel() }

func (f *fakes) Fetching(context.Context) ([]lead.Fetching, error) { return f.fetching() }

func (f *fakes) Duplicates(_ context.Context, q lead.DuplicateQuery) (lead.DuplicatePage, error) {
	return f.duplicates(q)
}
func (f *fakes) DecideDuplicate(_ context.Context, a, b, decision string, o lead.Order) (lead.Duplicate, error) {
	return f.decideDuplicate(a, b, decision, o)
}

// newFakes answer everything with the emptiest right answer; a bearer token is the scope that it has.
func newFakes() *fakes {
	return &fakes{
		authenticate: func(bearer string) (lead.Token, error) {
			if !slices.Contains(lead.Scopes, bearer) {
				return lead.Token{}, lead.Unauthorized("bad_token", "this token is not known", "")
			}
			t := lead.Token{ID: "tok_" + bearer, Name: "somebody", Scopes: []string{bearer}}
			if bearer == lead.ScopeLeadsWork { // somebody who works on leads is a rep
				t.Rep = "k"
			}
			return t, nil
		},
		leads:       func(lead.LeadQuery) (lead.LeadPage, error) { return lead.LeadPage{Items: make([]lead.Lead, 1)}, nil },
		lead:        func(string) (lead.LeadDetail, error) { return lead.LeadDetail{TouchList: make([]lead.Touch, 1)}, nil },
		submission:  func(id string) (lead.SubmissionStatus, error) { return lead.SubmissionStatus{ID: id}, nil },
		rejections:  func(lead.RejectionQuery) (lead.RejectionPage, error) { return lead.RejectionPage{}, nil },
		rejection:   func(id string) (lead.Rejection, error) { return lead.Rejection{ID: id}, nil },
		replay:      func(string, *lead.Draft) error { return nil },
		edit:        func(*lead.Config) error { return nil },
		tokens:      func() ([]lead.Token, error) { return nil, nil },
		createToken: func(lead.Token) (string, lead.Token, error) { return "", lead.Token{}, nil },
		deleteToken: func(string) error { return nil },
		overview:    func() (lead.Overview, error) { return lead.Overview{}, nil },
		audit:       func() (lead.Audit, error) { return lead.Audit{}, nil },
		explain: func(string, string, []byte) (lead.Explanation, error) {
			return lead.Explanation{Drafts: make([]lead.Draft, 1), Submissions: make([]lead.ExplainedSubmission, 1)}, nil
		},
		replayRaw: func(string, time.Time) (int, error) { return 0, nil },
		changes:   func(string, lead.Order) ([]lead.Change, error) { return make([]lead.Change, 1), nil },
		why: func(string, string) (lead.Why, error) {
			return lead.Why{Touches: make([]lead.WhyTouch, 1), Values: make([]lead.WhyValue, 1)}, nil
		},
		duplicates: func(lead.DuplicateQuery) (lead.DuplicatePage, error) {
			return lead.DuplicatePage{Items: make([]lead.Duplicate, 1)}, nil
		},
		decideDuplicate: func(string, string, string, lead.Order) (lead.Duplicate, error) { return lead.Duplicate{}, nil },
		recompute: func(lead.CandidateRules, bool) (lead.Recompute, error) {
			return lead.Recompute{ID: "rec_1", State: lead.RecomputeRunning}, nil
		},
		recomputed: func() (lead.Recompute, error) {
			return lead.Recompute{State: lead.RecomputeIdle, Differences: make([]lead.RecomputeDifference, 1)}, nil
		},
		files: newFakeImports(),
		told:  &fakeNotifications{},
		work:  &fakeWork{},
		fetching: func() ([]lead.Fetching, error) {
			return []lead.Fetching{{Source: "k", Ways: []string{}, Tokens: []lead.TokenHealth{}}}, nil
		},
		cancel:   func() error { return nil },
		channels: []Channel{{Channel: "webform", Settings: []Setting{{Name: "secret", Secret: true}}}},
		config: lead.Config{Sources: []lead.Source{{Key: "k", Channel: "webform", Name: "one", Trust: 60}},
			Teams: []lead.Team{{Key: "k", Name: "South"}}, Reps: []lead.Rep{{Key: "k", Name: "Chen", Team: "k", Weight: 2, Active: true, Assigned: 9}},
			Rules: []lead.Rule{{Key: "k", Name: "all", Strategy: lead.StrategyLevel, Patience: lead.Duration(time.Hour)}},
			Pools: []lead.Pool{{Key: "k", Name: "sea", ClaimGap: lead.Duration(time.Minute), Masked: []string{"phones"},
				Recycle: []lead.Recycle{{Kind: lead.RecycleNotFollowed, After: lead.Duration(7 * 24 * time.Hour)}}}},
			Scoring: lead.Scoring{Rules: []lead.ScoreRule{{Key: "k", Name: "k", Points: 5, Enabled: true}}, Grades: map[string]int{"A": 5}},
			Expect:  []lead.Expectation{{Name: "one", Lead: map[string]string{"name": "李青"}, Owner: "k"}},
			Notify:  []lead.NotifyTarget{{Key: "k", Kind: lead.TargetWecom, URL: "••••••", Language: "zh", Enabled: true}}},
	}
}

func (f *fakes) api() http.Handler {
	f.once.Do(func() { f.handler = f.open() })
	return f.handler
}

func (f *fakes) open() http.Handler {
	return New(Ports{Authenticator: f, Leads: f, Submissions: f, Rejections: f, Configuration: f, Tokens: f, Figures: f, Operator: f, Merging: f, Imports: f.files, Duplicates: f,
		Notifications: f.told, Fetching: f, Moving: f.work, Following: f.work, Care: f.work, Known: f.work,
		Channels: func() []Channel { return f.channels }, Logger: slog.New(slog.NewTextHandler(&f.log, nil))})
}

// answer is what came back, with its body read.
type answer struct {
	*httptest.ResponseRecorder
	t *testing.T
}

func (a answer) json() map[string]any {
	a.t.Helper()
	var out map[string]any
	require.NoError(a.t, json.Unmarshal(a.Body.Bytes(), &out), a.Body.String())
	return out
}

// as sends a request with a token that has the scope; "" sends none.
func (f *fakes) as(t *testing.T, scope, method, path, body string) answer {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if strings.HasPrefix(body, "--b") {
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	}
	if scope != "" {
		r.Header.Set("Authorization", "Bearer "+scope)
	}
	w := httptest.NewRecorder()
	f.api().ServeHTTP(w, r)
	return answer{w, t}
}

func (f *fakes) admin(t *testing.T, method, path, body string) answer {
	t.Helper()
	return f.as(t, lead.ScopeAdmin, method, path, body)
}

var moment = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
