"""The batch: what is known is not judged again, faults of the machine are nobody's zero, and rejudging."""

import json
import re
import shutil
import sqlite3

import common
from common import KilnTest


class Batch(KilnTest):
    def setUp(self):
        self.folder = self.place.folder / self.id().split(".")[-1]
        self.folder.mkdir()
        self.right = (common.source / "solutions" / "01_tensor" / "fill.cpp").read_text(encoding="utf-8")
        self.wrong = (common.source / "solutions" / "01_tensor" / "wrong" / "fill_forgets_scalars.cpp").read_text(
            encoding="utf-8")
        self.out = self.folder / "out"

    def hand_in(self, name, text):
        place = self.folder / "class" / name / "01_tensor"
        place.mkdir(parents=True, exist_ok=True)
        (place / "fill.cpp").write_text(text, encoding="utf-8")

    def grade(self, *words, status=0, program=None, **changes):
        done = self.place.run("grade", self.folder / "class", "--module", "01", "--out", self.out, *words,
                              program=program, **changes)
        self.assertRun(done, status)
        files, judged, known = map(int, re.search(r"(\d+) different files: (\d+) judged, (\d+) known",
                                                  done.stdout).groups())
        return done, files, judged, known

    def query(self, text):
        book = sqlite3.connect(self.out / "gradebook.sqlite")
        try:
            return book.execute(text).fetchall()
        finally:
            book.close()


class Cache(Batch):
    def test_the_same_file_is_judged_once(self):
        self.hand_in("alice", self.right)
        self.hand_in("bob", self.right)
        self.hand_in("carol", self.wrong)
        _, files, judged, _ = self.grade("--jobs", "2")
        self.assertEqual((files, judged), (2, 2))
        self.assertEqual(self.grade()[1:], (2, 0, 2))
        first = self.query("SELECT score FROM results JOIN attempts ON attempts.id = attempt ORDER BY submission")
        self.assertEqual([score for (score,) in first][:2], [2, 2])
        self.assertLess(first[2][0], 2)
        # One byte more is another file, and the others stay known.
        self.hand_in("bob", self.right + "\n")
        self.assertEqual(self.grade()[1:], (3, 1, 2))
        self.assertEqual(self.query("SELECT number FROM attempts JOIN submissions ON submissions.id = submission "
                                    "WHERE name = 'bob' ORDER BY number"), [(1,), (2,)])
        # Asked to, it judges all again, each submission by itself.
        self.assertEqual(self.grade("--no-cache")[1:], (3, 3, 0))
        # Another seed is other hidden tests.
        self.assertEqual(self.grade("--seed", "7")[1:], (3, 3, 0))

    def test_another_course_is_another_judgement(self):
        self.hand_in("alice", self.right)
        program = common.copy_course(self.folder / "course")
        self.grade(program=program)
        self.assertEqual(self.grade(program=program)[2:], (0, 1))
        manifest = self.folder / "course" / "modules" / "01_tensor" / "module.toml"
        text = manifest.read_text(encoding="utf-8")
        manifest.write_text(text.replace("points = { visible = 1, hidden = 1 }", "points = { visible = 3, hidden = 1 }",
                                         1), encoding="utf-8")
        self.assertEqual(self.grade(program=program)[2:], (1, 0))
        self.assertEqual(self.query("SELECT standing, score FROM results ORDER BY id"),
                         [("superseded", 2), ("current", 4)])


class Faults(Batch):
    def test_are_told_apart_and_cost_nothing(self):
        self.hand_in("alice", self.right)
        done, _, judged, _ = self.grade(status=3, TMPDIR=str(self.folder / "missing"))
        self.assertEqual(judged, 0)
        self.assertRun(done, 3, "through no fault of theirs", "judged again after a fault")
        self.assertEqual(self.query("SELECT count(*) FROM results"), [(0,)])
        self.assertGreater(self.query("SELECT count(*) FROM faults WHERE reason LIKE '%missing%'")[0][0], 1)
        self.assertEqual(self.grade()[2], 1)
        self.assertEqual(self.query("SELECT standing, score FROM results"), [("current", 2)])


class Rejudge(Batch):
    def rejudge(self, *words, status=0, program=None):
        done = self.place.run("rejudge", "--book", self.out, *words, program=program)
        self.assertRun(done, status)
        return done

    def scores(self):
        return dict(self.query("SELECT name, score FROM results JOIN attempts ON attempts.id = attempt JOIN submissions "
                               "ON submissions.id = submission WHERE standing = 'current'"))

    def test_under_a_changed_course(self):
        self.hand_in("alice", self.right)
        self.hand_in("bob", self.wrong)
        program = common.copy_course(self.folder / "course")
        self.grade(program=program)
        before = self.scores()
        # What was handed in is gone; the book has the texts.
        shutil.rmtree(self.folder / "class")
        manifest = self.folder / "course" / "modules" / "01_tensor" / "module.toml"
        text = manifest.read_text(encoding="utf-8")
        manifest.write_text(text.replace("points = { visible = 1, hidden = 1 }", "points = { visible = 1, hidden = 3 }",
                                         1), encoding="utf-8")
        done = self.rejudge("--json", self.folder / "r.json", program=program)
        self.assertRun(done, 0, "2 judged again", "fill pass 2 -> pass 4", "Nothing counts yet")
        changes = {one["submission"]: one for one in json.loads((self.folder / "r.json").read_text())["changes"]}
        self.assertEqual((changes["alice"]["old"], changes["alice"]["new"]), (2, 4))
        self.assertEqual(self.scores(), before)

        self.assertRun(self.rejudge("--list"), 0, "set 2", "2 results open")
        self.rejudge("--drop", "2")
        self.assertEqual(self.scores(), before)
        self.rejudge("--submission", "alice", program=program)
        self.assertRun(self.rejudge("--apply", "3"), 0, "1 results count now")
        self.assertEqual(self.scores(), {**before, "alice": 4})
        self.assertRun(self.rejudge("--apply", "99", status=2), 2, "there is no set 99")

    def test_chooses_what_failed(self):
        self.hand_in("alice", self.right)
        self.hand_in("bob", self.wrong)
        self.grade()
        self.assertRun(self.rejudge("--select", "failed"), 0, "1 judged again, 1 the same")
        self.hand_in("bob", self.right)
        self.grade()
        self.assertRun(self.rejudge("--select", "failed", status=2), 2, "no submission in the book fits")
        self.assertRun(self.rejudge("--select", "all"), 0, "3 judged again, 3 the same")


if __name__ == "__main__":
    common.main()
