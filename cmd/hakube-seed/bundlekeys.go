// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hakube/hakube-seed/generator/bundle"
	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/seeds"
)

// maxKey is the longest key file, in bytes.
const maxKey = 1 << 20

// index reads the lists of all repositories, whose signatures must hold.
func (j *bundleJob) index(c *cli.Context, apt cluster.APT) (*bundle.Index, error) {
	distribution, err := bundle.DistributionOf(j.needs.OS)
	if err != nil {
		return nil, err
	}
	if distribution.Mirror, err = addressOf(c, "mirror", cmp.Or(apt.Mirror, distribution.Mirror)); err != nil {
		return nil, err
	}
	if distribution.SecurityMirror, err = addressOf(c, "security-mirror", cmp.Or(apt.SecurityMirror, distribution.SecurityMirror)); err != nil {
		return nil, err
	}
	kubernetes, err := addressOf(c, "kubernetes-repository", apt.Kubernetes)
	if err != nil {
		return nil, err
	}
	keys, err := distributionKeys(c, distribution, apt.MirrorKey)
	if err != nil {
		return nil, err
	}
	var packages []*bundle.Package
	for _, r := range distribution.Repositories() {
		if packages, err = j.list(c.Context, r, keys, packages); err != nil {
			return nil, err
		}
	}
	if keys, err = j.kubernetesKey(c, kubernetes, apt); err != nil {
		return nil, err
	}
	if packages, err = j.list(c.Context, bundle.Repository{URL: kubernetes}, keys, packages); err != nil {
		return nil, err
	}
	return bundle.NewIndex(packages), nil
}

// list appends the packages of a repository.
func (j *bundleJob) list(ctx context.Context, r bundle.Repository, keys bundle.Keyring, packages []*bundle.Package) ([]*bundle.Package, error) {
	l, err := j.client.Repository(ctx, r, keys, time.Now())
	if err != nil {
		return nil, listed(err)
	}
	if !l.Outdated.IsZero() {
		j.printer.warningf("the package list of %s was valid until %s; newer updates may exist", r, day(l.Outdated))
	}
	return append(packages, l.Packages...), nil
}

// distributionKeys returns the keys that sign the distribution's lists: of --keyring, of the inventory, or of this machine.
func distributionKeys(c *cli.Context, d bundle.Distribution, given []byte) (bundle.Keyring, error) {
	name, hint := c.String("keyring"), ""
	if name == "" && given != nil {
		return bundle.ReadKeyring(given)
	}
	if name == "" {
		name = d.Keyring
		hint = fmt.Sprintf("install the Debian package %s, or name its file with --keyring", d.KeyringPackage)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			hint = ""
		}
		return bundle.Keyring{}, failure{fmt.Errorf("reading the keyring %s: %w", name, plainCause(err)), hint}
	}
	keys, err := bundle.ReadKeyring(data)
	if err != nil {
		return bundle.Keyring{}, failure{fmt.Errorf("reading the keyring %s: %w", name, err), hint}
	}
	return keys, nil
}

// kubernetesKey returns the key of Kubernetes' repository, which must have the known fingerprint.
func (j *bundleJob) kubernetesKey(c *cli.Context, repository string, apt cluster.APT) (bundle.Keyring, error) {
	name := c.String("kubernetes-key")
	data, err := apt.Key, error(nil)
	switch {
	case name != "":
		if data, err = os.ReadFile(name); err != nil {
			err = fmt.Errorf("reading the key %s: %w", name, plainCause(err))
		}
	case data != nil:
		name = "apt.keyFile"
	default:
		name = repository + "/Release.key"
		data, err = j.client.Get(c.Context, name, maxKey)
	}
	if err != nil {
		return bundle.Keyring{}, listed(err)
	}
	keys, err := bundle.ReadKeyring(data)
	if err != nil {
		return bundle.Keyring{}, failure{fmt.Errorf("%s: %w", name, err), ""}
	}
	if keys, err = keys.Only(cmp.Or(c.String("kubernetes-fingerprint"), apt.Fingerprint)); err != nil {
		return bundle.Keyring{}, failure{fmt.Errorf("%s: %w", name, err), "a repository of your own has a key of its own: name its fingerprint with --kubernetes-fingerprint, or in the inventory as apt.fingerprint"}
	}
	return keys, nil
}

// sumOfFile returns the SHA-256 of a file in hex.
func sumOfFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", name, plainCause(err))
	}
	defer f.Close()
	sum, err := seeds.Sum(context.Background(), f, nil)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", name, plainCause(err))
	}
	return sum, nil
}
