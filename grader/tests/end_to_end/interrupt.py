"""Nothing is lost: Ctrl-C, kill -9 and a second batch while a class is graded.

KILN_KILLS says how many moments kill -9 strikes at (5 unless told; tools/test --full takes 30, over the
whole sample class).
"""

import collections
import os
import pty
import random
import re
import signal
import sqlite3
import subprocess

import common
from common import KilnTest

CLASS = ("untouched_stubs", "half_done.tar.gz", "does_not_compile", "full_marks", "adds_into_c", "slow_but_right")
KILLS = int(os.environ.get("KILN_KILLS", "5"))
LIMIT = 120


def name_of(sample):
    return sample.split(".")[0]


def paths(names):
    return [common.source / "grader" / "samples" / name for name in names]


def whole_class():
    """Every submission of the sample class."""
    expected = common.expected_results()
    return tuple(sorted(path.name for path in (common.source / "grader" / "samples").iterdir()
                        if not path.name.startswith(".") and name_of(path.name) in expected))


def lines_of_book(folder):
    """What a gradebook says, line by line, raw samples and times apart; fails where a row is doubled."""
    book = sqlite3.connect(folder / "gradebook.sqlite")
    assert book.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    rows = book.execute("""SELECT submissions.name, attempts.module, attempts.number, exercise, result_exercises.verdict,
        round(points, 4), result_exercises.max FROM result_exercises JOIN results ON results.id = result
        JOIN attempts ON attempts.id = attempt JOIN submissions ON submissions.id = submission
        WHERE standing = 'current' ORDER BY submissions.name, place""").fetchall()
    doubled = [key for key, count in collections.Counter(row[:4] for row in rows).items() if count > 1]
    assert not doubled, doubled
    standings = book.execute("SELECT standing, count(*) FROM results GROUP BY 1").fetchall()
    states = [state for (state,) in book.execute("SELECT state FROM runs ORDER BY id")]
    book.close()
    return rows, standings, states


def expected_lines(names):
    """The same rows from grader/samples/expected.json."""
    rows = []
    for name, result in sorted(common.expected_results().items()):
        if name not in names:
            continue
        for exercise in result["modules"][0]["exercises"]:
            rows.append((name, "01_tensor", 1, exercise["id"], exercise["verdict"], exercise["points"]))
    return rows


class Grading(KilnTest):
    def compare(self, folder, names):
        """The book must be what a run that nobody disturbed would have left."""
        rows, standings, states = lines_of_book(folder)
        self.assertEqual([row[:6] for row in rows], expected_lines({name_of(name) for name in names}))
        self.assertEqual(standings, [("current", len(names))])
        return states

    def command(self, *words):
        return [str(common.kiln), "grade", *map(str, words)]


class CtrlC(Grading):
    def interrupted(self, out, after, number=signal.SIGINT):
        """Grades, and sends the signal once `after` submissions are judged. Progress is told line by line, because
        stderr is a terminal that cannot redraw."""
        ours, theirs = pty.openpty()
        command = self.command(*paths(CLASS), "--module", "01", "--jobs", "1", "--out", out, "--json", out / "a.json")
        process = subprocess.Popen(command, cwd=self.place.folder, env=self.place.environment(TERM="dumb"),
                                   stderr=theirs, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        os.close(theirs)
        said, sent = b"", after == 0
        if sent:
            process.send_signal(number)
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # the last writer is gone
                break
            if not part:
                break
            said += part
            if not sent and len(re.findall(rb"\[\d+/\d+\] ", said)) >= after:
                process.send_signal(number)
                sent = True
        os.close(ours)
        try:
            out, _ = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
        return process.returncode, said.decode(errors="replace"), out

    def test_what_was_judged_is_kept_and_the_rest_resumed(self):
        out = self.place.folder / "ctrl-c"
        status, said, table = self.interrupted(out, after=2)
        self.assertEqual(status, 3, said + table)
        judged = int(re.search(rf"(\d+) of {len(CLASS)} submissions were judged", said)[1])
        self.assertIn(f"kiln grade --resume --out {out}", said)
        results = common.grade_results(out / "a.json")
        self.assertEqual(len(results), judged)
        self.assertGreaterEqual(judged, 2)
        self.assertLess(judged, len(CLASS))
        expected = {name: one for name, one in common.expected_results().items() if name in results}
        self.assertMultiLineEqual(common.verdict_lines(expected), common.verdict_lines(results))
        for name in results:
            self.assertIn(name, table)
            self.assertTrue((out / "student" / f"{name}.md").is_file(), name)
        self.assertEqual(lines_of_book(out)[2], ["stopped"])
        self.assertNothingLeft()

        known = len(common.grade_results(out / "a.json"))
        done = self.place.run("grade", "--resume", "--out", out, "--json", out / "b.json")
        self.assertRun(done, 0, "going on with run 1", f"{len(CLASS)} submissions")
        self.assertEqual(len(common.grade_results(out / "b.json")), len(CLASS))
        judged, earlier = map(int, re.search(r"(\d+) judged, (\d+) known already", done.stdout).groups())
        self.assertGreaterEqual(earlier, known, "what was judged is judged again")
        self.assertEqual(self.compare(out, CLASS), ["finished"])
        done = self.place.run("grade", "--resume", "--out", out)
        self.assertRun(done, 2, "no run is open that could be resumed")

    def test_a_stop_at_once_leaves_a_book_that_can_be_resumed(self):
        out = self.place.folder / "at-once"
        status, said, _ = self.interrupted(out, after=0, number=signal.SIGTERM)
        # Before the handler stands the signal ends the program by itself: there is nothing to keep then.
        self.assertIn(status, (3, -signal.SIGTERM), said)
        self.assertNothingLeft()


class Kill(Grading):
    def test_kill_9_at_random_moments(self):
        """Strikes again and again until the class is through: each time what was entered is still there."""
        names = CLASS if KILLS < 30 else whole_class()
        generator = random.Random(int(os.environ.get("KILN_KILL_SEED", "1")))
        strikes = rounds = 0
        while strikes < KILLS:
            rounds += 1
            out = self.place.folder / f"killed-{rounds}"
            before = []
            while True:
                process = subprocess.Popen(self.command(*paths(names), "--module", "01", "--out", out),
                                           cwd=self.place.folder, env=self.place.environment(),
                                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                try:
                    moment = generator.uniform(0.02, 6) if strikes < KILLS else LIMIT
                    said, _ = process.communicate(timeout=moment)
                    self.assertEqual(process.returncode, 0, f"{said}\nfaults: {self.faults(out)}")
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                strikes += 1
                if not (out / "gradebook.sqlite").exists():
                    continue
                rows = lines_of_book(out)[0] if self.has_tables(out) else []
                self.assertEqual([row for row in before if row not in rows], [], "rows were lost")
                before = rows
            self.assertEqual(self.compare(out, names), ["finished"])
        self.assertNothingLeft()
        print(f"{strikes} strikes over {rounds} gradings", flush=True)

    @staticmethod
    def faults(out):
        book = sqlite3.connect(out / "gradebook.sqlite")
        try:
            return book.execute("SELECT submission, exercise, reason FROM faults").fetchall()
        finally:
            book.close()

    @staticmethod
    def has_tables(out):
        book = sqlite3.connect(out / "gradebook.sqlite")
        try:
            return book.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'runs'").fetchone() == (1,)
        finally:
            book.close()


class TwoBatches(Grading):
    def test_on_one_book_do_not_harm_each_other(self):
        names = CLASS[:4]
        book = self.place.folder / "shared.sqlite"
        batches = [subprocess.Popen(self.command(*paths(order), "--module", "01", "--book", book, "--out",
                                                 self.place.folder / f"batch-{number}"),
                                    cwd=self.place.folder, env=self.place.environment(), stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True)
                   for number, order in enumerate((names, names[::-1]))]
        said = [batch.communicate(timeout=LIMIT)[0] for batch in batches]
        self.assertEqual([batch.returncode for batch in batches], [0, 0], said)
        counts = [tuple(map(int, re.search(r"(\d+) different files: (\d+) judged", text).groups())) for text in said]
        self.assertEqual(sum(judged for _, judged in counts), counts[0][0], f"each file once: {said}")
        folder = self.place.folder / "look"
        folder.mkdir()
        book.rename(folder / "gradebook.sqlite")
        self.assertEqual(self.compare(folder, names), ["finished", "finished"])


if __name__ == "__main__":
    common.main()
