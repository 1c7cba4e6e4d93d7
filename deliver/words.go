package deliver

import (
	"fmt"

	"github.com/leadhub/leadhub/lead"
)

// words are what messages are made of.
type words struct {
	kinds                                      map[string]string
	company, region, source, grade, why, owner string
	score, many, more, all, colon, test        string
}

var languages = map[string]words{
	"zh": {
		kinds: map[string]string{lead.NotifyAssigned: "新线索", lead.NotifyRecycleSoon: "即将收回", lead.NotifyRecycled: "已收回", lead.NotifyFollowUp: "该跟进了",
			lead.NotifyDuplicate: "疑似重复", lead.NotifyReturned: "再次留资", lead.NotifyTaken: "已归他人"},
		company: "公司", region: "地区", source: "来源", grade: "等级", why: "原因", owner: "负责人", score: "%s（%d 分）",
		many: "%d 条通知", more: "还有 %d 条", all: "全部", colon: "：", test: "这是一条测试消息",
	},
	"en": {
		kinds: map[string]string{lead.NotifyAssigned: "New lead", lead.NotifyRecycleSoon: "Taken back soon", lead.NotifyRecycled: "Taken back", lead.NotifyFollowUp: "Follow-up due",
			lead.NotifyDuplicate: "Possible duplicate", lead.NotifyReturned: "Back again", lead.NotifyTaken: "With somebody else now"},
		company: "Company", region: "Region", source: "Source", grade: "Grade", why: "Why", owner: "Owner", score: "%s (%d points)",
		many: "%d notifications", more: "and %d more", all: "All", colon: ": ", test: "This is a test message",
	},
}

// kindOf names a kind of notification; several of one kind are counted.
func (w words) kindOf(kind string) string {
	if name, ok := w.kinds[kind]; ok {
		return name
	}
	return kind
}

func (w words) heading(items []item) string {
	kind := items[0].n.Kind
	for _, it := range items {
		if it.n.Kind != kind {
			return fmt.Sprintf(w.many, len(items))
		}
	}
	if len(items) == 1 {
		return w.kindOf(kind)
	}
	if w.colon == "：" {
		return fmt.Sprintf("%d 条%s", len(items), w.kindOf(kind))
	}
	return fmt.Sprintf("%s × %d", w.kindOf(kind), len(items))
}
