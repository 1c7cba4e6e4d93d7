package embedded

import (
	"encoding/binary"
	"fmt"
	"net"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// maxRequestBytes bounds a request; the largest real one is a batch of 1 MiB.
const maxRequestBytes = 8 << 20

// guardedListener hands out connections that fail on a request which kfake must
// not see.
type guardedListener struct{ net.Listener }

func (l guardedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &guardedConn{Conn: c}, nil
}

// guardedConn follows the frames of the Kafka protocol: a length of four bytes,
// then that many bytes, the first two of which name the kind of request
// (https://kafka.apache.org/protocol.html#protocol_messages).
type guardedConn struct {
	net.Conn
	head []byte // what has passed of the six bytes that are looked at
	rest int    // bytes of the current request still to come
}

// The head of a request is passed on as it comes, so a bad kind has let its
// length through. kfake parses nothing before the whole request is there.
func (c *guardedConn) Read(p []byte) (int, error) {
	want := len(p)
	if len(c.head) < headBytes {
		want = min(want, headBytes-len(c.head))
	} else {
		want = min(want, c.rest)
	}
	n, err := c.Conn.Read(p[:want])
	if len(c.head) < headBytes {
		c.head = append(c.head, p[:n]...)
		if bad := c.check(); bad != nil {
			_ = c.Close()
			return 0, bad
		}
	} else {
		c.rest -= n
	}
	if len(c.head) == headBytes && c.rest == 0 {
		c.head = c.head[:0]
	}
	return n, err
}

const headBytes = 6

func (c *guardedConn) check() error {
	if len(c.head) < 4 {
		return nil
	}
	size := binary.BigEndian.Uint32(c.head)
	if size < 8 || size > maxRequestBytes {
		return fmt.Errorf("request of %d bytes refused", size)
	}
	if len(c.head) < headBytes {
		return nil
	}
	if key := int16(binary.BigEndian.Uint16(c.head[4:])); kmsg.RequestForKey(key) == nil {
		return fmt.Errorf("request of unknown kind %d refused", key)
	}
	c.rest = int(size) - 2
	return nil
}
