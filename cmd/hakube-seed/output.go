// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/secrets"
)

// output is a directory of media as an earlier run left it.
type output struct {
	dir      string
	manifest *manifest // nil when there is none
	media    []string  // file names
	used     bool      // something in it was made from secrets
}

// lookAt returns what is in an output directory, and an error when it is another cluster's.
func lookAt(dir, clusterName string) (output, error) {
	o := output{dir: dir}
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return o, failure{fmt.Errorf("%s is a file, not a directory", dir), "name another directory with --output"}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return o, nil
	}
	switch o.manifest, err = readManifest(dir); {
	case err == nil && o.manifest.Cluster != clusterName:
		return o, failure{
			fmt.Errorf("%s holds the media of cluster %q, not of %q", dir, o.manifest.Cluster, clusterName),
			"name another directory with --output",
		}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return o, err
	}
	if o.media, err = mediaIn(dir); err != nil {
		return o, err
	}
	_, err = os.Stat(filepath.Join(dir, kubeconfigName))
	o.used = o.manifest != nil || len(o.media) > 0 || err == nil
	return o, nil
}

// check returns an error when what is in the directory was made from other secrets.
func (o output) check(s *secrets.Secrets, store secrets.Store) error {
	if o.manifest == nil || o.manifest.Secrets == s.Fingerprint() {
		return nil
	}
	return failure{
		fmt.Errorf("the media in %s were made from other secrets (%s) than those in %s (%s)", o.dir, o.manifest.Secrets, store, s.Fingerprint()),
		"name the secrets that they were made from with --secrets; to begin a new cluster, move " + o.dir + " away",
	}
}

// protect returns the store as LoadOrCreate may use it: where output exists, nothing may be created.
func (o output) protect(store secrets.Store) secrets.Store {
	if !o.used {
		return store
	}
	return loadOnly{store, failure{
		fmt.Errorf("%s holds media, but there are no secrets in %s; new ones would lock you out of the cluster that was made from these media", o.dir, store),
		"put the secrets back from a backup or name them with --secrets; to begin a new cluster, move " + o.dir + " away",
	}}
}

// loadOnly is a store in which nothing new may be kept.
type loadOnly struct {
	secrets.Store
	refusal error
}

// Create returns why not.
func (s loadOnly) Create(*secrets.Secrets) error { return s.refusal }

// strays returns the media in the directory that a run for the whole plan in this format does not write.
func (o output) strays(plan *cluster.Cluster, format string) []string {
	written := map[string]bool{}
	for _, n := range plan.Nodes {
		written[mediumName(format, n)] = true
	}
	return slices.DeleteFunc(slices.Clone(o.media), func(name string) bool { return written[name] })
}

// prepare makes the directory and says in it, before the first medium is there, whose media will be in it.
func (o output) prepare(m manifest) error {
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return fmt.Errorf("making the directory %s: %w", o.dir, plainCause(err))
	}
	if o.manifest != nil {
		return nil
	}
	m.Nodes = []manifestNode{}
	return m.write(o.dir)
}
