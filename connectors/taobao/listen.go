package taobao

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/connectors/topsign"
	"github.com/leadhub/leadhub/lead"
)

const (
	beat         = 30 * time.Second // between two pings; an answer has the same time
	maxFrame     = 4 << 20
	afterClose   = 3 * time.Second // before the next connection, as SDKs of TMC wait
	afterError   = 15 * time.Second
	typeDocument = "application/json"
	// typeFrame is the content type of a frame that cannot be decoded.
	typeFrame = "application/vnd.taobao.tmc"
)

// listener is a source over the long connection.
type listener struct {
	source
	url        string
	pull, beat time.Duration
}

// Listen holds one connection. Every message is confirmed once emit has returned; what was not is sent again by Taobao. Any end of the connection is an error, after which
// the hub listens again.
func (s *listener) Listen(ctx context.Context, emit func(connectors.Delivery) error) error {
	conn, answer, err := websocket.Dial(ctx, s.url, &websocket.DialOptions{HTTPClient: s.set.Client})
	if err != nil {
		if answer != nil {
			err = fmt.Errorf("status %d instead of a connection", answer.StatusCode)
		}
		return s.broken(ctx, err)
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(maxFrame)
	token, err := s.connect(ctx, conn)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	stopped := make(chan struct{})
	defer func() { cancel(); <-stopped }()
	go func() {
		defer close(stopped)
		s.beats(ctx, conn, token)
	}()
	for {
		f, data, err := s.next(ctx, conn)
		if err != nil {
			return err
		}
		if err := s.take(ctx, conn, token, f, data, emit); err != nil {
			return err
		}
	}
}

// next reads one frame; nil with its bytes when it cannot be decoded.
func (s *listener) next(ctx context.Context, conn *websocket.Conn) (*frame, []byte, error) {
	for {
		kind, data, err := conn.Read(ctx)
		if err != nil {
			return nil, nil, s.broken(ctx, err)
		}
		if kind != websocket.MessageBinary {
			continue
		}
		f, err := decode(data)
		if err != nil {
			return nil, data, nil
		}
		return &f, data, nil
	}
}

// connect says who we are, and returns the token that goes with everything after.
func (s *listener) connect(ctx context.Context, conn *websocket.Conn) (token string, err error) {
	who := map[string]string{"app_key": s.appKey, "group_name": s.group, "timestamp": strconv.FormatInt(s.set.Now().UnixMilli(), 10)}
	hello := frame{kind: frameConnect}
	for _, name := range []string{"app_key", "group_name", "timestamp"} {
		hello.custom = append(hello.custom, field{name, who[name]})
	}
	hello.custom = append(hello.custom, field{"sign", topsign.TOP.Sign(s.secret, "", who)}, field{"sdk", "leadhub"})
	if err := s.write(ctx, conn, hello); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, s.beat)
	defer cancel()
	for {
		f, _, err := s.next(ctx, conn)
		switch {
		case err != nil:
			return "", err
		case f == nil || f.kind != frameConnectAck:
			continue
		case f.status != 0 || f.phrase != "":
			return "", s.refused(f)
		case f.token == "":
			return "", lead.Transient("tmc_no_token", "Taobao took the connection and gave no token for it", afterError, nil)
		}
		return f.token, nil
	}
}

func (s *listener) refused(f *frame) error {
	phrase := strings.ToValidUTF8(f.phrase[:min(len(f.phrase), 200)], "")
	return &lead.Error{Kind: lead.KindUnauthorized, Code: "vendor_unauthorized", Message: "Taobao refuses the connection with status " + strconv.FormatUint(uint64(f.status), 10),
		Hint:       "check app key, app secret and the group; the app must have the message service, and this computer's clock must be right",
		RetryAfter: afterError, Err: errors.New(strings.ReplaceAll(phrase, s.secret, "***"))}
}

// take stores a message and confirms it. A frame that cannot be decoded is stored as it is, to be seen among the rejections: nobody could confirm it.
func (s *listener) take(ctx context.Context, conn *websocket.Conn, token string, f *frame, data []byte, emit func(connectors.Delivery) error) error {
	if f == nil {
		return emit(connectors.Delivery{Events: []connectors.Event{{ID: "frame " + digest(data), Body: data, ContentType: typeFrame}}})
	}
	if f.kind == frameSendAck && f.status != 0 {
		return lead.Transient("tmc_refused", "Taobao did not take what was sent over the connection", afterError, nil)
	}
	if f.kind != frameSend || f.about() != kindData {
		return nil
	}
	body, err := f.document()
	if err != nil {
		return err
	}
	id := f.get("id")
	event := connectors.Event{ID: id, Body: body, ContentType: typeDocument}
	if id == "" {
		event.ID = "message " + digest(body)
	}
	if err := emit(connectors.Delivery{Events: []connectors.Event{event}}); err != nil {
		return err
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil
	}
	return s.write(ctx, conn, frame{kind: frameSend, token: token, custom: []field{{kindField, byte(kindConfirm)}, {"id", n}}})
}

// beats asks for what was not pushed, and ends the connection when the other side answers no ping: a broken line is silent otherwise.
func (s *listener) beats(ctx context.Context, conn *websocket.Conn, token string) {
	pull, ping := time.NewTicker(s.pull), time.NewTicker(s.beat)
	defer pull.Stop()
	defer ping.Stop()
	ask := frame{kind: frameSend, token: token, custom: []field{{kindField, byte(kindPull)}}}
	err := s.write(ctx, conn, ask)
	for err == nil {
		select {
		case <-ctx.Done():
			return
		case <-pull.C:
			err = s.write(ctx, conn, ask)
		case <-ping.C:
			answer, cancel := context.WithTimeout(ctx, s.beat)
			err = conn.Ping(answer)
			cancel()
		}
	}
	_ = conn.CloseNow()
}

func (s *listener) write(ctx context.Context, conn *websocket.Conn, f frame) error {
	if err := conn.Write(ctx, websocket.MessageBinary, f.encode()); err != nil {
		return s.broken(ctx, err)
	}
	return nil
}

func (s *listener) broken(ctx context.Context, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case websocket.CloseStatus(err) >= 0:
		return lead.Transient("connection_ended", "Taobao ended the connection", afterClose, errors.New(strings.ReplaceAll(err.Error(), s.secret, "***")))
	}
	return lead.Transient("vendor_unreachable", "the connection to Taobao broke", afterError, errors.New(strings.ReplaceAll(err.Error(), s.secret, "***")))
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
