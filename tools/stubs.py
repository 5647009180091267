#!/usr/bin/env python3
"""Makes the stubs that students start from, modules/*/*.cpp, out of the solutions in solutions/*/.

    tools/stubs.py [--check] [MODULE...]
    tools/stubs.py --print MODULE/FILE

A solution is an ordinary source file with marked regions:

    void impl::fill(View out, float value) {
      // BEGIN SOLUTION
      ...                                       becomes   STUB();
      // END SOLUTION
    }

A region that is indented lies in a function's body: `STUB();` takes its place. A region that starts at the first column
(helpers, includes that only they need) vanishes, together with one blank line. Everything else stays as it is, and two
lines after the file's opening comment tell the student what to do. Which files are exercises, module.toml says.

--print writes one stub to standard output, and no file.
--check writes nothing, prints what differs, and ends with 1 where a stub is not what its solution gives.
Exit status: 0 all well, 1 a stub differs (--check), 2 a wrong call, or a solution whose markers do not pair.
"""

import argparse
import difflib
import pathlib
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEGIN = "// BEGIN SOLUTION"
END = "// END SOLUTION"


class StubError(Exception):
    """What is wrong, where, and what to do about it."""


def instructions(exercise):
    return [
        "//",
        f"// Write what stands below as STUB(); then run `kiln check {exercise}`.",
        f"// Stuck? `kiln hint {exercise}`.",
    ]


def strip_solutions(lines, name):
    """The lines without what stands between the markers; `name` is the file's, for errors."""
    out, opened, inside = [], 0, ""
    for number, line in enumerate(lines, start=1):
        marker, indent = line.strip(), line[: len(line) - len(line.lstrip())]
        if marker == BEGIN:
            if opened:
                raise StubError(f"{name}:{number}: {BEGIN} inside the region of line {opened}; end that one first")
            opened, inside = number, indent
            if indent:
                out.append(f"{indent}STUB();")
        elif marker == END:
            if not opened:
                raise StubError(f"{name}:{number}: {END} without {BEGIN}")
            if indent != inside:
                raise StubError(f"{name}:{number}: {END} is not indented as {BEGIN} in line {opened}")
            opened = 0
        elif not opened:
            # A region that vanished leaves one blank line of the two around it.
            if line or not out or out[-1]:
                out.append(line)
    if opened:
        raise StubError(f"{name}:{opened}: {BEGIN} without {END}")
    if not any(line.strip() == "STUB();" for line in out):
        raise StubError(f"{name}: nothing is left to the student; mark the body of at least one kernel with {BEGIN}")
    return out


def make_stub(text, exercise, name):
    """The stub's text for a solution's text."""
    lines = strip_solutions(text.splitlines(), name)
    head = next((i for i, line in enumerate(lines) if not line.startswith("//")), len(lines))
    if head == 0:
        raise StubError(f"{name}:1: expected a comment that says what the file is about")
    return "\n".join(lines[:head] + instructions(exercise) + lines[head:]) + "\n"


def exercises(module):
    """(exercise, file) of a module's folder, as its module.toml lists them."""
    manifest = ROOT / "modules" / module / "module.toml"
    try:
        listed = tomllib.loads(manifest.read_text(encoding="utf-8"))["exercise"]
        return [(exercise["id"], exercise["file"]) for exercise in listed]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise StubError(f"modules/{module}/module.toml: cannot list the exercises: {error!r}") from error


def check_stub(path, wanted):
    """Prints how the file differs from the wanted text; True where it does not."""
    found = path.read_text(encoding="utf-8") if path.exists() else ""
    name = str(path.relative_to(ROOT))
    sys.stdout.writelines(
        difflib.unified_diff(
            found.splitlines(keepends=True), wanted.splitlines(keepends=True), name, f"{name} (from its solution)"
        )
    )
    return found == wanted


def stub_of(module, exercise, file):
    """The text of one exercise's stub."""
    solution = ROOT / "solutions" / module / file
    if not solution.exists():
        raise StubError(f"solutions/{module}/{file}: no such file, but module.toml lists it")
    return make_stub(solution.read_text(encoding="utf-8"), exercise, f"solutions/{module}/{file}")


def print_stub(word):
    module, _, wanted = word.partition("/")
    for exercise, file in exercises(module):
        if file == wanted:
            sys.stdout.write(stub_of(module, exercise, file))
            return
    raise StubError(f"{word}: no exercise of {module} has this file")


def run(modules, check):
    same = True
    for module in modules:
        for exercise, file in exercises(module):
            stub = stub_of(module, exercise, file)
            path = ROOT / "modules" / module / file
            if check:
                same &= check_stub(path, stub)
            else:
                path.write_text(stub, encoding="utf-8")
    if not same:
        print("Some stubs are not what their solutions give. Change the solutions, then run tools/stubs.py.")
    return same


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", metavar="MODULE", nargs="*", help="a folder of modules/, such as 01_tensor (default: all)")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--print", metavar="MODULE/FILE", dest="one", help="print this stub, 01_tensor/matmul.cpp")
    arguments = parser.parse_args()
    known = sorted(path.parent.name for path in (ROOT / "modules").glob("*/module.toml"))
    try:
        if arguments.one:
            print_stub(arguments.one)
            return 0
        for module in arguments.modules:
            if module not in known:
                raise StubError(f"{module}: no such module; there are: {', '.join(known)}")
        return 0 if run(arguments.modules or known, arguments.check) else 1
    except StubError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
