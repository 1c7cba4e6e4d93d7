package excel

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// codeConversation is of what cannot be read of a transcript.
const codeConversation = "bad_conversation"

// refused is why a row of a transcript makes no draft.
func (p *part) refused() error {
	in := ""
	if p.Row > 0 {
		in = " in row " + strconv.Itoa(p.Row)
	}
	switch p.Why {
	case partCustomer:
		return noLead("the message is part of the conversation" + in)
	case partEmpty:
		return noLead("the row holds no message")
	case partOther:
		if p.Row == 0 {
			return noLead("the customer says nothing in this conversation")
		}
		return noLead("the row is part of the conversation" + in + ", and not the customer's")
	case partNoConversation:
		return badConversation("the row does not say which conversation it is of", "fill in the conversation id and upload the row again")
	case partNoSender:
		return badConversation("the row does not say who the message is from", "name the customer or the agent in every row, as 买家 and 客服, and upload the file again")
	}
	return badConversation("the row does not say who the buyer is", "fill in the buyer of the conversation and upload the row again")
}

func badConversation(message, hint string, fields ...string) error {
	return &lead.Error{Kind: lead.KindInvalid, Code: codeConversation, Message: message, Hint: hint, Fields: fields}
}

// talk makes the draft of a conversation: the customer's messages, oldest first, with what else stands in the row of the first. A buyer
// whom the export has masked (t**8) is nobody: many share such a name.
func (r *reading) talk() (lead.Draft, error) {
	t := r.body.Talk
	r.values = slices.DeleteFunc(r.values, func(v value) bool { return v.field == lead.FieldMessage })
	r.dated = nil
	d := r.draft()
	delete(d.Fields, lead.FieldMessage)
	of := func(said, field string) string {
		if said = tidy(said); said == "" {
			said = strings.TrimSpace(d.First(field)) // of the upload, or of the source
		}
		delete(d.Fields, field)
		return said
	}
	scope, shop := of(t.Platform, lead.ColumnPlatform), of(t.Shop, lead.ColumnShop)
	var missing []string
	if scope == "" {
		missing = append(missing, lead.ColumnPlatform)
	}
	if r.scopeByShop && shop == "" {
		missing = append(missing, lead.ColumnShop)
	}
	if len(missing) > 0 {
		return d, badConversation("the conversation lacks "+strings.Join(missing, ", "),
			"say it for the whole file at the upload, or as a default of the source; without shops set buyer_scope to platform", missing...)
	}
	if r.scopeByShop {
		scope += "/" + shop
	}
	d.Chat = true
	if strings.ContainsAny(t.Buyer, "*＊") {
		d.Add(fieldNotes, "the export has masked the buyer, so the buyer's name identifies nobody")
	} else if t.Buyer != "" {
		d.Identities = []lead.Identity{{Kind: lead.IdentityBuyer, Scope: scope, Value: strings.ToValidUTF8(t.Buyer, "\ufffd")}}
	}
	for _, m := range inTime(t.Messages) {
		d.Add(lead.FieldMessage, strings.ToValidUTF8(m.Text, "\ufffd"))
		if m.Time != "" {
			d.EventTime = m.Time
		}
	}
	return d, nil
}

// inTime orders messages by their times when all have one that can be read; else they are as they stand.
func inTime(list []message) []message {
	type timed struct {
		message
		at time.Time
	}
	all := make([]timed, len(list))
	for i, m := range list {
		at, ok := moment(m.Time)
		if !ok {
			return list
		}
		all[i] = timed{m, at}
	}
	slices.SortStableFunc(all, func(a, b timed) int { return a.at.Compare(b.at) })
	out := make([]message, len(all))
	for i, m := range all {
		out[i] = m.message
	}
	return out
}

// moment reads the usual forms of a time, for the order of messages alone.
func moment(s string) (time.Time, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 1e8 {
		if n > 1e11 {
			return time.UnixMilli(n), true
		}
		return time.Unix(n, 0), true
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateTime, "2006-1-2 15:04:05", "2006-1-2 15:04", "2006/1/2 15:04:05", "2006/1/2 15:04",
		"2006年1月2日 15:04:05", "2006年1月2日 15:04", time.DateOnly, "2006/1/2"} {
		if t, err := time.ParseInLocation(layout, s, connectors.China); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
