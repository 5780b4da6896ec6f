// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestEndpointRules(t *testing.T) {
	runRules(t, []ruleTest{
		{
			name: "URL",
			add:  "endpoint: https://lb:6443/",
			want: `
error: endpoint: "https://lb:6443/" is a URL; the endpoint is a name or address, and optionally a port
  hint: write lb:6443
`,
		},
		{
			name: "upper case",
			add:  "endpoint: K8S-LB",
			want: `
error: endpoint: "K8S-LB" is not a lower-case DNS name
  hint: did you mean "k8s-lb"?
`,
		},
		{
			name: "underscore",
			add:  "endpoint: k8s_lb:6443",
			want: `
error: endpoint: "k8s_lb" is not a lower-case DNS name
  hint: did you mean "k8s-lb"?
`,
		},
		{
			name: "port that is none",
			add:  "endpoint: lb:https",
			want: `
error: endpoint: "https" is not a port
  hint: a number from 1 to 65535, as in k8s-lb:6443
`,
		},
		{
			name: "port out of range",
			add:  "endpoint: lb:70000",
			want: `
error: endpoint: "70000" is not a port
  hint: a number from 1 to 65535, as in k8s-lb:6443
`,
		},
		{
			name: "port of the SSH server",
			add:  "endpoint: lb:22",
			want: `
error: endpoint: port 22 is taken on the load balancer by the SSH server
  hint: use 6443
`,
		},
		{
			name: "port of haproxy's statistics",
			add:  "endpoint: lb:8404",
			want: `
error: endpoint: port 8404 is taken on the load balancer by haproxy's own statistics
  hint: use 6443
`,
		},
		{
			name: "IPv6",
			add:  `endpoint: "[fd00::1]:6443"`,
			want: `
error: endpoint: fd00::1 is no node's address, but lb is the load balancer, at 10.1.10.10
  hint: write endpoint: lb, or leave it out; a load balancer of your own needs no node
`,
		},
		{
			name: "IPv6 with an open bracket",
			add:  `endpoint: "[fd00::1:6443"`,
			want: `
error: endpoint: "[fd00::1:6443" is not an IPv6 address in brackets
  hint: as in [fd00:10::100]:6443
`,
		},
		{
			name: "address that is none",
			add:  "endpoint: 10.1.10.300",
			want: `
error: endpoint: "10.1.10.300" is not an IPv4 address
  hint: four numbers from 0 to 255, as in 10.1.10.101
`,
		},
		{
			name: "localhost",
			add:  "endpoint: localhost",
			want: `
error: endpoint: "localhost" is another machine on every node
  hint: name the load balancer
`,
		},
		{
			name: "another node's name",
			add:  "endpoint: cp1",
			want: `
error: endpoint: cp1 is a control plane (nodes[1] in line 9); the endpoint is where requests to all API servers go
  hint: write endpoint: lb, or leave it out
`,
		},
		{
			name: "another node's address",
			add:  "endpoint: 10.1.10.21:6443",
			want: `
error: endpoint: 10.1.10.21 is a worker (nodes[4] in line 12); the endpoint is where requests to all API servers go
  hint: write endpoint: lb, or leave it out
`,
		},
		{
			name: "address of no node, with a load balancer",
			add:  "endpoint: 10.1.10.99",
			want: `
error: endpoint: 10.1.10.99 is no node's address, but lb is the load balancer, at 10.1.10.10
  hint: write endpoint: lb, or leave it out; a load balancer of your own needs no node
`,
		},
		{
			name: "name without a load balancer",
			edit: []string{"lb, role: load-balancer", "lb, role: worker"},
			add:  "endpoint: k8s.example.com",
			want: `
error: endpoint: "k8s.example.com" is no node's name and there is no load balancer node, so its address is not known
  hint: add a node with role: load-balancer, or set endpoint to the address of a load balancer of your own
`,
		},
		{
			name: "worker without a load balancer",
			edit: []string{"lb, role: load-balancer", "lb, role: worker"},
			add:  "endpoint: w1",
			want: `
error: endpoint: w1 is a worker (nodes[4] in line 12); the endpoint is where requests to all API servers go
  hint: add a node with role: load-balancer, or set endpoint to the address of a load balancer of your own
`,
		},
		{
			name: "address among the pods",
			edit: []string{"lb, role: load-balancer", "lb, role: worker"},
			add:  "endpoint: 10.244.0.1",
			want: `
error: endpoint: 10.244.0.1 lies in podSubnet 10.244.0.0/16; nodes would look for it among the pods
`,
		},
		{
			name: "address that no machine has",
			edit: []string{"lb, role: load-balancer", "lb, role: worker"},
			add:  "endpoint: 10.1.10.255",
			want: `
error: endpoint: 10.1.10.255 is the broadcast address of 10.1.10.0/24, which no machine can have
`,
		},
		{
			name: "another port at the only control plane",
			edit: []string{"lb, role: load-balancer", "lb, role: worker", "cp2, role: control-plane", "cp2, role: worker", "cp3, role: control-plane", "cp3, role: worker"},
			add:  "endpoint: cp1:8443",
			want: `
error: endpoint: port 8443: the API server of cp1 listens on 6443
  hint: leave the port out; only a load balancer can use another one
`,
		},
		{
			name: "unknown name with one control plane",
			edit: []string{"lb, role: load-balancer", "lb, role: worker", "cp2, role: control-plane", "cp2, role: worker", "cp3, role: control-plane", "cp3, role: worker"},
			add:  "endpoint: api.example.com",
			want: `
error: endpoint: "api.example.com" is no node's name and there is no load balancer node, so its address is not known
  hint: write endpoint: cp1, or the address of a load balancer of your own
`,
		},
		{
			name: "worker with one control plane",
			edit: []string{"lb, role: load-balancer", "lb, role: worker", "cp2, role: control-plane", "cp2, role: worker", "cp3, role: control-plane", "cp3, role: worker"},
			add:  "endpoint: w1:6443",
			want: `
error: endpoint: w1 is a worker (nodes[4] in line 12); the endpoint is where requests to all API servers go
  hint: write endpoint: cp1, or the address of a load balancer of your own
`,
		},
	})
}
