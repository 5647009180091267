"""`kiln export`: a small class is graded, then exported in every format and read by Python; the golden files are what
their formats want; and calls that cannot be served say what to do."""

import json
import shutil
import sqlite3
import time

import common
import export_checks
from common import KilnTest

FORMULA = "=cmd|' +C calc'!A0"
SAMPLES = ("half_done.tar.gz", "untouched_stubs")
FILL = "#include \"kiln/kernels/tensor.hpp\"\nusing namespace kiln;\nvoid impl::fill(View, float) {}\n"
# As Canvas exports it.
ROSTER = f"""Student,ID,SIS User ID,SIS Login ID,Section,01_tensor (4711)
    Points Possible,,,,,40
"Half, Done",11,u11,half_done,"Kiln, spring",
"{FORMULA}",12,u12,untouched_stubs,"Kiln, spring",
"Nobody, N.",13,u13,nobody,"Kiln, spring",
"""


def golden(name):
    return (common.source / "grader" / "tests" / "golden_exports" / name).read_bytes().decode()


def schema():
    return json.loads((common.source / "docs" / "grades.schema.json").read_text(encoding="utf-8"))


class GoldenFiles(KilnTest):
    def test_every_format_is_what_its_readers_want(self):
        self.assertEqual(export_checks.schema_problems(json.loads(golden("grades.json")), schema()), [])
        for name in ("grades.csv", "wide.csv"):
            self.assertEqual(export_checks.table_problems(golden(name)), [], name)
        self.assertEqual(export_checks.canvas_problems(golden("canvas.csv")), [])
        self.assertEqual(export_checks.junit_problems(golden("junit.xml")), [])
        for student in ("s01", "s02", "s04", "hostile"):
            self.assertEqual(export_checks.gradescope_problems(golden(f"gradescope/{student}/results.json")), [])

    def test_the_checks_can_fail(self):
        problems = export_checks
        self.assertTrue(problems.table_problems('"a"\r\n"=1"\r\n'))
        self.assertTrue(problems.table_problems('"a"\r\n"x;\u3000\uff1d1"\r\n'))
        self.assertTrue(problems.table_problems('"a","b"\r\n1\r\n'))
        self.assertTrue(problems.canvas_problems(golden("canvas.csv").replace("Points Possible", "Points")))
        for old, new in (('tests="4"', 'tests="5"'), ("<testcase name", "<testcase nome"), ("<failure", "<failed"),
                         ('time="', 'time="-')):
            text = golden("junit.xml").replace("</failure>", "</failed>") if new == "<failed" else golden("junit.xml")
            self.assertTrue(problems.junit_problems(text.replace(old, new)), old)
        results = golden("gradescope/s02/results.json")
        for old, new in (('"score": 38.7', '"score": 38.6'), ("after_published", "later"), ('"desc"', '"down"'),
                         ('"1.2"', '"1.1"'), ('"status"', '"state"')):
            self.assertTrue(problems.gradescope_problems(results.replace(old, new)), old)
        grades = golden("grades.json")
        for old, new in (('"verdict":"slow"', '"verdict":"late"'), ('"on_roster"', '"roster"'), ("T13:13:20Z", "")):
            self.assertTrue(problems.schema_problems(json.loads(grades.replace(old, new)), schema()), old)


class Command(KilnTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        lone = cls.place.folder / "class" / "only_fill"
        (lone / "modules" / "01_tensor").mkdir(parents=True)
        (lone / "modules" / "01_tensor" / "fill.cpp").write_text(FILL, encoding="utf-8")
        samples = [common.source / "grader" / "samples" / name for name in SAMPLES]
        # No options but what any user gives: what follows must find the book by itself.
        cls.graded = cls.place.run("grade", *samples, lone, "--module", "01", "--json", "h.json")
        cls.results = common.grade_results(cls.place.folder / "h.json")

    def setUp(self):
        self.assertRun(self.graded, 0)

    def export(self, *words, status=0):
        done = self.place.run("export", *words)
        self.assertEqual(done.returncode, status, done.all)
        return done

    def test_json_is_the_whole_book(self):
        grades = json.loads(self.export("--format", "json").stdout)
        self.assertEqual(export_checks.schema_problems(grades, schema()), [])
        students = {student["id"]: student for student in grades["students"]}
        self.assertEqual(set(students), set(self.results))
        for name, result in self.results.items():
            self.assertAlmostEqual(students[name]["points"], result["score"])
            attempt = students[name]["modules"][0]["counted"]
            if attempt:
                self.assertEqual(attempt["result"]["exercises"], result["modules"][0]["exercises"])
                self.assertTrue(attempt["receipt"]["seed"] and attempt["receipt"]["compiler"])

    def test_tables_hold_the_points(self):
        for words in ([], ["--wide"]):
            text = self.export("--format", "csv", *words).stdout
            self.assertEqual(export_checks.table_problems(text), [])
            head, *rows = export_checks.rows_of(text)
            for name, result in self.results.items():
                points = [float(row[head.index("points")] or 0) for row in rows if row[0] == name]
                self.assertAlmostEqual(sum(points), result["score"], places=4)

    def test_canvas_takes_back_its_own_roster(self):
        # A book with a roster and an override, beside the one of the other tests.
        book = self.place.folder / "with_roster"
        book.mkdir()
        with sqlite3.connect(self.place.folder / "kiln-grades" / "gradebook.sqlite") as whole, \
                sqlite3.connect(book / "gradebook.sqlite") as copy:
            whole.backup(copy)
            now = int(time.time())
            copy.execute("INSERT INTO documents(kind, text, at) VALUES('roster', ?, ?)", (ROSTER, now))
            copy.execute("INSERT INTO overrides(student, module, exercise, points, author, reason, at) "
                         "VALUES('untouched_stubs', '01_tensor', '', 7.25, 'A. Author', 'oral', ?)", (now,))
        done = self.export("--format", "canvas", "--book", book)
        self.assertEqual(export_checks.canvas_problems(done.stdout), [])
        head, _, *rows = export_checks.rows_of(done.stdout)
        self.assertEqual(head, ROSTER.splitlines()[0].split(","))
        by_login = {row[3]: row for row in rows}
        self.assertEqual(by_login["half_done"][:5], ["Half, Done", "11", "u11", "half_done", "Kiln, spring"])
        self.assertAlmostEqual(float(by_login["half_done"][5]), self.results["half_done"]["score"], places=4)
        self.assertEqual(by_login["untouched_stubs"][5], "7.25")
        self.assertEqual(by_login["nobody"][5], "")
        self.assertEqual(set(by_login), {"half_done", "untouched_stubs", "nobody"})
        self.assertEqual(by_login["untouched_stubs"][0], "'" + FORMULA)
        self.assertIn("only_fill is left out", done.stderr)

    def test_junit_is_valid_and_keeps_secrets(self):
        text = self.export("--format", "junit").stdout
        self.assertEqual(export_checks.junit_problems(text), [])
        seed = next(iter(self.results.values()))["receipt"]["seed"]
        self.assertNotIn(seed, text)
        self.assertIn(seed, self.export("--format", "junit", "--audience", "instructor").stdout)

    def test_gradescope_writes_a_folder_a_student(self):
        done = self.export("--format", "gradescope", "--hidden-tests", "hidden")
        folder = self.place.folder / "kiln-grades" / "gradescope"
        self.assertIn("results.json", done.stdout)
        files = {json.loads(path.read_text(encoding="utf-8"))["extra_data"]["student"]: path
                 for path in folder.glob("*/results.json")}
        self.assertEqual(set(files), set(self.results))
        for name, path in files.items():
            text = path.read_text(encoding="utf-8")
            self.assertEqual(export_checks.gradescope_problems(text), [])
            self.assertAlmostEqual(json.loads(text)["score"], self.results[name]["score"], places=4)
            hidden = [failure for exercise in common.exercises_of(self.results[name]).values()
                      for failure in exercise["failures"] if failure["hidden"]]
            for failure in hidden:
                self.assertNotIn(json.dumps(failure["message"])[1:-1], text)
        one = self.export("--format", "gradescope", "--student", "half_done", "--hidden-tests", "hidden")
        self.assertEqual(one.stdout, files["half_done"].read_text(encoding="utf-8"))
        # What an earlier export left is told, and stays.
        (folder / "gone").mkdir()
        self.assertIn("gone", self.export("--format", "gradescope").stderr)
        self.assertTrue((folder / "gone").is_dir())

    def test_the_autograder_of_the_handbook_hands_out_results(self):
        """docs/instructor.md shows a run_autograder; here it runs in a folder that stands for /autograder."""
        text = (common.source / "docs" / "instructor.md").read_text(encoding="utf-8")
        script = text[text.index("#!/usr/bin/env bash"):].split("```")[0]
        root = self.place.folder / "autograder"
        self.export("--format", "gradescope", "--out", root / "source" / "gradescope")
        (root / "results").mkdir()
        (root / "submission_metadata.json").write_text('{"users": [{"email": "half_done@example.edu"}]}', "utf-8")
        done = self.place.run("-c", script.replace("/autograder/", f"{root}/"), program="bash")
        self.assertRun(done, 0)
        self.assertIn('"student": "half_done"', (root / "results" / "results.json").read_text(encoding="utf-8"))

    def test_a_file_is_whole_or_not_there(self):
        self.export("--format", "json", "--out", "one/two/grades.json")
        whole = (self.place.folder / "one" / "two" / "grades.json").read_text(encoding="utf-8")
        self.assertEqual(whole, self.export("--format", "json").stdout)
        self.export("--format", "csv", "--out", "one")
        self.assertTrue((self.place.folder / "one" / "grades.csv").is_file())
        (self.place.folder / "file").write_text("x", encoding="utf-8")
        done = self.export("--format", "json", "--out", "file/grades.json", status=3)
        self.assertIn("file", done.stderr)
        self.assertEqual(sorted(path.name for path in (self.place.folder / "one").iterdir()), ["grades.csv", "two"])

    def test_calls_that_cannot_be_served_say_what_to_do(self):
        for words, *parts in (
                [["--format", "xml"], "gradescope, canvas, junit, csv, json"],
                [["--format", "csv", "--book", "nowhere"], "grade first: kiln grade SUBMISSIONS --out nowhere"],
                [["--format", "csv", "--student", "s99"], '"s99"', "half_done"],
                [["--format", "csv", "--module", "02"], "nothing of 02_", "01_tensor"],
                [["--format", "csv", "--module", "99"], '"99"', "01_tensor"],
                [["--format", "gradescope", "--audience", "instructor"], "--format json"],
                [["--format", "gradescope", "--visibility", "never"], "after_due_date"],
                [["--format", "canvas", "--assignment", "01_tensor"], "MODULE=HEADER"],
                [[], "--format"]):
            done = self.export(*words, status=2)
            self.assertEqual(done.stdout, "")
            for part in parts:
                self.assertIn(part, done.stderr, words)

    def test_a_broken_book_or_roster_exports_nothing(self):
        broken = self.place.folder / "broken"
        broken.mkdir()
        (broken / "gradebook.sqlite").write_bytes(b"no database at all" * 100)
        done = self.export("--format", "csv", "--book", broken, status=2)
        self.assertIn("cannot be used as a gradebook", done.stderr)
        shutil.rmtree(broken)
        broken.mkdir()
        with sqlite3.connect(self.place.folder / "kiln-grades" / "gradebook.sqlite") as whole, \
                sqlite3.connect(broken / "gradebook.sqlite") as copy:
            whole.backup(copy)
            copy.execute("INSERT INTO documents(kind, text, at) VALUES('roster', 'no,such,header\n1,2,3\n', 0)")
        done = self.export("--format", "csv", "--book", broken, status=2)
        self.assertIn("\nthe one in the book cannot be used", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_help_teaches(self):
        text = self.export("--help").stdout
        for part in ("results.json", "Canvas", "JUnit", "--wide", "Exit status", "kiln-grades"):
            self.assertIn(part, text)

    def test_nothing_is_left_behind(self):
        self.export("--format", "csv")
        self.assertNothingLeft()


if __name__ == "__main__":
    common.main()
