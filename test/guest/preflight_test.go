// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const wanted = `HAKUBE_NTP=''
HAKUBE_NOT_BEFORE='500'
HAKUBE_CHECKS='cpus memory disk kernel cgroup product-uuid clock address gateway ports'
HAKUBE_LEAST_CPUS='2'
HAKUBE_LEAST_MEMORY='1700'
HAKUBE_LEAST_DISK='25'
HAKUBE_LEAST_KERNEL='4.19'
HAKUBE_GATEWAY='10.0.0.1'
HAKUBE_PORTS='2379 6443 10250'
`

// bareMachine is a machine about which there is nothing to say, as Hyper-V gives one of 2 GB and 30 GB. Its clock says 1000.
func bareMachine(t *testing.T, settings string) *guest {
	t.Helper()
	g := newGuest(t)
	g.fakeClock()
	// a date of the machine's own, which the fake clock has only in seconds
	g.write("local/sbin/date", "#!/bin/sh\ncase $* in *%s*) cut -d. -f1 /tmp/now ;; *) echo 1970-01-01T00:16Z ;; esac\n")
	g.stub("hakube", "")
	g.settings(settings)
	g.stub("nproc", "echo 2")
	g.write("tmp/meminfo", "MemTotal:        2013628 kB\nMemFree:          12 kB\n")
	g.stub("df", `echo "Filesystem 1024-blocks Used Available Capacity Mounted on"; echo "/dev/sda1 29813476 1 1 1% /"`)
	g.stub("uname", "echo 5.15.0-1034-azure")
	g.write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n")
	g.write("sys/class/dmi/id/product_uuid", "4C4C4544-0039-4A10-8051-B7C04F4A4E32\n")
	g.stub("ip", `echo "1: lo    inet 127.0.0.1/8 scope host lo"; echo "2: eth0    inet 10.0.0.11/24 brd 10.0.0.255 scope global eth0"`)
	g.stub("python3", "")
	g.stub("ss", `echo "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process"; echo "LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:((\"sshd\",pid=7,fd=3))"`)
	return g
}

// settings writes node.env with its checksum.
func (g *guest) settings(more string) {
	g.t.Helper()
	text := environment + wanted + more
	g.write("etc/hakube/node.env", text)
	g.write("etc/hakube/files.sha256", fmt.Sprintf("%x  etc/hakube/node.env\n", sha256.Sum256([]byte(text))))
}

func TestPreflightSaysWhatToChange(t *testing.T) {
	const dead = `[ "$2" != ask ]`
	for _, c := range []struct {
		name, settings string
		spoil          func(g *guest)
		reason         string
	}{
		{"all is well", "", func(*guest) {}, ""},
		{"one processor", "", func(g *guest) { g.stub("nproc", "echo 1") }, "1 CPU, and 2 are needed: give the VM 2 processors"},
		{
			"dynamic memory", "", func(g *guest) { g.write("tmp/meminfo", "MemTotal: 992332 kB\n") },
			"969 MiB of memory, and 1700 are needed: give the VM 2048 MB from its start on, without dynamic memory",
		},
		{
			"a load balancer's memory", "HAKUBE_LEAST_MEMORY=400\n", func(g *guest) { g.write("tmp/meminfo", "MemTotal: 230000 kB\n") },
			"224 MiB of memory, and 400 are needed: give the VM 512 MB from its start on, without dynamic memory",
		},
		{
			"an image that was not made larger", "", func(g *guest) { g.stub("df", `echo head; echo "/dev/sda1 9974088 1 1 1% /"`) },
			"the disk has 9 GiB for /var/lib, and 25 are needed: make the virtual disk 30 GB and restart the VM",
		},
		{
			"a load balancer's disk", "HAKUBE_LEAST_DISK=3\n", func(g *guest) { g.stub("df", `echo head; echo "/dev/sda1 2074088 1 1 1% /"`) },
			"the disk has 1 GiB for /var/lib, and 3 are needed: make the virtual disk 5 GB and restart the VM",
		},
		{"an old kernel", "", func(g *guest) { g.stub("uname", "echo 4.15.0-213-generic") }, "kernel 4.15.0, and Kubernetes 1.37.2 needs 4.19: use a newer image"},
		{"the kernel that is needed", "", func(g *guest) { g.stub("uname", "echo 4.19+") }, ""},
		{
			"cgroup v1", "", func(g *guest) { g.must(os.Remove(filepath.Join(g.root, "sys/fs/cgroup/cgroup.controllers"))) },
			"cgroup v1, which Kubernetes 1.37.2 refuses: use a newer image, or one without systemd.unified_cgroup_hierarchy=0",
		},
		{
			"a product UUID of one digit", "", func(g *guest) { g.write("sys/class/dmi/id/product_uuid", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF\n") },
			"the product UUID 'ffffffff-ffff-ffff-ffff-ffffffffffff' is no machine's own: give the VM a new one",
		},
		{
			"a maker's product UUID", "", func(g *guest) { g.write("sys/class/dmi/id/product_uuid", "03000200-0400-0500-0006-000700080009\n") },
			"the product UUID '03000200-0400-0500-0006-000700080009' is no machine's own: give the VM a new one",
		},
		{"no firmware", "", func(g *guest) { g.must(os.Remove(filepath.Join(g.root, "sys/class/dmi/id/product_uuid"))) }, ""},
		{
			"a clock of long ago", "HAKUBE_NOT_BEFORE=32503680000\n", func(*guest) {},
			"the clock says 1970-01-01T00:16Z, which is before this cluster's certificates were made: set the clock of the VM's host, or give network.ntp",
		},
		{"a clock that is set meanwhile", "HAKUBE_NOT_BEFORE=1010\n", func(*guest) {}, ""},
		{"a clock that time servers will set", "HAKUBE_NOT_BEFORE=32503680000\nHAKUBE_NTP=10.0.0.1\n", func(*guest) {}, ""},
		{
			"an address that another machine has", "", func(g *guest) { g.stub("python3", `[ "$2" != probe ] || { echo 00:15:5d:0a:01:65; }`) },
			"10.0.0.11 is in use by the machine with the MAC address 00:15:5d:0a:01:65: switch that one off, or give this node another address",
		},
		{
			"no card with the address", "", func(g *guest) { g.stub("ip", `echo "2: eth0    inet 10.0.0.111/24 scope global eth0"`) },
			"no network card has 10.0.0.11: compare the mac of this node in the inventory with the VM's, or attach a card",
		},
		{
			"an IPv6 address that another machine has", "HAKUBE_ADDRESS=fd00::11\n", func(g *guest) { g.stub("ip", `echo "2: eth0    inet6 fd00::11/64 scope global dadfailed tentative"`) },
			"fd00::11 is in use by another machine: switch that one off, or give this node another address",
		},
		{
			"no gateway", "", func(g *guest) { g.stub("python3", dead) },
			"the gateway 10.0.0.1 does not answer: compare network.gateway with the network, and the VM's virtual switch with the one that leads there",
		},
		{
			"ports that are taken", "", func(g *guest) {
				g.stub("ss", `echo "LISTEN 0 9 *:6443 *:* users:((\"nginx\",pid=1,fd=6),(\"nginx\",pid=2,fd=6))"; echo "LISTEN 0 9 127.0.0.1:10250 0.0.0.0:*"; echo "LISTEN 0 9 [::]:16443 [::]:* users:((\"x\",pid=1))"`)
			},
			"port 6443 is taken by nginx: stop it, or use an image without it; port 10250 is taken by another program: stop it, or use an image without it",
		},
		{
			"ports that are this node's own", "", func(g *guest) {
				g.write("var/lib/hakube/identity", "hakube-lab-cp-1-1\n")
				g.stub("ss", `echo "LISTEN 0 9 *:6443 *:* users:((\"kube-apiserver\",pid=1,fd=6))"`)
			}, "",
		},
		{"what is ignored", "HAKUBE_CHECKS='memory ports'\n", func(g *guest) { g.stub("nproc", "echo 1"); g.stub("python3", dead) }, ""},
		{
			"several at once", "", func(g *guest) { g.stub("nproc", "echo 1"); g.stub("uname", "echo 3.10.0"); g.stub("python3", dead) },
			"1 CPU, and 2 are needed: give the VM 2 processors; kernel 3.10.0, and Kubernetes 1.37.2 needs 4.19: use a newer image; " +
				"the gateway 10.0.0.1 does not answer: compare network.gateway with the network, and the VM's virtual switch with the one that leads there",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := bareMachine(t, c.settings)
			c.spoil(g)
			out, code, reason := g.runStep("preflight")
			if reason != c.reason || (code == 0) != (c.reason == "") {
				t.Errorf("exit code %d, reason %q, want %q\n%s", code, reason, c.reason, out)
			}
			for _, path := range []string{"etc/hosts", "etc/machine-id", "etc/cloud/cloud-init.disabled"} {
				if _, err := os.Lstat(filepath.Join(g.root, path)); err == nil {
					t.Errorf("%s was written", path)
				}
			}
			if strings.Contains(g.calls(), "systemctl") {
				t.Errorf("something was started:\n%s", g.calls())
			}
		})
	}
}

func TestPreflightSeesDamagedGuestFiles(t *testing.T) {
	g := bareMachine(t, "")
	g.write("etc/hakube/files.sha256", fmt.Sprintf("%x  etc/hakube/node.env\n", sha256.Sum256([]byte("whole"))))
	if _, code, reason := g.runStep("preflight"); code != 1 || reason != "guest files are damaged: restart this machine" {
		t.Errorf("exit code %d, reason %q", code, reason)
	}
}

// A clone has the machine-id of the machine that it was made from; one that this boot has made stays.
func TestAMachineIDOfTheImageIsReplaced(t *testing.T) {
	const baked = "0123456789abcdef0123456789abcdef\n"
	for _, c := range []struct {
		name     string
		booted   string // seconds since 1970
		identity string
		id       string
		replaced bool
	}{
		{"baked into the image", "32503680000", "", baked, true},
		{"made in this boot", "1000", "", baked, false},
		{"a node's", "32503680000", "hakube-lab-cp-1-1\n", baked, false},
		{"none yet", "32503680000", "", "", false},
	} {
		g := newGuest(t)
		g.settings("")
		g.write("etc/cloud/cloud.cfg", "")
		g.write("tmp/stat", "cpu 1 2\nbtime "+c.booted+"\n")
		g.write("etc/machine-id", c.id)
		g.write("var/lib/dbus/machine-id", c.id)
		if c.identity != "" {
			g.write("var/lib/hakube/identity", c.identity)
		}
		if out, code, _ := g.runStep("identity"); code != 0 {
			t.Fatalf("%s: exit code %d: %s", c.name, code, out)
		}
		id := g.read("etc/machine-id")
		if replaced := id != c.id; replaced != c.replaced || replaced && (len(id) != 33 || strings.Trim(id, "0123456789abcdef") != "\n" || g.mode("etc/machine-id") != 0o444) {
			t.Errorf("%s: %q", c.name, id)
		}
		link, _ := os.Readlink(filepath.Join(g.root, "var/lib/dbus/machine-id"))
		if (link == "/etc/machine-id") != c.replaced || strings.Contains(g.calls(), "try-restart systemd-journald") != c.replaced {
			t.Errorf("%s: dbus has %q, calls:\n%s", c.name, link, g.calls())
		}
	}
}

func TestClonesAreNamed(t *testing.T) {
	g := newGuest(t)
	for _, c := range []struct{ nodes, want string }{
		{"cp-1 product-UUID aa\ncp-1 machine-id bb\ncp-2 product-UUID AB\ncp-2 machine-id bc\n", ""},
		{"cp-1 product-UUID \ncp-1 machine-id bb\ncp-2 product-UUID \ncp-2 machine-id bc\n", ""},
		{
			"cp-1 product-UUID aa\ncp-1 machine-id bb\ncp-2 product-UUID AA\ncp-2 machine-id bc\nw-1 product-UUID aa\n",
			"; cp-1 and cp-2 and w-1 have the same product-UUID: make one of them anew",
		},
		{"cp-1 machine-id bb\nw-1 machine-id bb\n", "; cp-1 and w-1 have the same machine-id: make one of them anew"},
	} {
		g.write("tmp/nodes", c.nodes)
		g.stub("kubectl", "cat /tmp/nodes")
		if out, code := g.run("sh", "/usr/local/lib/hakube/clones"); out != c.want || code != 0 {
			t.Errorf("%q: exit code %d, %q, want %q", c.nodes, code, out, c.want)
		}
	}
}
