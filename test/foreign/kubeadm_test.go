// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hakube/hakube-seed/generator/cluster"
)

const (
	initFile = "/etc/hakube/kubeadm-init.yaml"
	joinFile = "/etc/hakube/kubeadm-join.yaml"
)

// kubeadm is one release of kubeadm.
type kubeadm struct{ version cluster.Version }

func (k kubeadm) run(t *testing.T, args ...string) verdict {
	t.Helper()
	return run(t, judge("kubeadm-v"+k.version.String(), args...))
}

// concerns reports whether this kubeadm can start clusters of that Kubernetes version.
func (k kubeadm) concerns(c *cluster.Cluster) bool { return c.Version.Minor >= k.version.Minor-1 }

// without is what kubeadm said, without some of its lines.
func without(said string, some *regexp.Regexp) string {
	var lines strings.Builder
	for line := range strings.Lines(said) {
		if !some.MatchString(line) {
			lines.WriteString(line)
		}
	}
	return lines.String()
}

var (
	warning = regexp.MustCompile(`^W[0-9]{4} `)
	// planned is a warning that the plan gives, too.
	planned = regexp.MustCompile(`^W[0-9]{4} .*"mode" is set to "ipvs" which has been deprecated`)
)

// near is an init document that names the judge's own Kubernetes version where it names one that is more than a minor
// older: kubeadm refuses to start those, whatever else is in the document. Nothing else is changed.
func (k kubeadm) near(t *testing.T, c *cluster.Cluster, document []byte) []byte {
	t.Helper()
	if k.concerns(c) {
		return document
	}
	return edited(t, document, fmt.Sprintf("\nkubernetesVersion: v%s\n", c.Version), fmt.Sprintf("\nkubernetesVersion: v%s\n", k.version))
}

// validate has kubeadm decode a document strictly and check its values; it says "ok" of a good one.
func (k kubeadm) validate(t *testing.T, name string, document []byte) verdict {
	t.Helper()
	path := filepath.Join(scratch(t), name)
	write(t, path, document)
	if k.version.Minor >= 28 {
		return k.run(t, "config", "validate", "--config", host(path))
	}
	// before config validate, what is not strictly right is a warning of the command that decodes and checks the same way
	v := k.run(t, "config", "migrate", "--old-config", host(path), "--new-config", host(path)+".new")
	if v.failed || v.said != "" {
		return verdict{true, v.said}
	}
	return verdict{false, "ok\n"}
}

// accepts reports all documents of an example that kubeadm does not take without a warning, and says how many there are.
func (h hearing) accepts(t *testing.T) (documents int) {
	t.Helper()
	for _, m := range h.media {
		for _, path := range []string{initFile, joinFile} {
			document := m.file(path)
			if document == nil {
				continue
			}
			if path == initFile {
				document = h.near(t, h.cluster, document)
			}
			documents++
			v := h.validate(t, filepath.Base(path), document)
			if h.concerns(h.cluster) {
				v.said = without(v.said, planned)
			} else { // what a release deprecates is no concern of older ones
				v.said = without(v.said, warning)
			}
			if v.failed || v.said != "ok\n" {
				t.Errorf("%s/%s: %s: kubeadm v%s:\n%s", h.name, m.node.Name, path, h.version, v)
			}
		}
	}
	return documents
}

// TestKubeadmValidate: one init document a cluster, and a join document for each node that joins or may join again.
func TestKubeadmValidate(t *testing.T) {
	t.Parallel()
	for _, h := range hearings(t) {
		want := 1 + len(h.cluster.NodesWith(cluster.RoleControlPlane)) + len(h.cluster.NodesWith(cluster.RoleWorker))
		if got := h.accepts(t); got != want {
			t.Errorf("%s: %d kubeadm documents, want %d", h.name, got, want)
		}
	}
}

// TestKubeadmValidateEveryMinor: the version table names the configuration version that each minor's kubeadm takes.
func TestKubeadmValidateEveryMinor(t *testing.T) {
	t.Parallel()
	const inventory = `apiVersion: hakube-seed/v1
cluster: minor-%[1]d
kubernetesVersion: 1.%[1]d.2
network: {cidr: 10.1.10.0/24, gateway: 10.1.10.1}
os: ubuntu-22.04
user: {sshKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBcMFWV5s9MlVg9F5pNkMyc8kmGB6WaEz5mGcoa4gRZM you@example]}
apiServer: {extraArgs: {v: "2"}}
nodes:
  - {name: cp1, role: control-plane, address: 10.1.10.11}
  - {name: worker, role: worker, address: 10.1.10.12}
`
	const externalEtcd = inventory + "  - {name: etcd1, role: etcd, address: 10.1.10.13}\n"
	for minor := 24; minor <= 37; minor++ {
		for _, text := range []string{inventory, externalEtcd} {
			e, err := render(fmt.Sprintf("minor-%d.yaml", minor), fmt.Appendf(nil, text, minor))
			if err != nil {
				t.Fatal(err)
			}
			hearing{kubeadmFor(t, e.cluster), e}.accepts(t)
		}
	}
}

func TestKubeadmRefusesBadDocuments(t *testing.T) {
	t.Parallel()
	for _, h := range onePerKubeadm(t) {
		document := firstMedium(t, h.example).file(initFile)
		for old, bad := range map[string]string{
			"\nlocalAPIEndpoint:\n": "\nlocalEndpoint:\n",                    // no such field
			"\n  podSubnet: ":       "\n  podSubnet: x",                      // no such subnet
			"cgroupDriver: systemd": "cgroupDriver: systemd\nmaxPodsss: 110", // no such field of the kubelet's
		} {
			if v := h.validate(t, "bad.yaml", edited(t, document, old, bad)); !v.failed {
				t.Errorf("%s: kubeadm v%s does not refuse %q:\n%s", h.name, h.version, bad, v)
			}
		}
	}
}

// TestKubeadmRefusesTheNextConfiguration: the version table has the newest configuration version that a kubeadm takes.
func TestKubeadmRefusesTheNextConfiguration(t *testing.T) {
	t.Parallel()
	const document = "apiVersion: %s\nkind: ClusterConfiguration\nkubernetesVersion: v%s\n"
	next := map[string]string{"kubeadm.k8s.io/v1beta3": "kubeadm.k8s.io/v1beta4", "kubeadm.k8s.io/v1beta4": "kubeadm.k8s.io/v1"}
	for _, h := range onePerKubeadm(t) {
		api := h.cluster.Release.ConfigAPI
		if v := h.validate(t, "own.yaml", fmt.Appendf(nil, document, api, h.version)); v.failed {
			t.Errorf("kubeadm v%s does not take %s:\n%s", h.version, api, v)
		}
		if v := h.validate(t, "next.yaml", fmt.Appendf(nil, document, next[api], h.version)); !v.failed {
			t.Errorf("kubeadm v%s takes %s:\n%s", h.version, next[api], v)
		}
	}
}

// firstMedium is the medium of the first control plane.
func firstMedium(t *testing.T, e example) medium {
	t.Helper()
	first := e.cluster.FirstControlPlane().Name
	for _, m := range e.media {
		if m.node.Name == first {
			return m
		}
	}
	t.Fatalf("%s has no medium for %s", e.name, first)
	return medium{}
}
