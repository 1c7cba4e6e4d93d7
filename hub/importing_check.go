package hub

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"

	"github.com/leadhub/leadhub/lead"
)

// previewRows is how many rows a check shows as the leads they would be.
const previewRows = 20

// check tells what an import would do, by the configuration of now. It reads every row and writes nothing but what it found.
func (im *Importing) check(ctx context.Context, i lead.Import) (lead.Import, error) {
	c := &checking{im: im, i: i, seed: maphash.MakeSeed(), seen: map[uint64]rowAt{},
		out: lead.ImportCheck{InvalidBy: map[string]int64{}, Preview: []lead.ImportPreview{}}}
	err := im.batches(ctx, &i, func(rows []importedRow) error { return c.batch(ctx, rows) })
	cancelled := errors.Is(context.Cause(ctx), errCancelled)
	if ctx.Err() != nil && !cancelled {
		return i, context.Cause(ctx)
	}
	return im.finish(ctx, i.ID, func(i *lead.Import) {
		i.State = lead.ImportInspected
		switch {
		case cancelled:
		case err != nil:
			known := lead.AsError(err)
			i.Error = &lead.ImportError{Code: known.Code, Message: known.Message, Hint: known.Hint}
		default:
			i.State, i.Check = lead.ImportChecked, &c.out
			i.Progress.Total, i.Progress.Exact = c.out.Rows, true
		}
	})
}

// checking is one check.
type checking struct {
	im   *Importing
	i    lead.Import
	seed maphash.Seed
	seen map[uint64]rowAt // where an identity stands first; hashes, as a million rows have two each
	out  lead.ImportCheck
}

type rowAt struct{ sheet, row int32 }

// would is what would become of a row.
type would struct {
	draft    lead.Draft       // of a row that is shown
	sub      *lead.Submission // nil when it would be rejected
	rejected *lead.Rejection
}

func (c *checking) batch(ctx context.Context, rows []importedRow) error {
	src := c.im.configuration.source(ctx, c.i.Source)
	if src == nil {
		return lead.NotFound("unknown_source", "the source of this import was removed", "make a source with this key again")
	}
	snap := c.im.configuration.current.Load()
	at := c.im.now().UTC()
	becomes := make([]would, len(rows))
	ids := make([]string, len(rows))
	var keys []string
	for n := range rows {
		ids[n] = rows[n].id
		raw := rowRaw(&rows[n], src, at)
		if c.out.Rows+int64(n) < previewRows {
			if drafts, _, err := snap.parse(&raw); err == nil {
				becomes[n].draft = drafts[0]
			}
		}
		subs, rejections := snap.outcomes(&raw)
		switch {
		case len(subs) > 0:
			becomes[n].sub = subs[0]
			keys = append(keys, strongKeys(subs[0])...)
		case len(rejections) > 0:
			becomes[n].rejected = rejections[0]
		}
	}
	there := map[string]lead.RowStatus{}
	var known map[string]string
	err := c.im.patiently(ctx, ctx, nil, func(ctx context.Context) (err error) {
		if known, err = c.im.store.Known(ctx, keys); err == nil && c.i.Repeats != "" {
			there, err = c.im.store.Statuses(ctx, ids)
		}
		return err
	})
	if err != nil {
		return err
	}
	for n := range rows {
		c.row(&rows[n], becomes[n], known, there)
	}
	return nil
}

func strongKeys(s *lead.Submission) []string {
	var out []string
	for _, id := range s.Identities {
		if id.Strong() {
			out = append(out, id.Key())
		}
	}
	return out
}

func (c *checking) row(row *importedRow, w would, known map[string]string, there map[string]lead.RowStatus) {
	c.out.Rows++
	p := lead.ImportPreview{Sheet: sheetName(&c.i, row.Sheet), Row: row.Number, Notes: []string{}}
	st, ok := there[row.id]
	switch {
	case ok && st.State != lead.RejectionWithdrawn:
		c.out.Known++
		p.Verdict, p.Number, p.Text = lead.PreviewKnown, st.Number, wordsKnown(st.Number)
	case w.sub == nil:
		c.rejected(&p, w.rejected)
	default:
		c.judged(&p, row, w.sub, known)
	}
	if len(c.out.Preview) < previewRows {
		c.show(&p, w)
		c.out.Preview = append(c.out.Preview, p)
	}
}

func (c *checking) rejected(p *lead.ImportPreview, j *lead.Rejection) {
	switch {
	case j == nil || j.Code == codeNoLead:
		c.out.Skipped++
		p.Verdict = lead.PreviewSkipped
	case j.Stage == lead.StageSpam:
		c.out.Spam++
		p.Verdict = lead.PreviewSpam
	default:
		c.out.Invalid++
		c.out.InvalidBy[j.Code]++
		p.Verdict = lead.PreviewInvalid
	}
	if j != nil {
		p.Code, p.Text = j.Code, wordsRejected(j.Code, j.Message, j.Hint)
	}
}

func (c *checking) judged(p *lead.ImportPreview, row *importedRow, s *lead.Submission, known map[string]string) {
	keys := strongKeys(s)
	var joins, several bool
	var first rowAt
	for _, key := range keys {
		number, ok := known[key]
		switch {
		case ok && p.Number == "":
			joins, p.Number = true, number
		case ok && number != p.Number:
			several = true
		}
		h := maphash.String(c.seed, key)
		if at, ok := c.seen[h]; !ok {
			c.seen[h] = rowAt{int32(row.Sheet), int32(row.Number)}
		} else if first == (rowAt{}) {
			first = at
		}
	}
	switch {
	case joins:
		c.out.Joins++
		p.Verdict, p.Text = lead.PreviewJoins, wordsJoins(p.Number, several)
	case first != (rowAt{}):
		c.out.InFile++
		p.Verdict, p.Text = lead.PreviewInFile, wordsInFile(c.elsewhere(first, row.Sheet), int(first.row))
	default:
		c.out.New++
		p.Verdict, p.Text = lead.VerdictNew, lead.Text{EN: "a new lead", ZH: "新线索"}
	}
}

// elsewhere is the name of the sheet of a row, "" when it is the one that is being read.
func (c *checking) elsewhere(at rowAt, sheet int) string {
	if int(at.sheet) == sheet {
		return ""
	}
	return sheetName(&c.i, int(at.sheet))
}

func sheetName(i *lead.Import, index int) string {
	if n := slices.IndexFunc(i.Layout.Sheets, func(s lead.SheetLayout) bool { return s.Index == index }); n >= 0 {
		return i.Layout.Sheets[n].Name
	}
	return ""
}

// show fills in what people see of a row beside the verdict.
func (c *checking) show(p *lead.ImportPreview, w would) {
	if p.Draft = w.draft.Fields; p.Draft == nil {
		p.Draft = map[string][]string{}
	}
	s := w.sub
	if s == nil {
		return
	}
	p.Notes = append(p.Notes, s.Notes...)
	l := &lead.PreviewedLead{Name: s.Name.Display, Phones: []string{}, Emails: []string{}, Company: s.Company.Display, Title: s.Title, Region: s.Region}
	for _, ph := range s.Phones {
		l.Phones = append(l.Phones, ph.Display())
	}
	for _, e := range s.Emails {
		l.Emails = append(l.Emails, e.Display)
	}
	p.Lead = l
}
