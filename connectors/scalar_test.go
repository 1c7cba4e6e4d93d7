package connectors_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

func TestAScalarKeepsEveryDigitAndRefusesNothing(t *testing.T) {
	for in, want := range map[string]string{
		`9007199254740993`: "9007199254740993", `"9007199254740993"`: "9007199254740993", `1.50`: "1.50", `true`: "true",
		`null`: "", `{"a":1}`: "", `[1]`: "", `"林😀"`: "林😀", `""`: "",
	} {
		v := struct{ ID connectors.Scalar }{"before"}
		require.NoError(t, json.Unmarshal([]byte(`{"id":`+in+`}`), &v), in)
		require.Equal(t, want, v.ID.String(), in)
	}
}

func TestAnAnswerGoesWhereItsQuestionSays(t *testing.T) {
	m := connectors.NewMapper(connectors.Settings{Mapping: map[string]string{"q7": "budget", "安装时间": "event_time"}})
	var d lead.Draft
	m.AddAnswer(&d, "10万", "q7", "手机")
	m.AddAnswer(&d, "13912345678", "q8", "手机")
	m.AddAnswer(&d, "下午", "q9", "时间")
	m.AddAnswer(&d, "2026-01-05", "q10", "安装时间")
	m.AddAnswer(&d, "蓝色", "", " ")
	require.Equal(t, map[string][]string{"budget": {"10万"}, "phone": {"13912345678"}, "时间": {"下午"}, "answer": {"蓝色"}}, d.Fields)
	require.Equal(t, "2026-01-05", d.EventTime)
}

func TestSeveralListsAreWalkedThroughOneAfterTheOther(t *testing.T) {
	parts := []string{"f1", "f2"}
	var walked []string
	for page := "-"; page != "" && len(walked) < 9; {
		part, at := connectors.Span{Page: page}.Part(parts)
		walked = append(walked, part+"/"+at)
		next := ""
		if at == "" && part == "f1" {
			next = "p 2"
		}
		page = connectors.NextPart(parts, part, next)
	}
	require.Equal(t, []string{"f1/", "f1/p 2", "f2/"}, walked)
	part, page := connectors.Span{Page: "gone p2"}.Part(parts)
	require.Equal(t, []string{"f1", ""}, []string{part, page})
}
