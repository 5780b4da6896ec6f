// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

var times = regexp.MustCompile(`\b[0-9]+ s\)`)

// timeless is the text with N for every number of seconds that has passed.
func timeless(text string) string { return times.ReplaceAllString(text, "N s)") }

// promisedLines are the forms that docs/progress.md gives for lines.
func promisedLines(t *testing.T) []*regexp.Regexp {
	t.Helper()
	page, err := os.ReadFile("../../docs/progress.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```regexp\n")
	block, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("docs/progress.md has no block of regular expressions")
	}
	var forms []*regexp.Regexp
	for line := range strings.Lines(block) {
		forms = append(forms, regexp.MustCompile(strings.TrimSuffix(line, "\n")))
	}
	return forms
}

// A machine on which steps pass, wait, fail and are tried again says so in the lines that docs/progress.md promises.
func TestConsoleLinesOfEveryState(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.step("a", 60, "")
	g.step("wait", 60, ". /usr/local/lib/hakube/functions\nwaiting 'waiting for the API at lb:6443'\nwaiting 'pulling pause'\necho one\necho\nprintf 'two\\033[1m\\n'\nfail 'no API'")
	g.hakube(0, "step", "a")
	g.hakube(1, "step", "wait")
	g.script("wait", "")
	g.hakube(0, "resume")
	g.hakube(0, "note", "virtual-ip", "has it now")
	g.hakube(0, "cluster", "waiting", "waiting for worker-1")
	g.hakube(0, "cluster", "complete", "2 nodes")
	const advice = "power the load balancer and the first control plane on, and look whether this machine reaches them"
	want := `hakube: cp-1: a: started (attempt 1, N s)
hakube: cp-1: a: done (attempt 1, N s)
hakube: cp-1: wait: started (attempt 1, N s)
hakube: cp-1: wait: waiting (attempt 1, N s): the API at lb:6443
hakube: cp-1: wait: waiting (attempt 1, N s): pulling pause
hakube: cp-1: wait: failed (attempt 1, N s): no API
hakube: cp-1: wait: log: one
hakube: cp-1: wait: log: two[1m
hakube: cp-1: wait: next: this machine tries again at once, and then every 30 s; ` + advice + `
hakube: cp-1: wait: started (attempt 2, N s): after: no API
hakube: cp-1: wait: done (attempt 2, N s)
hakube: cp-1: complete (N s)
hakube: cp-1: virtual-ip: has it now
hakube: cluster lab: waiting (N s): worker-1
hakube: cluster lab: complete (N s)
`
	got := timeless(g.read("dev/console"))
	if got != strings.ReplaceAll(want, "\n", "\r\n") {
		t.Errorf("the console says\n%s\nwant\n%s", got, want)
	}
	promised := promisedLines(t)
	for line := range strings.SplitSeq(strings.TrimSuffix(g.read("dev/console"), "\r\n"), "\r\n") {
		if !slices.ContainsFunc(promised, func(form *regexp.Regexp) bool { return form.MatchString(line) }) {
			t.Errorf("docs/progress.md knows no line like %q", line)
		}
	}
	events := regexp.MustCompile(`(?m)^hakube: .*: (log|next): .*\n`).ReplaceAllString(want, "")
	if history := regexp.MustCompile(`(?m)^[0-9TZ:-]{20} `).ReplaceAllString(timeless(g.read("var/lib/hakube/events.log")), ""); history != events {
		t.Errorf("events.log has\n%s\nwant\n%s", history, events)
	}
}

func TestTheEventIsInStatusToo(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.step("a", 60, ". /usr/local/lib/hakube/functions\nwaiting 'waiting for Godot'; cp /var/lib/hakube/status.json /tmp/waiting; fail 'no luck'")
	g.hakube(1, "resume")
	want := event{Cluster: "lab", Node: "cp-1", Step: "a", State: "failed", Reason: "no luck", Attempt: 1}
	s := g.status()
	s.Event.Seconds = 0
	if s.Event != want || !strings.HasPrefix(s.Next, "this machine tries again in 30 s; ") {
		t.Errorf("event %+v, want %+v; next %q", s.Event, want, s.Next)
	}
	g.write("var/lib/hakube/status.json", g.read("tmp/waiting"))
	if s := g.status(); s.Event.State != "waiting" || s.Event.Reason != "Godot" || s.Message != "waiting for Godot" {
		t.Errorf("while it waits: %+v", s)
	}
	g.script("a", "")
	g.hakube(0, "resume")
	if s := g.status(); s.Event.State != "complete" || s.Event.Step != "" || s.State != "complete" {
		t.Errorf("at the end: %+v", s)
	}
}

func TestTheConsoleShowsTheEndOfTheLog(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.step("a", 60, `for i in 1 2 3 4 5 6 7 8 9 10; do echo "line $i"; done; printf '%0250d\n' 7; printf 'é%.0s' $(seq 250); exit 1`)
	g.hakube(1, "resume")
	var got []string
	for line := range strings.SplitSeq(g.read("dev/console"), "\r\n") {
		if _, text, found := strings.Cut(line, ": a: log: "); found {
			got = append(got, text)
		}
	}
	want := []string{"line 5", "line 6", "line 7", "line 8", "line 9", "line 10", strings.Repeat("0", 199) + "…", strings.Repeat("é", 199) + "…"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("log lines %q\nwant %q", got, want)
	}
}

// fourSteps runs four steps, a step a command as cloud-init does, leaves the list of processes in /tmp/ps, and checks that
// no channel held them up: nine events at 2 s each take longer.
func (g *guest) fourSteps() {
	g.t.Helper()
	for _, name := range []string{"a", "b", "c", "d"} {
		g.step(name, 60, "")
	}
	out, code := g.run("sh", "-c", `read -r began _ </proc/uptime
for s in a b c d; do hakube step $s || exit 1; done
read -r ended _ </proc/uptime
sleep 2 # who finds the channel taken leaves at once, which takes a moment on a busy machine
ps -e -o args >/tmp/ps
echo $((${ended%.*} - ${began%.*}))`)
	if code != 0 || g.status().State != "complete" {
		g.t.Fatalf("exit code %d, %+v\n%s", code, g.status(), out)
	}
	if took, err := strconv.Atoi(strings.TrimSpace(out)); err != nil || took > 16 {
		g.t.Errorf("four steps that do nothing took %s s", out)
	}
}

// Flow control stops who writes to a console without a reader. Here it is a pipe that nobody reads.
func TestAConsoleThatBlocksHoldsNothingUp(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	console := filepath.Join(g.root, "dev/console")
	g.must(os.Remove(console))
	g.must(syscall.Mkfifo(console, 0o600))
	g.fourSteps()
	if writers := strings.Count(g.read("tmp/ps"), "channels/deliver console"); writers > 2 { // a process and its subshell
		t.Errorf("%d processes wait for the console:\n%s", writers, g.read("tmp/ps"))
	}
	if zombies := strings.Count(g.read("tmp/ps"), "<defunct>"); zombies > 1 { // the newest, which its parent has not yet seen
		t.Errorf("%d zombies:\n%s", zombies, g.read("tmp/ps"))
	}
	// a reader that comes late gets what was said before
	cmd := g.command("/usr/local/sbin/hakube", "resume")
	g.must(cmd.Start())
	reader, err := os.Open(console)
	g.must(err)
	defer reader.Close()
	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil || timeless(line) != "hakube: cp-1: a: started (attempt 1, N s)\r\n" {
		t.Errorf("the first line is %q: %v", line, err)
	}
	g.must(cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
}

// A channel is a file. systemd ends what a service has left running: what is under way gets some time before.
func TestAChannelMoreIsOneFile(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.step("a", 60, "")
	g.write("local/lib/hakube/channels/away/slow", "sleep 1; echo \"$1-$2\" >>/tmp/delivered\n")
	out, code := g.run("sh", "-c", "hakube resume && cat /tmp/delivered")
	deliveries := strings.Fields(out)
	if code != 0 || len(deliveries) == 0 || !strings.HasSuffix(deliveries[len(deliveries)-1], "-3") {
		t.Errorf("exit code %d, as the engine ended it had %q, of 3 events", code, deliveries)
	}
	g.write("local/lib/hakube/channels/here/broken", "exit 7\n")
	g.step("b", 60, "")
	g.hakube(0, "resume")
	if got := g.ran(); got != "a b" {
		t.Errorf("ran: %s", got)
	}
}

func TestAMachineWithoutAConsole(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.must(os.Remove(filepath.Join(g.root, "dev/console")))
	g.must(os.Mkdir(filepath.Join(g.root, "dev/console"), 0o755)) // opening it is an error
	g.step("a", 60, "")
	began := time.Now()
	g.hakube(0, "resume")
	if took := time.Since(began); took > 5*time.Second || g.read("run/hakube/channels/console") != g.read("run/hakube/sequence") {
		t.Errorf("after %v the channel has %q of %q events", took, g.read("run/hakube/channels/console"), g.read("run/hakube/sequence"))
	}
}
