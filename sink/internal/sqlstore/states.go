package sqlstore

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/goccy/go-json"

	"github.com/leadhub/leadhub/lead"
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
