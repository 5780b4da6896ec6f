// SPDX-License-Identifier: Apache-2.0

package progress

import (
	"slices"
	"time"
)

// apply takes in an event of the node's.
func (n *Node) apply(e Event, at time.Time) {
	if e.State.note() {
		n.Note = e.Reason
		return
	}
	switch e.State {
	case Log:
		if n.Failure != nil && n.Failure.Step == e.Step {
			n.Failure.Log = lastOf(append(n.Failure.Log, e.Reason))
		}
	case Next:
		if n.Failure != nil && n.Failure.Step == e.Step {
			n.Failure.Next = lastOf(append(n.Failure.Next, e.Reason))
		}
	case Complete:
		n.Complete, n.Seconds, n.Failure = true, e.Seconds, nil
		n.passed(len(n.Steps))
	default:
		n.applyStep(e, at)
	}
}

// applyStep takes in how far the node is with a step. Steps come one after the other, so those before it are done, even
// if nobody listened then. A step that begins makes those behind it pending again: the machine was made anew. Any other
// word on a step behind which the node is already took a slow way; only how long the step took is news then.
func (n *Node) applyStep(e Event, at time.Time) {
	i := slices.IndexFunc(n.Steps, func(s Step) bool { return s.Name == e.Step })
	if i < 0 {
		i = len(n.Steps)
		n.Steps = append(n.Steps, Step{})
	}
	if begun := slices.ContainsFunc(n.Steps[i+1:], func(s Step) bool { return s.State != "" }); begun && e.State != Started {
		if e.State == Done {
			n.Steps[i].Seconds = e.Seconds
		}
		return
	}
	n.passed(i)
	for later := i + 1; later < len(n.Steps); later++ {
		n.Steps[later] = Step{Name: n.Steps[later].Name}
	}
	n.Complete = false
	n.Steps[i] = Step{e.Step, e.State, e.Attempt, e.Seconds, e.Reason, at}
	switch {
	case e.State == Failed:
		n.Failure = &Failure{Step: e.Step, Attempt: e.Attempt, Seconds: e.Seconds, Reason: e.Reason}
	case n.Failure != nil && (n.Failure.Step != e.Step || e.State == Done):
		n.Failure = nil
	}
}

// passed marks the first steps as done.
func (n *Node) passed(steps int) {
	for i := range n.Steps[:steps] {
		if s := &n.Steps[i]; s.State != Done {
			*s = Step{Name: s.Name, State: Done, Seconds: -1}
		}
	}
}

// Current returns the step that the node is at: the first that is not done; nil before the first word and after the last.
func (n *Node) Current() *Step {
	for i := range n.Steps {
		if s := &n.Steps[i]; s.State != Done {
			if i == 0 && s.State == "" {
				return nil
			}
			return s
		}
	}
	return nil
}

// Passed returns how many steps are done.
func (n *Node) Passed() int {
	passed := 0
	for _, s := range n.Steps {
		if s.State == Done {
			passed++
		}
	}
	return passed
}

func lastOf(lines []string) []string { return lines[max(0, len(lines)-mostLines):] }
