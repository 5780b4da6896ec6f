// SPDX-License-Identifier: Apache-2.0

package cluster

import "fmt"

// Version is an exact Kubernetes version.
type Version struct{ Major, Minor, Patch int }

// String returns the version without a leading v, as in 1.37.2.
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

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
	{24, v1beta3, "3.5.3-0", "v1.8.6", "3.7", mastersGroup, false, false, Accepted, "3.10", "1.6.4", false},
	{25, v1beta3, "3.5.4-0", "v1.9.3", "3.8", mastersGroup, false, false, Accepted, "3.10", "1.6.4", false},
	{26, v1beta3, "3.5.6-0", "v1.9.3", "3.9", mastersGroup, false, false, Accepted, "3.10", "1.6.15", false},
	{27, v1beta3, "3.5.7-0", "v1.10.1", "3.9", mastersGroup, false, false, Accepted, "3.10", "1.6.15", false},
	{28, v1beta3, "3.5.9-0", "v1.10.1", "3.9", mastersGroup, false, false, Accepted, "3.10", "1.6.15", false},
	{29, v1beta3, "3.5.12-0", "v1.11.1", "3.9", adminsGroup, false, true, Accepted, "3.10", "1.6.27", false},
	{30, v1beta3, "3.5.15-0", "v1.11.3", "3.9", adminsGroup, false, true, Accepted, "3.10", "1.7.13", false},
	{31, v1beta4, "3.5.24-0", "v1.11.3", "3.10", adminsGroup, true, true, Accepted, "3.10", "1.7.20", false},
	{32, v1beta4, "3.5.24-0", "v1.11.3", "3.10", adminsGroup, true, true, Warned, "4.19", "1.7.24", false},
	{33, v1beta4, "3.5.24-0", "v1.12.0", "3.10", adminsGroup, true, true, Warned, "4.19", "1.7.24", false},
	{34, v1beta4, "3.6.5-0", "v1.12.1", "3.10.1", adminsGroup, true, true, Warned, "3.10", "1.7.28", false},
	{35, v1beta4, "3.6.6-0", "v1.13.1", "3.10.1", adminsGroup, true, true, Refused, "3.10", "1.7.28", true},
	{36, v1beta4, "3.6.8-0", "v1.14.2", "3.10.2", adminsGroup, true, true, Refused, "3.10", "2.2.0", true},
	{37, v1beta4, "3.7.0-0", "v1.14.6", "3.10.2", adminsGroup, true, true, Refused, "3.10", "2.2.0", true},
}

const (
	v1beta3      = "kubeadm.k8s.io/v1beta3"
	v1beta4      = "kubeadm.k8s.io/v1beta4"
	mastersGroup = "system:masters"         // kubeadm up to 1.28
	adminsGroup  = "kubeadm:cluster-admins" // bound by kubeadm init since 1.29, can be revoked
)
