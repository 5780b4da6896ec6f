// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestSecretsRules(t *testing.T) {
	runRules(t, []ruleTest{
		{
			name: "Ed25519",
			add:  "secrets: {algorithm: Ed25519}",
			want: `
error: secrets.algorithm: kubeadm does not accept Ed25519 keys
  hint: use ECDSA-P256
`,
		},
		{
			name: "unknown algorithm",
			add:  "secrets: {algorithm: RSA-4096}",
			want: `
error: secrets.algorithm: "RSA-4096" is not a known key algorithm; known: ECDSA-P256, RSA-2048
  hint: did you mean "RSA-2048"?
`,
		},
		{
			name: "ECDSA too early",
			edit: []string{"1.36.3", "1.30.14"},
			add:  "secrets: {algorithm: ECDSA-P256}",
			want: `
warning: kubernetesVersion: Kubernetes 1.30 is out of upstream support; packages still exist but get no fixes
error: secrets.algorithm: kubeadm makes ECDSA keys from 1.31 on, and this is 1.30.14
  hint: use RSA-2048
`,
		},
		{
			name: "bootstrap token",
			add:  "secrets: {bootstrapToken: hunter2.hunter2}",
			want: `
error: secrets.bootstrapToken: a bootstrap token is [a-z0-9]{6}.[a-z0-9]{16}
  hint: leave it out to have one made at random
`,
		},
		{
			name: "bootstrap token of the documentation",
			add:  "secrets: {bootstrapToken: abcdef.0123456789abcdef}",
			want: `
warning: secrets.bootstrapToken: this token stands in kubeadm's documentation; everybody can join the cluster with it
  hint: leave it out to have one made at random
`,
		},
		{
			name: "certificate key",
			add:  "secrets: {certificateKey: hunter2}",
			want: `
error: secrets.certificateKey: a certificate key is 64 hexadecimal digits
  hint: leave it out to have one made at random
`,
		},
		{
			name: "certificate key of zeros",
			add:  `secrets: {certificateKey: "0000000000000000000000000000000000000000000000000000000000000000"}`,
			want: `
error: secrets.certificateKey: the key is one digit repeated; it keeps nothing secret
  hint: leave it out to have one made at random
`,
		},
		{
			name: "every mistake at once, each told once",
			edit: []string{"1.36.3", "1.36", "cluster: lab", "cluster: LAB", "10.1.10.0/24", "10.1.10.7/24", "name: cp2, role: control-plane, address: 10.1.10.12", "name: CP2, role: master, address: 10.1.11.12", "10.1.10.21}", `10.1.10.11, mac: "01:00:00:00:00:00"}`},
			add: `podSubnet: 10.1.0.0/16
endpoint: K8S_LB
os: ubuntu-25.04
cni: {name: canal}
secrets: {bootstrapToken: x}`,
			want: `
error: cluster: "LAB" is not a lower-case RFC 1123 name
  hint: did you mean "lab"?
error: kubernetesVersion: "1.36" is not an exact Kubernetes version
  hint: write the patch release too, as in 1.36.2
error: network.cidr: 10.1.10.7/24 is an address in a subnet, not the subnet
  hint: write 10.1.10.0/24
error: podSubnet: 10.1.0.0/16 overlaps network.cidr 10.1.10.0/24
  hint: write podSubnet: 10.244.0.0/16, which is free here
error: endpoint: "K8S_LB" is not a lower-case DNS name
  hint: did you mean "k8s-lb"?
error: os: "ubuntu-25.04" is not a known operating system; known: ubuntu-18.04, ubuntu-20.04, ubuntu-22.04, ubuntu-24.04, ubuntu-26.04, debian-12, debian-13
  hint: did you mean "ubuntu-20.04"?
error: cni.name: "canal" is not a known pod network; known: calico, flannel, cilium, manifest, none
  hint: use name: manifest, with the manifest of canal that you have rendered
error: secrets.bootstrapToken: a bootstrap token is [a-z0-9]{6}.[a-z0-9]{16}
  hint: leave it out to have one made at random
error: nodes[2].name: node name "CP2" is not a lower-case RFC 1123 name
  hint: did you mean "cp2"?
error: nodes[2].role: "master" is not a known role; known: control-plane, worker, load-balancer, etcd
  hint: did you mean "control-plane"?
error: nodes[2].address: node CP2: 10.1.11.12 is outside network.cidr 10.1.10.0/24
error: nodes[4].address: 10.1.10.11 is the address of node cp1 already (nodes[1].address in line 13)
error: nodes[4].mac: 01:00:00:00:00:00 is a multicast address; a network card has a unicast one
  hint: the second digit must be even, as in 00:15:5d:0a:01:65
`,
		},
	})
}
