package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/dedupe/match/labelled"
	"github.com/leadhub/leadhub/fixtures/people"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/normalize"
)

type benchDedupeCmd struct {
	CSV      string `name:"csv" help:"Measure on this table instead of on generated people." type:"existingfile" placeholder:"FILE"`
	Truth    string `help:"Column of the table that tells which rows are one person: COLUMN, COLUMN/10 (numbers divided), COLUMN~REGEXP (what it finds)." placeholder:"COLUMN"`
	People   int    `help:"Generated people." default:"40000"`
	Seed     uint64 `help:"Of the generated people." default:"1"`
	Traps    int    `help:"Multiplies the shares of people who are hard to tell apart; with 0, once and ten times." default:"0"`
	Speed    bool   `help:"Measure how fast submissions are recorded instead, into an empty pool and into a full one."`
	Database string `help:"With --speed: a PostgreSQL server instead of SQLite." env:"LEADHUB_DATABASE" placeholder:"URL"`
	Pool     int    `help:"With --speed: leads of the full pool." default:"1000000"`
	Leads    int    `help:"With --speed: submissions that are timed." default:"100000"`
	JSON     bool   `help:"Print one JSON object per figure." name:"json"`
}

// Run measures and prints.
func (c *benchDedupeCmd) Run(p process) error {
	switch {
	case c.Speed:
		return c.speed(p)
	case c.CSV != "":
		return c.table(p)
	}
	levels := []int{1, 10}
	if c.Traps > 0 {
		levels = []int{c.Traps}
	}
	for _, traps := range levels {
		sightings := people.Generate(people.Options{Seed: c.Seed, People: c.People, Traps: traps})
		m, err := measurePeople(sightings)
		if err != nil {
			return err
		}
		if err := c.print(p, fmt.Sprintf("automatic merges of %d generated people, seed %d, traps ×%d", c.People, c.Seed, traps), m); err != nil {
			return err
		}
	}
	return nil
}

// merged is what the automatic merges of a set came to.
type merged struct {
	Submissions int `json:"submissions"` // that could be read
	Unreadable  int `json:"unreadable"`  // left out of everything below
	Leads       int `json:"leads"`
	labelled.Report
	// Of the pairs of one person that share an identity which is not generic, the share that is one lead.
	UsablePairs  int            `json:"usable_pairs"`
	UsableRecall float64        `json:"usable_recall"`
	Generic      int            `json:"generic"`       // identities carried by too many people
	Held         map[string]int `json:"held"`          // not joined though an identity leads there, by reason
	FalsePairs   map[string]int `json:"false_pairs"`   // by the trap they belong to, "" = none
	FalseLinks   map[string]int `json:"false_links"`   // by the kind of identity that joined two people
	GroupSeconds float64        `json:"group_seconds"` // of the grouping alone
}

func measurePeople(sightings []people.Sighting) (merged, error) {
	var subs []*lead.Submission
	var truth, causes []string
	n, err := normalize.New(normalize.Config{})
	if err != nil {
		return merged{}, err
	}
	for _, s := range sightings {
		at, err := time.Parse(time.RFC3339, s.Draft.EventTime)
		if err != nil {
			return merged{}, err
		}
		sub, err := n.Submission(lead.Raw{ID: s.ID, Source: s.Source, Channel: s.Channel, ReceivedAt: at}, 0, s.Draft, 50)
		if err != nil {
			continue
		}
		subs, truth, causes = append(subs, sub), append(truth, s.Person), append(causes, s.Cause)
	}
	m := measureMerges(subs, truth, causes)
	m.Unreadable = len(sightings) - len(subs)
	return m, nil
}

func measureMerges(subs []*lead.Submission, truth, causes []string) merged {
	start := time.Now()
	g := dedupe.Policy{}.Group(subs, nil, nil)
	m := merged{Submissions: len(subs), GroupSeconds: time.Since(start).Seconds(), Generic: len(g.Generic), Held: map[string]int{},
		FalsePairs: map[string]int{}, FalseLinks: map[string]int{}}
	found, person := make([]int32, len(subs)), make([]int32, len(subs))
	numbers := map[string]int32{}
	for i := range subs {
		found[i] = int32(g.Part[i])
		if _, ok := numbers[truth[i]]; !ok {
			numbers[truth[i]] = int32(len(numbers))
		}
		person[i] = numbers[truth[i]]
		m.Leads = max(m.Leads, g.Part[i]+1)
	}
	m.Report = labelled.Score(found, person)
	for _, h := range g.Held {
		m.Held[h.Reason]++
	}
	for _, l := range g.Links {
		if truth[l.A] != truth[l.B] {
			m.FalseLinks[l.Identity.Kind]++
		}
	}
	eachPair(found, func(i, j int) {
		if person[i] != person[j] {
			m.FalsePairs[max(causes[i], causes[j])]++
		}
	})
	generic := map[lead.Identity]bool{}
	for _, id := range g.Generic {
		generic[id] = true
	}
	together := 0
	eachPair(person, func(i, j int) {
		if slices.ContainsFunc(subs[i].Identities, func(id lead.Identity) bool {
			return id.Strong() && !generic[id] && slices.Contains(subs[j].Identities, id)
		}) {
			m.UsablePairs++
			if found[i] == found[j] {
				together++
			}
		}
	})
	m.UsableRecall = 1
	if m.UsablePairs > 0 {
		m.UsableRecall = float64(together) / float64(m.UsablePairs)
	}
	return m
}

// eachPair calls fn for every pair with one label.
func eachPair(labels []int32, fn func(i, j int)) {
	by := map[int32][]int{}
	for i, l := range labels {
		by[l] = append(by[l], i)
	}
	for _, list := range by {
		for n, i := range list {
			for _, j := range list[:n] {
				fn(j, i)
			}
		}
	}
}

func (c *benchDedupeCmd) print(p process, name string, m merged) error {
	if c.JSON {
		return json.NewEncoder(p.stdout).Encode(struct {
			Name string `json:"name"`
			merged
		}{name, m})
	}
	fmt.Fprintf(p.stdout, "%s\n", name)
	fmt.Fprintf(p.stdout, "  %d submissions (%d could not be read) → %d leads of %d people, grouped in %.2f s\n", m.Submissions, m.Unreadable, m.Leads, m.Entities, m.GroupSeconds)
	fmt.Fprintf(p.stdout, "  pairs   precision %.5f   recall %.4f   F1 %.4f\n", m.Precision, m.Recall, m.F1)
	fmt.Fprintf(p.stdout, "  B³      precision %.5f   recall %.4f   F1 %.4f\n", m.B3Precision, m.B3Recall, m.B3F1)
	fmt.Fprintf(p.stdout, "  recall of the %d pairs that share a usable identity %.4f\n", m.UsablePairs, m.UsableRecall)
	fmt.Fprintf(p.stdout, "  largest lead %d; %d generic identities; held back: %s\n", m.Largest, m.Generic, counts(m.Held))
	_, err := fmt.Fprintf(p.stdout, "  false pairs by trap: %s\n  false links by identity: %s\n\n", counts(m.FalsePairs), counts(m.FalseLinks))
	return err
}

// counts writes the largest first.
func counts(by map[string]int) string {
	keys := slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		if by[a] != by[b] {
			return by[b] - by[a]
		}
		return strings.Compare(a, b)
	})
	words := make([]string, len(keys))
	for i, k := range keys {
		name := k
		if name == "" {
			name = "no trap"
		}
		words[i] = fmt.Sprintf("%s %d", name, by[k])
	}
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}
