"""kiln profile and kiln journey, from the command line to their JSON and pictures, and kiln milestone --threads."""

import json
import os
import shutil
import signal
import subprocess
import xml.etree.ElementTree

import common
from common import KilnTest

SVG = "{http://www.w3.org/2000/svg}"


class Measure(KilnTest):
    """One tree of stubs for all tests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = cls.place.folder / "tree"
        cls.program = common.copy_course(cls.root)

    def kiln(self, *words, **changes):
        return self.place.run(*words, program=self.program, **changes)

    def picture(self, path):
        """The words of a picture, which has to be well-formed, without scripts and for both kinds of pages."""
        text = path.read_text(encoding="utf-8")
        root = xml.etree.ElementTree.fromstring(text)
        self.assertEqual(root.tag, SVG + "svg")
        self.assertEqual([e.tag for e in root.iter() if e.tag.lower().endswith("script")], [])
        self.assertIn("prefers-color-scheme: dark", text)
        return " ".join("".join(element.itertext()) for element in root.iter(SVG + "text"))

    def profile(self, *words, status=0):
        path, out = self.place.folder / "profile.json", self.place.folder / "pictures"
        shutil.rmtree(out, ignore_errors=True)
        done = self.kiln("profile", *words, "--json", path, "--out", out)
        self.assertRun(done, status, "bottleneck", "overhead", "outside of kernels", where="stdout")
        return done, json.loads(path.read_text(encoding="utf-8")), out

    def test_a_profile_adds_up(self):
        done, result, out = self.profile("xor", "--steps", 3)
        # xor can be stopped after an epoch of ten steps only.
        self.assertGreaterEqual(result["steps"], 3)
        self.assertEqual(result["steps"] % result["steps_at_once"], 0)
        kernels = {kernel["kernel"]: kernel for kernel in result["kernels"]}
        steps = result["steps"]
        self.assertEqual(kernels["train_step"]["calls"], steps)
        # Each step has three parts (20 examples by 8), each two layers.
        self.assertEqual(kernels["linear"]["calls"], 6 * steps)
        # Two layers of 20 examples: 2 to 16, 16 to 2, with their biases.
        self.assertEqual(kernels["linear"]["flops"], steps * 20 * (2 * 2 * 16 + 16 + 2 * 16 * 2 + 2))
        # Own times add up to what is in kernels, and that is no more than the steps took.
        own = sum(kernel["self_seconds"] for kernel in result["kernels"])
        self.assertAlmostEqual(own, result["kernel_seconds"], delta=0.001 * own)
        self.assertLessEqual(result["kernel_seconds"], result["seconds"])
        self.assertLess(kernels["train_step"]["self_seconds"], kernels["train_step"]["seconds"])
        self.assertGreater(result["roofs"]["gflops"], 0)
        self.assertGreater(result["memory"]["peak_bytes"], 0)
        self.assertGreater(result["overhead"]["plain_seconds"], 0)
        for name in ("roofline.svg", "flame.svg"):
            self.assertIn("xor", self.picture(out / name))
            self.assertIn(str(out / name), done.stdout)
        self.assertIn("linear", self.picture(out / "roofline.svg"))

    def test_layers_are_named(self):
        _, result, _ = self.profile("digits-cnn", "--steps", 4, "--backend", "reference")
        layers = {layer["layer"]: layer for layer in result["layers"]}
        for name in ("0.Conv2d", "1.BatchNorm", "3.MaxPool2d", "9.Linear"):
            self.assertGreater(layers[name]["forward_seconds"], 0, name)
            self.assertGreater(layers[name]["backward_seconds"], 0, name)
        self.assertGreater(layers["optimizer"]["calls"], 0)
        self.assertEqual(result["steps"], 4)
        self.assertEqual(result["backend"], "reference")
        # The first filter: 32 images of 8 x 8, 9 taps to 16 channels; the last batch of an epoch is shorter.
        self.assertLessEqual(layers["0.Conv2d"]["flops"], 4 * 2 * 2 * 32 * 64 * 16 * 9 * 1.2)
        owners = [holding["owner"] for holding in result["memory"]["holdings"]]
        self.assertIn("before the steps", owners)
        self.assertTrue(any("Conv2d" in owner for owner in owners), owners)

    def test_ctrl_c_tells_what_was_measured(self):
        path = self.place.folder / "stopped.json"
        # On the textbook's loops, which no machine is through with before the signal.
        command = [str(self.program), "profile", "digits-cnn", "--backend", "naive", "--steps", "1000000",
                   "--json", str(path), "--out", str(self.place.folder / "stopped")]
        process = subprocess.Popen(command, env=self.place.environment(), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, start_new_session=True)
        # The line that shows how far it is comes after two seconds.
        while "steps recorded" not in (line := process.stderr.readline()) and line:
            pass
        os.killpg(process.pid, signal.SIGINT)
        out, error = process.communicate(timeout=common.LIMIT)
        self.assertEqual(process.returncode, 130, out + error)
        self.assertIn("then Ctrl-C", out)
        result = json.loads(path.read_text(encoding="utf-8"))
        self.assertTrue(result["stopped"])
        self.assertGreater(result["steps"], 0)

    def test_a_profile_of_what_is_not_there(self):
        done = self.kiln("profile", "chess")
        self.assertRun(done, 2, '"chess"', "xor", "digits-cnn", where="stderr")
        done = self.kiln("profile", "xor", "--backend", "fastest")
        self.assertRun(done, 2, '"fastest"', "reference", "naive", where="stderr")
        self.assertRun(self.kiln("profile", "xor", "--steps", 0), 2)
        self.assertRun(self.kiln("profile", "xor", "--json", "/dev/null/nowhere"), 2, "/dev/null/nowhere")
        self.assertRun(self.kiln("profile"), 2)
        self.assertRun(self.kiln("profile", "--help"), 0, "--backend", "--steps", "roofs", "Ctrl-C")

    def journey(self, *words, status=0):
        path, out = self.place.folder / "journey.json", self.place.folder / "journey"
        shutil.rmtree(out, ignore_errors=True)
        done = self.kiln("journey", *words, "--json", path, "--out", out)
        self.assertRun(done, status, "GFLOP/s", "break-even", where="stdout")
        return done, json.loads(path.read_text(encoding="utf-8")), out

    def test_a_journey_measures_each_rung(self):
        done, result, out = self.journey("matmul", "--sizes", "8,16", "--quick")
        self.assertEqual([size["label"] for size in result["sizes"]], ["8", "16"])
        there = [rung["id"] for rung in result["rungs"] if not rung["missing"]]
        self.assertEqual(there[:2], ["loops", "reordered"])
        for size in result["sizes"]:
            self.assertEqual(list(size["results"]), sorted(there))
            for name, rung in size["results"].items():
                self.assertGreater(rung["seconds"], 0, name)
                self.assertAlmostEqual(rung["gflops"], 2e-9 * size["size"] ** 3 / rung["seconds"], places=6)
        # What this build has not got is told.
        for rung in result["rungs"]:
            if rung["missing"] and not rung["yours"]:
                self.assertIn(f"left out: {rung['id']}: {rung['missing']}", done.stdout)
        self.assertEqual(len(result["break_even"]), len([rung for rung in there if not rung.startswith("my ")]) - 1)
        self.assertEqual(result["span"]["first"], "loops")
        words = self.picture(out / "matmul.svg")
        for name in there:
            self.assertIn(name, words)
        self.assertNotIn("\033", done.stdout)

    def test_a_journey_of_conv2d(self):
        _, result, out = self.journey("conv2d", "--sizes", "1x8,4x6", "--quick")
        self.assertEqual({size["label"] for size in result["sizes"]}, {"1x8", "4x6"})
        self.assertIn("loops", self.picture(out / "conv2d.svg"))

    def test_ones_own_kernel_is_a_rung_and_a_wrong_one_fails(self):
        file = self.root / "modules" / "01_tensor" / "matmul.cpp"
        stub = file.read_text(encoding="utf-8")
        self.addCleanup(file.write_text, stub, encoding="utf-8")
        right = (self.root / "solutions" / "01_tensor" / "matmul.cpp").read_text(encoding="utf-8")
        file.write_text(right, encoding="utf-8")
        _, result, _ = self.journey("matmul", "--sizes", "8,16", "--quick")
        self.assertGreater(result["sizes"][0]["results"]["my matmul"]["seconds"], 0)
        file.write_text(stub.replace("STUB();", "for (std::int64_t i = 0; i < c.size(); ++i) c.data[i] = 1;"),
                        encoding="utf-8")
        done, result, _ = self.journey("matmul", "--sizes", "8,16", "--quick", status=1)
        self.assertIn("wrong: my matmul at 8: element", done.stdout)
        self.assertEqual(result["sizes"][0]["results"]["my matmul"]["seconds"], 0)
        self.assertGreater(result["sizes"][0]["results"]["loops"]["seconds"], 0)

    def test_a_journey_of_what_is_not_there(self):
        self.assertRun(self.kiln("journey", "softmax"), 2, '"softmax"', "matmul", "conv2d", where="stderr")
        self.assertRun(self.kiln("journey", "matmul", "--sizes", "8,x"), 2, '"x"', where="stderr")
        self.assertRun(self.kiln("journey", "conv2d", "--sizes", "8"), 2, '"8"', "16x14", where="stderr")
        self.assertRun(self.kiln("journey", "matmul", "--slow"), 2, "--slow")
        self.assertRun(self.kiln("journey"), 2)
        self.assertRun(self.kiln("journey", "--help"), 0, "--sizes", "--quick", "at most")

    def test_a_milestone_takes_a_number_of_threads(self):
        self.assertRun(self.kiln("milestone", "xor", "--threads", 1), 0)
        self.assertRun(self.kiln("milestone", "xor", "--threads", 0), 2)

    def test_nothing_is_left_behind(self):
        self.kiln("profile", "xor", "--steps", 1, "--out", self.place.folder / "left")
        self.assertNothingLeft()


if __name__ == "__main__":
    common.main()
