package hub

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/leadhub/leadhub/lead"
)

// words are the sentences of Why, in both languages; times are in the hub's zone.
type words struct{ zone *time.Location }

func sentence(code, en, zh string) lead.Sentence {
	return lead.Sentence{Code: code, Text: en, TextZH: zh}
}

func (w words) time(t time.Time) string { return t.In(w.zone).Format("2006-01-02 15:04") }

// kinds of identity as people call them.
var kinds = map[string][2]string{
	lead.IdentityMobile:   {"mobile", "手机"},
	lead.IdentityEmail:    {"email", "邮箱"},
	lead.IdentityUnionID:  {"WeChat unionid", "微信 unionid"},
	lead.IdentityOpenID:   {"WeChat openid", "微信 openid"},
	lead.IdentityWecom:    {"WeCom external user", "企业微信外部联系人"},
	lead.IdentityBuyer:    {"buyer id", "买家编号"},
	lead.IdentityExternal: {"external id", "外部编号"},
	lead.IdentityLandline: {"landline", "座机"},
	lead.IdentityRoleMail: {"role mailbox", "公共邮箱"},
	lead.FieldPhone:       {"phone", "电话"},
}

// named is an identity in words, masked.
func named(id lead.Identity) (en, zh string) {
	en, zh = kindNamed(id.Kind)
	if id.Value == "" {
		return en, zh
	}
	v := masked(id.Value)
	return en + " " + v, zh + " " + v
}

func kindNamed(kind string) (en, zh string) {
	if k, ok := kinds[kind]; ok {
		return k[0], k[1]
	}
	return kind, kind
}

// masked keeps the ends of a value, and of an email the domain.
func masked(value string) string {
	local, domain, mail := strings.Cut(value, "@")
	runes := []rune(local)
	keep := func(head, tail int) string {
		if len(runes) == 0 {
			return "*"
		}
		if len(runes) < head+tail+3 {
			head, tail = min(1, len(runes)-1), 0
		}
		return string(runes[:head]) + strings.Repeat("*", min(max(len(runes)-head-tail, 1), 8)) + string(runes[len(runes)-tail:])
	}
	switch {
	case mail:
		return keep(1, 0) + "@" + domain
	case strings.HasPrefix(value, "+86") && utf8.RuneCountInString(value) >= 14:
		return keep(6, 4)
	}
	return keep(3, 2)
}

// who is an actor in words.
func who(actor string) string {
	_, name, found := strings.Cut(actor, ":")
	if !found {
		return actor
	}
	return name
}

func (w words) oneLead(d *lead.LeadDetail, asked []string) lead.Sentence {
	if len(asked) == 2 && asked[1] != "" && asked[0] != asked[1] {
		return sentence(lead.WhyOneLead, fmt.Sprintf("%s and %s are one lead, %s, with %d touches", asked[0], asked[1], d.Number, d.Touches),
			fmt.Sprintf("%s 与 %s 是同一条线索 %s，共 %d 个触点", asked[0], asked[1], d.Number, d.Touches))
	}
	if d.Touches == 1 {
		return sentence(lead.WhyOneTouch, d.Number+" has a single touch", d.Number+" 只有一个触点")
	}
	return sentence(lead.WhyOneLead, fmt.Sprintf("the %d touches of %s are one lead", d.Touches, d.Number),
		fmt.Sprintf("%s 的 %d 个触点是同一条线索", d.Number, d.Touches))
}

func (w words) first() lead.Sentence {
	return sentence(lead.WhyFirst, "the earliest touch", "最早的触点")
}

func (w words) unlinked() lead.Sentence {
	return sentence(lead.WhyUnlinked, "by the rules of now this is somebody else; leadhub recompute brings the pool there",
		"按现行规则这是另一个人；执行 leadhub recompute 后生效")
}

// linked is a chain in one sentence.
func (w words) linked(chain []lead.WhyLink) lead.Sentence {
	en, zh := make([]string, len(chain)), make([]string, len(chain))
	for i, l := range chain {
		en[i], zh[i] = l.Text, l.TextZH
	}
	return sentence(lead.WhyLinked, strings.Join(en, "; that one: "), strings.Join(zh, "；后者"))
}

func (w words) sharesWith(id lead.Identity, to *lead.Submission) lead.Sentence {
	en, zh := named(id)
	return sentence(lead.WhyIdentity, fmt.Sprintf("same %s as the touch of %s through %s", en, w.time(to.EventTime), to.Source),
		fmt.Sprintf("与 %s 经 %s 的触点同一%s", w.time(to.EventTime), to.Source, zh))
}

func (w words) person(d *lead.Decision) lead.Sentence {
	en := fmt.Sprintf("merged by %s on %s", who(d.Actor), w.time(d.At))
	zh := fmt.Sprintf("由 %s 于 %s 人工合并", who(d.Actor), w.time(d.At))
	if d.Why != "" {
		en, zh = en+" ("+d.Why+")", zh+"（"+d.Why+"）"
	}
	return sentence(lead.WhyPerson, en, zh)
}

// held says why an identity did not join a lead with another.
func (w words) held(h lead.Held, with *lead.WhyLead) lead.WhyApart {
	en, zh := named(h.Identity)
	reason, zhReason := w.heldBack(h)
	number := with.Number
	if number == "" {
		number = "another lead"
	}
	id := h.Identity
	out := lead.WhyApart{With: with, Identity: &id, Sentence: sentence(h.Reason, fmt.Sprintf("shares %s with %s, but is not joined: %s", en, number, reason),
		fmt.Sprintf("与 %s 共有%s，但未合并：%s", number, zh, zhReason))}
	if h.Decision != nil {
		out.Decision = decisionOf(h.Decision)
	}
	return out
}

// heldBack is the reason alone.
func (w words) heldBack(h lead.Held) (reason, zhReason string) {
	reason, zhReason = h.Words(), h.Reason
	switch h.Reason {
	case lead.HeldDecision:
		zhReason = "已由人工拆分"
		if h.Decision != nil {
			reason, zhReason = w.splitBy(h.Decision)
		}
	case lead.HeldUnique:
		_, other := kindNamed(h.Other.Kind)
		zhReason = "一个人只有一个" + other + "，而两边不同"
	case lead.HeldConflict:
		zhReason = "姓名不同，且双方各有自己的身份或多次使用各自的姓名"
	case lead.HeldSilence:
		zhReason = "该号码长期沉默后以另一个姓名重新出现"
	case lead.HeldBridge:
		zhReason = "两个较大的群组需要两个共同身份才能合并"
	case lead.HeldTooMany:
		zhReason = "合并后身份数量过多"
	}
	return reason, zhReason
}

func (w words) splitBy(d *lead.Decision) (en, zh string) {
	en = fmt.Sprintf("split by %s on %s", who(d.Actor), w.time(d.At))
	zh = fmt.Sprintf("已由 %s 于 %s 人工拆分", who(d.Actor), w.time(d.At))
	if d.Why != "" {
		en, zh = en+" ("+d.Why+")", zh+"（"+d.Why+"）"
	}
	return en, zh
}

// split is the decision itself, whatever two leads share.
func (w words) split(d *lead.Decision, with *lead.WhyLead) lead.WhyApart {
	en, zh := w.splitBy(d)
	return lead.WhyApart{Sentence: sentence(lead.HeldDecision, en, zh), With: with, Decision: decisionOf(d)}
}

func (w words) tooMany(id lead.Identity) lead.Sentence {
	en, zh := named(id)
	return sentence(lead.WhyGeneric, "too many people carry "+en+"; it recognises nobody", zh+"被太多人使用，不再识别任何人")
}

func (w words) nobody(id lead.Identity) lead.WhyApart {
	return lead.WhyApart{Identity: &id, Sentence: w.tooMany(id)}
}

func (w words) weak(id lead.Identity) lead.Sentence {
	en, zh := named(id)
	kind, zhKind := kindNamed(id.Kind)
	return sentence(lead.WhyWeak, fmt.Sprintf("both have %s, but a %s alone joins nobody", en, kind), fmt.Sprintf("双方都有%s，但仅凭%s不会合并", zh, zhKind))
}

func (w words) neverKey(id lead.Identity) lead.Sentence {
	en, zh := named(id)
	return sentence(lead.WhyNeverKey, fmt.Sprintf("both have %s, which recognises nobody: a service number, a placeholder, or on the list of never keys", en),
		fmt.Sprintf("双方都有%s，但它不能识别任何人：服务号码、占位值，或在非身份名单中", zh))
}

func (w words) joinsNow(id lead.Identity) lead.Sentence {
	en, zh := named(id)
	return sentence(lead.WhyJoinsNow, fmt.Sprintf("both have %s, and by the rules of now they are one; leadhub recompute brings the pool there", en),
		fmt.Sprintf("双方都有%s，按现行规则应为同一人；执行 leadhub recompute 后生效", zh))
}

func (w words) indirect(id lead.Identity) lead.Sentence {
	en, zh := named(id)
	return sentence(lead.WhyIndirect, fmt.Sprintf("both have %s, but it was held back between others that carry it", en),
		fmt.Sprintf("双方都有%s，但它在其他携带者之间已被阻止合并", zh))
}

func (w words) nothing(a, b *lead.LeadDetail) lead.Sentence {
	return sentence(lead.WhyShareNothing, fmt.Sprintf("%s and %s share no phone, email or id", a.Number, b.Number),
		fmt.Sprintf("%s 与 %s 没有共同的电话、邮箱或编号", a.Number, b.Number))
}

func (w words) splitApart(a, b *lead.LeadDetail) lead.Sentence {
	return sentence(lead.WhyKeptApart, fmt.Sprintf("%s and %s are two leads: a person split them", a.Number, b.Number),
		fmt.Sprintf("%s 与 %s 是两条线索：已由人工拆分", a.Number, b.Number))
}

func (w words) keptApart(a, b *lead.LeadDetail, n int) lead.Sentence {
	return sentence(lead.WhyKeptApart, fmt.Sprintf("%s and %s are two leads, although they share something (%d)", a.Number, b.Number, n),
		fmt.Sprintf("%s 与 %s 是两条线索，虽然有共同之处（%d 项）", a.Number, b.Number, n))
}
