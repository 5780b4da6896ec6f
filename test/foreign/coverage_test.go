// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hakube/hakube-seed/seeds"
)

// judged are the guest files that another test of this package gives to their reader, beside scripts, JSON and YAML.
var judged = []string{
	"/etc/hakube/haproxy.cfg", "/etc/hakube/keepalived.conf", "/etc/hakube/firewall.nft", "/etc/hakube/containerd.toml", "/etc/hakube/redact.sed", "/etc/hakube/*.sha256",
	"/etc/hakube/*.env", "/etc/hakube/apt-proxy.conf", "/etc/hakube/*.asc", "/etc/hakube/certificates/*", "/etc/hakube/registries/*/*",
	"/etc/hakube/proxy.service.conf", "/etc/hakube/cri-docker.conf", "/etc/hakube/kubelet.service.conf",
	"/etc/systemd/system/*", "/etc/hakube/patches/*", "/etc/hakube/pki/*", "/etc/hakube/pki/etcd/*", "/etc/hakube/ca.crt",
}

// plain are lists of words that no program but a step's own loop reads.
var plain = []string{"/etc/hakube/modules.conf", "/etc/hakube/sysctl.conf", "/etc/hakube/hosts", "/etc/hakube/nodes", "/etc/hakube/steps"}

func hasJudge(f seeds.GuestFile) bool {
	if isScript(f) || isPython(f) || isYAML(f) || isJSON(f) {
		return true
	}
	return slices.ContainsFunc(slices.Concat(judged, plain), func(pattern string) bool {
		matches, _ := path.Match(pattern, f.Path) // only a malformed pattern is an error
		return matches
	})
}

// TestEveryGuestFileHasAJudge: a file that comes new must be judged too. The user's own files are as the user wrote them.
func TestEveryGuestFileHasAJudge(t *testing.T) {
	t.Parallel()
	for _, e := range examples(t) {
		for _, m := range e.media {
			own := map[string]bool{}
			for _, f := range m.node.Files {
				own[f.Path] = true
			}
			for _, f := range m.files {
				if !own[f.Path] && !hasJudge(f) {
					t.Errorf("%s/%s: no judge reads %s", e.name, m.node.Name, f.Path)
				}
			}
		}
	}
}

// TestChecksums: sha256sum finds every guest file as the lists say, and a damaged one not.
func TestChecksums(t *testing.T) {
	t.Parallel()
	check := func(d document, list string) verdict {
		c := exec.Command("sha256sum", "--quiet", "--strict", "-c", strings.TrimPrefix(list, "/"))
		c.Dir = host(strings.TrimSuffix(d.path, list))
		return run(t, c)
	}
	for _, list := range []string{"/etc/hakube/shared.sha256", "/etc/hakube/files.sha256"} {
		documents := guestFile(t, list)
		for _, d := range documents {
			silent(t, d.name, check(d, list))
		}
		bad := filepath.Join(scratch(t), list)
		write(t, bad, documents[0].content)
		if v := check(document{path: bad}, list); !v.failed {
			t.Errorf("missing files are not noticed:\n%s", v)
		}
	}
}
