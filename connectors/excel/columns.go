package excel

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/spreadsheet"
)

// content is what the first values of a column look like.
type content struct {
	filled  int
	counts  [looks]int
	clocks  int // times of day
	serials int // numbers that are days since 1900
	early   bool
	values  map[string]bool
	samples []string
}

// Bounds of what is kept of a column.
const (
	contentRows = 200
	samplesKept = 3
	sampleRunes = 40
)

func (c *content) add(cell spreadsheet.Cell, text string) {
	if text == "" || cell.Kind == spreadsheet.Error || cell.Kind == spreadsheet.Uncomputed {
		return
	}
	c.filled++
	c.counts[lookAt(text, cell.Kind == spreadsheet.Date)]++
	if timeAlone.MatchString(text) {
		c.clocks++
	}
	if _, ok := serialDate(text); ok {
		c.serials++
	}
	if cell.Kind == spreadsheet.Date && cell.Time.Year() < 2015 {
		c.early = true
	}
	if c.values == nil {
		c.values = map[string]bool{}
	}
	if len(c.samples) < samplesKept && !c.values[text] {
		c.samples = append(c.samples, clip(text, sampleRunes))
	}
	c.values[text] = true
}

func clip(s string, runes int) string {
	for i := range s {
		if runes == 0 {
			return s[:i] + "…"
		}
		runes--
	}
	return s
}

// share is the part of the values that look so, 0 to 1.
func (c *content) share(kinds ...look) float64 {
	if c.filled == 0 {
		return 0
	}
	n := 0
	for _, k := range kinds {
		n += c.counts[k]
	}
	return float64(n) / float64(c.filled)
}

// sure is how far a share of so many values can be trusted.
func (c *content) sure(share float64) float64 {
	const highest = 0.75 // what a column holds is never as sure as what it is called
	return highest * share * float64(c.filled) / float64(c.filled+1)
}

// varied holds when values hardly repeat, as names do and choices from a list do not.
func (c *content) varied() bool { return c.filled < 6 || len(c.values)*2 >= c.filled }

// evident is the field that the values alone make plain; "" when none.
func (c *content) evident() (field string, share float64) {
	for _, k := range []struct {
		field string
		kinds []look
		least float64
		ok    bool
	}{
		{lead.FieldPhone, []look{looksPhone, looksBoth}, 0.6, true},
		{lead.FieldEmail, []look{looksEmail}, 0.6, true},
		{lead.FieldName, []look{looksName}, 0.7, c.varied()},
		{lead.FieldCompany, []look{looksCompany}, 0.5, true},
		{lead.FieldCity, []look{looksRegion}, 0.8, true},
	} {
		if s := c.share(k.kinds...); s >= k.least && k.ok {
			return k.field, s
		}
	}
	return "", 0
}

// contradicts reports whether the values cannot be of a field that the header, misspelled or made of known words, seems to name.
func (c *content) contradicts(field string, sure float64) bool {
	if c.filled == 0 {
		return false
	}
	contacts := c.share(looksPhone, looksEmail) // a name beside a phone is one still
	switch field {
	case lead.FieldPhone:
		return sure <= sureTypo && c.share(looksPhone, looksBoth) < 0.5
	case lead.FieldEmail:
		return sure <= sureTypo && c.share(looksEmail) < 0.5
	case connectors.FieldEventTime:
		return float64(c.counts[looksDate]+c.clocks+c.serials) < 0.3*float64(c.filled)
	case lead.FieldWechat, lead.FieldQQ, lead.FieldMessage, lead.FieldExternalID, lead.FieldReferrer, connectors.FieldIgnore:
		return false
	case lead.FieldName, lead.FieldCompany, lead.FieldProduct, lead.FieldTitle:
		return contacts >= 0.8 || sure < sureGeneric && c.share(looksIDCard, looksURL) >= 0.5
	}
	return contacts >= 0.8
}

// decider proposes the fields of the columns of one sheet.
type decider struct {
	mapper  *connectors.Mapper
	header  header
	content []content
	tell    func(code string, text connectors.Text)
}

func (d decider) columns(width int) []connectors.Column {
	cols := make([]connectors.Column, width)
	closed := make([]bool, width)
	chat := isTranscript(d.mapper, d.header.names)
	for i := range cols {
		c := &cols[i]
		c.Index, c.Samples = i, d.content[i].samples
		if i >= len(d.header.names) || d.header.names[i] == "" {
			continue
		}
		c.Header = d.header.names[i]
		m := d.named(i)
		c.Field, c.How, c.Sure, closed[i] = m.field, m.how, m.sure, m.closed
		if c.How != howMapping && !chat {
			d.doubt(c, &d.content[i])
		}
	}
	ownColumns(cols)
	if chat {
		d.transcript(cols)
		return cols
	}
	d.exchange(cols)
	d.fill(cols, closed)
	return cols
}

// named looks the header of a column up, as a whole and, when it is a part of a group that says nothing itself, alone.
func (d decider) named(i int) match {
	name, fine := d.header.names[i], d.header.lower[i]
	m := headerMatch(d.mapper, name)
	if fine == "" || m.closed || m.how == howAlias {
		return m
	}
	if one := headerMatch(d.mapper, fine); one.how != "" || one.closed {
		return one
	}
	return m
}

// doubt takes back what a header said when the values below it say otherwise.
func (d decider) doubt(c *connectors.Column, values *content) {
	if c.How == "" || !values.contradicts(c.Field, c.Sure) || c.Sure > sureTypo && values.filled < 2 {
		return
	}
	field, share := values.evident()
	if field == c.Field {
		return
	}
	c.Field, c.How, c.Sure = field, howContent, values.sure(share)
	d.tell("header_contradicted", connectors.Text{
		EN: fmt.Sprintf("What stands in column %s does not fit its header. Check what it was read as.", columnName(*c)),
		ZH: fmt.Sprintf("“%s”列的内容与表头不符，请核对识别结果。", columnName(*c))})
}

// exchange puts right the headers of two columns that were mistaken for each other: companies under the header for names,
// and names under the one for companies. One column alone proves nothing: 金山 and 高德 are companies.
func (d decider) exchange(cols []connectors.Column) {
	for i := range cols {
		for j := range cols {
			a, b := &cols[i], &cols[j]
			if a.Field != lead.FieldName || b.Field != lead.FieldCompany || a.How == howMapping || b.How == howMapping {
				continue
			}
			under, over := &d.content[i], &d.content[j]
			if under.filled < 2 || over.filled < 2 || under.share(looksCompany) < 0.6 || over.share(looksName) < 0.6 ||
				over.share(looksCompany) > 0.1 || under.share(looksName) > 0.1 {
				continue
			}
			a.Field, a.How, a.Sure = lead.FieldCompany, howContent, under.sure(under.share(looksCompany))
			b.Field, b.How, b.Sure = lead.FieldName, howContent, over.sure(over.share(looksName))
			d.tell("headers_exchanged", connectors.Text{
				EN: fmt.Sprintf("Columns %s and %s seem to have each other's header: names and companies are read by what stands there.", columnName(*a), columnName(*b)),
				ZH: fmt.Sprintf("“%s”列与“%s”列的表头似乎写反了：已按内容识别姓名和公司。", columnName(*a), columnName(*b))})
			return
		}
	}
}

// fill decides by their content the columns whose header nobody knows. Phones and emails may be many; of the others one
// column is taken, the likeliest, and only when no header names it.
func (d decider) fill(cols []connectors.Column, closed []bool) {
	taken := map[string]bool{}
	for _, c := range cols {
		taken[c.Field] = true
	}
	type candidate struct {
		column int
		field  string
		share  float64
	}
	var open []candidate
	for i := range cols {
		if cols[i].How != "" || closed[i] {
			continue
		}
		if field, share := d.content[i].evident(); field != "" {
			open = append(open, candidate{i, field, share})
		} else if cols[i].Header == "" && d.header.row == 0 && d.content[i].share(looksDate) >= 0.8 && !d.content[i].early {
			open = append(open, candidate{i, connectors.FieldEventTime, d.content[i].share(looksDate)})
		}
	}
	slices.SortStableFunc(open, func(a, b candidate) int { return cmp.Compare(b.share, a.share) })
	for _, o := range open {
		if many := o.field == lead.FieldPhone || o.field == lead.FieldEmail; taken[o.field] && !many {
			continue
		}
		taken[o.field] = true
		c := &cols[o.column]
		c.Field, c.How, c.Sure = o.field, howContent, d.content[o.column].sure(o.share)
	}
}

// columnName is how people find a column: its header, else its letters.
func columnName(c connectors.Column) string {
	if c.Header != "" {
		return clip(c.Header, longestHeader)
	}
	return letters(c.Index)
}

// letters names a column as Excel does: A, B … Z, AA.
func letters(index int) string {
	var name []byte
	for n := index + 1; n > 0; n = (n - 1) / 26 {
		name = append(name, byte('A'+(n-1)%26))
	}
	slices.Reverse(name)
	return string(name)
}
