# SPDX-License-Identifier: Apache-2.0
"""What installing packages needs and a minimal image has no program for: no fuser, no gnupg, no curl.

  apt.py lock                       exit 0 when no package manager holds a lock; else print who does, and 1
  apt.py fetch URL FILE [SHA256]    download a file; else print why not, and 1, or 2 when asking again is in vain
  apt.py key FILE OUT               print the fingerprint of every primary key in an ASCII-armoured file, one a line, and
                                    write the very bytes that were read to OUT, in armour of its own; else print why not, and 2

What apt is to trust is never the file that was fetched: its own reader of armour might see another key in it than this one.
"""
import base64
import fcntl
import hashlib
import http.client
import struct
import sys
import urllib.error
import urllib.request

LOCKS = ["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", "/var/lib/apt/lists/lock", "/var/cache/apt/archives/lock"]
FLOCK = "hhqqi4x"  # struct flock of 64-bit Linux: type, whence, start, length, pid
PASSING = (408, 425, 429)  # HTTP errors of the client's that pass
LONGEST = 1 << 30  # bytes that a download may have
BEGIN, END = "-----BEGIN PGP PUBLIC KEY BLOCK-----", "-----END PGP PUBLIC KEY BLOCK-----"
PRIMARY_KEY = 6
PACKETS = (2, PRIMARY_KEY, 13, 14, 17)  # signature, key, user id, subkey, user attribute: what a public key is made of


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
    size, digest = 0, hashlib.sha256()
    try:
        with urllib.request.urlopen(url, timeout=20) as answer, open(path, "wb") as f:
            for block in iter(lambda: answer.read(1 << 16), b""):
                size += len(block)
                if size > LONGEST:
                    print("%s: it has more than %d bytes" % (url, LONGEST))
                    return 2
                digest.update(block)
                f.write(block)
            announced = answer.headers.get("Content-Length")
    except urllib.error.HTTPError as e:
        print("%s: %s" % (url, e))
        return 2 if 400 <= e.code < 500 and e.code not in PASSING else 1
    except (OSError, ValueError, http.client.HTTPException) as e:
        print("%s: %s" % (url, getattr(e, "reason", None) or e or type(e).__name__))
        return 1
    if announced and size != int(announced):
        print("%s: the connection broke after %d of %s bytes" % (url, size, announced))
        return 1
    if want and digest.hexdigest() != want:
        print("%s: its SHA-256 is %s, and %s is wanted" % (url, digest.hexdigest(), want))
        return 2
    return 0


def unarmoured(text):
    """Return what the one block of the text holds (RFC 9580, section 6.2)."""
    lines = [line.strip() for line in text.splitlines()]
    if [line for line in lines if line.startswith("-----")] != [BEGIN, END]:
        raise ValueError("it is not one block of a public key")
    body = lines[lines.index(BEGIN) + 1:lines.index(END)]
    if "" in body:
        body = body[body.index("") + 1:]  # before it are headers
    if body and body[-1].startswith("="):
        body.pop()  # a checksum of the armour, which says nothing of who made it
    return base64.b64decode("".join(body), validate=True)


def packets(data):
    """Yield tag and body of every packet (RFC 9580, section 4.2)."""
    at = 0
    while at < len(data):
        head = data[at]
        at += 1
        if not head & 0x80:
            raise ValueError("it is not made of packets")
        if head & 0x40:
            tag, first = head & 0x3F, data[at]
            if first < 192:
                length, at = first, at + 1
            elif first < 224:
                length, at = (first - 192 << 8) + data[at + 1] + 192, at + 2
            elif first == 255:
                length, at = int.from_bytes(data[at + 1:at + 5], "big"), at + 5
            else:
                raise ValueError("a part of it has no length")
        else:
            tag, size = head >> 2 & 0x0F, 1 << (head & 3)
            if size == 8:
                raise ValueError("a part of it has no length")
            length, at = int.from_bytes(data[at:at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("it is cut off")
        yield tag, data[at:at + length]
        at += length


def key(path, out):
    with open(path, encoding="ascii", errors="replace") as f:
        data = unarmoured(f.read())
    for tag, body in packets(data):
        if tag not in PACKETS:
            raise ValueError("it holds something that is not part of a public key")
        if tag == PRIMARY_KEY:
            # section 5.5.4.2: a version 4 fingerprint
            known = body[:1] == b"\x04"
            print(hashlib.sha1(b"\x99" + struct.pack(">H", len(body)) + body).hexdigest().upper() if known else "of an unknown version")
    text = base64.b64encode(data).decode()
    with open(out, "w") as f:
        f.write(BEGIN + "\n\n" + "".join(text[i:i + 64] + "\n" for i in range(0, len(text), 64)) + END + "\n")
    return 0


if __name__ == "__main__":
    commands = {"lock": lock, "fetch": fetch, "key": key}
    try:
        sys.exit(commands[sys.argv[1]](*sys.argv[2:]))
    except (ValueError, IndexError) as e:
        print("of no key: %s" % e)
        sys.exit(2)
