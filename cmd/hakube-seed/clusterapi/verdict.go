// SPDX-License-Identifier: Apache-2.0

package clusterapi

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Expected is what the inventory wants.
type Expected struct {
	Version       string // of Kubernetes, without a v
	ControlPlanes []string
	Workers       []string
	ExternalEtcd  bool
}

// Add adds a machine by its role; what is no node of Kubernetes is nothing that the API could tell of.
func (e *Expected) Add(name, role string) {
	switch role {
	case roleControlPlane:
		e.ControlPlanes = append(e.ControlPlanes, name)
	case roleWorker:
		e.Workers = append(e.Workers, name)
	case roleEtcd:
		e.ExternalEtcd = true
	}
}

// AllReady reports whether all nodes of the inventory are.
func (e *Expected) AllReady(nodes map[string]NodeState) bool {
	return !slices.ContainsFunc(slices.Concat(e.ControlPlanes, e.Workers), func(name string) bool { return !nodes[name].Ready })
}

// Verdict is what one look at a cluster comes to.
type Verdict struct {
	Complete     bool          `json:"complete"`
	Checks       []Check       `json:"checks"`
	Nodes        []NodeVerdict `json:"nodes"`
	Certificates []Expiry      `json:"certificates"`
	Credentials  []Expiry      `json:"joinCredentials"` // by which machines can still join
}

// Check is one thing that a complete cluster has.
type Check struct {
	Name   string `json:"name"`
	Passed bool   `json:"passed"`
	Detail string `json:"detail"`
}

// NodeVerdict is one node of the inventory, or one that is in none.
type NodeVerdict struct {
	Name    string `json:"node"`
	Role    string `json:"role"`
	Ready   bool   `json:"ready"`
	Version string `json:"kubelet,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// Expiry is when something is of no use any more.
type Expiry struct {
	What string    `json:"what"`
	Ends time.Time `json:"ends"` // zero: never by itself
}

// Unreachable is the verdict on a cluster whose API gives no answer.
func Unreachable(why error) Verdict {
	return Verdict{Checks: []Check{{Name: "API", Detail: why.Error()}}}
}

// Judge compares what the API says with what the inventory wants.
func (c *Client) Judge(f *Facts, want Expected) Verdict {
	v := Verdict{Nodes: f.nodeVerdicts(want)}
	v.Checks = []Check{
		f.api(c.Server),
		nodesCheck(v.Nodes),
		f.staticPods("control plane", want.ControlPlanes, []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler"}),
		f.etcd(want),
		f.dns(len(want.ControlPlanes) + len(want.Workers)),
		f.daemons(),
		f.podRanges(),
		f.pending(),
		f.uploadedCertificates(),
	}
	v.Complete = !slices.ContainsFunc(v.Checks, func(c Check) bool { return !c.Passed })
	v.Certificates = []Expiry{{"cluster CA", c.CA.NotAfter}, {"administrator's certificate in the kubeconfig", c.Admin.NotAfter}}
	if f.serving != nil {
		v.Certificates = append(v.Certificates, Expiry{"API server's certificate" + servedBy(f.serving, want.ControlPlanes), f.serving.NotAfter})
	}
	for _, t := range f.tokens {
		v.Credentials = append(v.Credentials, Expiry{"bootstrap token " + strings.TrimPrefix(t.Metadata.Name, "bootstrap-token-"), t.ends()})
	}
	return v
}

// servedBy says whose certificate it is: behind a load balancer each request may be answered by another control plane.
func servedBy(cert *x509.Certificate, controlPlanes []string) string {
	for _, name := range controlPlanes {
		if slices.Contains(cert.DNSNames, name) {
			return " (" + name + ")"
		}
	}
	return ""
}

// passedIf returns a check: with its detail when nothing is wrong, else with what is.
func passedIf(wrong []string, name, detail string) Check {
	if len(wrong) > 0 {
		return Check{Name: name, Detail: strings.Join(wrong, ", ")}
	}
	return Check{Name: name, Passed: true, Detail: detail}
}

func (f *Facts) api(server string) Check {
	var wrong []string
	for _, name := range f.unready {
		wrong = append(wrong, name+" is not ready")
	}
	return passedIf(wrong, "API", "ready at "+server)
}

func nodesCheck(nodes []NodeVerdict) Check {
	var wrong []string
	for _, n := range nodes {
		if n.Problem != "" {
			wrong = append(wrong, n.Name+" "+n.Problem)
		}
	}
	return passedIf(wrong, "nodes", fmt.Sprintf("%d of %d Ready, at the version of the inventory", len(nodes), len(nodes)))
}
