package deliver

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// failureKind steers what happens after a failure.
type failureKind int

const (
	transient failureKind = iota // tried again
	limited                      // tried again, the whole target later
	permanent                    // given up
	gone                         // given up, and the target disabled
)

// Failure is why a message was not taken. Its texts are ours, never the other side's or a library's: these may hold the address with its key, or
// what was sent.
type Failure struct {
	kind    failureKind
	unknown bool // transient for want of better knowledge
	Code    string
	Reason  string
	Hint    string
	After   time.Duration // what the other side asked for; 0 when nothing
}

func failed(k failureKind, code, reason, hint string) *Failure {
	return &Failure{kind: k, Code: code, Reason: reason, Hint: hint}
}

// postPatience bounds one post, mailPatience one mail.
const (
	postPatience = 5 * time.Second
	mailPatience = 15 * time.Second
	maxReply     = 64 << 10
)

// poster speaks to the targets.
type poster struct {
	http  *http.Client
	roots *x509.CertPool
	now   func() time.Time
}

func newPoster(roots *x509.CertPool, now func() time.Time) *poster {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	transport.MaxIdleConnsPerHost = parallel
	// A redirect is never followed: it could lead into the hub's own network, and would take what is sent elsewhere.
	return &poster{roots: roots, now: now, http: &http.Client{Transport: transport, Timeout: postPatience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// send sends a message and returns nil when the other side took it.
func (p *poster) send(ctx context.Context, t *Target, setup *Setup, m *message) *Failure {
	switch t.Kind {
	case lead.TargetEmail:
		return p.mail(ctx, t, setup, m)
	case lead.TargetWebhook:
		return p.webhook(ctx, t, setup, m)
	}
	return p.robot(ctx, t, setup, m)
}

// post posts JSON and returns the reply when the status is 2xx.
func (p *poster) post(ctx context.Context, url string, body []byte, header http.Header) ([]byte, *Failure) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, failed(permanent, "bad_url", "the URL of the target cannot be used", "enter it again") // err holds the URL
	}
	for k, v := range header {
		req.Header[k] = v
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "leadhub")
	resp, err := p.http.Do(req)
	if err != nil {
		return nil, network(err)
	}
	defer func() { _ = resp.Body.Close() }()
	reply, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		if err != nil {
			return nil, network(err)
		}
		return reply, nil
	}
	return nil, p.status(resp)
}

// status says what an HTTP status means.
func (p *poster) status(resp *http.Response) *Failure {
	code, s := "http_"+strconv.Itoa(resp.StatusCode), resp.StatusCode
	reason := fmt.Sprintf("the target answered HTTP %d", s)
	switch {
	case s == http.StatusTooManyRequests:
		f := failed(limited, code, reason, "send less, or set per_minute")
		f.After = p.retryAfter(resp)
		return f
	case s == http.StatusGone:
		return failed(gone, code, reason+": its address is gone", "enter the new address, or test the target when it is back")
	case s >= 300 && s < 400:
		return failed(permanent, "redirected", reason+", a redirect, which is not followed", "enter the address it leads to")
	case s == http.StatusRequestTimeout, s == http.StatusTooEarly, s >= 500:
		f := failed(transient, code, reason, "look at the other side; it is tried again")
		f.After = p.retryAfter(resp)
		return f
	}
	return failed(permanent, code, reason, "check address and secret, test the target, then send again what was given up")
}

// retryAfter reads the header in either form, an hour at most.
func (p *poster) retryAfter(resp *http.Response) time.Duration {
	v := resp.Header.Get("Retry-After")
	after := time.Duration(0)
	if n, err := strconv.Atoi(v); err == nil {
		after = time.Duration(min(max(n, 0), 3600)) * time.Second
	} else if at, err := http.ParseTime(v); err == nil {
		after = at.Sub(p.now())
	}
	return min(max(after, 0), time.Hour)
}

// network says what kept a request from being answered, without the words of the error: *url.Error has the address.
func network(err error) *Failure {
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var timeout net.Error
	hint := "look at the network and the other side; it is tried again"
	switch {
	case errors.As(err, &unknown), errors.As(err, &host), errors.As(err, &invalid):
		return failed(transient, "bad_certificate", "the certificate of the target is not valid", hint)
	case errors.As(err, &dns):
		return failed(transient, "no_address", "the name of the target has no address", hint)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return failed(transient, "timeout", "the target did not answer in time", hint)
	}
	return failed(transient, "unreachable", "the target cannot be reached", hint)
}

// robot posts to a group robot. HTTP 200 is not success there: the reply has a code.
func (p *poster) robot(ctx context.Context, t *Target, setup *Setup, m *message) *Failure {
	text := render(t, setup, m)
	var url string
	var body any
	switch t.Kind {
	case lead.TargetWecom:
		url, body = t.URL, wecomText(text, m)
	case lead.TargetDingTalk:
		url, body = dingTalkURL(t.URL, t.Secret, p.now()), dingTalkText(text, m)
	default:
		url, body = t.URL, feishuText(text, t.Secret, p.now(), m)
	}
	doc, err := json.Marshal(body)
	if err != nil {
		return failed(permanent, "not_written", "the message cannot be written", "report it")
	}
	reply, f := p.post(ctx, url, doc, nil)
	if f != nil {
		return f
	}
	return t.reply(reply)
}

// reply reads the code of a robot's reply: errcode (WeCom, DingTalk), code (Feishu) or StatusCode (Feishu before v2).
func (t *Target) reply(doc []byte) *Failure {
	var r struct {
		ErrCode    *int `json:"errcode"`
		Code       *int `json:"code"`
		StatusCode *int `json:"StatusCode"`
	}
	// encoding/json takes names in any case: "statuscode" is StatusCode, "Code" is code.
	if err := json.Unmarshal(doc, &r); err != nil {
		return failed(transient, "bad_reply", "the target answered something that is not the robot's reply", "check the address: a proxy or login page may have answered")
	}
	for _, code := range []*int{r.ErrCode, r.Code, r.StatusCode} {
		if code == nil {
			continue
		}
		name := "reply_" + strconv.Itoa(*code)
		reason := fmt.Sprintf("the robot answered code %d", *code)
		switch {
		case *code == 0:
			return nil
		case slices.Contains(t.limited, *code):
			return failed(limited, name, reason+": too often", "set per_minute lower, or use several robots")
		case slices.Contains(t.refused, *code):
			return failed(permanent, name, reason+": refused", "check address, secret, keywords and allowed addresses of the robot, test the target, then send again what was given up")
		}
		f := failed(transient, name, reason, "look the code up at the vendor; it is tried a few times")
		f.unknown = *code != -1 // busy, with WeCom and DingTalk
		return f
	}
	return failed(transient, "bad_reply", "the target answered something that is not the robot's reply", "check the address: a proxy or login page may have answered")
}
