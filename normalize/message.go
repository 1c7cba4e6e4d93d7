package normalize

import (
	"cmp"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// Bounds of what is read of the messages of one draft, and of what is kept of it.
const (
	maxRead     = 100_000 // bytes
	maxMessages = 1_000
	maxFound    = 100
)

// messages reads what the messages say in free text. In a conversation every message is the person's own. Elsewhere a text
// may be anybody's remark: it is read only when no field recognises the person, so it never brings two people together;
// what it says can turn a rejection into a lead.
//
// What the channel gave in fields of its own stands above what was found: a field that has a value takes no other from the
// text, phones and emails of a conversation are added behind.
//
// Only whom of the seller's people a text asks for is read everywhere: that joins nobody.
func (c *cleaning) messages(country string) {
	values := c.draft.Fields[lead.FieldMessage]
	if len(values) == 0 {
		return
	}
	if !c.draft.Chat && c.recognised() {
		c.asked(values)
		return
	}
	if country == "" {
		country = c.country
	}
	read, left := 0, maxRead
	for ; read < len(values) && read < maxMessages && left > 0; read++ {
		left -= len(values[read])
	}
	if left < 0 || read < len(values) {
		c.note("message: only the first %d bytes of at most %d messages are read for contacts", maxRead, maxMessages)
	}
	values = slices.Clone(values[:read])
	if left < 0 {
		values[read-1] = window(values[read-1], 0, len(values[read-1])+left)
	}
	c.sub.Found = c.read(values, country)
	for i := range c.sub.Found {
		c.use(&c.sub.Found[i])
	}
}

// read finds what messages say, in the order of the text.
func (n *Normalizer) read(values []string, country string) []lead.Found {
	talk := make([]*heard, len(values))
	for i, v := range values {
		talk[i] = hear(v, i)
	}
	var out []lead.Found
	mails := make([][]finding, len(talk))
	for i, h := range talk {
		mails[i] = n.mails(h)
		digitGroups(h)
	}
	numbers := make([][]spoken, len(talk))
	for i, h := range talk {
		numbers[i] = n.phonesIn(talk, i, country)
		for _, f := range numbers[i] {
			out = append(out, h.found(finding{lead.FieldPhone, f.phone.Display(), f.from, f.to, f.sure, f.why}))
		}
	}
	for _, f := range n.brokenNumbers(talk) {
		out = append(out, f.found(talk))
	}
	for i, h := range talk {
		near := numbers[i]
		if len(near) == 0 && i > 0 { // 13912345678 / 微信同号
			out = append(out, sameAsBefore(h, talk[i-1], numbers[i-1])...)
		}
		firms := companies(h)
		for _, list := range [][]finding{mails[i], wechats(h, near), names(h, near), firms, cities(h, near, firms), products(h), budgets(h), callTimes(h), colleagues(h)} {
			for _, f := range list {
				out = append(out, h.found(f))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b lead.Found) int {
		return cmp.Or(a.Spans[0].Message-b.Spans[0].Message, a.Spans[0].From-b.Spans[0].From, strings.Compare(a.Field, b.Field))
	})
	if len(out) > maxFound {
		out = out[:maxFound]
	}
	return out
}

// asked reads of messages that need not be the person's own whom they ask for.
func (c *cleaning) asked(values []string) {
	left := maxRead
	for i, v := range values[:min(len(values), maxMessages)] {
		if left -= len(v); left < 0 || len(c.sub.Found) >= maxFound {
			return
		}
		if !mayAsk(v) {
			continue
		}
		h := hear(v, i)
		for _, f := range colleagues(h) {
			c.sub.Found = append(c.sub.Found, h.found(f))
		}
	}
	for i := range c.sub.Found {
		c.use(&c.sub.Found[i])
	}
}

// sameAsBefore reads 微信同号 that follows the number in the message before.
func sameAsBefore(h, prev *heard, numbers []spoken) []lead.Found {
	if len(numbers) == 0 || !sameNumber.MatchString(h.low) {
		return nil
	}
	last := numbers[len(numbers)-1]
	d, ok := strings.CutPrefix(last.phone.E164, "+86")
	if !ok || last.phone.Type != lead.PhoneMobile {
		return nil
	}
	return []lead.Found{prev.found(finding{lead.FieldWechat, d, last.from, last.to, min(last.sure, 90), last.why})}
}

func (h *heard) found(f finding) lead.Found {
	out := lead.Found{Field: f.field, Value: f.value, Confidence: f.sure, Why: f.why}
	from, to := h.span(f.from, f.to)
	out.Spans = []lead.Span{{Message: h.message, From: from, To: to}}
	if text := clean(h.raw[from:to]); text != f.value {
		out.Text = text
	}
	return out
}

func (f broken) found(talk []*heard) lead.Found {
	out := lead.Found{Field: lead.FieldPhone, Value: f.phone.Display(), Confidence: f.sure, Why: f.why}
	var text []string
	for _, p := range f.pieces {
		from, to := talk[p.message].span(p.from, p.to)
		out.Spans = append(out.Spans, lead.Span{Message: p.message, From: from, To: to})
		text = append(text, clean(talk[p.message].raw[from:to]))
	}
	out.Text = strings.Join(text, " ")
	return out
}

// use makes a finding that is sure enough a value of the submission, where no field of the channel has one.
func (c *cleaning) use(f *lead.Found) {
	if f.Confidence < lead.FoundUsed {
		return
	}
	switch f.Field {
	case lead.FieldPhone:
		f.Used = c.usePhone(f)
	case lead.FieldEmail:
		if e, ok := c.readEmail(f.Value); ok {
			before := len(c.sub.Emails)
			c.addEmail(e)
			f.Used = len(c.sub.Emails) > before
		}
	case lead.FieldName:
		f.Used = c.useName(f.Value)
	case lead.FieldCompany:
		if key := companyKey(f.Value); c.sub.Company.Key == "" && key != "" && !isDigits(key) {
			c.sub.Company, f.Used = lead.Company{Display: f.Value, Key: key}, true
		}
	case lead.FieldProduct:
		if len(c.draft.Fields[lead.FieldProduct]) == 0 && !slices.Contains(c.sub.Products, f.Value) {
			c.sub.Products = append(c.sub.Products, f.Value)
			slices.Sort(c.sub.Products)
			f.Used = true
		}
	case lead.FieldWechat, lead.FieldQQ, lead.FieldBudget, lead.FieldCallTime, lead.FieldOwnerHint:
		if len(c.draft.Fields[f.Field]) == 0 && c.sub.Extra[f.Field] == "" {
			c.keep(f.Field, f.Value)
			f.Used = true
		}
	}
}

func (c *cleaning) usePhone(f *lead.Found) bool {
	ps, _ := c.readPhones(f.Value, c.country)
	if len(ps) != 1 || ps[0].Blocked != "" {
		return false
	}
	p := ps[0]
	p.Raw = f.Text
	before := len(c.sub.Phones)
	c.addPhone(p)
	return len(c.sub.Phones) > before
}

// useName takes the name, or, where only a family name is known so far, the whole name of the same family.
func (c *cleaning) useName(value string) bool {
	n := parseName(value)
	if n.Display == "" || notName(n.Display) != "" {
		return false
	}
	n.Key = nameKey(n.Display)
	switch old := c.sub.Name; {
	case old.Key == "":
		if old.Honorific != "" {
			n.Honorific = old.Honorific
		}
	case c.namedByField() || n.Given == "" || old.Given != "" || old.Family != "" && old.Family != n.Family:
		return false
	default:
		n.Honorific = max(n.Honorific, old.Honorific)
		for i := range c.sub.Found {
			c.sub.Found[i].Used = c.sub.Found[i].Used && c.sub.Found[i].Field != lead.FieldName
		}
	}
	c.sub.Name = n
	return true
}

// namedByField reports whether the name of the submission is one that the channel gave.
func (c *cleaning) namedByField() bool {
	return !slices.ContainsFunc(c.sub.Found, func(f lead.Found) bool { return f.Used && f.Field == lead.FieldName })
}

// messageRegion takes the region from the first place that the messages name.
func (c *cleaning) messageRegion() bool {
	for i := range c.sub.Found {
		f := &c.sub.Found[i]
		if f.Field != lead.FieldCity && f.Field != lead.FieldProvince || f.Confidence < lead.FoundUsed {
			continue
		}
		text := f.Text
		if text == "" {
			text = f.Value
		}
		if at := divisions().read(text, place{}, levelCity); at.found() {
			c.sub.Region, c.sub.RegionFrom, f.Used = divisions().region(at), fromMessage, true
			return true
		}
	}
	return false
}
