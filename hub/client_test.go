package hub

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAVendorIsCalledDirectlyAndRedirectsStayOnItsHost(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the call went elsewhere") }))
	defer elsewhere.Close()
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/here", http.StatusFound)
		case "/away":
			http.Redirect(w, r, strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)+"/?token=hush", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		}
	}))
	defer vendor.Close()
	c := newClient(vendor.URL)
	require.Equal(t, callPatience, c.Timeout)
	resp, err := c.Get(vendor.URL + "/moved")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
	for _, path := range []string{"/away", "/round"} {
		_, err = c.Get(vendor.URL + path)
		require.Error(t, err, path)
	}
	_, err = c.Get(vendor.URL + "/away")
	require.ErrorIs(t, err, errMoved)
	require.NotContains(t, unaddressed(err), "hush")
}

func TestNoCallGoesToAnAddressWhereCloudsKeepCredentials(t *testing.T) {
	for _, url := range []string{"http://169.254.169.254/latest/meta-data", "http://[fe80::1]/", "http://100.100.100.200/", "http://[fd00:ec2::254]/", "http://[::ffff:169.254.169.254]/", "http://0.0.0.0:1/"} {
		began := time.Now()
		_, err := newClient("https://api.vendor.example").Get(url)
		require.ErrorContains(t, err, "are not allowed", url)
		require.Less(t, time.Since(began), 5*time.Second)
	}
	named := newTransport(netip.MustParseAddr("169.254.7.7"))
	require.NotNil(t, named)
	require.NotSame(t, callVendor, newClient("http://169.254.7.7:8080/api").Transport, "a person wrote this address")
	require.Same(t, callVendor, newClient("http://127.0.0.1:8080/api").Transport)
}
