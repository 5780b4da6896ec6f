// SPDX-License-Identifier: Apache-2.0

package bundle_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/bundle"
)

// installedBy returns what a guest's step installs: the arguments of its get, without options, on a node with that
// environment.
func installedBy(t *testing.T, step string, environment *strings.Replacer) []string {
	t.Helper()
	script, err := os.ReadFile("../../templates/usr/local/lib/hakube/steps/" + step)
	if err != nil {
		t.Fatal(err)
	}
	var packages []string
	for line := range strings.Lines(string(script)) {
		command, _, _ := strings.Cut(strings.TrimSpace(line), "||")
		arguments, isGet := strings.CutPrefix(command, "get ")
		if !isGet {
			continue
		}
		for _, word := range strings.Fields(environment.Replace(arguments)) {
			if !strings.HasPrefix(word, "--") {
				packages = append(packages, strings.Replace(strings.Trim(word, `"`), "=$HAKUBE_VERSION-*", " 1.37.2", 1))
			}
		}
	}
	return sortedOnce(packages)
}

func sortedOnce(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

// A package that a step installs and no bundle carries is found out on a machine without a network, too late.
func TestBundlesCarryWhatTheStepsInstall(t *testing.T) {
	c := plan(t, "")
	needs, err := bundle.NeedsOf(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	var carried []string
	for _, p := range needs.Packages {
		carried = append(carried, strings.TrimSpace(p.Name+" "+p.Version))
	}
	environment := strings.NewReplacer(
		`$(printf "%s=$HAKUBE_VERSION-* " $(programs))`, "kubelet=$HAKUBE_VERSION-* kubeadm=$HAKUBE_VERSION-* kubectl=$HAKUBE_VERSION-*",
		"$HAKUBE_BALANCER_PACKAGES", strings.Join(c.BalancerPackages(c.Nodes[0]), " "), "$HAKUBE_FIREWALL", "",
	)
	for step, more := range map[string][]string{
		"packages-bundle": nil,
		// the network's certificates are checked, and Docker needs a network
		"packages-apt": {"ca-certificates", "docker.io", "$cri_dockerd"},
	} {
		if diff := cmp.Diff(sortedOnce(slices.Concat(carried, more)), installedBy(t, step, environment)); diff != "" {
			t.Errorf("a bundle carries (-), %s installs (+):\n%s", step, diff)
		}
	}
}
