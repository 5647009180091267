#!/usr/bin/env python3
"""Prints what the build needs to know of a module's module.toml, one item a line.

    tools/manifest.py modules/01_tensor QUERY    (without a query: which there are)

`kiln lint` and `kiln check` read the same file with a full check of it; this stays as small as Meson needs.
"""

import pathlib
import sys
import tomllib

QUERIES = {
    "files": lambda module: [exercise["file"] for exercise in module["exercise"]],
    "tests": lambda module: module.get("tests", ["tests.cpp"]),
    "hidden-tests": lambda module: module.get("hidden_tests", ["hidden_tests.cpp"]),
    "oracles": lambda module: module.get("oracles", ["oracle.cpp"]),
    "oracle-tests": lambda module: module.get("oracle_tests", []),
    "milestones": lambda module: [f"{each['name']} {each['file']}" for each in module.get("milestone", [])],
    "slots": lambda module: [slot for exercise in module["exercise"] for slot in exercise["slots"]],
    "contract": lambda module: [module["contract"]],
    "slots-type": lambda module: [module["slots_type"]],
    "headers": lambda module: module.get("headers", []),
    "wrong": lambda module: [name for exercise in module["exercise"] for name in sorted(exercise.get("wrong", {}))],
}


def main(arguments):
    if len(arguments) != 2 or arguments[1] not in QUERIES:
        print(f"usage: tools/manifest.py MODULE_FOLDER {'|'.join(QUERIES)}", file=sys.stderr)
        return 2
    path = pathlib.Path(arguments[0])
    path = path / "module.toml" if path.is_dir() else path
    try:
        items = QUERIES[arguments[1]](tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 1
    except (KeyError, TypeError, AttributeError) as error:
        print(f"{path}: cannot list {arguments[1]}: {type(error).__name__} {error}", file=sys.stderr)
        return 1
    for item in items:
        print(item)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
