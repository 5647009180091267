"""Grades the hostile submissions and the near misses: every verdict, every point, and what they left or brought out."""

import json
import pathlib
import re
import socket
import tempfile
import tomllib

import common
from common import KilnTest

SEED = 0x5eedc0ffee16
# A path of the host, a user and a home that would be known again on a page.
MARKERS = {"HOME": "/home/marker-of-the-home", "USER": "marker-of-the-user", "LOGNAME": "marker-of-the-user",
           "MARKER_OF_THE_ENVIRONMENT": "marker-of-the-environment"}


def classes():
    """The two folders, and what each of their submissions has to get."""
    samples = common.source / "grader" / "samples"
    return {name: (samples / name, json.loads((samples / name / "expected.json").read_text(encoding="utf-8")))
            for name in ("hostile", "near_misses")}


def traces():
    """What a run may leave on the machine outside of its own TMPDIR."""
    found = set()
    for folder in {"/tmp", "/var/tmp", "/dev/shm", tempfile.gettempdir()}:
        if pathlib.Path(folder).is_dir():
            found |= {str(path) for path in pathlib.Path(folder).iterdir() if "kiln-" in path.name}
    found |= {"mount " + line.split()[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()}
    cgroups = pathlib.Path("/sys/fs/cgroup")
    found |= {str(path) for path in cgroups.rglob("*kiln*")} if cgroups.is_dir() else set()
    return found


def one_of(wanted):
    return wanted if isinstance(wanted, list) else [wanted]


def words_of(result):
    """All that a result says to an instructor."""
    parts = [result.get("problem") or "", *result.get("notes", [])]
    for exercise in common.exercises_of(result).values():
        parts += [exercise.get("detail") or "", *(failure["message"] for failure in exercise["failures"])]
    return "\n".join(parts)


class Corpus(KilnTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        files, before = common.tree_files(), traces()
        cls.out = cls.place.folder / "out"
        cls.done = cls.place.run("grade", *(folder for folder, _ in classes().values()), "--module", "01",
                                 "--json", cls.place.folder / "a.json", "--out", cls.out, "--seed", hex(SEED),
                                 "--jobs", "2", **MARKERS)
        cls.processes = common.processes_left()
        cls.left = cls.place.left_behind()
        # Scratch folders of other tests come and go; those of kiln's own runs lie in TMPDIR.
        cls.traces = sorted(traces() - before)
        after = common.tree_files()
        cls.changed = sorted(name for name in files.keys() | after.keys() if files.get(name) != after.get(name))
        cls.results = common.grade_results(cls.place.folder / "a.json") if cls.done.returncode == 0 else {}

    def setUp(self):
        self.assertRun(self.done, 0)

    def assertExercises(self, name, result, wanted):
        """The exercises that are named get what is said; no other gets anything."""
        for id, exercise in common.exercises_of(result).items():
            want = wanted.get(id, {"verdict": "not_attempted", "points": 0})
            where = f"{name}.{id}: {exercise['verdict']} {exercise['points']:.4f}, expected {want}\n{words_of(result)}"
            pairs = list(zip(one_of(want["verdict"]), one_of(want["points"])))
            self.assertTrue(any(exercise["verdict"] == verdict and abs(exercise["points"] - points) < 1e-3
                                for verdict, points in pairs), where)

    def test_every_hostile_submission_gets_its_verdict(self):
        _, expected = classes()["hostile"]
        self.assertGreaterEqual(len(expected), 40)
        for name, want in expected.items():
            with self.subTest(name):
                result = self.results[name]
                self.assertIn(result["verdict"], one_of(want["verdict"]), words_of(result))
                self.assertTrue(any(abs(result["score"] - score) < 1e-3 for score in one_of(want["score"])),
                                f"{result['score']}, expected {want['score']}")
                self.assertEqual(bool(result["problem"]), "problem" in want, result["problem"])
                self.assertIn(want.get("problem", ""), result["problem"] or "")
                self.assertIn(want.get("says", ""), words_of(result))
                self.assertExercises(name, result, want.get("exercises", {}))

    def test_every_near_miss_gets_full_marks(self):
        _, expected = classes()["near_misses"]
        self.assertGreaterEqual(len(expected), 15)
        for name, want in expected.items():
            if want["module"] != "01":
                continue
            with self.subTest(name):
                self.assertExercises(name, self.results[name], want["exercises"])
                for id in want["exercises"]:
                    exercise = common.exercises_of(self.results[name])[id]
                    self.assertEqual((exercise["verdict"], exercise["points"]), ("pass", exercise["max"]))

    def test_threads_where_they_are_allowed(self):
        folder, expected = classes()["near_misses"]
        module = tomllib.loads((common.source / "modules/09_dataloader/module.toml").read_text(encoding="utf-8"))
        if not any(exercise.get("threads", 1) > 1 for exercise in module["exercise"]):
            self.skipTest("no exercise of module 09 allows threads")
        done = self.place.run("grade", folder / "uses_threads", "--module", "09", "--json", self.place.folder / "t.json",
                              "--out", self.place.folder / "out-threads")
        self.assertRun(done, 0)
        result = common.grade_results(self.place.folder / "t.json")["uses_threads"]
        self.assertExercises("uses_threads", result, expected["uses_threads"]["exercises"])

    def test_nobody_is_left_out_and_the_pages_list_everyone(self):
        names = set()
        for folder, expected in classes().values():
            page = (folder / "README.md").read_text(encoding="utf-8")
            for name, want in expected.items():
                self.assertIn(f"| `{name}` | {want['idea']} |", page)
            self.assertEqual(len(re.findall(r"^\| `", page, re.MULTILINE)), len(expected), folder.name)
            names |= set(expected)
        self.assertEqual(set(self.results), names)

    def test_nothing_is_left_behind(self):
        self.assertEqual(self.processes, [], "processes left")
        self.assertEqual(self.left, [], "files left in TMPDIR")
        self.assertEqual(self.traces, [], "files, mounts or cgroups left outside")
        self.assertEqual(self.changed, [], "files of the working tree that changed")

    # ---- what students see

    def student_pages(self):
        """(submission, text) of every page that is handed out."""
        for name in self.results:
            for suffix in (".html", ".md"):
                yield name, (self.out / "student" / (name + suffix)).read_text(encoding="utf-8")

    def secrets(self):
        """What no page may show, whatever the submission tried."""
        secrets = {hex(SEED), hex(SEED)[2:], str(SEED), str(common.source), str(common.kiln.parent),
                   str(self.place.folder), str(self.place.tmp), *MARKERS.values(), "/kiln/work", "/kiln/link",
                   "timed with"}
        secrets |= {name for name in (socket.gethostname(), str(pathlib.Path.home())) if len(name) > 5}
        for line in pathlib.Path("/etc/passwd").read_text(encoding="utf-8", errors="replace").splitlines():
            secrets.add(line)
        for name in ("hidden_tests.cpp", "oracle.cpp"):
            for line in (common.source / "solutions" / "01_tensor" / name).read_text(encoding="utf-8").splitlines():
                if len(line.strip()) > 30 and "#include" not in line:
                    secrets.add(line.strip())
        return secrets

    def test_pages_show_no_secret(self):
        secrets = self.secrets()
        self.assertGreater(len(secrets), 100)
        for name, page in self.student_pages():
            for secret in secrets:
                self.assertNotIn(secret, page, name)

    def test_pages_show_no_hidden_message(self):
        shown = 0
        for name, result in self.results.items():
            failures = [failure for exercise in common.exercises_of(result).values() for failure in exercise["failures"]]
            open_words = "\n".join(failure["message"] for failure in failures if not failure["hidden"])
            hidden = {line for failure in failures if failure["hidden"] for line in failure["message"].splitlines()
                      if len(line) > 20 and line not in open_words}
            instructor = (self.out / "instructor" / f"{name}.html").read_text(encoding="utf-8")
            shown += sum(line in instructor for line in hidden)
            student = (self.out / "student" / f"{name}.md").read_text(encoding="utf-8")
            self.assertEqual([line for line in hidden if line in student], [], name)
        # The same search finds them where they belong.
        self.assertGreater(shown, 0)

    def test_pages_show_nobody_else(self):
        names = [name for name in classes()["hostile"][1] if "_" in name]
        for name, page in self.student_pages():
            others = [other for other in names if other not in name and re.search(rf"\b{other}\b", page)]
            self.assertEqual(others, [], name)

    def test_pages_hold_no_markup_of_a_submission(self):
        """In HTML its words are escaped; in Markdown they stand in a fence that they cannot close."""
        fenced = re.compile(r"^(`{3,})[a-z]*\n.*?^\1$", re.MULTILINE | re.DOTALL)
        told = 0
        for name, page in self.student_pages():
            self.assertNotIn("\x1b", page, name)
            told += "<script>document" in page or "&lt;script&gt;document" in page
            self.assertNotIn("<script>document", fenced.sub("", page), name)
            self.assertFalse(page.startswith("<") and "<script>document" in page, name)
        self.assertEqual(told, 2, "one page of each kind quotes it")


if __name__ == "__main__":
    common.main()
