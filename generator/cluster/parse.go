// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Every string of the inventory that means something becomes its own type here, and nowhere else.

// parseAddress reads the address of a machine.
func parseAddress(s string) (netip.Addr, *problem) {
	addr, found := parseAnyAddress(s)
	if found != nil {
		return netip.Addr{}, found
	}
	if special := specialUse(addr); special != "" {
		return netip.Addr{}, &problem{fmt.Sprintf("%s is %s; no machine can be reached at it", addr, special), ""}
	}
	return addr, nil
}

// parseGateway reads the address of a router, which with IPv6 is often link-local.
func parseGateway(s string) (netip.Addr, *problem) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Is6() && addr.IsLinkLocalUnicast() {
		return parseAnyAddress(s)
	}
	return parseAddress(s)
}

func parseAnyAddress(s string) (netip.Addr, *problem) {
	addr, err := netip.ParseAddr(s)
	switch {
	case err != nil && strings.Contains(s, ":"):
		return netip.Addr{}, &problem{fmt.Sprintf("%q is not an IPv6 address", s), addressHint(s)}
	case err != nil:
		return netip.Addr{}, &problem{fmt.Sprintf("%q is not an IPv4 address", s), addressHint(s)}
	case addr.Zone() != "":
		return netip.Addr{}, &problem{fmt.Sprintf("%s names a network card of one machine", s), fmt.Sprintf("write %s", addr.WithZone(""))}
	case addr.Is4In6():
		return netip.Addr{}, &problem{fmt.Sprintf("%s is an IPv4 address written as one of IPv6", s), fmt.Sprintf("write %s", addr.Unmap())}
	}
	return addr, nil
}

func addressHint(s string) string {
	if prefix, err := netip.ParsePrefix(s); err == nil {
		return fmt.Sprintf("write %s; the prefix length stands in network.cidr", prefix.Addr())
	}
	if strings.Contains(s, ":") {
		return "groups of hexadecimal digits, as in fd00:10::101"
	}
	parts := strings.Split(s, ".")
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil || len(parts) != 4 {
			return "four numbers from 0 to 255, as in 10.1.10.101"
		}
		parts[i] = strconv.FormatUint(n, 10)
	}
	return fmt.Sprintf("write %s; some programs read numbers with leading zeros as octal", strings.Join(parts, "."))
}

// specialUse says what an address is that no machine can have, or nothing.
func specialUse(addr netip.Addr) string {
	switch {
	case addr.Is4() && addr.As4()[0] == 0:
		return "in 0.0.0.0/8, which means this network"
	case addr.IsUnspecified():
		return "the address that means none"
	case addr.IsLoopback():
		return "a loopback address"
	case addr.IsLinkLocalUnicast():
		return "a link-local address"
	case addr.IsMulticast():
		return "a multicast address"
	case addr.Is4() && addr.As4()[0] >= 240:
		return "in the reserved range 240.0.0.0/4"
	}
	return ""
}

// parsePrefix reads a subnet. One with bits after its prefix length is a problem whose subnet is nevertheless known.
func parsePrefix(s string) (netip.Prefix, *problem) {
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, &problem{fmt.Sprintf("%q is not a subnet", s), subnetHint(s)}
	}
	largest := 8
	if prefix.Addr().Is6() {
		largest = 32 // what a provider gets
	}
	switch {
	case prefix.Addr().Is4In6():
		return netip.Prefix{}, &problem{fmt.Sprintf("%s is an IPv4 subnet written as one of IPv6", s), fmt.Sprintf("write %s", prefix.Addr().Unmap())}
	case prefix.Bits() < largest:
		return netip.Prefix{}, &problem{fmt.Sprintf("%s is larger than /%d, more than any network of one's own", s, largest), ""}
	case specialUse(prefix.Addr()) != "":
		return netip.Prefix{}, &problem{fmt.Sprintf("%s is %s", s, specialUse(prefix.Addr())), "use a private network, such as 10.1.10.0/24"}
	case prefix != prefix.Masked():
		return prefix.Masked(), &problem{fmt.Sprintf("%s is an address in a subnet, not the subnet", s), fmt.Sprintf("write %s", prefix.Masked())}
	}
	return prefix, nil
}

func subnetHint(s string) string {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Is4() {
		return fmt.Sprintf("add the prefix length, as in %s/24", addr)
	} else if err == nil {
		return fmt.Sprintf("add the prefix length, as in %s/64", addr)
	}
	return "an address and a prefix length, as in 10.1.10.0/24"
}

// parseMAC reads the address of a network card: separated by colons, dashes or dots, or as Hyper-V prints it, by nothing.
func parseMAC(s string) (net.HardwareAddr, *problem) {
	mac, err := net.ParseMAC(s)
	if plain, hexErr := hex.DecodeString(s); hexErr == nil && len(s) == 12 {
		mac, err = plain, nil
	}
	switch {
	case err != nil || len(mac) != 6:
		return nil, &problem{fmt.Sprintf("%q is not a MAC address", s), "six pairs of hexadecimal digits, as in 00:15:5d:0a:01:65"}
	case mac[0]&1 == 1:
		return nil, &problem{fmt.Sprintf("%s is a multicast address; a network card has a unicast one", mac), "the second digit must be even, as in 00:15:5d:0a:01:65"}
	case mac.String() == "00:00:00:00:00:00":
		return nil, &problem{fmt.Sprintf("%s is no card's address", mac), "leave mac out to take the machine's only card"}
	}
	return mac, nil
}

var labelPattern = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)

// parseLabel checks a name of one part, as a node or a cluster has.
func parseLabel(s string) *problem {
	if labelPattern.MatchString(s) && len(s) <= 63 {
		return nil
	}
	hint := "letters a-z, digits and dashes, with a letter or digit at either end"
	if corrected := correctLabel(s); corrected != "" {
		hint = fmt.Sprintf("did you mean %q?", corrected)
	}
	if len(s) > 63 {
		return &problem{fmt.Sprintf("%q has %d characters; a name has at most 63", s, len(s)), ""}
	}
	return &problem{fmt.Sprintf("%q is not a lower-case RFC 1123 name", s), hint}
}

func correctLabel(s string) string {
	corrected := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(s))
	return strings.Trim(corrected, "-")
}

// parseDomain checks a DNS name of one or more parts.
func parseDomain(s string) *problem {
	if isDomain(s) {
		return nil
	}
	parts := strings.Split(s, ".")
	for i := range parts {
		parts[i] = correctLabel(parts[i])
	}
	found := &problem{fmt.Sprintf("%q is not a lower-case DNS name", s), "parts of letters a-z, digits and dashes, joined by dots"}
	if corrected := strings.Trim(strings.Join(parts, "."), "."); isDomain(corrected) {
		found.hint = fmt.Sprintf("did you mean %q?", corrected)
	}
	return found
}

func isDomain(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if len(part) > 63 || !labelPattern.MatchString(part) {
			return false
		}
	}
	return len(s) <= 253
}

// parseMode reads permissions in octal.
func parseMode(s string) (uint32, *problem) {
	mode, err := strconv.ParseUint(s, 8, 32)
	if err != nil || len(s) < 3 || len(s) > 4 {
		return 0, &problem{fmt.Sprintf("%q is not a file mode", s), `three or four octal digits in quotes, as in "0644"`}
	}
	return uint32(mode), nil
}

// parseTimeout reads how long to wait.
func parseTimeout(s string) (time.Duration, *problem) {
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		hint := "a number with its unit, as in 90s, 10m or 1h30m"
		if _, numeric := strconv.Atoi(s); numeric == nil {
			hint = fmt.Sprintf("write %ss for seconds or %sm for minutes", s, s)
		}
		return 0, &problem{fmt.Sprintf("%q is not a duration", s), hint}
	case d < time.Second:
		return 0, &problem{fmt.Sprintf("%s is too short; a timeout has at least a second", s), ""}
	}
	return d, nil
}

// parseSANAddress reads an address for a certificate, where loopback and IPv6 are as good as any.
func parseSANAddress(s string) (netip.Addr, *problem) {
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" {
		return netip.Addr{}, &problem{fmt.Sprintf("%q is neither an address nor a DNS name", s), ""}
	}
	return addr, nil
}
