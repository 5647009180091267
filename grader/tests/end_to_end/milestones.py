"""The networks of the course: they reach their goals from five seeds, and a run that was stopped goes on as if it had not
been."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import common
from common import KilnTest

# Long enough to be stopped in the middle.
EPOCHS = 150
LIMIT = 120


class Milestones(KilnTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = common.copy_course(cls.place.folder / "tree")

    def command(self, name, *words):
        return [str(self.program), "milestone", name, *map(str, words)]

    def run_digits(self, *words):
        """A run of digits-mlp to its end; gives what it came to."""
        path = self.place.folder / "digits.json"
        path.unlink(missing_ok=True)
        done = self.place.run("milestone", "digits-mlp", "--epochs", EPOCHS, "--json", path, *words,
                              program=self.program)
        self.assertRun(done, 0, "held-out accuracy", "truth | said", "who answered", where="stdout")
        result = json.loads(path.read_text(encoding="utf-8"))
        return {key: result[key] for key in ("loss", "accuracy", "confusion")}, result["resumed"]

    def start_digits(self, checkpoint):
        """A run that has written its first checkpoint."""
        process = subprocess.Popen(self.command("digits-mlp", "--epochs", EPOCHS, "--checkpoint", checkpoint),
                                   env=self.place.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   stdin=subprocess.DEVNULL, text=True, start_new_session=True)
        end = time.monotonic() + LIMIT
        while not checkpoint.exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.001)
        self.assertTrue(checkpoint.exists(), "no checkpoint was written")
        return process

    def test_every_network_reaches_its_goal(self):
        done = subprocess.run([sys.executable, "-B", common.source / "tools" / "milestones", "--kiln", self.program],
                              env=self.place.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        print(done.stdout, file=sys.stderr)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for name in ("perceptron", "xor", "digits-mlp", "digits-cnn"):
            self.assertIn(name, done.stdout)

    def test_ctrl_c_keeps_the_run_and_the_same_command_goes_on(self):
        whole, resumed = self.run_digits()
        self.assertFalse(resumed)
        checkpoint = self.place.folder / "stopped"
        process = self.start_digits(checkpoint)
        # As a terminal does it: to everybody in front.
        os.killpg(process.pid, signal.SIGINT)
        out, error = process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 130, out + error)
        self.assertIn("the same command goes on with it", error)
        self.assertEqual(self.run_digits("--checkpoint", checkpoint), (whole, True))
        # A run that is over is judged again, and not trained.
        self.assertEqual(self.run_digits("--checkpoint", checkpoint), (whole, True))

    def test_a_killed_run_goes_on_from_its_last_checkpoint(self):
        whole, _ = self.run_digits()
        checkpoint = self.place.folder / "killed"
        for _ in range(5):
            process = self.start_digits(checkpoint)
            time.sleep(0.05)
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=LIMIT)
        self.assertEqual(self.run_digits("--checkpoint", checkpoint), (whole, True))

    def test_a_checkpoint_of_another_network_is_refused(self):
        checkpoint = self.place.folder / "mlp"
        self.run_digits("--checkpoint", checkpoint)
        before = checkpoint.read_bytes()
        done = self.place.run("milestone", "digits-cnn", "--checkpoint", checkpoint, program=self.program)
        self.assertRun(done, 1, str(checkpoint), "of another", where="stderr")
        self.assertEqual(checkpoint.read_bytes(), before)
        checkpoint.write_bytes(before[:-10])
        done = self.place.run("milestone", "digits-mlp", "--checkpoint", checkpoint, program=self.program)
        self.assertRun(done, 1, str(checkpoint), "crc32", where="stderr")
        self.assertEqual(checkpoint.read_bytes(), before[:-10])

    def test_what_cannot_be_had_is_said_at_once(self):
        done = self.place.run("milestone", "fashion-cnn", program=self.program, KILN_DATA=str(self.place.folder))
        self.assertRun(done, 1, "dataset-fashion-mnist", "tools/setup --data", where="stderr")
        nowhere = pathlib.Path("/dev/null/nowhere")
        done = self.place.run("milestone", "digits-cnn", "--json", nowhere, program=self.program)
        self.assertRun(done, 2, str(nowhere), where="stderr")
        done = self.place.run("milestone", "xor", "--checkpoint", "here", program=self.program)
        self.assertRun(done, 2, "keeps no checkpoint", where="stderr")


if __name__ == "__main__":
    common.main()
