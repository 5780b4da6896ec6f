// SPDX-License-Identifier: Apache-2.0

package seeds_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hakube/hakube-seed/seeds"
)

// payload makes eight files of 64 MiB and returns them as a volume.
func payload(b *testing.B) (v seeds.Volume, total int64) {
	b.Helper()
	const size = 64 << 20
	dir := b.TempDir()
	v.Label = "HAKUBE"
	for i := range 8 {
		name := filepath.Join(dir, fmt.Sprint(i))
		if out, err := exec.Command("dd", "if=/dev/urandom", "of="+name, "bs=1M", fmt.Sprint("count=", size>>20)).CombinedOutput(); err != nil {
			b.Fatalf("%v %s", err, out)
		}
		v.Files = append(v.Files, seeds.VolumeFile{Path: fmt.Sprintf("images/node/%d.tar", i), Source: name})
		total += size
	}
	return v, total
}

// BenchmarkVolume compares writing a volume with cp. A volume is flushed to the disk and read back besides, which is in
// the time of an iteration and not in the MB/s-written.
func BenchmarkVolume(b *testing.B) {
	v, total := payload(b)
	to := b.TempDir()
	rate := func(b *testing.B, spent time.Duration) {
		b.ReportMetric(float64(total)*float64(b.N)/1e6/spent.Seconds(), "MB/s-written")
	}
	b.Run("volume", func(b *testing.B) {
		var spent time.Duration
		for b.Loop() {
			begun, last := time.Now(), time.Time{}
			v.OnWrite = func(int64) { last = time.Now() }
			if err := v.Write(b.Context(), filepath.Join(to, "bundle.iso")); err != nil {
				b.Fatal(err)
			}
			spent += last.Sub(begun)
		}
		rate(b, spent)
	})
	b.Run("cp", func(b *testing.B) {
		var spent time.Duration
		for b.Loop() {
			var sources []string
			for _, f := range v.Files {
				sources = append(sources, f.Source)
			}
			fresh := b.TempDir()
			begun := time.Now()
			if out, err := exec.Command("cp", append(sources, fresh)...).CombinedOutput(); err != nil {
				b.Fatalf("%v %s", err, out)
			}
			spent += time.Since(begun)
			if out, err := exec.Command("sync", "-f", fresh).CombinedOutput(); err != nil {
				b.Fatalf("%v %s", err, out)
			}
			os.RemoveAll(fresh)
		}
		rate(b, spent)
	})
}

// BenchmarkSum compares reading a volume's checksums, by all processors, with sha256sum by as many.
func BenchmarkSum(b *testing.B) {
	v, total := payload(b)
	path := filepath.Join(b.TempDir(), "bundle.iso")
	if err := v.Write(b.Context(), path); err != nil {
		b.Fatal(err)
	}
	b.Run("here", func(b *testing.B) {
		b.SetBytes(total)
		for b.Loop() {
			opened, err := seeds.OpenVolume(path)
			if err != nil {
				b.Fatal(err)
			}
			var all errgroup.Group
			all.SetLimit(runtime.NumCPU())
			for _, f := range opened.Files {
				all.Go(func() error {
					_, err := f.Sum(b.Context(), nil)
					return err
				})
			}
			if err := all.Wait(); err != nil {
				b.Fatal(err)
			}
			opened.Close()
		}
	})
	b.Run("sha256sum", func(b *testing.B) {
		b.SetBytes(total)
		for b.Loop() {
			cmd := exec.Command("sh", "-c", `printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" sha256sum`, "sh")
			for _, f := range v.Files {
				cmd.Args = append(cmd.Args, f.Source)
			}
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("%v %s", err, out)
			}
		}
	})
	_ = os.Remove(path)
}
