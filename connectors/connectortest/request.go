package connectortest

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/require"
)

// HTTP makes the request of the case as the hub hands it to Receive: its body limited, its headers filled in.
func (c Case) HTTP(t testing.TB) *http.Request {
	t.Helper()
	head, body, ok := cutHead(c.Request)
	require.True(t, ok, "%s/request.http has no blank line after its headers", c.Name)
	filled, err := c.fill(string(head), body)
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

func (c Case) fill(head string, body []byte) (string, error) {
	unix := func(seconds int) string {
		return strconv.FormatInt(c.Source.Now.Add(time.Duration(seconds)*time.Second).Unix(), 10)
	}
	tmpl, err := template.New(c.Name).Option("missingkey=error").Funcs(template.FuncMap{
		"unix":   unix,
		"unixms": func(seconds int) string { return unix(seconds) + "000" },
		"china": func(seconds int) string {
			return c.Source.Now.Add(time.Duration(seconds) * time.Second).In(time.FixedZone("", 8*60*60)).Format(time.DateTime)
		},
		"body": func() string { return string(body) },
		"hash": func(algorithm, encoding, text string) (string, error) { return sum(algorithm, encoding, []byte(text)) },
		"mac": func(algorithm, encoding, secret, text string) (string, error) {
			return sign(algorithm, encoding, []byte(secret), []byte(text))
		},
		"sorted": func(parts ...string) string { return strings.Join(slices.Sorted(slices.Values(parts)), "") },
		"hmac": func(algorithm, encoding, secret string) (string, error) {
			return sign(algorithm, encoding, []byte(secret), body)
		},
		"standardwebhooks": func(secret, id string, seconds int) (string, error) {
			key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
			if err != nil {
				return "", err
			}
			return sign("sha256", "base64", key, append([]byte(id+"."+unix(seconds)+"."), body...))
		},
	}).Parse(head)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = tmpl.Execute(&b, nil)
	return b.String(), err
}

var algorithms = map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New}

func sign(algorithm, encoding string, key, message []byte) (string, error) {
	newHash, ok := algorithms[algorithm]
	if !ok {
		return "", fmt.Errorf("no algorithm %q", algorithm)
	}
	return written(encoding, hmac.New(newHash, key), message)
}

func sum(algorithm, encoding string, message []byte) (string, error) {
	newHash, ok := algorithms[algorithm]
	if !ok {
		return "", fmt.Errorf("no algorithm %q", algorithm)
	}
	return written(encoding, newHash(), message)
}

func written(encoding string, h hash.Hash, message []byte) (string, error) {
	h.Write(message)
	switch encoding {
	case "hex":
		return hex.EncodeToString(h.Sum(nil)), nil
	case "base64":
		return base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
	}
	return "", fmt.Errorf("no encoding %q", encoding)
}
