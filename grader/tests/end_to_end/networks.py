"""Networks on a mixture of implementations: whose kernel answers each slot, and what a wrong one does."""

import json
import shutil

import common
from common import KilnTest

LAYERS, TENSOR, AUTOGRAD = "03_layers", "01_tensor", "06_autograd"
# Rosenblatt's rule away from the example: what is on the wrong side goes further to it.
AWAY = """// perceptron_step: steps away from the example.
#include "kiln/kernels/layers.hpp"

using namespace kiln;

bool impl::perceptron_step(ConstView x, float label, float learning_rate, View weight, View bias) {
  float score = bias.data[0];
  for (std::int64_t i = 0; i < x.size(); ++i) score += weight(i) * x(i);
  if (label * score > 0) return false;
  for (std::int64_t i = 0; i < x.size(); ++i) weight(i) -= learning_rate * label * x(i);
  bias.data[0] -= learning_rate * label;
  return true;
}
"""


class Networks(KilnTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = cls.place.folder / "tree"
        cls.program = common.copy_course(cls.root)
        cls.stubs = {path: path.read_text(encoding="utf-8") for path in (cls.root / "modules").glob("*/*.cpp")}

    def setUp(self):
        for path, text in self.stubs.items():
            path.write_text(text, encoding="utf-8")

    def solve(self, module, name):
        shutil.copy2(self.root / "solutions" / module / f"{name}.cpp", self.root / "modules" / module / f"{name}.cpp")

    def milestone(self, *words):
        """Runs the perceptron; gives the run, its result, and the kernels that the student answered."""
        path = self.place.folder / "milestone.json"
        path.unlink(missing_ok=True)
        done = self.place.run("milestone", "perceptron", "--json", path, *words, program=self.program)
        result = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        own = {slot["kernel"] for slot in result["slots"] if slot["answer"] == "student"} if result else None
        return done, result, own

    def test_with_stubs_untouched_all_runs_on_the_reference(self):
        done, result, own = self.milestone()
        self.assertRun(done, 0, "held-out accuracy", "reached", "who answered", "still a stub", where="stdout")
        self.assertEqual(own, set())
        self.assertEqual({slot["answer"] for slot in result["slots"]}, {"reference"})
        self.assertGreaterEqual(result["accuracy"], result["goal"])

    def test_what_is_written_answers_and_what_does_not_compile_is_left_out(self):
        self.solve(LAYERS, "initialisation")
        self.solve(TENSOR, "copy")
        (self.root / "modules" / LAYERS / "linear.cpp").write_text("void impl::linear(\n", encoding="utf-8")
        done, result, own = self.milestone()
        self.assertRun(done, 0, "linear.cpp does not compile and is left out", where="stderr")
        self.assertEqual(own, {"copy", "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"})
        # A syntax error in module 03 keeps nobody from module 06, whose exercises need no other to be written.
        self.solve(AUTOGRAD, "backward")
        done = self.place.run("check", "backward", "--no-speed", program=self.program)
        self.assertRun(done, 0, "pass", where="stdout")

    def test_a_wrong_kernel_shows(self):
        (self.root / "modules" / LAYERS / "perceptron_step.cpp").write_text(AWAY, encoding="utf-8")
        done, result, own = self.milestone()
        self.assertRun(done, 1, "missed", where="stdout")
        self.assertEqual(own, {"perceptron_step"})
        # The reference's in its place: all is well again.
        done, result, own = self.milestone("--override", "perceptron_step=reference")
        self.assertRun(done, 0)
        self.assertEqual(own, set())

    def test_what_does_not_exist_is_named(self):
        self.assertRun(self.place.run("milestone", "perceptrom", program=self.program), 2, '"perceptrom"', "perceptron",
                       where="stderr")
        self.assertRun(self.milestone("--backend", "fast")[0], 2, '"fast"', "naive, optimized", "reference, student", where="stderr")
        self.assertRun(self.place.run("milestone", program=self.program), 0, "perceptron", LAYERS, where="stdout")


if __name__ == "__main__":
    common.main()
