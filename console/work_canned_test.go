package console

import (
	"context"
	"fmt"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// fakeWork notes what it is asked to do, and answers what a test sets.
type fakeWork struct {
	calls   []string // "assign ld_1 li", "follow ld_1 converted", …
	moves   []lead.Move
	follow  lead.Feedback
	refuse  error
	moved   int // by a handover
	asked   lead.PerformanceQuery
	drafts  []lead.Draft
	explain func() (lead.Explanation, error)
	targets map[string]lead.TargetState
	result  lead.TestResult
	query   lead.DeliveryQuery
}

func (f *fakeWork) did(m lead.Move, format string, args ...any) error {
	f.calls, f.moves = append(f.calls, fmt.Sprintf(format, args...)), append(f.moves, m)
	return f.refuse
}
func (f *fakeWork) Assign(_ context.Context, id, rep string, m lead.Move) (lead.Lead, error) {
	return lead.Lead{}, f.did(m, "assign %s %s", id, rep)
}
func (f *fakeWork) Claim(_ context.Context, id string, m lead.Move) (lead.Lead, error) {
	return lead.Lead{}, f.did(m, "claim %s %s", id, m.Rep)
}
func (f *fakeWork) Release(_ context.Context, id, pool, reason string, m lead.Move) (lead.Lead, error) {
	return lead.Lead{}, f.did(m, "release %s %s %s", id, pool, reason)
}
func (f *fakeWork) Accept(_ context.Context, id string, m lead.Move) (lead.Lead, error) {
	return lead.Lead{}, f.did(m, "accept %s", id)
}
func (f *fakeWork) Follow(_ context.Context, fb lead.Feedback, m lead.Move) (lead.Lead, error) {
	f.follow = fb
	return lead.Lead{}, f.did(m, "follow %s %s", fb.Lead, fb.Status)
}
func (f *fakeWork) Reopen(_ context.Context, id string, m lead.Move) (lead.Lead, error) {
	return lead.Lead{}, f.did(m, "reopen %s", id)
}
func (f *fakeWork) Handover(_ context.Context, rep string, to lead.Handover, m lead.Move) (int, error) {
	return f.moved, f.did(m, "handover %s %+v", rep, to)
}
func (f *fakeWork) RepStates(context.Context) ([]lead.RepState, error) {
	return []lead.RepState{{Rep: "chen", Held: 40, Day: "20260102", Today: 7, Claimed: map[string]int{"sea": 2}}, {Rep: "gone", Held: 3, Day: "20251231", Today: 9}, {Rep: "li", Held: 2, Day: "20260101", Today: 5}}, nil
}
func (f *fakeWork) PoolStates(context.Context) ([]lead.PoolState, error) {
	return []lead.PoolState{{Pool: "drained", Leads: 1, Grades: map[string]int64{"": 1}, Oldest: canned}, {Pool: "sea", Leads: 1234, Grades: map[string]int64{"A": 1000, "B": 200, "": 34}, Oldest: canned.AddDate(0, -1, 0)}}, nil
}
func (f *fakeWork) Performance(_ context.Context, q lead.PerformanceQuery) (lead.Performance, error) {
	f.asked = q
	fast, slow := lead.Spread{Count: 9, Mean: 70, P50: 60, P90: 300}, lead.Spread{Count: 5, Mean: 4000, P50: 3600, P90: 7200}
	return lead.Performance{BySource: []lead.Speed{{Key: "price-page", Leads: 10, Assignment: fast, Contact: slow}, {Key: "fair", Leads: 2}},
		ByRule: []lead.Speed{{Key: "", Leads: 2}, {Key: "big", Leads: 10, Assignment: fast}}, ByRep: []lead.Speed{{Key: "chen", Leads: 10, Assignment: fast, Contact: slow}},
		Funnel: []lead.Funnel{{Source: "fair", Leads: 2}, {Source: "price-page", Campaign: "春季", Leads: 10, Assigned: 8, Contacted: 5, Converted: 2, Amounts: map[string]string{"CNY": "25600.50", "USD": "12.00"}}},
		Use: []lead.Use{{RepState: lead.RepState{Rep: "chen", Held: 40, Day: "20260102", Today: 7, Assigned: 41}, Daily: 10, Holding: 50},
			{RepState: lead.RepState{Rep: "gone", Day: "20251231", Today: 9}, Gone: true}}}, nil
}
func (f *fakeWork) ExplainDraft(_ context.Context, _ string, d lead.Draft) (lead.Explanation, error) {
	f.drafts = append(f.drafts, d)
	return f.explain()
}
func (f *fakeWork) TargetState(_ context.Context, key string) (lead.TargetState, error) {
	return f.targets[key], nil
}
func (f *fakeWork) TestTarget(_ context.Context, key, rep, actor string) (lead.TestResult, error) {
	return f.result, f.did(lead.Move{Actor: actor}, "test %s %s", key, rep)
}
func (f *fakeWork) Deliveries(_ context.Context, q lead.DeliveryQuery) (lead.DeliveryPage, error) {
	f.query = q
	n := lead.Notification{Rep: "chen", Kind: lead.NotifyAssigned, Lead: "ld_1", Number: "XL20260102-000001"}
	return lead.DeliveryPage{Items: []lead.Delivery{{ID: "dlv_1", Target: "group", State: lead.DeliveryDead, Attempt: 14, Code: "timeout", Reason: "the target did not answer in time", Created: canned, Notification: n},
		{ID: "dlv_2", Target: "mail", State: lead.DeliverySent, Created: canned, Notification: n}}, Next: "more"}, nil
}
func (f *fakeWork) ReplayDelivery(_ context.Context, id, actor string) error {
	return f.did(lead.Move{Actor: actor}, "replay %s", id)
}

func cannedWork() *fakeWork {
	return &fakeWork{moved: 12, explain: func() (lead.Explanation, error) { return cannedExplanation(), nil },
		result: lead.TestResult{OK: true, Took: "132ms"},
		targets: map[string]lead.TargetState{"group": {Code: "http_500", Reason: "the target answered HTTP 500", Failed: canned, Sent: canned},
			"sms": {Disabled: true, Code: "http_410", Reason: "the target answered HTTP 410", Failed: canned}, "mail": {Sent: canned}}}
}

func cannedPools() []lead.Pool {
	hours := func(n int) lead.Duration { return lead.Duration(time.Duration(n) * time.Hour) }
	return []lead.Pool{{Key: "sea", Name: "公海一", Teams: []string{"south"}, Enabled: true, ClaimsPerDay: 5, ClaimGap: hours(1), CoolDown: hours(72), HoldNew: hours(36),
		Hidden: []string{"company"}, Masked: []string{"name", "phones", "emails", "region"}, ArchiveAfter: 3, Reasons: []string{"联系不上", "没有预算"}, AutoAssign: true,
		Recycle: []lead.Recycle{{Kind: lead.RecycleNotAccepted, When: `grade == "A"`, After: lead.Duration(30 * time.Minute), WorkingTime: true},
			{Kind: lead.RecycleNotFollowed, After: hours(24 * 7), Remind: hours(24)}}},
		{Key: "old", Name: "Old sea"}}
}

func cannedRules() []lead.Rule {
	return []lead.Rule{{Key: "big", Name: "大客户", When: `grade == "A"`, To: lead.Target{Teams: []string{"south"}, Skills: []string{"english"}, MinLevel: 2}, Strategy: lead.StrategyLevel, Sticky: true,
		Pool: "sea", Patience: lead.Duration(2 * time.Hour), Enabled: true},
		{Key: "spare", Name: "备用", Pool: "sea", Enabled: false}, {Key: "rest", To: lead.Target{Reps: []string{"chen"}, Roles: []string{"senior"}}, Enabled: true}}
}

func cannedScoring() lead.Scoring {
	return lead.Scoring{Grades: map[string]int{"A": 70, "B": 40}, Rules: []lead.ScoreRule{
		{Key: "budget", Name: "大预算", When: "budget >= 100000", Points: 60, Tags: []string{"大单"}, Product: "cloud", Stage: "MQL", Grade: "A", Enabled: true}, {Key: "seo", Spam: 100}}}
}

func cannedScored() []lead.Scored {
	return []lead.Scored{{Rule: "budget", Name: "大预算", Points: 60, Tags: []string{"大单"}, Product: "cloud", Stage: "MQL", Grade: "A"}, {Rule: "far", Name: "外地", Points: -5}}
}

func cannedTargets() []lead.NotifyTarget {
	return []lead.NotifyTarget{{Key: "group", Name: "销售群", Kind: lead.TargetWecom, Enabled: true, Serves: lead.Served{Kinds: []string{lead.NotifyAssigned}, Teams: []string{"south"}, Grades: []string{"A"}},
		Quiet: lead.QuietHours{From: "21:00", To: "08:30"}}, {Key: "sms", Kind: lead.TargetWebhook, Enabled: true}, {Key: "mail", Kind: lead.TargetEmail, Enabled: true}, {Key: "new", Kind: lead.TargetFeishu, Enabled: true},
		{Key: "off", Kind: lead.TargetDingTalk}}
}

func cannedTrace() []lead.Tried {
	return []lead.Tried{{Rule: "spare", Why: `it is not so that province == "江苏省": province is "广东省"`},
		{Rule: "big", Matched: true, Why: "was asked for by name, but off_duty; nobody has the name that was asked for; ",
			Reps:   []lead.TriedRep{{Rep: "chen", Eligible: true, Held: 40, Today: 7, Credit: 4}, {Rep: "li", Code: "off_duty", Held: 2}},
			Counts: &lead.TriedCount{Reps: 2, ByCode: map[string]int{"": 1, "off_duty": 1}}}}
}

func cannedExplanation() lead.Explanation {
	return lead.Explanation{Submissions: []lead.ExplainedSubmission{{Verdict: lead.Verdict{Kind: lead.VerdictNew, Reasons: []string{"nobody with these identities is known"}},
		Lead: lead.Lead{Score: 55, Grade: "A", Line: "cloud"}, Scored: cannedScored(), Assignment: lead.Assignment{Owner: "chen", Rule: "big", Why: "chen had the most credit (4) with weight 2 of 3, after 41 leads", Trace: cannedTrace()}}},
		Rejections: []lead.Rejection{{Code: "no_identity", Message: "no phone, email or platform id could be used"}}}
}

// workedLead is one that was assigned by rules, released, claimed, followed up and converted.
func workedLead() lead.LeadDetail {
	d := cannedLead()
	d.ID, d.Score, d.Grade, d.Line, d.Status = "ld_worked", 55, "A", "cloud", lead.StatusConverted
	d.Course = lead.Course{Rule: "big", OwnedAt: canned, AcceptedAt: canned, PreviousOwner: "li", LeftAt: canned, Returns: 1, NextAt: canned.Add(-time.Hour), ConvertedAt: canned,
		Amount: "12800.50", Currency: "CNY", Customer: "C-77"}
	at := func(n int) time.Time { return canned.Add(time.Duration(n) * time.Minute) }
	d.History = []lead.Event{
		{Type: lead.ChangeStatus, Move: lead.MoveFollow, At: at(9), Actor: "person:admin", Why: "converted: call: signed", FollowUp: &lead.Feedback{Status: lead.StatusConverted, Way: "call", Text: "signed <b>", Amount: "12800.50", Currency: "CNY", Customer: "C-77", NextAt: at(99), Reason: "r"}},
		{Type: lead.ChangeStatus, Move: lead.MoveReopen, At: at(8), Actor: "hub", Why: "reopened: a new submission of site"},
		{Type: lead.ChangeStatus, Move: lead.MoveReopen, At: at(8), Actor: "person:admin", Why: "reopened: back again"},
		{Type: lead.ChangeAssigned, Move: lead.MoveHandover, From: "gone", To: "chen", At: at(7), Actor: "person:admin", Why: "handed over from gone to chen"},
		{Type: lead.ChangeReleased, Move: lead.MoveRecycle, From: "li", At: at(6), Actor: "hub", Why: "archived: it came back too often: nobody followed it up"},
		{Type: lead.ChangeReleased, Move: lead.MoveRelease, From: "li", Pool: "sea", At: at(6), Actor: "person:admin", Why: "archived: it came back 3 times: 空号"},
		{Type: lead.ChangeReleased, Move: lead.MoveRecycle, From: "li", Pool: "sea", At: at(6), Actor: "hub", Why: "taken back into sea: nobody took it up"},
		{Type: lead.ChangeReleased, Move: lead.MovePool, Pool: "sea", At: at(5), Actor: "rule:rest", Why: "nobody may have it now: 2 off_duty, 1 daily_quota; it goes to the pool of the rule"},
		{Type: lead.ChangeAssigned, Move: lead.MoveClaim, To: "chen", Pool: "sea", At: at(4), Actor: "person:admin", Why: "claimed from sea by chen"},
		{Type: lead.ChangeReleased, Move: lead.MoveRelease, From: "li", Pool: "sea", At: at(3), Actor: "person:admin", Why: "released into sea: 联系不上"},
		{Type: lead.ChangeAssigned, Move: lead.MoveTransfer, From: "chen", To: "li", At: at(2), Actor: "person:admin", Why: "transferred from chen to li: knows them"},
		{Type: lead.ChangeStatus, Move: lead.MoveAccept, At: at(1), Actor: "person:admin", Why: "taken up by chen"},
		{Type: lead.ChangeAssigned, Move: lead.MoveAssign, To: "chen", At: at(0), Actor: "rule:big", Why: "level 3 is the highest that may have it; chen had the most credit (4) with weight 2 of 3, after 41 leads", Trace: cannedTrace()}}
	return d
}

func pooledLead() lead.LeadDetail {
	d := cannedLead()
	d.ID, d.Owner, d.Status = "ld_pooled", "", lead.StatusNew
	d.Course = lead.Course{Pool: "sea", PooledAt: canned, PreviousOwner: "li", LeftAt: canned, Reason: lead.RecycleNotFollowed, Returns: 2}
	d.History = nil
	return d
}
