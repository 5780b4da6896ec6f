// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/progress"
)

func referencePlan(t *testing.T) *cluster.Cluster {
	t.Helper()
	plan, _, err := planOf(filepath.Join("..", "..", "test", "inventories", "reference.yaml"))
	if err != nil || plan == nil {
		t.Fatal(err)
	}
	return plan
}

// watched runs watch over the consoles of a directory, in which a file NODE.log is one, with a clock that the test has.
type watched struct {
	*watching
	dir    string
	out    *bytes.Buffer
	result chan error
}

func watchDir(t *testing.T, plan *cluster.Cluster, change func(*watching)) watched {
	var out bytes.Buffer
	w := watched{newWatching(plan, lineView{newPrinter(&out, &out)}), t.TempDir(), &out, make(chan error, 1)}
	change(w.watching)
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	for _, n := range plan.Nodes {
		go console{n.Name, filepath.Join(w.dir, n.Name+".log")}.follow(ctx, w.teller(ctx, "console "+n.Name))
	}
	go func() {
		w.result <- w.run(ctx)
		stop()
	}()
	return w
}

func (w watched) say(t *testing.T, node, lines string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(w.dir, node+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(lines)
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The table names node, step and cause within 10 s of the event.
func TestWatchNamesAFailureInTime(t *testing.T) {
	plan := referencePlan(t)
	synctest.Test(t, func(t *testing.T) {
		var frames bytes.Buffer
		w := watchDir(t, plan, func(w *watching) {
			w.view = &tableView{screen: &screen{out: &frames, size: func() (int, int) { return 120, 40 }}}
		})
		time.Sleep(5 * time.Minute)
		w.say(t, "k8s-worker2", "hakube: k8s-worker2: packages: started (attempt 1, 0 s)\r\n[   12.3] eth0: link is up\r\n")
		time.Sleep(time.Minute)
		w.say(t, "k8s-worker2", "hakube: k8s-worker2: packages: failed (attempt 1, 60 s): the mirror does not answer\r\n"+
			"hakube: k8s-worker2: packages: log: E: timeout\r\nhakube: k8s-worker2: packages: next: again in 30 s\r\n")
		failed := time.Now()
		err := <-w.result
		if took := time.Since(failed); took > 10*time.Second {
			t.Errorf("it took %s", took)
		}
		if exitCode(err) != exitNotDone || err.Error() != "k8s-worker2: packages failed: the mirror does not answer" {
			t.Errorf("%d: %v", exitCode(err), err)
		}
		if _, hint := explain(err); hint != "again in 30 s" {
			t.Errorf("hint %q", hint)
		}
		for _, want := range []string{"k8s-worker2: packages failed after 1 min 0 s: the mirror does not answer", "log   E: timeout", "next  again in 30 s"} {
			if !strings.Contains(frames.String(), want) {
				t.Errorf("the table does not say %q:\n%s", want, &frames)
			}
		}
	})
}

func TestWatchUntilComplete(t *testing.T) {
	plan := referencePlan(t)
	synctest.Test(t, func(t *testing.T) {
		// a failure that was mended while nobody looked on stops nothing
		w := watchDir(t, plan, func(*watching) {})
		w.say(t, "k8s-master1", "hakube: k8s-master1: time: failed (attempt 1, 9 s): no time server\nhakube: k8s-master1: time: done (attempt 2, 1 s)\n")
		time.Sleep(time.Minute)
		w.say(t, "k8s-master1", "hakube: k8s-master1: complete (90 s)\nhakube: cluster reference: complete (131 s)\n")
		if err := <-w.result; err != nil {
			t.Error(err)
		}
		if got := w.out.String(); !strings.HasSuffix(got, " cluster reference: complete (131 s)\n") || strings.Count(got, "\n") != 4 {
			t.Errorf("printed:\n%s", got)
		}
	})
}

// Complete is complete, even if a step failed a moment before.
func TestWatchCompleteAfterAll(t *testing.T) {
	plan := referencePlan(t)
	synctest.Test(t, func(t *testing.T) {
		w := watchDir(t, plan, func(*watching) {})
		w.say(t, "k8s-master1", "hakube: k8s-master1: complete (90 s)\n")
		w.say(t, "k8s-lb", "hakube: k8s-lb: identity: done (attempt 1, 1 s)\n")
		time.Sleep(10 * time.Second)
		w.say(t, "k8s-lb", "hakube: k8s-lb: eject: failed (attempt 1, 9 s): exit code 1\n")
		time.Sleep(afterFailure - lastWords/2 - consolePause/2)
		w.say(t, "k8s-master1", "hakube: cluster reference: complete (131 s)\n")
		if err := <-w.result; err != nil {
			t.Error(err)
		}
	})
}

func TestWatchKeepsGoing(t *testing.T) {
	plan := referencePlan(t)
	synctest.Test(t, func(t *testing.T) {
		w := watchDir(t, plan, func(w *watching) { w.keepGoing, w.limit = true, time.Hour })
		w.say(t, "k8s-lb", "hakube: k8s-lb: haproxy: failed (attempt 1, 9 s): haproxy does not run\n")
		w.say(t, "k8s-master1", "hakube: k8s-master1: wait-etcd: waiting (attempt 1, 3 s): a majority of the etcd nodes\n")
		begun := time.Now()
		err := <-w.result
		if exitCode(err) != exitLate || time.Since(begun) != time.Hour {
			t.Errorf("%d after %s", exitCode(err), time.Since(begun))
		}
		const want = `cluster "reference" is not complete after 1 h 0 min: k8s-lb is at haproxy (haproxy does not run), ` +
			`k8s-master1 is at wait-etcd, waiting for a majority of the etcd nodes, k8s-master2 has not said a word, k8s-master3 has not said a word, and 3 more`
		if err.Error() != want {
			t.Errorf("%v", err)
		}
	})
}

func TestWatchInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out bytes.Buffer
	err := newWatching(referencePlan(t), lineView{newPrinter(&out, &out)}).run(ctx)
	if !errors.Is(err, errInterrupted) || exitCode(err) != exitNotDone {
		t.Error(err)
	}
}

// One event that comes through the console and by HTTP is one line.
func TestWatchTwoChannels(t *testing.T) {
	var out bytes.Buffer
	w := newWatching(referencePlan(t), lineView{newPrinter(&out, &out)})
	e, _ := progress.ParseLine("hakube: k8s-lb: haproxy: started (attempt 1, 0 s)")
	w.hear(word{source: "console k8s-lb", event: e})
	e.Cluster = "reference"
	w.hear(word{source: "http", event: e})
	if strings.Count(out.String(), "\n") != 1 {
		t.Errorf("printed:\n%s", &out)
	}
}
