//go:build chaos

package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
)

// chaosLoad posts signed submissions. A post that is not answered 202 is sent again under the same id until it is.
type chaosLoad struct {
	c      *chaos
	began  time.Time
	people *load

	mu      sync.Mutex
	next    int
	acked   map[string]bool // ids that a 202 named
	nobody  map[string]bool // of them, those without a person
	failed  int
	busy    int
	slowest time.Duration
}

func newChaosLoad(c *chaos) *chaosLoad {
	return &chaosLoad{c: c, began: time.Now(), people: newLoad(0, 30), acked: map[string]bool{}, nobody: map[string]bool{}}
}

func (l *chaosLoad) run(ctx context.Context) {
	for ctx.Err() == nil {
		l.mu.Lock()
		i := l.next
		l.next++
		l.mu.Unlock()
		began := time.Now()
		for _, err := l.send(i); err != nil; _, err = l.send(i) {
			if time.Since(began) > time.Minute {
				l.c.t.Errorf("post %d was not acknowledged within a minute", i)
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		l.mu.Lock()
		l.slowest = max(l.slowest, time.Since(began))
		l.mu.Unlock()
		if i%20 == 0 {
			_, _ = l.send(i) // the sender did not get the answer, and sends again
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// send sends post i once; nil means 202. Every fiftieth post has nobody in it.
func (l *chaosLoad) send(i int) (string, error) {
	body := l.people.body(max(i, 0))
	if i%50 == 49 {
		body = []byte(`{"message":"nobody can be reached by this"}`)
	}
	p := l.c.door.running()
	req, err := http.NewRequest("POST", "http://"+p.addr+"/in/signed", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	signTest(l.c.t, req, fmt.Sprintf("msg_%d_%d", l.c.seed, i), body)
	a, err := trySend(req)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		l.failed++
		return "", err
	case a.Status == http.StatusServiceUnavailable:
		l.busy++
		return "", fmt.Errorf("answered %d", a.Status)
	case a.Status != http.StatusAccepted:
		if i >= 0 { // at first the door may not know its source yet
			l.c.t.Errorf("post %d was answered %d: %s", i, a.Status, a.Body)
		}
		return "", fmt.Errorf("answered %d", a.Status)
	}
	if !strings.HasPrefix(a.ID, "sub_") {
		l.c.t.Errorf("post %d was answered 202 without an id: %s", i, a.Body)
	}
	l.acked[a.ID] = true
	if i%50 == 49 {
		l.nobody[a.ID] = true
	}
	return a.ID, nil
}

// fresh posts one more after everything, and returns its id.
func (l *chaosLoad) fresh() string {
	id, err := l.send(l.next + 50 - l.next%50)
	require.NoError(l.c.t, err)
	return id
}
