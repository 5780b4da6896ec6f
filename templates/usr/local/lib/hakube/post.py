# SPDX-License-Identifier: Apache-2.0
"""post.py URL TYPE FILE [SECONDS]: POST a file; else print why not, and 1. The server may take SECONDS (2) for any answer."""
import glob
import http.client
import ssl
import sys
import urllib.request

# besides the system's authorities, which have these only from the step trust on
AUTHORITIES = "/etc/hakube/certificates/*.crt"


def post(url, kind, path, seconds=2):
    context = ssl.create_default_context()
    for authority in glob.glob(AUTHORITIES):
        context.load_verify_locations(authority)
    # no proxy: the server is one of the nodes' own network
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    with open(path, "rb") as f:
        request = urllib.request.Request(url, f.read(), {"Content-Type": kind}, method="POST")
    try:
        opener.open(request, timeout=seconds).close()
    except (OSError, ValueError, http.client.HTTPException) as e:
        print("%s: %s" % (url, getattr(e, "reason", None) or e or type(e).__name__))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(post(*sys.argv[1:4], seconds=float(sys.argv[4]) if len(sys.argv) > 4 else 2))
