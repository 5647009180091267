#!/usr/bin/env python3
"""Counts how the tests of a `meson test` run ended: prints PASSED FAILED SKIPPED.

    tools/count_tests.py build/meson-logs/testlog.json
"""

import json
import sys

PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP"}


def main(arguments):
    if len(arguments) != 1:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    counts = [0, 0, 0]
    with open(arguments[0], encoding="utf-8") as log:
        for line in log:
            result = json.loads(line)["result"]
            counts[0 if result in PASSED else 2 if result in SKIPPED else 1] += 1
    print(*counts)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
