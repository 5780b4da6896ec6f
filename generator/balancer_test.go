// SPDX-License-Identifier: Apache-2.0

package generator_test

import (
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// What balances runs before the API server that is behind it; kube-vip runs in the cluster and so after it.
func TestWhereBalancingIsInTheSequence(t *testing.T) {
	for _, c := range []struct{ example, node, between string }{
		{"lab-pair.yaml", "k8s-lb2", "packages haproxy keepalived verify"},
		{"lab.yaml", "k8s-lb", "packages haproxy verify"},
		{"control-planes.yaml", "cp1", "images haproxy keepalived init user-kubeconfig"},
		{"control-planes.yaml", "cp3", "images haproxy keepalived wait join user-kubeconfig"},
		{"control-planes.yaml", "worker1", "images wait join verify"},
		{"kube-vip.yaml", "cp1", "images init kube-vip user-kubeconfig cni"},
		{"kube-vip.yaml", "cp2", "images wait join kube-vip user-kubeconfig"},
	} {
		for _, m := range rendered(t, planned(t, parsed(t, c.example))) {
			if m.node.Name == c.node && !strings.Contains(" "+strings.Join(m.Record.Steps, " ")+" ", " "+c.between+" ") {
				t.Errorf("%s: %s has the steps %v", c.example, c.node, m.Record.Steps)
			}
		}
	}
}

// Every router knows all others and not itself, the first one is the first to take the address, and all know one password.
func TestKeepalivedOfEachRouter(t *testing.T) {
	eachExample(t, func(t *testing.T, c *cluster.Cluster, media []medium) {
		passwords := map[string]bool{}
		last := "255"
		for _, m := range media {
			content, found := m.file("/etc/hakube/keepalived.conf")
			if found != (c.VRRPPeers(m.node) != nil) {
				t.Fatalf("%s: keepalived.conf is there: %v", m.node.Name, found)
			}
			if !found {
				continue
			}
			value := func(key string) string {
				_, rest, _ := strings.Cut(string(content), "\n    "+key+" ")
				line, _, _ := strings.Cut(rest, "\n")
				return strings.TrimSpace(line)
			}
			_, block, _ := strings.Cut(string(content), "unicast_peer {\n")
			block, _, _ = strings.Cut(block, "}")
			peers := strings.Fields(block)
			if len(peers) != len(c.VRRPRouters())-1 || slices.Contains(peers, m.node.Address.String()) || value("unicast_src_ip") != m.node.Address.String() {
				t.Errorf("%s, %s: peers %v", m.node.Name, m.node.Address, peers)
			}
			if priority := value("priority"); priority >= last || len(priority) != 3 {
				t.Errorf("%s: priority %s after %s", m.node.Name, priority, last)
			} else {
				last = priority
			}
			if !strings.Contains(string(content), "\n        "+c.LoadBalancer.VirtualIP.String()+"/32 dev @interface@\n") || value("nopreempt") != "" || !strings.Contains(string(content), "\n    nopreempt\n") {
				t.Errorf("%s:\n%s", m.node.Name, content)
			}
			_, password, _ := strings.Cut(string(content), "auth_pass ")
			password, _, _ = strings.Cut(password, "\n")
			passwords[password] = true
		}
		if len(passwords) > 1 || passwords[""] {
			t.Errorf("%d passwords", len(passwords))
		}
	})
}

// kube-vip's pod names the image that a bundle carries, asks only its own machine, and may do no more than hold an address.
func TestKubeVIPPod(t *testing.T) {
	c := planned(t, parsed(t, "kube-vip.yaml"))
	for _, m := range rendered(t, c) {
		content, found := m.file("/etc/hakube/kube-vip.yaml")
		if found != (m.node.Role == cluster.RoleControlPlane) {
			t.Errorf("%s: kube-vip.yaml is there: %v", m.node.Name, found)
		}
		if !found {
			continue
		}
		var pod struct {
			Spec struct {
				HostNetwork bool `yaml:"hostNetwork"`
				HostAliases []struct {
					IP        string   `yaml:"ip"`
					Hostnames []string `yaml:"hostnames"`
				} `yaml:"hostAliases"`
				Containers []struct {
					Image           string `yaml:"image"`
					SecurityContext struct {
						Privileged   bool `yaml:"privileged"`
						Capabilities struct {
							Add  []string `yaml:"add"`
							Drop []string `yaml:"drop"`
						} `yaml:"capabilities"`
					} `yaml:"securityContext"`
					Env []struct{ Name, Value string } `yaml:"env"`
				} `yaml:"containers"`
				Volumes []struct {
					HostPath struct{ Path, Type string } `yaml:"hostPath"`
				} `yaml:"volumes"`
			} `yaml:"spec"`
		}
		if err := yaml.Unmarshal(content, &pod); err != nil {
			t.Fatal(err)
		}
		container, alias, volume := pod.Spec.Containers[0], pod.Spec.HostAliases[0], pod.Spec.Volumes[0].HostPath
		if container.Image != "mirror.example.com/kube-vip/kube-vip:v1.2.3" || container.Image != c.LoadBalancer.Image {
			t.Errorf("image %s", container.Image)
		}
		if alias.IP != "127.0.0.1" || alias.Hostnames[0] != "kubernetes" || !pod.Spec.HostNetwork || volume.Path != "/etc/kubernetes/@kubeconfig@" || volume.Type != "File" {
			t.Errorf("%+v", pod.Spec)
		}
		allowed := container.SecurityContext
		if allowed.Privileged || !slices.Equal(allowed.Capabilities.Add, []string{"NET_ADMIN", "NET_RAW"}) || !slices.Equal(allowed.Capabilities.Drop, []string{"ALL"}) {
			t.Errorf("it may %+v", allowed)
		}
		env := map[string]string{}
		for _, v := range container.Env {
			env[v.Name] = v.Value
		}
		for name, want := range map[string]string{"address": "10.1.50.10", "port": "6443", "vip_interface": "@interface@", "vip_subnet": "32", "cp_enable": "true", "vip_arp": "true", "vip_leaderelection": "true"} {
			if env[name] != want {
				t.Errorf("%s is %q, want %q", name, env[name], want)
			}
		}
	}
}

func TestTheKubeconfigOfKubeVIPDuringInit(t *testing.T) {
	for _, c := range []struct{ version, want string }{{"1.28.15", "admin.conf"}, {"1.29.6", "super-admin.conf"}, {"1.37.2", "super-admin.conf"}} {
		inv := parsed(t, "kube-vip.yaml")
		inv.KubernetesVersion, inv.OS = c.version, "ubuntu-22.04"
		environment, _ := rendered(t, planned(t, inv))[0].file("/etc/hakube/node.env")
		if !strings.Contains(string(environment), "HAKUBE_INIT_KUBECONFIG='"+c.want+"'\n") {
			t.Errorf("%s: no %s", c.version, c.want)
		}
	}
}
