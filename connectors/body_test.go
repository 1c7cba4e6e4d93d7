package connectors_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

func TestAWholeBodyIsReadByteForByte(t *testing.T) {
	for _, size := range []int{0, 1, 511, 512, 513, 64 << 10, 64<<10 + 1, 300 << 10} {
		want := bytes.Repeat([]byte("留"), size/3+1)[:size]
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"at once": func(r io.Reader) io.Reader { return r }, "halves": iotest.HalfReader, "end with the data": iotest.DataErrReader,
		} {
			for _, announced := range []int64{int64(size), -1} {
				r := httptest.NewRequest("POST", "/", wrap(bytes.NewReader(want)))
				r.ContentLength = announced
				got, err := connectors.ReadBody(r)
				require.NoError(t, err)
				require.True(t, bytes.Equal(want, got), "%d bytes, %s", size, name)
			}
		}
	}
	got, err := connectors.ReadBody(&http.Request{})
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestAPartOfABodyIsNeverReturned(t *testing.T) {
	limited := httptest.NewRequest("POST", "/", strings.NewReader("12345"))
	limited.Body = http.MaxBytesReader(httptest.NewRecorder(), limited.Body, 4)
	short := httptest.NewRequest("POST", "/", strings.NewReader("12345"))
	short.ContentLength = 6
	broken := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader("123"), iotest.ErrReader(errors.New("connection reset"))))
	for code, r := range map[string]*http.Request{"body_too_large": limited, "body_cut": short} {
		body, err := connectors.ReadBody(r)
		require.Nil(t, body)
		require.Equal(t, code, lead.AsError(err).Code)
	}
	body, err := connectors.ReadBody(broken)
	require.Nil(t, body)
	require.Equal(t, lead.KindInvalid, lead.AsError(err).Kind)
}

func TestABodyCutOnTheWireIsNoticed(t *testing.T) {
	codes := make(chan string, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1000)
		_, err := connectors.ReadBody(r)
		codes <- code(err)
	}))
	defer server.Close()
	for _, head := range []string{"Content-Length: 100\r\n\r\n{\"name\":", "Transfer-Encoding: chunked\r\n\r\n64\r\n{\"name\":"} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		_, err = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\n%s", head)
		require.NoError(t, err)
		require.NoError(t, conn.(*net.TCPConn).CloseWrite())
		_, _ = bufio.NewReader(conn).ReadString('\n')
		require.Equal(t, "body_cut", <-codes)
		require.NoError(t, conn.Close())
	}
}
