package console

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/leadhub/leadhub/lead"
)

type handoverPage struct {
	Rep     lead.Rep
	Gone    bool
	Held    int
	Others  []lead.Rep
	Pools   []lead.Pool
	To      lead.Handover
	Why     string
	Leaves  bool // set him inactive first
	Confirm bool
	Moved   int // by the handover that was just made, or by one that failed half-way
	Error   *lead.Error
	speech
}

func (s *site) repHandoverShow(v *visit) error {
	p, err := v.handoverPage()
	if err != nil {
		return err
	}
	p.Moved, _ = strconv.Atoi(v.URL.Query().Get("moved"))
	p.Leaves = true
	return v.render("rep_handover", p)
}

func (v *visit) handoverPage() (handoverPage, error) {
	c, err := v.config()
	if err != nil {
		return handoverPage{}, err
	}
	states, err := v.site.Care.RepStates(v.Context())
	if err != nil {
		return handoverPage{}, err
	}
	key := v.param("key")
	rows := repRows(c.Reps, states, v.site.now(), v.zone())
	i := slices.IndexFunc(rows, func(r repRow) bool { return r.Key == key })
	if i < 0 {
		return handoverPage{}, lead.NotFound("rep_not_found", "there is no such rep", "")
	}
	others := slices.DeleteFunc(activeReps(c, nil), func(r lead.Rep) bool { return r.Key == key })
	return handoverPage{Rep: rows[i].Rep, Gone: rows[i].Gone, Held: rows[i].Held, Others: others, Pools: leadWork{Config: c}.Pools(), speech: v.speech(c)}, nil
}

// repHandover says what would be moved, and, when the form of that comes back, moves it.
func (s *site) repHandover(v *visit) error {
	p, err := v.handoverPage()
	if err != nil {
		return err
	}
	p.Why, p.Leaves = v.typed("why"), v.typed("leaves") == "on" && !p.Gone
	switch v.typed("where") {
	case "rep":
		p.To.To = v.typed("to")
	case "pool":
		p.To.Pool = v.typed("pool")
	case "rules":
		p.To.Rules = true
	}
	refuse := func(err error) error {
		p.Confirm = false
		return v.refused("rep_handover", err, func(e *lead.Error) any { p.Error = e; return p })
	}
	if p.To == (lead.Handover{}) {
		return refuse(wrongField("where", "bad_handover", "a handover goes to another rep, into a public pool, or to the rules", "choose one of the three"))
	}
	if v.typed("step") != "confirm" {
		p.Confirm = true
		return v.render("rep_handover", p)
	}
	if p.Leaves { // or he would get new ones meanwhile
		_, err := s.Configuration.EditConfig(v.Context(), v.actor(), func(c *lead.Config) error {
			for i := range c.Reps {
				if c.Reps[i].Key == p.Rep.Key {
					c.Reps[i].Active = false
				}
			}
			return nil
		})
		if err != nil {
			return refuse(err)
		}
	}
	n, err := s.Following.Handover(v.Context(), p.Rep.Key, p.To, lead.Move{Actor: v.actor(), Why: p.Why})
	if err != nil {
		p.Moved = n
		return refuse(err)
	}
	return v.redirect("/reps/" + url.PathEscape(p.Rep.Key) + "/handover?moved=" + strconv.Itoa(n) + "&done=handed_over")
}
