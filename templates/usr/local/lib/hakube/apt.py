# SPDX-License-Identifier: Apache-2.0
"""What installing packages needs and a minimal image has no program for: no fuser, no gnupg, no curl.

  apt.py lock                       exit 0 when no package manager holds a lock; else print who does, and 1
  apt.py fetch URL FILE [SHA256]    download a file; else print why not, and 1, or 2 for a wrong checksum
  apt.py keys FILE                  print the fingerprint of every primary key in an ASCII-armoured file
"""
import base64
import fcntl
import hashlib
import struct
import sys
import urllib.request

LOCKS = ["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", "/var/lib/apt/lists/lock", "/var/cache/apt/archives/lock"]
FLOCK = "hhqqi4x"  # struct flock of 64-bit Linux: type, whence, start, length, pid


def holder(path):
    """Return who holds the lock on path, or None."""
    try:
        with open(path, "rb+") as f:
            answer = fcntl.fcntl(f, fcntl.F_GETLK, struct.pack(FLOCK, fcntl.F_WRLCK, 0, 0, 0, 0))
    except FileNotFoundError:
        return None
    kind, _, _, _, pid = struct.unpack(FLOCK, answer)
    if kind == fcntl.F_UNLCK:
        return None
    try:
        with open("/proc/%d/comm" % pid) as f:
            return "%s (process %d)" % (f.read().strip(), pid)
    except OSError:
        return "process %d" % pid


def lock():
    for path in LOCKS:
        name = holder(path)
        if name:
            print(name)
            return 1
    return 0


def fetch(url, path, want=None):
    try:
        with urllib.request.urlopen(url, timeout=20) as answer, open(path, "wb") as f:
            digest = hashlib.sha256()
            for block in iter(lambda: answer.read(1 << 16), b""):
                digest.update(block)
                f.write(block)
    except (OSError, ValueError) as e:
        print("%s: %s" % (url, getattr(e, "reason", None) or e))
        return 1
    if want and digest.hexdigest() != want:
        print("%s: its SHA-256 is %s, and %s is wanted" % (url, digest.hexdigest(), want))
        return 2
    return 0


def armoured(text):
    """Yield the binary content of every block (RFC 9580, section 6.2)."""
    inside = body = None
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("-----BEGIN PGP PUBLIC KEY BLOCK"):
            inside, body = "headers", []
        elif line.startswith("-----END PGP") and inside:
            yield base64.b64decode("".join(body))
            inside = None
        elif inside == "headers":
            if not line:
                inside = "body"
        elif inside == "body" and not line.startswith("="):
            body.append(line)


def packets(data):
    """Yield tag and body of every packet (RFC 9580, section 4.2)."""
    at = 0
    while at < len(data):
        head = data[at]
        at += 1
        if head & 0x40:
            tag, first = head & 0x3F, data[at]
            if first < 192:
                length, at = first, at + 1
            elif first < 224:
                length, at = (first - 192 << 8) + data[at + 1] + 192, at + 2
            elif first == 255:
                length, at = int.from_bytes(data[at + 1:at + 5], "big"), at + 5
            else:
                raise ValueError("a key with parts of unknown length")
        else:
            tag, size = head >> 2 & 0x0F, 1 << (head & 3)
            if size == 8:
                raise ValueError("a key of unknown length")
            length, at = int.from_bytes(data[at:at + size], "big"), at + size
        yield tag, data[at:at + length]
        at += length


def keys(path):
    with open(path, encoding="ascii", errors="replace") as f:
        for block in armoured(f.read()):
            for tag, body in packets(block):
                if tag == 6:
                    # section 5.5.4.2: a version 4 fingerprint
                    known = body[:1] == b"\x04"
                    print(hashlib.sha1(b"\x99" + struct.pack(">H", len(body)) + body).hexdigest().upper() if known else "of an unknown version")
    return 0


if __name__ == "__main__":
    commands = {"lock": lock, "fetch": fetch, "keys": keys}
    try:
        sys.exit(commands[sys.argv[1]](*sys.argv[2:]))
    except (ValueError, IndexError) as e:
        print("not a key: %s" % e)
        sys.exit(1)
