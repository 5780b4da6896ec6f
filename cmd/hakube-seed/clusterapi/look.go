// SPDX-License-Identifier: Apache-2.0

package clusterapi

import (
	"context"
	"crypto/x509"
	"net/http"
	"slices"
	"strings"
)

const (
	systemPods   = "/api/v1/namespaces/kube-system/pods"
	bootstrapped = "/api/v1/namespaces/kube-system/secrets?fieldSelector=type%3Dbootstrap.kubernetes.io%2Ftoken"
	uploaded     = "/api/v1/namespaces/kube-system/secrets/kubeadm-certs" // only its presence is looked at
)

// Facts are what the API says at one moment.
type Facts struct {
	nodes       []node
	pods        []pod // of kube-system
	daemonSets  []daemonSet
	deployments []deployment // of kube-system
	tokens      []secret
	requests    []signingRequest
	certsThere  bool              // the uploaded certificates have not been deleted
	unready     []string          // what /readyz says is not, by name
	serving     *x509.Certificate // of the API server that answered
}

// Nodes asks for the nodes alone.
func (c *Client) Nodes(ctx context.Context) (map[string]NodeState, error) {
	var nodes []node
	if err := c.list(ctx, "/api/v1/nodes", &nodes); err != nil {
		return nil, err
	}
	states := map[string]NodeState{}
	for _, n := range nodes {
		states[n.Metadata.Name] = n.state()
	}
	return states, nil
}

// Look asks for everything that a verdict needs. Its error is the first question without an answer.
func (c *Client) Look(ctx context.Context) (*Facts, error) {
	var f Facts
	ready, err := c.ask(ctx, "/readyz?verbose")
	if err != nil {
		return nil, err
	}
	f.serving = ready.serving
	if ready.status != http.StatusOK {
		f.unready = failing(string(ready.body))
	}
	for _, question := range []struct {
		path  string
		items any
	}{
		{"/api/v1/nodes", &f.nodes},
		{systemPods, &f.pods},
		{"/apis/apps/v1/daemonsets", &f.daemonSets},
		{"/apis/apps/v1/namespaces/kube-system/deployments", &f.deployments},
		{bootstrapped, &f.tokens},
		{"/apis/certificates.k8s.io/v1/certificatesigningrequests", &f.requests},
	} {
		if err := c.list(ctx, question.path, question.items); err != nil {
			return nil, err
		}
	}
	there, err := c.ask(ctx, uploaded)
	f.certsThere = there.status == http.StatusOK
	return &f, err
}

// failing returns the checks that /readyz?verbose marks with [-].
func failing(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		if name, found := strings.CutPrefix(line, "[-]"); found {
			names = append(names, strings.Fields(name + " ?")[0])
		}
	}
	if names == nil {
		return []string{"/readyz"}
	}
	return slices.Compact(names)
}
