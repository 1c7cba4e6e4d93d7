package sqlstore

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-json"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// Columns of rep_state, for stateOf, and of rep_held.
var (
	stateColumns = []string{"rep", "assigned", "day", "today", "claimed", "coalesce(last_claim, 0)", "credits"}
	heldColumns  = []string{"rep", "held"}
)

// Rows and columns of packed are parted by control characters, which neither keys nor JSON contain.
const (
	rowMark    = "\x1e"
	columnMark = "\x1f"
)

// packed reads rows as one text: the states of hundreds of reps are read in every transaction that assigns, and to fetch a row and its
// columns one by one costs ten times what reading them does. In from, "list" holds the elements of the first of args, a JSON array.
func (d *Dialect) packed(ctx context.Context, r Runner, columns []string, from string, args ...any) ([][]string, error) {
	var line []string
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = "c" + strconv.Itoa(i)
		line = append(line, "x."+names[i])
		names[i] = c + " AS " + names[i]
	}
	format := strings.TrimSuffix(strings.Repeat("%s"+columnMark, len(columns)), columnMark)
	query := " SELECT coalesce(string_agg(format('" + format + "', " + strings.Join(line, ", ") + "), '" + rowMark + "'), '') FROM (SELECT " +
		strings.Join(names, ", ") + " FROM " + from + ") AS x"
	if len(args) > 0 {
		query = d.with(query)
	}
	var text string
	err := r.Each(ctx, func(scan func(...any) error) error { return scan(&text) }, query, args...)
	if err != nil || text == "" {
		return nil, err
	}
	rows := strings.Split(text, rowMark)
	out := make([][]string, len(rows))
	for i, row := range rows {
		if out[i] = strings.Split(row, columnMark); len(out[i]) != len(columns) {
			return nil, errors.New("a row of the database has a control character in it")
		}
	}
	return out, nil
}

// stateOf reads what stateColumns ask for.
func stateOf(c []string) (*lead.RepState, error) {
	s := &lead.RepState{Rep: c[0], Day: c[2]}
	var numbers [3]int64
	for i, text := range []string{c[1], c[3], c[5]} {
		var err error
		if numbers[i], err = strconv.ParseInt(text, 10, 64); err != nil {
			return nil, err
		}
	}
	s.Assigned, s.Today = numbers[0], int(numbers[1])
	if numbers[2] != 0 {
		s.LastClaim = micros(numbers[2])
	}
	for _, part := range []struct {
		text string
		into any
	}{{c[4], &s.Claimed}, {c[6], &s.Turns}} {
		if part.text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(part.text), part.into); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// staffAt is how all reps stood when the clock was at. Those in changed have to be looked at again.
type staffAt struct {
	at      int64
	states  map[string]lead.RepState
	changed []string
}

// fewReps is up to how many reps it is cheaper to look at these alone.
const fewReps = 50

// staff reads the states of reps, locked, and who owns leads of which company.
func (d *Dialect) staff(ctx context.Context, r Runner, c *Recent, take sink.Take, out *sink.Taken) error {
	out.Staff = lead.Staff{Reps: slices.Clone(out.Config.Reps), States: map[string]*lead.RepState{}}
	known, reps := false, take.Reps
	if take.AllReps {
		var err error
		if known, reps, err = d.remembered(ctx, r, c, &out.Staff); err != nil {
			return err
		}
	}
	if len(reps) > 0 || take.AllReps && !known {
		if err := d.states(ctx, r, reps, out.Staff.States); err != nil {
			return err
		}
	}
	if !take.Owners || !slices.ContainsFunc(out.Config.Rules, func(rule lead.Rule) bool { return rule.Sticky && rule.Enabled }) {
		return nil
	}
	var err error
	out.Staff.Owners, err = d.owners(ctx, r, out.Records)
	return err
}

// StaffFor is Take for leads that the transaction is about to save, as sink.Tx says.
func (d *Dialect) StaffFor(ctx context.Context, r Runner, c *Recent, now time.Time, leads []*lead.Record) (out sink.Taken, free bool, err error) {
	var version, waiting int64
	err = r.Each(ctx, func(scan func(...any) error) error { return scan(&version, &waiting) },
		"SELECT version, ("+anyQueued+") FROM config WHERE id = 1", now.UnixMicro())
	if err != nil || waiting > 0 {
		return out, false, err
	}
	out.Records = leads
	if out.Config, err = c.at(ctx, r, version); err != nil {
		return out, false, err
	}
	return out, true, d.staff(ctx, r, c, sink.Take{AllReps: true, Owners: true}, &out)
}

// remembered are the states of all reps as they were read before, when nothing has changed since. Of reps they have to be read.
func (d *Dialect) remembered(ctx context.Context, r Runner, c *Recent, staff *lead.Staff) (known bool, reps []string, err error) {
	last := c.staff.Load()
	if d.Clock == "" || last == nil {
		return false, nil, nil
	}
	now, err := number(ctx, r, d.Clock)
	if err != nil || now != last.at {
		return false, nil, err
	}
	copies := make([]lead.RepState, 0, len(last.states))
	for key, s := range last.states {
		copies = append(copies, s)
		staff.States[key] = &copies[len(copies)-1]
	}
	return true, last.changed, nil
}

// states reads the states of reps, of all when reps is empty, and locks them.
func (d *Dialect) states(ctx context.Context, r Runner, reps []string, into map[string]*lead.RepState) error {
	state, held, args := "rep_state", "rep_held", []any(nil)
	if len(reps) > 0 {
		state, held, args = state+" WHERE rep IN (SELECT v FROM list)", held+" WHERE rep IN (SELECT v FROM list)", []any{array(reps)}
	}
	rows, err := d.packed(ctx, r, stateColumns, state+" ORDER BY rep"+d.ForUpdate, args...)
	if err != nil {
		return err
	}
	for _, columns := range rows {
		s, err := stateOf(columns)
		if err != nil {
			return err
		}
		into[s.Rep] = s
	}
	for _, key := range reps {
		if into[key] == nil {
			into[key] = &lead.RepState{Rep: key}
		}
	}
	// Behind the lock: whoever counts on it holds the state, too.
	if rows, err = d.packed(ctx, r, heldColumns, held, args...); err != nil {
		return err
	}
	for _, columns := range rows {
		s := into[columns[0]]
		if s == nil { // it has no state to hold: nothing is given to whom the configuration does not know
			continue
		}
		if s.Held, err = strconv.Atoi(columns[1]); err != nil {
			return err
		}
	}
	return nil
}

// Saved tells that all reps were taken, and that everything is saved and about to be committed: it returns what is to be called when that
// is done. The states of reps other than those in changed then need not be read by the next who takes all.
func (d *Dialect) Saved(ctx context.Context, r Runner, c *Recent, all *lead.Staff, changed map[string]bool) (committed func(), err error) {
	if d.Clock == "" || len(changed) > fewReps {
		return func() {}, nil
	}
	next := &staffAt{states: make(map[string]lead.RepState, len(all.States)), changed: sortedKeys(changed)}
	if next.at, err = number(ctx, r, d.Clock); err != nil {
		return nil, err
	}
	for key, s := range all.States {
		next.states[key] = *s
	}
	return func() { c.staff.Store(next) }, nil
}
