package api

import (
	"context"
	"slices"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// registerStaff registers who has leads, how many, and what came of them.
func registerStaff(s *server) {
	handle(s, forReps(get("/v1/pools/{key}/leads", lead.ScopeLeadsRead, "List the leads of a public pool, newest first")), s.poolLeads)
	handle(s, forReps(get("/v1/pools/states", lead.ScopeLeadsRead, "What lies in the public pools; to a rep, in those he may claim from")), s.poolStates)
	handle(s, get("/v1/reps/states", lead.ScopeLeadsRead, "What reps hold, got and claimed today, and their limits"), s.repStates)
	handle(s, forReps(get("/v1/reps/{key}/state", lead.ScopeLeadsRead, "What one rep holds, got and claimed today, and his limits; to a rep, his own")), s.repState)
	handle(s, working(post("/v1/reps/{key}/duty", "", "Set a rep off duty, or on again; a rep himself")), s.duty)
	handle(s, post("/v1/reps/{key}/handover", lead.ScopeLeadsManage, "Move all leads of a rep who leaves"), s.handover)
	handle(s, get("/v1/performance", lead.ScopeLeadsRead, "How fast and how well leads were worked on"), s.performance)
}

type poolLeadsIn struct {
	Key      string    `path:"key" maxLength:"64"`
	Limit    int       `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor   string    `query:"cursor" maxLength:"512" pattern:"^[!-~]*$" doc:"The next of the page before."`
	Grade    string    `query:"grade" enum:"A,B,C,D,-" doc:"- for leads without."`
	Source   string    `query:"source" maxLength:"100" doc:"Key of a source that brought a touch."`
	Province string    `query:"province" maxLength:"100" doc:"Full name, like 广东省."`
	Since    time.Time `query:"since" doc:"First seen at or after."`
	Until    time.Time `query:"until" doc:"First seen before."`
}

func (s *server) poolLeads(ctx context.Context, in *poolLeadsIn) (*body[lead.LeadPage], error) {
	if seenBy(ctx) == nil {
		c, err := s.Configuration.Config(ctx)
		if err != nil {
			return nil, err
		}
		if pools.find(&c, in.Key) < 0 {
			return nil, pools.missing()
		}
	}
	return s.listLeads(ctx, lead.LeadQuery{Pool: in.Key, Owner: "-", Grade: in.Grade, Source: in.Source, Province: in.Province,
		Since: in.Since, Until: in.Until, Cursor: in.Cursor, Limit: in.Limit})
}

// poolState is a public pool and what lies in it.
type poolState struct {
	lead.PoolState
	Name string `json:"name"`
}

func (s *server) poolStates(ctx context.Context, _ *struct{}) (*body[items[poolState]], error) {
	c, err := s.Configuration.Config(ctx)
	if err != nil {
		return nil, err
	}
	states, err := s.Care.PoolStates(ctx)
	if err != nil {
		return nil, err
	}
	shown := c.Pools
	if v := seenBy(ctx); v != nil {
		shown = v.Pools
	}
	out := []poolState{}
	for _, p := range shown {
		one := poolState{lead.PoolState{Pool: p.Key, Grades: map[string]int64{}}, p.Name}
		if i := slices.IndexFunc(states, func(st lead.PoolState) bool { return st.Pool == p.Key }); i >= 0 {
			one.PoolState = states[i]
		}
		out = append(out, one)
	}
	return &body[items[poolState]]{items[poolState]{out}}, nil
}

// uses are what all reps have of their limits today, in the order of the configuration; then those who are gone and still own leads.
func (s *server) uses(ctx context.Context) ([]lead.Use, error) {
	c, err := s.Configuration.Config(ctx)
	if err != nil {
		return nil, err
	}
	states, err := s.Care.RepStates(ctx)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(c.Settings.TimeZone)
	if err != nil {
		return nil, err
	}
	staff := lead.Staff{States: map[string]*lead.RepState{}}
	for i := range states {
		staff.States[states[i].Rep] = &states[i]
	}
	today := time.Now().In(zone).Format("20060102")
	out := []lead.Use{}
	use := func(r lead.Rep, gone bool) {
		st := *staff.State(r.Key, today)
		if st.Claimed == nil {
			st.Claimed = map[string]int{}
		}
		if st.Turns == nil {
			st.Turns = map[string]lead.Turn{}
		}
		out = append(out, lead.Use{RepState: st, Daily: r.Daily, Holding: r.Holding, Gone: gone})
	}
	for _, r := range c.Reps {
		use(r, false)
	}
	for _, st := range states {
		if reps.find(&c, st.Rep) < 0 {
			use(lead.Rep{Key: st.Rep}, true)
		}
	}
	return out, nil
}

func (s *server) repStates(ctx context.Context, _ *struct{}) (*body[items[lead.Use]], error) {
	all, err := s.uses(ctx)
	return &body[items[lead.Use]]{items[lead.Use]{all}}, err
}

func (s *server) repState(ctx context.Context, in *keyed) (*body[lead.Use], error) {
	if err := himself(ctx, in.Key); err != nil {
		return nil, err
	}
	all, err := s.uses(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(u lead.Use) bool { return u.Rep == in.Key })
	if i < 0 {
		return nil, reps.missing()
	}
	return &body[lead.Use]{all[i]}, nil
}

// himself keeps a rep from the affairs of others.
func himself(ctx context.Context, key string) error {
	if v := seenBy(ctx); v != nil && v.Rep.Key != key {
		return reps.missing()
	}
	return nil
}

type dutyIn struct {
	Key  string `path:"key" maxLength:"64"`
	Body struct {
		_       struct{} `additionalProperties:"false"`
		OffDuty bool     `json:"off_duty" doc:"Whether the rep gets no leads until it is cleared."`
	}
}

type onDuty struct {
	Rep     string `json:"rep"`
	OffDuty bool   `json:"off_duty"`
}

func (s *server) duty(ctx context.Context, in *dutyIn) (*body[onDuty], error) {
	if _, err := new(MoveRequest).move(ctx, "duty", "", ""); err != nil {
		return nil, err
	}
	if err := himself(ctx, in.Key); err != nil {
		return nil, err
	}
	_, err := s.Configuration.EditConfig(ctx, actor(ctx), func(c *lead.Config) error {
		i := reps.find(c, in.Key)
		if i < 0 {
			return reps.missing()
		}
		c.Reps[i].OffDuty = in.Body.OffDuty
		return nil
	})
	return &body[onDuty]{onDuty{in.Key, in.Body.OffDuty}}, err
}

type handoverIn struct {
	Key  string `path:"key" maxLength:"64" doc:"Also of a rep who is in the configuration no more."`
	Body struct {
		_     struct{} `additionalProperties:"false"`
		To    string   `json:"to,omitempty" maxLength:"64" doc:"Another rep: all leads, closed ones too."`
		Pool  string   `json:"pool,omitempty" maxLength:"64" doc:"A public pool: the open ones."`
		Rules bool     `json:"rules,omitempty" doc:"The rules assign the open ones anew."`
		Why   string   `json:"why,omitempty" maxLength:"500" doc:"Stands in the history."`
	}
}

type handedOver struct {
	Moved int `json:"moved" doc:"How many leads; asking again goes on with what is left."`
}

func (s *server) handover(ctx context.Context, in *handoverIn) (*body[handedOver], error) {
	n, err := s.Following.Handover(ctx, in.Key, lead.Handover{To: in.Body.To, Pool: in.Body.Pool, Rules: in.Body.Rules},
		lead.Move{Actor: actor(ctx), Why: in.Body.Why})
	return &body[handedOver]{handedOver{n}}, err
}

type performanceIn struct {
	Since time.Time `query:"since" doc:"Leads that came into the pool at or after."`
	Until time.Time `query:"until" doc:"And before."`
}

func (s *server) performance(ctx context.Context, in *performanceIn) (*body[lead.Performance], error) {
	p, err := s.Care.Performance(ctx, lead.PerformanceQuery{Since: in.Since, Until: in.Until})
	p.BySource, p.ByRule, p.ByRep, p.Funnel, p.Use = list(p.BySource), list(p.ByRule), list(p.ByRep), list(p.Funnel), list(p.Use)
	return &body[lead.Performance]{p}, err
}
