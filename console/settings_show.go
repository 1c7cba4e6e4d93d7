package console

import (
	"strings"

	"github.com/leadhub/leadhub/lead"
)

type settingsPage struct {
	lead.Config
	NeverKeys string // one per line
	Error     *lead.Error
}

func (s *site) settingsShow(v *visit) error {
	p, err := v.settingsPage()
	if err != nil {
		return err
	}
	return v.render("settings_show", p)
}

func (v *visit) settingsPage() (settingsPage, error) {
	c, err := v.config()
	return settingsPage{Config: c, NeverKeys: strings.Join(c.Settings.NeverKeys, "\n")}, err
}
