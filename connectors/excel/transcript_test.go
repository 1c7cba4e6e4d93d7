package excel_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

const transcriptHeader = "会话编号,买家ID,店铺,平台,时间,角色,聊天内容"

// chats are what the customers of a transcript say, one list for every row that stands for a conversation.
func chats(t testing.TB, src connectors.Source, lines ...string) (list [][]string, rows []connectors.ImportRow) {
	t.Helper()
	u := csvUpload(t, append([]string{transcriptHeader}, lines...)...)
	rows = rowsOf(t, src, u, inspect(t, src, u))
	for _, r := range rows {
		drafts, err := src.Parse(rawOf(r.Event))
		if err != nil {
			require.Equal(t, "no_lead", lead.AsError(err).Code)
			continue
		}
		require.True(t, drafts[0].Chat)
		list = append(list, drafts[0].Fields[lead.FieldMessage])
	}
	return list, rows
}

func TestALongConversationIsSeveralTouchesAndLosesNothing(t *testing.T) {
	src := openWith(t, nil)
	var lines, want []string
	for i := range 2500 {
		text := fmt.Sprintf("第%d句%s", i, strings.Repeat("长", 30))
		want = append(want, text)
		lines = append(lines, "c1,tb1,s,taobao,,买家,"+text)
	}
	list, rows := chats(t, src, lines...)
	require.Len(t, rows, 2500)
	require.Greater(t, len(list), 2)
	require.Equal(t, want, slices.Concat(list...))
	for _, r := range rows {
		require.Less(t, len(r.Event.Body), 512<<10)
	}
}

func TestTheLongestMessagesThatAFileCanHoldFitIntoARecord(t *testing.T) {
	src := openWith(t, nil)
	for _, part := range []string{"<", `""`, "长", `\`} {
		line := `c1,tb1,s,taobao,,买家,"我的电话 13912341001 ` + strings.Repeat(part, 32_000) + `。"`
		u := csvUpload(t, transcriptHeader, line, line, line, line)
		for _, r := range rowsOf(t, src, u, inspect(t, src, u)) {
			require.Less(t, len(r.Event.Body), 512<<10, "%q", part)
			if drafts, err := src.Parse(rawOf(r.Event)); err == nil {
				require.True(t, strings.HasPrefix(drafts[0].First(lead.FieldMessage), "我的电话 13912341001"))
			}
		}
	}
}

func TestTheOrderOfRowsChangesNoConversation(t *testing.T) {
	src := openWith(t, nil)
	var lines []string
	for i := range 40 {
		who := []string{"买家", "客服"}[i%5/4]
		lines = append(lines, fmt.Sprintf("c%d,tb%d,s,taobao,2026-01-05 16:%02d:00,%s,第%d句", i%3, i%3, i, who, i))
	}
	said := func(lines []string) map[string][]string {
		list, _ := chats(t, src, lines...)
		out := map[string][]string{}
		for _, one := range list {
			out[one[0]] = one
		}
		return out
	}
	want := said(lines)
	require.Len(t, want, 3)
	require.Len(t, slices.Concat(slices.Collect(maps.Values(want))...), 32)
	rapid.Check(t, func(r *rapid.T) {
		if got := said(rapid.Permutation(lines).Draw(r, "lines")); fmt.Sprint(got) != fmt.Sprint(want) {
			r.Fatalf("%v is not %v", got, want)
		}
	})
}

func TestWhoSpeaksIsNeverGuessed(t *testing.T) {
	src := openWith(t, nil)
	for sender, code := range map[string]string{"买家": "", "Customer": "", "tb1": "", "客户（新）": "",
		"客服": "no_lead", "系统": "no_lead", "小美": "no_lead", "tb12": "no_lead", "": "bad_conversation", "接收": "bad_conversation", "sent": "bad_conversation"} {
		u := csvUpload(t, transcriptHeader, "c1,tb1,s,taobao,2026-01-05 16:50:00,"+sender+",我的电话 13912341001")
		l := inspect(t, src, u)
		_, err := src.Parse(rawOf(rowsOf(t, src, u, l)[0].Event))
		if code == "" {
			require.NoError(t, err, sender)
			continue
		}
		require.Equal(t, code, lead.AsError(err).Code, sender)
	}
}

func TestATranscriptThatIsTooLargeIsRefusedBeforeARowIsSent(t *testing.T) {
	src := openWith(t, nil)
	lines := append(make([]string, 0, 200_002), transcriptHeader)
	for range 200_001 {
		lines = append(lines, "c1,tb1,s,taobao,,客服,x")
	}
	u := csvUpload(t, lines...)
	n := 0
	err := src.(connectors.Importer).Import(t.Context(), u, inspect(t, src, u), func(connectors.ImportRow) error { n++; return nil })
	require.Equal(t, "transcript_too_large", lead.AsError(err).Code)
	require.Contains(t, lead.AsError(err).Hint, "split")
	require.Zero(t, n)
}

func TestAListOfPeopleWithAShopAndAChannelIsNoTranscript(t *testing.T) {
	src := openWith(t, nil)
	u := csvUpload(t, "姓名,手机,店铺,渠道,会话ID", "林晓,13912341001,一店,抖音,c1")
	for _, c := range inspect(t, src, u).Sheets[0].Columns {
		require.NotContains(t, []string{lead.ColumnConversation, lead.ColumnShop, lead.ColumnPlatform}, c.Field)
	}
}
