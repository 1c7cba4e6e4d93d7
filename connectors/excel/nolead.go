package excel

import (
	"strings"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

func noLead(why string) error { return lead.Invalid("no_lead", why, "nothing to do") }

// noLead says why a row is no lead at all; "" when it may be one.
func (r *reading) noLead() string {
	if len(r.values) == 0 && len(r.dated) == 0 && len(r.lost) == 0 && len(r.notes) == 0 {
		return "the row holds nothing in the columns that are read"
	}
	contact, reachable := false, false
	for _, v := range r.values {
		contact = contact || isContact(v.field)
		reachable = reachable || isContact(v.field) && lookAt(v.text, false) != looksText
		if v.field == lead.FieldName && isExample(v.text) {
			return "the row is the example of the template"
		}
	}
	if !reachable && r.repeatsHeader() {
		return "the row repeats the header"
	}
	if !contact && isTotal(r.firstText()) {
		return "the row is a total"
	}
	return ""
}

// firstText is what stands leftmost in the row, in whatever column.
func (r *reading) firstText() string {
	if len(r.body.Columns) == 0 {
		return ""
	}
	return r.body.Columns[0].Value
}

// isTotal holds for 合计, 总计：, 共计 25 人.
func isTotal(text string) bool {
	return len(text) <= longestHeader && totals[strings.TrimRight(connectors.Fold(text), "0123456789人位条个家名元")]
}

// repeatsHeader holds when most cells say what their column is called: a list pasted under another, a translation.
func (r *reading) repeatsHeader() bool {
	same, n := 0, 0
	for i := range r.body.Columns {
		c := &r.body.Columns[i]
		field, _ := r.target(c)
		if field == connectors.FieldIgnore {
			continue
		}
		n++
		name := connectors.Fold(tidy(c.Value))
		if name == "" || c.Header == "" {
			continue
		}
		if name == connectors.Fold(c.Header) || field != "" && c.Kind == "" && exact(r.mapper, c.Value).field == field {
			same++
		}
	}
	return same > 0 && same*5 >= n*3 && (same > 1 || n == 1)
}

// isExample holds for the name in the example row of a template.
func isExample(name string) bool {
	name = strings.ToLower(name)
	for _, mark := range []string{"示例", "样例", "example"} {
		if name == mark || strings.HasPrefix(name, mark+"：") || strings.HasPrefix(name, mark+":") ||
			strings.HasSuffix(name, "（"+mark+"）") || strings.HasSuffix(name, "("+mark+")") {
			return true
		}
	}
	return false
}
