package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// speedBatch is how many submissions a transaction records, as many as the hub's stage takes when it is behind.
const speedBatch = 1000

// speed measures judging and recording, durable commits included, in one process: batches go into a full pool and into an
// empty one by turns, so that whatever else the machine does slows both.
func (c *benchDedupeCmd) speed(p process) error {
	dir, err := os.MkdirTemp("", "leadhub-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	setup := "SQLite"
	if c.Database != "" {
		setup = "PostgreSQL"
	}
	var pools [2]recorder
	for i, name := range []string{"full", "empty"} {
		store, drop, err := c.open(p.ctx, filepath.Join(dir, name), name)
		if err != nil {
			return err
		}
		defer drop()
		pools[i].sink = sink.New(sink.Config{Pool: store, Judge: func() sink.Judge { return dedupe.Policy{} }})
	}
	full, empty := &pools[0], &pools[1]
	if err := full.fill(p.ctx, c.Pool); err != nil {
		return err
	}
	leads := full.leads
	if err := empty.fill(p.ctx, 1); err != nil { // plans, caches
		return err
	}
	var took [2]time.Duration
	for done := 0; done < c.Leads; done += speedBatch {
		for i := range pools {
			if took[i], err = pools[i].timed(p.ctx, took[i]); err != nil {
				return err
			}
		}
	}
	show := func(name string, value float64, unit string) {
		if c.JSON {
			_ = json.NewEncoder(p.stdout).Encode(figure{Name: name, Value: value, Unit: unit, Setup: setup})
			return
		}
		fmt.Fprintf(p.stdout, "%-58s %12.2f %s\n", setup+", "+name, value, unit)
	}
	show("into an empty pool: submissions/s", float64(c.Leads)/took[1].Seconds(), "1/s")
	show(fmt.Sprintf("into a pool of %d leads: submissions/s", leads), float64(c.Leads)/took[0].Seconds(), "1/s")
	show("full to empty", took[1].Seconds()/took[0].Seconds(), "ratio")
	return nil
}

// open makes an empty pool; drop removes it.
func (c *benchDedupeCmd) open(ctx context.Context, dir, name string) (store database, drop func(), err error) {
	url, remove := "", func() {}
	if c.Database != "" {
		name := fmt.Sprintf("leadhub_bench_%d_%s", os.Getpid(), name)
		if err := execOn(ctx, c.Database, "CREATE DATABASE "+name); err != nil {
			return nil, nil, err
		}
		remove = func() { _ = execOn(context.WithoutCancel(ctx), c.Database, "DROP DATABASE "+name+" WITH (FORCE)") }
		if url, err = withDatabase(c.Database, name); err != nil {
			remove()
			return nil, nil, err
		}
	}
	if store, err = openDatabase(ctx, url, dir); err != nil {
		remove()
		return nil, nil, err
	}
	drop = func() { _ = store.Close(); remove() }
	if err = store.Migrate(ctx); err != nil {
		drop()
	}
	return store, drop, err
}

// recorder records made-up submissions: six of ten by somebody new, three by a phone that is known, and one that proves two
// leads to be one person.
type recorder struct {
	sink  *sink.Sink
	next  int
	leads int
}

// fill records until there are so many leads.
func (r *recorder) fill(ctx context.Context, leads int) error {
	for r.leads < leads {
		if _, err := r.timed(ctx, 0); err != nil {
			return err
		}
	}
	return nil
}

// timed records one batch and adds the time it took, without the making of it.
func (r *recorder) timed(ctx context.Context, took time.Duration) (time.Duration, error) {
	items, err := r.items(speedBatch)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	res, err := r.sink.Record(ctx, items)
	r.leads += res.New - res.Joined
	return took + time.Since(start), err
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
