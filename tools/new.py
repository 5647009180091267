#!/usr/bin/env python3
"""Lays out a new exercise, or a new module, so that only its content is left to write.

    tools/new.py MODULE EXERCISE [--signature "void swish(ConstView in, View out)"]...
    tools/new.py NN_name

MODULE is a module's folder (02_activations). The exercise gets: a declaration and a slot for each signature in the
contract (default: void EXERCISE(ConstView in, View out)), a solution with markers, a naive version, four wrong variants
to be, an oracle, a visible and a hidden test, an entry in module.toml, and its stub. Everything that is yours to write
says TODO; `kiln lint MODULE` says what is still to be proven.

NN_name makes a module without exercises: both folders, the contract, and its place in modules/meson.build.

Nothing that exists is overwritten. Exit status: 0 done, 2 a wrong call or a name that is taken (nothing was changed).
"""

import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEFAULT = "void {}(ConstView in, View out)"
WRONG = ["ignores_strides", "forgets_scalars", "writes_one_too_many", "accepts_misfits"]


class Refused(Exception):
    """What is wrong with the call, and what to do about it."""


class Kernel:
    """A signature: its kernel's name, and the names of its parameters."""

    def __init__(self, signature):
        self.signature = signature.strip().rstrip(";")
        match = re.fullmatch(r"([\w:<>]+) (\w+)\((.*)\)", self.signature, re.S)
        if not match:
            raise Refused(f'"{signature}" is no signature such as "{DEFAULT.format("swish")}"')
        self.result, self.name, parameters = match.groups()
        # Commas between angle brackets separate nothing.
        flat = re.sub(r"<[^<>]*>", "", parameters)
        words = [part.split() for part in flat.split(",")] if flat.strip() else []
        if any(len(word) < 2 for word in words):
            raise Refused(f'"{signature}": every parameter needs a name')
        self.parameters = [word[-1].lstrip("&*") for word in words]

    def definition(self, body):
        head = self.signature.replace(f" {self.name}(", f" impl::{self.name}(", 1)
        return f"{head} {{\n{body}}}\n"


class Changes:
    """Files to be written, all or none."""

    def __init__(self):
        self.files = {}

    def text(self, path):
        return self.files.get(path) or path.read_text(encoding="utf-8")

    def create(self, path, text):
        if path.exists():
            raise Refused(f"{path.relative_to(ROOT)} is there already")
        self.files[path] = text

    def insert_before(self, path, mark, text, last=False):
        """Puts `text` in front of the first (or last) `mark`."""
        whole = self.text(path)
        at = whole.rfind(mark) if last else whole.find(mark)
        if at < 0:
            raise Refused(f"{path.relative_to(ROOT)} does not hold {mark.strip()!r}: lay it out as module 01's")
        self.files[path] = whole[:at] + text + whole[at:]

    def write(self):
        for path, text in self.files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(ROOT))


def camel(name):
    return "".join(word.capitalize() for word in name.split("_"))


def add_to_contract(changes, contract, exercise, kernels):
    slots = re.search(r"struct (\w+Slots) \{", changes.text(contract)).group(1)
    declarations = f"// ---- {exercise}.cpp\n\n"
    for kernel in kernels:
        declarations += f"/// TODO: the formula and its source, shapes, what may overlap, errors.\nKILN_DECLARE {kernel.signature};\n\n"
    changes.insert_before(contract, "}  // namespace KILN_IMPL\n\n/// The family's table", declarations)
    members = "".join(f"  decltype(impl::{kernel.name})* {kernel.name};\n" for kernel in kernels)
    changes.insert_before(contract, "\n  static constexpr const char* kFamily", members)
    listed = ""
    for kernel in kernels:
        words = ", ".join(f'"{word}"' for word in [kernel.name, *kernel.parameters])
        listed += f"        slot<&{slots}::{kernel.name}>({words}),\n"
    changes.insert_before(contract, "    };\n  }\n};", listed)
    entries = "".join(f"      .{kernel.name} = {kernel.name},\n" for kernel in kernels)
    changes.insert_before(contract, "  };\n}\n}  // namespace KILN_IMPL", entries, last=True)
    return slots


def kernels_file(head, include, kernels, marked):
    text = f"{head}\n#include <string>\n\n#include \"{include}\"\n\nusing namespace kiln;\n"
    for kernel in kernels:
        body = f'  throw Error(ErrorKind::missing, "{kernel.name}: TODO");\n'
        if marked:
            body = f"  // BEGIN SOLUTION\n{body}  // END SOLUTION\n"
        text += "\n" + kernel.definition(body)
    return text


def manifest_entry(exercise, kernels):
    slots = ", ".join(f'"{kernel.name}"' for kernel in kernels)
    wrong = "".join(f'{exercise}_{word} = "{exercise}.by_hand"\n' for word in WRONG)
    return f"""
[[exercise]]
id = "{exercise}"
title = "TODO"
file = "{exercise}.cpp"
slots = [{slots}]
success = "TODO: one sentence, the figure that says that it is done."
points = {{ visible = 3, hidden = 2 }}
tolerance = {{ factor = 2, reason = "TODO: from the arithmetic" }}
hints = [
  "TODO: a nudge",
  "TODO: the idea",
  "TODO: almost the code",
]
[exercise.wrong]
{wrong}"""


def new_exercise(changes, module, exercise, kernels):
    here, secret = ROOT / "modules" / module, ROOT / "solutions" / module
    if not (here / "module.toml").exists():
        raise Refused(f"there is no module {module}; make it first: tools/new.py {module}")
    manifest = here / "module.toml"
    taken = re.findall(r'^(?:id|file) = "(\w+)', manifest.read_text(encoding="utf-8"), re.M)
    if exercise in taken:
        raise Refused(f"{module} has an exercise {exercise} already")
    include = re.search(r'^contract = "(.*)"', manifest.read_text(encoding="utf-8"), re.M).group(1)
    for kernel in kernels:
        for contract in (ROOT / "framework/include/kiln/kernels").glob("*.hpp"):
            if re.search(rf"KILN_DECLARE [\w:<>]+ {kernel.name}\(", contract.read_text(encoding="utf-8")):
                raise Refused(f"{contract.name} declares a kernel {kernel.name} already: names are unique in the course")
    slots = add_to_contract(changes, ROOT / "framework/include" / include, exercise, kernels)

    head = f"// {exercise}: TODO\n// Contract: {include}. Lesson: modules/{module}/README.md."
    changes.create(secret / f"{exercise}.cpp", kernels_file(head, include, kernels, True))
    changes.create(secret / "naive" / f"{exercise}.cpp",
                   kernels_file("// TODO: what a beginner writes: right, and too slow.", include, kernels, False))
    for word in WRONG:
        changes.create(secret / "wrong" / f"{exercise}_{word}.cpp",
                       kernels_file("// TODO: why it is wrong, in one line.", include, kernels, False))
    changes.files[manifest] = changes.text(manifest).rstrip("\n") + "\n" + manifest_entry(exercise, kernels)

    oracle = f"/// TODO: the formula, once, in double.\nExpected {kernels[0].name}(ConstView in)"
    changes.insert_before(here / "oracle.hpp", "}  // namespace", oracle + ";\n\n", last=True)
    changes.insert_before(secret / "oracle.cpp", "}  // namespace",
                          oracle.split("\n")[1] + " {\n  // TODO\n  return exact(to_array64(in));\n}\n\n", last=True)
    for path, name in ((here / "tests.cpp", "by_hand"), (secret / "hidden_tests.cpp", "edges")):
        changes.insert_before(path, "}  // namespace",
                              f"// ---- {exercise}\n\nTEST({exercise}, {name}) {{\n"
                              f"  one_case([](Generator&) {{\n"
                              f"    // TODO: {slots}'s {kernels[0].name} with numbers that can be checked on paper.\n"
                              f"    FAIL() << \"TODO: this test is not written yet\";\n  }});\n}}\n\n", last=True)


def new_module(changes, module):
    if not re.fullmatch(r"\d\d_[a-z][a-z0-9_]*", module):
        raise Refused(f'"{module}" is no module\'s name: two digits, "_", and a name in small letters, as 07_training')
    name = module[3:]
    here, secret = ROOT / "modules" / module, ROOT / "solutions" / module
    if here.exists() or secret.exists():
        raise Refused(f"{module} is there already")
    slots = camel(name.removesuffix("s")) + "Slots"
    include = f"kiln/kernels/{name}.hpp"
    changes.create(ROOT / "framework/include" / include, f"""// Module {module[:2]}, {name}: TODO
// TODO: what holds for every kernel here: views, strides, aliasing, errors, memory.
#pragma once

#include "kiln/kernels/contract.hpp"

namespace kiln {{

namespace KILN_IMPL {{

}}  // namespace KILN_IMPL

/// The family's table. A null slot is a kernel without a definition.
struct {slots} {{

  static constexpr const char* kFamily = "{name}";
  static constexpr auto list() {{
    return std::tuple{{
    }};
  }}
}};

static_assert(sizeof({slots}) == kSlotCount<{slots}> * sizeof(void*), "list() names every slot");

namespace KILN_IMPL {{
/// This implementation's table.
inline {slots} table(const {slots}*) {{
  return {{
  }};
}}
}}  // namespace KILN_IMPL

}}  // namespace kiln
""")
    changes.create(here / "module.toml", f"""# Module {module[:2]}, {name}: what is asked, what it is worth, and where it stands. Read by `kiln` and by the build.
# A speed step is the reference's time divided by the submission's: 1 is as fast as the reference.
id = "{module}"
title = "TODO"
contract = "{include}"
slots_type = "kiln::{slots}"
needs = []
headers = []
hours = 6
success = "TODO: one sentence, the figure that says that the module is done."
""")
    changes.create(here / "README.md", f"# {module[:2]} {name}: TODO\n\nTODO: the lesson; docs/authoring.md says what it holds.\n")
    changes.create(here / "oracle.hpp", f"""// Module {module[:2]}'s oracles: each formula once, in double.
#pragma once

#include "testing/compare.hpp"

namespace kiln::testing::oracle {{

}}  // namespace kiln::testing::oracle
""")
    changes.create(secret / "oracle.cpp", f"""// The oracles of module {module[:2]}.
#include "oracle.hpp"

namespace kiln::testing::oracle {{

}}  // namespace kiln::testing::oracle
""")
    for path, what in ((here / "tests.cpp", "tests, as students see them"), (secret / "hidden_tests.cpp", "hidden tests")):
        changes.create(path, f"""// Module {module[:2]}'s {what}.
#include "{include}"

#include "oracle.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {{

}}  // namespace
""")
    changes.create(here / "bench.cpp", f"""// Module {module[:2]}'s benchmarks: each kernel with a speed step, over a range of sizes, for every implementation.
#include "bench/bench.hpp"
#include "{include}"

namespace {{

void add_benchmarks(const kiln::bench::Backend<kiln::{slots}>&) {{
  // TODO
}}

}}  // namespace

int main(int argc, char** argv) {{ return kiln::bench::run<kiln::{slots}>(argc, argv, add_benchmarks); }}
""")
    changes.create(secret / "NOTES.md", f"# Module {module[:2]}, notes for instructors\n\nTODO\n")
    build = ROOT / "modules/meson.build"
    text = build.read_text(encoding="utf-8")
    listed = re.search(r"^module_ids = \[(.*?)\]", text, re.M | re.S)
    ids = sorted([*re.findall(r"'(\w+)'", listed.group(1)), module])
    line = "module_ids = [" + ", ".join(f"'{each}'" for each in ids) + "]"
    changes.files[build] = text.replace(listed.group(0), line)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module", metavar="MODULE")
    parser.add_argument("exercise", metavar="EXERCISE", nargs="?")
    parser.add_argument("--signature", action="append", help="a kernel of the exercise; may be given several times")
    call = parser.parse_args(arguments)
    changes = Changes()
    try:
        if call.exercise is None:
            new_module(changes, call.module)
        else:
            if not re.fullmatch(r"[a-z][a-z0-9_]*", call.exercise):
                raise Refused(f'"{call.exercise}" is no exercise\'s name: small letters, digits and "_"')
            signatures = call.signature or [DEFAULT.format(call.exercise)]
            new_exercise(changes, call.module, call.exercise, [Kernel(each) for each in signatures])
    except Refused as refused:
        print(f"new: {refused}", file=sys.stderr)
        return 2
    changes.write()
    if call.exercise is None:
        print(f"Next: tools/new.py {call.module} EXERCISE; a module without exercises is none.")
        return 0
    subprocess.run([sys.executable, ROOT / "tools/stubs.py", call.module], check=True)
    print(f"Next: write what says TODO, from the contract on (docs/authoring.md); then ninja -C build and "
          f"build/kiln lint {call.module[:2]} --no-speed.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
