// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		if got, known := releaseOf(Version{1, r.Minor, 0}); !known || got != r {
			t.Errorf("1.%d.0 is %v, %v", r.Minor, got, known)
		}
		if wantAPI := map[bool]string{true: v1beta4, false: v1beta3}[r.Minor >= 31]; r.ConfigAPI != wantAPI || r.ECDSA != (r.Minor >= 31) {
			t.Errorf("1.%d: %s, ECDSA %v", r.Minor, r.ConfigAPI, r.ECDSA)
		}
	}
	if got, known := releaseOf(Version{1, newestRelease.Minor + 5, 1}); known || got != newestRelease {
		t.Errorf("a later minor has the facts of 1.%d, known: %v", got.Minor, known)
	}
}

// TestRetagged: every entry changes something, and entries stand in order, which releaseOf relies on.
func TestRetagged(t *testing.T) {
	before := Version{}
	for _, r := range retagged {
		v := Version{1, r.minor, r.patch}
		if !older(before.String(), v.String()) || r.patch == 0 {
			t.Errorf("%s stands after %s", v, before)
		}
		before = v
		old, _ := releaseOf(Version{1, r.minor, r.patch - 1})
		if now, known := releaseOf(v); !known || now == old || now.EtcdTag != r.etcd {
			t.Errorf("%s asks for etcd %s and CoreDNS %s, and so did the release before it", v, now.EtcdTag, now.CoreDNSTag)
		}
	}
}

// facts are the rows of the facts of kubeadm that the table was made of, each at the patch release that was read:
// version, newest configuration version, tags of etcd, CoreDNS and pause, how control planes join etcd, what happens on
// cgroup v1, kernel that preflight asks for, lowest containerd.
const facts = `
1.24.2  v1beta3 3.5.3-0  v1.8.6  3.7    voter   ok    3.10 1.6.4
1.29.6  v1beta3 3.5.12-0 v1.11.1 3.9    learner ok    3.10 1.6.27
1.30.14 v1beta3 3.5.15-0 v1.11.3 3.9    learner ok    3.10 1.7.13
1.31.14 v1beta4 3.5.24-0 v1.11.3 3.10   learner ok    3.10 1.7.20
1.32.13 v1beta4 3.5.24-0 v1.11.3 3.10   learner warn  4.19 1.7.24
1.33.13 v1beta4 3.5.24-0 v1.12.0 3.10   learner warn  4.19 1.7.24
1.34.4  v1beta4 3.6.5-0  v1.12.1 3.10.1 learner warn  3.10 1.7.28
1.35.4  v1beta4 3.6.6-0  v1.13.1 3.10.1 learner error 3.10 1.7.28
1.36.3  v1beta4 3.6.8-0  v1.14.2 3.10.2 learner error 3.10 2.2.0
1.37.2  v1beta4 3.7.0-0  v1.14.6 3.10.2 learner error 3.10 2.2.0
`

func TestReleasesAgreeWithTheFacts(t *testing.T) {
	for row := range strings.Lines(strings.TrimSpace(facts)) {
		want := strings.Fields(row)
		v, _ := ParseVersion(want[0])
		r, _ := releaseOf(v)
		_, api, _ := strings.Cut(r.ConfigAPI, "/")
		got := []string{
			v.String(), api, r.EtcdTag, r.CoreDNSTag, r.PauseTag,
			map[bool]string{true: "learner", false: "voter"}[r.Learner],
			map[Rule]string{Accepted: "ok", Warned: "warn", Refused: "error"}[r.CgroupV1],
			r.MinKernel, r.MinContainerd,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the facts (-) and the table (+):\n%s", v, diff)
		}
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
