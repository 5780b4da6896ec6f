// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Package guest_test runs the guest's own scripts, as they stand in templates, in a root directory of their own: the
// engine with steps made for the test, and the steps with the programs that would change a machine replaced by stubs.
package guest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

// environment is what node.env says when a test does not say otherwise.
const environment = `HAKUBE_CLUSTER='lab'
HAKUBE_NODE='cp-1'
HAKUBE_ROLE='control-plane'
HAKUBE_INSTANCE_ID='hakube-lab-cp-1-1'
HAKUBE_ADDRESS='10.0.0.11'
HAKUBE_API_SERVER='10.0.0.11:6443'
HAKUBE_ETCD_PEER='https://10.0.0.11:2380'
HAKUBE_ETCD_LOCAL='https://127.0.0.1:2379'
HAKUBE_LOOPBACK='127.0.0.1'
HAKUBE_FORWARDING='net.ipv4.ip_forward'
HAKUBE_ENDPOINT='lb:6443'
HAKUBE_PORT='6443'
HAKUBE_VIRTUAL_IP=''
HAKUBE_VRRP_PEERS=''
HAKUBE_BALANCER_PACKAGES=''
HAKUBE_INIT_KUBECONFIG='super-admin.conf'
HAKUBE_PEERS='10.0.0.12:6443 10.0.0.13:6443'
HAKUBE_PREVIOUS=''
HAKUBE_ETCD=''
HAKUBE_VERSION='1.37.2'
HAKUBE_CRI_SOCKET='unix:///run/containerd/containerd.sock'
HAKUBE_TOKEN_ID='abcdef'
HAKUBE_FIREWALL=''
`

// guest is a machine of its own in a directory.
type guest struct {
	t    testing.TB
	root string
}

// newGuest makes a machine that has booted and whose steps come from step.
func newGuest(t testing.TB) *guest {
	t.Helper()
	needNamespaces(t)
	g := &guest{t, t.TempDir()}
	for _, dir := range []string{"dev", "etc/alternatives", "etc/hakube", "proc", "run/hakube", "tmp", "usr", "var/lib/hakube", "root"} {
		g.must(os.MkdirAll(filepath.Join(g.root, dir), 0o755))
	}
	for _, dir := range []string{"bin", "sbin", "lib", "lib64"} {
		if target, err := os.Readlink("/" + dir); err == nil {
			g.must(os.Symlink(target, filepath.Join(g.root, dir)))
			continue
		}
		g.must(os.MkdirAll(filepath.Join(g.root, dir), 0o755))
	}
	g.must(os.CopyFS(filepath.Join(g.root, "local"), os.DirFS("../../templates/usr/local")))
	g.must(os.Chmod(filepath.Join(g.root, "local/sbin/hakube"), 0o755))
	// only nodes whose inventory names a server have these
	g.must(os.Remove(filepath.Join(g.root, "local/lib/hakube/channels/away/http")))
	g.must(os.Remove(filepath.Join(g.root, "local/lib/hakube/channels/here/newest")))
	g.write("etc/issue", "Debian GNU/Linux 12\n")
	for _, device := range []string{"console", "null", "zero", "urandom"} {
		g.write("dev/"+device, "")
	}
	g.write("etc/hakube/node.env", environment)
	g.write("etc/hakube/steps", "")
	for _, name := range []string{"systemctl", "hostnamectl", "swapoff", "blkid", "kubectl", "kubeadm"} {
		g.stub(name, "exit 1")
	}
	g.stub("systemctl", "")
	return g
}

// needNamespaces fails the test where the kernel gives no mount namespace.
var needNamespaces = func() func(testing.TB) {
	probe := sync.OnceValues(func() ([]byte, error) {
		return exec.Command("unshare", append(namespaces(), "true")...).CombinedOutput()
	})
	return func(t testing.TB) {
		t.Helper()
		if out, err := probe(); err != nil {
			t.Fatalf("the guest's scripts run in a mount namespace; run these tests as root, or allow user namespaces: %v %s", err, out)
		}
	}
}()

func namespaces() []string {
	options := []string{"--mount", "--uts", "--pid", "--fork", "--kill-child"}
	if os.Getuid() != 0 {
		options = append(options, "--map-root-user")
	}
	return options
}

func (g *guest) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// write writes a file of the guest, with its directory.
func (g *guest) write(path, content string) {
	g.t.Helper()
	full := filepath.Join(g.root, path)
	g.must(os.MkdirAll(filepath.Dir(full), 0o755))
	g.must(os.WriteFile(full, []byte(content), 0o644))
}

// read returns a file of the guest, nothing for one that is not there.
func (g *guest) read(path string) string {
	g.t.Helper()
	content, err := os.ReadFile(filepath.Join(g.root, path))
	if !errors.Is(err, fs.ErrNotExist) {
		g.must(err)
	}
	return string(content)
}

// stub puts a program before the machine's own of that name; its calls are in calls.
func (g *guest) stub(name, script string) {
	g.t.Helper()
	g.write("local/sbin/"+name, "#!/bin/sh\necho \""+name+" $*\" >>/tmp/calls\n"+script+"\n")
	g.must(os.Chmod(filepath.Join(g.root, "local/sbin", name), 0o755))
}

func (g *guest) calls() string { return g.read("tmp/calls") }

// step appends a step to the sequence; that it ran is a line of ran.
func (g *guest) step(name string, limit int, script string) {
	g.t.Helper()
	g.write("etc/hakube/steps", g.read("etc/hakube/steps")+fmt.Sprintf("%s %d\n", name, limit))
	g.script(name, script)
}

// script replaces what a step does.
func (g *guest) script(name, script string) {
	g.t.Helper()
	g.write("local/lib/hakube/steps/"+name, "echo "+name+" >>/tmp/ran\n"+script+"\n")
}

func (g *guest) ran() string { return strings.Join(strings.Fields(g.read("tmp/ran")), " ") }

// command prepares a command on the guest; its environment is what cloud-init and systemd give. With it ends everything
// that it started, as in a power cut.
func (g *guest) command(args ...string) *exec.Cmd {
	g.t.Helper()
	script, err := filepath.Abs("sandbox.sh")
	g.must(err)
	// no test takes a tenth of it, even on a busy machine
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	g.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "unshare", append(append(namespaces(), script, g.root), args...)...)
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"}
	return cmd
}

// run runs a command on the guest and returns what it printed and its exit code.
func (g *guest) run(args ...string) (string, int) {
	g.t.Helper()
	cmd := g.command(args...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		g.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// hakube runs the engine, which must end with the exit code.
func (g *guest) hakube(code int, args ...string) string {
	g.t.Helper()
	out, got := g.run(append([]string{"/usr/local/sbin/hakube"}, args...)...)
	if got != code {
		g.t.Fatalf("hakube %s: exit code %d, want %d\n%s", strings.Join(args, " "), got, code, out)
	}
	return out
}

// status is what status.json says.
type status struct {
	Cluster, Node, Role, State, Step, Message, Failure, Medium string
	Next                                                       string
	Attempt, ExitCode                                          int
	Log                                                        []string
	Event                                                      event
	Steps                                                      []struct {
		Name, State      string
		Started, Seconds int64
	}
}

// event is an event as every channel has it.
type event struct {
	Cluster, Node, Step, State, Reason string
	Attempt, Seconds                   int
}

// status reads status.json, strictly: other programs read it, too.
func (g *guest) status() status {
	g.t.Helper()
	text := g.read("var/lib/hakube/status.json")
	if !utf8.ValidString(text) {
		g.t.Errorf("status.json is not UTF-8: %q", text)
	}
	var s status
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		g.t.Fatalf("status.json: %v\n%q", err, text)
	}
	return s
}

// states returns each step's state in one line.
func (s status) states() string {
	var words []string
	for _, step := range s.Steps {
		words = append(words, step.Name+"="+step.State)
	}
	return strings.Join(words, " ")
}
