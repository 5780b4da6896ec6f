#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks the members of an external etcd, for the steps, with this machine's own certificate. MEMBER is NAME=ADDRESS.

etcd.py quorum SECONDS MEMBER…  until a majority serves; else 1 and which members do not answer
etcd.py voters MEMBER…          prints how many members have started and have a vote
etcd.py begin SECONDS NAME API-SERVER,… MEMBER…
                                on a member with an empty disk: until it is known how it starts. Prints `new` for one of the
                                first members, or `existing NAME=URL,…` when the others live; 1 and the reason when neither

A member whose disk was lost must not start as one of the first: with its old name and an empty log it would take part in
majorities that forget what was written. Silence does not tell that there is nothing yet, so members that have not started
say it themselves, where etcd will listen for the others. `new` needs that word from a majority.
"""
import concurrent.futures
import http.client
import http.server
import json
import os
import random
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time

import api

PKI = "/etc/kubernetes/pki/"
TIMEOUT = 5
CLIENTS, PEERS = 2379, 2380
FRESH = {"fresh": True}


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


class Member:
    """This machine, before its etcd has ever run."""

    def __init__(self, name, servers, members):
        self.name, self.servers, self.members = name, servers, members
        self.url = url(members[name], PEERS)
        self.others = {n: a for n, a in members.items() if n != name}

    def begin(self):
        reasons = everybody(healthy, self.others)
        serving = [n for n in self.others if not reasons[n]]
        if serving:
            return self.join(self.others[serving[0]])
        alive = [s for s, code in everybody(api.answers, self.servers).items() if code == 0]
        if alive:
            return None, "the cluster's API answers at %s, so there is an etcd already, and no member of it answers: %s" % (alive[0], complaints(self.members, reasons))
        why = {n: w for n, w in everybody(self.unstarted, self.others).items() if w}
        if 2 * (len(self.members) - len(why)) > len(self.members):
            return "new", ""
        return None, complaints(self.members, why)

    def unstarted(self, address):
        """Nothing when this other member says that there is no etcd yet which knows this one, else what it says."""
        try:
            found = ask(address, PEERS, "/members")
        except Silent as e:
            return str(e)
        if found == FRESH:
            return ""
        mine = self.mine(found) if isinstance(found, list) else None
        return "" if mine and not mine.get("clientURLs") else "it knows an etcd whose majority does not answer"

    def mine(self, found):
        return next((m for m in found if self.url in m["peerURLs"]), None)

    def join(self, address):
        """Takes this machine's place in the etcd that lives: what was there under its address has lost its disk."""
        try:
            found = ask(address, CLIENTS, "/v3/cluster/member/list", {"linearizable": True})["members"]
            mine = self.mine(found)
            if mine and mine.get("clientURLs"):
                waiting("the others remember this machine: its old member is removed")
                ask(address, CLIENTS, "/v3/cluster/member/remove", {"ID": mine["ID"]})
                mine = None
            if not mine:
                found = ask(address, CLIENTS, "/v3/cluster/member/add", {"peerURLs": [self.url]})["members"]
        except Silent as e:
            return None, "this machine cannot take its old place: %s" % e
        # a member that has not started has no name yet, except those of the first start
        names = {url(a, PEERS): n for n, a in self.members.items()}
        return "existing " + ",".join("%s=%s" % (names.get(u, m.get("name")), u) for m in found for u in m["peerURLs"]), ""


class Answer(http.server.BaseHTTPRequestHandler):
    """Says to the others that here is no etcd yet."""

    def do_GET(self):
        self.send_response(200 if self.path == "/members" else 404)
        self.end_headers()
        self.wfile.write(json.dumps(FRESH).encode())

    def log_message(self, *_):
        pass


class Fresh(socketserver.TCPServer):
    allow_reuse_address = True

    def __init__(self, address):
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, PEERS), Answer)

    def get_request(self):
        connection, address = self.socket.accept()
        connection.settimeout(TIMEOUT)  # who connects and says nothing must not keep the others out
        return context(ssl.PROTOCOL_TLS_SERVER).wrap_socket(connection, server_side=True), address


def begin(seconds, member):
    try:
        server = Fresh(member.members[member.name])
    except OSError as e:
        print("port %d of %s cannot be used: %s" % (PEERS, member.members[member.name], e.strerror or e))
        return 1
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        return until(seconds, member.begin)
    finally:
        server.shutdown()
        server.server_close()


def main(command, *arguments):
    def members(words):
        return dict(w.split("=", 1) for w in words)

    if command == "quorum":
        return until(float(arguments[0]), lambda: quorum(members(arguments[1:])))
    if command == "voters":
        print(voters(members(arguments)))
        return 0
    if command == "begin":
        return begin(float(arguments[0]), Member(arguments[1], {s: s for s in arguments[2].split(",")}, members(arguments[3:])))
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 1 else main("help"))
