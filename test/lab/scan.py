# SPDX-License-Identifier: Apache-2.0
# scan.py ADDRESS FIRST-LAST: prints the TCP ports that answer, with a connection or with a reset, as ranges. Silence for
# 2.5 s, in which a lost packet is sent again, is no answer; nor is an ICMP error.
import errno
import resource
import select
import socket
import sys
import time

AT_ONCE = 4000
BURST = 200  # a link's queue has room for a thousand packets
SECONDS = 2.5
address = sys.argv[1]
first, last = (int(n) for n in sys.argv[2].split("-"))
resource.setrlimit(resource.RLIMIT_NOFILE, (AT_ONCE + 100, AT_ONCE + 100))
answered, asked = set(), {}
left = iter(range(first, last + 1))
poll = select.epoll()


def settle(number, error):
    sock, port, _ = asked.pop(number)
    poll.unregister(number)
    sock.close()
    if error in (0, errno.ECONNREFUSED):
        answered.add(port)


more = True
while more or asked:
    for _ in range(min(BURST, AT_ONCE - len(asked)) if more else 0):
        port = next(left, None)
        more = port is not None
        if more:
            sock = socket.socket()
            sock.setblocking(False)
            error = sock.connect_ex((address, port))
            asked[sock.fileno()] = sock, port, time.monotonic()
            poll.register(sock, select.EPOLLOUT)
            if error != errno.EINPROGRESS:
                settle(sock.fileno(), error)
    for number, _ in poll.poll(0.01):
        settle(number, asked[number][0].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
    silent_since = time.monotonic() - SECONDS
    for number in [n for n, a in asked.items() if a[2] < silent_since]:
        settle(number, errno.ETIMEDOUT)

ranges = []
for port in sorted(answered):
    if ranges and ranges[-1][1] == port - 1:
        ranges[-1][1] = port
    else:
        ranges.append([port, port])
print(" ".join("%d" % a if a == b else "%d-%d" % (a, b) for a, b in ranges))
