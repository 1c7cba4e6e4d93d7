package connectortest

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// FuzzParse fuzzes Parse with the bodies of the cases as its beginning. It is all of a fuzz test:
//
//	func FuzzParse(f *testing.F) { connectortest.FuzzParse(f, shopify.Connector{}, "../../fixtures/channels") }
func FuzzParse(f *testing.F, connector connectors.Connector, fixtures string) {
	spec := connector.Spec()
	cases := Cases(f, fixtures, spec.Channel)
	require.NotEmpty(f, cases)
	sources := make([]connectors.Source, len(cases))
	for i, c := range cases {
		sources[i] = c.Open(f, connector)
		r := c.HTTP(f)
		_, body, _ := cutHead(c.Request)
		f.Add(i, body, r.Header.Get("Content-Type"), r.URL.RawQuery)
	}
	f.Fuzz(func(t *testing.T, i int, body []byte, contentType, query string) {
		n := at(i, len(cases))
		raw := cases[n].Raw(spec.Channel, &http.Request{}, connectors.Event{ID: "fuzz", Body: body, ContentType: contentType, Query: query})
		CheckParse(t, sources[n], raw)
	})
}

// FuzzReceive fuzzes the door, handshakes included: body, query and method of every case, and the value of one of its headers. What
// is accepted is parsed as well.
func FuzzReceive(f *testing.F, connector connectors.Connector, fixtures string) {
	spec := connector.Spec()
	cases := Cases(f, fixtures, spec.Channel)
	require.NotEmpty(f, cases)
	sources := make([]connectors.Receiver, len(cases))
	for i, c := range cases {
		receiver, ok := c.Open(f, connector).(connectors.Receiver)
		require.True(f, ok)
		sources[i] = receiver
		r := c.HTTP(f)
		_, body, _ := cutHead(c.Request)
		f.Add(i, r.Method, r.URL.RawQuery, body, "", "")
		for name := range r.Header {
			f.Add(i, r.Method, r.URL.RawQuery, body, name, r.Header.Get(name))
		}
	}
	f.Fuzz(func(t *testing.T, i int, method, query string, body []byte, name, value string) {
		n := at(i, len(cases))
		c := cases[n]
		head, _, _ := cutHead(c.Request)
		c.Request = append(append(append([]byte(nil), head...), "\n\n"...), body...)
		r := c.HTTP(t)
		r.Method, r.URL.RawQuery = method, query
		if name != "" {
			r.Header.Set(name, value)
		}
		d, err := sources[n].Receive(r)
		requireTexts(t, err)
		c.keepsSecrets(t, spec, err, d)
		if err != nil {
			require.Empty(t, d.Events)
			require.NotEqual(t, lead.KindInternal, lead.AsError(err).Kind)
		}
		for _, e := range d.Events {
			CheckParse(t, sources[n].(connectors.Source), c.Raw(spec.Channel, r, e))
		}
	})
}

func at(i, n int) int {
	if i %= n; i < 0 {
		i += n
	}
	return i
}
