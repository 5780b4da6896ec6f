// SPDX-License-Identifier: Apache-2.0

package generator_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// eachFirewall runs a test for every example inventory with both firewalls, whichever it has; those of ufw let clients of
// both families in by SSH.
func eachFirewall(t *testing.T, test func(*testing.T, *cluster.Cluster, []medium)) {
	t.Helper()
	for _, name := range exampleNames(t) {
		for _, kind := range []string{"nftables", "ufw"} {
			t.Run(name+" "+kind, func(t *testing.T) {
				inv := parsed(t, name)
				inv.Firewall.Kind = kind
				if kind == "ufw" {
					inv.Firewall.SSH = []string{"192.0.2.0/24", "2001:db8::/64"}
				}
				c := planned(t, inv)
				test(t, c, rendered(t, c))
			})
		}
	}
}

// passage is one thing that a ruleset lets in from one network: "tcp 6443-6443 10.1.10.0/24 -> any".
func passage(protocol, ports, from, to string) string {
	if ports != "" && !strings.Contains(ports, "-") {
		ports += "-" + ports
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s -> %s", protocol, ports, from, to))
}

// wanted spells the table of a role in passages.
func wanted(c *cluster.Cluster, role cluster.Role) []string {
	var all []string
	for _, o := range c.Openings(role) {
		froms, tos, protocol, ports := []string{"any"}, []string{"any"}, string(o.Protocol), ""
		if o.From != nil {
			froms = strings.Fields(strings.Trim(fmt.Sprint(o.From), "[]"))
		}
		if o.To != nil {
			tos = strings.Fields(strings.Trim(fmt.Sprint(o.To), "[]"))
		}
		if o.Ports.First > 0 {
			ports = fmt.Sprintf("%d-%d", o.Ports.First, o.Ports.Last)
		}
		if n := o.Protocol.Number(); n > 0 {
			protocol = fmt.Sprint(n)
		}
		for _, from := range froms {
			for _, to := range tos {
				all = append(all, passage(protocol, ports, from, to))
			}
		}
	}
	return all
}

// base is what every machine with nftables takes, whoever it is; ufw has the like in files of its own.
var base = []string{
	`iifname "lo" accept`,
	`ct state established,related accept`,
	`icmp type { echo-request, destination-unreachable, time-exceeded, parameter-problem } accept`,
	`icmpv6 type { echo-request, destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept`,
	`icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, mld-listener-query } accept`,
	`udp sport 67 udp dport 68 accept comment "DHCP"`,
	`ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept comment "DHCPv6"`,
}

var nftRule = regexp.MustCompile(`^(?:ip6? saddr \{ ([^}]+) \} )?(?:ip6? daddr \{ ([^}]+) \} )?(?:(tcp|udp) dport ([0-9-]+) |meta l4proto ([0-9]+) )?accept comment "([^"]+)"$`)

// nftPassages reads what a ruleset of nft lets in; it must drop the rest, and see nothing but what is for the machine.
func nftPassages(t *testing.T, text string) []string {
	t.Helper()
	head, rules, _ := strings.Cut(text, "policy drop;\n")
	if !strings.HasSuffix(head, "table inet hakube\ndelete table inet hakube\n\ntable inet hakube {\n"+
		"\t# nothing but what is meant for this machine itself comes by here: pods and services are forwarded\n"+
		"\tchain input {\n\t\ttype filter hook input priority 0; ") || strings.Count(text, "chain ") != 1 {
		t.Errorf("not one chain in a table that is replaced as a whole:\n%s", text)
	}
	rules, end, _ := strings.Cut(rules, "\t\tcounter comment \"dropped\"\n")
	if end != "\t}\n}\n" {
		t.Errorf("the end is %q", end)
	}
	var all []string
	for i, line := range strings.Split(strings.TrimSpace(rules), "\n") {
		line = strings.TrimSpace(line)
		if i < len(base) {
			if line != base[i] {
				t.Errorf("line %d is %q, want %q", i, line, base[i])
			}
			continue
		}
		m := nftRule.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("not a rule: %q", line)
		}
		for _, from := range networksOf(m[1]) {
			for _, to := range networksOf(m[2]) {
				all = append(all, passage(m[3]+m[5], m[4], from, to))
			}
		}
	}
	return all
}

func networksOf(list string) []string {
	if list == "" {
		return []string{"any"}
	}
	return strings.Split(list, ", ")
}

var (
	ufwAllow    = regexp.MustCompile(`^allow(?: proto (tcp|udp))? from '([^']+)' to '([^']+)'(?: port '([0-9:]+)')? comment '([^']+)'$`)
	ufwProtocol = regexp.MustCompile(`^protocol ([0-9]+) '([^']+)' # `)
)

// ufwPassages reads what the rules for ufw let in.
func ufwPassages(t *testing.T, text string) []string {
	t.Helper()
	var all []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if m := ufwAllow.FindStringSubmatch(line); m != nil {
			all = append(all, passage(m[1], strings.ReplaceAll(m[4], ":", "-"), m[2], m[3]))
		} else if m := ufwProtocol.FindStringSubmatch(line); m != nil {
			all = append(all, passage(m[1], "", m[2], "any"))
		} else if !strings.HasPrefix(line, "#") {
			t.Fatalf("not a rule: %q", line)
		}
	}
	return all
}

// What a node's firewall lets in is the table of its role, no less and no more.
func TestRulesetsAreTheTable(t *testing.T) {
	eachFirewall(t, func(t *testing.T, c *cluster.Cluster, media []medium) {
		for _, m := range media {
			nft, hasNft := m.file("/etc/hakube/firewall.nft")
			ufw, hasUFW := m.file("/usr/local/lib/hakube/ufw-rules")
			var got []string
			switch {
			case hasNft == hasUFW:
				t.Fatalf("%s: nftables %v, ufw %v", m.node.Name, hasNft, hasUFW)
			case hasNft:
				got = nftPassages(t, string(nft))
			default:
				got = ufwPassages(t, string(ufw))
			}
			want := wanted(c, m.node.Role)
			slices.Sort(got)
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
				t.Errorf("%s (-table +ruleset):\n%s", m.node.Name, diff)
			}
		}
	})
}

// nft and ufw come with the packages, and nothing answers before they have closed the machine.
func TestTheFirewallIsThereBeforeAnythingAnswers(t *testing.T) {
	eachFirewall(t, func(t *testing.T, _ *cluster.Cluster, media []medium) {
		for _, m := range media {
			i := slices.Index(m.Record.Steps, "firewall")
			if i < 1 || m.Record.Steps[i-1] != "packages" {
				t.Errorf("%s: %q", m.node.Name, m.Record.Steps)
			}
		}
	})
}

func TestWithoutAFirewallThereIsNothingOfIt(t *testing.T) {
	for _, m := range rendered(t, planned(t, parsed(t, "reference.yaml"))) {
		for _, f := range m.Files {
			if strings.Contains(f.Path, "firewall") || strings.Contains(f.Path, "ufw") {
				t.Errorf("%s has %s", m.node.Name, f.Path)
			}
		}
		if slices.Contains(m.Record.Steps, "firewall") {
			t.Errorf("%s: %q", m.node.Name, m.Record.Steps)
		}
	}
}
