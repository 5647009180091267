"""Grades the sample class once, and compares everything that comes of it with what has to come of it."""

import html
import json
import re

import common
from common import KilnTest

SEED = "0x5eedc0ffee15"
# Graded once more: a right one that is timed, one that is partly right, one that is slow.
AGAIN = ("full_marks", "adds_into_c", "slow_but_right")
NUMBER = (int, float)
SHAPE = {"submission": str, "score": NUMBER, "max": NUMBER, "verdict": str, "modules": list, "receipt": dict}
MODULE = {"id": str, "score": NUMBER, "max": NUMBER, "exercises": list}
EXERCISE = {"id": str, "verdict": str, "points": NUMBER, "max": NUMBER, "tests": dict, "speed": (dict, type(None))}
RECEIPT = {"course": str, "compiler": str, "flags": str, "cpu": str, "sandbox": str, "seed": str, "started": str,
           "seconds": NUMBER}
VERDICTS = {"pass", "slow", "fail", "not_attempted", "compile_error", "crash", "timeout", "memory", "violation",
            "judge_error"}


def words(text):
    """Text without layout: entities read, tags off, every run of blanks one blank."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def findings(result):
    """All that tests found, without what a clock says."""
    return {id: (exercise["verdict"], exercise["points"], exercise["tests"],
                 [(failure["name"], failure["kind"], failure["message"]) for failure in exercise["failures"]])
            for id, exercise in common.exercises_of(result).items()}


class SampleClass(KilnTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        before = common.tree_files()
        cls.out = cls.place.folder / "out"
        cls.done = cls.place.run("grade", common.source / "grader" / "samples", "--module", "01",
                                 "--json", cls.place.folder / "a.json", "--out", cls.out, "--seed", SEED, "--jobs", "2")
        cls.processes = common.processes_left()
        cls.left = cls.place.left_behind()
        after = common.tree_files()
        cls.changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        cls.results = common.grade_results(cls.place.folder / "a.json") if cls.done.returncode == 0 else {}

    def setUp(self):
        self.assertRun(self.done, 0)

    def test_verdicts_and_points(self):
        self.assertMultiLineEqual(common.verdict_lines(common.expected_results()), common.verdict_lines(self.results),
                                  "\n- is what grader/samples/expected.json says, + what `kiln grade` found")

    def test_table_names_everyone(self):
        for name in self.results:
            self.assertIn(name, self.done.stdout)

    def assertKeys(self, value, shape, where):
        for key, kind in shape.items():
            self.assertIn(key, value, where)
            self.assertIsInstance(value[key], kind, f"{where}: {key}")

    def test_json_has_the_promised_shape(self):
        raw = json.loads((self.place.folder / "a.json").read_text(encoding="utf-8"))
        self.assertIsInstance(raw, list)
        timed = 0
        for result in raw:
            self.assertKeys(result, SHAPE, result["submission"])
            self.assertKeys(result["receipt"], RECEIPT, result["submission"])
            self.assertEqual(result["receipt"]["seed"], SEED)
            self.assertEqual([module["id"] for module in result["modules"]], ["01_tensor"])
            for module in result["modules"]:
                self.assertKeys(module, MODULE, result["submission"])
                self.assertAlmostEqual(module["score"], sum(e["points"] for e in module["exercises"]))
                for exercise in module["exercises"]:
                    timed += self.check_exercise(exercise, f"{result['submission']}.{exercise['id']}")
            self.assertAlmostEqual(result["score"], sum(module["score"] for module in result["modules"]))
            self.assertEqual(result["max"], 40)
        self.assertGreater(timed, 6)

    def check_exercise(self, exercise, where):
        self.assertKeys(exercise, EXERCISE, where)
        self.assertIn(exercise["verdict"], VERDICTS, where)
        self.assertKeys(exercise["tests"], {"passed": int, "failed": int}, where)
        self.assertTrue(0 <= exercise["points"] <= exercise["max"], where)
        if exercise["speed"] is None:
            return 0
        speed = exercise["speed"]
        self.assertKeys(speed, {"ratio": NUMBER, "low": NUMBER, "high": NUMBER}, where)
        self.assertTrue(0 < speed["low"] <= speed["ratio"] <= speed["high"], where)
        for case in speed["cases"]:
            self.assertGreaterEqual(len(case["samples"]), 3, where)
        return 1

    def test_reports_of_everyone(self):
        self.assertTrue((self.out / "index.html").is_file())
        for folder in ("instructor", "student"):
            for suffix in (".html", ".md"):
                files = sorted(path.name for path in (self.out / folder).glob("*" + suffix))
                self.assertEqual(files, sorted(name + suffix for name in self.results))

    def test_student_reports_hold_no_secret(self):
        shown = 0
        for name, result in self.results.items():
            failures = [failure for exercise in common.exercises_of(result).values()
                        for failure in exercise["failures"]]
            # The same property, visible and hidden, may fail with the same words: those are no secret.
            open_words = " ".join(words(failure["message"]) for failure in failures if not failure["hidden"])
            secrets = {words(line) for failure in failures if failure["hidden"]
                       for line in failure["message"].splitlines()}
            secrets = {line for line in secrets if len(line) > 20 and line not in open_words}
            instructor = words((self.out / "instructor" / f"{name}.html").read_text(encoding="utf-8"))
            shown += sum(line in instructor for line in secrets)
            self.assertIn(SEED, instructor)
            for suffix in (".html", ".md"):
                student = words((self.out / "student" / (name + suffix)).read_text(encoding="utf-8"))
                self.assertNotIn(SEED, student, name + suffix)
                self.assertNotIn(SEED[2:], student, name + suffix)
                for line in secrets:
                    self.assertNotIn(line, student, name + suffix)
        # The same search finds them where they belong.
        self.assertGreater(shown, 0)

    def test_nothing_is_left_behind(self):
        self.assertEqual(self.processes, [], "processes left")
        self.assertEqual(self.left, [], "files left in TMPDIR")
        self.assertEqual(self.changed, [], "files of the working tree that changed")

    def test_seed_decides_and_jobs_do_not(self):
        """Graded alone and one at a time under the same seed, a submission gets what it got in its class."""
        samples = common.source / "grader" / "samples"
        again = self.place.run("grade", *[samples / name for name in AGAIN], "--module", "01",
                               "--json", self.place.folder / "b.json", "--out", self.place.folder / "out-b",
                               "--seed", SEED, "--jobs", "1")
        self.assertRun(again, 0)
        results = common.grade_results(self.place.folder / "b.json")
        self.assertEqual(sorted(results), sorted(AGAIN))
        for name in AGAIN:
            self.assertEqual(findings(results[name]), findings(self.results[name]), name)


if __name__ == "__main__":
    common.main()
