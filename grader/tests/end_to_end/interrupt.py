"""Ctrl-C while a class is graded: what was judged is kept and told, what was half judged is not, nothing is left."""

import os
import pty
import re
import signal
import subprocess

import common
from common import KilnTest

# Nothing of the first two is timed, so they are judged once they are tested; the third waits for its speed.
CLASS = ("untouched_stubs", "half_done.tar.gz", "full_marks", "slow_but_right", "never_ends.zip")
JUDGED = ("half_done", "untouched_stubs")
LIMIT = 60


class Interrupt(KilnTest):
    def interrupted(self, names, after, number=signal.SIGINT):
        """Grades `names` one at a time, and sends the signal once `after` of them are tested. Progress is told line by
        line, because stderr is a terminal that cannot redraw."""
        folder = self.place.folder
        self.json = folder / "a.json"
        self.json.unlink(missing_ok=True)
        ours, theirs = pty.openpty()
        samples = common.source / "grader" / "samples"
        command = [common.kiln, "grade", *[samples / name for name in names], "--module", "01", "--jobs", "1",
                   "--json", self.json, "--out", folder / "out"]
        process = subprocess.Popen(command, cwd=folder, env=self.place.environment(TERM="dumb"), stderr=theirs,
                                   stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        os.close(theirs)
        said, sent = b"", False
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

    def test_what_was_judged_is_kept(self):
        status, said, out = self.interrupted(CLASS, after=3)
        self.assertEqual(status, 3, said + out)
        self.assertIn(f"{len(JUDGED)} of {len(CLASS)} submissions were judged", said)
        results = common.grade_results(self.json)
        expected = {name: one for name, one in common.expected_results().items() if name in JUDGED}
        self.assertMultiLineEqual(common.verdict_lines(expected), common.verdict_lines(results))
        for name in JUDGED:
            self.assertIn(name, out)
            self.assertTrue((self.place.folder / "out" / "student" / f"{name}.md").is_file(), name)
        self.assertNothingLeft()

    def test_what_was_not_measured_is_not_judged(self):
        status, said, out = self.interrupted(("full_marks",), after=1, number=signal.SIGTERM)
        self.assertEqual(status, 3, said + out)
        self.assertIn("0 of 1 submissions were judged", said)
        self.assertEqual(common.grade_results(self.json), {})
        self.assertNothingLeft()


if __name__ == "__main__":
    common.main()
