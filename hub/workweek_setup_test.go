package hub

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/sqlite"
)

// weekday names the days of the story in Shanghai. The hub does not know them: it has the calendars of the teams.
var weekday = map[string]int{"sat 19": 19, "sun 20": 20, "mon 21": 21, "tue 22": 22, "wed 23": 23, "thu 24": 24, "fri 25": 25, "sat 26": 26, "mon 28": 28}

// workWeek is a hub whose clock jumps from one thing that happens to the next: what people do, what the rules have to try
// again, what comes due. Nothing is looked for between two of them.
type workWeek struct {
	t       *testing.T
	store   *sqlite.DB
	zone    *time.Location
	now     time.Time
	rules   *assign.Rules
	terms   *sink.Terms
	sink    *sink.Sink
	mover   *sink.Mover
	given   *sink.Assigner
	timers  *sink.Timekeeper
	leads   map[string]string // ids by name
	log     []string
	told    map[string]bool // notifications that are in the log
	written map[string]int  // events of each lead that are
	acts    []act
	stops   int
}

// act is something that somebody does at a moment.
type act struct {
	at time.Time
	do func()
}

func newWorkWeek(t *testing.T, config lead.Config) *workWeek {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "week.db"), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, store.Migrate(ctx))
	zone, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	w := &workWeek{t: t, store: store, zone: zone, leads: map[string]string{}, told: map[string]bool{}, written: map[string]int{}}
	now, terms, location := func() time.Time { return w.now }, func() *sink.Terms { return w.terms }, func() *time.Location { return zone }
	w.sink = sink.New(sink.Config{Pool: store, Judge: func() sink.Judge { return judge{rules: w.rules} }, Now: now, Terms: terms})
	w.mover = sink.NewMover(sink.MoverConfig{Desk: store, Terms: terms, Now: now, Location: location})
	w.given = sink.NewAssigner(sink.AssignerConfig{Desk: store, Chooser: func() sink.Chooser { return w.rules }, Terms: terms, Now: now, Location: location})
	w.timers = sink.NewTimekeeper(sink.TimekeeperConfig{Desk: store, Terms: terms, Now: now})
	w.edit(func(c *lead.Config) { *c = config })
	return w
}

// edit changes the configuration and compiles it, as the hub does.
func (w *workWeek) edit(change func(*lead.Config)) {
	config, err := w.store.EditConfig(context.Background(), func(c *lead.Config) error {
		change(c)
		_, err := assign.Compile(c, w.zone)
		return err
	})
	require.NoError(w.t, err)
	w.rules, err = assign.Compile(&config, w.zone)
	require.NoError(w.t, err)
	w.terms = termsOf(&config, w.rules)
}

func (w *workWeek) moment(when string) time.Time {
	day, clock, _ := strings.Cut(when, ", ")
	hour, err := time.Parse("15:04", clock)
	require.NoError(w.t, err)
	require.Contains(w.t, weekday, day)
	return time.Date(2026, 9, weekday[day], hour.Hour(), hour.Minute(), 0, 0, w.zone)
}

// on notes what is done at a moment like "mon 21, 09:30".
func (w *workWeek) on(when string, do func()) {
	w.acts = append(w.acts, act{w.moment(when), do})
}

// arrive lets people leave their names, all in one moment.
func (w *workWeek) arrive(source string, names ...string) func() {
	return func() {
		var items []sink.Item
		for _, name := range names {
			phone := fmt.Sprintf("+86139%08d", 10+len(w.leads)+len(items))
			s := &lead.Submission{ID: "sub_" + name, Source: source, Channel: "webform", Trust: 50, EventTime: w.now, ReceivedAt: w.now,
				Name: lead.Name{Display: name, Key: name}, Phones: []lead.Phone{{E164: phone, Type: lead.PhoneMobile}}, Origin: lead.Origin{Source: source},
				Identities: []lead.Identity{{Kind: lead.IdentityMobile, Value: phone}}}
			doc, err := json.Marshal(s)
			require.NoError(w.t, err)
			items = append(items, sink.Item{Submission: s, JSON: doc})
		}
		_, err := w.sink.Record(context.Background(), items)
		require.NoError(w.t, err)
		for _, name := range names {
			st, found, err := w.store.Submission(context.Background(), "sub_"+name)
			require.NoError(w.t, err)
			require.True(w.t, found)
			w.leads[name] = st.Lead
			w.note("%s came by %s", name, source)
		}
	}
}

func self(rep string) lead.Move { return lead.Move{Actor: "person:" + rep, Rep: rep} }

// try does something for a rep and notes when it is refused.
func (w *workWeek) try(what, rep, name string, do func(id string) error) {
	if err := do(w.leads[name]); err != nil {
		w.note("%s may not %s %s: %s", rep, what, name, lead.AsError(err).Code)
	}
}

func (w *workWeek) accept(rep, name string) func() {
	return func() {
		w.try("accept", rep, name, func(id string) error {
			_, err := w.mover.Accept(context.Background(), id, self(rep))
			return err
		})
	}
}

func (w *workWeek) claim(rep, name string) func() {
	return func() {
		w.try("claim", rep, name, func(id string) error {
			_, err := w.mover.Claim(context.Background(), id, self(rep))
			return err
		})
	}
}

func (w *workWeek) follow(rep, name string, f lead.Feedback) func() {
	return func() {
		w.try("follow", rep, name, func(id string) error {
			f.Lead = id
			_, err := w.mover.Follow(context.Background(), f, self(rep))
			return err
		})
	}
}

func (w *workWeek) duty(rep string, off bool) func() {
	return func() {
		w.edit(func(c *lead.Config) {
			i := slices.IndexFunc(c.Reps, func(r lead.Rep) bool { return r.Key == rep })
			c.Reps[i].OffDuty = off
		})
	}
}

func (w *workWeek) note(format string, args ...any) {
	w.log = append(w.log, strings.ToLower(w.now.In(w.zone).Format("Mon 02, 15:04"))+"  "+fmt.Sprintf(format, args...))
}

// next is the next moment at which anything is to be done, not after end.
func (w *workWeek) next(end time.Time) time.Time {
	at := end
	if len(w.acts) > 0 && w.acts[0].at.Before(at) {
		at = w.acts[0].at
	}
	var due sql.NullInt64
	err := w.store.Read.QueryRow("SELECT min(at) FROM (SELECT min(due_at) AS at FROM timers UNION ALL SELECT min(due_at) FROM leads)").Scan(&due)
	require.NoError(w.t, err)
	if then := time.UnixMicro(due.Int64).In(w.zone); due.Valid && then.Before(at) {
		at = then
	}
	return at
}

// live lets the week pass.
func (w *workWeek) live(from, to string) {
	w.now = w.moment(from)
	slices.SortStableFunc(w.acts, func(a, b act) int { return a.at.Compare(b.at) })
	for end := w.moment(to); w.now.Before(end); w.now = w.next(end) {
		w.stops++
		for len(w.acts) > 0 && !w.acts[0].at.After(w.now) {
			w.acts[0].do()
			w.acts = w.acts[1:]
			w.settle()
		}
		w.settle()
		require.True(w.t, w.next(end).After(w.now), "something that is due is not done")
	}
	require.Empty(w.t, w.acts)
}

// settle does all that is due now, and notes what came of it.
func (w *workWeek) settle() {
	for {
		rung, err := w.timers.Step(context.Background())
		require.NoError(w.t, err)
		tried, err := w.given.Step(context.Background())
		require.NoError(w.t, err)
		if rung+tried == 0 {
			break
		}
	}
	var lines []string
	for _, id := range w.happened() {
		name := w.nameOf(id)
		d, err := w.store.Lead(context.Background(), id)
		require.NoError(w.t, err)
		fresh := d.History[:len(d.History)-w.written[name]] // the latest stands first
		w.written[name] = len(d.History)
		for i := len(fresh) - 1; i >= 0; i-- {
			require.True(w.t, fresh[i].At.Equal(w.now), "%s happened at %s", fresh[i].Move, fresh[i].At)
			lines = append(lines, w.words(name, &fresh[i], d.Status))
		}
	}
	list, err := w.store.Notifications(context.Background(), "", 1000)
	require.NoError(w.t, err)
	for _, n := range list {
		if !w.told[n.ID] && n.Kind != lead.NotifyAssigned { // that the owner hears of it goes with every assignment
			require.True(w.t, n.At.Equal(w.now))
			lines = append(lines, w.nameOf(n.Lead)+": "+n.Rep+" is told "+n.Kind)
		}
		w.told[n.ID] = true
	}
	slices.Sort(lines)
	for _, l := range lines {
		w.note("%s", l)
	}
}

// happened are the leads that have an event of now.
func (w *workWeek) happened() []string {
	rows, err := w.store.Read.Query("SELECT DISTINCT lead FROM events WHERE at = ?", w.now.UnixMicro())
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, rows.Close()) }()
	var ids []string
	for rows.Next() {
		var id string
		require.NoError(w.t, rows.Scan(&id))
		ids = append(ids, id)
	}
	require.NoError(w.t, rows.Err())
	return ids
}

func (w *workWeek) words(name string, e *lead.Event, status string) string {
	switch e.Move {
	case lead.MoveAssign:
		return name + " → " + e.To + ", " + e.Actor
	case lead.MoveClaim:
		return name + " → " + e.To + ", claimed from " + e.Pool
	case lead.MoveRecycle:
		if status == lead.StatusArchived {
			return name + " archived, taken from " + e.From
		}
		return name + " → " + e.Pool + ", taken from " + e.From
	case lead.MoveAccept:
		return name + " accepted"
	}
	require.Equal(w.t, lead.MoveFollow, e.Move)
	return strings.TrimSpace(name + " followed " + e.FollowUp.Status)
}

func (w *workWeek) nameOf(id string) string {
	for name, one := range w.leads {
		if one == id {
			return name
		}
	}
	w.t.Fatalf("nobody is %s", id)
	return ""
}
