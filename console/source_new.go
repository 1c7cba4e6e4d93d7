package console

import (
	"net/url"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// sourceNew lets a person choose a channel, then fill in its form.
func (s *site) sourceNew(v *visit) error {
	name := v.URL.Query().Get("channel")
	if name == "" {
		return v.render("source_channel", s.Channels())
	}
	f, err := s.emptyForm(v, name)
	if err != nil {
		return err
	}
	return v.render("source_edit", f)
}

func (s *site) emptyForm(v *visit, channel string) (sourceForm, error) {
	ch, ok := s.channel(channel)
	if !ok {
		return sourceForm{}, lead.NotFound("no_such_channel", "there is no such channel", "choose one of the list")
	}
	f := v.formOf(lead.Source{Trust: 50, Enabled: true}, ch)
	f.New = true
	return f, nil
}

func (s *site) sourceCreate(v *visit) error {
	f, err := s.emptyForm(v, v.PostForm.Get("channel"))
	if err != nil {
		return err
	}
	key := strings.TrimSpace(v.PostForm.Get("key"))
	_, err = s.Configuration.EditConfig(v.Context(), v.actor(), func(c *lead.Config) error {
		if slices.ContainsFunc(c.Sources, func(o lead.Source) bool { return o.Key == key }) {
			return &lead.Error{Kind: lead.KindConflict, Code: "source_exists", Message: "there is a source with this key already",
				Hint: "choose another key", Fields: []string{"key"}}
		}
		src := lead.Source{Key: key, Trust: 50}
		if err := readSource(v.PostForm, f.Channel, &src); err != nil {
			return err
		}
		c.Sources = append(c.Sources, src)
		return nil
	})
	if err != nil {
		return v.refused("source_edit", err, func(e *lead.Error) any { return f.withError(v.PostForm, e) })
	}
	return v.done("/sources/"+url.PathEscape(key), "source_created")
}

// refused shows a form again when the hub says what is wrong with it; any other error is the error page's.
func (v *visit) refused(page string, err error, again func(*lead.Error) any) error {
	e := lead.AsError(err)
	if e.Kind != lead.KindInvalid && e.Kind != lead.KindConflict && e.Kind != lead.KindTooLarge {
		return err
	}
	v.renderStatus(statuses[e.Kind], page, again(e))
	return nil
}
