# SPDX-License-Identifier: Apache-2.0
# cloudinit.py FILE: FILE holds one argument list of cloud-init a line, words parted by blanks. Runs cloud-init's own main()
# for each and prints [exit code, what it said] as JSON, one a line. Each runs in a fork, because some of its commands change
# what is global; starting Python anew for each would cost ten times as much.
import contextlib
import io
import json
import os
import sys

from cloudinit.cmd.main import main


def judge(call):
    said = io.StringIO()
    sys.argv = ["cloud-init"] + call.split()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code = main()
        except SystemExit as end:
            code = end.code
    print(json.dumps([code or 0, said.getvalue()]), flush=True)


for call in open(sys.argv[1]).read().splitlines():
    child = os.fork()
    if child == 0:
        judge(call)
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit("cloud-init " + call + " ended abnormally")
