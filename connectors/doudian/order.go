package doudian

import (
	"regexp"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// platform is the scope of buyers, with the shop behind it.
const platform = "doudian"

var (
	plainPhone = regexp.MustCompile(`^\+?[0-9][0-9 -]{4,19}$`)
	cipher     = regexp.MustCompile(`[#$~=]|^[A-Za-z0-9+/]{24,}`)
)

// plain reports whether a value is neither masked nor encrypted.
func plain(value string) bool { return !connectors.Masked(value) && !cipher.MatchString(value) }

// order makes the draft of an order. Most messages name no person: the order stands for its buyer, so that what comes about one order is one lead.
func (s *source) order(tag string, o gjson.Result) (lead.Draft, error) {
	id, shop := connectors.FirstScalar(o, "p_id"), connectors.FirstScalar(o, "shop_id")
	if id == "" {
		return lead.Draft{}, lead.Invalid("bad_order", "the data of this message is not an order: p_id is missing", "look at what arrived; take its tag out of lead_tags if it is no order")
	}
	scope := platform + "/" + shop
	d := lead.Draft{Identities: []lead.Identity{{Kind: lead.IdentityBuyer, Scope: scope + "/order", Value: id}},
		EventTime: connectors.FirstScalar(o, "update_time", "pay_time", "create_time")}
	if buyer := connectors.FirstScalar(o, "doudian_open_id", "open_id"); buyer != "" {
		d.Identities = append(d.Identities, lead.Identity{Kind: lead.IdentityBuyer, Scope: scope, Value: buyer})
	}
	d.Add("order.event", tag)
	receiver := o.Get("receiver_msg")
	s.receiver(&d, receiver)
	pairs, ok := connectors.Flatten(o)
	if !ok {
		return lead.Draft{}, lead.Invalid("too_many_fields", "the order has more than 1000 values", "look at what arrived")
	}
	for _, p := range pairs {
		if p.Value != "" && p.Name != "receiver_msg.addr" {
			s.mapper.Keep(&d, connectors.Pair{Name: "order." + p.Name, Value: p.Value})
		}
	}
	s.mapper.AddDefaults(&d)
	return d, nil
}

// receiver reads who gets the goods, as far as it is legible. Encrypted and masked values stay among the extras.
func (s *source) receiver(d *lead.Draft, r gjson.Result) {
	if name := strings.TrimSpace(connectors.FirstScalar(r, "name")); plain(name) {
		d.Add(lead.FieldName, name)
	}
	if tel := strings.TrimSpace(connectors.FirstScalar(r, "tel")); plainPhone.MatchString(tel) {
		d.Add(lead.FieldPhone, tel)
	}
	addr := connectors.Inner(r.Get("addr"))
	for _, part := range []struct{ name, field string }{{"province", lead.FieldProvince}, {"city", lead.FieldCity}, {"town", lead.FieldDistrict}} {
		if v := connectors.FirstScalar(addr.Get(part.name), "name"); plain(v) {
			d.Add(part.field, v)
		}
	}
	street, detail := connectors.FirstScalar(addr.Get("street"), "name"), connectors.FirstScalar(addr, "detail")
	if detail != "" && plain(detail) && plain(street) {
		d.Add(lead.FieldAddress, street+detail)
	}
}
