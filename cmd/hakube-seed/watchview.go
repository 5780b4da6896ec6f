// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hakube/hakube-seed/cmd/hakube-seed/clusterapi"
	"github.com/hakube/hakube-seed/generator/progress"
)

// view is how watch shows what it hears.
type view interface {
	heard(e progress.Event, at time.Time)                       // an event that is news
	node(name string, state clusterapi.NodeState, at time.Time) // the API says something else of a node than before
	note(text string, at time.Time)                             // something about watching itself
	show(s scene)                                               // how things are by now
}

// viewFor returns the view that the flags and the terminal want.
func (p *printer) viewFor(c *cli.Context) view {
	switch {
	case c.Bool("json"):
		return jsonView{p}
	case isTerminal(p.out) && os.Getenv("TERM") != "dumb":
		return &tableView{screen: newScreen(p.out)}
	}
	return lineView{p}
}

// lineView prints a line for each event.
type lineView struct{ *printer }

func (v lineView) heard(e progress.Event, at time.Time) {
	v.resultf("%s %s", at.Format(time.TimeOnly), strings.TrimPrefix(e.String(), "hakube: "))
}

func (v lineView) node(name string, state clusterapi.NodeState, at time.Time) {
	v.resultf("%s %s: %s", at.Format(time.TimeOnly), name, nodeText(state))
}

func (v lineView) note(text string, _ time.Time) { v.notef("%s", text) }
func (v lineView) show(scene)                    {}

func nodeText(state clusterapi.NodeState) string {
	if state.Ready {
		return "Ready at " + state.Version + ", as the API says"
	}
	return "not Ready, as the API says"
}

// jsonView prints a JSON object for each event: the event, and when it came.
type jsonView struct{ *printer }

// What the API says is no event of a machine's; these states are watch's own.
const (
	nodeReady    progress.State = "ready"
	nodeNotReady progress.State = "not-ready"
)

func (v jsonView) heard(e progress.Event, at time.Time) {
	line := struct {
		Time string `json:"time"`
		progress.Event
	}{at.UTC().Format(time.RFC3339), e}
	text, _ := json.Marshal(line) // strings and numbers always encode
	v.resultf("%s", text)
}

func (v jsonView) node(name string, state clusterapi.NodeState, at time.Time) {
	e := progress.Event{Node: name, State: nodeNotReady, Reason: state.Message}
	if state.Ready {
		e = progress.Event{Node: name, State: nodeReady, Reason: state.Version}
	}
	v.heard(e, at)
}

func (v jsonView) note(text string, _ time.Time) { v.notef("%s", text) }
func (v jsonView) show(scene)                    {}

// tableView draws the table anew, whatever happens.
type tableView struct {
	screen *screen
	notes  []string
}

func (v *tableView) heard(progress.Event, time.Time)              {}
func (v *tableView) node(string, clusterapi.NodeState, time.Time) {}
func (v *tableView) note(text string, _ time.Time)                { v.notes = append(v.notes, text) }

func (v *tableView) show(s scene) {
	s.notes = v.notes
	v.screen.draw(s.frame)
}
