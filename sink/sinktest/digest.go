package sinktest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// row is a submission that an import brought.
func row(imp, id string, ids ...lead.Identity) *lead.Submission {
	s := Sub(id, ids...)
	s.Origin.Import = imp
	return s
}

// toldOf is who was told what, by import.
func (d *desk) toldOf() map[string]map[string]int {
	d.t.Helper()
	list, err := d.store.Notifications(d.ctx, "", 1000)
	require.NoError(d.t, err)
	out := map[string]map[string]int{}
	for _, n := range list {
		if out[n.Import] == nil {
			out[n.Import] = map[string]int{}
		}
		out[n.Import][n.Rep+" "+n.Kind]++
	}
	return out
}

var digestTests = map[string]func(*testing.T, Harness){
	"what an import brings is told with the import, whoever else comes in the middle of it": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1), rep("bo", 1)}})
		for i := range 50 {
			d.record(row("imp_1", fmt.Sprint("row_", i), Mobile(i)))
			if i == 25 {
				d.record(Sub("form", Mobile(100)))
			}
			if i%20 == 0 {
				d.assignAll()
			}
		}
		later := Sub("later", Mobile(49))
		later.EventTime = day.Add(time.Second)
		d.record(later) // before anybody had the row's lead
		d.assignAll()
		told := d.toldOf()
		require.Equal(t, 49, told["imp_1"]["anna assigned"]+told["imp_1"]["bo assigned"])
		require.Equal(t, 2, told[""]["anna assigned"]+told[""]["bo assigned"], "the form, and the lead that came back by itself")
		require.Empty(t, d.lead(d.on("later")).LastFrom.Import)
		require.Equal(t, "imp_1", d.lead(d.on("later")).FirstFrom.Import)
		require.Equal(t, "imp_1", d.lead(d.on("row_1")).LastFrom.Import)
	},
	"a list of people whom reps have already is told with its import": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1)}})
		d.record(Sub("a", Mobile(1)), Sub("b", Mobile(2)), Sub("c", Mobile(3)))
		d.assignAll()
		d.record(row("imp_2", "ra", Mobile(1)), Sub("form", Mobile(3)), row("imp_2", "rb", Mobile(2)))
		require.Equal(t, map[string]map[string]int{"": {"anna assigned": 3, "anna returned": 1}, "imp_2": {"anna returned": 2}}, d.toldOf())
		// The same when it takes all the evidence to tell who somebody is.
		_, err := d.sink.Record(d.ctx, Items(Sub("d", Mobile(4)), Sub("e", Mobile(4))))
		require.NoError(t, err)
		d.assignAll()
		_, err = d.sink.Split(d.ctx, d.on("d"), []string{"e"}, lead.Order{Actor: "person:x"})
		require.NoError(t, err)
		d.record(row("imp_3", "rd", Mobile(4), Email(4)))
		require.Equal(t, map[string]int{"anna returned": 1}, d.toldOf()["imp_3"])
	},
	"a lead of an import that had an owner is told to the next one at once": func(t *testing.T, h Harness) {
		d := openDesk(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1)}, Pools: []lead.Pool{{Key: "lake", Enabled: true, AutoAssign: true}}})
		d.record(row("imp_1", "a", Mobile(1)))
		d.assignAll()
		_, err := d.mover.Release(d.ctx, d.on("a"), "lake", "because", boss)
		require.NoError(t, err)
		d.assignAll()
		require.Equal(t, map[string]map[string]int{"": {"anna assigned": 1}, "imp_1": {"anna assigned": 1}}, d.toldOf())
	},
}
