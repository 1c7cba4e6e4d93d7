package problem_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/api/problem"
	"github.com/leadhub/leadhub/lead"
)

func TestEveryKindHasItsStatus(t *testing.T) {
	for _, c := range []struct {
		err        *lead.Error
		status     int
		retryAfter string
	}{
		{&lead.Error{Kind: lead.KindInvalid, Code: "bad_json"}, 400, ""},
		{&lead.Error{Kind: lead.KindInvalid, Code: problem.CodeMissingFields}, 422, ""},
		{&lead.Error{Kind: lead.KindInvalid, Code: problem.CodeValidation}, 422, ""},
		{&lead.Error{Kind: lead.KindUnauthorized}, 401, ""},
		{&lead.Error{Kind: lead.KindForbidden}, 403, ""},
		{&lead.Error{Kind: lead.KindNotFound}, 404, ""},
		{&lead.Error{Kind: lead.KindConflict}, 409, ""},
		{&lead.Error{Kind: lead.KindTooLarge}, 413, ""},
		{&lead.Error{Kind: lead.KindLimited, RetryAfter: 1500 * time.Millisecond}, 429, "2"},
		{&lead.Error{Kind: lead.KindLimited}, 429, "5"},
		{&lead.Error{Kind: lead.KindTransient, RetryAfter: time.Minute}, 503, "60"},
		{&lead.Error{Kind: lead.KindTransient}, 503, "5"},
		{&lead.Error{Kind: lead.KindInternal}, 500, ""},
		{&lead.Error{Kind: "a kind of tomorrow"}, 500, ""},
	} {
		w := httptest.NewRecorder()
		problem.Write(w, httptest.NewRequest(http.MethodPost, "/", nil), c.err)
		require.Equal(t, c.status, w.Code, c.err.Kind)
		require.Equal(t, c.retryAfter, w.Header().Get("Retry-After"), c.err.Kind)
		require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	}
}

func TestAProblemHasCodeHintAndFields(t *testing.T) {
	e := lead.Invalid("missing_fields", "the phone is missing", "fill it in")
	e.Fields = []string{"phone"}
	w := httptest.NewRecorder()
	w.Header().Set("Access-Control-Allow-Origin", "https://www.example.cn")
	w.Header().Set("Content-Length", "5")
	problem.Write(w, httptest.NewRequest(http.MethodPost, "/", nil), e)
	require.JSONEq(t, `{"title":"Unprocessable Entity","status":422,"code":"missing_fields","detail":"the phone is missing",
		"hint":"fill it in","fields":["phone"]}`, w.Body.String())
	require.Equal(t, "https://www.example.cn", w.Header().Get("Access-Control-Allow-Origin"), "headers set before are sent")
	require.Empty(t, w.Header().Get("Content-Length"))
}

func TestWhatIsOurFaultSaysNothingOfItsCause(t *testing.T) {
	for _, err := range []error{
		errors.New("dial tcp: password=hunter2"),
		&lead.Error{Kind: lead.KindInternal, Code: "hunter2", Message: "hunter2", Hint: "hunter2", Fields: []string{"hunter2"}},
		&lead.Error{Kind: "", Code: "hunter2", Message: "hunter2"},
	} {
		w := httptest.NewRecorder()
		problem.Write(w, httptest.NewRequest(http.MethodGet, "/", nil), err)
		require.Equal(t, 500, w.Code)
		require.NotContains(t, w.Body.String(), "hunter2")
		var p problem.Problem
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
		require.Equal(t, "internal", p.Code)
	}
}

func TestAHeadRequestGetsNoBody(t *testing.T) {
	w := httptest.NewRecorder()
	problem.Write(w, httptest.NewRequest(http.MethodHead, "/", nil), lead.NotFound("x", "y", "z"))
	require.Equal(t, 404, w.Code)
	require.Zero(t, w.Body.Len())
}
