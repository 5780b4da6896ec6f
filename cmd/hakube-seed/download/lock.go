// SPDX-License-Identifier: Apache-2.0

package download

import (
	"context"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// patience is how long a lock may take before the user is told why nothing happens.
const patience = time.Second

// Lock keeps other processes out of the cache until unlock is called: two that fetch the same file would write into the
// same partial one. It calls waiting once when another process has the lock.
func (c *Cache) Lock(ctx context.Context, waiting func()) (unlock func(), err error) {
	type result struct {
		unlock func()
		err    error
	}
	locked := make(chan result, 1)
	go func() {
		unlock, err := lockedfile.MutexAt(filepath.Join(c.dir, "lock")).Lock()
		locked <- result{unlock, c.explain(err)}
	}()
	told := time.After(patience)
	for {
		select {
		case r := <-locked:
			if r.err == nil {
				c.sweep()
			}
			return r.unlock, r.err
		case <-told:
			waiting()
		case <-ctx.Done():
			go func() { // it may still get the lock, which nobody wants any more
				if r := <-locked; r.err == nil {
					r.unlock()
				}
			}()
			return nil, context.Cause(ctx)
		}
	}
}
