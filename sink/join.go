package sink

import (
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
		changed = append(changed, inherit(survivor, other)...)
		b.absorb(other, survivor, v)
	}
	if survivor.Owner == "" {
		b.due[survivor.ID] = b.now
	} else {
		b.due[survivor.ID] = time.Time{}
	}
	return survivor, changed, nil
}

func (b *batch) absorb(other, survivor *lead.Record, v *lead.Verdict) {
	other.MergedInto = survivor.ID
	note := lead.ChangeNote{Type: lead.ChangeMerged, Changed: []string{"merged_into"}, At: b.now, Actor: "hub",
		Why: "went into " + survivor.Number + ": " + strings.Join(v.Reasons, "; ")}
	b.change(other, note)
	b.event(other, note)
	b.due[other.ID] = time.Time{}
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
// wins over a rule's, then the survivor's over the other's; of two statuses the one that is further along stays.
func inherit(survivor, other *lead.Record) []string {
	is := inherited(survivor.Standing(), other.Standing())
	changed := differences(survivor.Standing(), is)
	survivor.Status, survivor.Stage, survivor.Owner, survivor.OwnerBy = is.Status, is.Stage, is.Owner, is.OwnerBy
	return changed
}

func inherited(is, other lead.Standing) lead.Standing {
	if other.Owner != "" && (is.Owner == "" || is.OwnerBy != "person" && other.OwnerBy == "person") {
		is.Owner, is.OwnerBy = other.Owner, other.OwnerBy
	}
	if progress[other.Status] > progress[is.Status] {
		is.Status = other.Status
	}
	if is.Owner != "" && is.Status == lead.StatusNew {
		is.Status = lead.StatusAssigned
	}
	if is.Stage == "" {
		is.Stage = other.Stage
	}
	return is
}

// differences names the public fields in which two standings differ, sorted.
func differences(a, b lead.Standing) []string {
	var out []string
	if a.Owner != b.Owner {
		out = append(out, "owner")
	}
	if a.Stage != b.Stage {
		out = append(out, "stage")
	}
	if a.Status != b.Status {
		out = append(out, "status")
	}
	return out
}

// progress orders statuses: who comes back with a new submission is no longer archived.
var progress = map[string]int{
	lead.StatusArchived: 0, lead.StatusUnqualified: 1, lead.StatusNew: 2, lead.StatusAssigned: 3,
	lead.StatusNurturing: 4, lead.StatusWorking: 5, lead.StatusConverted: 6,
}
