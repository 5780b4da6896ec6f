// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// On each kind of machine: what is looked at, its size, what nothing may listen on.
func TestMachines(t *testing.T) {
	for _, c := range []struct {
		name string
		test ruleTest
		node int
		want Machine
	}{
		{"load balancer", ruleTest{}, 0, machine("cpus memory disk product-uuid clock address gateway ports", 1, 400, 3, "3.10", 6443)},
		{
			"control plane",
			ruleTest{},
			1, machine("cpus memory disk kernel cgroup product-uuid clock address gateway ports", 2, 1700, 25, "3.10", 2379, 2380, 6443, 10257, 10259, 10250),
		},
		{"worker", ruleTest{}, 4, machine("cpus memory disk kernel cgroup product-uuid clock address gateway ports", 2, 1700, 25, "3.10", 10250)},
		{"another endpoint", ruleTest{add: "endpoint: lb:8443"}, 0, machine("cpus memory disk product-uuid clock address gateway ports", 1, 400, 3, "3.10", 8443)},
		{"no internet", ruleTest{add: "software: bundle"}, 4, machine("cpus memory disk kernel cgroup product-uuid clock address ports", 2, 1700, 25, "3.10", 10250)},
		{"some ignored", ruleTest{add: "preflight: {ignore: [memory, ports, disk]}"}, 4, machine("cpus kernel cgroup product-uuid clock address gateway", 2, 1700, 25, "3.10", 10250)},
		{
			"nftables",
			ruleTest{add: "kubeProxy: {mode: nftables}\nkubeadm: {ignorePreflightErrors: [SystemVerification]}"},
			4, machine("cpus memory disk kernel cgroup product-uuid clock address gateway ports", 2, 1700, 25, "5.13", 10250),
		},
		{
			"what kubeadm is to ignore",
			ruleTest{add: "kubelet: {config: {failCgroupV1: false}}\nkubeadm: {ignorePreflightErrors: [SystemVerification]}"},
			4, machine("cpus memory disk product-uuid clock address gateway ports", 2, 1700, 25, "3.10", 10250),
		},
		{
			"Kubernetes that takes cgroup v1",
			ruleTest{edit: []string{"1.36.3", "1.33.13"}},
			4, machine("cpus memory disk kernel product-uuid clock address gateway ports", 2, 1700, 25, "4.19", 10250),
		},
	} {
		plan, diagnostics := Plan(c.test.inventory(t), testFiles)
		if plan == nil {
			t.Errorf("%s: %s", c.name, text(diagnostics))
			continue
		}
		if diff := cmp.Diff(c.want, plan.Nodes[c.node].Machine); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func machine(checks string, cpus, memory, disk int, kernel string, ports ...int) Machine {
	return Machine{strings.Fields(checks), cpus, memory, disk, kernel, ports}
}

func TestMachineCheckRules(t *testing.T) {
	runRules(t, []ruleTest{
		{
			name: "a check that is not known",
			add:  "preflight: {ignore: [memory, port]}",
			want: `
error: preflight.ignore[1]: "port" is not a known check of a machine; known: cpus, memory, disk, kernel, cgroup, product-uuid, clock, address, gateway, ports
  hint: did you mean "ports"?
`,
		},
		{name: "all checks", add: "preflight: {ignore: [cpus, memory, disk, kernel, cgroup, product-uuid, clock, address, gateway, ports]}"},
	})
}
