"""`kiln book`: roster, policy, overrides and erasure over a class that `kiln grade` judged.

The submissions are untouched stubs and files that do not compile or are one line long: nothing here is measured.
"""

import json
import re
import shutil

import common
from common import KilnTest

ROSTER = """id,name,group,email
ann,Ann Unmistakable,,ann@example.org
bob,Bob Builder,,
cat,Cat Carter,pair,
dan,Dan Dare,pair,
eve,Eve Absent,,
ann,Ann Again,,
,Nobody,,
"""
POLICY = """time_zone = "Europe/Helsinki"
student_of = '^([a-z]+)_'

[late]
grace_minutes = 10
penalty_per_day = 0.1

[due]
01_tensor = 2026-11-20T23:59:00

[[extension]]
student = "ann"
module = "01_tensor"
due = 2026-11-27T23:59:00
reason = "unmistakably ill"
"""
# Due and grace end at 22:09:00 UTC: a second before which nothing is late, and a second after which all is.
TIMES = """submission,time
ann_1,2026-11-20T22:09:01Z
bob_1,2026-11-20T22:09:01Z
pair_1,2026-11-20T22:09:00Z
zoe_1,2026-11-20T21:59:00Z
"""
SECRET = ("ann_", "Ann Unmistakable", "ann@example.org", "unmistakably", "mine_alone", "only Ann's reason")


class Book(KilnTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = cls.place.folder
        solution = (common.source / "solutions/01_tensor/fill.cpp").read_text(encoding="utf-8")
        cls.submit("ann_1", solution + "// mine_alone\n")
        cls.submit("bob_1", solution)
        cls.submit("pair_1", solution)
        cls.submit("zoe_1", "int mine_broken(\n")
        (cls.folder / "times.csv").write_text(TIMES, encoding="utf-8")
        done = cls.place.run("grade", "class", "--module", "01", "--handed-in", "times.csv", "--out", "run")
        assert done.returncode == 0, done.all
        (cls.folder / "roster.csv").write_bytes(b"\xef\xbb\xbf" + ROSTER.replace("\n", "\r\n").encode())
        (cls.folder / "policy.toml").write_text(POLICY, encoding="utf-8")

    @classmethod
    def submit(cls, name, text):
        path = cls.folder / "class" / name / "01_tensor" / "fill.cpp"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")

    def setUp(self):
        """Each test begins with the class as it was graded, and roster and policy in a book of its own."""
        self.book = self.folder / self.id().rsplit(".", 1)[1]
        self.book.mkdir()
        shutil.copy(self.folder / "run" / "gradebook.sqlite", self.book)
        self.assertRun(self.kiln("roster", "roster.csv"), 2, 'roster.csv:7: the id "ann" is on line 2 already',
                       "roster.csv:8: has no id", "5 students, 1 group")
        self.assertRun(self.kiln("policy", "policy.toml"), 0, "01_tensor  2026-11-20 23:59:00 EET")

    def kiln(self, *words):
        return self.place.run("book", *words, "--book", self.book)

    def grades(self):
        """(points, late days, notes) of module 01, by student; and the problems."""
        done = self.kiln("show", "--json", "book.json")
        self.assertRun(done, 0)
        grades = json.loads((self.folder / "book.json").read_text(encoding="utf-8"))
        students = {student["id"]: student["modules"][0] for student in grades["students"]}
        return students, grades["problems"]

    def signed(self, *words):
        return self.kiln(*words, "--author", "Ada", "--reason", "only Ann's reason")

    def test_grades_follow_roster_and_policy(self):
        students, problems = self.grades()
        points = {student: grade["points"] for student, grade in students.items()}
        self.assertEqual(points, {"ann": 2, "bob": 0, "cat": 2, "dan": 2, "eve": 0, "zoe": 0})
        self.assertEqual({id: grade["late_days"] for id, grade in students.items()},
                         {"ann": 0, "bob": 1, "cat": 0, "dan": 0, "eve": 0, "zoe": 0})
        self.assertEqual(students["bob"]["penalty"], 2, "10 % of 40, of which 2 were there")
        text = "\n".join(problems)
        for part in ('roster:7: the id "ann"', "roster:8: has no id", "zoe (submission zoe_1)", "eve: nothing was"):
            self.assertIn(part, text)
        shown = self.kiln("show")
        self.assertRun(shown, 0, "01_tensor /40", "0 L1", "Cat Carter", "eve: nothing was handed in")

    def test_a_bad_policy_or_roster_leaves_the_good_one(self):
        (self.folder / "bad.toml").write_text("counted = 'last'\n[due]\n01_tensr = 2026-03-29T03:30:00\n")
        done = self.kiln("policy", "bad.toml")
        self.assertRun(done, 2, "bad.toml:1:11: counted must be", "the book's policy is what it was")
        (self.folder / "bad.toml").write_text("[due]\n01_tensr = 2026-11-20T23:59:00\n")
        self.assertRun(self.kiln("policy", "bad.toml"), 2, 'did you mean "01_tensor"?')
        (self.folder / "bad.csv").write_text('id,name\nann,"Ann\nbob,Bob\n')
        self.assertRun(self.kiln("roster", "bad.csv"), 2, "line 2: a quote is opened and never closed")
        self.assertRun(self.kiln("roster", "nowhere.csv"), 2, "nowhere.csv: cannot be read")
        students, _ = self.grades()
        self.assertEqual(students["bob"]["late_days"], 1)
        self.assertIn("eve", students)

    def test_overrides_stand_beside_the_judges_points(self):
        self.assertRun(self.signed("override", "ann", "01/matmul", "7.5"), 0, "override 1:", "ann: 9.5 of 40")
        self.assertRun(self.signed("override", "pair", "tensor", "30"), 0, "cat: 30 of 40", "dan: 30 of 40")
        grade = self.grades()[0]["ann"]
        self.assertEqual((grade["judged"], grade["overridden"], grade["points"]), (2, 9.5, 9.5))
        self.assertRun(self.kiln("show", "ann", "--json", "ann.json"), 0, "by Ada: only Ann's reason", "seed 0x",
                       "handed in 2026-11-21 00:09:01 EET", "extension: unmistakably ill")
        ann = json.loads((self.folder / "ann.json").read_text(encoding="utf-8"))
        self.assertEqual([override["points"] for override in ann["overrides"]], [7.5])
        self.assertEqual(ann["attempts"][0]["results"][0]["result"]["score"], 2)
        self.assertTrue(ann["attempts"][0]["results"][0]["receipt"]["seed"])

        self.assertRun(self.signed("withdraw", "1"), 0, "ann: 2 of 40")
        self.assertRun(self.signed("withdraw", "1"), 2, "withdrawn already")
        self.assertRun(self.signed("withdraw", "9"), 2, "not in the book")
        self.assertRun(self.kiln("show", "ann"), 0, "withdrawn overrides", "withdrawn")

    def test_overrides_that_make_no_sense_are_refused(self):
        for words, part in ((("anne", "01", "3"), 'did you mean "ann"?'), (("ann", "01", "41"), "from 0 to 40"),
                            (("ann", "01/fill", "3"), "from 0 to 2"), (("ann", "01/fil", "1"), "it has: fill"),
                            (("ann", "01", "nan"), "from 0 to 40"), (("ann", "01", "3x"), "from 0 to 40"),
                            (("ann", "77", "3"), "no module or exercise")):
            self.assertRun(self.signed("override", *words), 2, part)
        self.assertRun(self.kiln("override", "ann", "01", "3", "--author", "Ada"), 2, "--reason")
        self.assertRun(self.kiln("override", "ann", "01", "3", "--author", " ", "--reason", "x"), 2, "--author must not")
        self.assertEqual(self.grades()[0]["ann"]["overrides"], [])

    def test_a_student_can_be_erased_to_the_last_byte(self):
        self.signed("override", "ann", "01", "9")
        before = self.bytes()
        for secret in SECRET:
            self.assertIn(secret.encode(), before, secret)
        self.assertRun(self.kiln("erase", "ann"), 2, "To be erased of ann", "1 submission", "ann_1", "2 roster lines",
                       "1 override", "1 extension", "--yes")
        self.assertEqual(self.grades()[0]["ann"]["points"], 9, "what is only announced is not done")
        others = {id: grade["points"] for id, grade in self.grades()[0].items() if id != "ann"}

        self.assertRun(self.kiln("erase", "ann", "--yes"), 0, "Erased of ann", "1 submission")
        after = self.bytes()
        for secret in SECRET:
            self.assertNotIn(secret.encode(), after, secret)
        self.assertIsNone(re.search(rb"\bann\b", after, re.IGNORECASE))
        self.assertIn(b"Bob Builder", after)
        students, _ = self.grades()
        self.assertEqual({id: grade["points"] for id, grade in students.items()}, others)
        self.assertRun(self.kiln("show"), 0, "5 students, 1 erased")
        self.assertRun(self.kiln("erase", "ann", "--yes"), 2, 'the book holds nothing of "ann"')

    def bytes(self):
        """Of every file of the book: database, write-ahead log and all."""
        return b"".join(path.read_bytes() for path in sorted(self.book.iterdir()))

    def test_without_a_book_nothing_is_made_up(self):
        for words in (("show",), ("erase", "ann", "--yes"), ("override", "ann", "01", "3", "--author", "A",
                                                               "--reason", "r")):
            self.assertRun(self.place.run("book", *words, "--book", "nowhere"), 2, "there is no gradebook")
        self.assertFalse((self.folder / "nowhere").exists())
        self.assertRun(self.place.run("book"), 2)

    def tearDown(self):
        self.assertNothingLeft()


if __name__ == "__main__":
    common.main()
