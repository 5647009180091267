#!/usr/bin/env python3
"""refuse.py WORDS SOURCE COMPILER...: succeeds where SOURCE does not compile, the errors contain WORDS, and the same
file compiles once its line marked REFUSED is left out, so that nothing else is what the compiler refuses."""
import pathlib
import subprocess
import sys

words, source, *compiler = sys.argv[1:]
text = pathlib.Path(source).read_text()


def compile_text(lines):
    command = [*compiler, "-x", "c++", "-fsyntax-only", "-"]
    return subprocess.run(command, input="\n".join(lines), capture_output=True, text=True)


refused = compile_text(text.splitlines())
without = compile_text(line for line in text.splitlines() if "REFUSED" not in line)
if without.returncode != 0:
    sys.exit(f"{source}: does not compile without its REFUSED line either:\n{without.stderr}")
if refused.returncode == 0:
    sys.exit(f"{source}: compiles, but must not")
if words not in refused.stderr:
    sys.exit(f"{source}: the errors do not say {words!r}:\n{refused.stderr}")
