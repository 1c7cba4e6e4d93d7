package hub

import (
	"fmt"
	"maps"
	"slices"

	"github.com/leadhub/leadhub/lead"
)

// values tells of every field which value won, and by what.
func (w words) values(d *lead.LeadDetail) []lead.WhyValue {
	out := []lead.WhyValue{}
	for _, field := range slices.Sorted(maps.Keys(d.Provenance)) {
		values := d.Provenance[field]
		if len(values) == 0 {
			continue
		}
		best := &values[0]
		v := lead.WhyValue{Field: field, Value: best.Value, Submission: best.Submission, Source: best.Source, At: best.At,
			List: field == "phones" || field == "emails", Others: []lead.WhyLoser{}}
		for i := range values[1:] {
			other := &values[i+1]
			v.Others = append(v.Others, lead.WhyLoser{Sentence: w.lost(other, best), Value: other.Value, Submission: other.Submission,
				Source: other.Source, At: other.At})
		}
		v.Sentence = w.won(field, values)
		out = append(out, v)
	}
	return out
}

// won says by what a value is the first: its advantage over the second.
func (w words) won(field string, values []lead.Value) lead.Sentence {
	best := &values[0]
	switch {
	case best.Pinned != "":
		return sentence(lead.WhyPinned, fmt.Sprintf("pinned by %s on %s", who(best.Pinned), w.time(best.At)),
			fmt.Sprintf("由 %s 于 %s 固定", who(best.Pinned), w.time(best.At)))
	case field == "first_from":
		return sentence(lead.WhyEarliest, "from the earliest touch, "+w.time(best.At), "来自最早的触点，"+w.time(best.At))
	case field == "last_from":
		return sentence(lead.WhyLatest, "from the latest touch, "+w.time(best.At), "来自最新的触点，"+w.time(best.At))
	case len(values) == 1:
		return sentence(lead.WhyOnly, fmt.Sprintf("said through %s on %s; nothing else was said", best.Source, w.time(best.At)),
			fmt.Sprintf("%s 经 %s 提供；没有其他值", w.time(best.At), best.Source))
	}
	second := &values[1]
	switch code := behind(second, best); code {
	case lead.WhyVerified:
		return sentence(code, "it is verified", "已核实")
	case lead.WhyTrust:
		return sentence(code, fmt.Sprintf("its source %s has trust %d, more than %d", best.Source, best.Trust, second.Trust),
			fmt.Sprintf("来源 %s 的可信度 %d 高于 %d", best.Source, best.Trust, second.Trust))
	case lead.WhyComplete:
		return sentence(code, "more complete", "更完整")
	case lead.WhyNewer:
		return sentence(code, fmt.Sprintf("newer: %s is after %s", w.time(best.At), w.time(second.At)),
			fmt.Sprintf("较新：%s 晚于 %s", w.time(best.At), w.time(second.At)))
	}
	return sentence(lead.WhyTie, "same time; the higher submission id wins", "时间相同，取提交编号较大者")
}

// lost says by what a value is not the first.
func (w words) lost(loser, best *lead.Value) lead.Sentence {
	switch code := behind(loser, best); code {
	case lead.WhyPinned:
		return sentence(code, "the other was pinned by "+who(best.Pinned), fmt.Sprintf("另一个值由 %s 固定", who(best.Pinned)))
	case lead.WhyVerified:
		return sentence(code, "the other is verified", "另一个值已核实")
	case lead.WhyTrust:
		return sentence(code, fmt.Sprintf("trust %d of its source is less than %d", loser.Trust, best.Trust),
			fmt.Sprintf("来源可信度 %d 低于 %d", loser.Trust, best.Trust))
	case lead.WhyComplete:
		return sentence(code, "less complete", "不如另一个完整")
	case lead.WhyNewer:
		return sentence(code, fmt.Sprintf("older: %s is before %s", w.time(loser.At), w.time(best.At)),
			fmt.Sprintf("较早：%s 早于 %s", w.time(loser.At), w.time(best.At)))
	}
	return sentence(lead.WhyTie, "same time; the higher submission id wins", "时间相同，取提交编号较大者")
}

// behind is the step of the order of values, that of package dedupe, in which a loser is behind.
func behind(loser, best *lead.Value) string {
	switch {
	case (loser.Pinned != "") != (best.Pinned != ""):
		return lead.WhyPinned
	case loser.Verified != best.Verified:
		return lead.WhyVerified
	case loser.Trust != best.Trust:
		return lead.WhyTrust
	case loser.Class != best.Class:
		return lead.WhyComplete
	case !loser.At.Equal(best.At):
		return lead.WhyNewer
	}
	return lead.WhyTie
}
