// SPDX-License-Identifier: Apache-2.0

package progress_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/progress"
)

func TestParseLine(t *testing.T) {
	for _, c := range []struct {
		name, line string
		want       progress.Event
	}{
		{"begins", "hakube: m1: init: started (attempt 1, 0 s)", progress.Event{Node: "m1", Step: "init", State: "started", Attempt: 1}},
		{"again", "hakube: m1: init: started (attempt 2, 0 s): after: exit code 1", progress.Event{Node: "m1", Step: "init", State: "started", Attempt: 2, Reason: "after: exit code 1"}},
		{"waits", "hakube: k8s-m1: before-1: waiting (attempt 1, 35 s): waiting for 10.0.0.1: it is late", progress.Event{Node: "k8s-m1", Step: "before-1", State: "waiting", Attempt: 1, Seconds: 35, Reason: "waiting for 10.0.0.1: it is late"}},
		{"done", "hakube: m1: init: done (attempt 1, 41 s)", progress.Event{Node: "m1", Step: "init", State: "done", Attempt: 1, Seconds: 41}},
		{"failed", "hakube: m1: init: failed (attempt 2, 41 s): no", progress.Event{Node: "m1", Step: "init", State: "failed", Attempt: 2, Seconds: 41, Reason: "no"}},
		{"log", "hakube: m1: init: log: hakube: odd: text", progress.Event{Node: "m1", Step: "init", State: "log", Reason: "hakube: odd: text"}},
		{"next", "hakube: m1: init: next: again in 30 s", progress.Event{Node: "m1", Step: "init", State: "next", Reason: "again in 30 s"}},
		{"node", "hakube: m1: complete (131 s)", progress.Event{Node: "m1", State: "complete", Seconds: 131}},
		{"medium", "hakube: m1: medium: that of m2 is in the drive", progress.Event{Node: "m1", State: "medium", Reason: "that of m2 is in the drive"}},
		{"virtual IP", "hakube: lb2: virtual-ip: has the virtual IP 10.1.10.99 now", progress.Event{Node: "lb2", State: "virtual-ip", Reason: "has the virtual IP 10.1.10.99 now"}},
		{"cluster waits", "hakube: cluster demo: waiting (35 s): waiting for w1", progress.Event{Cluster: "demo", State: "waiting", Seconds: 35, Reason: "waiting for w1"}},
		{"cluster", "hakube: cluster demo: complete (131 s)", progress.Event{Cluster: "demo", State: "complete", Seconds: 131}},
		{"behind the kernel", "[   12.345678] random: crng init donehakube: m1: init: done (attempt 1, 4 s)", progress.Event{Node: "m1", Step: "init", State: "done", Attempt: 1, Seconds: 4}},
		{"behind one cut off", "hakube: m1: init: waiting (attempt 1, 3hakube: m1: init: started (attempt 1, 0 s)", progress.Event{Node: "m1", Step: "init", State: "started", Attempt: 1}},
		{"before the kernel", "hakube: m1: init: done (attempt 1, 4 s)[   12.3] eth0: link is up", progress.Event{Node: "m1", Step: "init", State: "done", Attempt: 1, Seconds: 4}},
		{"colours", "\x1b[0;32m  OK  \x1b[0m\x1b]0;title\x07 hakube: \x1b[1mm1\x1b[0m: init: failed (attempt 1, 4 s): a\x07b\x1b[2Jc", progress.Event{Node: "m1", Step: "init", State: "failed", Attempt: 1, Seconds: 4, Reason: "abc"}},
		{"no UTF-8", "hakube: m1: init: log: \xff", progress.Event{Node: "m1", Step: "init", State: "log", Reason: "\ufffd"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := progress.ParseLine(c.line)
			if diff := cmp.Diff(c.want, got); !ok || diff != "" {
				t.Errorf("%v (-want +got):\n%s", ok, diff)
			}
		})
	}
	for _, line := range []string{
		"", "Started hakube.service - Bootstrap of this node", "hakube: runtime: not run, because packages is not done",
		"hakube: m1: init: pausing (attempt 1, 0 s)", "hakube: M1: init: started (attempt 1, 0 s)", "hakube: m1: init: wai",
		"hakube: m1: init: done (attempt 1, 12345678901 s)",
	} {
		if e, ok := progress.ParseLine(line); ok {
			t.Errorf("%q is taken for %+v", line, e)
		}
	}
}

func TestDecodePieces(t *testing.T) {
	const console = "GRUB loading.\r\nhakube: m1: hosts: started (attempt 1, 0 s)\r\nSpin\rhakube: m1: hosts: done (attempt 1, 1 s)\n" +
		"hakube: m1: swap: started (attempt 1, 0 s)\r\nhakube: m1: swap: do"
	want := []string{"hakube: m1: hosts: started (attempt 1, 0 s)", "hakube: m1: hosts: done (attempt 1, 1 s)", "hakube: m1: swap: started (attempt 1, 0 s)"}
	for size := 1; size <= len(console); size++ {
		var d progress.Decoder
		var got []string
		for rest := console; rest != ""; {
			n := min(size, len(rest))
			for _, e := range d.Decode([]byte(rest[:n])) {
				got = append(got, e.String())
			}
			rest = rest[n:]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("in pieces of %d (-want +got):\n%s", size, diff)
		}
	}
}

func TestDecodeWithoutEnd(t *testing.T) {
	var d progress.Decoder
	noise := []byte(strings.Repeat("x", 1000))
	for range 100 {
		if events := d.Decode(noise); events != nil {
			t.Fatalf("noise is taken for %v", events)
		}
	}
	events := d.Decode([]byte("hakube: m1: complete (1 s)\nhakube: m1: complete (2 s)\n"))
	if len(events) != 1 || events[0].Seconds != 2 {
		t.Errorf("after a line that is too long: %v", events)
	}
	d.Decode([]byte("hakube: m1: comp"))
	d.Reset()
	if events := d.Decode([]byte("lete (3 s)\n")); events != nil {
		t.Errorf("what was forgotten is taken for %v", events)
	}
}

func TestParseJSON(t *testing.T) {
	const failed = `{"cluster":"demo","node":"m1","role":"worker","step":"init","state":"failed","attempt":1,"seconds":4,"reason":"a\u001b[2Jb\n","log":["x","y\u0007"],"next":"again","sequence":7}`
	got, err := progress.ParseJSON([]byte(failed))
	want := []progress.Event{
		{Cluster: "demo", Node: "m1", Step: "init", State: "failed", Attempt: 1, Seconds: 4, Reason: "a[2Jb"},
		{Cluster: "demo", Node: "m1", Step: "init", State: "log", Reason: "x"},
		{Cluster: "demo", Node: "m1", Step: "init", State: "log", Reason: "y"},
		{Cluster: "demo", Node: "m1", Step: "init", State: "next", Reason: "again"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	got, err = progress.ParseJSON([]byte(`{"cluster":"demo","node":"","step":"","state":"waiting","attempt":0,"seconds":35,"reason":"w1","log":[],"next":""}`))
	if diff := cmp.Diff([]progress.Event{{Cluster: "demo", State: "waiting", Seconds: 35, Reason: "w1"}}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for text, want := range map[string]string{
		`{`:                                 "this is no event in JSON",
		`{"node":"a b","state":"complete"}`: "the node is no name",
		`{"node":"m1","state":"failed"}`:    "the state does not fit node and step",
		`{"node":"m1","step":"init","state":"","seconds":1}`:   "the state does not fit node and step",
		`{"node":"m1","state":"complete","seconds":-1}`:        "a number is out of range",
		`{"state":"complete"}`:                                 "the state does not fit node and step",
		`{"cluster":"\u001b[2J","node":"m1","state":"medium"}`: "the cluster is no name",
	} {
		if _, err := progress.ParseJSON([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, not %q", text, err, want)
		}
	}
}

// FuzzDecode: whatever a console says, an event shows nothing that a terminal acts upon, and is read back as it is written.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("hakube: m1: init: started (attempt 2, 0 s): after: x\r\n[  1.0] hakube: cluster a: complete (1 s)\n"))
	f.Add([]byte("\x1b[0mhakube: m1: init: log: \x1b]0;x\x07\xff\nhakube: m1: hakube: m1: complete (1 s)\rhakube: m1: medium: \n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var whole, pieces progress.Decoder
		var second []progress.Event
		for i := range data {
			second = append(second, pieces.Decode(data[i:i+1])...)
		}
		first := whole.Decode(data)
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("in pieces (-whole +pieces):\n%s", diff)
		}
		for _, e := range first {
			if strings.ContainsFunc(e.String(), func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
				t.Errorf("%q has control characters", e)
			}
			if again, ok := progress.ParseLine(e.String()); !ok || again != e {
				t.Errorf("%q is read back as %q", e, again)
			}
		}
	})
}

// FuzzParseJSON: what is posted shows nothing that a terminal acts upon, and becomes events that a console could have had.
func FuzzParseJSON(f *testing.F) {
	f.Add([]byte(`{"cluster":"demo","node":"m1","step":"init","state":"failed","attempt":1,"seconds":4,"reason":"a","log":["x\u001b"],"next":"y"}`))
	f.Add([]byte(`{"cluster":"demo","state":"complete","seconds":131}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		events, err := progress.ParseJSON(data)
		if err != nil {
			return
		}
		for _, e := range events {
			again, ok := progress.ParseLine(e.String())
			if !ok || again.Node != e.Node || again.Step != e.Step || again.State != e.State {
				t.Errorf("%q is %+v, and read back %+v", data, e, again)
			}
			if strings.ContainsFunc(e.Reason, unicode.IsControl) {
				t.Errorf("%q has control characters", e)
			}
		}
	})
}
