package main

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/leadhub/leadhub/api"
	"github.com/leadhub/leadhub/api/problem"
	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/all"
	"github.com/leadhub/leadhub/console"
	"github.com/leadhub/leadhub/hub"
	"github.com/leadhub/leadhub/lead"
)

// routes is everything this process answers, by its roles.
func routes(h *hub.Hub, sessionKey []byte, registry *prometheus.Registry, log *slog.Logger) http.Handler {
	r := chi.NewRouter()
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	r.Get("/readyz", h.Ready)
	r.Method(http.MethodGet, "/metrics", guarded(h.Tokens(), promhttp.HandlerFor(registry, promhttp.HandlerOpts{})))
	if in := h.Intake(); in != nil {
		in.Routes(r)
	}
	if !h.Plays(hub.RoleConsole) {
		return r
	}
	tokens, work := h.Tokens(), h.Working()
	r.Mount("/v1", api.New(api.Ports{Authenticator: tokens, Leads: h.Reader(), Submissions: h, Rejections: h.Rejections(),
		Configuration: h.Configuration(), Tokens: tokens, Figures: h, Operator: h, Merging: h, Duplicates: h, Fetching: h, Imports: h.Importing(), Notifications: h.Notifications(),
		Moving: work, Following: work, Care: h.Reader(), Known: h, Channels: apiChannels, Logger: log}))
	r.Mount("/", console.New(console.Config{Authenticator: tokens, Access: tokens, Leads: h.Reader(), Merging: h, Duplicates: h, Fetching: h, Rejections: h.Rejections(),
		Moving: h.Working(), Following: h.Working(), Care: h.Reader(), Trying: h, Notifications: h.Notifications(),
		Configuration: h.Configuration(), Figures: h, Imports: h.Importing(), ImportOrders: h.Importing(), ImportFiles: h.Importing(), Channels: consoleChannels,
		Snippets: snippets{h.Configuration()}, SessionKey: sessionKey, Logger: log}))
	return r
}

// guarded lets callers on this machine in, and others with a token that may read leads: figures tell a competitor how business goes. A
// forwarded request comes from elsewhere, whatever its address says.
func guarded(tokens *hub.Tokens, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		ip := net.ParseIP(host)
		local := ip != nil && ip.IsLoopback() && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
		if !local {
			bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			token, err := tokens.Authenticate(r.Context(), bearer)
			if err == nil && (token.Rep != "" || !slices.Contains(token.Scopes, lead.ScopeAdmin) && !slices.Contains(token.Scopes, lead.ScopeLeadsRead)) {
				err = &lead.Error{Kind: lead.KindForbidden, Code: "missing_scope", Message: "this token may not read figures",
					Hint: "use one with the scope " + lead.ScopeLeadsRead}
			}
			if err != nil {
				problem.Write(w, r, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func both(t connectors.Text) map[string]string { return map[string]string{"en": t.EN, "zh": t.ZH} }

func apiChannels() []api.Channel {
	var out []api.Channel
	for _, c := range all.Connectors() {
		s := c.Spec()
		ch := api.Channel{Channel: s.Channel, Title: both(s.Title), Description: both(s.Description), Docs: s.Docs, Push: s.Push}
		for _, f := range s.Settings {
			ch.Settings = append(ch.Settings, api.Setting{Name: f.Name, Type: cmp.Or(f.Type, connectors.TypeString), Help: both(f.Help), Default: f.Default,
				Required: f.Required, Secret: f.Secret, OneOf: f.OneOf})
		}
		out = append(out, ch)
	}
	return out
}

func consoleChannels() []console.Channel {
	var out []console.Channel
	for _, c := range apiChannels() {
		ch := console.Channel{Channel: c.Channel, Title: c.Title, Description: c.Description, Docs: c.Docs, Push: c.Push, Upload: uploads(c.Channel)}
		for _, s := range c.Settings {
			ch.Settings = append(ch.Settings, console.Setting(s))
		}
		out = append(out, ch)
	}
	return out
}

// uploads reports whether the sources of a channel read files that people upload.
func uploads(channel string) bool {
	c := all.ByChannel()[channel]
	set, err := c.Spec().Check(lead.Source{Key: channel, Channel: channel})
	if err != nil {
		return false // it needs settings, as what is connected does
	}
	src, err := c.Open(set)
	if err != nil {
		return false
	}
	_, ok := src.(connectors.Importer)
	return ok
}

// snippets asks the connector of a source for its HTML.
type snippets struct{ configuration *hub.Configuration }

func (s snippets) Snippet(ctx context.Context, source, base, lang string) string {
	config, err := s.configuration.Config(ctx)
	if err != nil {
		return ""
	}
	for _, src := range config.Sources {
		if src.Key != source {
			continue
		}
		if c, ok := all.ByChannel()[src.Channel].(connectors.Snippeter); ok {
			return c.Snippet(base, src, lang)
		}
	}
	return ""
}
