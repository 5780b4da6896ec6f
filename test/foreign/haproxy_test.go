// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"bytes"
	"path/filepath"
	"testing"
)

// haproxy reads a configuration and does not start; -dW makes a warning an error, -dD adds what is only suspicious.
func haproxy(t *testing.T, path string) verdict {
	t.Helper()
	return run(t, inGuest("haproxy", "-c", "-q", "-dW", "-dD", "-f", path))
}

// TestHAProxy judges both forms, that for haproxy before 2.2 too: it is still read.
func TestHAProxy(t *testing.T) {
	t.Parallel()
	forms := map[bool]bool{}
	for _, d := range guestFile(t, "/etc/hakube/haproxy.cfg") {
		forms[bytes.Contains(d.content, []byte("http-check connect ssl"))] = true
		silent(t, d.name, haproxy(t, d.path))
	}
	if len(forms) != 2 {
		t.Error("the examples do not have both forms of the health check")
	}
}

func TestHAProxyRefusesABadConfiguration(t *testing.T) {
	t.Parallel()
	good := guestFile(t, "/etc/hakube/haproxy.cfg")[0].content
	for old, bad := range map[string]string{
		"balance leastconn": "balance fairly",      // an error
		"timeout client 1h": "# no client timeout", // only a warning
	} {
		path := filepath.Join(scratch(t), "haproxy.cfg")
		write(t, path, edited(t, good, old, bad))
		if v := haproxy(t, path); !v.failed {
			t.Errorf("%s is not refused:\n%s", bad, v)
		}
	}
}
