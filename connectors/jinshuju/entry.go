package jinshuju

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// maxFields bounds what is read of one entry.
const maxFields = 1000

// field puts one member of an entry where it belongs. A mapping may name it as "field_2", or as "FORM.field_2" where several forms come
// to one source.
func (s *source) field(d *lead.Draft, form, name string, value gjson.Result) {
	if name == "" || name == "created_at" || name == "updated_at" {
		return
	}
	own := name
	if s.mapper.Mapped(form + "." + name) {
		own = form + "." + name
	}
	isMapped := s.mapper.Mapped(own)
	switch {
	case !value.IsObject():
		pairs, _ := connectors.Flatten(value)
		for _, p := range values(own, value, pairs) {
			s.mapper.Add(d, p)
		}
	case isAddress(value) && !strings.HasPrefix(name, "info_"):
		s.address(d, own, value, isMapped)
	case isMapped: // a choice in levels, a place: one text
		s.mapper.Add(d, connectors.Pair{Name: own, Value: joined(value, " ")})
	default:
		pairs, _ := connectors.Flatten(value)
		for _, p := range pairs {
			s.mapper.Add(d, connectors.Pair{Name: own + "." + p.Name, Value: p.Value})
		}
	}
}

// values are those of a scalar, and of a list: choices repeated, anything else under its index.
func values(name string, value gjson.Result, inside []connectors.Pair) (out []connectors.Pair) {
	if !value.IsArray() {
		return append(out, connectors.Pair{Name: name, Value: connectors.ScalarOf(value)})
	}
	for _, item := range value.Array() {
		if v := connectors.ScalarOf(item); v != "" && len(out) < maxFields {
			out = append(out, connectors.Pair{Name: name, Value: v})
		}
	}
	for _, p := range inside {
		out = append(out, connectors.Pair{Name: name + "." + p.Name, Value: p.Value})
	}
	return out
}

// isAddress reports whether value is what a field of type address holds. info_region has the same shape, and is a guess by the
// network address: not where the person says to be.
func isAddress(value gjson.Result) bool {
	return value.Get("province").Exists() && value.Get("city").Exists()
}

func (s *source) address(d *lead.Draft, name string, value gjson.Result, isMapped bool) {
	if isMapped && s.mapper.Field(name) != lead.FieldAddress {
		s.mapper.Add(d, connectors.Pair{Name: name, Value: joined(value, "")})
		return
	}
	for _, part := range []struct{ name, field string }{{"province", lead.FieldProvince}, {"city", lead.FieldCity}, {"district", lead.FieldDistrict}} {
		d.Add(part.field, connectors.FirstScalar(value, part.name))
	}
	if connectors.FirstScalar(value, "street") != "" {
		d.Add(lead.FieldAddress, joined(value, ""))
	}
}

// joined are the values of an object in its order.
func joined(value gjson.Result, between string) string {
	var parts []string
	value.ForEach(func(_, v gjson.Result) bool {
		if t := connectors.ScalarOf(v); t != "" && len(parts) < maxFields {
			parts = append(parts, t)
		}
		return true
	})
	return strings.Join(parts, between)
}
