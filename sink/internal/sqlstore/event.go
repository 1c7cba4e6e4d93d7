package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"strings"

	"github.com/goccy/go-json"

	"github.com/leadhub/leadhub/lead"
)

// eventDoc is a lead.Event as it is kept. Of the rules of a trace most say nothing but that they did not fit: they are kept as their keys,
// and long lists of keys, which are the same for many leads, once in table rule_lists. Otherwise most of what assigning writes would be these.
type eventDoc struct {
	lead.Event
	Trace []triedDoc `json:"trace,omitempty"` // in the place of Event.Trace
}

// triedDoc is a rule that was tried, or several that did not fit: Passed, or the list with the id List.
type triedDoc struct {
	*lead.Tried
	Reps   []repDoc `json:"reps,omitempty"` // in the place of Tried.Reps
	Passed []string `json:"passed,omitempty"`
	List   string   `json:"list,omitempty"`
}

// shortList is how many keys are kept with the event.
const shortList = 4

// listOf is the id of a list of keys, and the list as the table has it.
func listOf(keys []string) (id, text string) {
	text = clean(strings.Join(keys, "\n"))
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:12]), text
}

// plain reports whether all that is said of a rule is that it did not fit.
func plain(t *lead.Tried) bool { return !t.Matched && t.Why == "" && t.Reps == nil && t.Counts == nil }

// traceDoc is a trace as it is kept. It calls list for every list of keys that goes into the table.
func traceDoc(trace []lead.Tried, list func(id, keys string)) []triedDoc {
	var out []triedDoc
	for i := 0; i < len(trace); i++ {
		if !plain(&trace[i]) {
			out = append(out, triedDoc{Tried: &trace[i], Reps: repDocs(trace[i].Reps)})
			continue
		}
		var keys []string
		for ; i < len(trace) && plain(&trace[i]); i++ {
			keys = append(keys, trace[i].Rule)
		}
		i--
		if len(keys) <= shortList {
			out = append(out, triedDoc{Passed: keys})
			continue
		}
		id, text := listOf(keys)
		list(id, text)
		out = append(out, triedDoc{List: id})
	}
	return out
}

// repDoc is a lead.TriedRep as a list: rep, code, held, today, credit. The eligible have no code.
type repDoc [5]any

func repDocs(reps []lead.TriedRep) []repDoc {
	out := make([]repDoc, len(reps))
	for i, r := range reps {
		out[i] = repDoc{r.Rep, r.Code, r.Held, r.Today, r.Credit}
	}
	return out
}

// rep reads one. JSON has numbers as float64.
func (r repDoc) rep() lead.TriedRep {
	key, _ := r[0].(string)
	code, _ := r[1].(string)
	held, _ := r[2].(float64)
	today, _ := r[3].(float64)
	credit, _ := r[4].(float64)
	return lead.TriedRep{Rep: key, Eligible: code == "", Code: code, Held: int(held), Today: int(today), Credit: int64(credit)}
}

// eventRow are the columns of an event: lead, version, at, doc.
func eventRow(e *lead.Event, list func(id, keys string)) ([]any, error) {
	kept := eventDoc{Event: *e, Trace: traceDoc(e.Trace, list)}
	kept.Event.Trace = nil
	doc, err := json.Marshal(kept)
	return []any{e.Lead, e.Version, e.At.UnixMicro(), doc}, err
}

// EventRows are the columns of events, and the rows of rule_lists that go with them: id, rules. Those may be there already.
func EventRows(events []lead.Event) (rows, lists [][]any, err error) {
	texts := map[string]string{}
	rows = make([][]any, len(events))
	for i := range events {
		if rows[i], err = eventRow(&events[i], func(id, keys string) { texts[id] = keys }); err != nil {
			return nil, nil, err
		}
	}
	for _, id := range sortedKeys(texts) {
		lists = append(lists, []any{id, texts[id]})
	}
	return rows, lists, nil
}

// AddLists inserts rows of rule_lists.
func (d *Dialect) AddLists(ctx context.Context, r Runner, lists [][]any) error {
	if len(lists) == 0 {
		return nil
	}
	return r.Run(ctx, "INSERT INTO rule_lists (id, rules) "+d.rows("text", "text")+" ON CONFLICT (id) DO NOTHING", array(lists))
}

// readEvents reads what EventRows made.
func (d *Dialect) readEvents(ctx context.Context, q querier, docs [][]byte) ([]lead.Event, error) {
	kept := make([]eventDoc, len(docs))
	var wanted []string
	for i, doc := range docs {
		if err := decode(doc, &kept[i]); err != nil {
			return nil, err
		}
		for _, t := range kept[i].Trace {
			if t.List != "" {
				wanted = append(wanted, t.List)
			}
		}
	}
	lists := map[string]string{}
	if len(wanted) > 0 {
		err := each(ctx, q, func(rows *sql.Rows) error {
			var id, keys string
			err := rows.Scan(&id, &keys)
			lists[id] = keys
			return err
		}, d.with(" SELECT id, rules FROM rule_lists WHERE id IN (SELECT v FROM list)"), array(wanted))
		if err != nil {
			return nil, err
		}
	}
	out := make([]lead.Event, len(kept))
	for i := range kept {
		out[i] = kept[i].event(lists)
	}
	return out, nil
}

// event is the whole of it; lists are those that it names.
func (e *eventDoc) event(lists map[string]string) lead.Event {
	for _, t := range e.Trace {
		if t.Tried != nil && t.Tried.Rule != "" {
			for _, r := range t.Reps {
				t.Tried.Reps = append(t.Tried.Reps, r.rep())
			}
			e.Event.Trace = append(e.Event.Trace, *t.Tried)
		}
		keys := t.Passed
		if t.List != "" {
			keys = strings.Split(lists[t.List], "\n")
		}
		for _, key := range keys {
			e.Event.Trace = append(e.Event.Trace, lead.Tried{Rule: key})
		}
	}
	return e.Event
}
