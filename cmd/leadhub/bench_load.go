package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// load makes posts of about 500 bytes. The same number always makes the same post, so runs can be compared.
type load struct {
	n       int
	repeats int // percent
}

func newLoad(n, repeats int) *load { return &load{n: n, repeats: repeats} }

// person is the number of the person who sends post i: with repeats, one who sent before.
func (l *load) person(i int) int {
	if i > 100 && i%100 < l.repeats {
		return (i * 7919) % (i - i%100) // an earlier hundred, so the phone came before
	}
	return i
}

var (
	benchSurnames = []string{"王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙"}
	benchCities   = []string{"深圳", "广州", "上海", "北京", "杭州", "成都", "武汉", "苏州"}
)

// body is post i.
func (l *load) body(i int) []byte {
	p := l.person(i)
	// Prefixes that the numbering plan gives to mobiles; seven digits of the person follow.
	prefix := []string{"136", "137", "138", "139", "150", "151", "158", "159", "186", "187"}[p%10]
	return fmt.Appendf(nil, `{"name":"%s%c%c","phone":"%s%08d","company":"%s云帆科技%d有限公司","city":"%s",`+
		`"message":"想了解企业版的价格和实施周期，我们有%d家门店，希望下周安排一次产品演示，最好能带上同行业的案例，谢谢。第%d次咨询",`+
		`"utm_source":"baidu","utm_medium":"cpc","utm_campaign":"spring-%d","page":"https://www.example.cn/price?plan=%d",`+
		`"referrer":"https://www.baidu.com/link?url=abcdefghijklmnopqrstuvwxyz%d"}`,
		benchSurnames[p%12], rune(0x4e00+p%3000), rune(0x5000+p%2000), prefix, 10_000_000+p%80_000_000, benchCities[p%8], p%5000,
		benchCities[p%8], p%90+1, i, p%20, i%9, i)
}

// result holds one time per post.
type result struct {
	took  time.Duration
	times []time.Duration // sorted
}

func (r *result) perSecond() float64 { return float64(len(r.times)) / r.took.Seconds() }

// quantile is in milliseconds.
func (r *result) quantile(q float64) float64 {
	if len(r.times) == 0 {
		return 0
	}
	return float64(r.times[min(int(q*float64(len(r.times))), len(r.times)-1)].Microseconds()) / 1000
}

// run posts everything over some connections, each sending its next post when the last was answered 202. Any other answer is an error.
func (l *load) run(ctx context.Context, addr string, connections int) (*result, error) {
	times := make([]time.Duration, l.n)
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, connections)
	start := time.Now()
	for range connections {
		wg.Go(func() {
			c, err := dial(addr)
			if err != nil {
				errs <- err
				return
			}
			defer c.Close()
			for {
				i := int(next.Add(1)) - 1
				if i >= l.n || ctx.Err() != nil {
					return
				}
				sent := time.Now()
				if _, err := c.post(l.body(i)); err != nil {
					errs <- fmt.Errorf("post %d: %w", i, err)
					return
				}
				times[i] = time.Since(sent)
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	select {
	case err := <-errs:
		return nil, err
	default:
	}
	slices.Sort(times)
	return &result{took: took, times: times}, ctx.Err()
}

// benchConn is a plain HTTP/1.1 connection: a load generator must cost less than what it measures.
type benchConn struct {
	net.Conn
	r    *bufio.Reader
	head []byte
	buf  []byte
}

func dial(addr string) (*benchConn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	head := "POST /in/bench HTTP/1.1\r\nHost: " + addr + "\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: "
	return &benchConn{Conn: c, r: bufio.NewReaderSize(c, 4096), head: []byte(head)}, nil
}

// post sends one body and returns the answer's.
func (c *benchConn) post(body []byte) ([]byte, error) {
	c.buf = append(c.buf[:0], c.head...)
	c.buf = strconv.AppendInt(c.buf, int64(len(body)), 10)
	c.buf = append(append(c.buf, "\r\n\r\n"...), body...)
	return c.exchange("202")
}

func (c *benchConn) exchange(want string) ([]byte, error) {
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return nil, err
	}
	if _, err := c.Write(c.buf); err != nil {
		return nil, err
	}
	status, err := c.r.ReadString('\n')
	if err != nil {
		return nil, err
	}
	length := 0
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if line == "\r\n" {
			break
		}
		if v, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			length, _ = strconv.Atoi(strings.TrimSpace(v))
		}
	}
	answer := make([]byte, length)
	if _, err := io.ReadFull(c.r, answer); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(status, "HTTP/1.1 "+want) {
		return nil, fmt.Errorf("answered %s: %s", strings.TrimSpace(status), answer)
	}
	return answer, nil
}

// untilAssigned posts, and asks until the submission has an owner.
func (c *benchConn) untilAssigned(ctx context.Context, body []byte) error {
	answer, err := c.post(body)
	if err != nil {
		return err
	}
	id, err := acceptedID(answer)
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline) && ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		c.buf = append(c.buf[:0], "GET /v1/submissions/"+id+" HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer "+benchToken+"\r\n\r\n"...)
		answer, err := c.exchange("200")
		if err != nil {
			return err
		}
		var st lead.SubmissionStatus
		if err := json.Unmarshal(answer, &st); err != nil {
			return err
		}
		if st.Owner != "" {
			return nil
		}
	}
	return fmt.Errorf("submission %s has no owner after 30 s", id)
}

func acceptedID(answer []byte) (string, error) {
	var accepted struct{ ID string }
	err := json.Unmarshal(answer, &accepted)
	return accepted.ID, err
}
