#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks API servers and etcd, for the steps. python3 is on every image that has cloud-init; curl is not, and a kubectl
a second on every waiting machine would be the heaviest thing that runs there.

api.py answers HOST:PORT        0 an API server of this cluster answers, ready or not; 1 nothing listens there;
                                2 no answer at all; 3 something answers that is not of this cluster
api.py wait SECONDS HOST:PORT   until the API server is ready; 1 and the last answer when it is not within SECONDS
api.py invited SECONDS HOST:PORT TOKEN-ID
                                until the cluster-info that joiners begin with is signed for this bootstrap token
api.py node HOST:PORT NAME      prints Ready condition, version and the condition's message of a Node, asked as its kubelet
api.py voter HOST               0 this machine's etcd, at this loopback address, is healthy and has a vote
"""
import http.client
import json
import random
import socket
import ssl
import sys
import time

CA = "/etc/hakube/ca.crt"
KUBELET = "/var/lib/kubelet/pki/kubelet-client-current.pem"
TIMEOUT = 4


def get(address, path, certificate=None):
    """Status and body of a GET that trusts the cluster's own CA only."""
    host, port = address.rsplit(":", 1)
    context = ssl.create_default_context(cafile=CA)
    if certificate:
        context.load_cert_chain(certificate)
    # an IPv6 address is in brackets before a port, and nowhere else
    connection = http.client.HTTPSConnection(host.strip("[]"), int(port), timeout=TIMEOUT, context=context)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def answers(address):
    try:
        get(address, "/version")
        return 0
    except (ssl.CertificateError, ssl.SSLError) as e:
        # a load balancer without a backend accepts and closes, which is no certificate
        return 3 if "CERTIFICATE_VERIFY_FAILED" in str(e) or isinstance(e, ssl.CertificateError) else 1
    except (ConnectionError, http.client.HTTPException):
        return 1
    except OSError:
        return 2


def readiness(address):
    """Nothing when ready, else why not."""
    try:
        status, body = get(address, "/readyz")
    except (OSError, http.client.HTTPException) as e:
        return str(e) or type(e).__name__
    return "" if status == 200 else "it answers %d: %s" % (status, body.strip().rpartition("\n")[2])


def invitation(address, token):
    """Nothing when cluster-info is signed for the token, else why not."""
    try:
        status, body = get(address, "/api/v1/namespaces/kube-public/configmaps/cluster-info")
    except (OSError, http.client.HTTPException) as e:
        return str(e) or type(e).__name__
    if status != 200:
        return "there is no cluster-info: %d" % status
    return "" if "jws-kubeconfig-" + token in json.loads(body).get("data", {}) else "cluster-info is not signed for the bootstrap token"


def wait(seconds, question, *arguments):
    end = time.monotonic() + seconds
    while True:
        why = question(*arguments)
        if not why:
            return 0
        if time.monotonic() >= end:
            print(why)
            return 1
        # jitter: machines that wait for the same thing must not ask in step
        time.sleep(0.5 + random.random())


def node(address, name):
    status, body = get(address, "/api/v1/nodes/" + name, KUBELET)
    if status != 200:
        return 1
    fields = json.loads(body)["status"]
    for condition in fields["conditions"]:
        if condition["type"] == "Ready":
            print(condition["status"], fields["nodeInfo"]["kubeletVersion"], condition.get("message", ""))
            return 0
    return 1


def metrics(host, path):
    connection = http.client.HTTPConnection(host, 2381, timeout=TIMEOUT)  # etcd's metrics, as kubeadm sets them
    connection.request("GET", path)
    return connection.getresponse().read().decode()


def voter(host):
    healthy = json.loads(metrics(host, "/health")).get("health") == "true"
    return 0 if healthy and "\netcd_server_is_learner 0" in metrics(host, "/metrics") else 1


def main(command, *arguments):
    try:
        if command == "answers":
            return answers(*arguments)
        if command == "wait":
            return wait(float(arguments[0]), readiness, arguments[1])
        if command == "invited":
            return wait(float(arguments[0]), invitation, *arguments[1:])
        if command == "node":
            return node(*arguments)
        if command == "voter":
            return voter(*arguments)
    except (OSError, http.client.HTTPException, ValueError, KeyError) as e:
        print(e)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    socket.setdefaulttimeout(TIMEOUT)
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 1 else main("help"))
