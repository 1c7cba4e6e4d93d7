package console

import (
	"net/url"
	"slices"

	"github.com/leadhub/leadhub/lead"
)

func (s *site) sourceShow(v *visit) error {
	f, err := s.editForm(v)
	if err != nil {
		return err
	}
	return v.render("source_edit", f)
}

func (s *site) editForm(v *visit) (sourceForm, error) {
	c, err := v.config()
	if err != nil {
		return sourceForm{}, err
	}
	i := findSource(&c, v.param("key"))
	if i < 0 {
		return sourceForm{}, noSuchSource()
	}
	ch, _ := s.channel(c.Sources[i].Channel)
	f := v.formOf(c.Sources[i], ch)
	if f.Fetching, err = s.fetchingOf(v, c.Sources[i].Key); err != nil {
		return sourceForm{}, err
	}
	f.Snippet = s.Snippets.Snippet(v.Context(), c.Sources[i].Key, v.base(), v.lang)
	return f, nil
}

func (s *site) sourceSave(v *visit) error {
	f, err := s.editForm(v)
	if err != nil {
		return err
	}
	err = s.editSource(v, func(_ *lead.Config, src *lead.Source) error {
		return readSource(v.PostForm, f.Channel, src)
	})
	if err != nil {
		return v.refused("source_edit", err, func(e *lead.Error) any { return f.withError(v.PostForm, e) })
	}
	return v.done("/sources/"+url.PathEscape(f.Key), "source_saved")
}

// sourceSwitch turns a source on or off.
func (s *site) sourceSwitch(v *visit) error {
	on := v.PostForm.Get("enabled") == "on"
	err := s.editSource(v, func(_ *lead.Config, src *lead.Source) error { src.Enabled = on; return nil })
	if err != nil {
		return err
	}
	if on {
		return v.done("/sources", "source_on")
	}
	return v.done("/sources", "source_off")
}

// sourceRemove takes a source out of the configuration; what it brought stays in the pool.
func (s *site) sourceRemove(v *visit) error {
	key := v.param("key")
	err := s.editSource(v, func(c *lead.Config, _ *lead.Source) error {
		c.Sources = slices.DeleteFunc(c.Sources, func(o lead.Source) bool { return o.Key == key })
		return nil
	})
	if err != nil {
		return err
	}
	return v.done("/sources", "source_removed")
}

// editSource changes the source that the path names.
func (s *site) editSource(v *visit, fn func(*lead.Config, *lead.Source) error) error {
	_, err := s.Configuration.EditConfig(v.Context(), v.actor(), func(c *lead.Config) error {
		i := findSource(c, v.param("key"))
		if i < 0 {
			return noSuchSource()
		}
		return fn(c, &c.Sources[i])
	})
	return err
}

func findSource(c *lead.Config, key string) int {
	return slices.IndexFunc(c.Sources, func(s lead.Source) bool { return s.Key == key })
}

func noSuchSource() error {
	return lead.NotFound("no_such_source", "there is no source with this key", "the list of sources shows which there are")
}
