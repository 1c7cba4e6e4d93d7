package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/fixtures/chat"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/normalize"
)

type benchTextCmd struct {
	File          string `help:"Measure on this file: one JSON object per line, {\"messages\": [...], \"truth\": {\"phones\": [...], ...}}." type:"existingfile" placeholder:"FILE"`
	Conversations int    `help:"Generated conversations of each set." default:"2000"`
	Seed          uint64 `help:"Of the generated conversations." default:"1"`
	Errors        bool   `help:"Print what was missed and what was wrong."`
	JSON          bool   `help:"Print one JSON object per figure." name:"json"`
}

// Run measures and prints.
func (c *benchTextCmd) Run(p process) error {
	if c.File != "" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		list, err := chat.Read(f)
		if err != nil {
			return lead.Invalid("bad_conversations", err.Error(), `write one object per line: {"messages": ["..."], "truth": {"phones": ["..."]}}`)
		}
		return c.measure(p, c.File, list, kindsOf(list))
	}
	for _, set := range []struct {
		name string
		list []chat.Conversation
	}{
		{"held out", chat.HeldOut(c.Seed, c.Conversations)},
		{"developed on", chat.Developed(c.Seed, c.Conversations)},
		{"written by hand", chat.Written()},
	} {
		if err := c.measure(p, set.name, set.list, chat.Kinds); err != nil {
			return err
		}
	}
	return nil
}

// kindsOf are the kinds that some truth of a file names: of the others nothing is known.
func kindsOf(list []chat.Conversation) []string {
	return slices.DeleteFunc(slices.Clone(chat.Kinds), func(kind string) bool {
		return kind != chat.Phones && !slices.ContainsFunc(list, func(c chat.Conversation) bool { _, ok := c.Truth[kind]; return ok })
	})
}

// textFigure is how well one kind is read.
type textFigure struct {
	Set       string  `json:"set"`
	Name      string  `json:"name"`
	Precision float64 `json:"precision"` // 1 when nothing was found
	Recall    float64 `json:"recall"`    // 1 when there was nothing to find
	Right     int     `json:"right"`
	Found     int     `json:"found"`
	Truth     int     `json:"truth"`
}

type textMistake struct {
	Set      string   `json:"set"`
	Name     string   `json:"name"`
	Missed   []string `json:"missed,omitempty"`
	Wrong    []string `json:"wrong,omitempty"`
	Messages []string `json:"messages"`
}

func (c *benchTextCmd) measure(p process, name string, list []chat.Conversation, kinds []string) error {
	figures, mistakes, err := measureText(name, list, kinds)
	if err != nil {
		return err
	}
	messages, per, err := speedOfText(list)
	if err != nil {
		return err
	}
	if c.JSON {
		out := json.NewEncoder(p.stdout)
		for _, f := range figures {
			if err := out.Encode(f); err != nil {
				return err
			}
		}
		for _, m := range mistakes {
			if c.Errors {
				if err := out.Encode(m); err != nil {
					return err
				}
			}
		}
		return out.Encode(map[string]any{"set": name, "name": "nanoseconds per message", "value": per.Nanoseconds()})
	}
	fmt.Fprintf(p.stdout, "%s: %d conversations, %d messages, %s per message\n", name, len(list), messages, per.Round(10*time.Nanosecond))
	for _, f := range figures {
		fmt.Fprintf(p.stdout, "  %-10s precision %.4f   recall %.4f   %d right of %d found, %d to find\n", f.Name, f.Precision, f.Recall, f.Right, f.Found, f.Truth)
	}
	for _, m := range mistakes {
		if c.Errors {
			fmt.Fprintf(p.stdout, "    %-9s missed %q wrong %q in %q\n", m.Name, m.Missed, m.Wrong, m.Messages)
		}
	}
	_, err = fmt.Fprintln(p.stdout)
	return err
}

// measureText reads every conversation as a chat channel hands it over, and compares what became of it with the truth.
func measureText(set string, list []chat.Conversation, kinds []string) ([]textFigure, []textMistake, error) {
	n, err := normalize.New(normalize.Config{})
	if err != nil {
		return nil, nil, err
	}
	figures := make([]textFigure, len(kinds))
	var mistakes []textMistake
	for k, kind := range kinds {
		f := textFigure{Set: set, Name: kind, Precision: 1, Recall: 1}
		for _, c := range list {
			s, err := n.Submission(lead.Raw{ID: "text"}, 0, chatDraft(c.Messages), 50)
			if err != nil {
				return nil, nil, err
			}
			found, truth := saidOf(s, kind), []string{}
			for _, t := range c.Truth[kind] {
				truth = append(truth, canonical(n, kind, t))
			}
			slices.Sort(truth)
			truth = slices.Compact(truth)
			m := textMistake{Set: set, Name: kind, Messages: c.Messages}
			for _, v := range found {
				if slices.Contains(truth, v) {
					f.Right++
				} else {
					m.Wrong = append(m.Wrong, v)
				}
			}
			for _, t := range truth {
				if !slices.Contains(found, t) {
					m.Missed = append(m.Missed, t)
				}
			}
			f.Found, f.Truth = f.Found+len(found), f.Truth+len(truth)
			if len(m.Missed)+len(m.Wrong) > 0 {
				mistakes = append(mistakes, m)
			}
		}
		if f.Found > 0 {
			f.Precision = float64(f.Right) / float64(f.Found)
		}
		if f.Truth > 0 {
			f.Recall = float64(f.Right) / float64(f.Truth)
		}
		figures[k] = f
	}
	return figures, mistakes, nil
}

// somebody is recognised by the account of his platform alone.
var somebody = []lead.Identity{{Kind: lead.IdentityBuyer, Scope: "bench", Value: "somebody"}}

func chatDraft(messages []string) lead.Draft {
	return lead.Draft{Chat: true, Identities: somebody, Fields: map[string][]string{lead.FieldMessage: messages}}
}

// saidOf is what became of a conversation, in canonical form, sorted.
func saidOf(s *lead.Submission, kind string) []string {
	var out []string
	add := func(v string) {
		if v != "" {
			out = append(out, v)
		}
	}
	found := func(field string) {
		for _, f := range s.Found {
			if f.Field == field && f.Confidence >= lead.FoundUsed {
				add(plain(f.Value))
			}
		}
	}
	switch kind {
	case chat.Phones:
		for _, p := range s.Phones {
			add(p.Display())
		}
	case chat.Emails:
		for _, e := range s.Emails {
			add(e.Key)
		}
	case chat.Names:
		add(plain(s.Name.Display))
	case chat.Companies:
		add(s.Company.Key)
	case chat.Cities:
		if s.RegionFrom == "message" {
			add(cityOf(s))
		}
	case chat.Wechat:
		found(lead.FieldWechat)
	case chat.QQ:
		found(lead.FieldQQ)
	case chat.Budgets:
		found(lead.FieldBudget)
	case chat.Times:
		found(lead.FieldCallTime)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func cityOf(s *lead.Submission) string {
	if s.Region.City != "" {
		return s.Region.City
	}
	return s.Region.Province
}

func plain(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "")) }

// truthFields are the fields of a form in which a truth would stand.
var truthFields = map[string]string{chat.Phones: lead.FieldPhone, chat.Emails: lead.FieldEmail, chat.Names: lead.FieldName, chat.Companies: lead.FieldCompany,
	chat.Cities: lead.FieldCity}

// canonical is a value of the truth as a form with a field for it would give it.
func canonical(n *normalize.Normalizer, kind, value string) string {
	field := truthFields[kind]
	if field == "" {
		return plain(value)
	}
	s, err := n.Submission(lead.Raw{ID: "truth"}, 0, lead.Draft{Identities: somebody, Fields: map[string][]string{field: {value}}}, 50)
	if err != nil {
		return value
	}
	if kind == chat.Cities {
		return cityOf(s)
	}
	if out := saidOf(s, kind); len(out) == 1 {
		return out[0]
	}
	return value
}

// speedOfText times the whole of normalizing, for half a second at least.
func speedOfText(list []chat.Conversation) (messages int, per time.Duration, err error) {
	n, err := normalize.New(normalize.Config{})
	if err != nil || len(list) == 0 {
		return 0, 0, err
	}
	drafts := make([]lead.Draft, len(list))
	for i, c := range list {
		drafts[i], messages = chatDraft(c.Messages), messages+len(c.Messages)
	}
	rounds, start := 0, time.Now()
	for rounds == 0 || time.Since(start) < time.Second/2 {
		for _, d := range drafts {
			if _, err := n.Submission(lead.Raw{ID: "text"}, 0, d, 50); err != nil {
				return 0, 0, err
			}
		}
		rounds++
	}
	return messages, time.Since(start) / time.Duration(max(1, rounds*messages)), nil
}
