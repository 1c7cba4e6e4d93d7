package excel

import (
	"slices"
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// transcriptNames are the headers of transcripts. They mean this only beside each other: 渠道 of a list of people is no platform.
var transcriptNames = namesTable(map[string]string{
	lead.ColumnConversation: "会话id 会话编号 会话号 会话 对话id 对话编号 聊天id conversationid conversation sessionid chatid threadid",
	lead.ColumnBuyer: "买家昵称 买家id 买家 买家账号 买家旺旺 旺旺 旺旺号 客户昵称 客户id 顾客昵称 顾客id 访客昵称 访客id 用户昵称 用户id " +
		"buyerid buyer buyernick buyernickname customerid customernick visitorid visitornick",
	lead.ColumnSender:         "发送人 发送者 发送方 发言人 角色 消息方向 方向 sender senderrole from role direction speaker",
	lead.ColumnShop:           "店铺 店铺名 店铺名称 shop shopname store storename",
	lead.ColumnPlatform:       "平台 平台名称 渠道 platform channel",
	lead.FieldMessage:         "消息内容 聊天内容 会话内容 消息 内容 message messagecontent content text",
	connectors.FieldEventTime: "时间 发送时间 消息时间 聊天时间 日期 time sendtime senttime sentat messagetime timestamp date",
})

// transcriptColumns are targets that only a transcript has.
var transcriptColumns = map[string]bool{lead.ColumnConversation: true, lead.ColumnBuyer: true, lead.ColumnSender: true,
	lead.ColumnShop: true, lead.ColumnPlatform: true}

func transcriptField(header string) string {
	if !transcriptNames.Mapped(header) {
		return ""
	}
	return transcriptNames.Field(header)
}

// isTranscript holds for headers of one row per message, which name a conversation, a message and who sends it.
func isTranscript(m *connectors.Mapper, headers []string) bool {
	has := map[string]bool{}
	for _, h := range headers {
		if m.Mapped(h) {
			has[m.Field(h)] = true
		} else if field := transcriptField(h); field != "" {
			has[field] = true
		}
	}
	return has[lead.ColumnConversation] && has[lead.ColumnSender] && has[lead.FieldMessage]
}

// transcript says what the columns of a transcript are. Of the others only plain names of fields count: 坐席姓名 is the agent's, and phones
// under a header that nobody knows may be as well.
func (d decider) transcript(cols []connectors.Column) {
	for i := range cols {
		c := &cols[i]
		if c.Header == "" || d.mapper.Mapped(c.Header) {
			continue
		}
		if field := transcriptField(c.Header); field != "" {
			c.Field, c.How, c.Sure = field, howAlias, sureAlias
		} else if c.Sure < sureAlias || c.Field == lead.FieldMessage || c.Field == connectors.FieldEventTime {
			c.Field, c.How, c.Sure = "", "", 0
		}
	}
}

// roles are the columns of a transcript, -1 for one that it lacks. The first buyer is who the person is: a column of ids, if there is one.
type roles struct {
	conversation, message, shop, platform int
	buyers, senders, times                []int
}

func rolesOf(cols []connectors.Column) roles {
	r := roles{-1, -1, -1, -1, nil, nil, nil}
	first := func(to *int, i int) {
		if *to < 0 {
			*to = i
		}
	}
	for i, c := range cols {
		switch c.Field {
		case lead.ColumnConversation:
			first(&r.conversation, i)
		case lead.FieldMessage:
			first(&r.message, i)
		case lead.ColumnShop:
			first(&r.shop, i)
		case lead.ColumnPlatform:
			first(&r.platform, i)
		case lead.ColumnSender:
			r.senders = append(r.senders, i)
		case connectors.FieldEventTime:
			r.times = append(r.times, i)
		case lead.ColumnBuyer:
			if strings.HasSuffix(connectors.Fold(c.Header), "id") {
				r.buyers = slices.Insert(r.buyers, 0, i)
			} else {
				r.buyers = append(r.buyers, i)
			}
		}
	}
	return r
}

// whole holds for a transcript that can be put together.
func (r roles) whole() bool {
	return r.conversation >= 0 && r.message >= 0 && len(r.buyers) > 0 && len(r.senders) > 0
}

// speaker is who says a message.
type speaker int

const (
	speaksUnknown speaker = iota // nothing tells
	speaksCustomer
	speaksOther // an agent, the system
	speaksNamed // somebody with a name; the customer when it is the buyer's
)

var (
	customerWords = foldedSet("客户 买家 顾客 访客 用户 会员 客户消息 买家消息 访客消息 客户发送 买家发送 customer buyer visitor client user guest inbound incoming in")
	otherWords    = foldedSet("客服 坐席 座席 商家 卖家 店铺 店小二 机器人 系统 系统消息 客服消息 商家消息 客服发送 商家发送 agent seller system staff merchant operator bot robot service outbound outgoing out")
	// bothWords are of a direction that nobody can tell without knowing whose view it is.
	bothWords = foldedSet("接收 收到 发送 发出 received sent")
)

// speaks reads the cells that say who sends a message. An agent's word in any of them counts first: an agent's number must not become
// the customer's.
func speaks(senders, buyers []string) speaker {
	var customer, named bool
	for _, s := range senders {
		name := connectors.Fold(s)
		switch {
		case name == "" || bothWords[name]:
		case otherWords[name]:
			return speaksOther
		case customerWords[name] || slices.ContainsFunc(buyers, func(b string) bool { return b != "" && strings.EqualFold(b, s) }):
			customer = true
		default:
			named = true
		}
	}
	switch {
	case customer:
		return speaksCustomer
	case named:
		return speaksNamed
	}
	return speaksUnknown
}
