package console

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// move is what a form asks for. A form that is sent twice is done once: every form carries a mark of its own. A rep acts for himself,
// whomever the form names.
func (v *visit) move(rep string) lead.Move {
	if v.view != nil {
		rep = v.view.Rep.Key
	}
	sum := sha256.Sum256([]byte(v.URL.Path + "\n" + v.PostForm.Encode()))
	return lead.Move{ID: "console:" + hex.EncodeToString(sum[:16]), Actor: v.actor(), Rep: rep, Why: v.typed("why")}
}

// moved shows the lead after a move, or what spoke against it.
func (v *visit) moved(what string, err error) error {
	id := v.param("id")
	if err != nil {
		return v.renderLead(id, err)
	}
	return v.done(leadURL(id), what)
}

func (s *site) leadAssign(v *visit) error {
	if v.typed("rep") == "" {
		return v.moved("", noRep())
	}
	_, err := s.Moving.Assign(v.Context(), v.param("id"), v.typed("rep"), v.move(""))
	return v.moved("assigned", err)
}

func noRep() error {
	return wrongField("rep", "no_rep", "no rep was chosen", "choose who is to have the lead")
}

// leadClaim claims a lead for a rep: the rules of the pool count for him as if he asked himself.
func (s *site) leadClaim(v *visit) error {
	if v.typed("rep") == "" {
		return v.moved("", noRep())
	}
	_, err := s.Moving.Claim(v.Context(), v.param("id"), v.move(v.typed("rep")))
	return v.moved("claimed", err)
}

// leadRelease gives a lead back. Whoever does it says why, as the reps must.
func (s *site) leadRelease(v *visit) error {
	reason := either(v.typed("reason"), v.typed("other_reason"))
	if reason == "" && v.typed("pool") != "" {
		return v.moved("", wrongField("reason", "reason_missing", "a lead is released with a reason", "say why in a few words"))
	}
	_, err := s.Moving.Release(v.Context(), v.param("id"), v.typed("pool"), reason, v.move(""))
	return v.moved("released", err)
}

func (s *site) leadAccept(v *visit) error {
	_, err := s.Moving.Accept(v.Context(), v.param("id"), v.move(""))
	return v.moved("accepted", err)
}

func (s *site) leadReopen(v *visit) error {
	_, err := s.Following.Reopen(v.Context(), v.param("id"), v.move(""))
	return v.moved("reopened", err)
}

// leadFollow notes a follow-up, or a status with what belongs to it.
func (s *site) leadFollow(v *visit) error {
	f := lead.Feedback{Lead: v.param("id"), Status: v.typed("status"), Way: v.typed("way"), Text: v.typed("feedback"), Reason: v.typed("reason"),
		Amount: lead.Decimal(v.typed("amount")), Currency: v.typed("currency"), Customer: v.typed("customer")}
	if f.Amount == "" {
		f.Currency = ""
	}
	if at := v.typed("next_at"); at != "" {
		next, err := time.ParseInLocation("2006-01-02T15:04", at, v.zone())
		if err != nil {
			return v.moved("", wrongField("next_at", "bad_time", "this is not a date with a time", "write it like 2026-01-02T15:04"))
		}
		f.NextAt = next
	}
	if err := f.Check(); err != nil {
		return v.moved("", err)
	}
	_, err := s.Following.Follow(v.Context(), f, v.move(""))
	return v.moved(either(f.Status, "followed"), err)
}

// leadWork is what the page of a lead shows of how far it has come, and what can be done.
type leadWork struct {
	Config lead.Config
	Typed  url.Values // what was sent and refused
	Mark   string     // of the forms of this page
	// Decided is the latest assignment by rules that tells how it came to it.
	Decided *lead.Event
	now     time.Time
}

func (v *visit) leadWork(d *lead.LeadDetail, c lead.Config) leadWork {
	w := leadWork{Config: c, Mark: lead.NewID("act_", v.site.now()), now: v.site.now()}
	if v.Method == "POST" {
		w.Typed = v.PostForm
	}
	if i := slices.IndexFunc(d.History, func(e lead.Event) bool { return len(e.Trace) > 0 }); i >= 0 {
		w.Decided = &d.History[i]
	}
	return w
}

// Open reports whether the lead is still to be worked on.
func (p leadPage) Open() bool { return lead.Open(p.Status) }

// MayBecome reports whether a follow-up may bring the lead there.
func (p leadPage) MayBecome(status string) bool {
	return status != p.Status && lead.MayBecome(p.Status, status)
}

// Late reports whether the next follow-up should have been by now.
func (p leadPage) Late() bool { return !p.NextAt.IsZero() && p.NextAt.Before(p.now) }

// Reps are those who can be given a lead.
func (w leadWork) Reps() []lead.Rep { return activeReps(w.Config, nil) }

// Claimers are the reps who may use the pool that a lead lies in.
func (p leadPage) Claimers() []lead.Rep {
	i := slices.IndexFunc(p.Config.Pools, func(o lead.Pool) bool { return o.Key == p.Pool })
	if i < 0 {
		return nil
	}
	return activeReps(p.Config, p.Config.Pools[i].Teams)
}

// Pools are those that a lead can be released into.
func (w leadWork) Pools() []lead.Pool {
	return slices.DeleteFunc(slices.Clone(w.Config.Pools), func(p lead.Pool) bool { return !p.Enabled })
}

// activeReps are the active ones of some teams, of all when there are none.
func activeReps(c lead.Config, teams []string) []lead.Rep {
	return slices.DeleteFunc(slices.Clone(c.Reps), func(r lead.Rep) bool {
		return !r.Active || len(teams) > 0 && !slices.Contains(teams, r.Team)
	})
}

// followWays are those that a form offers; others can come from a CRM.
var followWays = []string{"call", "wechat", "message", "email", "visit", "meeting"}

// Ways for the form.
func (leadPage) Ways() []string { return followWays }
