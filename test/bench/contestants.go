// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hakube/hakube-seed/seeds"
)

// suite is one run of the benchmark.
type suite struct{ dir, program string }

// seedSet is one cluster size: its inventory, its secrets, and the ready-made files for the other tools.
type seedSet struct {
	dir, inventory, secrets string
	nodes                   []string
}

// contestant is a way to make the media of a set.
type contestant struct {
	name string
	run  func(*suite, seedSet) (time.Duration, error)
}

func contestants() []contestant {
	return []contestant{
		{"hakube-seed gen", func(b *suite, s seedSet) (time.Duration, error) {
			took, _, err := b.gen(s, s.secrets)
			return took, err
		}},
		{"plain write", func(_ *suite, s seedSet) (time.Duration, error) { return s.write(func(*os.File) error { return nil }) }},
		{"write + fsync", func(_ *suite, s seedSet) (time.Duration, error) { return s.write((*os.File).Sync) }},
		{"genisoimage", perNode(func(d, out string) []string {
			return []string{"genisoimage", "-quiet", "-output", out, "-volid", "cidata", "-joliet", "-rock", d}
		})},
		{"cloud-localds", perNode(func(d, out string) []string {
			return []string{"cloud-localds", "-N", d + "/network-config", "-V", d + "/vendor-data", out, d + "/user-data", d + "/meta-data"}
		})},
		{"xorriso", perNode(func(d, out string) []string {
			return []string{"xorriso", "-as", "mkisofs", "-quiet", "-output", out, "-volid", "cidata", "-joliet", "-rock", d}
		})},
	}
}

func headings() []string {
	names := []string{}
	for _, c := range contestants() {
		names = append(names, c.name)
	}
	return names
}

// prepare writes the inventory of n nodes, makes its secrets and its seeds as directories and as ISOs.
func (b *suite) prepare(n int) (seedSet, error) {
	dir := filepath.Join(b.dir, fmt.Sprint(n))
	s := seedSet{dir: dir, inventory: filepath.Join(dir, "inventory.yaml"), secrets: filepath.Join(b.dir, "secrets-bench")}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return s, err
	}
	var text bytes.Buffer
	text.WriteString("apiVersion: hakube-seed/v1\ncluster: bench\nkubernetesVersion: 1.37.2\npodSubnet: 172.20.0.0/14\nserviceSubnet: 10.96.0.0/16\nnodeCIDRMask: 28\n" +
		"network: {cidr: 10.128.0.0/16, gateway: 10.128.0.1}\nuser: {passwordHash: $6$benchmark$notThePasswordOfAnyMachineAtAll}\nnodes:\n")
	for i := range n {
		role := "worker"
		switch {
		case i == 0:
			role = "load-balancer"
		case i < 4:
			role = "control-plane"
		}
		s.nodes = append(s.nodes, fmt.Sprintf("node-%d", i))
		fmt.Fprintf(&text, "  - {name: node-%d, role: %s, address: 10.128.%d.%d}\n", i, role, (i+10)/250, (i+10)%250+1)
	}
	if err := os.WriteFile(s.inventory, text.Bytes(), 0o600); err != nil {
		return s, err
	}
	for _, format := range []string{"dir", "iso"} {
		if err := run(b.program, "gen", s.inventory, "--format", format, "--secrets", s.secrets, "-o", filepath.Join(dir, format)); err != nil {
			return s, err
		}
	}
	return s, nil
}

// gen runs the whole command into a fresh directory; it returns the time and the peak memory in bytes.
func (b *suite) gen(s seedSet, secrets string) (time.Duration, int64, error) {
	out, err := fresh(filepath.Join(s.dir, "out"))
	if err != nil {
		return 0, 0, err
	}
	peak := filepath.Join(s.dir, "peak")
	// time forks the program from a small process: a child of this one would be charged this one's own peak
	cmd := exec.Command("time", "-f", "%M", "-o", peak, b.program, "gen", s.inventory, "--secrets", secrets, "-o", out)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, 0, fmt.Errorf("%w: %s", err, stderr.Bytes())
	}
	took := time.Since(start)
	text, err := os.ReadFile(peak)
	if err != nil {
		return 0, 0, err
	}
	kibibytes, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return took, kibibytes << 10, err
}

// write writes the finished images again, with as many workers as gen has, and finishes each file with sync.
func (s seedSet) write(sync func(*os.File) error) (time.Duration, error) {
	out, err := fresh(filepath.Join(s.dir, "out"))
	if err != nil {
		return 0, err
	}
	images := make([][]byte, len(s.nodes))
	for i, n := range s.nodes {
		if images[i], err = os.ReadFile(filepath.Join(s.dir, "iso", n+".iso")); err != nil {
			return 0, err
		}
	}
	start := time.Now()
	err = inParallel(len(s.nodes), func(i int) error {
		f, err := os.OpenFile(filepath.Join(out, s.nodes[i]+".iso"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		if _, err := f.Write(images[i]); err != nil {
			return err
		}
		if err := sync(f); err != nil {
			return err
		}
		return f.Close()
	})
	return time.Since(start), err
}

func inParallel(n int, f func(int) error) error {
	var group sync.WaitGroup
	errs := make([]error, seeds.AtOnce)
	for w := range errs {
		group.Go(func() {
			for i := w; i < n && errs[w] == nil; i += len(errs) {
				errs[w] = f(i)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// perNode calls a program once per node, as scripts do.
func perNode(command func(dir, out string) []string) func(*suite, seedSet) (time.Duration, error) {
	return func(_ *suite, s seedSet) (time.Duration, error) {
		out, err := fresh(filepath.Join(s.dir, "out"))
		if err != nil {
			return 0, err
		}
		start := time.Now()
		for _, n := range s.nodes {
			args := command(filepath.Join(s.dir, "dir", n), filepath.Join(out, n+".iso"))
			if text, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
				return 0, fmt.Errorf("%w: %s", err, text)
			}
		}
		return time.Since(start), nil
	}
}

// fresh empties a directory and flushes what earlier runs left, so that no run pays for another one's writes.
func fresh(dir string) (string, error) {
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	syscall.Sync()
	return dir, os.MkdirAll(dir, 0o700)
}

func run(name string, args ...string) error {
	if text, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, text)
	}
	return nil
}
