package sink

import (
	"context"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// AssignerConfig is what an Assigner needs. Queue and Chooser are required.
type AssignerConfig struct {
	Queue   Queue
	Chooser Chooser
	Now     func() time.Time // time.Now unless set
	Batch   int              // leads per transaction; 500 unless set
	Wait    time.Duration    // until a lead that nobody may have now is tried again; a minute unless set
}

// Assigner gives leads to reps. Several may run, in one process or in many: each lead is given once, and the shares
// of the reps are as exact as with one.
type Assigner struct{ cfg AssignerConfig }

// NewAssigner makes an Assigner.
func NewAssigner(cfg AssignerConfig) *Assigner {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Batch == 0 {
		cfg.Batch = 500
	}
	if cfg.Wait == 0 {
		cfg.Wait = time.Minute
	}
	return &Assigner{cfg: cfg}
}

// Step takes one batch of leads off the queue and gives them to reps. It returns how many it took, also those that
// had an owner already or that nobody may have now (these come back after Wait): call it until it returns 0.
func (a *Assigner) Step(ctx context.Context) (int, error) {
	now := a.cfg.Now().UTC()
	var failed error
	n, err := a.cfg.Queue.Assign(ctx, now, a.cfg.Batch, func(records []*lead.Record, reps []lead.Rep) Changes {
		var c Changes
		c, failed = a.assign(now, records, reps)
		return c
	})
	if err == nil {
		err = failed
	}
	return n, err
}

func (a *Assigner) assign(now time.Time, records []*lead.Record, reps []lead.Rep) (Changes, error) {
	c := Changes{Reps: reps}
	var outbox []lead.Change
	var changed []*lead.Record
	for _, r := range records {
		if r.Owner != "" || r.MergedInto != "" {
			c.Due = append(c.Due, Due{Lead: r.ID})
			continue
		}
		got := a.cfg.Chooser.Choose(r, reps, now)
		if got.Owner == "" {
			c.Due = append(c.Due, Due{Lead: r.ID, At: now.Add(a.cfg.Wait)})
			continue
		}
		note := lead.ChangeNote{Type: lead.ChangeAssigned, Changed: []string{"owner"}, Why: got.Why, Actor: "rule:" + got.Rule, At: now}
		is := r.Standing()
		is.Owner, is.OwnerBy = got.Owner, "rule"
		if is.Status == lead.StatusNew {
			is.Status = lead.StatusAssigned
			note.Changed = append(note.Changed, "status")
		}
		r.Stand(is)
		r.Version++
		c.Due = append(c.Due, Due{Lead: r.ID})
		changed = append(changed, r)
		c.Events = append(c.Events, eventOf(r, note))
		outbox = append(outbox, snapshot(r, note))
	}
	out, leads, err := encodeChanges(outbox)
	if err != nil {
		return Changes{}, err
	}
	c.Outbox = out
	c.Changed, err = encodeRecords(changed, leads)
	return c, err
}
