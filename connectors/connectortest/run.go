package connectortest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// Run holds a connector to the contract.
func Run(t *testing.T, connector connectors.Connector, o Options) {
	spec := connector.Spec()
	t.Run("the spec says everything in both languages", func(t *testing.T) { checkSpec(t, spec) })
	t.Run("the README lists the settings", func(t *testing.T) { CheckReadme(t, spec) })
	t.Run("opening touches no network and shows no secret", func(t *testing.T) { checkOpen(t, connector, o) })
	cases := Cases(t, o.Fixtures, spec.Channel)
	t.Run("there are cases", func(t *testing.T) {
		require.GreaterOrEqual(t, len(cases), max(o.MinCases, 1), "in %s/%s", o.Fixtures, spec.Channel)
	})
	for _, c := range cases {
		t.Run("case "+c.Name, func(t *testing.T) { c.run(t, connector) })
	}
	if updating() {
		return // what follows needs the wants that were just written
	}
	if spec.Push {
		t.Run("the same request again is the same events", func(t *testing.T) { checkReplay(t, connector, cases) })
		t.Run("with another secret nothing is accepted", func(t *testing.T) { checkWrongKey(t, connector, o, cases) })
		t.Run("a body that is too large or cut short is never stored", func(t *testing.T) { checkBodies(t, connector, cases) })
	}
	t.Run("parse survives every broken body", func(t *testing.T) { checkMutations(t, connector, cases) })
}

var snake = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

func checkSpec(t *testing.T, spec connectors.Spec) {
	both := func(what string, text connectors.Text) {
		require.NotEmpty(t, strings.TrimSpace(text.EN), "%s has no English text", what)
		require.NotEmpty(t, strings.TrimSpace(text.ZH), "%s has no Chinese text", what)
		require.NotEqual(t, text.EN, text.ZH, "%s says the same in both languages", what)
	}
	require.Regexp(t, snake, spec.Channel)
	require.Regexp(t, `^https://`, spec.Docs)
	both("title", spec.Title)
	both("description", spec.Description)
	both("authenticity", spec.Authenticity)
	both("delivery", spec.Delivery)
	require.NotEmpty(t, spec.Dedup.EN, "what makes an event the same one")
	require.NotEmpty(t, spec.Dedup.ZH, "what makes an event the same one")
	require.Contains(t, []string{connectors.SureVerified, connectors.SurePartly, connectors.SureReadme}, spec.Sure)
	require.NotEmpty(t, spec.Tested)
	for _, how := range spec.Tested {
		require.Contains(t, []string{connectors.TestedCases, connectors.TestedVectors, connectors.TestedFake, connectors.TestedFiles, connectors.TestedLive}, how)
	}
	require.True(t, spec.Push || spec.Poll || spec.Listen || spec.Upload, "nothing brings anything")
	require.NotEmpty(t, spec.Identities)
	seen := map[string]bool{}
	for _, f := range spec.Settings {
		require.Regexp(t, snake, f.Name)
		require.False(t, seen[f.Name], "setting %s is there twice", f.Name)
		seen[f.Name] = true
		both("help of "+f.Name, f.Help)
		require.Contains(t, []string{"", connectors.TypeString, connectors.TypeInt, connectors.TypeBool, connectors.TypeList}, f.Type, f.Name)
		require.False(t, f.Required && f.Default != nil, "%s is required and has a default", f.Name)
		if f.Default != nil {
			_, err := connectors.Spec{Settings: []connectors.Field{f}}.Check(lead.Source{Settings: map[string]any{f.Name: f.Default}})
			require.NoError(t, err, "the default of %s is not a valid value of it", f.Name)
		}
		if regexp.MustCompile(`secret|password|private_key|access_token`).MatchString(f.Name) {
			require.True(t, f.Secret, "%s looks like a secret and is not declared as one", f.Name)
		}
	}
}

// noNetwork makes every use of the default transport fail, for as long as the test runs.
type noNetwork struct{}

func (noNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("no network here: %s", r.URL.Host)
}

func checkOpen(t *testing.T, connector connectors.Connector, o Options) {
	before := http.DefaultTransport
	http.DefaultTransport = noNetwork{}
	defer func() { http.DefaultTransport = before }()
	spec := connector.Spec()
	open := func(values map[string]any) (connectors.Source, error) {
		set, err := spec.Check(lead.Source{Key: "test", Channel: spec.Channel, Settings: values})
		if err != nil {
			return nil, err
		}
		return connector.Open(set)
	}
	start := time.Now()
	_, err := open(o.Settings)
	require.NoError(t, err)
	require.Less(t, time.Since(start), time.Second)
	kinds := map[string]bool{}
	for _, values := range append([]map[string]any{o.Settings}, o.Also...) {
		also, err := open(values)
		require.NoError(t, err)
		_, push := also.(connectors.Receiver)
		_, poll := also.(connectors.Poller)
		_, listen := also.(connectors.Listener)
		_, upload := also.(connectors.Importer)
		for kind, is := range map[string]bool{"Push": push, "Poll": poll, "Listen": listen, "Upload": upload} {
			kinds[kind] = kinds[kind] || is
		}
	}
	require.Equal(t, map[string]bool{"Push": spec.Push, "Poll": spec.Poll, "Listen": spec.Listen, "Upload": spec.Upload}, kinds,
		"the Spec and the Source disagree on how leads arrive")
	if o.EmptySecret != nil {
		values := maps.Clone(o.Settings)
		if values == nil {
			values = map[string]any{}
		}
		maps.Copy(values, o.EmptySecret)
		_, err := open(values)
		require.Equal(t, lead.KindInvalid, lead.AsError(err).Kind, "an empty secret must be refused by Open, got %v", err)
	}
	_, err = open(map[string]any{"no_such_setting": 1})
	require.Error(t, err)
}

func (c Case) run(t *testing.T, connector connectors.Connector) {
	src := c.Open(t, connector)
	r := c.HTTP(t)
	delivery, err := receive(t, src, r)
	got := Want{Error: wantError(err)}
	c.keepsSecrets(t, connector.Spec(), err, delivery)
	if err != nil {
		require.Empty(t, delivery.Events, "an error and events")
	}
	if h := delivery.Reply; h.Status != 0 || len(h.Header) > 0 {
		body := string(h.Body)
		if i := strings.IndexByte(body, '\n'); i > 0 {
			body = body[:i]
		}
		got.Reply = &WantReply{Status: h.Status, Header: h.Header, Body: body}
	}
	for _, e := range delivery.Events {
		raw := c.Raw(connector.Spec().Channel, r, e)
		drafts, err := src.Parse(raw)
		c.keepsSecrets(t, connector.Spec(), err, connectors.Delivery{})
		requireTexts(t, err)
		requirePure(t, src, raw, drafts, err)
		got.Events = append(got.Events, WantEvent{ID: e.ID, Signals: e.Signals, Error: wantError(err), Drafts: drafts})
	}
	requireTexts(t, err)
	gotJSON, err := json.MarshalIndent(got, "", "  ")
	require.NoError(t, err)
	if updating() {
		require.NoError(t, os.WriteFile(filepath.Join(c.dir, "want.json"), append(gotJSON, '\n'), 0o644))
		return
	}
	wantJSON, err := json.Marshal(c.Want)
	require.NoError(t, err)
	require.JSONEq(t, string(wantJSON), string(gotJSON))
}

// receive hands over the request. To a source that asks or listens, its body is an event as that source brings it.
func receive(t *testing.T, src connectors.Source, r *http.Request) (connectors.Delivery, error) {
	t.Helper()
	if receiver, ok := src.(connectors.Receiver); ok {
		return receiver.Receive(r)
	}
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return connectors.Delivery{Events: []connectors.Event{{Body: body, ContentType: r.Header.Get("Content-Type")}}}, nil
}

// requireTexts: what a person is told is whole.
func requireTexts(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		return
	}
	e := lead.AsError(err)
	require.NotEqual(t, lead.KindInternal, e.Kind, "not a *lead.Error: %v", err)
	require.Regexp(t, snake, e.Code)
	require.NotEmpty(t, e.Message)
	require.NotEmpty(t, e.Hint, "code %s names no next step", e.Code)
}

// requirePure: the same Raw gives the same drafts, again and at once, and stays what it is.
func requirePure(t *testing.T, src connectors.Source, raw lead.Raw, drafts []lead.Draft, err error) {
	t.Helper()
	untouched := deepCopy(t, raw)
	var wg sync.WaitGroup
	again := make([][]lead.Draft, 8)
	errs := make([]error, len(again))
	for i := range again {
		wg.Go(func() { again[i], errs[i] = src.Parse(raw) })
	}
	wg.Wait()
	for i := range again {
		require.Equal(t, drafts, again[i], "Parse gave something else the second time")
		require.Equal(t, wantError(err), wantError(errs[i]))
	}
	require.Equal(t, untouched, deepCopy(t, raw), "Parse changed the Raw")
}

func deepCopy(t *testing.T, raw lead.Raw) string {
	t.Helper()
	b, err := json.Marshal(raw)
	require.NoError(t, err)
	return string(b) + "\n" + string(raw.Body)
}

// keepsSecrets: no value of a secret setting is in anything that leaves the connector.
func (c Case) keepsSecrets(t *testing.T, spec connectors.Spec, err error, d connectors.Delivery) {
	t.Helper()
	set, checkErr := spec.Check(lead.Source{Settings: c.Source.Settings})
	require.NoError(t, checkErr)
	said := fmt.Sprint(d.Reply.Header) + string(d.Reply.Body)
	if err != nil {
		e := lead.AsError(err)
		said += err.Error() + e.Hint + fmt.Sprint(e.Fields)
	}
	for _, e := range d.Events {
		said += fmt.Sprint(e.Header, e.Signals)
	}
	for _, name := range spec.Secrets() {
		for _, secret := range append(set.List(name), set.String(name)) {
			if len(secret) > 3 {
				require.NotContains(t, said, secret, "the secret %s got out", name)
			}
		}
	}
}

func checkBodies(t *testing.T, connector connectors.Connector, cases []Case) {
	tried := 0
	for _, c := range cases {
		if c.Want.Error != nil || len(c.Want.Events) == 0 || len(c.Want.Events[0].Drafts) == 0 && !c.Want.Events[0].thin() {
			continue
		}
		receiver := c.Open(t, connector).(connectors.Receiver)
		if head, body, _ := cutHead(c.Request); len(head) == 0 || len(body) < 2 {
			continue
		}
		tried++
		small := c
		small.Source.MaxBody = 1
		d, err := receiver.Receive(small.HTTP(t))
		require.Equal(t, lead.KindTooLarge, lead.AsError(err).Kind, "%s: %v", c.Name, err)
		require.Empty(t, d.Events)

		cut := c.HTTP(t)
		cut.Body = io.NopCloser(io.MultiReader(io.LimitReader(cut.Body, 1), brokenReader{}))
		d, err = receiver.Receive(cut)
		require.Equal(t, lead.KindInvalid, lead.AsError(err).Kind, "%s: %v", c.Name, err)
		require.Equal(t, "body_cut", lead.AsError(err).Code)
		require.Empty(t, d.Events)
	}
	require.Positive(t, tried, "no case has a body that is accepted")
}

// thin: the lead is fetched later.
func (e WantEvent) thin() bool { return e.Error != nil && e.Error.Kind == lead.KindPending }

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func checkMutations(t *testing.T, connector connectors.Connector, cases []Case) {
	random := rand.New(rand.NewPCG(1, 2)) // the same every time
	for _, c := range cases {
		src := c.Open(t, connector)
		_, body, _ := cutHead(c.Request)
		r := c.HTTP(t)
		for range 60 {
			raw := c.Raw(connector.Spec().Channel, r, connectors.Event{Body: mutate(random, body),
				ContentType: r.Header.Get("Content-Type"), Query: r.URL.RawQuery})
			CheckParse(t, src, raw)
		}
	}
}

func mutate(random *rand.Rand, body []byte) []byte {
	out := append([]byte(nil), body...)
	for range 1 + random.IntN(4) {
		if len(out) == 0 {
			break
		}
		i, j := random.IntN(len(out)), random.IntN(len(out))
		switch random.IntN(4) {
		case 0:
			out[i] = byte(random.IntN(256))
		case 1:
			out = out[:i]
		case 2:
			out = append(out[:min(i, j)], out[max(i, j):]...)
		case 3:
			out = append(out, out[min(i, j):max(i, j)]...)
		}
	}
	return out
}

// CheckParse parses raw and checks what holds for any bytes: no panic, an error of the hub's kind with all its texts, or
// drafts in UTF-8 without empty names. It is the body of a fuzz test.
func CheckParse(t *testing.T, src connectors.Source, raw lead.Raw) {
	t.Helper()
	drafts, err := src.Parse(raw)
	requireTexts(t, err)
	if err != nil {
		require.Empty(t, drafts)
	}
	for _, d := range drafts {
		for name, values := range d.Fields {
			require.NotEmpty(t, name)
			require.True(t, utf8.ValidString(name), "%q", name)
			for _, v := range values {
				require.NotEmpty(t, v)
				require.True(t, utf8.ValidString(v), "%q", v)
			}
		}
	}
}
