package deliver

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink/sqlite"
)

// morning is 11:00 on 2 January in China.
var morning = time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)

var shanghai = zone("Asia/Shanghai")

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

// clock is set by tests.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// pool is a database with leads that tests make up, and that can be made to fail.
type pool struct {
	*sqlite.DB
	mu     sync.Mutex
	leads  map[string]lead.Lead
	settle func() error // asked before a message is settled
}

func (p *pool) put(l lead.Lead) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leads[l.ID] = l
}

func (p *pool) LeadsOf(_ context.Context, ids []string) (map[string]lead.Lead, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string]lead.Lead{}
	for _, id := range ids {
		if l, ok := p.leads[id]; ok {
			out[id] = l
		}
	}
	return out, nil
}

func (p *pool) RouteNotifications(ctx context.Context, now time.Time, n int, fn func([]lead.Notification, map[string]lead.Lead) []lead.Delivery) (int, error) {
	return p.DB.RouteNotifications(ctx, now, n, func(list []lead.Notification, _ map[string]lead.Lead) []lead.Delivery {
		var ids []string
		for _, n := range list {
			ids = append(ids, n.Lead)
		}
		leads, _ := p.LeadsOf(ctx, ids)
		return fn(list, leads)
	})
}

func (p *pool) SettleDeliveries(ctx context.Context, target string, attempt int, list []lead.Delivery, fn func(*lead.TargetState)) error {
	if p.settle != nil {
		if err := p.settle(); err != nil {
			return err
		}
	}
	return p.DB.SettleDeliveries(ctx, target, attempt, list, fn)
}

// desk is a Deliverer with its pool, clock and log.
type desk struct {
	t        *testing.T
	pool     *pool
	clock    *clock
	log      *bytes.Buffer
	setup    *Setup
	say      Say // nil tells as it is kept
	d        *Deliverer
	count    int
	mu       sync.Mutex
	outcomes map[string]int
}

func open(t *testing.T, targets ...lead.NotifyTarget) *desk {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "pool.db"), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	require.NoError(t, db.Migrate(t.Context()))
	k := &desk{t: t, pool: &pool{DB: db, leads: map[string]lead.Lead{}}, clock: &clock{at: morning}, log: &bytes.Buffer{}, outcomes: map[string]int{}}
	k.use(targets...)
	k.restart()
	return k
}

// restart stands for another process.
func (k *desk) restart() {
	k.d = New(Config{Store: k.pool, Setup: func() *Setup { return k.setup }, Now: k.clock.now, Log: slog.New(slog.NewTextHandler(k.log, nil)), Roots: roots,
		Observe: func(_, outcome string, n int, _ time.Duration) {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.outcomes[outcome] += n
		}})
}

// use sets targets up, for three reps.
func (k *desk) use(targets ...lead.NotifyTarget) {
	k.t.Helper()
	for i := range targets {
		targets[i].Enabled = true
	}
	c := &lead.Config{Notify: targets, Settings: lead.Settings{PublicURL: "https://leads.haiheng-keji.cn/"},
		Sources: []lead.Source{{Key: "site", Name: "官网报价页"}},
		Reps: []lead.Rep{
			{Key: "chen", Name: "陈晨", Team: "south", Notify: lead.RepContact{Email: "chen@haiheng-keji.cn", Mobile: "13500001111", Wecom: "ChenChen", Feishu: "ou_chen"}},
			{Key: "sun", Name: "孙悦", Team: "north", Notify: lead.RepContact{Email: "sun@haiheng-keji.cn", Mobile: "+8613500002222"}},
			{Key: "wu", Name: "吴桐", Team: "north"},
		}}
	k.setup = NewSetup(c, shanghai, k.say, func(key string, err error) { k.t.Errorf("target %s: %v", key, err) })
}

// aLead belongs to a rep.
func aLead(n int, owner string) lead.Lead {
	return lead.Lead{ID: fmt.Sprintf("ld_%04d", n), Number: fmt.Sprintf("XL20260102-%06d", n), Name: "王小明", Honorific: "先生", Owner: owner,
		Phones: []string{"+8613812348000"}, Emails: []string{"wang.xm@example.com"}, Company: "海衡科技", Region: lead.Region{Country: "CN", Province: "广东省", City: "深圳市"},
		Grade: "A", Score: 85, Sources: []string{"site"}, LastFrom: lead.Origin{Source: "site"}}
}

// tell writes a notification about a new lead of a rep and returns it.
func (k *desk) tell(rep string, more ...func(*lead.Notification)) lead.Notification {
	k.t.Helper()
	k.count++
	l := aLead(k.count, rep)
	k.pool.put(l)
	n := lead.Notification{ID: fmt.Sprintf("ntf_%05d", k.count), Rep: rep, Kind: lead.NotifyAssigned, Lead: l.ID, Number: l.Number, Why: "规则 south：轮到他", At: k.clock.now()}
	for _, fn := range more {
		fn(&n)
	}
	require.NoError(k.t, k.pool.AddNotifications(k.t.Context(), []lead.Notification{n}))
	return n
}

// step lets everything happen that is due.
func (k *desk) step() {
	k.t.Helper()
	for range 1000 {
		n, err := k.d.Step(k.t.Context())
		require.NoError(k.t, err)
		k.d.Wait()
		due, err := k.pool.DueTargets(k.t.Context(), k.clock.now())
		require.NoError(k.t, err)
		if n == 0 && len(due) == 0 {
			return
		}
	}
	k.t.Fatal("it never ends")
}

// pass lets time go by in steps.
func (k *desk) pass(d, each time.Duration) {
	k.t.Helper()
	for ; d > 0; d -= each {
		k.clock.pass(each)
		k.step()
	}
}

func (k *desk) deliveries(state string) []lead.Delivery {
	k.t.Helper()
	var out []lead.Delivery
	for q := (lead.DeliveryQuery{State: state, Limit: 200}); ; {
		page, err := k.pool.Deliveries(k.t.Context(), q)
		require.NoError(k.t, err)
		out = append(out, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return out
		}
	}
}

func (k *desk) state(target string) lead.TargetState {
	k.t.Helper()
	states, err := k.pool.TargetStates(k.t.Context())
	require.NoError(k.t, err)
	return states[target]
}
