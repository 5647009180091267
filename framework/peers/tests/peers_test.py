"""kiln-peers on two tiny cases: the JSON's shape, and a contestant whose answer is wrong. Skipped where it is not built."""
import json
import math
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1))


class Peers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "peers.json"

    def call(self, *words):
        return [PROGRAM, "--threads", "1", "--json", self.file, *words]

    def run_peers(self, *words, environment=None):
        done = subprocess.run(self.call("--seconds", "0.02", *words), capture_output=True, text=True, timeout=100,
                              env=environment)
        return done, json.loads(self.file.read_text()) if self.file.exists() else None

    def test_json_and_table(self):
        done, run = self.run_peers("--only", "^sgemm/64$|^conv2d/32x16x14x14")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        self.assertTrue(run["complete"])
        self.assertEqual([roof["threads"] for roof in run["roofs"]], [1])
        self.assertEqual([case["case"] for case in run["cases"]], ["sgemm/64", "conv2d/32x16x14x14-32"])
        known = {library["name"] for library in run["libraries"]}
        self.assertTrue({"reference", "naive"} <= known)
        for case in run["cases"]:
            names = [each["name"] for each in case["contestants"]]
            self.assertIn("reference", names)
            self.assertEqual(len(names), len(set(names)))
            for each in case["contestants"]:
                self.assertIn(each["name"], known)
                self.assertEqual(each["status"], "timed", each)
                self.assertGreater(each["seconds"]["median"], 0)
                self.assertAlmostEqual(each["gflops"], case["flops"] / each["seconds"]["median"] / 1e9)
                self.assertIn(each["roof"]["of"], ("FMA", "memory"))
                self.assertIn(each["name"], done.stdout)
            ours = {each["name"] for each in case["contestants"] if each["kind"] == "kiln"}
            self.assertEqual({(each["ours"], each["other"]) for each in case["ratios"]},
                             {(a, b) for a in ours for b in names if a != b})
            for each in case["ratios"]:
                self.assertLessEqual(each["low"], each["median"])
                self.assertLessEqual(each["median"], each["high"])
            forward = self.ratio(case, "reference", "naive")
            self.assertTrue(math.isclose(forward * self.ratio(case, "naive", "reference"), 1, rel_tol=0.3))
            self.assertGreater(forward, 1, "the naive loops are slower than the reference")

    def test_what_narrows_a_library_is_told(self):
        for cores, told in ("Haswell", ["OPENBLAS_CORETYPE=Haswell"]), (None, []):
            environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
            if cores:
                environment["OPENBLAS_CORETYPE"] = cores
            done, run = self.run_peers("--only", "^sgemm/64$", environment=environment)
            self.assertEqual(run["narrowed"], told)
            self.assertEqual("OPENBLAS_CORETYPE=Haswell" in done.stdout, bool(told))

    @staticmethod
    def ratio(case, ours, other):
        return next(each["median"] for each in case["ratios"] if (each["ours"], each["other"]) == (ours, other))

    def test_wrong_backend_fails_the_run(self):
        done, run = self.run_peers("--only", "^sgemm/64$", "--spoil", "naive")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assert_wrong(run, done, "naive")

    def test_wrong_peer_is_reported(self):
        done, run = self.run_peers("--only", "^sgemm/64$")
        peers = [each["name"] for each in run["cases"][0]["contestants"] if each["kind"] == "peer"]
        if not peers:
            self.skipTest("no peer is installed")
        done, run = self.run_peers("--only", "^sgemm/64$", "--spoil", peers[0])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assert_wrong(run, done, peers[0])

    def assert_wrong(self, run, done, name):
        found = next(each for each in run["cases"][0]["contestants"] if each["name"] == name)
        self.assertEqual(found["status"], "wrong")
        self.assertIn("expected", found["note"])
        self.assertNotIn("seconds", found)
        self.assertFalse([each for each in run["cases"][0]["ratios"] if name in (each["ours"], each["other"])])
        self.assertIn("wrong", done.stdout)

    def test_promises(self):
        done, run = self.run_peers("--only", "^relu", "--must-hold")
        self.assertIn("Must hold", done.stdout)
        self.assertEqual([each["case"] for each in run["promises"]], ["relu/4096x1024"])
        self.assertEqual(done.returncode, 0 if run["promises"][0]["holds"] else 1)

    def test_interrupted(self):
        program = subprocess.Popen(self.call("--seconds", "60", "--only", "^sgemm/(64|128)$"), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, bufsize=1)
        # Once the heading stands there, rounds are next, and they are many.
        for line in program.stdout:
            if line.startswith("roofs of"):
                break
        program.send_signal(signal.SIGINT)
        _, error = program.communicate(timeout=60)
        self.assertEqual(program.returncode, 130, error)
        self.assertFalse(json.loads(self.file.read_text())["complete"])

    def test_file_that_cannot_be_written(self):
        done = subprocess.run([PROGRAM, "--seconds", "60", "--json", self.file.parent / "no" / "peers.json"],
                              capture_output=True, text=True, timeout=100)
        self.assertEqual(done.returncode, 3)
        self.assertIn("cannot be written", done.stderr)
        self.assertEqual(done.stdout, "", "before anything was measured")

    def test_bad_calls(self):
        for words in (["--only", "no such case"], ["--only", "("], ["--threads", "3"], ["--seconds", "0"]):
            done, _ = self.run_peers(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertTrue(done.stderr, words)


if __name__ == "__main__":
    if not PROGRAM.exists():
        print(f"{PROGRAM.name} is not built")
        sys.exit(77)
    unittest.main()
