package connectors

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// SecretAddress is all that proves a post of a vendor that signs nothing: a secret in the address that only the vendor was told, and
// perhaps the addresses that the vendor posts from. It is safe for concurrent use.
type SecretAddress struct {
	secrets []string
	allowed []netip.Prefix
}

var (
	errNoSecret = lead.Unauthorized("unsigned", "the address of this post carries no secret",
		"give the vendor the whole address of the source: /in/{source}/{secret}")
	errWrongSecret = lead.Unauthorized("bad_signature", "the secret in the address of this post is not the one of this source",
		"give the vendor the whole address of the source: /in/{source}/{secret}")
	errStranger = &lead.Error{Kind: lead.KindForbidden, Code: "address_not_allowed", Message: "this source takes no posts from this network address",
		Hint: "correct the list of allowed addresses; behind a proxy, tell the hub to trust it"}
)

// OpenSecretAddress makes one of secrets, all valid, and of addresses like "203.0.113.7" or "203.0.113.0/24"; without any, every
// address will do.
func OpenSecretAddress(secrets, allowed []string) (*SecretAddress, error) {
	a := &SecretAddress{secrets: secrets}
	if len(secrets) == 0 {
		return nil, lead.Invalid("bad_settings", "there is no secret", "make up a long random text and put it behind the address of the source")
	}
	for _, s := range secrets {
		if strings.TrimSpace(s) == "" || strings.ContainsAny(s, "/?#% ") {
			return nil, lead.Invalid("bad_settings", "a secret is empty or has a character that an address cannot show", "use letters, digits and -")
		}
	}
	for _, text := range allowed {
		prefix, err := netip.ParsePrefix(text)
		if addr, addrErr := netip.ParseAddr(text); addrErr == nil {
			prefix, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return nil, lead.Invalid("bad_settings", text+" is not a network address", "write 203.0.113.7 or 203.0.113.0/24")
		}
		a.allowed = append(a.allowed, prefix.Masked())
	}
	return a, nil
}

// mostCandidates bounds the work for a stranger's address: so many parts of the path, and about as many values, are looked at.
const mostCandidates = 16

// Verify finds the secret in a part of the path behind /in/{source}, or in a value of the query. It takes it out of r.URL: what
// is left there may be stored.
func (a *SecretAddress) Verify(r *http.Request) error {
	address := *r.URL
	path := strings.SplitN(r.URL.Path, "/", 4)
	inPath, query := "", r.URL.Query()
	if len(path) == 4 {
		inPath, path[3] = path[3], ""
	}
	address.Path, address.RawPath, address.RawQuery = strings.TrimSuffix(strings.Join(path, "/"), "/"), "", ""
	r.URL = &address
	candidates := strings.SplitN(inPath, "/", mostCandidates)
	for _, values := range query {
		candidates = append(candidates, values...)
	}
	given, fits := false, false
	for _, c := range candidates[:min(len(candidates), 2*mostCandidates)] {
		given = given || c != ""
		fits = EqualToken(c, a.secrets) || fits
	}
	switch {
	case !given:
		return errNoSecret
	case !fits:
		return errWrongSecret
	case !a.allows(r.RemoteAddr):
		return errStranger
	}
	return nil
}

func (a *SecretAddress) allows(remote string) bool {
	if len(a.allowed) == 0 {
		return true
	}
	addr, err := netip.ParseAddr(remote)
	if port, portErr := netip.ParseAddrPort(remote); portErr == nil {
		addr, err = port.Addr(), nil
	}
	if err != nil {
		return false
	}
	addr = addr.Unmap().WithZone("")
	for _, p := range a.allowed {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
