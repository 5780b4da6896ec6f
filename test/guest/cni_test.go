// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"strings"
	"testing"
)

// objects is what kubectl kustomize writes: a definition, two objects of it and a plain one.
const objects = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  annotations:
    name: nobody
  name: pools.example.com
spec:
  names:
    kind: Pool
    name: nothing
---
apiVersion: v1
data:
  name: nobody
kind: ConfigMap
metadata:
  name: settings
  namespace: kube-system
---
apiVersion: example.com/v1
kind: Pool
metadata:
  name: first
---
apiVersion: example.com/v1
kind: Pool
metadata:
  name: second
`

// cniGuest is a first control plane whose kubectl answers an apply by a script.
func cniGuest(t *testing.T, apply string) *guest {
	t.Helper()
	g := newGuest(t)
	g.fakeClock()
	g.stub("hakube", "")
	g.write("etc/hakube/node.env", environment+"HAKUBE_CNI_URL=''\n")
	g.write("etc/hakube/cni/manifest.yaml", "kind: List\n")
	g.write("tmp/objects", objects)
	g.stub("kubectl", `case "$*" in
kustomize*) cat /tmp/objects ;;
*apply*) `+apply+` ;;
esac`)
	return g
}

const (
	taken   = `echo customresourcedefinition.apiextensions.k8s.io/pools.example.com serverside-applied; echo configmap/settings serverside-applied`
	unknown = `echo 'Warning: something is old' >&2; echo 'resource mapping not found for name: "second" namespace: "" from "objects.yaml": no matches for kind "Pool" in version "example.com/v1"' >&2; exit 1`
)

func TestTheManifestIsAppliedAgainUntilAllOfItIsTaken(t *testing.T) {
	g := cniGuest(t, `echo x >>/tmp/tries; `+taken+`; [ $(wc -l </tmp/tries) -ge 3 ] || { `+unknown+`; }`)
	out, code, reason := g.runStep("cni")
	if code != 0 || strings.Count(g.read("tmp/tries"), "x") != 3 {
		t.Fatalf("exit code %d after %q, reason %q\n%s", code, g.read("tmp/tries"), reason, out)
	}
	for _, want := range []string{
		"--server-side --force-conflicts -f objects.yaml\n",
		"hakube waiting applying the CNI manifest: the API has not taken Pool first yet: resource mapping not found",
	} {
		if !strings.Contains(g.calls(), want) {
			t.Errorf("%q is not among the calls:\n%s", want, g.calls())
		}
	}
}

func TestTheStatusNamesTheObjectThatTheAPIRefuses(t *testing.T) {
	const mapping = `resource mapping not found for name: "second" namespace: "" from "objects.yaml": no matches for kind "Pool" in version "example.com/v1"`
	for _, c := range []struct{ name, apply, reason string }{
		{"two of it", taken + "; " + unknown, "the API does not take Pool first (and 1 more): " + mapping},
		{"one of it", taken + "; echo pool.example.com/first serverside-applied; " + unknown, "the API does not take Pool second: " + mapping},
		{
			"an invalid one of several", taken + `; echo 'Error from server (Forbidden): pools "first" is forbidden' >&2; echo 'The Pool "second" is invalid: ' >&2; echo '* spec: Required value' >&2; echo '* more: too' >&2; echo pool.example.com/first x; exit 1`,
			`the API does not take Pool second: The Pool "second" is invalid: * spec: Required value`,
		},
		{
			"the server is away", "echo 'The connection to the server lb:6443 was refused' >&2; exit 1",
			"the API does not take CustomResourceDefinition pools.example.com (and 3 more): The connection to the server lb:6443 was refused",
		},
	} {
		// an apply takes its time
		g := cniGuest(t, "echo $(($(cut -d. -f1 /tmp/now) + 120)) >/tmp/now; "+c.apply)
		_, code, reason := g.runStep("cni")
		if code != 1 || reason != c.reason || g.clock() < 600 || g.clock() > 750 {
			t.Errorf("%s: exit code %d after %.0f s, reason %q, want %q", c.name, code, g.clock(), reason, c.reason)
		}
	}
}

func TestInitLeavesKubeProxyOut(t *testing.T) {
	g := newGuest(t)
	g.asked(`answers\ *) exit 1 ;;`)
	g.stub("kubeadm", `[ -e /etc/kubernetes/manifests/kube-apiserver.yaml ] || { mkdir -p /etc/kubernetes/manifests; touch /etc/kubernetes/manifests/kube-apiserver.yaml; exit 1; }`)
	g.write("etc/hakube/node.env", environment+"HAKUBE_SKIP_PHASES='addon/kube-proxy'\n")
	if out, code, _ := g.runStep("init"); code != 0 || g.kubeadmCalls() != "init --skip-phases=addon/kube-proxy; init --skip-phases=preflight,addon/kube-proxy" {
		t.Errorf("exit code %d, kubeadm: %q\n%s", code, g.kubeadmCalls(), out)
	}
}
