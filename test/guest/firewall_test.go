// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// beforeRules is the shape of ufw's own file, with a table of the user's in front.
const beforeRules = `*nat
:POSTROUTING ACCEPT [0:0]
COMMIT
*filter
:ufw-before-input - [0:0]
-A ufw-before-input -i lo -j ACCEPT
# don't delete the 'COMMIT' line or these rules won't be processed
COMMIT
`

const ufwRules = `# comment
allow proto tcp from 'any' to 'any' port '22' comment 'SSH'
protocol 4 '10.1.10.0/24' # Calico
protocol 112 'fd00::/64' # keepalived
protocol 50 'any' # firewall.allow[0]
allow from '10.1.10.0/24' to '10.96.0.0/16' comment 'services'
`

func newUFWGuest(t *testing.T) *guest {
	g := newGuest(t)
	g.write("etc/ufw/before.rules", beforeRules)
	g.write("etc/ufw/before6.rules", strings.ReplaceAll(beforeRules, "ufw-", "ufw6-"))
	g.write("local/lib/hakube/ufw-rules", ufwRules)
	g.stub("ufw", `[ "$1" != status ] || echo "Status: active"`)
	return g
}

func TestUFWAllowsBeforeItCloses(t *testing.T) {
	g := newUFWGuest(t)
	for range 2 { // as after a power cut in the middle
		g.write("tmp/calls", "")
		if out, code, reason := g.runStep("firewall-ufw"); code != 0 {
			t.Fatalf("exit code %d, %q: %s", code, reason, out)
		}
		want := `ufw allow proto tcp from any to any port 22 comment SSH
ufw allow from 10.1.10.0/24 to 10.96.0.0/16 comment services
ufw default deny incoming
ufw default allow outgoing
ufw default allow routed
ufw --force enable
ufw reload
systemctl enable ufw
`
		var got strings.Builder
		for line := range strings.Lines(g.calls()) {
			if !strings.HasPrefix(line, "ufw status") {
				got.WriteString(line)
			}
		}
		if got.String() != want {
			t.Errorf("calls:\n%s\nwant:\n%s", got.String(), want)
		}
		block := "# hakube begin\n-A ufw-before-input -p 4 -s 10.1.10.0/24 -j ACCEPT\n-A ufw-before-input -p 50 -s 0.0.0.0/0 -j ACCEPT\n# hakube end\n"
		i := strings.LastIndex(beforeRules, "COMMIT\n")
		if want := beforeRules[:i] + block + beforeRules[i:]; g.read("etc/ufw/before.rules") != want {
			t.Errorf("before.rules:\n%s\nwant:\n%s", g.read("etc/ufw/before.rules"), want)
		}
		six := g.read("etc/ufw/before6.rules")
		if !strings.Contains(six, "# hakube begin\n-A ufw6-before-input -p 112 -s fd00::/64 -j ACCEPT\n-A ufw6-before-input -p 50 -s ::/0 -j ACCEPT\n# hakube end\nCOMMIT\n") {
			t.Errorf("before6.rules:\n%s", six)
		}
	}
}

func TestUFWSaysWhatItRefuses(t *testing.T) {
	g := newUFWGuest(t)
	g.stub("ufw", `[ "$1" != allow ] || { echo "ERROR: Bad port"; exit 1; }`)
	want := "ufw allow proto tcp from any to any port 22 comment SSH: ERROR: Bad port"
	if _, code, reason := g.runStep("firewall-ufw"); code != 1 || reason != want || strings.Contains(g.calls(), "enable") {
		t.Errorf("exit code %d, reason %q\n%s", code, reason, g.calls())
	}
	g.stub("ufw", `[ "$1" != status ] || echo "Status: inactive"`)
	if _, code, reason := g.runStep("firewall-ufw"); code != 1 || reason != "ufw is not active: see /var/lib/hakube/log/firewall.log" {
		t.Errorf("exit code %d, reason %q", code, reason)
	}
}

func TestNftablesAreCheckedAndStartedAtEveryBoot(t *testing.T) {
	g := newGuest(t)
	g.stub("nft", "")
	if out, code, reason := g.runStep("firewall-nftables"); code != 0 {
		t.Fatalf("exit code %d, %q: %s", code, reason, out)
	}
	want := "nft -c -f /etc/hakube/firewall.nft\nsystemctl daemon-reload\nsystemctl enable hakube-firewall\nsystemctl restart hakube-firewall\nnft list table inet hakube\n"
	if g.calls() != want {
		t.Errorf("calls:\n%s\nwant:\n%s", g.calls(), want)
	}
}

func TestTheFirewallSaysWhatIsInItsWay(t *testing.T) {
	const onlyStubs = "PATH=/usr/local/sbin\n"
	for _, c := range []struct {
		name, step, nft, want string
		prepare               func(*guest)
	}{
		{"no nft", "firewall-nftables", "", "nft is not installed: the image or the bundle must have the package nftables", func(g *guest) {
			g.must(os.Remove(filepath.Join(g.root, "local/sbin/nft")))
			g.write("etc/hakube/node.env", environment+onlyStubs)
		}},
		{"no ufw", "firewall-ufw", "", "ufw is not installed: the image or the bundle must have the package ufw", func(g *guest) {
			g.write("etc/hakube/node.env", environment+onlyStubs)
		}},
		{
			"another firewall", "firewall-nftables", "", "ufw is switched on in this image and would close what the cluster needs: choose firewall: ufw, or switch it off in the image",
			func(g *guest) { g.write("etc/ufw/ufw.conf", "# on\nENABLED=yes\n") },
		},
		{
			"an old kernel", "firewall-nftables", `echo "netlink: Error: cache initialization failed: Protocol not supported" >&2; exit 1`,
			"this nft or this kernel does not take /etc/hakube/firewall.nft: netlink: Error: cache initialization failed: Protocol not supported",
			func(*guest) {},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGuest(t)
			g.stub("nft", c.nft)
			c.prepare(g)
			if _, code, reason := g.runStep(c.step); code != 1 || reason != c.want {
				t.Errorf("exit code %d, reason %q, want %q", code, reason, c.want)
			}
		})
	}
}

// The unit's loop: a table that is whole stays as it is; one that is gone, or of which only the policy is left, comes back.
func TestAFlushedFirewallComesBack(t *testing.T) {
	const chain = "table inet hakube { chain input { type filter hook input priority filter; policy drop; "
	for listed, reloads := range map[string]bool{chain + `counter packets 7 bytes 420 comment "dropped" } }`: false, chain + "} }": true, "": true} {
		g := newGuest(t)
		g.write("tmp/listed", listed)
		g.stub("nft", `[ "$1" != list ] || cat /tmp/listed`)
		g.stub("sleep", `[ ! -e /tmp/slept ] || exit 1; echo >/tmp/slept`)
		g.run("sh", "/usr/local/lib/hakube/firewall")
		if got := strings.Contains(g.calls(), "nft -f /etc/hakube/firewall.nft\n"); got != reloads || !strings.Contains(g.calls(), "nft list table inet hakube\n") {
			t.Errorf("%q: loaded again: %v\n%s", listed, got, g.calls())
		}
	}
}
