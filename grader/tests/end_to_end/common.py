"""What the end-to-end tests of `kiln` share: a scratch place, runs of the program, copies of the course.

Each test is called as TEST.py --kiln PATH --source ROOT [unittest's arguments]. A run sees a TMPDIR of its own, and
orphans of it become children of the test, so that whatever it leaves behind is found.
"""

import argparse
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

PR_SET_CHILD_SUBREAPER = 36
# A run that takes longer hangs.
LIMIT = 420

kiln = source = None


def main():
    """Parses the command line and runs the calling script's tests."""
    global kiln, source
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--kiln", type=pathlib.Path, required=True, help="the program under test, in its build folder")
    parser.add_argument("--source", type=pathlib.Path, required=True, help="the root of the source tree")
    options, rest = parser.parse_known_args()
    kiln, source = options.kiln.resolve(), options.source.resolve()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    unittest.main(module="__main__", argv=[sys.argv[0], *rest], verbosity=2)


class Place:
    """A scratch folder with a TMPDIR in it; gone when closed."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="e2e-"))
        self.tmp = self.folder / "tmp"
        self.tmp.mkdir()

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self, **changes):
        environment = dict(os.environ, TMPDIR=str(self.tmp), LC_ALL="C.UTF-8", NO_COLOR="1")
        environment.update(changes)
        return environment

    def run(self, *words, program=None, directory=None, **changes):
        """Runs kiln; gives what `subprocess.run` gives, with `all` for both streams."""
        command = [str(program or kiln), *map(str, words)]
        done = subprocess.run(command, cwd=directory or self.folder, env=self.environment(**changes), text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=LIMIT, errors="replace")
        done.all = done.stdout + done.stderr
        return done

    def left_behind(self):
        """What earlier runs left below TMPDIR."""
        return sorted(str(path.relative_to(self.tmp)) for path in self.tmp.rglob("*"))


def processes_left(seconds=10):
    """Orphans of earlier runs that are alive after `seconds`. Those that are being killed may take a moment."""

    def give_up(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return []
    except TimeoutError:
        children = pathlib.Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
        lines = {pid: pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
        for pid in children:
            os.kill(int(pid), signal.SIGKILL)
        return [f"{pid} {line.replace(bytes(1), b' ').decode(errors='replace')}" for pid, line in lines.items()]
    finally:
        signal.alarm(0)


def tree_files():
    """Every file of the source tree with its size and time, builds and version control apart."""
    files = {}
    for folder, names, entries in os.walk(source):
        if pathlib.Path(folder) == source:
            names[:] = [name for name in names if not name.startswith("build") and name != ".git"]
        for entry in entries:
            status = os.lstat(os.path.join(folder, entry))
            files[os.path.join(folder, entry)] = (status.st_size, status.st_mtime_ns)
    return files


def copy_program(folder):
    """A build folder that holds `kiln` and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy2(kiln, folder / "kiln")
    return folder / "kiln"


def copy_course(folder):
    """A tree of one's own to edit, and a `kiln` for it: the modules, solutions and tools are copies, and what was built
    is used where it lies."""
    for name in ("modules", "solutions", "tools"):
        if (source / name).is_dir():
            shutil.copytree(source / name, folder / name, symlinks=True)
    program = copy_program(folder / "build")
    course = json.loads((kiln.parent / "modules" / "course.json").read_text(encoding="utf-8"))
    course["source_root"] = str(folder)
    (folder / "build" / "modules").mkdir()
    (folder / "build" / "modules" / "course.json").write_text(json.dumps(course), encoding="utf-8")
    # Objects of stubs are the same in every copy: keep them where the build keeps its own.
    kept = kiln.parent / "modules" / "own-objects"
    kept.mkdir(exist_ok=True)
    (folder / "build" / "modules" / "own-objects").symlink_to(kept)
    # The tree under test may hold somebody's work: start from stubs.
    if (folder / "solutions").is_dir():
        subprocess.run([sys.executable, "-B", folder / "tools" / "stubs.py"], check=True, capture_output=True)
    return program


def grade_results(path):
    """The JSON of `kiln grade`, by submission."""
    results = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    return {result["submission"]: result for result in results}


def exercises_of(result):
    """The exercises of a submission, by name."""
    return {exercise["id"]: exercise for module in result["modules"] for exercise in module["exercises"]}


def of_module(results, module="01_tensor"):
    """Results without the other modules, of which the samples hold nothing."""
    return {name: dict(result, modules=[each for each in result["modules"] if each["id"] == module])
            for name, result in results.items()}


def verdict_lines(results):
    """One line a submission and one an exercise: verdicts and points."""
    lines = []
    for name in sorted(results):
        result = results[name]
        lines.append(f"{name}: {result['verdict']} {result['score']:.4f}")
        lines += [f"  {name}.{exercise['id']}: {exercise['verdict']} {exercise['points']:.4f}"
                  for exercise in exercises_of(result).values()]
    return "\n".join(lines) + "\n"


def expected_results():
    """grader/samples/expected.json in the shape of results."""
    expected = json.loads((source / "grader" / "samples" / "expected.json").read_text(encoding="utf-8"))
    return {name: {"verdict": one["verdict"], "score": one["score"], "modules": [{"exercises": [
        dict(exercise, id=id) for id, exercise in one["exercises"].items()]}]} for name, one in expected.items()}


class KilnTest(unittest.TestCase):
    """A test case with a place, and assertions that show what the program said."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.place = Place()
        cls.addClassCleanup(cls.place.close)

    def assertRun(self, done, status, *parts, where="all"):
        """The exit status, and texts that the output must hold."""
        text = getattr(done, where)
        self.assertEqual(done.returncode, status, f"exit status of {done.args}; it said:\n{done.all}")
        for part in parts:
            self.assertIn(part, text, f"output of {done.args}")

    def assertNothingLeft(self):
        self.assertEqual(processes_left(), [], "processes left")
        self.assertEqual(self.place.left_behind(), [], "files left in TMPDIR")
