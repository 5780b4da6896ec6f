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
	EtcdTag       string // image tags that its first kubeadm asks for; retagged has the later ones
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

// InitKubeconfig is the file of /etc/kubernetes by which the API obeys from the first moment of kubeadm init on. The group of
// admin.conf has no rights before kubeadm has bound it, where it has to be bound; kubeadm join never makes the other file.
func (r Release) InitKubeconfig() string {
	if r.AdminGroup == adminsGroup {
		return "super-admin.conf"
	}
	return "admin.conf"
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
var releases = []Release{
	{24, v1beta3, "3.5.3-0", "v1.8.6", "3.7", mastersGroup, false, false, Accepted, "3.10", "1.6.4", false, oldRegistry},
	{25, v1beta3, "3.5.4-0", "v1.9.3", "3.8", mastersGroup, false, false, Accepted, "3.10", "1.6.4", false, PublicRegistry},
	{26, v1beta3, "3.5.6-0", "v1.9.3", "3.9", mastersGroup, false, false, Accepted, "3.10", "1.6.15", false, PublicRegistry},
	{27, v1beta3, "3.5.7-0", "v1.10.1", "3.9", mastersGroup, false, false, Accepted, "3.10", "1.6.15", false, PublicRegistry},
	{28, v1beta3, "3.5.9-0", "v1.10.1", "3.9", mastersGroup, false, false, Accepted, "3.10", "1.6.15", false, PublicRegistry},
	{29, v1beta3, "3.5.10-0", "v1.11.1", "3.9", adminsGroup, false, true, Accepted, "3.10", "1.6.27", false, PublicRegistry},
	{30, v1beta3, "3.5.12-0", "v1.11.1", "3.9", adminsGroup, false, true, Accepted, "3.10", "1.7.13", false, PublicRegistry},
	{31, v1beta4, "3.5.15-0", "v1.11.1", "3.10", adminsGroup, true, true, Accepted, "3.10", "1.7.20", false, PublicRegistry},
	{32, v1beta4, "3.5.16-0", "v1.11.3", "3.10", adminsGroup, true, true, Warned, "4.19", "1.7.24", false, PublicRegistry},
	{33, v1beta4, "3.5.21-0", "v1.12.0", "3.10", adminsGroup, true, true, Warned, "4.19", "1.7.24", false, PublicRegistry},
	{34, v1beta4, "3.6.4-0", "v1.12.1", "3.10.1", adminsGroup, true, true, Warned, "3.10", "1.7.28", false, PublicRegistry},
	{35, v1beta4, "3.6.6-0", "v1.13.1", "3.10.1", adminsGroup, true, true, Refused, "3.10", "1.7.28", true, PublicRegistry},
	{36, v1beta4, "3.6.8-0", "v1.14.2", "3.10.2", adminsGroup, true, true, Refused, "3.10", "2.2.0", true, PublicRegistry},
	{37, v1beta4, "3.7.0-0", "v1.14.6", "3.10.2", adminsGroup, true, true, Refused, "3.10", "2.2.0", true, PublicRegistry},
}

// retagged are the patch releases whose kubeadm asks for another etcd or CoreDNS than the release before it: the tags are
// the program's own and do not follow from kubernetesVersion, so that offline images are short by one when they are of
// another patch release. No pause image has moved within a minor.
var retagged = []struct {
	minor, patch int
	etcd         string
	coreDNS      string // empty: as before
}{
	{24, 8, "3.5.5-0", ""},
	{24, 9, "3.5.6-0", ""},
	{25, 4, "3.5.5-0", ""},
	{25, 5, "3.5.6-0", ""},
	{25, 15, "3.5.9-0", ""},
	{26, 10, "3.5.9-0", ""},
	{26, 13, "3.5.10-0", ""},
	{27, 7, "3.5.9-0", ""},
	{27, 10, "3.5.10-0", ""},
	{27, 12, "3.5.12-0", ""},
	{28, 6, "3.5.10-0", ""},
	{28, 8, "3.5.12-0", ""},
	{28, 14, "3.5.15-0", ""},
	{29, 3, "3.5.12-0", ""},
	{29, 9, "3.5.15-0", ""},
	{29, 11, "3.5.16-0", ""},
	{30, 5, "3.5.15-0", "v1.11.3"},
	{31, 1, "3.5.15-0", "v1.11.3"},
	{31, 14, "3.5.24-0", ""},
	{32, 10, "3.5.24-0", ""},
	{33, 6, "3.5.24-0", ""},
	{34, 2, "3.6.5-0", ""},
}

const (
	v1beta3      = "kubeadm.k8s.io/v1beta3"
	v1beta4      = "kubeadm.k8s.io/v1beta4"
	mastersGroup = "system:masters"         // kubeadm up to 1.28
	adminsGroup  = "kubeadm:cluster-admins" // bound by kubeadm init since 1.29, can be revoked
)

var oldestRelease, newestRelease = releases[0], releases[len(releases)-1]

// releaseOf returns what is true of a version; known is false for a minor above the table, which gets the newest row.
func releaseOf(v Version) (release Release, known bool) {
	i := v.Minor - oldestRelease.Minor
	if i >= len(releases) {
		return newestRelease, false
	}
	release = releases[i]
	for _, r := range retagged {
		if r.minor == v.Minor && r.patch <= v.Patch {
			release.EtcdTag, release.CoreDNSTag = r.etcd, cmp.Or(r.coreDNS, release.CoreDNSTag)
		}
	}
	return release, true
}

// EtcdSafetyArgs are the arguments with which kubeadm starts this etcd, under the names that it has for them: it compares
// its data with the others' before it serves, and tells watchers that nothing has happened.
func (r Release) EtcdSafetyArgs() []Arg {
	if older(r.EtcdTag, "3.6") {
		return []Arg{{"experimental-initial-corrupt-check", "true"}, {"experimental-watch-progress-notify-interval", "5s"}}
	}
	return []Arg{{"feature-gates", "InitialCorruptCheck=true"}, {"watch-progress-notify-interval", "5s"}}
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
