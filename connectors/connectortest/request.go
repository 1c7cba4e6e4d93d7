package connectortest

import (
	"bufio"
	"bytes"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/fixtures/signing"
)

// HTTP makes the request of the case as the hub hands it to Receive: its body limited, its headers filled in.
func (c Case) HTTP(t testing.TB) *http.Request {
	t.Helper()
	head, body, ok := cutHead(c.Request)
	require.True(t, ok, "%s/request.http has no blank line after its headers", c.Name)
	filled, err := signing.Fill(string(head), body, c.Source.Now, nil)
	require.NoError(t, err, c.Name)
	lines := bufio.NewScanner(strings.NewReader(filled))
	require.True(t, lines.Scan())
	method, rest, _ := strings.Cut(lines.Text(), " ")
	target, _, _ := strings.Cut(rest, " ")
	r := httptest.NewRequest(method, target, bytes.NewReader(body))
	r.RemoteAddr = c.Source.Remote
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), ":")
		require.True(t, ok, "%s: %q is not a header", c.Name, lines.Text())
		r.Header.Add(name, strings.TrimSpace(value))
	}
	if length := r.Header.Get("Content-Length"); length != "" {
		r.ContentLength, err = strconv.ParseInt(length, 10, 64)
		require.NoError(t, err)
	}
	r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, c.Source.MaxBody)
	return r
}

func cutHead(request []byte) (head, body []byte, ok bool) {
	if head, body, ok = bytes.Cut(request, []byte("\r\n\r\n")); ok && !bytes.Contains(head, []byte("\n\n")) {
		return head, body, true
	}
	return bytes.Cut(request, []byte("\n\n"))
}
