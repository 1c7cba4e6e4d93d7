package jd

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
)

// The example of the open.jd.com developer guide, listId=2643, as it leaves this connector.
func TestACallIsSignedAsJDsGuideShows(t *testing.T) {
	s := &pop{appKey: "yourappkey", secret: "yourappSecret", set: connectors.Settings{Now: func() time.Time {
		return time.Date(2021, 5, 7, 9, 20, 39, 683e6, connectors.China)
	}}}
	form := url.Values{"method": {"jingdong.pop.order.search"}, "360buy_param_json": {
		`{"end_date":null,"optional_fields":null,"order_state":"WAIT_SELLER_STOCK_OUT","page":"1","page_size":"200","start_date":null}`}}
	r, err := http.NewRequest(http.MethodPost, popURL, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.sign(r, "yourtoken")
	require.NoError(t, r.ParseForm())
	require.Equal(t, "D70825340F4084360B9362B60DFD7930", r.PostForm.Get("sign"))
}
