# SPDX-License-Identifier: Apache-2.0
"""Brings the newest line of each topic into pool 1 of Hyper-V's key-value pairs, which the host reads (GuestExchangeItems).

The pool is a file of records: a key of 512 bytes and a value of 2048, both UTF-8 with zeros behind (linux/hyperv.h). Ours are
hakube.0, the newest event of the machine, and hakube.1 to hakube.19, one a step or other topic; other keys are others'. Where
there are more topics, the steps that were done first have no key any more. The daemon reads the file at every question of
the host's, and others write it: each record is one write, and where it was, and only what has changed is written at all.
"""
import fcntl
import os
import re
import struct
import time

POOL = "/var/lib/hyperv/.kvp_pool_1"
NEWEST = "/var/lib/hakube/newest"
STEPS = "/etc/hakube/steps"
RECORD = struct.Struct("512s2048s")
# daemons before Linux 4.15 overflow at 100 records, and cloud-init writes some, too
KEYS = ["hakube.%d" % i for i in range(20)]
LONGEST = 1000  # UTF-16 units of a value: the host sees 1022
PATIENCE = 5  # seconds for the locks
DONE = re.compile(r"^[^:]*: [^:]*: done \(")


def lines():
    """Topics and their newest lines, the machine's first and then in the order in which a full pool keeps them."""
    with open(STEPS) as f:
        order = [line.split()[0] for line in f if line.strip()]
    newest = {}
    for topic in os.listdir(NEWEST):
        if not topic.endswith(".new"):
            with open(os.path.join(NEWEST, topic), encoding="utf-8", errors="replace") as f:
                newest[topic] = f.read().strip()
    machine = newest.pop("machine", "")

    def rank(topic):
        place = order.index(topic) if topic in order else len(order)
        return (DONE.match(newest[topic]) is not None, -place)

    kept = sorted(newest, key=rank)[:len(KEYS) - 1]
    return machine, {topic: newest[topic] for topic in kept}


def fitted(text):
    """The text as a value that the host sees whole."""
    units = text.encode("utf-16-le")
    if len(units) > 2 * LONGEST:
        text = units[:2 * LONGEST - 2].decode("utf-16-le", "ignore") + "\u2026"
    data = text.encode()
    while len(data) >= 2048:
        text = text[:-2] + "\u2026"
        data = text.encode()
    return data


def locked(f):
    """Whether the file is ours: the daemon locks with fcntl, cloud-init with flock."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            time.sleep(0.1)
    return False


def topic_of(line):
    """The topic that a record is about: every line begins with NODE: TOPIC: or with cluster NAME:."""
    words = line.split(": ", 2)
    return "cluster" if words[0].startswith("cluster ") else words[1] if len(words) > 2 else ""


def assigned(have, topics):
    """A key for each topic: the one that it has, else one that no wanted topic has."""
    keys = {topic_of(value): key for key, value in have.items() if key != KEYS[0]}
    plan = {topic: keys[topic] for topic in topics if topic in keys}
    free = iter([key for key in KEYS[1:] if key not in plan.values()])
    for topic in topics:
        if topic not in plan:
            plan[topic] = next(free)
    return plan


def main():
    descriptor = os.open(POOL, os.O_RDWR | os.O_CREAT, 0o644)
    if not locked(descriptor):
        return 1
    machine, topics = lines()
    data = b""
    for block in iter(lambda: os.read(descriptor, 1 << 16), b""):
        data += block
    # what is behind the last whole record was cut off: nobody writes half a record who holds the locks
    end = len(data) // RECORD.size * RECORD.size
    have, places = {}, {}
    for at in range(0, end, RECORD.size):
        key, value = (field.split(b"\0")[0].decode(errors="replace") for field in RECORD.unpack_from(data, at))
        if key in KEYS and key not in have:
            have[key], places[key] = value, at
    plan = assigned(have, topics)
    wanted = {key: "" for key in have}  # a topic that is gone leaves an empty value: a hole no reader expects
    wanted.update({plan[topic]: line for topic, line in topics.items()})
    wanted[KEYS[0]] = machine
    for key in sorted(wanted, key=KEYS.index):
        value = fitted(wanted[key])
        if key in have and have[key].encode() == value:
            continue
        at = places.get(key, end)
        os.pwrite(descriptor, RECORD.pack(key.encode(), value), at)
        end = max(end, at + RECORD.size)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
