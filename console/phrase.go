package console

import (
	"regexp"
	"strconv"
	"strings"
)

// phrase is a sentence that the hub keeps in English (why a value lost, what a verdict rests on, who was chosen and
// why, how a part is) and its Chinese form. A sentence that is not in the list is shown as it is kept.
type phrase struct {
	en *regexp.Regexp
	zh string
}

func say(en, zh string) phrase { return phrase{regexp.MustCompile("^" + en + "$"), zh} }

var phrases = []phrase{
	say(`nobody with these identities is known`, "没有已知线索带有这些身份"),
	say(`same (.+) as (\S+)`, "与 $2 的 $1 相同"),
	say(`went into (\S+): (.+)`, "并入 $1（$2）"),
	say(`the other was pinned by (.+)`, "另一个值由 $1 固定"),
	say(`the other is verified`, "另一个值已核实"),
	say(`trust (\d+) of its source is less than (\d+)`, "来源可信度 $1 低于 $2"),
	say(`less complete`, "不如另一个完整"),
	say(`older: .+ is before .+`, "时间较早"),
	say(`same time; the higher submission id wins`, "时间相同，取提交编号较大者"),
	say(`the lead has this owner already`, "该线索已有归属"),
	say(`answers`, "正常"),
	say(`empty`, "空"),
	say(`is away`, "不可用"),
	say(`full: posts are answered 503 until the broker is back`, "已满：消息队列恢复前，新留资会收到 503"),
	say(`holds posts that wait for the broker`, "暂存着等待消息队列的留资"),
	say(`no rep is active with a weight above zero; the lead waits until one is`, "没有在岗且权重大于零的销售，线索等待中"),
	say(`(\S+) had the most credit \((-?\d+)\) with weight (\d+) of (\d+), after (\d+) leads`,
		"$1 的轮转积分最高（$2），权重 $3/$4，此前已得 $5 条"),
}

// reason says a sentence of the hub in a language.
func (c catalogue) reason(lang, sentence string) string {
	if lang == "en" {
		return sentence
	}
	for _, p := range phrases {
		if m := p.en.FindStringSubmatch(sentence); m != nil {
			out := p.zh
			for i, part := range m[1:] {
				out = strings.ReplaceAll(out, "$"+strconv.Itoa(i+1), c.kinds(part))
			}
			return out
		}
	}
	return sentence
}

// kinds names the kinds of identity in "mobile and email"; anything else stays as it is.
func (c catalogue) kinds(text string) string {
	parts := strings.Split(text, " and ")
	for i, part := range parts {
		if _, known := c["identity."+part]; !known {
			return text
		}
		parts[i] = c["identity."+part]
	}
	return strings.Join(parts, "、")
}

// actor names who did something: "rule:<name>", "person:<token name>" or "hub".
func (c catalogue) actor(who string) string {
	kind, name, _ := strings.Cut(who, ":")
	switch kind {
	case "rule":
		return c.text("actor.rule", name)
	case "person":
		return c.text("actor.person", name)
	}
	return c.or("actor."+who, who)
}
