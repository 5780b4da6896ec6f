// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Version is an exact Kubernetes version.
type Version struct{ Major, Minor, Patch int }

// String returns the version without a leading v, as in 1.37.2.
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

var versionPattern = regexp.MustCompile(`^(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})$`)

// ParseVersion reads an exact version: three numbers, nothing before and nothing after them.
func ParseVersion(s string) (v Version, ok bool) {
	parts := versionPattern.FindStringSubmatch(s)
	if parts == nil {
		return Version{}, false
	}
	for i, n := range []*int{&v.Major, &v.Minor, &v.Patch} {
		*n, _ = strconv.Atoi(parts[i+1]) // the pattern admits nothing else
	}
	return v, true
}

// Release is what is true of one Kubernetes minor: one row of the version table.
type Release struct {
	Minor         int    // of Kubernetes 1.Minor
	ConfigAPI     string // newest kubeadm configuration version that its kubeadm accepts
	EtcdTag       string // image tags that its kubeadm asks for, at the patch level the row was read at
	CoreDNSTag    string
	PauseTag      string
	AdminGroup    string // group of the administrator's certificate
	ECDSA         bool   // kubeadm can make ECDSA leaf certificates (encryptionAlgorithm, v1beta4)
	Learner       bool   // control planes join etcd as learners by default
	CgroupV1      Rule   // what kubelet and kubeadm do on a cgroup v1 machine
	MinKernel     string // kubeadm's preflight refuses older kernels
	MinContainerd string // lowest version of the upstream matrix
	Supported     bool   // upstream still publishes fixes (November 2026)

	DefaultRegistry string // where its kubeadm looks for images by itself
}

// Rule is how hard a requirement is.
type Rule int

// The rules.
const (
	Accepted Rule = iota
	Warned
	Refused
)

// releases is the version table; sources in the facts of kubeadm, read from each version's source and change log.
// Image tags come from the kubeadm binary, not from kubernetesVersion, and may move with a patch release.
var releases = []Release{
	{24, v1beta3, "3.5.3-0", "v1.8.6", "3.7", mastersGroup, false, false, Accepted, "3.10", "1.6.4", false, oldRegistry},
	{25, v1beta3, "3.5.4-0", "v1.9.3", "3.8", mastersGroup, false, false, Accepted, "3.10", "1.6.4", false, PublicRegistry},
	{26, v1beta3, "3.5.6-0", "v1.9.3", "3.9", mastersGroup, false, false, Accepted, "3.10", "1.6.15", false, PublicRegistry},
	{27, v1beta3, "3.5.7-0", "v1.10.1", "3.9", mastersGroup, false, false, Accepted, "3.10", "1.6.15", false, PublicRegistry},
	{28, v1beta3, "3.5.9-0", "v1.10.1", "3.9", mastersGroup, false, false, Accepted, "3.10", "1.6.15", false, PublicRegistry},
	{29, v1beta3, "3.5.12-0", "v1.11.1", "3.9", adminsGroup, false, true, Accepted, "3.10", "1.6.27", false, PublicRegistry},
	{30, v1beta3, "3.5.15-0", "v1.11.3", "3.9", adminsGroup, false, true, Accepted, "3.10", "1.7.13", false, PublicRegistry},
	{31, v1beta4, "3.5.24-0", "v1.11.3", "3.10", adminsGroup, true, true, Accepted, "3.10", "1.7.20", false, PublicRegistry},
	{32, v1beta4, "3.5.24-0", "v1.11.3", "3.10", adminsGroup, true, true, Warned, "4.19", "1.7.24", false, PublicRegistry},
	{33, v1beta4, "3.5.24-0", "v1.12.0", "3.10", adminsGroup, true, true, Warned, "4.19", "1.7.24", false, PublicRegistry},
	{34, v1beta4, "3.6.5-0", "v1.12.1", "3.10.1", adminsGroup, true, true, Warned, "3.10", "1.7.28", false, PublicRegistry},
	{35, v1beta4, "3.6.6-0", "v1.13.1", "3.10.1", adminsGroup, true, true, Refused, "3.10", "1.7.28", true, PublicRegistry},
	{36, v1beta4, "3.6.8-0", "v1.14.2", "3.10.2", adminsGroup, true, true, Refused, "3.10", "2.2.0", true, PublicRegistry},
	{37, v1beta4, "3.7.0-0", "v1.14.6", "3.10.2", adminsGroup, true, true, Refused, "3.10", "2.2.0", true, PublicRegistry},
}

const (
	v1beta3      = "kubeadm.k8s.io/v1beta3"
	v1beta4      = "kubeadm.k8s.io/v1beta4"
	mastersGroup = "system:masters"         // kubeadm up to 1.28
	adminsGroup  = "kubeadm:cluster-admins" // bound by kubeadm init since 1.29, can be revoked
)

var oldestRelease, newestRelease = releases[0], releases[len(releases)-1]

// releaseOf returns the row of a minor; known is false for a minor above the table, which gets the newest row.
func releaseOf(minor int) (release Release, known bool) {
	if i := minor - oldestRelease.Minor; i < len(releases) {
		return releases[i], true
	}
	return newestRelease, false
}

// older reports whether dotted version a comes before b: 1.6.20 before 1.7, 5.4 before 5.15.
func older(a, b string) bool {
	for a != "" || b != "" {
		var left, right string
		left, a, _ = strings.Cut(a, ".")
		right, b, _ = strings.Cut(b, ".")
		l, _ := strconv.Atoi(left) // a missing part counts as 0
		r, _ := strconv.Atoi(right)
		if c := cmp.Compare(l, r); c != 0 {
			return c < 0
		}
	}
	return false
}

// PublicRegistry is where Kubernetes publishes its images; oldRegistry has been frozen since April 2023.
const (
	PublicRegistry = "registry.k8s.io"
	oldRegistry    = "k8s.gcr.io"
)
