// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"strings"
	"testing"
)

func TestAdviceFitsTheReason(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	for _, c := range []struct{ step, reason, want string }{
		{"preflight", "guest files are damaged: restart this machine", "restart this machine"},
		{"preflight", "the clock says 2020-01-01T00:00Z, which is before this cluster's certificates were made: set the clock", "change the machine"},
		{"preflight", "the gateway 10.0.0.1 does not answer: compare network.gateway with the network", "change the machine"},
		{"time", "the clock says 2020-01-01T00:00Z, which is before this cluster's certificates were made: set it, or give network.ntp", "set the clock"},
		{"packages", "no bundle: neither /opt/hakube-bundle/SHA256SUMS nor a disk labelled HAKUBE-BUNDLE; attach it", "attach the bundle"},
		{"packages", "the bundle's debs/kubelet.deb is damaged: its SHA-256 is not the one in SHA256SUMS", "copy the bundle anew"},
		{"packages", "the bundle has Kubernetes v1.36.1, the inventory wants v1.37.2", "attach a bundle that was made"},
		{"packages", "the image has no kubelet (software: image)", "use an image"},
		{"packages", "the package list of http://mirror.lan/deb cannot be fetched: Could not connect", "make it reachable"},
		{"packages", "not done within 3600 s", "make it reachable"},
		{"images", "the image pause.tar cannot be imported", "look at the end of the log"},
		{"images", "the images cannot be pulled from registry.k8s.io: is it reachable?", "make it reachable"},
		{"wait", "the API does not answer at lb:6443: timed out", "power the load balancer"},
		{"init", "another cluster answers at lb:6443: its certificate is not of this cluster's CA", "that address has another cluster"},
		{"init", "kubeadm init did not succeed in 4 attempts: see /var/lib/hakube/log/init.log", "if that does not help, hakube support"},
		{"after-2", "exit code 1", "correct the command"},
	} {
		out, code := g.run("sh", "-c", `. /usr/local/lib/hakube/advice; advice "$1" "$2"`, "advice", c.step, c.reason)
		if code != 0 || !strings.HasPrefix(out, c.want) || strings.Count(out, "\n") != 1 {
			t.Errorf("%s: %s\nadvice %q, want %q", c.step, c.reason, out, c.want)
		}
	}
}
