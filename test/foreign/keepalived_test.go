// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"
)

// keepalived reads a configuration, in which the guest has named its network card, and does not start. It looks for the
// card, so it is given one in a network of its own.
func keepalived(t *testing.T, content []byte) verdict {
	t.Helper()
	path := filepath.Join(scratch(t), "keepalived.conf")
	write(t, path, bytes.ReplaceAll(content, []byte("@interface@"), []byte("eth0")))
	return run(t, exec.Command("unshare", "--net", "sh", "-c",
		`ip link add eth0 type veth peer name eth1 && exec chroot "$0" /usr/sbin/keepalived --config-test --use-file="$1"`, rootfs, path))
}

// TestKeepalived judges both forms, that for keepalived before 2.2.3 too: it is still read.
func TestKeepalived(t *testing.T) {
	t.Parallel()
	forms := map[bool]bool{}
	for _, d := range guestFile(t, "/etc/hakube/keepalived.conf") {
		forms[bytes.Contains(d.content, []byte("down_timer_adverts"))] = true
		silent(t, d.name, keepalived(t, d.content))
	}
	if len(forms) != 2 {
		t.Error("the examples do not have both forms of keepalived.conf")
	}
}

func TestKeepalivedRefusesABadConfiguration(t *testing.T) {
	t.Parallel()
	good := guestFile(t, "/etc/hakube/keepalived.conf")[0].content
	for old, bad := range map[string]string{
		"vrrp_version 2":    "vrrp_version 3",               // which has no authentication
		"advert_int 1":      "advert_int 0.5",               // which version 2 cannot say
		"nopreempt":         "nopremept",                    // which nobody knows
		"@interface@":       "eth7",                         // which is not there
		"virtual_router_id": "virtual_router_id 256\n    #", // out of range
	} {
		if v := keepalived(t, edited(t, good, old, bad)); !v.failed {
			t.Errorf("%s is not refused:\n%s", bad, v)
		}
	}
}
