package console

import (
	"slices"

	"github.com/leadhub/leadhub/lead"
)

// ownToldPage is what a rep was told. How targets do, and why something happened, is for those above: it may name colleagues.
type ownToldPage struct {
	Items       []lead.Delivery // one per notification
	Next, First string
}

// Yours reports whether what he was told is of a lead that was his when he was told.
func (ownToldPage) Yours(n lead.Notification) bool {
	return n.Kind != lead.NotifyRecycled && n.Kind != lead.NotifyTaken
}

func (s *site) ownTold(v *visit) error {
	found, err := s.Notifications.Deliveries(v.Context(), lead.DeliveryQuery{Rep: v.view.Rep.Key, Cursor: v.URL.Query().Get("cursor")})
	if err != nil {
		return err
	}
	p := ownToldPage{Next: nextPage(v.URL, found.Next), First: firstPage(v.URL)}
	at := map[string]int{}
	for _, d := range found.Items {
		i, told := at[d.Notification.ID]
		switch {
		case d.Notification.Rep != v.view.Rep.Key || d.State == lead.DeliveryDropped: // he did not need to be told any more
		case !told:
			at[d.Notification.ID] = len(p.Items)
			p.Items = append(p.Items, d)
		case reached(d) > reached(p.Items[i]): // through another target
			p.Items[i] = d
		}
	}
	return v.render("own_told", p)
}

// reached orders how far a message came.
func reached(d lead.Delivery) int {
	return slices.Index([]string{lead.DeliveryDead, lead.DeliveryWaiting, lead.DeliverySent}, d.State)
}
