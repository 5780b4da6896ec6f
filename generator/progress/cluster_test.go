// SPDX-License-Identifier: Apache-2.0

package progress_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/progress"
)

var (
	begin = time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	nodes = []progress.Expected{{"m1", "control-plane", []string{"hosts", "init", "verify"}}, {"w1", "worker", []string{"hosts", "join"}}}
)

// story applies lines of one console, a second apart.
func story(t *testing.T, c *progress.Cluster, lines string) {
	t.Helper()
	for i, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		e, ok := progress.ParseLine(line)
		if !ok {
			t.Fatalf("%q is no event", line)
		}
		c.Apply("console", e, begin.Add(time.Duration(i)*time.Second))
	}
}

// steps spells a node's steps: hosts=done/3 init=failed/4 verify.
func steps(n *progress.Node) string {
	var words []string
	for _, s := range n.Steps {
		word := s.Name
		if s.State != "" {
			word = fmt.Sprintf("%s=%s/%d", s.Name, s.State, s.Seconds)
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func TestFailureIsToldUntilItIsOver(t *testing.T) {
	c := progress.New("demo", nodes)
	story(t, c, `
hakube: m1: hosts: started (attempt 1, 0 s)
hakube: m1: hosts: done (attempt 1, 3 s)
hakube: m1: init: started (attempt 1, 0 s)
hakube: m1: init: failed (attempt 1, 4 s): exit code 1
hakube: m1: init: log: first
hakube: m1: init: log: second
hakube: m1: init: next: again in 30 s
hakube: m1: init: started (attempt 2, 0 s): after: exit code 1`)
	m1 := c.Node("m1")
	want := &progress.Failure{Step: "init", Attempt: 1, Seconds: 4, Reason: "exit code 1", Log: []string{"first", "second"}, Next: []string{"again in 30 s"}}
	if diff := cmp.Diff(want, m1.Failure); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := steps(m1); got != "hosts=done/3 init=started/0 verify" || m1.Current().Attempt != 2 || m1.Passed() != 1 {
		t.Errorf("%s, attempt %d, %d passed", got, m1.Current().Attempt, m1.Passed())
	}
	story(t, c, "hakube: m1: init: done (attempt 2, 9 s)")
	if m1.Failure != nil {
		t.Errorf("done, and still told: %+v", m1.Failure)
	}
}

func TestListeningBeganLate(t *testing.T) {
	c := progress.New("demo", nodes)
	if c.Node("m1").Current() != nil {
		t.Error("a node of which nobody has heard is at a step")
	}
	story(t, c, "hakube: m1: verify: waiting (attempt 1, 7 s): waiting for this node to be Ready")
	if got := steps(c.Node("m1")); got != "hosts=done/-1 init=done/-1 verify=waiting/7" {
		t.Error(got)
	}
	story(t, c, "hakube: m1: complete (60 s)")
	if m1 := c.Node("m1"); !m1.Complete || m1.Seconds != 60 || m1.Current() != nil || m1.Passed() != 3 {
		t.Errorf("%+v", m1)
	}
}

func TestMachineMadeAnew(t *testing.T) {
	c := progress.New("demo", nodes)
	story(t, c, "hakube: m1: complete (60 s)\nhakube: m1: hosts: started (attempt 1, 0 s)")
	if m1 := c.Node("m1"); m1.Complete || steps(m1) != "hosts=started/0 init verify" {
		t.Errorf("complete: %v, %s", m1.Complete, steps(m1))
	}
}

func TestSlowWordOfAStepThatIsPassed(t *testing.T) {
	c := progress.New("demo", nodes)
	story(t, c, `
hakube: m1: init: started (attempt 1, 0 s)
hakube: m1: hosts: waiting (attempt 1, 1 s): late
hakube: m1: hosts: done (attempt 1, 2 s)`)
	if got := steps(c.Node("m1")); got != "hosts=done/2 init=started/0 verify" {
		t.Error(got)
	}
}

func TestOneEventThroughTwoChannels(t *testing.T) {
	c := progress.New("demo", nodes)
	started, _ := progress.ParseLine("hakube: m1: hosts: started (attempt 1, 0 s)")
	done, _ := progress.ParseLine("hakube: m1: hosts: done (attempt 1, 1 s)")
	posted := started
	posted.Cluster = "demo"
	for _, s := range []struct {
		source string
		event  progress.Event
		after  time.Duration
		news   bool
	}{
		{"console", started, 0, true},
		{"console", done, time.Second, true},
		{"http", posted, 2 * time.Second, false},
		{"console", started, 3 * time.Second, true},
		{"http", posted, time.Hour, true},
	} {
		if news := c.Apply(s.source, s.event, begin.Add(s.after)); news != s.news {
			t.Errorf("%s after %s from %s: news is %v", s.event, s.after, s.source, news)
		}
	}
}

func TestClusterAndStrangers(t *testing.T) {
	c := progress.New("demo", nodes)
	story(t, c, `
hakube: cluster demo: waiting (35 s): waiting for w1
hakube: w2: hosts: started (attempt 1, 0 s)
hakube: cluster other: complete (9 s)
hakube: m1: medium: that of m2 is in the drive`)
	if c.Complete || c.Waiting != "waiting for w1" || c.Seconds != 35 || c.Node("m1").Note != "that of m2 is in the drive" {
		t.Errorf("%+v", c)
	}
	if diff := cmp.Diff([]string{"w2", "cluster other"}, c.Strangers); diff != "" {
		t.Errorf("strangers (-want +got):\n%s", diff)
	}
	story(t, c, "hakube: cluster demo: complete (131 s)")
	if !c.Complete || c.Waiting != "" || c.Seconds != 131 {
		t.Errorf("%+v", c)
	}
}
