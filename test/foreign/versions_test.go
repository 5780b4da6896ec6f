// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/inventory"
)

// built returns the releases of kubeadm that run.sh had built, oldest first: two of them in make foreign, one of every
// minor of the version table in make versions.
var built = sync.OnceValues(func() ([]kubeadm, error) {
	var all []kubeadm
	for _, s := range strings.Fields(os.Getenv("KUBEADMS")) {
		v, ok := cluster.ParseVersion(s)
		if !ok || len(all) > 0 && all[len(all)-1].version.Minor >= v.Minor {
			return nil, fmt.Errorf("KUBEADMS: %s is no version, or not of a later minor than the one before it", s)
		}
		all = append(all, kubeadm{v})
	}
	if len(all) == 0 {
		return nil, errors.New("KUBEADMS is empty: run test/foreign/run.sh")
	}
	return all, nil
})

func kubeadms(t *testing.T) []kubeadm {
	t.Helper()
	all, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// kubeadmFor is the kubeadm of a cluster's minor, or else the nearest newer one.
func kubeadmFor(t *testing.T, c *cluster.Cluster) kubeadm {
	t.Helper()
	all := kubeadms(t)
	i := slices.IndexFunc(all, func(k kubeadm) bool { return k.version.Minor >= c.Version.Minor })
	if i < 0 {
		t.Fatalf("no kubeadm is as new as %s", c.Version)
	}
	return all[i]
}

// hearing is an example before a kubeadm.
type hearing struct {
	kubeadm
	example
}

// own is whether the example's version is the kubeadm's.
func (h hearing) own() bool { return h.version == h.cluster.Version }

// hearings are all examples, each as it is before the nearest kubeadm, and with each kubeadm's own version before that.
func hearings(t *testing.T) []hearing {
	t.Helper()
	all, err := heard()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range examples(t) {
		if h := (hearing{kubeadmFor(t, e.cluster), e}); !h.own() {
			all = append(all, h)
		}
	}
	return all
}

// onePerKubeadm are hearings of examples that have their kubeadm's own version, one before each kubeadm.
func onePerKubeadm(t *testing.T) []hearing {
	t.Helper()
	all, err := heard()
	if err != nil {
		t.Fatal(err)
	}
	return slices.CompactFunc(slices.Clone(all), func(a, b hearing) bool { return a.kubeadm == b.kubeadm })
}

// heard are the examples with each kubeadm's own version, in the order of kubeadms.
var heard = sync.OnceValues(func() ([]hearing, error) {
	examples, err := rendered()
	if err != nil {
		return nil, err
	}
	kubeadms, err := built()
	if err != nil {
		return nil, err
	}
	var all []hearing
	for _, k := range kubeadms {
		heard := 0
		for _, e := range examples {
			at, err := e.at(k.version)
			if impossible(err) {
				continue
			}
			if err != nil {
				return nil, err
			}
			heard++
			all = append(all, hearing{k, at})
		}
		if heard < len(examples)-3 {
			return nil, fmt.Errorf("only %d of %d examples can be of %s", heard, len(examples), k.version)
		}
	}
	return all, nil
})

var versionLine = regexp.MustCompile(`(?m)^kubernetesVersion: .*$`)

// at is the example with another version of Kubernetes.
func (e example) at(v cluster.Version) (example, error) {
	if v == e.cluster.Version {
		return e, nil
	}
	at, err := render(e.path, versionLine.ReplaceAll(e.text, []byte("kubernetesVersion: "+v.String())))
	at.name += "-" + v.String()
	return at, err
}

// belongs are what the plan says of the few things in the examples that not every version has.
var belongs = regexp.MustCompile(`^((nftables|failCgroupV1) is there from Kubernetes 1\.31 on|kubeadm patches kubeletconfiguration from 1\.25 on|Ubuntu 18\.04 )`)

// impossible reports whether an example cannot be of the version that it was given, for one of those reasons alone.
func impossible(err error) bool {
	var r refusal
	return errors.As(err, &r) && !slices.ContainsFunc(r.diagnostics, func(d inventory.Diagnostic) bool {
		return d.Severity == inventory.Error && !belongs.MatchString(d.Message)
	})
}
