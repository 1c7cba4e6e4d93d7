package hub

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/normalize"
	"github.com/leadhub/leadhub/sink"
)

func TestAPinIsReadAsIfItHadArrived(t *testing.T) {
	n, err := normalize.New(normalize.Config{})
	require.NoError(t, err)
	s := &snapshot{normalizer: n}
	for _, c := range []struct{ field, typed, value string }{
		{"name", " 林 晓 ", "林晓"},
		{"name", "林晓先生", "林晓"},
		{"honorific", "女士", "女士"},
		{"company", "海衡科技有限公司", "海衡科技有限公司"},
		{"title", "采购经理", "采购经理"},
		{"address", "科技园路１号", "科技园路1号"},
		{"region", "广东省 深圳市 南山区", "广东省 深圳市 南山区"},
		{"region", "广东 深圳", "广东省 深圳市"},
		{"region", "广东省深圳市南山区", "广东省 深圳市 南山区"},
		{"region", "深圳", "广东省 深圳市"},
		{"region", "北京", "北京市"},
		{"region", "中国 广东省 深圳市 南山区", "广东省 深圳市 南山区"},
		{"region", "广西", "广西壮族自治区"},
		{"region", "新加坡", "SG"},
		{"region", "San Francisco", "San Francisco"},
		{"region", "US California", "California"},
	} {
		pin, err := s.pin(c.field, c.typed)
		require.NoError(t, err, c.typed)
		require.Equal(t, c.field, pin.Field)
		require.Equal(t, c.value, pin.Value, c.typed)
	}
}

func TestAValueThatCannotBeReadIsNotPinned(t *testing.T) {
	n, err := normalize.New(normalize.Config{})
	require.NoError(t, err)
	s := &snapshot{normalizer: n}
	for _, c := range []struct{ field, typed, code string }{
		{"name", "", "unreadable_value"},
		{"name", "13912345678", "unreadable_value"},
		{"company", "  ", "unreadable_value"},
		{"region", "", "unreadable_value"},
		{"region", "广东省 火星市", "unreadable_value"},
		{"region", "火星", "unreadable_value"},
		{"region", "广东省火星市", "unreadable_value"},
		{"phones", "+8613912345678", "not_pinnable"},
		{"owner", "chen", "not_pinnable"},
	} {
		_, err := s.pin(c.field, c.typed)
		e := lead.AsError(err)
		require.NotNil(t, e, "%s %s", c.field, c.typed)
		require.Equal(t, c.code, e.Code, c.typed)
		require.Equal(t, lead.KindInvalid, e.Kind)
		require.NotEmpty(t, e.Hint)
		if len(c.typed) > 6 {
			require.NotContains(t, e.Error()+e.Hint, c.typed, "it may be personal")
		}
	}
}

func TestTheChangeOfAnErasedLeadIsATombstone(t *testing.T) {
	for _, value := range [][]byte{nil, {}} {
		r := newNames("").changeRecord(sink.Outgoing{Lead: "ld_1", Version: 3, Type: lead.ChangeErased, Value: value})
		require.Nil(t, r.Value, "an empty value would stay in a compacted topic")
		require.Equal(t, "ld_1", string(r.Key))
		require.Equal(t, lead.ChangeErased, string(header(r, "ce_type")))
		require.Equal(t, "ld_1-3", string(header(r, "ce_id")))
	}
	r := newNames("").changeRecord(sink.Outgoing{Lead: "ld_1", Value: []byte("{}")})
	require.Equal(t, "{}", string(r.Value))
}
