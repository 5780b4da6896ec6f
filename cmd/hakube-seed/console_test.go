// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/hakube/hakube-seed/generator/progress"
)

// heard returns the events of a console, one after the other.
func heard(t *testing.T, path string) func(want string) {
	events := make(chan progress.Event, 10)
	go console{"m1", path}.follow(t.Context(), func(e progress.Event) { events <- e })
	return func(want string) {
		t.Helper()
		select {
		case e := <-events:
			if e.Step != want {
				t.Errorf("heard of the step %s, not of %s", e.Step, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("nothing is heard of the step %s", want)
		}
	}
}

func started(step string) []byte {
	return []byte("hakube: m1: " + step + ": started (attempt 1, 0 s)\r\n")
}

func write(t *testing.T, path string, flag int, data []byte) {
	t.Helper()
	f, err := os.OpenFile(path, flag|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.Write(data)
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A file that is not there yet, grows, is emptied and is replaced.
func TestConsoleFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "console.log")
	hears := heard(t, path)
	time.Sleep(100 * time.Millisecond)
	write(t, path, os.O_APPEND, append(started("preflight"), started("identity")...))
	hears("preflight")
	hears("identity")
	write(t, path, os.O_APPEND, started("hosts")[:20])
	time.Sleep(2 * consolePause)
	write(t, path, os.O_APPEND, started("hosts")[20:])
	hears("hosts")
	write(t, path, os.O_APPEND, []byte("hakube: m1: old: failed (attempt 1, 1 s): cut o"))
	time.Sleep(2 * consolePause)
	write(t, path, os.O_TRUNC, started("swap"))
	hears("swap")
	if runtime.GOOS == "windows" {
		return // where a file that is open cannot be replaced
	}
	write(t, path+".new", 0, started("kernel"))
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	hears("kernel")
}

// A socket that is not there yet, and closes: the machine is powered off and on again.
func TestConsoleSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "") // names of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	hears := heard(t, path)
	for _, step := range []string{"init", "verify"} {
		listener, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		machine, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		machine.Write(started(step))
		hears(step)
		machine.Write([]byte("hakube: m1: cut o"))
		machine.Close()
		listener.Close()
	}
}
