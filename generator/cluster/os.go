// SPDX-License-Identifier: Apache-2.0

package cluster

import "strings"

// OS is what is true of one guest operating system: one row of the table below.
type OS struct {
	ID            string // as in the inventory: ubuntu-24.04
	Name          string // for people: Ubuntu 24.04
	DefaultUser   string // login name that its cloud image would make
	CgroupV1      bool   // boots with cgroup v1
	Kernel        string // of its cloud image
	Containerd    string // version of its own containerd package
	HTTPCheckSSL  bool   // haproxy >= 2.2: `http-check connect ssl`
	DownTimer     bool   // keepalived >= 2.2.3: down_timer_adverts
	AptLockWait   bool   // apt >= 1.9.11: DPkg::Lock::Timeout
	CloudInit     string // version at the release's first image
	KeyringFolder bool   // /etc/apt/keyrings exists
}

// Distribution is whose release it is: debian or ubuntu, as ID in os-release.
func (o OS) Distribution() string {
	name, _, _ := strings.Cut(o.ID, "-")
	return name
}

// systems is the table of guest operating systems.
var systems = []OS{
	{"ubuntu-18.04", "Ubuntu 18.04", "ubuntu", true, "4.15", "1.6.12", false, false, false, "18.2", false},
	{"ubuntu-20.04", "Ubuntu 20.04", "ubuntu", true, "5.4", "1.7.24", false, false, true, "20.1", false},
	{"ubuntu-22.04", "Ubuntu 22.04", "ubuntu", false, "5.15", "2.2.1", true, true, true, "22.1", true},
	{"ubuntu-24.04", "Ubuntu 24.04", "ubuntu", false, "6.8", "2.2.1", true, true, true, "24.1.3", true},
	{"ubuntu-26.04", "Ubuntu 26.04", "ubuntu", false, "7.0", "2.2.2", true, true, true, "26.1", true},
	{"debian-12", "Debian 12", "debian", false, "6.1", "1.6.20", true, true, true, "22.4.2", true},
	{"debian-13", "Debian 13", "debian", false, "6.12", "1.7.24", true, true, true, "25.1.4", true},
}
