#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exit code 0: HAProxy answers here. keepalived runs this every second, so nothing is imported that takes time to load. A
process that is there and hangs does not answer."""
import _socket
import sys

try:
    connection = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    connection.settimeout(2)
    connection.connect(("127.0.0.1", 8404))
    connection.send(b"GET / HTTP/1.0\r\n\r\n")
    sys.exit(0 if b" 200 " in connection.recv(32) else 1)
except OSError:
    sys.exit(1)
