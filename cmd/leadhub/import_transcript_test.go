package main

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestATranscriptJoinsTheWebFormOfLastWeekOnceAndIsTakenBack(t *testing.T) {
	onEverySetup(t, func(t *testing.T, h *testHub) {
		h.call("PUT", "/v1/config", importConfig(), nil)
		number := phone()
		form := h.becomes(h.accept("site", `{"name":"林晓","phone":"`+number+`"}`), lead.StateAssigned)
		h.settle()
		before := withoutVersions(t, h.leads())
		file := csvOf("会话编号,买家ID,店铺,平台,时间,角色,聊天内容",
			"c1,tb10086,星河旗舰店,taobao,2026-01-05 16:50:00,买家,这个有现货吗",
			"c2,tb20010,星河旗舰店,taobao,2026-01-05 16:50:10,买家,发到深圳要几天",
			"c1,tb10086,星河旗舰店,taobao,2026-01-05 16:50:20,客服,有的，您留个电话",
			"c1,tb10086,星河旗舰店,taobao,2026-01-05 16:51:00,买家,我的电话 "+number,
			"c3,tb30011,星河旗舰店,taobao,2026-01-05 17:00:00,客服,在吗")
		i := h.upload("chats.csv", file)

		h.call("POST", "/v1/imports/"+i.ID+"/check", nil, nil)
		c := h.rests(i.ID, lead.ImportChecked).Check
		require.Equal(t, []int64{5, 1, 1, 3, 0}, []int64{c.Rows, c.New, c.Joins, c.Skipped, c.Invalid}, "two conversations")

		h.call("POST", "/v1/imports/"+i.ID+"/start", nil, nil)
		i = h.rests(i.ID, lead.ImportDone)
		require.Equal(t, []int64{1, 1, 3}, []int64{i.Progress.New, i.Progress.Joined, i.Progress.Skipped})
		rows := h.result(i.ID, "?lang=zh")
		require.Equal(t, []string{"已并入", form.LeadNumber}, rows[1][7:9])
		require.Equal(t, "新线索", rows[2][7])
		require.Equal(t, []string{"跳过", "该行属于第 2 行的会话，不是客户所说，未导入。"}, []string{rows[3][7], rows[3][9]})
		require.Equal(t, []string{"跳过", "该行属于第 2 行的会话，不单独导入。"}, []string{rows[4][7], rows[4][9]})
		require.Equal(t, "该会话中客户没有发言，未导入。", rows[5][9])
		joined := h.lead(form.Lead)
		require.Len(t, joined.TouchList, 2)
		require.True(t, slices.ContainsFunc(joined.Identities, func(i lead.HeldIdentity) bool {
			return i.Key() == lead.Identity{Kind: lead.IdentityBuyer, Scope: "taobao/星河旗舰店", Value: "tb10086"}.Key()
		}))

		pool := h.pool()
		again := h.upload("chats again.csv", file)
		h.call("POST", "/v1/imports/"+again.ID+"/start", nil, nil)
		require.EqualValues(t, 5, h.rests(again.ID, lead.ImportDone).Progress.Same)
		require.Equal(t, pool, h.pool(), "the same file twice changes nothing")

		h.call("DELETE", "/v1/imports/"+i.ID, nil, nil)
		require.EqualValues(t, 5, h.rests(i.ID, lead.ImportUndone).Progress.Withdrawn)
		h.settle()
		require.Equal(t, before, withoutVersions(t, h.leads()))
		require.True(t, h.audit().Balances())
	})
}
