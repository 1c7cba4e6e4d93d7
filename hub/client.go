package hub

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"time"
)

const (
	callPatience = 30 * time.Second // of one call of a vendor, its answer read
	maxRedirects = 5
)

var (
	callVendor = newTransport(netip.Addr{})
	errMoved   = errors.New("the vendor sends the call to another host")
)

// newClient makes what a connector calls its vendor with. It follows redirects only within a host, asks no proxy, and does not connect to
// addresses that are local to the machine's own link, where clouds keep their credentials: an address in a setting or an answer must not
// lead there. apiURL, the setting of that name, may be such an address when a person wrote it so.
func newClient(apiURL string) *http.Client {
	transport := callVendor
	if u, err := url.Parse(apiURL); err == nil {
		if named, err := netip.ParseAddr(u.Hostname()); err == nil && linkLocal(named) {
			transport = newTransport(named.Unmap())
		}
	}
	return &http.Client{Transport: transport, Timeout: callPatience, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		first := via[0].URL
		if !strings.EqualFold(r.URL.Host, first.Host) || r.URL.Scheme != first.Scheme {
			return errMoved
		}
		if len(via) > maxRedirects {
			return errors.New("the vendor redirects without end")
		}
		return nil
	}}
}

func newTransport(named netip.Addr) *http.Transport {
	d := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address) // after the name was looked up: a name may lead anywhere
		if err != nil {
			return err
		}
		if addr := to.Addr().Unmap().WithZone(""); linkLocal(addr) && addr != named {
			return fmt.Errorf("calls to %s are not allowed", addr)
		}
		return nil
	}}
	return &http.Transport{DialContext: d.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 20 * time.Second,
		MaxIdleConnsPerHost: 4, MaxConnsPerHost: 32, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10}
}

// metadata are the addresses, beside those local to the link, where clouds answer with credentials: Alibaba Cloud's and AWS's.
var metadata = []netip.Addr{netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("fd00:ec2::254")}

func linkLocal(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() || a.IsUnspecified() || a == metadata[0] || a == metadata[1]
}

var address = regexp.MustCompile(`(?i)\b(https?|wss?)://[^\s"'<>]*`)

// unaddressed is the text of an error for the log: what follows the host in an address may be a token.
func unaddressed(err error) string {
	return address.ReplaceAllStringFunc(err.Error(), func(s string) string {
		u, parseErr := url.Parse(s)
		if parseErr != nil {
			return "an address"
		}
		return u.Scheme + "://" + u.Host
	})
}
