package excel

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-json"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/spreadsheet"
)

// Bounds of a transcript. A talk is no more than normalisation reads of one draft; what a customer says beyond it is a further talk, and a
// further touch of the same lead.
const (
	maxTranscriptRows  = 200_000
	maxTranscriptBytes = 32 << 20
	maxTalkMessages    = 1000
	maxTalkBytes       = 100_000
	longestName        = 500 // bytes of an id, a shop, a time
)

// talk is what one customer says in a conversation. It goes with the row of the first message.
type talk struct {
	Buyer    string    `json:"buyer"`
	Shop     string    `json:"shop,omitempty"`
	Platform string    `json:"platform,omitempty"`
	Messages []message `json:"messages"`

	row, bytes int
}

type message struct {
	Text string `json:"text"`
	Time string `json:"time,omitempty"`
}

// part is why a row of a transcript makes no draft of its own.
type part struct {
	Why string `json:"why"`
	Row int    `json:"row,omitempty"` // that stands for the conversation; 0 when no customer speaks in it
}

// Values of part.Why.
const (
	partCustomer       = "customer"
	partOther          = "other"
	partEmpty          = "empty"
	partNoConversation = "no_conversation"
	partNoBuyer        = "no_buyer"
	partNoSender       = "no_sender"
)

// transcript is a sheet with one row per message, put together: what each row carries beside its cells.
type transcript struct {
	talks map[int]*talk
	parts map[int]part
}

// extra is the member that a row's body has more than that of another list.
func (t *transcript) extra(row int) []byte {
	var b []byte
	if one := t.talks[row]; one != nil {
		b, _ = json.MarshalWithOption(one, json.DisableHTMLEscape()) // strings always marshal; "<" as six bytes would not fit
		return append([]byte(`,"talk":`), b...)
	}
	if one, ok := t.parts[row]; ok {
		b, _ = json.Marshal(one)
		return append([]byte(`,"part":`), b...)
	}
	return nil
}

// said is one row of a transcript while its conversation is put together.
type said struct {
	row     int
	buyer   string
	from    speaker
	senders []string // folded; of rows whose sender is a name
	message
}

// cost is what a text takes in the body of an event.
func cost(text string) int { return len(appendJSON(nil, text)) }

// room is a conversation as the file names it.
type room struct{ id, platform, shop string }

type gatherer struct {
	source *source
	sheet  connectors.SheetLayout
	roles  roles
	rooms  map[room][]said
	out    *transcript
	rows   int
	bytes  int
}

// gather reads a transcript as a whole, as rows of a conversation need not stand together. It is nil for any other sheet.
func (s *source) gather(ctx context.Context, file *spreadsheet.File, sheet connectors.SheetLayout) (*transcript, error) {
	roles := rolesOf(sheet.Columns)
	if !roles.whole() {
		return nil, nil
	}
	shared, err := findSpans(ctx, file, sheet)
	if err != nil {
		return nil, err
	}
	rows, err := file.Rows(ctx, sheet.Index)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	g := gatherer{source: s, sheet: sheet, roles: roles, rooms: map[room][]said{}, out: &transcript{talks: map[int]*talk{}, parts: map[int]part{}}}
	for rows.Next() {
		row := rows.Row()
		if row.Number <= sheet.HeaderRow || row.Hidden && s.skipHidden || !slices.ContainsFunc(row.Cells, func(c spreadsheet.Cell) bool { return !blank(c) }) {
			continue
		}
		if err := g.add(row, shared.reach(row)); err != nil {
			return nil, err
		}
	}
	for at, list := range g.rooms {
		g.settle(at, list)
	}
	return g.out, rows.Err()
}

// add takes one row. What stands in a cell that several rows share counts for each of them, but no message does.
func (g *gatherer) add(row spreadsheet.Row, above []span) error {
	at := func(column int, field string) string {
		if column < 0 {
			return ""
		}
		var cell spreadsheet.Cell
		if column < len(row.Cells) {
			cell = row.Cells[column]
		}
		if i := slices.IndexFunc(above, func(s span) bool { return s.column == column }); i >= 0 && blank(cell) && field != lead.FieldMessage {
			cell = above[i].cell
		}
		c := cellBody{Header: g.sheet.Columns[column].Header, Value: cell.Text, Kind: kinds[cell.Kind]}
		if cell.Kind == spreadsheet.Date {
			c.Value = civil(cell.Time)
		}
		text, _, _ := read(&c, field)
		return strings.Clone(text) // of the row nothing else is kept
	}
	id := at(g.roles.conversation, lead.FieldExternalID)
	if id != "" && connectors.Fold(id) == connectors.Fold(g.sheet.Columns[g.roles.conversation].Header) {
		return nil // Parse finds that the header is repeated
	}
	one := said{row: row.Number, buyer: at(g.roles.buyers[0], lead.FieldExternalID)}
	if len(one.buyer) > longestName {
		one.buyer = ""
	}
	one.Text = at(g.roles.message, lead.FieldMessage)
	var buyers, senders, times []string
	for _, column := range g.roles.buyers {
		buyers = append(buyers, at(column, lead.FieldExternalID))
	}
	for _, column := range g.roles.senders {
		senders = append(senders, at(column, lead.FieldExternalID))
	}
	for _, column := range g.roles.times {
		if t := at(column, connectors.FieldEventTime); t != "" {
			times = append(times, orderDate(t, cmp.Or(orderOf(g.sheet.Columns[column].Format), g.source.order)))
		}
	}
	if one.Time = joinTimes(times); len(one.Time) > longestName {
		one.Time = "" // no time
	}
	if one.from = speaks(senders, buyers); one.from == speaksNamed {
		for _, name := range senders {
			one.senders = append(one.senders, connectors.Fold(name))
		}
	}
	where := room{id: id, platform: at(g.roles.platform, ""), shop: at(g.roles.shop, "")}
	g.rows++
	if g.bytes += len(one.Text) + len(one.Time) + len(one.buyer) + len(id) + len(where.platform) + len(where.shop); g.rows > maxTranscriptRows || g.bytes > maxTranscriptBytes {
		return lead.Invalid("transcript_too_large", fmt.Sprintf("the transcript has more than %d messages, or more than %d MB of text", maxTranscriptRows, maxTranscriptBytes>>20),
			"split it by date into several files, and upload them one by one")
	}
	if id == "" || max(len(id), len(where.platform), len(where.shop)) > longestName {
		g.out.parts[row.Number] = part{Why: partNoConversation}
		return nil
	}
	if one.from == speaksOther {
		one.Text = ""
	}
	g.rooms[where] = append(g.rooms[where], one)
	return nil
}

// settle parts a conversation into talks. A row that does not name its buyer is of the only one there is.
func (g *gatherer) settle(at room, list []said) {
	only, several := "", false
	for _, one := range list {
		several = several || only != "" && one.buyer != "" && one.buyer != only
		only = cmp.Or(only, one.buyer)
	}
	if several {
		only = ""
	}
	latest, first := map[string]*talk{}, 0
	for i := range list {
		one := &list[i]
		buyer := cmp.Or(one.buyer, only)
		if one.from == speaksNamed && buyer != "" { // by a name that no cell of this row has for the buyer
			one.from = speaksOther
			if slices.Contains(one.senders, connectors.Fold(buyer)) {
				one.from = speaksCustomer
			}
		}
		switch {
		case one.from == speaksNamed && buyer == "", one.from == speaksCustomer && buyer == "":
			g.out.parts[one.row] = part{Why: partNoBuyer}
		case one.from == speaksUnknown:
			g.out.parts[one.row] = part{Why: partNoSender}
		case one.from == speaksCustomer && one.Text != "":
			t := latest[buyer]
			if t == nil || len(t.Messages) == maxTalkMessages || t.bytes+cost(one.Text) > maxTalkBytes {
				t = &talk{Buyer: buyer, Shop: at.shop, Platform: at.platform, row: one.row}
				latest[buyer], g.out.talks[one.row] = t, t
				first = cmp.Or(first, one.row)
			} else {
				g.out.parts[one.row] = part{partCustomer, t.row}
			}
			t.Messages, t.bytes = append(t.Messages, one.message), t.bytes+cost(one.Text)
		}
	}
	for _, one := range list {
		switch {
		case one.from == speaksOther:
			g.out.parts[one.row] = part{partOther, first}
		case one.from == speaksCustomer && one.Text == "":
			g.out.parts[one.row] = part{partEmpty, first}
		}
	}
}
