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

// kubeadmFor is the newest kubeadm that takes the configuration version of a cluster's documents.
func kubeadmFor(c *cluster.Cluster) kubeadm {
	if strings.HasSuffix(c.Release.ConfigAPI, "/v1beta3") {
		return kubeadm{cluster.Version{Major: 1, Minor: 30, Patch: 14}}
	}
	return kubeadm{cluster.Version{Major: 1, Minor: 37, Patch: 2}}
}

func (k kubeadm) run(t *testing.T, args ...string) verdict {
	t.Helper()
	return run(t, judge("kubeadm-v"+k.version.String(), args...))
}

// concerns reports whether this kubeadm can start clusters of that Kubernetes version.
func (k kubeadm) concerns(c *cluster.Cluster) bool { return c.Version.Minor >= k.version.Minor-1 }

// withoutWarnings is what kubeadm said without the warnings of its log: what a release deprecates is no concern of older
// ones.
func withoutWarnings(said string) string {
	var lines strings.Builder
	for line := range strings.Lines(said) {
		if !warning.MatchString(line) {
			lines.WriteString(line)
		}
	}
	return lines.String()
}

var warning = regexp.MustCompile(`^W[0-9]{4} `)

// near is an init document that names the judge's own Kubernetes version where it names one that is more than a minor
// older: kubeadm refuses to start those, whatever else is in the document. Nothing else is changed.
func (k kubeadm) near(t *testing.T, c *cluster.Cluster, document []byte) []byte {
	t.Helper()
	if k.concerns(c) {
		return document
	}
	return edited(t, document, fmt.Sprintf("\nkubernetesVersion: v%s\n", c.Version), fmt.Sprintf("\nkubernetesVersion: v%s\n", k.version))
}

// validate has kubeadm decode a document strictly and check its values.
func (k kubeadm) validate(t *testing.T, name string, document []byte) verdict {
	t.Helper()
	path := filepath.Join(scratch(t), name)
	write(t, path, document)
	return k.run(t, "config", "validate", "--config", host(path))
}

// accepts reports all documents of an example that kubeadm does not take without a warning, and says how many there are.
func accepts(t *testing.T, e example) (documents int) {
	t.Helper()
	k := kubeadmFor(e.cluster)
	for _, m := range e.media {
		for _, path := range []string{initFile, joinFile} {
			document := m.file(path)
			if document == nil {
				continue
			}
			if path == initFile {
				document = k.near(t, e.cluster, document)
			}
			documents++
			v := k.validate(t, filepath.Base(path), document)
			if !k.concerns(e.cluster) {
				v.said = withoutWarnings(v.said)
			}
			if v.failed || v.said != "ok\n" {
				t.Errorf("%s/%s: %s: kubeadm v%s:\n%s", e.name, m.node.Name, path, k.version, v)
			}
		}
	}
	return documents
}

// TestKubeadmValidate: one init document a cluster, and a join document for each node that joins or may join again.
func TestKubeadmValidate(t *testing.T) {
	t.Parallel()
	for _, e := range examples(t) {
		want := 1 + len(e.cluster.NodesWith(cluster.RoleControlPlane)) + len(e.cluster.NodesWith(cluster.RoleWorker))
		if got := accepts(t, e); got != want {
			t.Errorf("%s: %d kubeadm documents, want %d", e.name, got, want)
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
	for minor := 24; minor <= 37; minor++ {
		e, err := render(fmt.Sprintf("minor-%d.yaml", minor), fmt.Appendf(nil, inventory, minor))
		if err != nil {
			t.Fatal(err)
		}
		accepts(t, e)
	}
}

func TestKubeadmRefusesBadDocuments(t *testing.T) {
	t.Parallel()
	shown := map[kubeadm]bool{}
	for _, e := range examples(t) {
		k := kubeadmFor(e.cluster)
		if shown[k] {
			continue
		}
		shown[k] = true
		document := k.near(t, e.cluster, firstMedium(t, e).file(initFile))
		for old, bad := range map[string]string{
			"\nlocalAPIEndpoint:\n": "\nlocalEndpoint:\n",                    // no such field
			"\n  podSubnet: ":       "\n  podSubnet: x",                      // no such subnet
			"cgroupDriver: systemd": "cgroupDriver: systemd\nmaxPodsss: 110", // no such field of the kubelet's
		} {
			if v := k.validate(t, "bad.yaml", edited(t, document, old, bad)); !v.failed {
				t.Errorf("%s: kubeadm v%s does not refuse %q:\n%s", e.name, k.version, bad, v)
			}
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
