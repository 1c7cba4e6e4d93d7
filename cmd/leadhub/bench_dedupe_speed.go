package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// speedBatch is how many submissions a transaction records, as many as the hub's stage takes when it is behind.
const speedBatch = 1000

// speed measures judging and recording, durable commits included, in one process.
func (c *benchDedupeCmd) speed(p process) error {
	dir, err := os.MkdirTemp("", "leadhub-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	url, setup := "", "SQLite"
	if c.Database != "" {
		setup = "PostgreSQL"
		name := fmt.Sprintf("leadhub_bench_%d", os.Getpid())
		if err := execOn(p.ctx, c.Database, "CREATE DATABASE "+name); err != nil {
			return err
		}
		defer func() { _ = execOn(context.WithoutCancel(p.ctx), c.Database, "DROP DATABASE "+name+" WITH (FORCE)") }()
		if url, err = withDatabase(c.Database, name); err != nil {
			return err
		}
	}
	store, err := openDatabase(p.ctx, url, dir)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.Migrate(p.ctx); err != nil {
		return err
	}
	s := sink.New(sink.Config{Pool: store, Judge: func() sink.Judge { return dedupe.Policy{} }})
	r := recorder{sink: s}
	show := func(name string, value float64, unit string) {
		if c.JSON {
			_ = json.NewEncoder(p.stdout).Encode(figure{Name: name, Value: value, Unit: unit, Setup: setup})
			return
		}
		fmt.Fprintf(p.stdout, "%-52s %12.2f %s\n", setup+", "+name, value, unit)
	}
	if err := r.record(p.ctx, 5*speedBatch); err != nil { // caches, plans
		return err
	}
	empty, err := r.timed(p.ctx, c.Leads)
	if err != nil {
		return err
	}
	show("into an empty pool: submissions/s", empty, "1/s")
	for r.leads < c.Pool {
		if err := r.record(p.ctx, speedBatch); err != nil {
			return err
		}
	}
	full, err := r.timed(p.ctx, c.Leads)
	if err != nil {
		return err
	}
	show(fmt.Sprintf("into a pool of %d leads: submissions/s", r.leads), full, "1/s")
	show("full to empty", full/empty, "ratio")
	return nil
}

// recorder records made-up submissions: six of ten by somebody new, three by a phone that is known, and one that proves two
// leads to be one person.
type recorder struct {
	sink  *sink.Sink
	next  int
	leads int
}

func (r *recorder) timed(ctx context.Context, n int) (perSecond float64, err error) {
	var took time.Duration
	for done := 0; done < n; done += speedBatch {
		items, err := r.items(speedBatch)
		if err != nil {
			return 0, err
		}
		start := time.Now()
		if err := r.take(ctx, items); err != nil {
			return 0, err
		}
		took += time.Since(start)
	}
	return float64(n) / took.Seconds(), nil
}

func (r *recorder) record(ctx context.Context, n int) error {
	for done := 0; done < n; done += speedBatch {
		items, err := r.items(speedBatch)
		if err != nil {
			return err
		}
		if err := r.take(ctx, items); err != nil {
			return err
		}
	}
	return nil
}

func (r *recorder) take(ctx context.Context, items []sink.Item) error {
	res, err := r.sink.Record(ctx, items)
	r.leads += res.New - res.Joined
	return err
}

func (r *recorder) items(n int) ([]sink.Item, error) {
	items := make([]sink.Item, n)
	for i := range items {
		s := madeUp(r.next)
		r.next++
		doc, err := json.Marshal(s)
		if err != nil {
			return nil, err
		}
		items[i] = sink.Item{Submission: s, JSON: doc}
	}
	return items, nil
}

// madeUp is submission i. Who came before is spread evenly over all that came.
func madeUp(i int) *lead.Submission {
	who, known := i, i%10
	if i > 100 && known >= 7 {
		who = int(uint64(i)*2654435761%uint64(i)) / 10 * 10 // one of those with i%10 = 0: all of them show a phone
	}
	phone, mail := fmt.Sprintf("+861%010d", 3_000_000_000+who), fmt.Sprintf("p%d@mail.example", who)
	at := time.Date(2026, 1, 1, 0, 0, i/50, 0, time.UTC)
	s := &lead.Submission{ID: fmt.Sprintf("sub_%020dAAAAAA", i), Source: "site", Channel: "webform", Trust: 50, EventTime: at, ReceivedAt: at,
		Name:       lead.Name{Display: "王小明", Key: "王小明", Family: "王", Given: "小明"},
		Company:    lead.Company{Display: fmt.Sprintf("海风%d科技有限公司", who), Key: fmt.Sprintf("海风%d", who)},
		Region:     lead.Region{Country: "CN", Province: "广东省", City: "深圳市", Code: "440300"},
		RegionFrom: "phone", Message: "想了解一下价格，请在工作日下午联系我",
		Origin: lead.Origin{Source: "site", UTM: map[string]string{"source": "baidu", "medium": "cpc"}, Page: "https://www.example.cn/price"}}
	if known == 2 && i > 100 { // the phone of one before, and the mailbox of another
		phone, mail = fmt.Sprintf("+861%010d", 3_000_000_000+i-2), fmt.Sprintf("p%d@mail.example", i-1)
	}
	if known != 1 { // a mailbox alone
		s.Phones = []lead.Phone{{E164: phone, Type: lead.PhoneMobile, Province: "广东省", City: "深圳市"}}
		s.Identities = append(s.Identities, lead.Identity{Kind: lead.IdentityMobile, Value: phone})
	}
	if known == 1 || known == 2 || known == 9 {
		s.Emails = []lead.Email{{Display: mail, Key: mail}}
		s.Identities = append(s.Identities, lead.Identity{Kind: lead.IdentityEmail, Value: mail})
	}
	return s
}
