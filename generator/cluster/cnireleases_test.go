// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestCalicoFollowsKubernetes(t *testing.T) {
	for minor, want := range map[int]string{24: "v3.25.2", 26: "v3.27.5", 27: "v3.28.5", 30: "v3.30.4", 32: "v3.31.7", 34: "v3.32.1", 36: "v3.32.1", 37: "v3.32.1", 41: "v3.32.1"} {
		if got := calico.newestFor(minor).version; got != want {
			t.Errorf("Kubernetes 1.%d gets Calico %s, want %s", minor, got, want)
		}
	}
}

func TestReleasesOfPodNetworks(t *testing.T) {
	sums := map[string]bool{}
	for _, known := range []cniReleases{calico, flannel} {
		for i, r := range known.list {
			if i > 0 && !older(r.version[1:], known.list[i-1].version[1:]) {
				t.Errorf("%s: %s stands after %s", known.name, r.version, known.list[i-1].version)
			}
			for _, sum := range []string{r.plain, r.withTypha} {
				if sum == "" && known.name == "flannel" {
					continue
				}
				if !sumPattern.MatchString(sum) || sums[sum] {
					t.Errorf("%s: %s %s", known.name, r.version, sum)
				}
				sums[sum] = true
			}
		}
	}
}
