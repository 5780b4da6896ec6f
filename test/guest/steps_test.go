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

// runStep runs a step of the templates as the engine does, and returns its output, exit code and reason.
func (g *guest) runStep(name string) (out string, code int, reason string) {
	g.t.Helper()
	out, code = g.run("sh", "/usr/local/lib/hakube/steps/"+name)
	return out, code, g.read("run/hakube/reason")
}

func TestSwapIsTakenOutOfFstab(t *testing.T) {
	for _, c := range []struct{ name, fstab, want string }{
		{"a swap file", "/swap.img none swap sw 0 0\n", "# hakube: /swap.img none swap sw 0 0\n"},
		{"a partition, with tabs", "UUID=1-2\tswap\tswap\tdefaults\t0\t0\n", "# hakube: UUID=1-2\tswap\tswap\tdefaults\t0\t0\n"},
		{"blanks before it", "   /swap.img none swap sw 0 0\n", "# hakube:    /swap.img none swap sw 0 0\n"},
		{"without options", "/swap.img none swap\n", "# hakube: /swap.img none swap\n"},
		{"a comment", "#/swap.img none swap sw 0 0\n", "#/swap.img none swap sw 0 0\n"},
		{"an indented comment", " # /swap.img none swap sw 0 0\n", " # /swap.img none swap sw 0 0\n"},
		{
			"no swap", "LABEL=root / ext4 discard 0 1\n/dev/sdb1 /swap ext4 defaults 0 0\nswap /mnt/swap ext4 swap 0 0\n",
			"LABEL=root / ext4 discard 0 1\n/dev/sdb1 /swap ext4 defaults 0 0\nswap /mnt/swap ext4 swap 0 0\n",
		},
		{"nothing", "", ""},
		{"no line end", "LABEL=root / ext4 discard 0 1\n/swap none swap sw 0 0", "LABEL=root / ext4 discard 0 1\n# hakube: /swap none swap sw 0 0\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGuest(t)
			g.write("tmp/swaps", "Filename Type Size Used Priority\n")
			g.write("etc/fstab", c.fstab)
			for range 2 {
				if out, code, _ := g.runStep("swap"); code != 0 {
					t.Fatalf("exit code %d: %s", code, out)
				}
				if got := g.read("etc/fstab"); got != c.want {
					t.Errorf("fstab is %q, want %q", got, c.want)
				}
			}
			if !strings.Contains(g.calls(), "systemctl mask swap.target zramswap.service systemd-zram-setup@zram0.service") {
				t.Errorf("calls: %s", g.calls())
			}
		})
	}
}

func TestSwapThatStaysOnIsAFailure(t *testing.T) {
	g := newGuest(t)
	g.write("etc/fstab", "")
	g.write("tmp/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1000 0 -2\n")
	if _, code, reason := g.runStep("swap"); code != 1 || reason != "swap is still on: /dev/sda2" {
		t.Errorf("exit code %d, reason %q", code, reason)
	}
}

func TestHostsAreReplacedNotRepeated(t *testing.T) {
	const image = "127.0.0.1 localhost\n127.0.1.1 cp-1\n::1 localhost\n"
	g := newGuest(t)
	g.stub("hostnamectl", "")
	g.write("etc/hosts", image)
	for _, block := range []string{"# hakube begin\n10.0.0.1 old\n# hakube end\n", "# hakube begin\n10.0.0.10 lb\n10.0.0.11 cp-1\n# hakube end\n"} {
		g.write("etc/hakube/hosts", block)
		for range 2 {
			if out, code, _ := g.runStep("hosts"); code != 0 {
				t.Fatalf("exit code %d: %s", code, out)
			}
			if got := g.read("etc/hosts"); got != block+image {
				t.Errorf("hosts:\n%s\nwant:\n%s", got, block+image)
			}
		}
	}
	info, err := os.Stat(filepath.Join(g.root, "etc/hosts"))
	g.must(err)
	if info.Mode() != 0o644 || !strings.Contains(g.calls(), "hostnamectl set-hostname cp-1\n") {
		t.Errorf("%v, calls: %s", info.Mode(), g.calls())
	}
}

// netbase brings /etc/hosts to Debian, and the smallest images lack it.
func TestHostsOfAnImageWithout(t *testing.T) {
	g := newGuest(t)
	g.stub("hostnamectl", "")
	const block = "# hakube begin\n10.0.0.10 lb\n# hakube end\n"
	g.write("etc/hakube/hosts", block)
	for range 2 {
		if out, code, _ := g.runStep("hosts"); code != 0 {
			t.Fatalf("exit code %d: %s", code, out)
		}
		if got, want := g.read("etc/hosts"), block+"127.0.0.1 localhost\n::1 localhost\n"; got != want {
			t.Errorf("hosts:\n%s\nwant:\n%s", got, want)
		}
	}
}

func TestIdentityIsTakenOnceAndForGood(t *testing.T) {
	g := newGuest(t)
	g.write("etc/cloud/cloud.cfg", "")
	list := fmt.Sprintf("%x  etc/hakube/node.env\n", sha256.Sum256([]byte(environment)))
	g.write("etc/hakube/files.sha256", list)
	for range 2 {
		if out, code, _ := g.runStep("identity"); code != 0 {
			t.Fatalf("exit code %d: %s", code, out)
		}
	}
	if got := g.read("var/lib/hakube/identity"); got != "hakube-lab-cp-1-1\n" {
		t.Errorf("identity %q", got)
	}
	for _, marker := range []string{"etc/cloud/cloud-init.disabled", "var/lib/hakube/seeded"} {
		if _, err := os.Stat(filepath.Join(g.root, marker)); err != nil {
			t.Error(err)
		}
	}
	other := strings.Replace(environment, "cp-1-1", "cp-2-1", 1)
	g.write("etc/hakube/node.env", other)
	g.write("etc/hakube/files.sha256", fmt.Sprintf("%x  etc/hakube/node.env\n", sha256.Sum256([]byte(other))))
	want := "this machine is hakube-lab-cp-1-1, the medium is hakube-lab-cp-2-1: boot it on an empty disk"
	if _, code, reason := g.runStep("identity"); code != 1 || reason != want {
		t.Errorf("another node's medium: exit code %d, reason %q", code, reason)
	}
}

func TestDamagedGuestFilesAreSeen(t *testing.T) {
	for name, list := range map[string]string{
		"half a file": fmt.Sprintf("%x  etc/hakube/node.env\n", sha256.Sum256([]byte("whole"))),
		"no file":     fmt.Sprintf("%x  etc/hakube/gone\n", sha256.Sum256(nil)),
		"no list":     "",
	} {
		g := newGuest(t)
		g.write("etc/cloud/cloud.cfg", "")
		g.write("etc/hakube/files.sha256", list)
		_, code, reason := g.runStep("identity")
		if code != 1 || reason != "guest files are damaged: restart this machine" {
			t.Errorf("%s: exit code %d, reason %q", name, code, reason)
		}
		if _, err := os.Stat(filepath.Join(g.root, "var/lib/hakube/seeded")); err == nil {
			t.Errorf("%s: seeded is there, so cloud-init would not write the files again", name)
		}
	}
}

func TestAClockBeforeTheCertificatesIsAFailure(t *testing.T) {
	g := newGuest(t)
	g.stub("timedatectl", "exit 1")
	g.stub("systemctl", "exit 3")
	g.write("etc/hakube/node.env", environment+"HAKUBE_TIMEZONE='Etc/UTC'\nHAKUBE_NTP=''\nHAKUBE_NOT_BEFORE='32503680000'\n")
	if _, code, reason := g.runStep("time"); code != 1 || !strings.Contains(reason, "before this cluster's certificates were made") {
		t.Errorf("exit code %d, reason %q", code, reason)
	}
	g.write("etc/hakube/node.env", environment+"HAKUBE_TIMEZONE='Etc/UTC'\nHAKUBE_NTP='10.0.0.1 ntp.example'\nHAKUBE_NOT_BEFORE='1000'\n")
	if out, code, _ := g.runStep("time"); code != 0 || g.read("etc/systemd/timesyncd.conf.d/hakube.conf") != "[Time]\nNTP=10.0.0.1 ntp.example\n" {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestScrubErasesWhatTheMediumLeft(t *testing.T) {
	for _, first := range []string{"", "etc/hakube/kubeadm-init.yaml"} {
		g := newGuest(t)
		g.stub("mountpoint", "exit 1")
		cloud := []string{
			"var/lib/cloud/instances/i/user-data.txt", "var/lib/cloud/instances/i/user-data.txt.i", "var/lib/cloud/instances/i/cloud-config.txt",
			"var/lib/cloud/instances/i/obj.pkl", "var/lib/cloud/instances/i/scripts/runcmd", "var/lib/cloud/instances/i/vendor-data.txt",
			"run/cloud-init/combined-cloud-config.json", "run/cloud-init/instance-data-sensitive.json", "var/lib/cloud/seed/nocloud/user-data",
			"etc/hakube/containerd.toml",
		}
		join := []string{"etc/hakube/kubeadm-join.yaml", "etc/hakube/redact.sed"}
		for _, path := range append(append(cloud, join...), "etc/hakube/kubeadm-init.yaml") {
			g.write(path, "abcdef.0123456789abcdef")
		}
		if first == "" {
			g.must(os.Remove(filepath.Join(g.root, "etc/hakube/kubeadm-init.yaml")))
		}
		if out, code, _ := g.runStep("scrub"); code != 0 {
			t.Fatalf("exit code %d: %s", code, out)
		}
		for _, path := range cloud {
			if g.read(path) != "" {
				t.Errorf("%s is still there", path)
			}
		}
		for _, path := range join {
			if kept := g.read(path) != ""; kept != (first != "") {
				t.Errorf("first control plane: %v, %s is there: %v", first != "", path, kept)
			}
		}
	}
}
