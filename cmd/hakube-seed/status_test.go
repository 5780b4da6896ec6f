// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hakube/hakube-seed/cmd/hakube-seed/clusterapi"
	"github.com/hakube/hakube-seed/cmd/hakube-seed/clusterapi/apitest"
)

// finished writes an output directory of a cluster that the API server tells of, and returns it.
func finished(t *testing.T, answers http.Handler) string {
	t.Helper()
	dir := t.TempDir()
	_, kubeconfig := apitest.NewAuthority(t).Serve(t, answers)
	m := manifest{Cluster: "demo", KubernetesVersion: "1.37.2", Nodes: []manifestNode{
		{Node: "lb", Role: "load-balancer"}, {Node: "cp1", Role: "control-plane"}, {Node: "cp2", Role: "control-plane"}, {Node: "w1", Role: "worker"},
	}}
	if err := m.write(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, kubeconfigName), []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// ran runs the program and returns its exit code and what it printed.
func ran(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, &out, &err)
	return code, out.String(), err.String()
}

func TestStatusComplete(t *testing.T) {
	code, out, stderr := ran(t, "status", finished(t, apitest.Complete()))
	form := regexp.MustCompile(`^cluster "demo", Kubernetes 1\.37\.2: complete

ok  API                   ready at https://127\.0\.0\.1:\d+
ok  nodes                 3 of 3 Ready, at the version of the inventory
ok  control plane         2 of 2 with Ready kube-apiserver, kube-controller-manager, kube-scheduler
ok  etcd                  2 of 2 with Ready etcd
ok  DNS                   coredns on cp1, w1
ok  on every node         kube-proxy, kube-flannel-ds
ok  pod addresses         every node has a range
ok  certificate requests  none waits
ok  join credentials      the uploaded certificates are deleted

NODE  ROLE           READY  KUBELET
cp1   control-plane  yes    v1\.37\.2
cp2   control-plane  yes    v1\.37\.2
w1    worker         yes    v1\.37\.2

WHAT                                           ENDS
cluster CA                                     \d{4}-\d\d-\d\d, in 3649 days
administrator's certificate in the kubeconfig  \d{4}-\d\d-\d\d, in 364 days
API server's certificate \(cp1\)                 \d{4}-\d\d-\d\d, in 364 days
$`)
	if code != exitDone || stderr != "" || !form.MatchString(out) {
		t.Errorf("%d\n%s\n%s", code, out, stderr)
	}
}

func TestStatusIncomplete(t *testing.T) {
	s := apitest.Complete()
	s[apitest.Nodes] = apitest.List("Node", apitest.Node("cp1", "control-plane", "v1.37.2", "True"), apitest.Node("cp2", "control-plane", "v1.37.2", "False"))
	dir := finished(t, s)
	code, out, stderr := ran(t, "status", dir)
	const want = "missing  nodes                 cp2 is not Ready (container runtime network not ready), w1 has not joined\n"
	if code != exitNotDone || stderr != "" || !strings.Contains(out, want) || !strings.HasPrefix(out, `cluster "demo", Kubernetes 1.37.2: not complete`) {
		t.Errorf("%d\n%s\n%s", code, out, stderr)
	}
	code, out, _ = ran(t, "status", dir, "--json")
	if code != exitNotDone || !strings.Contains(out, `"cluster": "demo",`) || !strings.Contains(out, `"complete": false,`) || !strings.Contains(out, `"problem": "has not joined"`) {
		t.Errorf("%d\n%s", code, out)
	}
}

func TestWait(t *testing.T) {
	code, out, stderr := ran(t, "wait", finished(t, apitest.Complete()))
	if code != exitDone || out != "cluster \"demo\" is complete after 0 s\n" || stderr != "" {
		t.Errorf("%d\n%s\n%s", code, out, stderr)
	}
	s := apitest.Complete()
	s[apitest.Certs] = `{"kind":"Secret"}`
	code, out, stderr = ran(t, "wait", finished(t, s), "--timeout", "500ms")
	const want = "hakube-seed: error: cluster \"demo\" is not complete after 0 s: join credentials: the uploaded certificates are still there: " +
		"the first control plane deletes them when every node has joined\nhakube-seed: hint: hakube-seed status shows all of it\n"
	if code != exitLate || out != "" || stderr != want {
		t.Errorf("%d\n%s\n%s", code, out, stderr)
	}
}

// No console is needed where the API tells that the cluster is complete.
func TestWatchByTheAPIAlone(t *testing.T) {
	dir := t.TempDir()
	inventory := filepath.Join(dir, "demo.yaml")
	const text = `apiVersion: hakube-seed/v1
cluster: demo
kubernetesVersion: 1.37.2
network: {cidr: 10.1.10.0/24, gateway: 10.1.10.1}
user: {name: hakube, sshKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBcMFWV5s9MlVg9F5pNkMyc8kmGB6WaEz5mGcoa4gRZM you@example]}
endpoint: 10.1.10.9:6443
nodes:
  - {name: cp1, role: control-plane, address: 10.1.10.11}
  - {name: cp2, role: control-plane, address: 10.1.10.12}
  - {name: w1, role: worker, address: 10.1.10.13}
`
	if err := os.WriteFile(inventory, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	kubeconfig := filepath.Join(finished(t, apitest.Complete()), kubeconfigName)
	code, out, stderr := ran(t, "watch", inventory, "--kubeconfig", kubeconfig, "--json")
	for _, want := range []string{`"node":"w1","state":"ready","seconds":0,"reason":"v1.37.2"}`, `"cluster":"demo","state":"complete","seconds":0,"reason":"as the API says"}`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	if code != exitDone || stderr != "" {
		t.Errorf("%d\n%s", code, stderr)
	}
	code, out, _ = ran(t, "watch", inventory, "--kubeconfig", kubeconfig)
	if code != exitDone || !strings.Contains(out, " cp1: Ready at v1.37.2, as the API says\n") {
		t.Errorf("%d\n%s", code, out)
	}
}

func TestWaitLine(t *testing.T) {
	v := clusterapi.Verdict{Checks: []clusterapi.Check{{Name: "API", Passed: true}, {Name: "nodes", Detail: strings.Repeat("worker has not joined, ", 9)}}}
	const want = "[##########          ] 1/2 2 min 11 s, nodes: worker has not joined, worker ..."
	if got := waitLine(v, 131*time.Second); got != want || len(got) != 79 {
		t.Errorf("%q", got)
	}
	v = clusterapi.Unreachable(errors.New("silence"))
	if got := waitLine(v, time.Second); got != "[                    ] 0/1 1 s, silence" {
		t.Errorf("%q", got)
	}
}

func TestEndText(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for want, ends := range map[string]time.Time{
		"never: delete it":                    {},
		"2026-11-23: it is over":              now.Add(-24 * time.Hour),
		"2026-11-24 13:30 UTC, in 1 h 30 min": now.Add(90 * time.Minute),
		"2027-11-24, in 365 days":             now.AddDate(1, 0, 0),
	} {
		if got := endText(ends, now); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// What machines post is heard where the note says.
func TestWatchListens(t *testing.T) {
	notes, stderr := io.Pipe()
	go func() {
		line, _ := bufio.NewReader(notes).ReadString('\n')
		url := strings.TrimSpace(strings.TrimPrefix(line, "events are taken at "))
		response, err := http.Post(url, "application/json", strings.NewReader(`{"cluster":"reference","state":"complete","seconds":131}`))
		if err != nil {
			t.Error(err)
			return
		}
		response.Body.Close()
	}()
	var out bytes.Buffer
	code := run(t.Context(), []string{"watch", filepath.Join("..", "..", "test", "inventories", "reference.yaml"), "--listen", "127.0.0.1:0", "--timeout", "1m"}, &out, stderr)
	if code != exitDone || !strings.HasSuffix(out.String(), " cluster reference: complete (131 s)\n") {
		t.Errorf("%d\n%s", code, &out)
	}
}
