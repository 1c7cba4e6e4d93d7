package webhook

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// customers are the words for who of a conversation is the customer; everybody else is not.
var customers = map[string]bool{"buyer": true, "customer": true, "user": true, "visitor": true, "client": true, "guest": true,
	"买家": true, "客户": true, "顾客": true, "访客": true, "用户": true}

// known are the members of a conversation that are read here; others go through the mapping.
var known = []string{"conversation_id", "buyer_id", "shop", "platform", "messages"}

// conversationID is the conversation and its latest message: the same conversation with a message more is an event of its own.
// Messages are ordered by their times, for some list the newest first; without ids they stand for themselves.
func conversationID(data []byte) string {
	id := connectors.ScalarOf(gjson.GetBytes(data, "conversation_id"))
	list := gjson.GetBytes(data, "messages")
	messages := list.Array()
	if id == "" || len(messages) == 0 {
		return ""
	}
	last, latest := messages[len(messages)-1], time.Time{}
	for _, m := range messages {
		at, ok := moment(connectors.ScalarOf(m.Get("time")))
		if !ok {
			last = messages[len(messages)-1]
			break
		}
		if !at.Before(latest) {
			last, latest = m, at
		}
	}
	if said := connectors.ScalarOf(last.Get("id")); said != "" {
		return id + " " + said
	}
	return id + " " + digest([]byte(list.Raw))
}

// talk makes the draft of a conversation: the customer's own messages, oldest first, as values of the field message. None when the
// customer has said nothing.
func (s *source) talk(data []byte) ([]lead.Draft, error) {
	c := gjson.ParseBytes(data)
	var missing []string
	for _, name := range []string{"conversation_id", "buyer_id", "platform"} {
		if connectors.ScalarOf(c.Get(name)) == "" {
			missing = append(missing, name)
		}
	}
	if s.scopeByShop && connectors.ScalarOf(c.Get("shop")) == "" {
		missing = append(missing, "shop")
	}
	if !c.Get("messages").IsArray() {
		missing = append(missing, "messages")
	}
	if len(missing) > 0 {
		return nil, &lead.Error{Kind: lead.KindInvalid, Code: "bad_conversation", Fields: missing,
			Message: "the conversation lacks " + strings.Join(missing, ", "), Hint: "post it in the shape that the README of the channel describes"}
	}
	said, err := messagesOf(c.Get("messages"))
	if err != nil {
		return nil, err
	}
	if len(said) == 0 {
		return nil, nil
	}
	scope := connectors.ScalarOf(c.Get("platform"))
	if s.scopeByShop {
		scope += "/" + connectors.ScalarOf(c.Get("shop"))
	}
	d := lead.Draft{Chat: true, Identities: []lead.Identity{{Kind: lead.IdentityBuyer, Scope: scope, Value: connectors.ScalarOf(c.Get("buyer_id"))}}}
	if s.signed { // who is not known must not date a lead
		d.EventTime = said[len(said)-1].time
	}
	for _, m := range said {
		d.Add(lead.FieldMessage, m.text)
	}
	pairs, ok := connectors.Flatten(without(c, known))
	if !ok {
		return nil, unreadable("too_many_fields", "the conversation has more than 1000 fields, or more than 32 levels", "post the conversation alone")
	}
	for _, p := range pairs {
		if !slices.Contains(s.drop, p.Name) && (!s.onlyMapped || s.mapper.Mapped(p.Name)) {
			s.mapper.Add(&d, p)
		}
	}
	s.mapper.AddDefaults(&d)
	s.clean(&d)
	return []lead.Draft{d}, nil
}

// message is what the customer said once.
type message struct {
	text, time string
	at         time.Time
}

// messagesOf are the customer's messages, oldest first: by their times when all have one that can be read, else as they stand.
func messagesOf(list gjson.Result) ([]message, error) {
	var out []message
	timed := true
	for i, m := range list.Array() {
		from := strings.ToLower(strings.TrimSpace(connectors.ScalarOf(m.Get("from"))))
		if from == "" {
			return nil, unreadable("bad_conversation", "message "+strconv.Itoa(i+1)+" does not say who it is from", "set from to buyer or agent in every message")
		}
		what := strings.TrimSpace(connectors.ScalarOf(m.Get("text")))
		if !customers[from] || what == "" {
			continue
		}
		one := message{text: what, time: connectors.ScalarOf(m.Get("time"))}
		var ok bool
		one.at, ok = moment(one.time)
		timed = timed && ok
		out = append(out, one)
	}
	if timed {
		slices.SortStableFunc(out, func(a, b message) int { return a.at.Compare(b.at) })
	}
	return out, nil
}

// moment reads the usual forms of a time.
func moment(s string) (time.Time, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 {
		if n > 1e11 {
			return time.UnixMilli(n), true
		}
		return time.Unix(n, 0), true
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateTime} {
		if t, err := time.ParseInLocation(layout, s, connectors.China); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// without is an object less some of its members.
func without(object gjson.Result, names []string) gjson.Result {
	var b strings.Builder
	b.WriteByte('{')
	object.ForEach(func(name, value gjson.Result) bool {
		if !slices.Contains(names, name.String()) {
			if b.Len() > 1 {
				b.WriteByte(',')
			}
			b.WriteString(name.Raw + ":" + value.Raw)
		}
		return true
	})
	b.WriteByte('}')
	return gjson.Parse(b.String())
}
