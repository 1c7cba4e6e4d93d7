package console

type sourceListPage struct {
	Rows   []sourceRow
	Base   string
	push   map[string]bool
	upload map[string]bool
}

// Pushed reports whether sources of a channel have a URL.
func (p sourceListPage) Pushed(channel string) bool { return p.push[channel] }

// Uploaded reports whether files are uploaded for sources of a channel.
func (p sourceListPage) Uploaded(channel string) bool { return p.upload[channel] }

func (s *site) sourceList(v *visit) error {
	c, err := v.config()
	if err != nil {
		return err
	}
	p := sourceListPage{Base: v.base(), push: map[string]bool{}, upload: map[string]bool{}}
	for _, ch := range s.Channels() {
		p.push[ch.Channel], p.upload[ch.Channel] = ch.Push, ch.Upload
	}
	o, err := s.Figures.Overview(v.Context())
	if err != nil {
		return err
	}
	for _, row := range sourceRows(c.Sources, o.Sources) {
		if !row.Gone {
			p.Rows = append(p.Rows, row)
		}
	}
	return v.render("source_list", p)
}
