package api

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// fakeNotifications answers with the emptiest right answer and remembers what it was asked.
type fakeNotifications struct {
	asked string
	page  lead.DeliveryPage
	test  lead.TestResult
	err   error
}

func (f *fakeNotifications) Deliveries(_ context.Context, q lead.DeliveryQuery) (lead.DeliveryPage, error) {
	f.asked = fmt.Sprintf("%+v", q)
	return f.page, f.err
}
func (f *fakeNotifications) ReplayDelivery(_ context.Context, id, actor string) error {
	f.asked = "replay " + id + " by " + actor
	return f.err
}
func (f *fakeNotifications) TargetState(_ context.Context, key string) (lead.TargetState, error) {
	return lead.TargetState{Target: key, Disabled: true, Code: "http_410"}, f.err
}
func (f *fakeNotifications) TestTarget(_ context.Context, key, rep, actor string) (lead.TestResult, error) {
	f.asked = "test " + key + " for " + rep + " by " + actor
	return f.test, f.err
}

func TestEveryKindOfNotificationCanBeServedAndUrgent(t *testing.T) {
	kinds, err := json.Marshal(lead.NotifyKinds)
	require.NoError(t, err)
	f := newFakes()
	a := f.admin(t, "PUT", "/v1/notifications/targets/k", fmt.Sprintf(`{"serves":{"kinds":%s},"quiet":{"from":"21:00","to":"08:30","urgent":%s}}`, kinds, kinds))
	require.Equal(t, 200, a.Code, a.Body.String())
	require.Equal(t, lead.NotifyKinds, f.config.Notify[0].Serves.Kinds)
	require.Equal(t, lead.NotifyKinds, f.config.Notify[0].Quiet.Urgent)
}

func TestATargetKeepsWhatIsNotSent(t *testing.T) {
	f := newFakes()
	a := f.admin(t, "PUT", "/v1/notifications/targets/k", `{"quiet":{"from":"21:00","to":"08:30"},"serves":{"kinds":["assigned"]},"per_minute":10}`)
	require.Equal(t, 200, a.Code, a.Body.String())
	got := f.config.Notify[0]
	require.Equal(t, []any{lead.TargetWecom, "••••••", "zh", 10, "21:00", []string{"assigned"}}, []any{got.Kind, got.URL, got.Language, got.PerMinute, got.Quiet.From, got.Serves.Kinds})
	a = f.admin(t, "PUT", "/v1/notifications/targets/mail", `{"kind":"email","mail":{"host":"smtp.example.com","from":"a@example.com"}}`)
	require.Equal(t, 200, a.Code, a.Body.String())
	require.Equal(t, lead.NotifyTarget{Key: "mail", Name: "mail", Enabled: true, Kind: lead.TargetEmail, Mail: lead.MailServer{Host: "smtp.example.com", From: "a@example.com"}}, f.config.Notify[1])
	for _, wrong := range []string{`{"kind":"pigeon"}`, `{"serves":{"kinds":["x"]}}`, `{"token":"x"}`, `{"detail":"everything"}`} {
		require.Equal(t, 422, f.admin(t, "PUT", "/v1/notifications/targets/k", wrong).Code, wrong)
	}
	require.Equal(t, 200, f.admin(t, "PUT", "/v1/reps/k", `{"notify":{"email":"chen@example.com","wecom":"ChenChen"}}`).Code)
	require.Equal(t, lead.RepContact{Email: "chen@example.com", Wecom: "ChenChen"}, f.config.Reps[0].Notify)
	require.Equal(t, 200, f.admin(t, "PUT", "/v1/settings", `{"public_url":"https://leads.example.com"}`).Code)
	require.Equal(t, "https://leads.example.com", f.config.Settings.PublicURL)
}

func TestApplyTakesTargets(t *testing.T) {
	f := newFakes()
	a := f.admin(t, "PUT", "/v1/config", `{"notify":[{"key":"k","language":"en"},{"key":"sms","kind":"webhook","url":"https://example.com","secret":"whsec_eA=="}]}`)
	require.Equal(t, 200, a.Code, a.Body.String())
	require.Equal(t, []any{"target sms"}, a.json()["created"])
	require.Equal(t, []any{"target k"}, a.json()["changed"])
}

func TestDeliveriesAreListedAndReplayed(t *testing.T) {
	f := newFakes()
	require.Equal(t, []any{}, f.admin(t, "GET", "/v1/notifications", "").json()["items"])
	require.Equal(t, 200, f.admin(t, "GET", "/v1/notifications?state=dead&target=k&rep=chen&limit=7&cursor=dlv_1", "").Code)
	require.Equal(t, fmt.Sprintf("%+v", lead.DeliveryQuery{State: "dead", Target: "k", Rep: "chen", Cursor: "dlv_1", Limit: 7}), f.told.asked)
	require.Equal(t, 422, f.admin(t, "GET", "/v1/notifications?state=lost", "").Code)
	require.Equal(t, 200, f.admin(t, "POST", "/v1/notifications/dlv_1/replay", "").Code)
	require.Equal(t, "replay dlv_1 by person:somebody", f.told.asked)
	f.told.err = &lead.Error{Kind: lead.KindConflict, Code: "not_dead", Message: "it is sent"}
	require.Equal(t, 409, f.admin(t, "POST", "/v1/notifications/dlv_1/replay", "").Code)
	f.told.err = nil
	f.told.test = lead.TestResult{Code: "reply_19021", Reason: "refused"}
	a := f.admin(t, "POST", "/v1/notifications/targets/k/test", `{"rep":"chen"}`)
	require.Equal(t, 200, a.Code, "what the other side said is the answer, not an error of ours")
	require.Equal(t, []any{false, "reply_19021", "test k for chen by person:somebody"}, []any{a.json()["ok"], a.json()["code"], f.told.asked})
	require.Equal(t, true, f.admin(t, "GET", "/v1/notifications/targets/k/state", "").json()["disabled"])
}
