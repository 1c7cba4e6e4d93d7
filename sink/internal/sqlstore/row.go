package sqlstore

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// Row is a lead as table leads has it: what it is listed, filtered, found, queued and counted by. Numbers that are 0 are
// NULL in the table, but those of grade and first_seen.
type Row struct {
	ID, Number                                   string
	Status, Owner, Province, Sources             string
	MergedInto, Search                           string
	Pool, Company, Source, Campaign, Rule, Money string
	FirstSeen, Grade, Touches                    int64
	NextAt, AssignedAt, ContactedAt, ConvertedAt int64
	PooledAt, Amount                             int64
}

// RowTexts and RowNumbers name the columns of a row that may change, in the order of Texts and Numbers.
var (
	RowTexts   = []string{"status", "owner", "province", "sources", "merged_into", "search", "pool", "company", "source", "campaign", "rule", "currency"}
	RowNumbers = []string{"first_seen", "grade", "touches", "next_at", "assigned_at", "contacted_at", "converted_at", "pooled_at", "amount"}
)

// Texts are the values of RowTexts.
func (r *Row) Texts() [12]string {
	return [12]string{r.Status, r.Owner, r.Province, r.Sources, r.MergedInto, r.Search, r.Pool, r.Company, r.Source, r.Campaign, r.Rule, r.Money}
}

// Numbers are the values of RowNumbers; nil is NULL.
func (r *Row) Numbers() [9]*int64 {
	return [9]*int64{&r.FirstSeen, &r.Grade, &r.Touches, null(&r.NextAt), null(&r.AssignedAt), null(&r.ContactedAt), null(&r.ConvertedAt), null(&r.PooledAt), null(&r.Amount)}
}

func null(n *int64) *int64 {
	if *n == 0 {
		return nil
	}
	return n
}

// RowOf makes the row of a record.
func RowOf(r *lead.Record) Row {
	amount, _ := lead.Cents(r.Amount) // "" is none
	return Row{
		ID: r.ID, Number: r.Number, Status: r.Status, Owner: clean(r.Owner), Province: clean(r.Region.Province),
		Sources: clean("," + strings.Join(r.Sources, ",") + ","), MergedInto: r.MergedInto, Search: searchText(r),
		Pool: clean(r.Pool), Company: clean(r.CompanyKey()), Source: clean(r.FirstFrom.Source), Campaign: clean(r.FirstFrom.UTM["campaign"]),
		Rule: clean(r.Rule), Money: clean(r.Currency), FirstSeen: r.FirstSeen.UnixMicro(), Grade: gradeOf(r.Grade), Touches: int64(r.Touches),
		NextAt: moment(r.NextAt), AssignedAt: moment(r.AssignedAt), ContactedAt: moment(r.ContactedAt), ConvertedAt: moment(r.ConvertedAt),
		PooledAt: moment(r.PooledAt), Amount: amount,
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

// StateRow are the columns of the state of a rep: rep, assigned, day, today, claimed, last_claim, credits.
func StateRow(s lead.RepState) ([]any, error) {
	claimed, err := counts(s.Claimed)
	if err != nil {
		return nil, err
	}
	credits, err := counts(s.Credit)
	last := moment(s.LastClaim)
	return []any{clean(s.Rep), s.Assigned, s.Day, int64(s.Today), claimed, null(&last), credits}, err
}

func counts[N int | int64](m map[string]N) (string, error) {
	if len(m) == 0 {
		return "", nil
	}
	b, err := json.Marshal(m)
	return clean(string(b)), err
}
