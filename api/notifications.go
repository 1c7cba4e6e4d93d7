package api

import (
	"context"

	"github.com/leadhub/leadhub/lead"
)

// notifyTargetIn is a notification target as it is sent. What is left out keeps its value, or gets the default on a new one.
type notifyTargetIn struct {
	_         struct{}  `additionalProperties:"false"`
	Key       string    `json:"key,omitempty"`
	Kind      *string   `json:"kind,omitempty" enum:"wecom,dingtalk,feishu,email,webhook"`
	Name      *string   `json:"name,omitempty" maxLength:"200"`
	Enabled   *bool     `json:"enabled,omitempty" doc:"True on a new one."`
	URL       *string   `json:"url,omitempty" maxLength:"2000" doc:"Of a robot or webhook. Sealed at rest and never shown again; •••••• keeps it."`
	Secret    *string   `json:"secret,omitempty" maxLength:"500" doc:"Signs, for DingTalk, Feishu and webhooks (whsec_…). Sealed at rest and never shown again; •••••• keeps it."`
	Mail      *mailIn   `json:"mail,omitempty" doc:"Of an email target."`
	Serves    *servedIn `json:"serves,omitempty" doc:"Replaced as a whole; empty lists leave nothing out."`
	Language  *string   `json:"language,omitempty" enum:"zh,en"`
	Detail    *string   `json:"detail,omitempty" enum:"minimal,masked,full" doc:"What it tells of a person; full is not for groups."`
	Quiet     *quietIn  `json:"quiet,omitempty" doc:"Replaced as a whole."`
	PerMinute *int      `json:"per_minute,omitempty" minimum:"-1" maximum:"6000" doc:"Most messages in a minute; 0 leaves it to the kind, -1 is no limit."`
	MaxBytes  *int      `json:"max_bytes,omitempty" minimum:"0" maximum:"1048576" doc:"Most bytes of a message; 0 leaves it to the kind."`
	Limited   []int     `json:"limited_codes,omitempty" maxItems:"20" doc:"Replies of the robot that mean too often, beside those that are known."`
}

type mailIn struct {
	_        struct{} `additionalProperties:"false"`
	Host     *string  `json:"host,omitempty" maxLength:"255"`
	Port     *int     `json:"port,omitempty" minimum:"0" maximum:"65535" doc:"465 with tls, 587 with starttls, unless set."`
	TLS      *string  `json:"tls,omitempty" enum:"starttls,tls"`
	Username *string  `json:"username,omitempty" maxLength:"255"`
	Password *string  `json:"password,omitempty" maxLength:"500" doc:"Sealed at rest and never shown again; •••••• keeps it."`
	From     *string  `json:"from,omitempty" maxLength:"320" doc:"Address, or Name <address>."`
}

type servedIn struct {
	_       struct{} `additionalProperties:"false"`
	Kinds   []string `json:"kinds,omitempty" enum:"assigned,recycle_soon,recycled,follow_up,duplicate,returned,taken"`
	Teams   []string `json:"teams,omitempty" maxItems:"1000"`
	Reps    []string `json:"reps,omitempty" maxItems:"10000"`
	Sources []string `json:"sources,omitempty" maxItems:"1000"`
	Grades  []string `json:"grades,omitempty" maxItems:"26"`
}

type quietIn struct {
	_        struct{} `additionalProperties:"false"`
	From     string   `json:"from,omitempty" doc:"Time of day, 21:00."`
	To       string   `json:"to,omitempty" doc:"Before from means on the next day."`
	TimeZone string   `json:"time_zone,omitempty" maxLength:"64" doc:"IANA name; the hub's unless set."`
	Urgent   []string `json:"urgent,omitempty" enum:"assigned,recycle_soon,recycled,follow_up,duplicate,returned,taken" doc:"Kinds that are not held."`
}

var targets = collection[notifyTargetIn, lead.NotifyTarget]{
	path: "notifications/targets", noun: "target",
	of:    func(c *lead.Config) *[]lead.NotifyTarget { return &c.Notify },
	key:   func(t *lead.NotifyTarget) string { return t.Key },
	keyIn: func(t *notifyTargetIn) string { return t.Key },
	fresh: func(key string) lead.NotifyTarget { return lead.NotifyTarget{Key: key, Name: key, Enabled: true} },
	onto: func(in *notifyTargetIn, t *lead.NotifyTarget) {
		set(&t.Kind, in.Kind)
		set(&t.Name, in.Name)
		set(&t.Enabled, in.Enabled)
		set(&t.URL, in.URL)
		set(&t.Secret, in.Secret)
		set(&t.Language, in.Language)
		set(&t.Detail, in.Detail)
		set(&t.PerMinute, in.PerMinute)
		set(&t.MaxBytes, in.MaxBytes)
		if in.Limited != nil {
			t.LimitedCodes = in.Limited
		}
		if m := in.Mail; m != nil {
			set(&t.Mail.Host, m.Host)
			set(&t.Mail.Port, m.Port)
			set(&t.Mail.TLS, m.TLS)
			set(&t.Mail.Username, m.Username)
			set(&t.Mail.Password, m.Password)
			set(&t.Mail.From, m.From)
		}
		if s := in.Serves; s != nil {
			t.Serves = lead.Served{Kinds: s.Kinds, Teams: s.Teams, Reps: s.Reps, Sources: s.Sources, Grades: s.Grades}
		}
		if q := in.Quiet; q != nil {
			t.Quiet = lead.QuietHours{From: q.From, To: q.To, TimeZone: q.TimeZone, Urgent: q.Urgent}
		}
	},
}

// contactIn is where a rep is reached; replaced as a whole.
type contactIn struct {
	_        struct{} `additionalProperties:"false"`
	Email    string   `json:"email,omitempty" maxLength:"320"`
	Mobile   string   `json:"mobile,omitempty" maxLength:"20" doc:"To be mentioned in a group, and for SMS gateways."`
	Wecom    string   `json:"wecom,omitempty" maxLength:"100" doc:"User id, to be mentioned."`
	DingTalk string   `json:"dingtalk,omitempty" maxLength:"100" doc:"User id, to be mentioned."`
	Feishu   string   `json:"feishu,omitempty" maxLength:"100" doc:"User id, to be mentioned."`
}

func (in *contactIn) contact() *lead.RepContact {
	if in == nil {
		return nil
	}
	return &lead.RepContact{Email: in.Email, Mobile: in.Mobile, Wecom: in.Wecom, DingTalk: in.DingTalk, Feishu: in.Feishu}
}

// registerNotifications registers what is told to reps, and how.
func registerNotifications(s *server) {
	registerCollection(s, targets)
	handle(s, get("/v1/notifications", lead.ScopeLeadsRead, "List notifications on their way to reps, latest first"), s.deliveries)
	handle(s, post("/v1/notifications/{id}/replay", lead.ScopeLeadsWrite, "Send again what was given up, with all that its message carries"), s.replayDelivery)
	handle(s, get("/v1/notifications/targets/{key}/state", lead.ScopeConfigRead, "How a target does"), s.targetState)
	handle(s, post("/v1/notifications/targets/{key}/test", lead.ScopeConfigWrite, "Send a sample through a target"), s.testTarget)
}

type deliveriesIn struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"100" pattern:"^[!-~]*$" doc:"The next of the page before."`
	State  string `query:"state" enum:"waiting,sent,dead,dropped" doc:"Any unless given."`
	Target string `query:"target" maxLength:"64"`
	Rep    string `query:"rep" maxLength:"64"`
}

func (s *server) deliveries(ctx context.Context, in *deliveriesIn) (*body[lead.DeliveryPage], error) {
	p, err := s.Notifications.Deliveries(ctx, lead.DeliveryQuery{State: in.State, Target: in.Target, Rep: in.Rep, Cursor: in.Cursor, Limit: in.Limit})
	p.Items = list(p.Items)
	return &body[lead.DeliveryPage]{p}, err
}

type deliveryIn struct {
	ID string `path:"id" maxLength:"100"`
}

type replayedDelivery struct {
	ID string `json:"id"`
}

func (s *server) replayDelivery(ctx context.Context, in *deliveryIn) (*body[replayedDelivery], error) {
	return &body[replayedDelivery]{replayedDelivery{in.ID}}, s.Notifications.ReplayDelivery(ctx, in.ID, actor(ctx))
}

func (s *server) targetState(ctx context.Context, in *keyed) (*body[lead.TargetState], error) {
	st, err := s.Notifications.TargetState(ctx, in.Key)
	return &body[lead.TargetState]{st}, err
}

type testTargetIn struct {
	Key  string `path:"key" maxLength:"64"`
	Body *struct {
		_   struct{} `additionalProperties:"false"`
		Rep string   `json:"rep,omitempty" maxLength:"64" doc:"Key of the rep it is for. Without one nobody is mentioned, and mail goes to its own sender."`
	}
}

func (s *server) testTarget(ctx context.Context, in *testTargetIn) (*body[lead.TestResult], error) {
	rep := ""
	if in.Body != nil {
		rep = in.Body.Rep
	}
	out, err := s.Notifications.TestTarget(ctx, in.Key, rep, actor(ctx))
	return &body[lead.TestResult]{out}, err
}
