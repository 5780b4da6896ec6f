// SPDX-License-Identifier: Apache-2.0

// Package progress is what machines say of their bootstrap, and what it adds up to.
//
// In go the bytes of serial consoles, in which the step engine writes one line an event, and events in JSON; out come
// Events, and a Cluster: for every node of the inventory and each of its steps how far it is, and why not further. No
// Event has a control character in it, whatever a machine has sent, so that all of it may be shown on a terminal. The
// package is pure: who applies an event says when it came.
package progress

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// State is what an event tells.
type State string

// The states of a step; a node and a cluster are only ever waiting or complete.
const (
	Started  State = "started"
	Waiting  State = "waiting"
	Done     State = "done"
	Failed   State = "failed"
	Complete State = "complete"
)

// What is said besides, in the event's Reason.
const (
	Log  State = "log"  // a line of the log of the step that failed just before
	Next State = "next" // what happens next, and what a person can do
)

// Notes are what a node says of no step.
const (
	Medium    State = "medium"     // of the medium in its drive
	Clones    State = "clones"     // of nodes that are clones of each other
	VirtualIP State = "virtual-ip" // of where the virtual IP is
	Support   State = "support"    // of an archive of its logs
)

// note reports whether the state is a note's.
func (s State) note() bool { return s == Medium || s == Clones || s == VirtualIP || s == Support }

// Event is one thing that a machine says. An event without a node is the whole cluster's, as the first control plane
// sees it; one without a step is the whole node's.
type Event struct {
	Cluster string `json:"cluster,omitempty"` // empty on a console, but for the cluster's own events
	Node    string `json:"node,omitempty"`
	Step    string `json:"step,omitempty"`
	State   State  `json:"state"`
	Attempt int    `json:"attempt,omitempty"` // from 1; 0 where nothing is attempted
	Seconds int    `json:"seconds"`           // since the step began; of a node or a cluster, since the bootstrap began
	Reason  string `json:"reason,omitempty"`
}

const (
	nameForm  = `[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?`
	mostCount = 999_999_999 // nine digits: no attempt and no second is more
)

var nameOnly = regexp.MustCompile(`^` + nameForm + `$`)

// ParseJSON reads what a machine posts: an event, and with a failed step the end of its log and what comes next, which
// become events behind it, as they are on a console. Fields that it does not know are left out; its error says in a word
// what does not fit.
func ParseJSON(data []byte) ([]Event, error) {
	var posted struct {
		Event
		Log  []string `json:"log"`
		Next string   `json:"next"`
	}
	if err := json.Unmarshal(data, &posted); err != nil {
		return nil, errors.New("this is no event in JSON")
	}
	e := posted.Event
	e.Reason = plain(e.Reason)
	if err := e.check(); err != nil {
		return nil, err
	}
	events := []Event{e}
	if e.State != Failed {
		return events, nil
	}
	besides := Event{Cluster: e.Cluster, Node: e.Node, Step: e.Step}
	tell := func(state State, text string) {
		besides.State, besides.Reason = state, plain(text)
		if besides.Reason != "" {
			events = append(events, besides)
		}
	}
	for _, line := range lastOf(posted.Log) {
		tell(Log, line)
	}
	tell(Next, posted.Next)
	return events, nil
}

// check says what no machine of this program would send.
func (e Event) check() error {
	for _, name := range []struct{ what, value string }{{"cluster", e.Cluster}, {"node", e.Node}, {"step", e.Step}} {
		if name.value != "" && !nameOnly.MatchString(name.value) {
			return fmt.Errorf("the %s is no name", name.what)
		}
	}
	if e.Attempt < 0 || e.Seconds < 0 || e.Attempt > mostCount || e.Seconds > mostCount {
		return errors.New("a number is out of range")
	}
	step := e.Node != "" && e.Step != ""
	fits := map[State]bool{
		Started: step, Waiting: step || e.Node == "" && e.Cluster != "", Done: step, Failed: step, Log: step, Next: step,
		Complete: e.Step == "" && (e.Node != "" || e.Cluster != ""),
	}
	note := e.State.note() && e.Node != "" && e.Step == ""
	if !fits[e.State] && !note {
		return errors.New("the state does not fit node and step")
	}
	if e.Reason == "" && (note || e.State == Log || e.State == Next) {
		return errors.New("there is nothing behind the state")
	}
	return nil
}

// String returns the event as it stands on a console, without a line's end.
func (e Event) String() string {
	who := "cluster " + e.Cluster
	if e.Node != "" {
		who = e.Node
	}
	if e.Step != "" {
		who += ": " + e.Step
	}
	text := fmt.Sprintf("%s%s: %s", prefix, who, e.State)
	switch {
	case e.State == Log || e.State == Next || e.State.note():
		return text + ": " + e.Reason
	case e.Step != "":
		text += fmt.Sprintf(" (attempt %d, %d s)", e.Attempt, e.Seconds)
	default:
		text += fmt.Sprintf(" (%d s)", e.Seconds)
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// plain returns a text without control characters and without blanks at its ends; what is no UTF-8 is marked.
func plain(text string) string {
	text = strings.ToValidUTF8(text, string(unicode.ReplacementChar))
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text))
}
