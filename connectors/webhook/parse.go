package webhook

import (
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

// rootMark begins a path that starts at the payload and not at the lead.
const rootMark = "$."

// Parse reads the drafts out of an event. A body that was not cut into its events, as one that is only tried out, gives those of all.
func (s *source) Parse(raw lead.Raw) ([]lead.Draft, error) {
	var header map[string]string
	if raw.Header["Ce-Specversion"] != "" {
		header = raw.Header
	}
	var drafts []lead.Draft
	for _, e := range s.cut(connectors.Event{Body: raw.Body, ContentType: raw.ContentType, Header: header}) {
		in, err := s.read(e.ContentType, e.Body, e.Header)
		if err != nil {
			return nil, err
		}
		some, err := s.drafts(in)
		if err != nil {
			return nil, err
		}
		if drafts = append(drafts, some...); len(drafts) > maxLeads {
			return nil, unreadable("too_many_leads", "the post holds more than 1000 leads", "post fewer at once, or upload them as a workbook")
		}
	}
	return drafts, nil
}

func (s *source) drafts(in opened) ([]lead.Draft, error) {
	if s.conversation {
		return s.talk(in.data)
	}
	root := gjson.ParseBytes(in.data)
	leads := []gjson.Result{root}
	switch list := root; {
	case s.leads != "":
		if list = root.Get(s.leads); !list.IsArray() {
			return nil, unreadable("no_leads", "there is no list at the path of the setting leads", "compare the path with what arrived")
		}
		leads = list.Array()
	case root.IsArray() && !connectors.NamedList(root):
		leads = root.Array()
	}
	if len(leads) > maxLeads {
		return nil, unreadable("too_many_leads", "the post holds more than 1000 leads", "post fewer at once, or upload them as a workbook")
	}
	var out []lead.Draft
	for _, l := range leads {
		if !l.IsObject() && !connectors.NamedList(l) {
			return nil, unreadable("not_a_lead", "a lead is neither an object nor a list of fields", "set leads to the path of the list of leads")
		}
		d, err := s.draft(in, root, l)
		if err != nil {
			return nil, err
		}
		if len(d.Fields) > 0 {
			out = append(out, d)
		}
	}
	return out, nil
}

func (s *source) draft(in opened, root, l gjson.Result) (lead.Draft, error) {
	var d lead.Draft
	mapped := map[connectors.Pair]bool{} // field and value that a path has brought
	for _, m := range s.paths {
		for _, value := range scalars(find(l, root, m.path)) {
			if m.field == connectors.FieldIgnore || m.field == "" {
				continue
			}
			if p := (connectors.Pair{Name: m.field, Value: value}); !mapped[p] {
				mapped[p] = true
				s.put(&d, m.field, value)
			}
		}
	}
	pairs, ok := connectors.Flatten(l)
	if !ok && !s.onlyMapped {
		return d, unreadable("too_many_fields", "the payload has more than 1000 fields, or more than 32 levels", "set leads, or only_mapped with a mapping")
	}
	for _, p := range pairs {
		field := s.mapper.Field(p.Name)
		switch {
		case s.onlyMapped && !s.mapper.Mapped(p.Name) || slices.Contains(s.drop, p.Name):
		case mapped[connectors.Pair{Name: field, Value: p.Value}]:
		case field == connectors.FieldEventTime && !s.signed && !s.mapper.Mapped(p.Name):
			d.Add(p.Name, p.Value) // who is not known must not date a lead: the newest value wins in the pool
		default:
			s.mapper.Add(&d, p)
		}
	}
	if t := scalar(find(l, root, s.eventTime)); t != "" {
		d.EventTime = t
	}
	if d.EventTime == "" && s.signed {
		d.EventTime = in.time
	}
	if len(d.Fields) > 0 {
		s.mapper.AddDefaults(&d)
	}
	s.clean(&d)
	return d, nil
}

func (s *source) put(d *lead.Draft, field, value string) {
	if field != connectors.FieldEventTime {
		d.Add(field, value)
	} else if d.EventTime == "" {
		d.EventTime = strings.TrimSpace(value)
	}
}

// clean drops a name that is only space, and a value that repeats one of our secrets.
func (s *source) clean(d *lead.Draft) {
	for name, values := range d.Fields {
		values = slices.DeleteFunc(values, func(v string) bool { return v == "" || slices.Contains(s.secrets, v) })
		if d.Fields[name] = values; len(values) == 0 || name == "" {
			delete(d.Fields, name)
		}
	}
}

// find returns what is at a path of the lead, or of the payload when it begins with "$.".
func find(l, root gjson.Result, path string) gjson.Result {
	if path == "" {
		return gjson.Result{}
	}
	if rest, ok := strings.CutPrefix(path, rootMark); ok {
		return root.Get(rest)
	}
	return l.Get(path)
}

// scalar is one value: the first of a list.
func scalar(r gjson.Result) string {
	if all := scalars(r); len(all) > 0 {
		return all[0]
	}
	return ""
}

func scalars(r gjson.Result) (out []string) {
	if !r.IsArray() {
		if v := connectors.ScalarOf(r); v != "" {
			out = append(out, v)
		}
		return out
	}
	for _, item := range r.Array() {
		if v := connectors.ScalarOf(item); v != "" && len(out) < maxPairs {
			out = append(out, v)
		}
	}
	return out
}
