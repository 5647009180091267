"""Runs the commands that README.md, docs/ and the other pages tell a reader to type.

Every block fenced as ```sh is run, line by line, in a fresh copy of the tree, one copy a page; a line that ends in a
backslash goes on in the next. Blocks of another kind (```text, ```cpp) are not run.

    build/kiln check fill            # exit 1        the line has to end with status 1; without the mark, with 0
    build/kiln lint                  # not run       only what stands below

A lesson lists its commands beside what they do, indented: `    kiln check fill      compile, test, explain`. They are
run as well, on stubs, so that a check ends with 1; but not those that take long and are tested elsewhere.

Not run are lines so marked, and what another test or the whole build stands for: set-up, builds, tests, clones, the
grading of the whole class. Of those, and of each line that is run, every `kiln` command and option must be one that
--help knows, and every program of the tree must exist.
"""

import concurrent.futures
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import common
from common import KilnTest

# First words of what is known well and not run; for programs of the tree, they must exist.
ELSEWHERE = ("git", "cd", "meson", "ninja", "sudo", "apt", "apt-get", "tools/setup", "tools/demo", "tools/test",
             "tools/stability", "tools/milestones", "tools/peers", "grader/samples/pack.py")
WHOLE_CLASS = "grader/samples"
# A lesson's commands that take long.
LONG = ("bench", "--sanitize", "--in-process", "fashion-cnn")
BUILDS = ("build/kiln", "./build/kiln", "kiln")
SUBCOMMAND_HELP = {}
# Commands whose first word is a module, an exercise or a milestone, and what there is of these.
NAMED = ("check", "hint", "reset", "bench", "milestone", "profile")
NAMES = []


def pages():
    folders = {"docs": "**/*.md", "modules": "*/README.md", "grader": "*/README.md"}
    names = [common.source / "README.md"]
    for folder, pattern in folders.items():
        names += sorted((common.source / folder).glob(pattern))
    return [page for page in names if page.is_file()]


def commands_of(page):
    """(line number, command, mark) of every line of a page's sh blocks."""
    found, inside, begun = [], False, ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            inside = line.strip() == "```sh"
        elif inside and line.strip():
            begun += line.strip()
            if begun.endswith("\\"):
                begun = begun[:-1]
                continue
            command, _, mark = begun.partition("#")
            if command.strip():
                found.append((number, command.strip(), mark.strip()))
            begun = ""
    return found


def lesson_commands(page):
    """The same of a lesson's list of commands."""
    found = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if not re.match(r" {4}kiln \w", line):
            continue
        command = re.split(r" {2,}", line.strip())[0]
        words = command.split()
        mark = "not run" if any(word in words for word in LONG) else "exit 1" if words[1] == "check" else ""
        found.append((number, command, mark))
    return found


class DocsCommands(KilnTest):
    def fresh_tree(self, name):
        """The tree as a reader has it after the build: `build/kiln` is there, and speaks of this copy."""
        root = self.place.folder / name

        def leave_out(folder, names):
            top = pathlib.Path(folder) == common.source
            copied_next = ("modules", "solutions", "tools")
            return [found for found in names if found in (".git", "__pycache__")
                    or top and (found.startswith("build") or found in copied_next)]

        shutil.copytree(common.source, root, symlinks=True, ignore=leave_out)
        common.copy_course(root)
        return root

    def check_words(self, root, command, where):
        """What can be said about a command without running it."""
        words = shlex.split(command)
        if words[0] in BUILDS:
            self.check_kiln(words[1:], where)
        elif "/" in words[0]:
            self.assertTrue((root / words[0]).is_file(), f"{where}: {words[0]} does not exist")
        else:
            self.assertTrue(words[0] == "cd" or shutil.which(words[0]) or words[0] in ELSEWHERE,
                            f"{where}: {words[0]} is no program")

    def check_kiln(self, words, where):
        command = words[0] if words and not words[0].startswith("-") else ""
        # The gradebook's commands have options of their own.
        if command == "book" and len(words) > 1:
            command += " " + words[1]
        if command not in SUBCOMMAND_HELP:
            SUBCOMMAND_HELP[command] = self.place.run(*command.split(), "--help")
        done = SUBCOMMAND_HELP[command]
        self.assertEqual(done.returncode, 0, f"{where}: kiln {command} --help")
        known = set(re.findall(r"--?[a-z][a-z-]*", done.stdout)) | {"--help"}
        for word in words:
            if word.startswith("-") and not word.startswith("--benchmark_"):
                self.assertIn(word.split("=")[0], known, f"{where}: option of kiln {command}")
        if command in NAMED and len(words) > 1 and not words[1].startswith("-"):
            self.assertIn(words[1], self.names(), f"{where}: there is no such module, exercise or milestone")

    def names(self):
        """What `kiln list` and `kiln milestone` name."""
        if not NAMES:
            NAMES.append(self.place.run("list").stdout + self.place.run("milestone").stdout)
        return NAMES[0]

    def is_run(self, command, mark):
        words = shlex.split(command)
        whole_class = words[0] in BUILDS and words[1:2] == ["grade"] and WHOLE_CLASS in [w.rstrip("/") for w in words]
        return mark != "not run" and words[0] not in ELSEWHERE and not whole_class

    def run_command(self, root, command, mark, where):
        self.check_words(root, command, where)
        self.assertRegex(mark, r"^(|not run|exit \d+)$", f"{where}: what the mark says is not known")
        if not self.is_run(command, mark):
            return
        environment = self.place.environment(PATH=f"{root / 'build'}:{self.place.environment()['PATH']}")
        done = subprocess.run(["bash", "-c", command], cwd=root, env=environment, text=True, errors="replace",
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=common.LIMIT)
        expected = int(mark.split()[1]) if mark else 0
        self.assertEqual(done.returncode, expected, f"{where}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")

    def run_page(self, page):
        """How many commands the page has, and what is wrong with them."""
        name = page.relative_to(common.source).as_posix()
        found = commands_of(page) + lesson_commands(page)
        root = self.fresh_tree(name.replace("/", "-")) if found else None
        problems = []
        for number, command, mark in found:
            try:
                self.run_command(root, command, mark, f"{name}:{number}: {command}")
            except (AssertionError, subprocess.TimeoutExpired) as problem:
                problems.append(str(problem))
        if root:
            shutil.rmtree(root)
        return len(found), problems

    def test_every_page(self):
        self.names()
        # Pages know nothing of each other, so they take turns on all processors.
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(self.run_page, pages()))
        count = sum(count for count, _ in results)
        problems = [problem for _, problems in results for problem in problems]
        print(f"{count} commands on {len(results)} pages", file=sys.stderr)
        self.assertGreater(count, 0, "no page holds a command in a ```sh block")
        self.assertFalse(problems, "\n\n".join(problems))
        self.assertNothingLeft()


if __name__ == "__main__":
    common.main()
