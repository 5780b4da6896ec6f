// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// The sizes of include/uapi/linux/hyperv.h, and what of a value drivers/hv/hv_kvp.c can hand to the host.
const (
	kvpMaxKeySize   = 512  // HV_KVP_EXCHANGE_MAX_KEY_SIZE
	kvpMaxValueSize = 2048 // HV_KVP_EXCHANGE_MAX_VALUE_SIZE
	kvpRecordSize   = kvpMaxKeySize + kvpMaxValueSize
	kvpHostUnits    = 1022 // UTF-16, of HV_KVP_EXCHANGE_MAX_VALUE_SIZE bytes with a zero behind
	kvpPool         = "var/lib/hyperv/.kvp_pool_1"
)

type kvpRecord struct{ key, value string }

// readPool reads a pool as hv_kvp_daemon does: record by record, each field up to its first zero. It is stricter than the
// daemon: a field must have that zero, and nothing but zeros behind it.
func readPool(pool []byte) ([]kvpRecord, error) {
	if len(pool)%kvpRecordSize != 0 {
		return nil, fmt.Errorf("%d bytes are no whole number of records", len(pool))
	}
	var records []kvpRecord
	for at := 0; at < len(pool); at += kvpRecordSize {
		key, err := kvpField(pool[at : at+kvpMaxKeySize])
		if err != nil {
			return nil, fmt.Errorf("key at %d: %w", at, err)
		}
		value, err := kvpField(pool[at+kvpMaxKeySize : at+kvpRecordSize])
		if err != nil {
			return nil, fmt.Errorf("value of %s: %w", key, err)
		}
		records = append(records, kvpRecord{key, value})
	}
	return records, nil
}

func kvpField(field []byte) (string, error) {
	text, rest, found := bytes.Cut(field, []byte{0})
	if !found || len(bytes.Trim(rest, "\x00")) > 0 || !utf8.Valid(text) {
		return "", fmt.Errorf("%q is no text with zeros behind it", field)
	}
	return string(text), nil
}

// pool returns the guest's records by key, and checks that no key is there twice.
func (g *guest) pool() map[string]string {
	g.t.Helper()
	records, err := readPool([]byte(g.read(kvpPool)))
	g.must(err)
	values := map[string]string{}
	for _, r := range records {
		if _, twice := values[r.key]; twice {
			g.t.Errorf("the pool has %s twice", r.key)
		}
		values[r.key] = timeless(r.value)
	}
	return values
}

// record is one record's bytes.
func record(key, value string) string {
	return key + strings.Repeat("\x00", kvpMaxKeySize-len(key)) + value + strings.Repeat("\x00", kvpMaxValueSize-len(value))
}

func TestWithoutHyperVThereIsNoPool(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.step("a", 60, "")
	g.hakube(0, "resume")
	if _, err := os.Stat(filepath.Join(g.root, "var/lib/hyperv")); err == nil {
		t.Error("/var/lib/hyperv was made")
	}
	if g.read("run/hakube/channels/kvp") != g.read("run/hakube/sequence") {
		t.Error("the channel is still behind")
	}
}

func TestTheHostReadsTheNewestLineOfEachStep(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.must(os.MkdirAll(filepath.Join(g.root, "var/lib/hyperv"), 0o755))
	g.step("a", 60, "")
	g.step("b", 60, ". /usr/local/lib/hakube/functions\nwaiting 'waiting for Godot'\n[ -e /tmp/come ] || fail 'no luck'")
	g.hakube(1, "resume")
	want := map[string]string{
		"hakube.0": "cp-1: b: failed (attempt 1, N s): no luck",
		"hakube.1": "cp-1: a: done (attempt 1, N s)", "hakube.2": "cp-1: b: failed (attempt 1, N s): no luck",
	}
	if got := g.pool(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the host reads %q, want %q", got, want)
	}
	before := g.read(kvpPool)
	g.write("tmp/come", "")
	g.insert("hakube-lab-cp-1-2")
	g.hakube(0, "resume")
	g.hakube(0, "cluster", "waiting", "waiting for worker-1")
	want["hakube.0"], want["hakube.2"] = "cp-1: complete (N s)", "cp-1: b: done (attempt 2, N s)"
	want["hakube.3"] = "cp-1: medium: the medium in /dev/sr0 is hakube-lab-cp-1-2, this machine is hakube-lab-cp-1-1: nothing was changed; detach it, or boot it on an empty disk"
	want["hakube.4"] = "cluster lab: waiting (N s): worker-1"
	if got := g.pool(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the host reads %q, want %q", got, want)
	}
	// where a record was it stays
	if after := g.read(kvpPool); after[kvpRecordSize:2*kvpRecordSize] != before[kvpRecordSize:2*kvpRecordSize] || len(after) != 5*kvpRecordSize {
		t.Errorf("%d bytes, and the record of a was written anew", len(after))
	}
}

func TestThePoolIsSharedWithOthers(t *testing.T) {
	t.Parallel()
	cloudInit := record("CLOUD_INIT|1|start|init-network|0", `{"name":"init-network"}`)
	theirs := record("hakube.20", "not ours") + record("backup", "nightly")
	for _, c := range []struct{ name, pool, cutOff string }{
		{"before ours", cloudInit + theirs, ""},
		{"a record that was cut off", cloudInit + theirs, record("CLOUD_INIT|1|finish", "x")[:700]},
		{"nothing", "", ""},
		{"less than a record", "", "CLOUD"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGuest(t)
			g.write(kvpPool, c.pool+c.cutOff)
			g.step("a", 60, "")
			g.hakube(0, "resume")
			pool := g.read(kvpPool)
			if !strings.HasPrefix(pool, c.pool) {
				t.Error("others' records were changed")
			}
			if got := g.pool(); got["hakube.0"] != "cp-1: complete (N s)" || got["hakube.1"] != "cp-1: a: done (attempt 1, N s)" {
				t.Errorf("ours: %q", got)
			}
			// cloud-init empties the pool at boot
			g.write(kvpPool, "")
			g.hakube(0, "resume")
			if got := g.pool(); len(got) != 2 || got["hakube.0"] != "cp-1: complete (N s)" || got["hakube.1"] != "cp-1: a: done (attempt 1, N s)" {
				t.Errorf("after the pool was emptied: %q", got)
			}
		})
	}
}

func TestThePoolHasAtMostTwentyKeysOfOurs(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.must(os.MkdirAll(filepath.Join(g.root, "var/lib/hyperv"), 0o755))
	for i := range 25 {
		g.step(fmt.Sprintf("s%d", i), 60, "")
	}
	g.script("s23", "exit 1")
	g.hakube(1, "resume")
	pool := g.pool()
	for i := 5; i <= 23; i++ {
		want := fmt.Sprintf("cp-1: s%d: done (attempt 1, N s)", i)
		if i == 23 {
			want = "cp-1: s23: failed (attempt 1, N s): exit code 1"
		}
		found := 0
		for key, value := range pool {
			if value == want && key != "hakube.0" {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%d records say %q", found, want)
		}
	}
	if len(pool) != 20 || pool["hakube.0"] != "cp-1: s23: failed (attempt 1, N s): exit code 1" {
		t.Errorf("%d keys, hakube.0 is %q", len(pool), pool["hakube.0"])
	}
}

func TestTheHostSeesLongLinesCut(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"ASCII": strings.Repeat("x", 3000), "two bytes": strings.Repeat("é", 1500), "three": strings.Repeat("노", 1500), "two units": strings.Repeat("😀", 1200)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGuest(t)
			g.must(os.MkdirAll(filepath.Join(g.root, "var/lib/hyperv"), 0o755))
			g.step("a", 60, ". /usr/local/lib/hakube/functions\nfail \"$(cat /tmp/text)\"")
			g.write("tmp/text", text)
			g.hakube(1, "resume")
			value := g.pool()["hakube.0"]
			if units := len(utf16.Encode([]rune(value))); units > kvpHostUnits || len(value) < 1000 || !strings.HasSuffix(value, "…") || !strings.Contains(value, string([]rune(text)[:300])) {
				t.Errorf("%d units, %d bytes: %q", units, len(value), value)
			}
		})
	}
}

// The daemon reads between two writes of ours, whatever it has locked: a record is written whole or not at all.
func TestARecordIsOneWrite(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.write(kvpPool, "half a record")
	g.step("a", 60, "")
	g.hakube(0, "resume")
	g.write("var/lib/hakube/newest/b", "cp-1: b: started (attempt 1, 0 s)\n")
	out, code := g.run("python3", "-c", `import os, runpy
write = os.pwrite
def counted(descriptor, data, at):
    print(len(data), at % 2560)
    return write(descriptor, data, at)
os.pwrite = counted
try:
    runpy.run_path("/usr/local/lib/hakube/kvp.py", run_name="__main__")
except SystemExit as e:
    print("exit", e.code)`)
	if code != 0 || out != "2560 0\nexit 0\n" {
		t.Errorf("exit code %d, writes:\n%s", code, out)
	}
}

func TestWhoHasLockedThePoolIsWaitedForBehindTheEnginesBack(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.write(kvpPool, "")
	g.step("a", 60, "date +%s >/tmp/ended")
	const holdIt = "import fcntl, sys, time\nf = open(sys.argv[1], 'r+')\nfcntl.lockf(f, fcntl.LOCK_EX)\nprint('held', flush=True)\ntime.sleep(3)\n"
	holder := exec.Command("python3", "-c", holdIt, filepath.Join(g.root, kvpPool))
	said, err := holder.StdoutPipe()
	g.must(err)
	g.must(holder.Start())
	if _, err := fmt.Fscanln(said, new(string)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	out, code := g.run("sh", "-c", "hakube step a && date +%s%N >/tmp/ended && [ ! -s /var/lib/hyperv/.kvp_pool_1 ]")
	if code != 0 {
		t.Fatalf("the step waited for the lock, or nobody did: exit code %d after %v\n%s", code, time.Since(began), out)
	}
	g.must(holder.Wait())
	if got := g.pool(); got["hakube.0"] != "cp-1: complete (N s)" {
		t.Errorf("after the lock was free: %q", got)
	}
}
