#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""etcdmember.py SECONDS NAME API-SERVER,… MEMBER…: on a member of an external etcd with an empty disk, until it is known how it
starts. Prints `new` for one of the first members, or `existing NAME=URL,…` when the others live; 1 and the reason when neither.

A member whose disk was lost must not start as one of the first: with its old name and an empty log it would take part in
majorities that forget what was written. Silence does not tell that there is nothing yet, so members that have not started
say it themselves, where etcd will listen for the others. `new` needs that word from a majority.
"""
import http.server
import json
import socket
import socketserver
import ssl
import sys
import threading

import api
import etcd

FRESH = {"fresh": True}


class Member:
    """This machine, before its etcd has ever run."""

    def __init__(self, name, servers, members):
        self.name, self.servers, self.members = name, servers, members
        self.url = etcd.url(members[name], etcd.PEERS)
        self.others = {n: a for n, a in members.items() if n != name}

    def begin(self):
        reasons = etcd.everybody(etcd.healthy, self.others)
        serving = [n for n in self.others if not reasons[n]]
        if serving:
            return self.join(self.others[serving[0]])
        alive = [s for s, code in etcd.everybody(api.answers, self.servers).items() if code == 0]
        if alive:
            return None, "the cluster's API answers at %s, so there is an etcd already, and no member of it answers: %s" % (alive[0], etcd.complaints(self.members, reasons))
        why = {n: w for n, w in etcd.everybody(self.unstarted, self.others).items() if w}
        if 2 * (len(self.members) - len(why)) > len(self.members):
            return "new", ""
        return None, etcd.complaints(self.members, why)

    def unstarted(self, address):
        """Nothing when this other member says that there is no etcd yet which knows this one, else what it says."""
        try:
            found = etcd.ask(address, etcd.PEERS, "/members")
        except etcd.Silent as e:
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
            found = etcd.ask(address, etcd.CLIENTS, "/v3/cluster/member/list", {"linearizable": True})["members"]
            mine = self.mine(found)
            if mine and mine.get("clientURLs"):
                etcd.waiting("the others remember this machine: its old member is removed")
                etcd.ask(address, etcd.CLIENTS, "/v3/cluster/member/remove", {"ID": mine["ID"]})
                mine = None
            if not mine:
                found = etcd.ask(address, etcd.CLIENTS, "/v3/cluster/member/add", {"peerURLs": [self.url]})["members"]
        except etcd.Silent as e:
            return None, "this machine cannot take its place: %s" % e
        # a member that has not started has no name yet, except those of the first start
        names = {etcd.url(a, etcd.PEERS): n for n, a in self.members.items()}
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
        super().__init__((address, etcd.PEERS), Answer)

    def get_request(self):
        connection, address = self.socket.accept()
        connection.settimeout(etcd.TIMEOUT)  # who connects and says nothing must not keep the others out
        return etcd.context(ssl.PROTOCOL_TLS_SERVER).wrap_socket(connection, server_side=True), address


def begin(seconds, member):
    try:
        server = Fresh(member.members[member.name])
    except OSError as e:
        print("port %d of %s cannot be used: %s" % (etcd.PEERS, member.members[member.name], e.strerror or e))
        return 1
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        return etcd.until(seconds, member.begin)
    finally:
        server.shutdown()
        server.server_close()


def main(seconds, name, servers, *members):
    return begin(float(seconds), Member(name, {s: s for s in servers.split(",")}, etcd.named(members)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
