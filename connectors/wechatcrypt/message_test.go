package wechatcrypt_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors/wechatcrypt"
)

func TestAMessageReadsTheSameInXMLAndJSON(t *testing.T) {
	want := wechatcrypt.Values{"FromUserName": {"o1"}, "MsgId": {"9007199254740993123"}, "Info.Result": {"a&b", "c"}, "Content": {"1 < 2"}}
	for _, message := range []string{
		`<xml><FromUserName><![CDATA[o1]]></FromUserName><MsgId>9007199254740993123</MsgId><Info><Result>a&amp;b</Result><Result> c </Result></Info>` +
			"\n<Content>1 <![CDATA[< 2]]></Content><Event></Event></xml>",
		"\ufeff" + `{"FromUserName":"o1","MsgId":9007199254740993123,"Info":[{"Result":"a&b"},{"Result":"c"}],"Content":"1 < 2","Event":"","Null":null}`,
	} {
		got, err := wechatcrypt.Read([]byte(message))
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, "o1", got.Get("OpenID", "FromUserName"))
		require.Empty(t, got.Get("Event", "Null"))
	}
	for message, want := range map[string]string{
		``: "bad_xml", `<xml><a>`: "bad_xml", `<!DOCTYPE a><xml/>`: "bad_xml", `hello`: "bad_xml", `{"a":1}{}`: "bad_json", `{"a":`: "bad_json",
		strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20): "bad_json",
	} {
		_, err := wechatcrypt.Read([]byte(message))
		require.Equal(t, want, code(err), message)
	}
}

func TestATimeIsFreshWithinTheTolerance(t *testing.T) {
	now := time.Unix(1767603600, 0)
	for timestamp, fresh := range map[string]bool{"1767603600": true, "1767603301": true, "1767603899": true, "1767603600123": true,
		"1767603299": false, "1767603901": false, "": false, "soon": false, "9223372036854775807": false} {
		err := wechatcrypt.Query{Timestamp: timestamp}.Fresh(now, 300*time.Second)
		require.Equal(t, fresh, err == nil, timestamp)
		require.NoError(t, wechatcrypt.Query{Timestamp: timestamp}.Fresh(now, 0))
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{`<xml><A>a</A><B><C>1</C></B></xml>`, `{"A":[{"B":1.5e3},null,true]}`, `<a><b/></a>`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		values, err := wechatcrypt.Read(message)
		require.True(t, err == nil || values == nil)
		for name, list := range values {
			require.NotEmpty(t, name)
			require.NotEmpty(t, list)
		}
	})
}
