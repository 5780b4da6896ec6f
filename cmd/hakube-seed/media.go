// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/hakube/hakube-seed/generator"
	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/seeds"
)

// The values of --format.
const (
	formatISO  = "iso"
	formatVHDX = "vhdx"
	formatDir  = "dir"
)

var formats = []string{formatISO, formatVHDX, formatDir}

// endings are what the names of media end in, after the node's.
var endings = map[string]string{formatISO: ".iso", formatVHDX: seeds.VHDXEnding, formatDir: ""}

// errInterrupted says that the user ended the program, not a fault.
var errInterrupted = errors.New("interrupted")

// mediaWriter writes media into a directory.
type mediaWriter struct {
	dir    string
	format string
	images *seeds.Writer
	done   func(n int) // told after every medium how many there are by now
}

// writeAll writes the media of nodes and returns what each of them is, in the same order. No more than
// seeds.AtOnce seeds are in memory at a time. When ctx ends it finishes the media that it has begun and returns errInterrupted.
func (w mediaWriter) writeAll(ctx context.Context, g *generator.Generator, nodes []cluster.Node) ([]manifestNode, error) {
	written := make([]manifestNode, len(nodes))
	var count atomic.Int64
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(seeds.AtOnce)
	for i, node := range nodes {
		if running.Err() != nil {
			break
		}
		group.Go(func() error {
			var err error
			if written[i], err = w.write(g, node); err != nil {
				return err
			}
			w.done(int(count.Add(1)))
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if ctx.Err() != nil && int(count.Load()) < len(nodes) {
		return nil, failure{
			fmt.Errorf("%w: %d of %d media are written", errInterrupted, count.Load(), len(nodes)),
			"run the same command again; it keeps the secrets and writes every medium",
		}
	}
	return written, nil
}

// write writes the medium of one node.
func (w mediaWriter) write(g *generator.Generator, node cluster.Node) (manifestNode, error) {
	seed, err := g.Seed(node)
	if err != nil {
		return manifestNode{}, fmt.Errorf("making the seed of node %q: %w", node.Name, err)
	}
	entry := manifestNode{
		Node:            node.Name,
		Role:            string(node.Role),
		Address:         node.Address.String(),
		InstanceID:      node.InstanceID,
		Secrets:         seed.Secrets,
		JoinCredentials: joinCredentials(seed.Secrets),
	}
	name := mediumName(w.format, node)
	if w.format == formatDir {
		if err := seeds.WriteDir(filepath.Join(w.dir, name), seed); err != nil {
			return manifestNode{}, err
		}
		for _, f := range seed.Files() {
			sum := sha256.Sum256(f.Content)
			entry.Media = append(entry.Media, mediaFile{path.Join(name, f.Name), hex.EncodeToString(sum[:])})
		}
		return entry, nil
	}
	write := w.images.WriteISO
	if w.format == formatVHDX {
		write = w.images.WriteVHDX
	}
	sum, err := write(filepath.Join(w.dir, name), seed)
	if err != nil {
		return manifestNode{}, err
	}
	entry.Media = []mediaFile{{name, sum}}
	return entry, nil
}

// mediumName returns the name of a node's medium in the output directory.
func mediumName(format string, node cluster.Node) string { return node.Name + endings[format] }
