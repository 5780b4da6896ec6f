# SPDX-License-Identifier: Apache-2.0
"""Asks the network who has an address, as arping does, which stock images lack.

probe CARD ADDRESS           the MAC address of every other machine that says that the address is its own, one a line
ask CARD OWN ADDRESS         does a machine with the address answer? 0 if so
"""
import fcntl
import socket
import struct
import sys
import time

ARP, REQUEST, REPLY = 0x0806, 1, 2
PROBES = 3


def packet(kind, mac, sender, target):
    return struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, kind, mac, sender, b"\0" * 6, target)


def mac_of(card):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack("256s", card.encode()[:15])
        return fcntl.ioctl(s.fileno(), 0x8927, request)[18:24]  # SIOCGIFHWADDR


def senders(card, sender, target, seconds):
    """Sends requests, and yields (MAC, address) of everybody who says what an address of his is."""
    mac = mac_of(card)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ARP)) as s:
        s.bind((card, ARP))
        for _ in range(PROBES):
            frame = b"\xff" * 6 + mac + struct.pack("!H", ARP) + packet(REQUEST, mac, sender, target)
            s.send(frame)
            end = time.monotonic() + seconds / PROBES
            while time.monotonic() < end:
                s.settimeout(max(end - time.monotonic(), 0.01))
                try:
                    data = s.recv(2048)
                except socket.timeout:
                    break
                if len(data) < 42 or data[6:12] == mac:
                    continue
                yield data[22:28], data[28:32]


def main(command, card, *addresses):
    packed = [socket.inet_aton(a) for a in addresses]
    if command == "probe":
        # from 0.0.0.0, so that nobody's neighbours are led astray (RFC 5227)
        for mac in sorted({mac for mac, address in senders(card, b"\0" * 4, packed[0], 1.0) if address == packed[0]}):
            print(":".join("%02x" % b for b in mac))
        return 0
    for _, address in senders(card, packed[0], packed[1], 3.0):
        if address == packed[1]:
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
