// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"strings"
	"testing"
)

// newRouter makes a load balancer with 10.0.0.21, whose peer is 10.0.0.22 and whose virtual IP is 10.0.0.9. arp answers who
// has an address, as a shell case over interface and address; addresses is what ip says that this machine has.
func newRouter(t *testing.T, addresses, arp string) *guest {
	t.Helper()
	g := newGuest(t)
	g.asked(arp)
	g.write("etc/hakube/node.env", strings.NewReplacer("control-plane", "load-balancer", "10.0.0.11", "10.0.0.21",
		"HAKUBE_VIRTUAL_IP=''", "HAKUBE_VIRTUAL_IP='10.0.0.9'", "HAKUBE_VRRP_PEERS=''", "HAKUBE_VRRP_PEERS='10.0.0.22'").Replace(environment))
	g.write("etc/hakube/keepalived.conf", "interface @interface@\nauth_pass s3cr3tpw\n10.0.0.9/32 dev @interface@\n")
	g.write("tmp/addresses", addresses)
	g.stub("ip", "cat /tmp/addresses")
	g.stub("keepalived", `case $1 in --help) echo --config-test ;; esac`)
	return g
}

const (
	ownAddress = "2: ens3    inet 10.0.0.21/24 brd 10.0.0.255 scope global ens3\n"
	withVIP    = ownAddress + "2: ens3    inet 10.0.0.9/32 scope global ens3\n"
	lives      = "*haproxy-alive.py) exit 0 ;;\n"
	nobody     = "'probe ens3 10.0.0.9') ;;\n"
	peerHasIt  = "'probe ens3 10.0.0.9'|'probe ens3 10.0.0.22') echo 00:15:5d:00:00:22 ;;\n"
)

func TestOneMachineTakesTheVirtualIP(t *testing.T) {
	for _, c := range []struct{ name, addresses, arp, reason string }{
		{"this one", withVIP, nobody, ""},
		{"its peer", ownAddress, peerHasIt, ""},
		{"nobody", ownAddress, lives + nobody, "nobody has the virtual IP 10.0.0.9: see journalctl -u keepalived"},
		{"nobody, without HAProxy", ownAddress, nobody, "keepalived does not take the virtual IP while HAProxy does not answer: see journalctl -u haproxy"},
		{
			"both", withVIP, lives + peerHasIt,
			"the virtual IP 10.0.0.9 is here and at 00:15:5d:00:00:22: VRRP (IP protocol 112) does not get through between the load balancers",
		},
		{
			"a stranger", ownAddress, lives + "'probe ens3 10.0.0.9') echo 00:50:56:00:00:01 ;;\n",
			"the virtual IP 10.0.0.9 is in use by a machine that is not of this cluster (00:50:56:00:00:01): give virtualIP another address",
		},
		{"no such address", "2: ens3    inet 10.0.0.99/24 scope global ens3\n", lives, "no network card of this machine has its address 10.0.0.21"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newRouter(t, c.addresses, c.arp)
			out, code, reason := g.runStep("keepalived")
			if want := min(len(c.reason), 1); code != want || reason != c.reason {
				t.Fatalf("exit code %d, reason %q\n%s", code, reason, out)
			}
			started := strings.Contains(g.calls(), "systemctl restart keepalived")
			if known := g.read("etc/keepalived/keepalived.conf"); started != (known != "") || started && known != "interface ens3\nauth_pass s3cr3tpw\n10.0.0.9/32 dev ens3\n" {
				t.Errorf("started: %v, with %q", started, known)
			}
			if started && g.mode("etc/keepalived/keepalived.conf").Perm() != 0o600 {
				t.Errorf("keepalived.conf is %v", g.mode("etc/keepalived/keepalived.conf"))
			}
			if strings.Contains(out, "s3cr3tpw") {
				t.Errorf("the password is in the log:\n%s", out)
			}
		})
	}
}

func TestKeepalivedThatDoesNotTakeItsConfiguration(t *testing.T) {
	for _, c := range []struct{ name, keepalived, systemctl, reason string }{
		{"a file that it refuses", "case $1 in --help) echo --config-test ;; *) exit 5 ;; esac", "", "this keepalived does not accept its configuration"},
		{"a start that fails", "", "case $* in 'restart keepalived') exit 1 ;; esac", "keepalived does not start: see journalctl -u keepalived"},
		{"one that cannot check", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newRouter(t, withVIP, nobody)
			g.stub("keepalived", c.keepalived)
			g.stub("systemctl", c.systemctl)
			if out, code, reason := g.runStep("keepalived"); reason != c.reason || code != min(len(c.reason), 1) {
				t.Errorf("exit code %d, reason %q\n%s", code, reason, out)
			}
		})
	}
}

func TestChangesOfTheVirtualIPAreEvents(t *testing.T) {
	g := newRouter(t, ownAddress, "")
	for _, state := range []string{"BACKUP", "MASTER", "FAULT", "STOP"} {
		if out, code := g.run("sh", "/usr/local/lib/hakube/virtual-ip", "INSTANCE", "kubernetes-api", state, "254"); code != 0 {
			t.Fatal(out)
		}
	}
	for _, text := range []string{"stands by for", "has the virtual IP 10.0.0.9 now", "cannot take the virtual IP 10.0.0.9: HAProxy does not answer here", "has left the virtual IP"} {
		if strings.Count(g.calls(), "hakube note virtual-ip ") != 4 || !strings.Contains(g.calls(), "hakube note virtual-ip "+text) {
			t.Errorf("no %q in\n%s", text, g.calls())
		}
	}
}

// The first control plane begins with a kubeconfig that is obeyed from the first moment on and goes over to the one that
// every control plane has.
func TestKubeVIPIsAStaticPod(t *testing.T) {
	const pod = "value: @interface@\npath: /etc/kubernetes/@kubeconfig@\n"
	g := newGuest(t)
	g.asked(`answers\ *) exit 1 ;; wait\ 500\ 10.0.0.9:6443) exit 0 ;;`)
	g.write("etc/hakube/node.env", strings.Replace(environment, "HAKUBE_VIRTUAL_IP=''", "HAKUBE_VIRTUAL_IP='10.0.0.9'", 1))
	g.write("etc/hakube/kube-vip.yaml", pod)
	g.stub("ip", "echo '2: ens3    inet 10.0.0.11/24 scope global ens3'")
	g.stub("kubeadm", "cat /etc/kubernetes/manifests/kube-vip.yaml >/tmp/at-init")
	if out, code, reason := g.runStep("init"); code != 0 {
		t.Fatalf("exit code %d, reason %q\n%s", code, reason, out)
	}
	if got := g.read("tmp/at-init"); got != "value: ens3\npath: /etc/kubernetes/super-admin.conf\n" {
		t.Errorf("during kubeadm init: %q", got)
	}
	if out, code, reason := g.runStep("kube-vip"); code != 0 {
		t.Fatalf("exit code %d, reason %q\n%s", code, reason, out)
	}
	if got := g.read("etc/kubernetes/manifests/kube-vip.yaml"); got != "value: ens3\npath: /etc/kubernetes/admin.conf\n" {
		t.Errorf("after it: %q", got)
	}
}

func TestWithoutKubeVIPThereIsNoPodOfIt(t *testing.T) {
	g := newGuest(t)
	g.asked(`answers\ *) exit 1 ;;`)
	g.stub("kubeadm", "")
	if _, code, reason := g.runStep("init"); code != 0 || g.read("etc/kubernetes/manifests/kube-vip.yaml") != "" {
		t.Errorf("exit code %d, reason %q, manifest %q", code, reason, g.read("etc/kubernetes/manifests/kube-vip.yaml"))
	}
}

// Everything that balances comes from each software source, on load balancers and on control planes that balance.
func TestBalancersAreInstalledFromEverySource(t *testing.T) {
	balancing := func(role string) string {
		return strings.NewReplacer("control-plane", role, "HAKUBE_BALANCER_PACKAGES=''", "HAKUBE_BALANCER_PACKAGES='haproxy keepalived'").Replace(environment)
	}
	apt := newAptGuest(t, exampleKey)
	apt.write("etc/hakube/node.env", balancing("load-balancer"))
	if out, code, _ := apt.runStep("packages-apt"); code != 0 || apt.installed() != "haproxy keepalived ca-certificates" {
		t.Errorf("apt: exit code %d, installed %s\n%s", code, apt.installed(), out)
	}
	apt = newAptGuest(t, exampleKey)
	apt.write("etc/hakube/node.env", balancing("control-plane"))
	if out, code, _ := apt.runStep("packages-apt"); code != 0 || !strings.HasPrefix(apt.installed(), "ca-certificates conntrack socat iptables ethtool ebtables haproxy keepalived; ") {
		t.Errorf("apt, control plane: exit code %d, installed %s\n%s", code, apt.installed(), out)
	}
	for role, want := range map[string]string{"load-balancer": "--no-upgrade haproxy keepalived\n", "control-plane": "socat iptables ethtool ebtables haproxy keepalived\n"} {
		g := withBundle(t, role)
		g.write("etc/hakube/node.env", g.read("etc/hakube/node.env")+"HAKUBE_BALANCER_PACKAGES='haproxy keepalived'\n")
		if out, code, reason := g.runStep("packages-bundle"); code != 0 || !strings.Contains(g.calls(), want) {
			t.Errorf("bundle, %s: exit code %d, %s, calls %s\n%s", role, code, reason, g.calls(), out)
		}
	}
	image := newGuest(t)
	image.stub("haproxy", "")
	image.write("etc/hakube/node.env", balancing("load-balancer"))
	if _, code, reason := image.runStep("packages-image"); code != 1 || reason != "the image has no keepalived (software: image)" {
		t.Errorf("image without keepalived: exit code %d, reason %q", code, reason)
	}
	image.stub("keepalived", "")
	if _, code, reason := image.runStep("packages-image"); code != 0 {
		t.Errorf("image: exit code %d, reason %q", code, reason)
	}
}
