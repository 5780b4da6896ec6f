// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// asked makes api.py answer by a shell case over its arguments, and nobody waits for real.
func (g *guest) asked(cases string) {
	g.t.Helper()
	g.fakeClock()
	g.stub("hakube", "")
	g.stub("python3", `shift
case "$*" in
`+cases+`
*) exit 1 ;;
esac`)
}

// kubeadmCalls lists kubeadm's calls without the arguments that are always the same.
func (g *guest) kubeadmCalls() string {
	var calls []string
	for line := range strings.Lines(g.calls()) {
		if call, found := strings.CutPrefix(strings.TrimSpace(line), "kubeadm "); found {
			call = strings.NewReplacer("--config /etc/hakube/kubeadm-init.yaml ", "", "--config /etc/hakube/kubeadm-join.yaml", "",
				"--upload-certs --skip-token-print --skip-certificate-key-print", "", " --v=5", "", "--cri-socket unix:///run/containerd/containerd.sock", "").Replace(call)
			calls = append(calls, strings.Join(strings.Fields(call), " "))
		}
	}
	return strings.Join(calls, "; ")
}

// Invariant 5: a node never starts a second cluster.
func TestInitStartsAClusterOnlyWhereNoneAnswers(t *testing.T) {
	for _, c := range []struct {
		name, answers, calls, rejoined string
		code                           int
		reason                         string
	}{
		{"nothing listens anywhere", `answers\ *) exit 1 ;;`, "init", "", 0, ""},
		{"silence", `answers\ *) exit 2 ;;`, "init", "", 0, ""},
		{"the endpoint answers", `answers\ lb:6443) exit 0 ;; answers\ *) exit 1 ;;`, "", "lb:6443", 0, ""},
		{"a peer answers", `answers\ 10.0.0.13:6443) exit 0 ;; answers\ *) exit 2 ;;`, "", "10.0.0.13:6443", 0, ""},
		{
			"another cluster answers", `answers\ lb:6443) exit 3 ;; answers\ *) exit 1 ;;`, "", "", 1,
			"another cluster answers at lb:6443: its certificate is not of this cluster's CA",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGuest(t)
			g.asked(c.answers)
			g.stub("kubeadm", "")
			g.write("local/lib/hakube/rejoin", "echo \"$1\" >/tmp/rejoined\n")
			out, code, reason := g.runStep("init")
			if code != c.code || g.kubeadmCalls() != c.calls || strings.TrimSpace(g.read("tmp/rejoined")) != c.rejoined || reason != c.reason {
				t.Errorf("exit code %d, reason %q, rejoined %q, kubeadm: %q\n%s", code, reason, g.read("tmp/rejoined"), g.kubeadmCalls(), out)
			}
		})
	}
}

func TestInitGoesOnWhereItWasInterrupted(t *testing.T) {
	g := newGuest(t)
	g.asked(`answers\ *) exit 0 ;;`)
	g.stub("kubeadm", "")
	g.write("etc/kubernetes/manifests/kube-apiserver.yaml", "")
	if out, code, _ := g.runStep("init"); code != 0 || g.kubeadmCalls() != "init --skip-phases=preflight" {
		t.Errorf("exit code %d, kubeadm: %q\n%s", code, g.kubeadmCalls(), out)
	}
}

// A machine that had begun to take its old place in a living cluster does not start one of its own, whoever answers now.
func TestACutOffRejoinIsGoneOnWith(t *testing.T) {
	g := newGuest(t)
	g.asked(`answers\ *) exit 1 ;;`)
	g.stub("kubeadm", "")
	g.write("var/lib/hakube/rejoining", "10.0.0.12:6443\n")
	g.write("local/lib/hakube/rejoin", "echo \"$1\" >/tmp/rejoined\n")
	if out, code, _ := g.runStep("init"); code != 0 || g.read("tmp/rejoined") != "10.0.0.12:6443\n" || g.kubeadmCalls() != "" {
		t.Errorf("exit code %d, rejoined %q, kubeadm: %q\n%s", code, g.read("tmp/rejoined"), g.kubeadmCalls(), out)
	}
}

func TestInitResetsOnceButNeverAClusterThatHasAnswered(t *testing.T) {
	for _, c := range []struct{ name, answers, want string }{
		{"it never answers", `answers\ *) exit 1 ;;`, "init; init; reset --force; init; init"},
		{"it has answered", `answers\ *) exit 1 ;; wait\ *) exit 0 ;;`, "init; init; init; init"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGuest(t)
			g.asked(c.answers)
			g.stub("kubeadm", `[ "$1" = reset ]`)
			out, code, reason := g.runStep("init")
			if code != 1 || g.kubeadmCalls() != c.want || !strings.HasPrefix(reason, "kubeadm init did not succeed in 4 attempts") {
				t.Errorf("exit code %d, reason %q, kubeadm: %q\n%s", code, reason, g.kubeadmCalls(), out)
			}
		})
	}
}

func TestJoinResumesBeforeItResets(t *testing.T) {
	const resume = "join --skip-phases=preflight,control-plane-prepare,kubelet-start"
	for _, c := range []struct {
		name, kubeadm, want, left string
		code                      int
	}{
		{"a new machine", "", "join", "", 0},
		{"every attempt fails", `[ "$1" = reset ]`, "join; join; join; join; join; join", "", 1},
		{"its etcd was announced", `rm -f /etc/kubernetes/manifests/etcd.yaml`, resume, "manifests/etcd.yaml", 0},
		{"it cannot be resumed", `[ "$1" = reset ]`, strings.Join([]string{resume, resume, resume, "reset --force", "join", resume, resume}, "; "), "manifests/etcd.yaml", 1},
		{
			"a reset cures it", `case "$*" in reset*) rm /etc/kubernetes/manifests/etcd.yaml ;; *skip-phases*) exit 1 ;; esac`,
			strings.Join([]string{resume, resume, resume, "reset --force", "join"}, "; "), "manifests/etcd.yaml", 0,
		},
		// kubeadm's preflight refuses a machine that has any of these
		{"it got no further than TLS bootstrap", "", "reset --force; join", "bootstrap-kubelet.conf", 0},
		{"a worker that was cut off", "", "reset --force; join", "kubelet.conf", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGuest(t)
			g.asked(`wait\ *) exit 1 ;;`)
			g.stub("kubeadm", c.kubeadm)
			g.must(os.MkdirAll(filepath.Join(g.root, "etc/kubernetes/manifests"), 0o755)) // package kubelet has it
			if c.left != "" {
				g.write("etc/kubernetes/"+c.left, "")
			}
			if out, code, _ := g.runStep("join"); code != c.code || g.kubeadmCalls() != c.want {
				t.Errorf("exit code %d, kubeadm: %q\nwant %q\n%s", code, g.kubeadmCalls(), c.want, out)
			}
		})
	}
}

func TestAHealthyMemberIsNotJoinedAgain(t *testing.T) {
	g := newGuest(t)
	g.asked(`node\ *) echo "True v1.37.2 fine"; exit 0 ;; voter\ *) exit 0 ;;`)
	g.write("etc/kubernetes/kubelet.conf", "x")
	g.write("etc/kubernetes/manifests/etcd.yaml", "")
	if out, code, _ := g.runStep("join"); code != 0 || g.kubeadmCalls() != "" {
		t.Errorf("exit code %d, kubeadm: %q\n%s", code, g.kubeadmCalls(), out)
	}
}
