package hub

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

const (
	// arrivePatience is how long an undo waits for the stages to have nothing before them. A hub that is always busy may not come to that; then
	// every row that is known to be on the broker has an outcome nevertheless, before it is taken back.
	arrivePatience = 30 * time.Second
	undoPause      = 100 * time.Millisecond
)

// undoing takes back the rows of one import: those that were received at its start. Rows that another import of the same file brought stay.
type undoing struct {
	im       *Importing
	i        lead.Import
	progress lead.ImportProgress
	saved    time.Time
	found    int64 // in this pass
}

// undo reads the file as often as it finds something to take back: a row that comes late, or again after a crash, is found in the next
// pass.
func (im *Importing) undo(ctx context.Context, i lead.Import) (lead.Import, error) {
	u := &undoing{im: im, i: i, progress: i.Progress, saved: im.now()}
	err := u.arrived(ctx)
	for err == nil {
		u.progress.Undone, u.found = 0, 0
		if err = im.batches(ctx, &u.i, func(rows []importedRow) error { return u.take(ctx, rows) }); u.found == 0 {
			break
		}
	}
	if ctx.Err() != nil {
		return i, context.Cause(ctx)
	}
	im.raised()
	out, e := im.finish(ctx, i.ID, func(i *lead.Import) {
		ended := im.now().UTC()
		i.Progress, i.Ended, i.State = u.progress, &ended, lead.ImportUndone
		i.Progress.Pending = 0
		if err != nil {
			known := lead.AsError(err)
			i.State, i.Error = lead.ImportFailed, &lead.ImportError{Code: known.Code, Message: known.Message, Hint: known.Hint}
		}
	})
	if e == nil && err == nil {
		e = os.RemoveAll(im.folder(i.ID))
	}
	return out, e
}

// arrived waits for what a cancelled or killed import may have left on its way.
func (u *undoing) arrived(ctx context.Context) error {
	began := time.Now()
	return u.im.patiently(ctx, ctx, u.waiting, func(ctx context.Context) error {
		for {
			quiet, err := u.im.settled(ctx)
			if err != nil || quiet || time.Since(began) > arrivePatience {
				return err
			}
			u.waiting(errOnTheirWay)
			pause(ctx, undoPause)
			if ctx.Err() != nil {
				return lead.Transient("on_their_way", "rows are on their way", 0, ctx.Err())
			}
		}
	})
}

var errOnTheirWay = lead.Transient("on_their_way", "rows are on their way", 0, nil)

// take takes back those of some rows that are this import's.
func (u *undoing) take(ctx context.Context, rows []importedRow) error {
	ids := make([]string, len(rows))
	for n, r := range rows {
		ids[n] = r.id
	}
	mine, err := u.mine(ctx, rows, ids)
	if err == nil && len(mine) > 0 {
		err = u.withdraw(ctx, mine)
	}
	if err != nil {
		return err
	}
	u.found += int64(len(mine))
	u.progress.Withdrawn += int64(len(mine))
	u.progress.Undone = rows[len(rows)-1].number
	if now := u.im.now(); now.Sub(u.saved) >= saveEvery {
		u.saved = now
		u.save(ctx, nil)
	}
	return nil
}

// mine are the rows of this import, when all that were sent have an outcome.
func (u *undoing) mine(ctx context.Context, rows []importedRow, ids []string) ([]string, error) {
	for {
		var known map[string]lead.RowStatus
		err := u.im.patiently(ctx, ctx, u.waiting, func(ctx context.Context) (err error) {
			known, err = u.im.store.Statuses(ctx, ids)
			return err
		})
		if err != nil {
			return nil, err
		}
		var mine []string
		pending := false
		for _, r := range rows {
			st, ok := known[r.id]
			switch {
			case !ok:
				pending = pending || r.number <= u.progress.Sent
			case st.State != lead.RejectionWithdrawn && st.ReceivedAt.Equal(*u.i.Started):
				mine = append(mine, r.id)
			}
		}
		if !pending {
			return mine, nil
		}
		u.waiting(errOnTheirWay)
		if pause(ctx, undoPause); ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

// withdraw takes rows out of the pool, in halves where they bring too much with them for one transaction.
func (u *undoing) withdraw(ctx context.Context, ids []string) error {
	err := u.im.patiently(ctx, ctx, u.waiting, func(ctx context.Context) error {
		_, err := u.im.sink.Withdraw(ctx, ids, sink.Order{Actor: u.i.Actor, Why: fmt.Sprintf("the import %s was undone", u.i.ID)})
		return err
	})
	var known *lead.Error
	if errors.As(err, &known) && known.Code == "too_many_touches" && len(ids) > 1 {
		half := len(ids) / 2
		if err := u.withdraw(ctx, ids[:half]); err != nil {
			return err
		}
		return u.withdraw(ctx, ids[half:])
	}
	if err == nil {
		u.im.raised()
	}
	return err
}

func (u *undoing) waiting(err error) {
	words := waitingFor(err)
	if err == errOnTheirWay {
		words = &lead.Text{EN: "Rows of this import are still on their way. They are taken back when they have arrived.", ZH: "本次导入仍有数据在途，到达后会一并撤销。"}
	}
	if now := u.im.now(); now.Sub(u.saved) >= saveEvery {
		u.saved = now
		u.save(context.Background(), words)
	}
}

func (u *undoing) save(ctx context.Context, words *lead.Text) {
	try, cancel := context.WithTimeout(ctx, partPatience)
	defer cancel()
	if err := u.im.store.SaveImportProgress(try, u.i.ID, u.progress, words); err != nil {
		u.im.log.Debug("the progress of an undo is not kept now", "id", u.i.ID, "error", err)
	}
}
