// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hakube/hakube-seed/cmd/hakube-seed/clusterapi"
	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/progress"
)

const (
	redraw = time.Second
	// afterFailure is how long the log and the advice behind a failure may take; and a console that was recorded while
	// nobody looked on tells by then whether the next attempt went well.
	afterFailure = 2 * time.Second
	apiPause     = 3 * time.Second
	// lastWords is how long the last events of other machines may be on their way when the cluster is complete.
	lastWords = 500 * time.Millisecond
)

// word is one thing that was heard: an event, or what the API says of its nodes.
type word struct {
	source string
	event  progress.Event
	nodes  map[string]clusterapi.NodeState
}

// watching is a cluster that comes up, and who looks on.
type watching struct {
	cluster   *progress.Cluster
	version   string
	view      view
	words     chan word
	ready     map[string]bool
	begun     time.Time
	limit     time.Duration
	keepGoing bool
}

func newWatching(plan *cluster.Cluster, v view) *watching {
	return &watching{
		cluster: progress.New(plan.Name, machinesOf(plan)), version: plan.Version.String(), view: v,
		words: make(chan word, 100), begun: time.Now(), limit: defaultPatience,
	}
}

// teller returns what a source calls with its events.
func (w *watching) teller(ctx context.Context, source string) func(progress.Event) {
	return func(e progress.Event) { w.tell(ctx, word{source: source, event: e}) }
}

func (w *watching) tell(ctx context.Context, said word) {
	select {
	case w.words <- said:
	case <-ctx.Done():
	}
}

// run shows what is heard until the cluster is complete, a step has failed, or the time is over.
func (w *watching) run(ctx context.Context) error {
	late, tick := time.NewTimer(w.limit), time.NewTicker(redraw)
	defer late.Stop()
	defer tick.Stop()
	var failed, ended <-chan time.Time
	w.show()
	for {
		select {
		case said := <-w.words:
			w.hear(said)
		case <-tick.C:
		case <-failed:
			failed = nil
			if err := w.failure(); err != nil && !w.cluster.Complete {
				w.show()
				return err
			}
		case <-ended:
			w.show()
			return nil
		case <-late.C:
			w.show()
			return w.late()
		case <-ctx.Done():
			return failure{fmt.Errorf("%w: %s", errInterrupted, w.unfinished()), "machines go on by themselves; the same command watches on"}
		}
		if len(w.words) == 0 {
			w.show()
		}
		switch {
		case w.cluster.Complete && ended == nil:
			ended = time.After(lastWords)
		case !w.cluster.Complete && !w.keepGoing && failed == nil && w.failure() != nil:
			failed = time.After(afterFailure)
		}
	}
}

func (w *watching) hear(said word) {
	now := time.Now()
	if said.event.State != "" && w.cluster.Apply(said.source, said.event, now) {
		said.event.Cluster = w.cluster.Name
		w.view.heard(said.event, now)
	}
	if said.nodes == nil {
		return
	}
	before := w.ready
	w.ready = map[string]bool{}
	for _, n := range w.cluster.Nodes {
		if state, known := said.nodes[n.Name]; known {
			w.ready[n.Name] = state.Ready
			if was, seen := before[n.Name]; !seen || was != state.Ready {
				w.view.node(n.Name, state, now)
			}
		}
	}
}

func (w *watching) show() {
	w.view.show(scene{cluster: w.cluster, version: w.version, ready: w.ready, begun: w.begun, now: time.Now()})
}

// ask tells what the API says, from its first answer on. All nodes Ready is when a closer look is worth its while.
func (w *watching) ask(ctx context.Context, client *clusterapi.Client, want clusterapi.Expected) {
	for ; ctx.Err() == nil; wait(ctx, apiPause) {
		nodes, err := client.Nodes(ctx)
		if err != nil {
			continue
		}
		w.tell(ctx, word{source: "API", nodes: nodes})
		if !want.AllReady(nodes) {
			continue
		}
		facts, err := client.Look(ctx)
		if err == nil && client.Judge(facts, want).Complete {
			seconds := int(time.Since(w.begun).Seconds())
			w.teller(ctx, "API")(progress.Event{Cluster: w.cluster.Name, State: progress.Complete, Seconds: seconds, Reason: "as the API says"})
		}
	}
}

// failure returns the error for the steps that have failed and not been done since, nil if there are none.
func (w *watching) failure() error {
	var texts []string
	hint := "machines try again by themselves; with --keep-going this command watches on"
	for _, n := range w.cluster.Nodes {
		if f := n.Failure; f != nil {
			texts = append(texts, fmt.Sprintf("%s: %s failed: %s", n.Name, f.Step, f.Reason))
			if len(f.Next) > 0 && len(texts) == 1 {
				hint = strings.Join(f.Next, " ")
			}
		}
	}
	if texts == nil {
		return nil
	}
	return failure{fmt.Errorf("%s", strings.Join(texts, "\n")), hint}
}

func (w *watching) late() error {
	return lateError{failure{
		fmt.Errorf("cluster %q is not complete after %s: %s", w.cluster.Name, clockText(w.limit), w.unfinished()),
		"machines go on by themselves; --timeout gives them more time",
	}}
}

// unfinished says which machines are not complete, the first few with what they are at.
func (w *watching) unfinished() string {
	const named = 4
	var parts []string
	more := 0
	for i := range w.cluster.Nodes {
		n := &w.cluster.Nodes[i]
		step := n.Current()
		switch {
		case n.Complete:
		case len(parts) == named:
			more++
		case step == nil:
			parts = append(parts, n.Name+" has not said a word")
		case step.State == progress.Waiting:
			parts = append(parts, fmt.Sprintf("%s is at %s, waiting for %s", n.Name, step.Name, strings.TrimPrefix(step.Reason, "waiting for ")))
		case step.Reason != "":
			parts = append(parts, fmt.Sprintf("%s is at %s (%s)", n.Name, step.Name, step.Reason))
		default:
			parts = append(parts, fmt.Sprintf("%s is at %s", n.Name, step.Name))
		}
	}
	if more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	if parts == nil {
		return "every machine is complete, but the first control plane has not said so of the cluster"
	}
	return strings.Join(parts, ", ")
}
