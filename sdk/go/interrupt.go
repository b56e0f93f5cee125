package sqlrite

import (
	"context"
	"sync"
	"time"
)

// watch interrupts a running call when its context ends.
//
// The engine forgets an interrupt that comes before the statement has begun, so it is repeated until the call is over.
// After end() has returned no interrupt comes any more: the next call on the connection is safe from it.
type watch struct {
	c      *conn
	mutex  sync.Mutex
	over   bool // guarded by mutex
	cancel func() bool
}

const interruptPause = time.Millisecond

func (c *conn) watch(ctx context.Context) *watch {
	w := &watch{c: c}
	w.cancel = context.AfterFunc(ctx, w.interrupt)
	return w
}

func (w *watch) interrupt() {
	for w.interruptOnce() {
		time.Sleep(interruptPause)
	}
}

func (w *watch) interruptOnce() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if !w.over {
		interruptHandle(w.c.handle)
	}
	return !w.over
}

func (w *watch) end() {
	if w.cancel() {
		return
	}
	w.mutex.Lock()
	w.over = true
	w.mutex.Unlock()
}
