// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/hakube/hakube-seed/generator/progress"
)

// scene is everything that the table of watch shows.
type scene struct {
	cluster *progress.Cluster
	version string
	ready   map[string]bool // what the API says of its nodes; nil before its first answer
	notes   []string
	begun   time.Time
	now     time.Time
}

// frame draws the scene: lines of no more than width columns, no more than height of them.
func (s scene) frame(width, height int) [][]span {
	rows := make([]row, len(s.cluster.Nodes))
	for i := range s.cluster.Nodes {
		rows[i] = s.row(&s.cluster.Nodes[i])
	}
	below := s.below(width)
	room := max(1, height-3-min(len(below), max(0, height/2)))
	rows, left := pick(rows, room)
	lines := [][]span{{{s.title(), bold}}, nil}
	lines = append(lines, columns(rows, width)...)
	if left != "" {
		lines = append(lines, []span{{left, faint}})
	}
	lines = append(lines, below...)
	if len(lines) > height {
		lines = lines[:max(1, height)]
	}
	for i := range lines {
		lines[i] = fit(lines[i], width)
	}
	return lines
}

func (s scene) title() string {
	done := 0
	for _, n := range s.cluster.Nodes {
		if n.Complete {
			done++
		}
	}
	state := fmt.Sprintf("%d of %d machines complete", done, len(s.cluster.Nodes))
	if s.cluster.Complete {
		state = "complete"
	}
	return fmt.Sprintf("cluster %q, Kubernetes %s: %s, watched for %s", s.cluster.Name, s.version, state, clockText(s.now.Sub(s.begun)))
}

// below tells what the table has no room for: failures in full, what the cluster waits for, and notes.
func (s scene) below(width int) [][]span {
	var lines [][]span
	say := func(label, text, colour string) {
		indent := strings.Repeat(" ", columnsOf(label))
		for _, part := range wrap(text, width-columnsOf(label)) {
			lines = append(lines, []span{{label, bold}, {part, colour}})
			label = indent
		}
	}
	for i := range s.cluster.Nodes {
		n := &s.cluster.Nodes[i]
		f := n.Failure
		if f == nil || n.Complete {
			continue
		}
		lines = append(lines, nil)
		attempt := ""
		if f.Attempt > 1 {
			attempt = fmt.Sprintf(" in attempt %d", f.Attempt)
		}
		say("", fmt.Sprintf("%s: %s failed after %s%s: %s", n.Name, f.Step, clockText(time.Duration(f.Seconds)*time.Second), attempt, f.Reason), red)
		for _, line := range f.Log {
			say("  log   ", line, "")
		}
		for _, line := range f.Next {
			say("  next  ", line, yellow)
		}
	}
	if s.cluster.Waiting != "" && !s.cluster.Complete {
		lines = append(lines, nil)
		say("cluster waits for  ", strings.TrimPrefix(s.cluster.Waiting, "waiting for "), yellow)
	}
	if len(s.cluster.Strangers) > 0 {
		lines = append(lines, nil)
		say("", "heard, and not of this inventory: "+strings.Join(s.cluster.Strangers, ", "), yellow)
	}
	for _, note := range s.notes {
		say("", note, faint)
	}
	return lines
}

// clockText spells a time span: 41 s, 2 min 11 s, 1 h 5 min.
func clockText(span time.Duration) string {
	seconds := int(max(0, span).Seconds())
	switch {
	case seconds < 60:
		return fmt.Sprintf("%d s", seconds)
	case seconds < 3600:
		return fmt.Sprintf("%d min %d s", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%d h %d min", seconds/3600, seconds/60%60)
}
