package normalize

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

func TestWhomAMessageAsksForIsKept(t *testing.T) {
	for message, want := range map[string]string{
		"找上次的王顾问":                            "王顾问",
		"上次是王顾问接待的":                          "王顾问",
		"你好，之前一直跟李经理联系，想再看看":                 "李经理",
		"我是上次欧阳老师接待的客户":                      "欧阳老师",
		"上次的王總監":                             "王總監",
		"请转给你们李经理":                           "李经理",
		"麻烦找张店长":                             "张店长",
		"找上次的王总":                             "王总",
		"昨天王姐给我打过电话":                         "王姐",
		"昨天王姐跟我联系的":                          "王姐",
		"刚才和小陈聊过":                            "小陈",
		"之前联系过你们的小王":                         "小王",
		"上次看了你们的小程序":                         "",
		"之前等了一小时":                            "",
		"We worked with Acme Corp before":    "",
		"上次是王立新接待的":                          "王立新",
		"之前和陈洁聊过，预算20万":                      "陈洁",
		"请安排王立新跟进":                           "王立新",
		"I spoke to Anna Li before":          "Anna Li",
		"I met with Ms. Li at the fair":      "Ms. Li",
		"Please ask for Mr Zhang":            "Mr Zhang",
		"Anna Li helped me last time":        "Anna Li",
		"My sales rep is John Smith, thanks": "John Smith",

		// nobody of the seller's, or nobody
		"请报价":                                "",
		"请联系王经理 13912345678":                 "",
		"联系人王经理":                             "",
		"我是王经理":                              "",
		"我是昨天打电话的王先生":                        "",
		"之前是我们王总联系的你们":                       "",
		"上次王女士推荐的":                           "",
		"不要上次的王顾问":                           "",
		"换一个，之前的王顾问不行":                       "",
		"之前施工的师傅":                            "",
		"上次总价多少":                             "",
		"之前和客服聊过":                            "",
		"之前和你们联系过":                           "",
		"请安排专人联系":                            "",
		"请安排时间联系我":                           "",
		"之前跟家里谈过":                            "",
		"I spoke to your sales team before":  "",
		"I spoke to Customer Service before": "",
		"I talked to Anna":                   "",
		"not Anna Li, I spoke to Anna Li":    "",
		"We met the requirements":            "",
	} {
		s := submission(t, lead.Draft{Fields: map[string][]string{lead.FieldPhone: {"13912345671"}, lead.FieldMessage: {message}}})
		assert.Equal(t, want, s.Extra[lead.FieldOwnerHint], "a form says %q", message)
		assert.Equal(t, want, submission(t, chat("你好", message)).Extra[lead.FieldOwnerHint], "a conversation says %q", message)
		if want != "" {
			require.True(t, mayAsk(message))
			f := s.Found[0]
			require.Equal(t, []any{lead.FieldOwnerHint, true, want}, []any{f.Field, f.Used, message[f.Spans[0].From:f.Spans[0].To]})
		}
	}
}

func TestAFieldSaysBestWhomThePersonAsksFor(t *testing.T) {
	s := submission(t, lead.Draft{Fields: map[string][]string{lead.FieldPhone: {"13912345671"}, lead.FieldOwnerHint: {"陈洁"}, lead.FieldMessage: {"找上次的王顾问，电话13700001111"}}})
	require.Equal(t, "陈洁", s.Extra[lead.FieldOwnerHint])
	require.False(t, s.Found[0].Used)
	require.Len(t, s.Phones, 1, "nothing else is read of the text of a form that recognises the person")
}
