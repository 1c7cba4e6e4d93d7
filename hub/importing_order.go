package hub

import (
	"context"
	"os"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Import finds one. KindNotFound.
func (im *Importing) Import(ctx context.Context, id string) (lead.Import, error) {
	return im.store.Import(ctx, id)
}

// Imports lists imports, latest first.
func (im *Importing) Imports(ctx context.Context, q lead.ImportQuery) (lead.ImportPage, error) {
	return im.store.Imports(ctx, q)
}

// Check begins to tell what an import would do, in the background. It writes nothing to the pool.
func (im *Importing) Check(ctx context.Context, id, actor string) (lead.Import, error) {
	return im.order(ctx, id, func(i *lead.Import) error {
		if i.State != lead.ImportInspected && i.State != lead.ImportChecked {
			return wrongState(i, "an import is checked before it is started")
		}
		i.State, i.Check, i.Error = lead.ImportChecking, nil, nil
		return nil
	})
}

// Start begins an import, or goes on with one that was cancelled or failed.
func (im *Importing) Start(ctx context.Context, id, actor string) (lead.Import, error) {
	i, err := im.store.Import(ctx, id)
	if err != nil {
		return i, err
	}
	_, src, err := im.importer(ctx, i.Source)
	if err == nil && !src.Enabled {
		err = lead.Invalid("source_disabled", "this source is switched off", "switch it on")
	}
	if err != nil {
		return i, err
	}
	started, err := im.startedAt(ctx, &i)
	if err != nil {
		return i, err
	}
	i, err = im.order(ctx, id, func(i *lead.Import) error {
		switch i.State {
		case lead.ImportInspected, lead.ImportChecked, lead.ImportCancelled, lead.ImportFailed:
		default:
			return wrongState(i, "it can be started once, and again after it was cancelled or failed")
		}
		if i.Progress.Undone > 0 {
			return wrongState(i, "rows of it were taken back; finish the undo, and upload the file again")
		}
		if i.Started == nil {
			i.Started = &started
			if i.Check != nil {
				i.Progress.Total = i.Check.Rows
			}
		}
		i.State, i.Ended, i.Error = lead.ImportRunning, nil, nil
		return nil
	})
	if err != nil {
		return i, err
	}
	im.log.Info("import started", "id", i.ID, "source", i.Source, "by", actor)
	if err := im.store.RememberColumns(ctx, i.Source, im.now().UTC(), corrected(i.Layout)); err != nil {
		im.log.Warn("the columns of an import are not remembered", "id", i.ID, "error", err) // it runs nevertheless
	}
	return i, nil
}

// startedAt is the time that all rows of an import are received at. By it they are told from rows of other imports of the same file, so
// no two of them have the same.
func (im *Importing) startedAt(ctx context.Context, i *lead.Import) (time.Time, error) {
	at := im.now().UTC().Truncate(time.Millisecond)
	for q := (lead.ImportQuery{Source: i.Source, SHA256: i.SHA256, Limit: 200}); ; {
		page, err := im.store.Imports(ctx, q)
		if err != nil {
			return at, err
		}
		for _, other := range page.Items {
			if other.Started != nil && !other.Started.Before(at) {
				at = other.Started.Add(time.Millisecond)
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return at, nil
		}
	}
}

// Cancel ends the work on an import. What came of it stays, until it is undone.
func (im *Importing) Cancel(ctx context.Context, id, actor string) (lead.Import, error) {
	i, err := im.store.Import(ctx, id)
	if err != nil {
		return i, err
	}
	if i.State != lead.ImportRunning && i.State != lead.ImportChecking {
		return i, wrongState(&i, "there is nothing to cancel")
	}
	if err := im.mine(&i); err != nil {
		return i, err
	}
	im.log.Info("import cancelled", "id", id, "by", actor)
	for range 20 { // the start may be a moment old
		im.mu.Lock()
		job := im.jobs[id]
		im.mu.Unlock()
		if job != nil {
			job.cancel(errCancelled)
			return i, nil
		}
		if pause(ctx, 50*time.Millisecond); ctx.Err() != nil {
			return i, ctx.Err()
		}
	}
	return i, lead.Transient("not_begun", "the work on this import has not begun yet", time.Second, nil)
}

// Undo begins to take back all that an import brought. One that never started is forgotten.
func (im *Importing) Undo(ctx context.Context, id, actor string) (lead.Import, error) {
	i, err := im.store.Import(ctx, id)
	if err != nil || i.State == lead.ImportUndone || i.State == lead.ImportUndoing {
		return i, err
	}
	if i.Started == nil {
		return im.forget(ctx, i)
	}
	i, err = im.order(ctx, id, func(i *lead.Import) error {
		if i.State != lead.ImportDone && i.State != lead.ImportCancelled && i.State != lead.ImportFailed {
			return wrongState(i, "cancel it first")
		}
		i.State, i.Actor, i.Ended, i.Error = lead.ImportUndoing, actor, nil, nil
		i.Progress.Undone = 0
		return nil
	})
	if err == nil {
		im.log.Info("undo of an import begins", "id", id, "by", actor)
	}
	return i, err
}

func (im *Importing) forget(ctx context.Context, i lead.Import) (lead.Import, error) {
	im.mu.Lock()
	job := im.jobs[i.ID]
	im.mu.Unlock()
	if job != nil {
		job.cancel(errCancelled)
		select {
		case <-job.done:
		case <-ctx.Done():
			return i, ctx.Err()
		}
	}
	// Somebody may have started it meanwhile.
	_, err := im.store.EditImport(ctx, i.ID, func(i *lead.Import) error {
		if i.Started != nil || !i.AtRest() {
			return wrongState(i, "it is not at rest any more")
		}
		i.State = lead.ImportUndone
		return nil
	})
	if err == nil {
		err = im.store.DeleteImport(ctx, i.ID)
	}
	if err == nil {
		err = os.RemoveAll(im.folder(i.ID))
	}
	i.State = lead.ImportUndone
	return i, err
}

// order changes the state of an import whose file is here, and launches the work.
func (im *Importing) order(ctx context.Context, id string, fn func(*lead.Import) error) (lead.Import, error) {
	i, err := im.store.EditImport(ctx, id, func(i *lead.Import) error {
		if err := fn(i); err != nil {
			return err
		}
		return im.mine(i)
	})
	if err != nil {
		return i, err
	}
	im.mu.Lock()
	before := im.jobs[id] // it has come to rest in the pool, and is about to end
	im.mu.Unlock()
	if before != nil {
		<-before.done
	}
	im.launch(i)
	return i, nil
}
