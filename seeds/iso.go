// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/hakube/hakube-seed/seeds/atomicfile"
	"github.com/hakube/hakube-seed/seeds/vhdx"
)

// maxFile is the longest file of a seed, in bytes. cloud-init reads user-data into memory whole, and an image is built
// in memory.
const maxFile = 64 << 20

// AtOnce is how many media are best written at once. Most of a medium's time is waiting for the disk to flush it, and
// flushes that wait together cost little more than one.
const AtOnce = 8

// Writer makes ISO images, and disks that hold them. Its methods may be called from several goroutines.
//
// go-diskfs wants a directory to read files from. The Writer gives it one below a private directory that Close removes,
// on a tmpfs where there is one, and puts empty stand-ins of the right lengths there: no secret ever lies in it, not
// even after a SIGKILL.
type Writer struct {
	closing   sync.RWMutex // held for reading while an image is laid out, so that Close leaves nothing behind
	workspace string       // empty after Close
	images    atomic.Int64
	buffers   sync.Pool // of *memory
	layouts   layouts
}

// NewWriter returns a Writer with a fresh workspace. The caller closes it, also when it is interrupted.
func NewWriter() (*Writer, error) {
	workspace, err := makeWorkspace()
	if err != nil {
		return nil, fmt.Errorf("making a workspace: %w; set TMPDIR to a directory that you may write to", err)
	}
	return &Writer{workspace: workspace, buffers: sync.Pool{New: func() any { return new(memory) }}}, nil
}

func makeWorkspace() (string, error) {
	var memoryBacked []string
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		memoryBacked = append(memoryBacked, dir)
	}
	if runtime.GOOS == "linux" {
		memoryBacked = append(memoryBacked, "/dev/shm")
	}
	for _, parent := range memoryBacked {
		if dir, err := os.MkdirTemp(parent, "hakube-seed-"); err == nil {
			return dir, nil
		}
	}
	return os.MkdirTemp("", "hakube-seed-")
}

// Close waits for images being laid out and removes the workspace. A closed Writer makes no more images.
func (w *Writer) Close() error {
	w.closing.Lock()
	defer w.closing.Unlock()
	workspace := w.workspace
	w.workspace = ""
	return os.RemoveAll(workspace)
}

// ISO returns the image of a seed: ISO 9660 with Rock Ridge and Joliet, labelled cidata, with the four files in its
// root, owned by root and readable by nobody else. The image depends on the seed's bytes alone. It has been read back by
// other code than the one that wrote it.
func (w *Writer) ISO(s Seed) ([]byte, error) {
	m := w.buffers.Get().(*memory)
	defer w.buffers.Put(m)
	if err := w.build(m, s); err != nil {
		return nil, err
	}
	return append([]byte(nil), m.data...), nil
}

// WriteISO writes the image of a seed to path, readable by the user alone, and returns its SHA-256 in hex. After an error
// path is untouched.
func (w *Writer) WriteISO(path string, s Seed) (string, error) {
	return w.write(path, s, func(image []byte) []byte { return image })
}

// WriteVHDX writes the same image as WriteISO as a disk for Hyper-V. cloud-init looks for the label on disks and discs alike.
func (w *Writer) WriteVHDX(path string, s Seed) (string, error) {
	return w.write(path, s, vhdx.Wrap)
}

func (w *Writer) write(path string, s Seed, wrap func(image []byte) []byte) (string, error) {
	m := w.buffers.Get().(*memory)
	defer w.buffers.Put(m)
	if err := w.build(m, s); err != nil {
		return "", fmt.Errorf("writing %s: %w", path, err)
	}
	medium := wrap(m.data)
	if err := atomicfile.Write(path, 0o600, medium); err != nil {
		return "", advise(path, err)
	}
	sum := sha256.Sum256(medium)
	return hex.EncodeToString(sum[:]), nil
}

func (w *Writer) build(m *memory, s Seed) error {
	for _, f := range s.Files() {
		if len(f.Content) > maxFile {
			return fmt.Errorf("%s %w", f.Name, errTooLong(int64(len(f.Content))))
		}
	}
	if err := w.layOut(m, s); err != nil {
		return fmt.Errorf("laying out the image: %w", err)
	}
	if err := finish(m, s.Files()); err != nil {
		return err
	}
	if err := verify(m.data, s); err != nil {
		return fmt.Errorf("reading the image back: %w", err)
	}
	return nil
}

// layOut puts the layout of the seed's image into m: the one of an earlier seed that takes the same sectors, or a new one.
func (w *Writer) layOut(m *memory, s Seed) error {
	w.closing.RLock()
	defer w.closing.RUnlock()
	if w.workspace == "" {
		return errors.New("the writer is closed")
	}
	shape := shapeOf(s.Files())
	if w.layouts.load(m, shape) {
		return nil
	}
	dir := filepath.Join(w.workspace, strconv.FormatInt(w.images.Add(1), 10))
	if err := standIns(dir, s.Files()); err != nil {
		return err
	}
	if err := layOut(m, dir, Label); err != nil {
		return err
	}
	w.layouts.store(m, shape)
	return nil
}
