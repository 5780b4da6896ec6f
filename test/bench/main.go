// SPDX-License-Identifier: Apache-2.0

// Command bench measures `hakube-seed gen` with existing secrets against what else makes NoCloud media, in one run on one
// machine: cloud-localds, genisoimage and xorriso called once per node on ready-made files, and plainly writing the same
// bytes. It prints medians and ratios as a Markdown table, and the memory and the cost per node of gen.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// budget is how long the runs of one contestant may take together, in seconds; at least one run, at most maxRuns. A
// contestant that the smaller sets show to need more than patience seconds is not run.
const (
	budget   = 20.0
	maxRuns  = 5
	patience = 60.0
)

func main() {
	if err := bench(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench() error {
	dir, err := os.MkdirTemp("", "hakube-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &suite{dir: dir, program: filepath.Join(dir, "hakube-seed")}
	if err := run("go", "build", "-trimpath", "-o", b.program, "./cmd/hakube-seed"); err != nil {
		return err
	}
	if err := b.table(); err != nil {
		return err
	}
	return b.scaling()
}

// table prints the medians of every contestant for 7, 100 and 1000 nodes.
func (b *suite) table() error {
	sizes := []int{7, 100, 1000}
	perNode := map[string]float64{} // seconds, as last measured
	fmt.Printf("| nodes | %s |\n|%s\n", strings.Join(headings(), " | "), strings.Repeat(" --: |", len(headings())+1))
	for _, n := range sizes {
		set, err := b.prepare(n)
		if err != nil {
			return err
		}
		cells := []string{fmt.Sprint(n)}
		var gen time.Duration
		for _, c := range contestants() {
			if expected := perNode[c.name] * float64(n); expected > patience {
				cells = append(cells, fmt.Sprintf("not run (about %.0f s)", expected))
				continue
			}
			t, runs, err := median(func() (time.Duration, error) { return c.run(b, set) })
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			perNode[c.name] = t.Seconds() / float64(n)
			if gen == 0 {
				gen = t
				cells = append(cells, fmt.Sprintf("%.3f s", t.Seconds()))
				continue
			}
			cells = append(cells, fmt.Sprintf("%.3f s (%.1f×, %d runs)", t.Seconds(), t.Seconds()/gen.Seconds(), runs))
		}
		fmt.Printf("| %s |\n", strings.Join(cells, " | "))
	}
	return nil
}

// scaling prints what must not grow: memory and cost per node; and the first run, which makes keys.
func (b *suite) scaling() error {
	fmt.Println("\n| gen | median | per node | peak memory |\n| --- | --: | --: | --: |")
	for _, n := range []int{100, 1000, 10000} {
		set, err := b.prepare(n)
		if err != nil {
			return err
		}
		var peak int64
		t, _, err := median(func() (time.Duration, error) {
			took, memory, err := b.gen(set, set.secrets)
			peak = max(peak, memory)
			return took, err
		})
		if err != nil {
			return err
		}
		fmt.Printf("| %d nodes | %.3f s | %.3f ms | %.1f MiB |\n", n, t.Seconds(), t.Seconds()*1000/float64(n), float64(peak)/(1<<20))
		os.RemoveAll(set.dir)
	}
	set, err := b.prepare(7)
	if err != nil {
		return err
	}
	first := 0
	t, _, err := median(func() (time.Duration, error) {
		first++
		took, _, err := b.gen(set, filepath.Join(b.dir, fmt.Sprintf("first-%d", first)))
		return took, err
	})
	if err == nil {
		fmt.Printf("| 7 nodes, first run with key generation | %.3f s | | |\n", t.Seconds())
	}
	return err
}

// median runs f within the budget and returns the median time and the number of runs.
func median(f func() (time.Duration, error)) (time.Duration, int, error) {
	var times []time.Duration
	spent := 0.0
	for len(times) == 0 || (len(times) < maxRuns && spent+times[0].Seconds() < budget) {
		t, err := f()
		if err != nil {
			return 0, 0, err
		}
		times = append(times, t)
		spent += t.Seconds()
	}
	slices.Sort(times)
	return times[len(times)/2], len(times), nil
}
