package connectors_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
)

func TestFlattenKeepsEveryDigitAndEveryValue(t *testing.T) {
	pairs, ok := connectors.Flatten(gjson.Parse(`{"id":9007199254740993,"tags":["甲","乙"],"form":[{"label":"手机","value":"139"}],"goods":[{"name":"x","number":2}],"none":null}`))
	require.True(t, ok)
	require.Equal(t, []connectors.Pair{{Name: "id", Value: "9007199254740993"}, {Name: "tags", Value: "甲"}, {Name: "tags", Value: "乙"},
		{Name: "form.手机", Value: "139"}, {Name: "goods.0.name", Value: "x"}, {Name: "goods.0.number", Value: "2"}}, pairs)
}

func TestANameIsNoPath(t *testing.T) {
	object := gjson.Parse(`{"a":{"b":"inside"},"a.b":"a dot"}`)
	require.Equal(t, "a dot", connectors.FirstScalar(object, "none", "a.b"))
	require.Empty(t, connectors.FirstScalar(object, "a", "none"))
}

func TestOnlyATimeWithoutAZoneGetsOne(t *testing.T) {
	require.Equal(t, "2026-01-05T16:58:00+08:00", connectors.ChinaTime("2026-01-05 16:58:00"))
	for _, same := range []string{"2026-01-05T08:58:00Z", "1767603480", "", "昨天"} {
		require.Equal(t, same, connectors.ChinaTime(same))
	}
}
