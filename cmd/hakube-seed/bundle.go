// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hakube/hakube-seed/cmd/hakube-seed/download"
	"github.com/hakube/hakube-seed/generator/cluster"
)

func bundleCommand(p *printer) *cli.Command {
	return &cli.Command{
		Name:  "bundle",
		Usage: "collect on a disk what nodes without a network need, or check such a disk",
		Description: "With software: bundle in the inventory, nodes take packages and container images from this disk and ask no network.\n\n" +
			"Example:\n   $ hakube-seed bundle create inventory.yaml -o bundle.iso",
		Subcommands: []*cli.Command{bundleCreateCommand(p), bundleVerifyCommand(p)},
	}
}

func bundleCreateCommand(p *printer) *cli.Command {
	return &cli.Command{
		Name:      "create",
		Usage:     "fetch packages and images and write them to one ISO image",
		ArgsUsage: "INVENTORY",
		Description: "Fetches the packages that the nodes install with everything that those need, the container images of this Kubernetes\n" +
			"version and of the CNI manifest, and the manifest itself. Signatures and checksums are checked; what was fetched once\n" +
			"stays in a cache, and what was interrupted goes on where it ended.\n\n" +
			"Example:\n   $ hakube-seed bundle create inventory.yaml -o bundle.iso",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "bundle.iso", Usage: "write the bundle to `FILE`"},
			baseFlag(),
			&cli.StringSliceFlag{Name: "image", Usage: "carry the container image `REF`, too"},
			&cli.StringSliceFlag{Name: "file", Usage: "carry the file `FILE`, too, in files/"},
			&cli.StringFlag{Name: "mirror", Usage: "take the distribution's packages from `URL` (default: the inventory's apt.mirror, else the distribution's)", EnvVars: environment("mirror")},
			&cli.StringFlag{Name: "security-mirror", Usage: "take its security updates from `URL` (default: the inventory's apt.securityMirror, else the distribution's)", EnvVars: environment("security-mirror")},
			&cli.StringFlag{Name: "keyring", Usage: "the keys that sign them are in `FILE` (default: the inventory's apt.mirrorKeyFile, else the distribution's in /usr/share/keyrings)", EnvVars: environment("keyring")},
			&cli.StringFlag{Name: "kubernetes-repository", Usage: "take Kubernetes' packages from `URL` (default: the inventory's apt.kubernetes)", EnvVars: environment("kubernetes-repository")},
			&cli.StringFlag{Name: "kubernetes-key", Usage: "the key that signs them is in `FILE` (default: the inventory's apt.keyFile, else fetched from the repository)", EnvVars: environment("kubernetes-key")},
			&cli.StringFlag{Name: "kubernetes-fingerprint", Usage: "that key has the `FINGERPRINT` (default: the inventory's apt.fingerprint)", EnvVars: environment("kubernetes-fingerprint")},
			&cli.StringSliceFlag{Name: "registry-mirror", Usage: "ask for images of a registry at another address: `REGISTRY=URL` (default: its mirrors in the inventory)", EnvVars: environment("registry-mirror")},
			&cli.StringSliceFlag{Name: "from-dir", Usage: "do not fetch what is in `DIR` already, under any name"},
			&cli.StringFlag{Name: "cache", Usage: "keep what was fetched in `DIR` (default: hakube-seed in the user's cache directory)", EnvVars: environment("cache")},
			strictFlag(),
		},
		Action: p.bundleCreate,
	}
}

func bundleVerifyCommand(p *printer) *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "prove that a bundle is whole and has everything that the nodes need",
		ArgsUsage: "BUNDLE INVENTORY",
		Description: "BUNDLE is an ISO image or a directory. Checks every file's checksum, every image that kubeadm and the CNI manifest\n" +
			"ask for and the dependencies of every package, without a network, and names what is missing and who needs it. Against\n" +
			"damage, that is: who changes a bundle on purpose can write checksums that fit.\n\n" +
			"Example:\n   $ hakube-seed bundle verify bundle.iso inventory.yaml",
		Flags:  []cli.Flag{baseFlag(), strictFlag()},
		Action: p.bundleVerify,
	}
}

func baseFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "base", EnvVars: environment("base"),
		Usage: "the VM image has the packages in `FILE`: its /var/lib/dpkg/status (default: what every image of the distribution has)",
	}
}

// registriesOf returns how registries are reached: as the inventory says, or at the mirror that --registry-mirror names,
// which gets no login of theirs.
func registriesOf(c *cli.Context, plan *cluster.Cluster) (download.Registries, error) {
	var registries download.Registries
	for _, r := range plan.Registries {
		registries = append(registries, download.Registry(r))
	}
	for _, given := range c.StringSlice("registry-mirror") {
		registry, address, ok := strings.Cut(given, "=")
		if u, err := url.Parse(address); !ok || err != nil || registry == "" || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, usagef("write --registry-mirror=registry.k8s.io=http://10.0.0.1:5000", "--registry-mirror: %q is not a registry and the address of its mirror", given)
		}
		registries = slices.DeleteFunc(registries, func(r download.Registry) bool { return r.Name == registry })
		registries = append(registries, download.Registry{Name: registry, Mirrors: []string{address}})
	}
	return registries, nil
}

// addressOf reads a flag that is the address of a repository, without a slash at its end.
func addressOf(c *cli.Context, flag, otherwise string) (string, error) {
	given := c.String(flag)
	if given == "" {
		return otherwise, nil
	}
	u, err := url.Parse(given)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", usagef("", "--%s: %q is not an address that begins with http:// or https://", flag, given)
	}
	return strings.TrimRight(given, "/"), nil
}

// listed returns an error of several lines as one that has no hint in it.
func listed(err error) error {
	if err == nil {
		return nil
	}
	return failure{err, ""}
}

// bytesOf returns a number of bytes as people read it.
func bytesOf(n int64) string {
	const unit = 1 << 10
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, prefix := float64(n)/unit, 0
	for ; value >= unit && prefix < 4; prefix++ {
		value /= unit
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTP"[prefix])
}
