package sqlstore

import (
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-json"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// Row is a lead as table leads has it: what it is listed, filtered, found, queued and counted by. Times that are zero, and an amount
// of nothing, are NULL in the table.
type Row struct {
	ID, Number string
	Facts
	Standing
}

// Facts are what touches said.
type Facts struct {
	Province, Sources, Search, Company, Source, Campaign string
	FirstSeen                                            int64
}

// Standing is what people and rules made of it.
type Standing struct {
	Status, Owner, MergedInto, Pool, Rule, Currency                              string
	Grade, NextAt, AssignedAt, ContactedAt, ConvertedAt, PooledAt, AmountInCents int64
}

// Columns of a row that may change: texts, then numbers, in the order of Texts and Numbers. Those of Facts come first.
var (
	FactTexts       = []string{"province", "sources", "search", "company", "source", "campaign"}
	FactNumbers     = []string{"first_seen"}
	StandingTexts   = []string{"status", "owner", "merged_into", "pool", "rule", "currency"}
	StandingNumbers = []string{"grade", "next_at", "assigned_at", "contacted_at", "converted_at", "pooled_at", "amount"}
)

// NewColumns are those of a lead that comes to be, its place in the queue included.
var NewColumns = slices.Concat([]string{"id", "number"}, FactTexts, FactNumbers, StandingTexts, StandingNumbers, []string{"due_at", "waits"})

// New appends the values of NewColumns.
func (r *Row) New(to []any, turn Turn) []any {
	to = append(to, r.ID, r.Number, r.Province, r.Sources, r.Search, r.Company, r.Source, r.Campaign, r.FirstSeen)
	for _, text := range r.Standing.Texts() {
		to = append(to, text)
	}
	for _, n := range r.Standing.Numbers() {
		to = append(to, n)
	}
	return append(to, turn.At, turn.Waits)
}

// Texts are the values of FactTexts.
func (f *Facts) Texts() []string {
	return []string{f.Province, f.Sources, f.Search, f.Company, f.Source, f.Campaign}
}

// Numbers are the values of FactNumbers.
func (f *Facts) Numbers() []*int64 { return []*int64{&f.FirstSeen} }

// Texts are the values of StandingTexts.
func (s *Standing) Texts() []string {
	return []string{s.Status, s.Owner, s.MergedInto, s.Pool, s.Rule, s.Currency}
}

// Numbers are the values of StandingNumbers; nil is NULL.
func (s *Standing) Numbers() []*int64 {
	return []*int64{&s.Grade, null(&s.NextAt), null(&s.AssignedAt), null(&s.ContactedAt), null(&s.ConvertedAt), null(&s.PooledAt), null(&s.AmountInCents)}
}

func null(n *int64) *int64 {
	if *n == 0 {
		return nil
	}
	return n
}

// RowOf makes the row of a record.
func RowOf(r *lead.Record) Row {
	row := StandingOf(r)
	row.Facts = Facts{Province: clean(r.Region.Province), Sources: clean("," + strings.Join(r.Sources, ",") + ","), Search: searchText(r),
		Company: clean(r.CompanyKey()), Source: clean(r.FirstFrom.Source), Campaign: clean(r.FirstFrom.UTM["campaign"]), FirstSeen: r.FirstSeen.UnixMicro()}
	return row
}

// StandingOf is RowOf without the Facts.
func StandingOf(r *lead.Record) Row {
	amount, _ := lead.Cents(r.Amount) // "" is none
	return Row{
		ID: r.ID, Number: r.Number,
		Standing: Standing{Status: r.Status, Owner: clean(r.Owner), MergedInto: r.MergedInto, Pool: clean(r.Pool), Rule: clean(r.Rule), Currency: clean(r.Currency),
			Grade: gradeOf(r.Grade), NextAt: moment(r.NextAt), AssignedAt: moment(r.AssignedAt), ContactedAt: moment(r.ContactedAt),
			ConvertedAt: moment(r.ConvertedAt), PooledAt: moment(r.PooledAt), AmountInCents: amount},
	}
}

// moment is a time in a column, 0 for the zero time.
func moment(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// gradeOf orders grades: A is 4, D is 1, and leads without one come last.
func gradeOf(grade string) int64 {
	if i := strings.Index("DCBA", grade); grade != "" && i >= 0 {
		return int64(i) + 1
	}
	return 0
}

// grades are the values of the column grade, the best first, and their names.
var grades = []string{4: "A", 3: "B", 2: "C", 1: "D", 0: ""}

// searchText holds everything a lead is searched by, one per line, in lower case.
func searchText(r *lead.Record) string {
	var b strings.Builder
	for _, s := range []string{r.Name, r.Company, r.Number} {
		b.WriteString(s)
		b.WriteByte('\n')
	}
	for _, list := range [][]string{r.Phones, r.Emails} {
		for _, s := range list {
			b.WriteString(s)
			b.WriteByte('\n')
		}
	}
	return clean(strings.ToLower(b.String()))
}

// Turn is a place in the queue of the assigner. A nil At is none.
type Turn struct {
	At    *int64
	Waits string
}

// Turns are the places in the queue by lead.
func Turns(list []sink.Due) map[string]Turn {
	out := make(map[string]Turn, len(list))
	for _, d := range list {
		turn := Turn{Waits: clean(d.Waits)}
		if !d.At.IsZero() {
			at := d.At.UnixMicro()
			turn.At = &at
		}
		out[d.Lead] = turn
	}
	return out
}

// NotificationRow are the columns of a notification: id, rep, kind, lead, doc, at, due.
func NotificationRow(n lead.Notification) ([]any, error) {
	doc, err := json.Marshal(n)
	at := n.At.UnixMicro()
	return []any{n.ID, clean(n.Rep), n.Kind, n.Lead, doc, at, at}, err
}

// StateRow are the columns of the state of a rep: rep, assigned, day, today, claimed, last_claim, turns (in column credits).
func StateRow(s lead.RepState) ([]any, error) {
	claimed, err := counts(s.Claimed)
	if err != nil {
		return nil, err
	}
	turns, err := counts(s.Turns)
	last := moment(s.LastClaim)
	return []any{clean(s.Rep), s.Assigned, s.Day, int64(s.Today), claimed, null(&last), turns}, err
}

func counts[V int | lead.Turn](m map[string]V) (string, error) {
	if len(m) == 0 {
		return "", nil
	}
	b, err := json.Marshal(m)
	return clean(string(b)), err
}
