// SPDX-License-Identifier: Apache-2.0

//go:build unix

package seeds_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hakube/hakube-seed/seeds"
)

func benchmarkSeed() seeds.Seed {
	return seeds.Seed{
		Node:          "k8s-worker1",
		MetaData:      bytes.Repeat([]byte("m"), 99),
		UserData:      bytes.Repeat([]byte("0123456789abcde\n"), 20_000/16),
		NetworkConfig: bytes.Repeat([]byte("n"), 499),
		VendorData:    []byte("#cloud-config\n{}\n"),
	}
}

func BenchmarkISO(b *testing.B) {
	each(b, func(w *seeds.Writer, s seeds.Seed, _ string) error {
		_, err := w.ISO(s)
		return err
	})
}

func BenchmarkWriteISO(b *testing.B) {
	each(b, func(w *seeds.Writer, s seeds.Seed, path string) error {
		_, err := w.WriteISO(path, s)
		return err
	})
}

// each runs make with one and with two goroutines on one Writer.
func each(b *testing.B, make func(*seeds.Writer, seeds.Seed, string) error) {
	for goroutines := 1; goroutines <= 2; goroutines++ {
		b.Run(fmt.Sprintf("goroutines=%d", goroutines), func(b *testing.B) {
			w, err := seeds.NewWriter()
			if err != nil {
				b.Fatal(err)
			}
			defer w.Close()
			b.ReportAllocs()
			dir, s := b.TempDir(), benchmarkSeed()
			before := cpuTime()
			b.ResetTimer()
			var started atomic.Int64
			var group sync.WaitGroup
			for range goroutines {
				group.Go(func() {
					for n := started.Add(1); n <= int64(b.N); n = started.Add(1) {
						if err := make(w, s, filepath.Join(dir, fmt.Sprintf("%d.iso", n))); err != nil {
							b.Error(err)
						}
					}
				})
			}
			group.Wait()
			b.ReportMetric(float64(cpuTime()-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// cpuTime is the processor time of this process; on a busy machine it says more than the clock.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
