// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestDoneStepsAreSkipped(t *testing.T) {
	g := newGuest(t)
	for _, name := range []string{"a", "b", "c"} {
		g.step(name, 60, "")
	}
	g.hakube(0, "step", "a")
	g.hakube(0, "step", "a")
	g.hakube(0, "step", "b")
	if got := g.status().states(); got != "a=done b=done c=pending" {
		t.Errorf("after b: %s", got)
	}
	g.hakube(0, "resume")
	g.hakube(0, "resume")
	if got := g.ran(); got != "a b c" {
		t.Errorf("ran: %s", got)
	}
	if s := g.status(); s.State != "complete" || s.states() != "a=done b=done c=done" {
		t.Errorf("at the end: %+v", s)
	}
}

func TestAFailedStepStopsTheSequenceUntilResumed(t *testing.T) {
	g := newGuest(t)
	g.step("a", 60, "")
	g.step("b", 60, "echo no luck; exit 3")
	g.step("c", 60, "")
	g.hakube(0, "step", "a")
	g.hakube(1, "step", "b")
	if got, want := g.calls(), "systemctl start --no-block hakube.service\n"; got != want {
		t.Errorf("calls: %q, want %q", got, want)
	}
	s := g.status()
	if s.State != "failed" || s.Step != "b" || s.ExitCode != 3 || s.Message != "exit code 3" || s.states() != "a=done b=failed c=pending" {
		t.Errorf("status: %+v", s)
	}
	if len(s.Log) < 2 || s.Log[len(s.Log)-1] != "no luck" {
		t.Errorf("log: %q", s.Log)
	}
	if got, want := g.hakube(1, "step", "c"), "hakube step c: not run, because b is not done\n"; got != want {
		t.Errorf("step c says %q, want %q", got, want)
	}
	g.script("b", "")
	g.hakube(0, "resume")
	if got := g.ran(); got != "a b b c" {
		t.Errorf("ran: %s", got)
	}
}

func TestAFailedStepSaysItsReason(t *testing.T) {
	g := newGuest(t)
	g.step("a", 60, ". /usr/local/lib/hakube/functions\nfail 'the moon is full'")
	g.hakube(1, "resume")
	if s := g.status(); s.Message != "the moon is full" || s.ExitCode != 1 {
		t.Errorf("status: %+v", s)
	}
	g.script("a", "exit 4")
	g.hakube(1, "resume")
	if s := g.status(); s.Message != "exit code 4" {
		t.Errorf("the next failure shows the reason of the last: %+v", s)
	}
}

func TestTimesAreThoseOfTheStep(t *testing.T) {
	g := newGuest(t)
	g.step("a", 60, "sleep 1")
	g.step("b", 60, "")
	before := time.Now().Unix()
	g.hakube(0, "step", "a")
	after := time.Now().Unix()
	s := g.status()
	if a := s.Steps[0]; a.Started < before || a.Started > after || a.Seconds < 1 || a.Seconds > after-before+1 { // of another clock
		t.Errorf("a ran from %d to %d, the status says from %d for %d s", before, after, a.Started, a.Seconds)
	}
	if !regexp.MustCompile(`^done in [1-9] s$`).MatchString(s.Message) {
		t.Errorf("message: %q", s.Message)
	}
	if log := g.read("var/lib/hakube/log/a.log"); !strings.HasPrefix(log, "\n== attempt 1, ") {
		t.Errorf("the log of the first attempt begins with %q", log)
	}
}

func TestAStepThatTakesTooLongHasFailed(t *testing.T) {
	g := newGuest(t)
	g.step("a", 1, "sleep 60")
	g.hakube(1, "resume")
	if s := g.status(); s.State != "failed" || s.Message != "not done within 1 s" || s.ExitCode != 124 {
		t.Errorf("status: %+v", s)
	}
}

func TestAttemptsAreCounted(t *testing.T) {
	g := newGuest(t)
	g.step("a", 60, "exit 1")
	for want := 1; want <= 3; want++ {
		g.hakube(1, "resume")
		if got := g.status().Attempt; got != want {
			t.Errorf("attempt %d, want %d", got, want)
		}
	}
}

func TestTheReasonOfTheLastFailureStaysUntilTheStepIsDone(t *testing.T) {
	g := newGuest(t)
	g.step("a", 60, ". /usr/local/lib/hakube/functions\ncp /var/lib/hakube/status.json /tmp/running\nwaiting 'for Godot'; cp /var/lib/hakube/status.json /tmp/waiting\nfail 'no luck'")
	g.step("b", 60, "cp /var/lib/hakube/status.json /tmp/next")
	g.hakube(1, "resume")
	g.hakube(1, "resume")
	if s := g.status(); s.State != "failed" || s.Failure != "no luck" {
		t.Errorf("between two attempts: %+v", s)
	}
	g.script("a", "")
	g.write("var/lib/hakube/status.json", g.read("tmp/running"))
	if s := g.status(); s.State != "running" || s.Failure != "no luck" || s.Message != "attempt 2, after: no luck" {
		t.Errorf("as the second attempt begins: %+v", s)
	}
	g.write("var/lib/hakube/status.json", g.read("tmp/waiting"))
	if s := g.status(); s.State != "waiting" || s.Failure != "no luck" || s.Message != "for Godot" {
		t.Errorf("while the second attempt waits: %+v", s)
	}
	g.hakube(0, "resume")
	g.write("var/lib/hakube/status.json", g.read("tmp/next"))
	if s := g.status(); s.Step != "b" || s.Failure != "" || s.Message != "" {
		t.Errorf("in the next step: %+v", s)
	}
}

func TestConcurrentCallsRunEachStepOnce(t *testing.T) {
	g := newGuest(t)
	for _, name := range []string{"a", "b", "c"} {
		g.step(name, 60, "sleep 0.2")
	}
	var group sync.WaitGroup
	for _, args := range [][]string{{"step", "a"}, {"resume"}, {"resume"}, {"step", "a"}} {
		group.Go(func() {
			if out, code := g.run(append([]string{"/usr/local/sbin/hakube"}, args...)...); code != 0 {
				t.Errorf("hakube %v: exit code %d\n%s", args, code, out)
			}
		})
	}
	group.Wait()
	if got := g.ran(); got != "a b c" {
		t.Errorf("ran: %s", got)
	}
	if s := g.status(); s.State != "complete" {
		t.Errorf("status: %+v", s)
	}
}

// After a power cut /run is empty, and the step that was running runs again.
func TestAPowerCutRepeatsOnlyTheStepThatWasRunning(t *testing.T) {
	g := newGuest(t)
	fifo := filepath.Join(g.root, "tmp/running")
	g.must(syscall.Mkfifo(fifo, 0o600))
	g.step("a", 60, "")
	g.step("b", 60, "[ -e /tmp/restarted ] || { echo >/tmp/running; sleep 60; }")
	g.step("c", 60, "")
	cmd := g.command("/usr/local/sbin/hakube", "resume")
	g.must(cmd.Start())
	running, err := os.Open(fifo)
	g.must(err)
	defer running.Close()
	if _, err := bufio.NewReader(running).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	g.must(cmd.Process.Kill())
	cmd.Wait()
	if s := g.status(); s.State != "running" || s.states() != "a=done b=running c=pending" {
		t.Errorf("before the power cut: %+v", s)
	}
	g.must(os.RemoveAll(filepath.Join(g.root, "run/hakube")))
	g.write("tmp/restarted", "")
	g.hakube(0, "resume")
	if got := g.ran(); got != "a b b c" {
		t.Errorf("ran: %s", got)
	}
}

func TestTheEngineRefusesWhatItDoesNotKnow(t *testing.T) {
	g := newGuest(t)
	g.step("a", 60, "")
	if out := g.hakube(1, "status"); out != "hakube status: nothing has run yet\n" {
		t.Errorf("status before the first step: %q", out)
	}
	if out := g.hakube(2, "fly"); !strings.Contains(out, "hakube resume") {
		t.Errorf("usage: %q", out)
	}
	g.hakube(0, "resume")
	if out, code := g.run("/usr/local/sbin/hakube", "step", "nosuch"); code == 0 || strings.Contains(g.status().State, "failed") {
		t.Errorf("step nosuch of a complete machine: exit code %d, status %+v\n%s", code, g.status(), out)
	}
	if out := g.hakube(0, "status"); !strings.HasPrefix(out, `{"cluster":"lab"`) {
		t.Errorf("status: %q", out)
	}
}
