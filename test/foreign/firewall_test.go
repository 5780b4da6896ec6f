// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// nft reads rules into a network of their own, which ends with it.
func nft(t *testing.T, args ...string) verdict {
	t.Helper()
	c := exec.Command("unshare", append([]string{"--net", "chroot", rootfs, "nft"}, args...)...)
	c.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"}
	return run(t, c)
}

func TestNftables(t *testing.T) {
	t.Parallel()
	documents := guestFile(t, "/etc/hakube/firewall.nft")
	for _, d := range documents {
		silent(t, d.name, nft(t, "-c", "-f", d.path))
		// twice in one go: the rules replace themselves, whether they are there or not
		silent(t, d.name, nft(t, "-f", d.path, "-f", d.path))
	}
	good := documents[0].content
	for old, bad := range map[string]string{"tcp dport 22 ": "tcp dport 70000 ", "policy drop;": "policy reject;"} {
		path := filepath.Join(scratch(t), "firewall.nft")
		write(t, path, edited(t, good, old, bad))
		if v := nft(t, "-c", "-f", path); !v.failed {
			t.Errorf("%s is not refused:\n%s", bad, v)
		}
	}
}

// ufwRules runs the firewall step of a medium and returns the kernel's rules.
func ufwRules(t *testing.T, guest string) verdict {
	t.Helper()
	return run(t, exec.Command("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "./ufw.sh", rootfs, t.TempDir(), host(guest)))
}

var dport = regexp.MustCompile(`--dports? ([0-9:]+)`)

// accepted reads what ufw's chains for users and before lets in, besides ufw's own.
func accepted(rules string) map[string]bool {
	passages := map[string]bool{}
	for line := range strings.Lines(rules) {
		words := strings.Fields(line)
		word := func(name string) string {
			for i := range words[:max(0, len(words)-1)] {
				if words[i] == name {
					return words[i+1]
				}
			}
			return "-"
		}
		own := strings.Contains(line, "user-input") || strings.Contains(line, "-before-input") && (word("-p") == "ipencap" || word("-p") == "esp" || word("-p") == "4" || word("-p") == "50")
		if !own || word("-j") != "ACCEPT" {
			continue
		}
		ports := "-"
		if m := dport.FindStringSubmatch(line); m != nil {
			ports = m[1]
		}
		protocol := strings.NewReplacer("ipencap", "4", "esp", "50").Replace(word("-p"))
		passages[strings.Join([]string{protocol, ports, word("-s"), word("-d")}, " ")] = true
	}
	return passages
}

// expected spells the table of a role as the kernel does, once for each family where all may come.
func expected(c *cluster.Cluster, role cluster.Role) map[string]bool {
	passages := map[string]bool{}
	for _, o := range c.Openings(role) {
		protocol, ports, from, to := string(o.Protocol), "-", []string{"-"}, []string{"-"}
		if n := o.Protocol.Number(); n > 0 {
			protocol = fmt.Sprint(n)
		}
		if protocol == "" {
			protocol = "-"
		}
		if o.Ports.First > 0 {
			ports = strings.ReplaceAll(o.Ports.String(), "-", ":")
		}
		if o.From != nil {
			from = strings.Fields(strings.Trim(fmt.Sprint(o.From), "[]"))
		}
		if o.To != nil {
			to = strings.Fields(strings.Trim(fmt.Sprint(o.To), "[]"))
		}
		for _, f := range from {
			for _, d := range to {
				passages[strings.Join([]string{protocol, ports, f, d}, " ")] = true
			}
		}
	}
	return passages
}

// TestUFW: the step makes of ufw what the table of ports says, and nothing is forwarded less than before.
func TestUFW(t *testing.T) {
	t.Parallel()
	roles := map[cluster.Role]bool{}
	for _, e := range examples(t) {
		for _, m := range e.media {
			if e.name != "ufw" { // each call of ufw takes a second, and others of its rules are no different
				continue
			}
			roles[m.node.Role] = true
			v := ufwRules(t, filepath.Join(e.dir(m), "guest"))
			if v.failed {
				t.Errorf("%s/%s: %s", e.name, m.node.Name, v)
				continue
			}
			for _, policy := range []string{"-P INPUT DROP", "-P FORWARD ACCEPT", "-P OUTPUT ACCEPT"} {
				if strings.Count(v.said, policy+"\n") != 2 {
					t.Errorf("%s/%s: not %s for both families", e.name, m.node.Name, policy)
				}
			}
			if got, want := accepted(v.said), expected(e.cluster, m.node.Role); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s/%s:\ngot  %v\nwant %v\n%s", e.name, m.node.Name, got, want, v.said)
			}
		}
	}
	if len(roles) != 3 {
		t.Errorf("ufw was seen on %v only", roles)
	}
}
