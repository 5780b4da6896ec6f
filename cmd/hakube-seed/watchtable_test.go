// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/progress"
)

var sceneTime = time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)

// sceneOf is the reference cluster after some lines of its consoles, 35 s after the last of them.
func sceneOf(t *testing.T, lines string) scene {
	t.Helper()
	plan := referencePlan(t)
	c := progress.New(plan.Name, machinesOf(plan))
	for line := range strings.Lines(lines) {
		e, ok := progress.ParseLine(line)
		if !ok {
			t.Fatalf("%q is no event", line)
		}
		c.Apply("console", e, sceneTime)
	}
	return scene{cluster: c, version: "1.37.2", begun: sceneTime.Add(-time.Minute), now: sceneTime.Add(35 * time.Second)}
}

const troubled = `hakube: k8s-lb: complete (31 s)
hakube: k8s-master1: init: waiting (attempt 1, 5 s): asking whether this cluster lives already (1 of 5)
hakube: k8s-master2: packages: failed (attempt 1, 12 s): the key at http://mirror/Release.key has the fingerprint 6F5B0C62D1167BCB351FF3479D20874772AB0CA7
hakube: k8s-master2: packages: log: E: unable to fetch
hakube: k8s-master2: packages: next: the machine tries again in 30 s
hakube: k8s-master2: packages: started (attempt 2, 0 s): after: another key
hakube: k8s-worker1: wait: waiting (attempt 1, 70 s): waiting for the API at k8s-lb:6443
hakube: k8s-worker2: medium: the medium in the drive is that of k8s-worker1
hakube: cluster reference: waiting (35 s): waiting for k8s-worker3
`

func texts(lines [][]span) string {
	var b strings.Builder
	for _, line := range lines {
		var text strings.Builder
		for _, s := range line {
			text.WriteString(s.text)
		}
		b.WriteString(strings.TrimRight(text.String(), " ") + "\n")
	}
	return b.String()
}

func TestFrame(t *testing.T) {
	s := sceneOf(t, troubled)
	s.ready = map[string]bool{"k8s-master1": true, "k8s-master2": false}
	const want = `cluster "reference", Kubernetes 1.37.2: 1 of 7 machines complete, watched for 1 min 35 s

MACHINE      STEPS             STEP      STATE        TIME        API
k8s-lb       #########                   complete     31 s
k8s-master1  #########>......  init      waiting      40 s        Ready      asking whether this cluster ...
k8s-master2  ######>........   packages  running (2)  35 s        not Ready  after: another key
k8s-master3  ...............             no word yet
k8s-worker1  #########>....    wait      waiting      1 min 45 s             waiting for the API at k8s-l...
k8s-worker2  ..............              no word yet                         the medium in the drive is t...
k8s-worker3  ..............              no word yet

k8s-master2: packages failed after 12 s: the key at http://mirror/Release.key has the fingerprint
6F5B0C62D1167BCB351FF3479D20874772AB0CA7
  log   E: unable to fetch
  next  the machine tries again in 30 s

cluster waits for  k8s-worker3
`
	if diff := cmp.Diff(want, texts(s.frame(108, 40))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFrameOfSmallScreen(t *testing.T) {
	const want = `cluster "reference", Kubernetes 1.37.2: 1 of 7 machin...

MACHINE      STEP      STATE        TIME
k8s-master1  init      waiting      40 s        askin...
k8s-master2  packages  running (2)  35 s        after...
k8s-worker1  wait      waiting      1 min 45 s  waiti...
and 3 without a word yet, 1 complete

k8s-master2: packages failed after 12 s: the key at
http://mirror/Release.key has the fingerprint
6F5B0C62D1167BCB351FF3479D20874772AB0CA7
  log   E: unable to fetch
  next  the machine tries again in 30 s
`
	if diff := cmp.Diff(want, texts(sceneOf(t, troubled).frame(56, 13))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFrameFits(t *testing.T) {
	s := sceneOf(t, troubled+"hakube: k8s-worker3: join: failed (attempt 1, 3 s): "+strings.Repeat("世界 ", 40)+"\n")
	for width := 1; width < 200; width++ {
		for _, height := range []int{1, 2, 5, 12, 24, 60} {
			lines := s.frame(width, height)
			if len(lines) > height {
				t.Fatalf("%d lines for %d", len(lines), height)
			}
			for _, line := range lines {
				columns := 0
				for _, part := range line {
					columns += columnsOf(part.text)
				}
				if columns > width {
					t.Fatalf("%d columns for %d: %v", columns, width, line)
				}
			}
		}
	}
}

func TestScreenDrawsOverItself(t *testing.T) {
	var out bytes.Buffer
	width := 40
	s := screen{out: &out, size: func() (int, int) { return width, 10 }, colour: true}
	draw := func(lines ...string) string {
		out.Reset()
		s.draw(func(int, int) [][]span {
			var spans [][]span
			for _, line := range lines {
				spans = append(spans, []span{{line, red}, {"", green}})
			}
			return spans
		})
		return out.String()
	}
	long := strings.Repeat("x", 39)
	for _, c := range []struct{ name, got, want string }{
		{"first", draw("a", long), "\x1b[31ma\x1b[0m\x1b[K\r\n\x1b[31m" + long + "\x1b[0m\x1b[K\r\n\x1b[J"},
		{"second", draw("b"), "\x1b[2A\r\x1b[31mb\x1b[0m\x1b[K\r\n\x1b[J"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, not %q", c.name, c.got, c.want)
		}
	}
	draw("a", long)
	width = 20 // the terminal has broken the long line by itself
	if got := draw("c"); !strings.HasPrefix(got, "\x1b[3A\r") {
		t.Errorf("in a narrower window: %q", got)
	}
	s.colour = false
	if got := draw("d"); strings.Contains(got, "\x1b[31m") {
		t.Errorf("without colours: %q", got)
	}
}
