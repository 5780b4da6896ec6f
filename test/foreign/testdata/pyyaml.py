# SPDX-License-Identifier: Apache-2.0
# pyyaml.py LIST: prints what PyYAML finds in each YAML file that LIST names, one a line, as JSON: a list of documents in
# which every value tells its type.
import datetime
import json
import sys

import yaml


def typed(value):
    if isinstance(value, dict):
        return {typed(k): typed(v) for k, v in value.items()}
    if isinstance(value, list):
        return [typed(v) for v in value]
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool " + str(value).lower()
    if isinstance(value, (datetime.date, datetime.datetime)):
        return "time"
    if isinstance(value, float):
        return {"float": value}
    return type(value).__name__ + " " + str(value)


loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
for path in open(sys.argv[1]).read().splitlines():
    with open(path, "rb") as text:
        print(json.dumps(typed(list(yaml.load_all(text, Loader=loader)))))
