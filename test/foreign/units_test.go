// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hakube/hakube-seed/seeds"
)

// analyze has systemd read a unit while the guest's /usr/local is the one that the medium makes: systemd looks for the
// programs that a unit starts. The mount lives in a namespace of its own.
func analyze(t *testing.T, guest, unit string) verdict {
	t.Helper()
	const script = `mount --bind "$1/usr/local" "$2/usr/local" && exec chroot "$2" systemd-analyze verify --man=no "$3"`
	return run(t, exec.Command("unshare", "--mount", "sh", "-c", script, "sh", host(guest), rootfs, unit))
}

func guestOf(d document) string {
	guest, _, _ := strings.Cut(d.path, "/etc/systemd/")
	return guest
}

// TestUnits: nothing in a unit is unknown to systemd, and what it starts is there.
func TestUnits(t *testing.T) {
	t.Parallel()
	units := different(t, func(f seeds.GuestFile) bool { return strings.HasPrefix(f.Path, "/etc/systemd/system/") })
	for _, d := range units {
		silent(t, d.name, analyze(t, guestOf(d), d.path))
	}
	bad := filepath.Join(scratch(t), "hakube.service")
	write(t, bad, edited(t, units[0].content, "Restart=on-failure", "Restart=sometimes"))
	if v := analyze(t, guestOf(units[0]), bad); !strings.Contains(v.said, "sometimes") {
		t.Errorf("a bad unit is not refused:\n%s", v)
	}
}
