#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks the members of an external etcd, for the steps, with this machine's own certificate. MEMBER is NAME=ADDRESS.

etcd.py quorum SECONDS MEMBER…  until a majority serves; else 1 and which members do not answer
etcd.py voters MEMBER…          prints how many members have started and have a vote
"""
import concurrent.futures
import http.client
import json
import os
import random
import ssl
import subprocess
import sys
import time

PKI = "/etc/kubernetes/pki/"
TIMEOUT = 5
CLIENTS, PEERS = 2379, 2380


class Silent(Exception):
    """A member that does not answer, and why."""


def context(side):
    made = ssl.SSLContext(side)
    if side == ssl.PROTOCOL_TLS_SERVER:
        made.load_cert_chain(PKI + "etcd/peer.crt", PKI + "etcd/peer.key")
    else:
        name = next(n for n in ("apiserver-etcd-client", "etcd/healthcheck-client") if os.path.exists(PKI + n + ".crt"))
        made.load_cert_chain(PKI + name + ".crt", PKI + name + ".key")
    made.load_verify_locations(PKI + "etcd/ca.crt")
    made.verify_mode = ssl.CERT_REQUIRED
    return made


def url(address, port):
    return "https://%s:%d" % ("[%s]" % address if ":" in address else address, port)


def ask(address, port, path, question=None):
    """What a member answers, as JSON; a question is posted."""
    connection = http.client.HTTPSConnection(address, port, timeout=TIMEOUT, context=context(ssl.PROTOCOL_TLS_CLIENT))
    try:
        connection.request("GET" if question is None else "POST", path, None if question is None else json.dumps(question))
        answer = connection.getresponse()
        body = json.loads(answer.read().decode())
    except (OSError, http.client.HTTPException, ValueError) as e:
        raise Silent(str(getattr(e, "strerror", None) or e) or type(e).__name__)
    finally:
        connection.close()
    if question is not None and answer.status != 200:
        raise Silent("it refuses: %s" % body.get("message", answer.status))
    return body


def healthy(address):
    """Nothing when the member can write, which it can with a majority only; else why not."""
    try:
        found = ask(address, CLIENTS, "/health")
    except Silent as e:
        return str(e)
    return "" if found.get("health") == "true" else "it has no majority: %s" % (found.get("reason") or "not healthy")


def everybody(question, members):
    """Each name and what its address answers to the question, all asked at the same time."""
    with concurrent.futures.ThreadPoolExecutor(len(members) or 1) as pool:
        return dict(zip(members, pool.map(question, members.values())))


def waiting(text):
    subprocess.call(["/usr/local/sbin/hakube", "waiting", text])


def until(seconds, attempt):
    """Repeats the attempt, which returns a result or nothing and why it has none; says why while it waits."""
    end = time.monotonic() + seconds
    while True:
        result, why = attempt()
        if result is not None:
            print(result)
            return 0
        if time.monotonic() >= end:
            print(why)
            return 1
        waiting("waiting for etcd: " + why)
        time.sleep(1 + random.random())


def complaints(members, reasons):
    return "; ".join("%s (%s): %s" % (n, members[n], why) for n, why in sorted(reasons.items()) if why)


def quorum(members):
    reasons = everybody(healthy, members)
    why = complaints(members, reasons)
    if all(reasons.values()):
        return None, "no member serves: " + why
    return ("going on without " + why) if why else "every member serves", ""


def voters(members):
    for address in members.values():
        try:
            found = ask(address, CLIENTS, "/v3/cluster/member/list", {"linearizable": True})["members"]
        except Silent:
            continue
        return sum(1 for m in found if m.get("clientURLs") and not m.get("isLearner"))
    return 0


def named(words):
    return dict(w.split("=", 1) for w in words)


def main(command, *arguments):
    if command == "quorum":
        return until(float(arguments[0]), lambda: quorum(named(arguments[1:])))
    if command == "voters":
        print(voters(named(arguments)))
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 1 else main("help"))
