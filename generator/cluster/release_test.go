// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"testing"
)

func TestParseVersion(t *testing.T) {
	for s, want := range map[string]Version{"1.37.2": {1, 37, 2}, "1.24.0": {1, 24, 0}, "0.0.0": {}} {
		if v, ok := ParseVersion(s); !ok || v != want || v.String() != s {
			t.Errorf("ParseVersion(%q) = %v, %v", s, v, ok)
		}
	}
	for _, s := range []string{"", "1.37", "v1.37.2", "1.37.2-rc.1", "1.37.02", "1.37.2.1", " 1.37.2", "1.37.2\n", "1.99999.0", "1.-1.0"} {
		if v, ok := ParseVersion(s); ok {
			t.Errorf("ParseVersion(%q) = %v", s, v)
		}
	}
}

func TestReleaseTable(t *testing.T) {
	for i, r := range releases {
		if r.Minor != releases[0].Minor+i {
			t.Errorf("row %d is of 1.%d: rows must follow each other", i, r.Minor)
		}
		if got, known := releaseOf(r.Minor); !known || got != r {
			t.Errorf("releaseOf(%d) = %v, %v", r.Minor, got, known)
		}
		if wantAPI := map[bool]string{true: v1beta4, false: v1beta3}[r.Minor >= 31]; r.ConfigAPI != wantAPI || r.ECDSA != (r.Minor >= 31) {
			t.Errorf("1.%d: %s, ECDSA %v", r.Minor, r.ConfigAPI, r.ECDSA)
		}
	}
	if got, known := releaseOf(newestRelease.Minor + 5); known || got != newestRelease {
		t.Errorf("a later minor has the facts of 1.%d, known: %v", got.Minor, known)
	}
}

func TestOlder(t *testing.T) {
	for _, pair := range [][2]string{{"1.6.20", "1.7"}, {"1.6.4", "1.6.20"}, {"4.15", "4.19"}, {"5.4", "5.15"}, {"1.7.28", "2"}, {"5.4", "5.4.1"}} {
		if !older(pair[0], pair[1]) || older(pair[1], pair[0]) || older(pair[0], pair[0]) {
			t.Errorf("%s is older than %s, and not the other way round", pair[0], pair[1])
		}
	}
	if older("2", "2.0") || older("2.0", "2") {
		t.Error("2 and 2.0 are the same")
	}
}

func TestCalicoTable(t *testing.T) {
	for minor, want := range map[int]string{24: "v3.25.2", 26: "v3.27.5", 27: "v3.28.5", 30: "v3.30.4", 32: "v3.31.7", 34: "v3.32.1", 36: "v3.32.1", 37: "v3.32.1", 41: "v3.32.1"} {
		if got := calicoFor(minor).version; got != want {
			t.Errorf("Kubernetes 1.%d gets Calico %s, want %s", minor, got, want)
		}
	}
	sums := map[string]bool{}
	for i, r := range calicoReleases {
		if i > 0 && !older(r.version[1:], calicoReleases[i-1].version[1:]) {
			t.Errorf("%s stands after %s", r.version, calicoReleases[i-1].version)
		}
		for _, sum := range []string{r.plain, r.withTypha} {
			url := r.url("calico.yaml")
			if parseURL(url) != nil || !sumPattern.MatchString(sum) || sums[sum] {
				t.Errorf("%s: %s %s", r.version, url, sum)
			}
			sums[sum] = true
		}
	}
}
