package deliver

import (
	"slices"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// message is what is sent at once: deliveries of one rep, or, to a group that is told too much, of several.
type message struct {
	id         string
	attempt    int
	deliveries []lead.Delivery
	items      []item // filled in before it is sent
}

// claim takes of what is due as many messages as may go now. What is held back gets another time. changed is all that is not as it was.
func (t *Target) claim(st *lead.TargetState, due []lead.Delivery, now time.Time) (take []message, changed []lead.Delivery) {
	if st.Disabled && st.Fingerprint == t.fingerprint {
		for i := range due {
			end(&due[i], lead.DeliveryDead, "target_gone", "the target said that its address is gone", now)
		}
		return nil, due
	}
	st.Disabled, st.Fingerprint = false, ""
	if now.Before(st.Paused) {
		for i := range due {
			due[i].Due = st.Paused
		}
		return nil, due
	}
	loud := map[string]bool{} // messages that were tried and hold something urgent: who has seen their id would not read the rest of one later
	for _, d := range due {
		loud[d.Message] = loud[d.Message] || d.Message != "" && !t.quiet.until(now, d.Notification.Kind).After(now)
	}
	due = slices.DeleteFunc(due, func(d lead.Delivery) bool {
		if d.Due = t.quiet.until(now, d.Notification.Kind); d.Due.After(now) && !loud[d.Message] {
			changed = append(changed, d)
			return true
		}
		return false
	})
	fresh, again := bundles(due)
	t.refill(st, now)
	if may := int(st.Tokens); t.group && t.perMinute > 0 && len(fresh) > max(may, 1) {
		fresh = [][]lead.Delivery{slices.Concat(fresh...)} // too much for the rate: one message for all
	}
	for _, list := range slices.Concat(fresh, again) {
		switch {
		case t.perMinute > 0 && st.Tokens < 1:
			later(list, now.Add(time.Minute/time.Duration(t.perMinute)+time.Second))
		case len(take) == parallel:
			continue // due as it is: the next claim has it
		default:
			st.Tokens--
			take = append(take, begin(list, now))
		}
		changed = append(changed, list...)
	}
	return take, changed
}

// bundles gathers deliveries: those that were tried by their message, the others by rep, in the order they came. What an import brought is
// kept apart from the rest: nobody finds the one lead that just came in among thousands.
func bundles(due []lead.Delivery) (fresh, again [][]lead.Delivery) {
	at := map[string]int{}
	for _, d := range due {
		to, key := &fresh, "rep "+d.Notification.Rep+" "+d.Notification.Import
		if d.Message != "" {
			to, key = &again, d.Message
		}
		i, ok := at[key]
		if !ok {
			i = len(*to)
			at[key] = i
			*to = append(*to, nil)
		}
		(*to)[i] = append((*to)[i], d)
	}
	return fresh, again
}

// refill adds what the time since has earned. The bucket holds half of a minute's messages and fills at half the rate, so that no minute sees more
// than the rate, wherever it begins.
func (t *Target) refill(st *lead.TargetState, now time.Time) {
	if t.perMinute == 0 {
		st.Tokens = parallel
		return
	}
	room := max(float64(t.perMinute)/2, 1)
	if st.Filled.IsZero() {
		st.Tokens = room
	} else if since := now.Sub(st.Filled); since > 0 {
		st.Tokens = min(room, st.Tokens+since.Minutes()*float64(t.perMinute)/2)
	}
	st.Tokens = min(st.Tokens, room)
	st.Filled = now
}

// begin marks deliveries as being tried. When nobody tells what became of it they come again after the lease, as the same message.
func begin(list []lead.Delivery, now time.Time) message {
	m := message{id: list[0].Message}
	if m.id == "" {
		m.id = lead.NewID("msg_", now)
	}
	for i := range list {
		m.attempt = max(m.attempt, list[i].Attempt+1)
	}
	for i := range list {
		list[i].Message, list[i].Attempt, list[i].Due = m.id, m.attempt, now.Add(lease)
	}
	m.deliveries = slices.Clone(list)
	return m
}

func later(list []lead.Delivery, at time.Time) {
	for i := range list {
		list[i].Due = at
	}
}

// end gives a delivery its last state.
func end(d *lead.Delivery, state, code, reason string, now time.Time) {
	d.State, d.Code, d.Reason, d.Due, d.Ended = state, code, reason, time.Time{}, now
}

// well notes that a target took a message.
func well(st *lead.TargetState, now time.Time) {
	st.Sent, st.Code, st.Reason = now, "", ""
	st.Paused, st.Disabled, st.Fingerprint = time.Time{}, false, ""
}
