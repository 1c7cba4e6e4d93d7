package topsign_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors/topsign"
	"github.com/leadhub/leadhub/lead"
)

// The platforms' own examples.
func TestThePublishedExamplesComeOut(t *testing.T) {
	for name, c := range map[string]struct {
		scheme       topsign.Scheme
		secret, want string
		params       map[string]string
	}{
		// open.taobao.com docId=101617
		"TOP": {topsign.TOP, "helloworld", "66987CB115214E59E6EC978214934FB8", map[string]string{"method": "taobao.item.seller.get",
			"app_key": "12345678", "session": "test", "timestamp": "2016-01-01 12:00:00", "format": "json", "v": "2.0", "sign_method": "md5",
			"fields": "num_iid,title,nick,price,num", "num_iid": "11223344"}},
		// open.jd.com developer guide, listId=2643
		"JOS": {topsign.JOS, "yourappSecret", "D70825340F4084360B9362B60DFD7930", map[string]string{
			"360buy_param_json": `{"end_date":null,"optional_fields":null,"order_state":"WAIT_SELLER_STOCK_OUT","page":"1","page_size":"200","start_date":null}`,
			"access_token":      "yourtoken", "app_key": "yourappkey", "method": "jingdong.pop.order.search",
			"timestamp": "2021-05-07 09:20:39.683+0800", "v": "2.0", "format": "json", "sign_method": "md5"}},
		// open.pinduoduo.com sign page, idStr=8EC06C399636041E
		"PDD": {topsign.PDD, "testSecret", "E4DE3ED21002510DED352819E7AE6775", map[string]string{"access_token": "asd78172s8ds9a921j9qqwda12312w1w21211",
			"client_id": "1", "data_type": "XML", "order_status": "1", "page": "1", "page_size": "10", "timestamp": "1480411125", "type": "pdd.order.number.list.get"}},
		// RFC 2202 and RFC 4231, case 1: what is joined is "Hi There".
		"hmac-md5":    {topsign.TOPHMAC, strings.Repeat("\x0b", 16), "9294727A3638BB1C13F48EF8158BFC9D", map[string]string{"Hi": " There"}},
		"hmac-sha256": {topsign.TOPHMACSHA256, strings.Repeat("\x0b", 20), "B0344C61D8DB38535CA8AFCEAF0BF12B881DC200C9833DA726E9376C2E32CFF7", map[string]string{"Hi": " There"}},
		"hmac-sha1":   {topsign.Alibaba, strings.Repeat("\x0b", 20), "B617318655057264E28BC0B6FB378C8EF146BE00", map[string]string{"Hi": " There"}},
	} {
		require.Equal(t, c.want, c.scheme.Sign(c.secret, "", c.params), name)
		c.params[c.scheme.Except[0]] = "the signature does not sign itself"
		require.NoError(t, c.scheme.Verify([]string{"old", c.secret}, strings.ToLower(c.want), "", c.params), name)
		c.params["more"] = "1"
		require.Equal(t, "bad_signature", lead.AsError(c.scheme.Verify([]string{c.secret}, c.want, "", c.params)).Code, name)
	}
}

func TestNoSecretVerifiesNothing(t *testing.T) {
	params := map[string]string{"a": "1"}
	for _, secrets := range [][]string{nil, {""}, {" "}} {
		require.Equal(t, "bad_signature", lead.AsError(topsign.TOP.Verify(secrets, topsign.TOP.Sign("", "", params), "", params)).Code)
	}
	require.Equal(t, "unsigned", lead.AsError(topsign.TOP.Verify([]string{"k"}, "", "", params)).Code)
}

func TestWhatStandsBetweenAndBehindIsThePlatforms(t *testing.T) {
	params := map[string]string{"timestamp": "1", "app-key": "k", "sign": "x", "empty": ""}
	// md5 of "/push?app-key=k&empty=&timestamp=1s3cret" and hmac-sha256 of "s3cretapp-keykemptytimestamp1s3cret", by openssl
	require.Equal(t, "30fd761373eedfe16992577a70ab9d13", topsign.Xiaohongshu.Sign("s3cret", "/push?", params))
	require.Equal(t, "99b1bd4464f1d9fad0c0121d90931ecb9dc6bd479fc6e658a281e75462b29d38", topsign.Doudian.Sign("s3cret", "", params))
}
