// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hakube/hakube-seed/generator/secrets"
)

// storeFlags are the flags that say where secrets are kept and how.
func storeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "secrets", Usage: "keep the secrets in `DIR`, or in this file if they are encrypted (default: secrets/CLUSTER, secrets/CLUSTER.age)", EnvVars: environment("secrets")},
		&cli.StringSliceFlag{Name: "encrypt-to", Usage: "encrypt the secrets to the age public key `RECIPIENT`", EnvVars: environment("encrypt-to")},
		&cli.StringFlag{Name: "identity", Usage: "decrypt the secrets with the age identities in `FILE`", EnvVars: environment("identity")},
		&cli.StringFlag{Name: "passphrase-file", Usage: "encrypt and decrypt the secrets with the passphrase in `FILE`", EnvVars: environment("passphrase-file")},
	}
}

// storeOf returns the store of a cluster that the flags name.
func storeOf(c *cli.Context, clusterName string) (secrets.Store, error) {
	keys, err := keysOf(c)
	if err != nil {
		return nil, err
	}
	encrypted := keys.Passphrase != "" || keys.Identities != "" || len(keys.Recipients) > 0
	plain := filepath.Join("secrets", clusterName)
	path, other := c.String("secrets"), ""
	switch {
	case path == "" && encrypted:
		path, other = plain+".age", plain
	case path == "":
		path, other = plain, plain+".age"
	}
	// Beside the secrets that the cluster was made from, others must not come to be only because a flag was forgotten.
	if _, err := os.Stat(other); err == nil && !exists(path) {
		hint := "add --identity or --passphrase-file"
		if encrypted {
			hint = "leave --encrypt-to, --identity and --passphrase-file out, or name another place with --secrets"
		}
		return nil, failure{fmt.Errorf("the secrets of cluster %q are in %s, not in %s", clusterName, other, path), hint}
	}
	if !encrypted {
		return secrets.Dir{Path: path, Cluster: clusterName}, nil
	}
	return secrets.NewEncrypted(path, clusterName, keys)
}

// keysOf reads what the secrets are encrypted with.
func keysOf(c *cli.Context) (secrets.Keys, error) {
	keys := secrets.Keys{Recipients: c.StringSlice("encrypt-to")}
	if path := c.String("identity"); path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return keys, fmt.Errorf("reading the age identities in %q: %w", path, plainCause(err))
		}
		keys.Identities = string(text)
	}
	if path := c.String("passphrase-file"); path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return keys, fmt.Errorf("reading the passphrase in %q: %w", path, plainCause(err))
		}
		keys.Passphrase, _, _ = strings.Cut(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
		if keys.Passphrase == "" {
			return keys, fmt.Errorf("reading the passphrase in %q: its first line is empty", path)
		}
	}
	return keys, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
