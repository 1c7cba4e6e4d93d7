package connectors_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
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

func TestAnEventIDIsNeverVeryLong(t *testing.T) {
	require.Equal(t, "form/12", connectors.EventID("form", "12"))
	long := connectors.EventID("form", strings.Repeat("1", 300))
	require.Len(t, long, len("sha256:")+64)
	require.NotEqual(t, long, connectors.EventID("form", strings.Repeat("1", 301)))
	require.Equal(t, connectors.BodyID([]byte("a")), connectors.BodyID([]byte("a")))
	require.NotEqual(t, connectors.BodyID([]byte("a")), connectors.BodyID([]byte("b")))
}

func TestADocumentIsWholeJSON(t *testing.T) {
	doc, err := connectors.Document([]byte("\ufeff{\"a\":1}"))
	require.NoError(t, err)
	require.Equal(t, "1", connectors.FirstScalar(doc, "a"))
	for _, broken := range []string{"", `{"a":1`, `{"a":1}{`, "a=1"} {
		_, err := connectors.Document([]byte(broken))
		require.Equal(t, "bad_json", lead.AsError(err).Code)
	}
}

func TestATextWithADocumentIsOpened(t *testing.T) {
	doc := gjson.Parse(`{"object":{"a":1},"text":"{\"a\":1}","word":"a","empty":""}`)
	require.Equal(t, "1", connectors.FirstScalar(connectors.Inner(doc.Get("object")), "a"))
	require.Equal(t, "1", connectors.FirstScalar(connectors.Inner(doc.Get("text")), "a"))
	for _, none := range []string{"word", "empty", "nothing"} {
		require.False(t, connectors.Inner(doc.Get(none)).Exists(), none)
	}
}

func TestAnAnswerWithoutANameDoesNotHideTheOthers(t *testing.T) {
	pairs, ok := connectors.Answers(gjson.Parse(`[{"label":"手机","value":"139"},{"label":"","value":"x"},"text",{"label":"产品","value":["甲","乙"]}]`))
	require.True(t, ok)
	require.Equal(t, []connectors.Pair{{Name: "手机", Value: "139"}, {Name: "0.value", Value: "x"}, {Name: "产品", Value: "甲"}, {Name: "产品", Value: "乙"}}, pairs)
	_, ok = connectors.Answers(gjson.Parse("[" + strings.Repeat(`{"label":"a","value":1},`, 2000) + `{}]`))
	require.False(t, ok)
}
