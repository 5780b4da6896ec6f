// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// childStore names the directory store on which this test binary, run as a process of its own, only calls
// LoadOrCreate and prints what came of it.
const childStore = "HAKUBE_SEED_TEST_STORE"

func TestMain(m *testing.M) {
	path := os.Getenv(childStore)
	if path == "" {
		os.Exit(m.Run())
	}
	s, created, err := LoadOrCreate(Dir{path, "lab"}, policy(), today)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(s.Fingerprint(), created)
}

func child(path string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childStore+"="+path)
	return cmd
}

// outcome is what one of several that start at once gets.
type outcome struct {
	fingerprint string
	created     bool
	err         error
}

// oneWins lets 20 start at once and fails unless one of them created and all have the same secrets.
func oneWins(t *testing.T, start func() outcome) {
	t.Helper()
	outcomes := make([]outcome, 20)
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for i := range outcomes {
		wg.Go(func() {
			<-gate
			outcomes[i] = start()
		})
	}
	close(gate)
	wg.Wait()
	winners := 0
	for _, o := range outcomes {
		if o.err != nil || o.fingerprint == "" || o.fingerprint != outcomes[0].fingerprint {
			t.Errorf("%q, created %v, error %v", o.fingerprint, o.created, o.err)
		}
		if o.created {
			winners++
		}
	}
	if winners != 1 {
		t.Errorf("%d created secrets, want 1", winners)
	}
}

func inGoroutine(store Store) func() outcome {
	return func() outcome {
		s, created, err := LoadOrCreate(store, policy(), today)
		if err != nil {
			return outcome{err: err}
		}
		return outcome{s.Fingerprint(), created, nil}
	}
}

func inProcess(path string) func() outcome {
	return func() outcome {
		out, err := child(path).Output()
		if err != nil {
			return outcome{err: fmt.Errorf("%w: %s", err, out)}
		}
		fingerprint, created, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
		return outcome{fingerprint, created == "true", nil}
	}
}

func TestTwentyAtOnce(t *testing.T) {
	parent := t.TempDir()
	for i := range 2 {
		oneWins(t, inGoroutine(Dir{fmt.Sprintf("%s/dir/%d", parent, i), "lab"}))
		oneWins(t, inGoroutine(encryptedTo(t, fmt.Sprintf("%s/age/%d", parent, i))))
	}
	oneWins(t, inProcess(filepath.Join(parent, "process")))
	empty := filepath.Join(parent, "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	oneWins(t, inGoroutine(Dir{empty, "lab"}))
}

// A process that is killed at any moment leaves no store or a whole one.
func TestKilledWhileCreating(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lab")
	drafts := 0
	for range 50 {
		cmd := child(path)
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			cmd.Wait()
			close(ended)
		}()
		killOnSight(t, cmd, path, ended)
		<-ended
		if strings.Contains(out.String(), "reading") {
			t.Fatalf("the next process: %s", out.String())
		}
		if _, err := (Dir{path, "lab"}).Load(); err == nil {
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
		}
		left, err := filepath.Glob(filepath.Dir(path) + "/.lab.*.tmp")
		if err != nil {
			t.Fatal(err)
		}
		if drafts = len(left); drafts == 3 {
			break
		}
	}
	if drafts < 3 {
		t.Errorf("%d of 50 processes were killed before they were done, want 3", drafts)
	}
	s, created, err := LoadOrCreate(Dir{path, "lab"}, policy(), today)
	if err != nil || !created {
		t.Fatalf("beside %d drafts: created %v, error %v", drafts, created, err)
	}
	again, _, err := LoadOrCreate(Dir{path, "lab"}, policy(), today)
	if err != nil || !same(s, again) {
		t.Errorf("beside %d drafts: %v", drafts, err)
	}
}

// killOnSight kills the process as soon as one more draft than before appears beside path, if it is not done by then.
func killOnSight(t *testing.T, cmd *exec.Cmd, path string, ended <-chan struct{}) {
	t.Helper()
	count := func() int {
		left, err := filepath.Glob(filepath.Dir(path) + "/.lab.*.tmp/ca.crt")
		if err != nil {
			t.Fatal(err)
		}
		return len(left)
	}
	for before := count(); count() <= before; runtime.Gosched() {
		select {
		case <-ended:
			return
		default:
		}
	}
	cmd.Process.Kill()
}

func TestGivenByHandContradictsTheStore(t *testing.T) {
	p := policy()
	p.BootstrapToken = "abcdef.0123456789abcdef"
	p.CertificateKey = strings.Repeat("0a", 32)
	store := Dir{filepath.Join(t.TempDir(), "lab"), "lab"}
	s, _, err := LoadOrCreate(store, p, today)
	if err != nil {
		t.Fatal(err)
	}
	p.CertificateKey = strings.Repeat("0A", 32)
	if _, _, err := LoadOrCreate(store, p, today); err != nil {
		t.Errorf("the same key in capitals: %v", err)
	}
	p.BootstrapToken = "ffffff.fedcba9876543210"
	p.CertificateKey = strings.Repeat("0b", 32)
	_, _, err = LoadOrCreate(store, p, today)
	refused(t, &Secrets{BootstrapToken: p.BootstrapToken, CertificateKey: p.CertificateKey}, err, "using the secrets in "+store.Path+
		": bootstrap-token: not the bootstrap token given by hand; running nodes know the stored one, so take the given one away\n"+
		"certificate-key: not the certificate key given by hand; running nodes know the stored one, so take the given one away")
	keepsSecrets(t, s, err.Error())
}

func TestStoredSecretsOutOfTheirTime(t *testing.T) {
	store := Dir{filepath.Join(t.TempDir(), "lab"), "lab"}
	s, _, err := LoadOrCreate(store, policy(), today)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := LoadOrCreate(store, policy(), today.Add(500*day)); err != nil {
		t.Errorf("an expired administrator's certificate stops loading: %v", err)
	}
	if _, _, err := LoadOrCreate(store, policy(), today.Add(caLifetime-day)); err != nil {
		t.Errorf("a warning stops loading: %v", err)
	}
	_, _, err = LoadOrCreate(store, policy(), today.Add(caLifetime+day))
	refused(t, s, err, "using the secrets in "+store.Path+": ca.crt: expired at 2036-11-20 16:00 UTC\n"+
		"etcd/ca.crt: expired at 2036-11-20 16:00 UTC\nfront-proxy-ca.crt: expired at 2036-11-20 16:00 UTC")
}

func TestLoadOrCreateCannotMake(t *testing.T) {
	store := Dir{filepath.Join(t.TempDir(), "lab"), "lab"}
	_, _, err := LoadOrCreate(store, Policy{Algorithm: "DSA"}, today)
	refused(t, new(Secrets), err, `making secrets: key algorithm "DSA" is not one of ECDSA-P256, RSA-2048`)
	if _, err := os.Stat(store.Path); err == nil {
		t.Error("something was made")
	}
}
