// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// meter shows how far long work on many bytes is: bytes, rate and time left, on a terminal only. Its methods may be
// called from several goroutines.
type meter struct {
	mu      sync.Mutex
	printer *printer
	what    string
	total   int64 // bytes
	done    int64
	begun   time.Time // zero: nothing has been done
	shown   time.Time
}

// meter returns the meter of some work.
func (p *printer) meter(what string, total int64) *meter {
	return &meter{printer: p, what: what, total: total}
}

// add says that n more bytes are done; a negative number takes some back.
func (m *meter) add(n int64) {
	if !m.printer.live {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	at := time.Now()
	if m.begun.IsZero() {
		m.begun = at
	}
	m.done += n
	if at.Sub(m.shown) >= 100*time.Millisecond {
		m.shown = at
		m.printer.line(meterLine(m.what, m.done, m.total, at.Sub(m.begun)))
	}
}

// end takes the line off the screen.
func (m *meter) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.printer.clear()
}

// meterLine returns a progress line.
func meterLine(what string, done, total int64, spent time.Duration) string {
	const width = 24
	filled := 0
	if total > 0 {
		filled = int(min(width, max(0, width*done/total)))
	}
	line := fmt.Sprintf("%s [%s%s] %s of %s", what, strings.Repeat("#", filled), strings.Repeat(" ", width-filled), bytesOf(max(0, done)), bytesOf(total))
	if seconds := spent.Seconds(); seconds >= 0.5 && done > 0 {
		rate := float64(done) / seconds
		left := time.Duration(float64(max(0, total-done)) / rate * float64(time.Second))
		line += fmt.Sprintf(", %s/s, %s left", bytesOf(int64(rate)), left.Round(time.Second))
	}
	return line
}
