package taobao

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors/connectortest"
	"github.com/leadhub/leadhub/lead"
)

// top answers taobao.tmc.messages.consume and .confirm: what is not confirmed comes again, at most perCall at once.
type top struct {
	t       *testing.T
	mu      sync.Mutex
	queue   []string // ids
	perCall int
	refuses bool // to confirm
}

func (v *top) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	require.NoError(v.t, r.ParseForm())
	v.mu.Lock()
	defer v.mu.Unlock()
	_, err := time.Parse(time.DateTime, r.PostForm.Get("timestamp"))
	switch {
	case r.Host+r.URL.Path != "gw.api.taobao.com/router/rest" || r.URL.RawQuery != "" || err != nil || r.PostForm.Get("format") != "json":
		fmt.Fprint(w, `{"error_response":{"code":40,"msg":"Missing required arguments"}}`)
	case r.PostForm.Get("sign") != signOf(r):
		fmt.Fprint(w, `{"error_response":{"code":25,"msg":"Invalid signature"}}`)
	case r.PostForm.Get("group_name") != "default":
		fmt.Fprint(w, `{"error_response":{"code":15,"sub_code":"isv.group-not-exist"}}`)
	case r.PostForm.Get("method") == "taobao.tmc.messages.consume":
		v.consume(w)
	case r.PostForm.Get("method") == "taobao.tmc.messages.confirm" && v.refuses:
		fmt.Fprint(w, `{"error_response":{"code":41,"msg":"Invalid arguments","sub_code":"isv.invalid-parameter:s_message_ids"}}`)
	case r.PostForm.Get("method") == "taobao.tmc.messages.confirm":
		for id := range strings.SplitSeq(r.PostForm.Get("s_message_ids"), ",") {
			v.queue = slices.DeleteFunc(v.queue, func(q string) bool { return q == id })
		}
		fmt.Fprint(w, `{"tmc_messages_confirm_response":{"is_success":true,"request_id":"r"}}`)
	default:
		fmt.Fprint(w, `{"error_response":{"code":22,"msg":"Invalid method"}}`)
	}
}

func (v *top) consume(w http.ResponseWriter) {
	if len(v.queue) == 0 {
		fmt.Fprint(w, `{"tmc_messages_consume_response":{"request_id":"r"}}`)
		return
	}
	var list []string
	for _, id := range v.queue[:min(v.perCall, len(v.queue))] {
		content, err := json.Marshal(created)
		require.NoError(v.t, err)
		list = append(list, fmt.Sprintf(`{"content":%s,"id":%s,"pub_app_key":"12497914","pub_time":"2026-01-05 16:59:58","topic":"taobao_trade_TradeBuyerPay","user_id":2088,"user_nick":"demo旗舰店"}`, content, id))
	}
	fmt.Fprintf(w, `{"tmc_messages_consume_response":{"messages":{"tmc_message":[%s]},"request_id":"r"}}`, strings.Join(list, ","))
}

// signOf computes the signature of open.taobao.com docId=101617 with the standard library alone.
func signOf(r *http.Request) string {
	var names []string
	for name := range r.PostForm {
		if name != "sign" && r.PostForm.Get(name) != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	joined := ""
	for _, name := range names {
		joined += name + r.PostForm.Get(name)
	}
	var h hash.Hash
	switch r.PostForm.Get("sign_method") {
	case "md5":
		h, joined = md5.New(), testSecret+joined+testSecret
	case "hmac":
		h = hmac.New(md5.New, []byte(testSecret))
	case "hmac-sha256":
		h = hmac.New(sha256.New, []byte(testSecret))
	default:
		return "?"
	}
	h.Write([]byte(joined))
	return strings.ToUpper(hex.EncodeToString(h.Sum(nil)))
}

func queue(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprint(7104300007405429232+int64(i)))
	}
	return ids
}

func TestMessagesAreAskedForAndConfirmedOnceStored(t *testing.T) {
	for _, method := range []string{"md5", "hmac", "hmac-sha256"} {
		settings := settingsOf(modePoll)
		settings["sign_method"] = method
		pulled := connectortest.RunPoller(t, Connector{}, connectortest.Pull{Settings: settings, IDs: queue(25),
			Queue: func() http.Handler { return &top{t: t, queue: queue(25), perCall: 10} }})
		require.Len(t, pulled, 25)
		require.Equal(t, "2026-01-05T16:59:58+08:00", pulled[0].Drafts[0].EventTime)
		require.Equal(t, "AAEb0s2hAKTn-uid", pulled[0].Drafts[0].Identities[0].Value)
	}
}

func poll(t *testing.T, v http.Handler, cursor string) ([]string, string, error) {
	t.Helper()
	set := checked(t, settingsOf(modePoll))
	set.Client = connectortest.NewVendor(t, v).Client
	src, err := Connector{}.Open(set)
	require.NoError(t, err)
	d, next, err := src.(*poller).Poll(t.Context(), cursor)
	var ids []string
	for _, e := range d.Events {
		ids = append(ids, e.ID)
	}
	return ids, next, err
}

func TestAConfirmationThatIsRefusedStopsNothing(t *testing.T) {
	v := &top{t: t, queue: queue(3), perCall: 10, refuses: true}
	ids, next, err := poll(t, v, "1,2")
	require.NoError(t, err)
	require.Equal(t, queue(3), ids)
	again, same, err := poll(t, v, next)
	require.NoError(t, err)
	require.Equal(t, ids, again, "it comes again, with the same ids")
	require.Equal(t, next, same, "and the hub takes its time")
}

func TestWhatTaobaoAnswersSteers(t *testing.T) {
	for answer, want := range map[string]lead.Kind{
		`{"error_response":{"code":7,"msg":"App Call Limited","sub_msg":"This ban will last for 1 more seconds"}}`:   lead.KindTransient,
		`{"error_response":{"code":15,"msg":"Remote service error","sub_code":"isp.top-remote-connection-timeout"}}`: lead.KindTransient,
		`{"error_response":{"code":25,"msg":"Invalid signature"}}`:                                                   lead.KindInvalid,
		`{"error_response":{"code":"29","msg":"Invalid app Key"}}`:                                                   lead.KindInvalid,
		`{}`: lead.KindTransient,
		`{"tmc_messages_consume_response":"soon"}`: lead.KindTransient,
	} {
		ids, next, err := poll(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) }), "1")
		require.Equal(t, want, lead.AsError(err).Kind, "%s: %v", answer, err)
		require.Empty(t, ids)
		require.Equal(t, "1", next)
		require.NotContains(t, err.Error(), testSecret)
	}
	ids, next, err := poll(t, &top{t: t, perCall: 10}, "")
	require.NoError(t, err)
	require.Empty(t, ids)
	require.Empty(t, next)
}
