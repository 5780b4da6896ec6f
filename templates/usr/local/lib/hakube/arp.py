#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""arp.py INTERFACE ADDRESS: print the hardware address of every other machine that says that ADDRESS is its own, one a line.
The kernel's table of neighbours knows one of them, and remembers it when it has gone."""
import socket
import struct
import sys
import time

ARP, IPV4, ETHERNET, REQUEST, REPLY = 0x0806, 0x0800, 1, 1, 2


def holders(interface, address):
    wanted, found = socket.inet_aton(address), set()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ARP)) as wire:
        wire.bind((interface, ARP))
        mine = wire.getsockname()[4]
        # without a sender's address nobody learns anything from the question (RFC 5227)
        question = struct.pack("!6s6sHHHBBH6s4s6s4s", b"\xff" * 6, mine, ARP, ETHERNET, IPV4, 6, 4, REQUEST, mine, bytes(4), bytes(6), wanted)
        for _ in range(2):
            wire.send(question)
            end = time.monotonic() + 0.5
            while time.monotonic() < end:
                wire.settimeout(max(end - time.monotonic(), 0.01))
                try:
                    answer = wire.recv(64)
                except socket.timeout:
                    break
                if len(answer) < 42:
                    continue
                code, sender, claimed = struct.unpack("!20xH6s4s10x", answer[:42])
                if code == REPLY and claimed == wanted and sender != mine:
                    found.add(":".join("%02x" % b for b in sender))
    return sorted(found)


if __name__ == "__main__":
    for machine in holders(*sys.argv[1:]):
        print(machine)
