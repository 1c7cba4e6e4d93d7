package sink

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// join folds the leads that a verdict joins into the one with the lowest id, and writes that order back into the
// verdict. The absorbed leads end with a version that names their successor.
func (b *batch) join(v *lead.Verdict) (*lead.Record, []string, error) {
	ids := append([]string{v.Lead}, v.Joined...)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	v.Lead, v.Joined = ids[0], ids[1:]

	survivor := b.living[v.Lead]
	if survivor == nil {
		return nil, nil, unknownLead(v.Lead)
	}
	var changed []string
	if survivor.Own == nil {
		own := survivor.Standing()
		survivor.Own = &own
	}
	for _, id := range v.Joined {
		other := b.living[id]
		if other == nil {
			return nil, nil, unknownLead(id)
		}
		changed = append(changed, b.judge.Join(survivor, other)...)
		owners := []string{survivor.Owner, other.Owner}
		before := []*lead.Record{{Lead: survivor.Lead}, {Lead: other.Lead}}
		changed = append(changed, inherit(survivor, other)...)
		b.freed += freed(before, []*lead.Record{survivor})
		b.notices = append(b.notices, lostBy(survivor, owners, b.now)...)
		b.absorb(other, survivor, v)
	}
	if survivor.Owner == "" {
		b.queue(survivor.ID, b.now)
	} else {
		b.queue(survivor.ID, time.Time{})
	}
	return survivor, changed, nil
}

func (b *batch) absorb(other, survivor *lead.Record, v *lead.Verdict) {
	other.MergedInto = survivor.ID
	note := lead.ChangeNote{Type: lead.ChangeMerged, Changed: []string{"merged_into"}, At: b.now, Actor: "hub",
		Why: "went into " + survivor.Number + ": " + strings.Join(v.Reasons, "; ")}
	b.change(other, note)
	b.event(other, note)
	b.queue(other.ID, time.Time{})
	if other.Owner != "" {
		b.timers = append(b.timers, Timer{Lead: other.ID})
	}
	delete(b.living, other.ID)
	for _, id := range other.Identities {
		k := id.Key()
		if b.leads[k] == Generic {
			b.spread(k, survivor.ID)
			b.cleared = append(b.cleared, other.ID)
			continue
		}
		if !id.Strong() || b.leads[k] != other.ID && b.leads[k] != "" {
			continue
		}
		if _, ok := b.moved[k]; !ok {
			b.moved[k] = other.ID
		}
		b.leads[k] = survivor.ID
	}
}

// inherit settles owner, status and lifecycle stage of two leads that are one person. An owner that a person set
// wins over a rule's, then the survivor's over the other's, and so does a stage; of two statuses the one that is further along stays.
func inherit(survivor, other *lead.Record) []string {
	was := survivor.Standing()
	is := inherited(was, other.Standing())
	survivor.Settle(is)
	return differences(was, is)
}

func inherited(is, other lead.Standing) lead.Standing {
	course := joinedCourse(is.Course, other.Course)
	if other.Owner != "" && (is.Owner == "" || is.OwnerBy != byPerson && other.OwnerBy == byPerson) {
		is.Owner, is.OwnerBy = other.Owner, other.OwnerBy
		course.Rule, course.OwnedAt, course.AcceptedAt = other.Rule, other.OwnedAt, other.AcceptedAt
		course.PreviousOwner, course.LeftAt = other.PreviousOwner, other.LeftAt
	}
	if is.Owner == "" {
		is.OwnerBy = cmp.Or(is.OwnerBy, other.OwnerBy)
	} else {
		course.Pool, course.PooledAt = "", time.Time{}
	}
	if progress[other.Status] > progress[is.Status] {
		is.Status = other.Status
	}
	if is.Owner != "" && is.Status == lead.StatusNew {
		is.Status = lead.StatusAssigned
	}
	if is.StageBy != byPerson && (is.Stage == "" || other.StageBy == byPerson) {
		is.Stage, is.StageBy = other.Stage, other.StageBy
	}
	if !lead.Open(is.Status) {
		course.NextAt = time.Time{}
	}
	is.Course = course
	return is
}

// joinedCourse is what was done with two leads that are one person: what happened first stays first, and what happened last, last. What
// hangs on the owner is the survivor's.
func joinedCourse(is, other lead.Course) lead.Course {
	if is.Pool == "" {
		is.Pool, is.PooledAt = other.Pool, other.PooledAt
	}
	is.AssignedAt = earlier(is.AssignedAt, other.AssignedAt)
	is.ContactedAt = earlier(is.ContactedAt, other.ContactedAt)
	is.NextAt = earlier(is.NextAt, other.NextAt)
	if other.FollowedAt.After(is.FollowedAt) {
		is.FollowedAt = other.FollowedAt
	}
	if other.LeftAt.After(is.LeftAt) {
		is.PreviousOwner, is.LeftAt = other.PreviousOwner, other.LeftAt
	}
	is.Returns = max(is.Returns, other.Returns)
	if is.Reason == "" {
		is.Reason = other.Reason
	}
	if first := earlier(is.ConvertedAt, other.ConvertedAt); !first.Equal(is.ConvertedAt) {
		is.ConvertedAt, is.Amount, is.Currency, is.Customer = first, other.Amount, other.Currency, other.Customer
	}
	return is
}

// freed is how many more open leads reps may hold when some leads became others.
func freed(before, after []*lead.Record) int {
	held := map[string]int{}
	for n, list := range [][]*lead.Record{before, after} {
		for _, r := range list {
			if r.Owner != "" && r.MergedInto == "" && lead.Open(r.Status) {
				held[r.Owner] += 1 - 2*n
			}
		}
	}
	out := 0
	for _, fewer := range held {
		out += max(fewer, 0)
	}
	return out
}

// earlier is the earlier of two times that were; the zero time was not.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// lostBy tells the reps who owned a part of a lead that is somebody else's now.
func lostBy(r *lead.Record, owners []string, now time.Time) []lead.Notification {
	var out []lead.Notification
	for i, rep := range owners {
		if rep != "" && rep != r.Owner && !slices.Contains(owners[:i], rep) {
			out = append(out, lead.Notification{ID: lead.NewID("ntf_", now), Rep: rep, Kind: lead.NotifyTaken, Lead: r.ID, Number: r.Number,
				Why: "it is the same person as a lead of " + r.Owner, At: now})
		}
	}
	return out
}

// differences names the public fields in which two standings differ, sorted.
func differences(a, b lead.Standing) []string {
	show := func(s lead.Standing) *lead.Lead {
		return &lead.Lead{Status: s.Status, Stage: s.Stage, Owner: s.Owner, Course: s.Course}
	}
	return lead.Differences(show(a), show(b))
}

// progress orders statuses: who comes back with a new submission is no longer archived.
var progress = map[string]int{
	lead.StatusArchived: 0, lead.StatusUnqualified: 1, lead.StatusNew: 2, lead.StatusAssigned: 3,
	lead.StatusNurturing: 4, lead.StatusWorking: 5, lead.StatusConverted: 6,
}
