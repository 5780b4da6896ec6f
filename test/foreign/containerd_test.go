// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// containerds are the oldest containerd that guests have and the newest there is; each reads a configuration of version 2
// and shows what it makes of it in its own version's words.
func containerds(path string) map[string]*exec.Cmd {
	return map[string]*exec.Cmd{
		"containerd of Debian 12": inGuest("containerd", "--config", path, "config", "dump"),
		"containerd v2.4.2":       judge("containerd-v2.4.2", "--config", host(path), "config", "dump"),
	}
}

var (
	systemdCgroup = regexp.MustCompile(`(?m)^\s*SystemdCgroup = (true|false)$`)
	sandboxImage  = regexp.MustCompile(`(?m)^\s*(?:sandbox_image|sandbox) = ["']([^"']+:[^"']+)["']$`)
	registryHosts = regexp.MustCompile(`(?m)^\s*config_path = ["'](/etc/containerd/certs.d)["']$`)
)

// TestContainerd: both containerds find the cgroup driver, the pause image and the registries' directory.
func TestContainerd(t *testing.T) {
	t.Parallel()
	for _, e := range examples(t) {
		for _, m := range e.media {
			config := m.file("/etc/hakube/containerd.toml")
			if (config != nil) != (m.node.Role != cluster.RoleLoadBalancer && m.node.Runtime == "containerd") {
				t.Errorf("%s/%s: containerd.toml does not follow from role %s and runtime %s", e.name, m.node.Name, m.node.Role, m.node.Runtime)
			}
		}
		m := firstMedium(t, e)
		if m.node.Runtime != "containerd" {
			continue
		}
		for name, dump := range containerds(filepath.Join(e.dir(m), "guest/etc/hakube/containerd.toml")) {
			v := run(t, dump)
			if v.failed {
				t.Errorf("%s: %s:\n%s", e.name, name, v)
			}
			want := e.cluster.Kubeadm.ImageRepository + "/pause:" + e.cluster.Release.PauseTag
			for what, found := range map[string]bool{
				"SystemdCgroup = true":      only(systemdCgroup, v.said, "true"),
				"the pause image " + want:   only(sandboxImage, v.said, want),
				"certs.d as registry hosts": only(registryHosts, v.said, "/etc/containerd/certs.d"),
			} {
				if !found {
					t.Errorf("%s: %s does not find %s:\n%s", e.name, name, what, v)
				}
			}
		}
	}
}

// only reports whether the pattern's group occurs, and with no other value.
func only(pattern *regexp.Regexp, text, want string) bool {
	found := pattern.FindAllStringSubmatch(text, -1)
	for _, match := range found {
		if match[1] != want {
			return false
		}
	}
	return len(found) > 0
}

func TestContainerdRefusesABadConfiguration(t *testing.T) {
	t.Parallel()
	path := filepath.Join(scratch(t), "containerd.toml")
	write(t, path, []byte("version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"\n"))
	for name, dump := range containerds(path) {
		if v := run(t, dump); !v.failed {
			t.Errorf("%s does not refuse a broken table:\n%s", name, v)
		}
	}
}
