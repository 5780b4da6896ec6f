// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hakube/hakube-seed/generator/progress"
)

// urgency orders what a small screen has room for.
type urgency int

const (
	hasFailed urgency = iota
	isAtWork
	isSilent
	isComplete
)

// row is a machine in the table.
type row struct {
	urgency urgency
	cells   [6]span // machine, bar, step, state, time, API
	reason  span
}

var header = [6]span{{"MACHINE", bold}, {"STEPS", bold}, {"STEP", bold}, {"STATE", bold}, {"TIME", bold}, {"API", bold}}

const narrow = 72 // columns, below which there are no bars

// row tells how far a machine is.
func (s scene) row(n *progress.Node) row {
	r := row{urgency: isSilent}
	r.cells[0] = span{n.Name, ""}
	r.cells[1] = span{bar(n), ""}
	if ready, known := s.ready[n.Name]; known && ready {
		r.cells[5] = span{"Ready", green}
	} else if known {
		r.cells[5] = span{"not Ready", yellow}
	}
	step := n.Current()
	switch {
	case n.Complete:
		r.urgency = isComplete
		r.cells[3], r.cells[4] = span{"complete", green}, span{clockText(time.Duration(n.Seconds) * time.Second), ""}
	case step == nil:
		r.cells[3] = span{"no word yet", faint}
		if n.Passed() > 0 {
			r.urgency, r.cells[3] = isAtWork, span{"done", green}
		}
	default:
		r.urgency = isAtWork
		r.step(step, s.now)
	}
	if n.Failure != nil && !n.Complete {
		r.urgency = hasFailed
	}
	if r.reason.text == "" {
		r.reason = span{n.Note, yellow}
	}
	return r
}

// step tells of the step that the machine is at.
func (r *row) step(s *progress.Step, now time.Time) {
	colour := map[progress.State]string{progress.Waiting: yellow, progress.Failed: red}[s.State]
	state := cmp.Or(string(s.State), "to come")
	if s.State == progress.Started {
		state = "running"
	}
	if s.Attempt > 1 {
		state += fmt.Sprintf(" (%d)", s.Attempt)
	}
	r.cells[2], r.cells[3] = span{s.Name, ""}, span{state, colour}
	spent := time.Duration(max(0, s.Seconds)) * time.Second
	if s.State == progress.Started || s.State == progress.Waiting {
		spent += max(0, now.Sub(s.At))
	}
	if s.State != "" {
		r.cells[4] = span{clockText(spent), ""}
	}
	r.reason = span{s.Reason, colour}
}

// bar has a character for each step: # done, > at work, ! failed, and a dot for what is to come.
func bar(n *progress.Node) string {
	var b strings.Builder
	for _, s := range n.Steps {
		mark, known := map[progress.State]byte{progress.Done: '#', progress.Started: '>', progress.Waiting: '>', progress.Failed: '!'}[s.State]
		if !known {
			mark = '.'
		}
		b.WriteByte(mark)
	}
	return b.String()
}

// pick returns the rows that there is room for, the most urgent ones, and what to say of the others.
func pick(rows []row, room int) (shown []row, left string) {
	if len(rows) <= room {
		return rows, ""
	}
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rows[a].urgency, rows[b].urgency) })
	kept := slices.Sorted(slices.Values(order[:room-1]))
	for _, i := range kept {
		shown = append(shown, rows[i])
	}
	counts := map[urgency]int{}
	for _, i := range order[room-1:] {
		counts[rows[i].urgency]++
	}
	var parts []string
	for u, text := range []string{"that failed", "at work", "without a word yet", "complete"} {
		if n := counts[urgency(u)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, text))
		}
	}
	return shown, "and " + strings.Join(parts, ", ")
}

// columns aligns the rows below the header. Columns in which nothing stands are left out, and the bars on a narrow screen.
func columns(rows []row, width int) [][]span {
	var widths [6]int
	for _, r := range rows {
		for i, c := range r.cells {
			widths[i] = max(widths[i], columnsOf(c.text))
		}
	}
	if width < narrow {
		widths[1] = 0
	}
	lay := func(cells [6]span) []span {
		var line []span
		for i, c := range cells {
			if widths[i] == 0 {
				continue
			}
			pad := max(widths[i], columnsOf(header[i].text)) - columnsOf(c.text)
			line = append(line, c, span{strings.Repeat(" ", pad+2), ""})
		}
		return line
	}
	lines := [][]span{lay(header)}
	for _, r := range rows {
		lines = append(lines, append(lay(r.cells), r.reason))
	}
	return lines
}
