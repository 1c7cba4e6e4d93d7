package console

import (
	"github.com/leadhub/leadhub/lead"
)

type poolListPage struct {
	Pools []poolRow
	speech
}

// poolRow is a public pool with what lies in it; one that was removed may still hold leads.
type poolRow struct {
	lead.Pool
	State lead.PoolState
	Gone  bool
}

func (s *site) poolList(v *visit) error {
	c, err := v.config()
	if err != nil {
		return err
	}
	states, err := s.Care.PoolStates(v.Context())
	if err != nil {
		return err
	}
	return v.render("pool_list", poolListPage{Pools: poolRows(c.Pools, states), speech: v.speech(c)})
}

func poolRows(configured []lead.Pool, states []lead.PoolState) []poolRow {
	var rows []poolRow
	for _, p := range configured {
		rows = append(rows, poolRow{Pool: p, State: lead.PoolState{Pool: p.Key}})
	}
next:
	for _, st := range states {
		for i := range rows {
			if rows[i].Key == st.Pool {
				rows[i].State = st
				continue next
			}
		}
		rows = append(rows, poolRow{Pool: lead.Pool{Key: st.Pool, Name: st.Pool}, State: st, Gone: true})
	}
	return rows
}

// gradeCount is how many leads of a grade there are; Grade "" are those without.
type gradeCount struct {
	Grade string
	Count int64
}

// Grades are the grades that there are, the best first.
func (r poolRow) Grades() []gradeCount {
	var out []gradeCount
	for _, g := range append(append([]string{}, leadGrades...), "") {
		if n := r.State.Grades[g]; n > 0 {
			out = append(out, gradeCount{g, n})
		}
	}
	return out
}
