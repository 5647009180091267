"""A student's days with module 01, on a copy of the course: stubs, a first solution, a mistake, the way back."""

import re
import shlex
import shutil
import json

import common
from common import KilnTest

MODULE = "01_tensor"
OUT_OF_BOUNDS = """// fill: reads one element past the end before it writes.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::fill(View out, float value) {
  const float behind = out.data[out.size()];  // LINE
  for (std::int64_t element = 0; element < out.size(); ++element) {
    std::int64_t rest = element, offset = 0;
    for (int d = out.rank() - 1; d >= 0; --d) {
      offset += rest % out.shape[d] * out.strides[d];
      rest /= out.shape[d];
    }
    out.data[offset] = behind == value ? behind : value;
  }
}
"""


class Student(KilnTest):
    """One tree for all tests; each starts from stubs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = cls.place.folder / "tree"
        cls.program = common.copy_course(cls.root)
        cls.files = cls.root / "modules" / MODULE
        cls.solutions = cls.root / "solutions" / MODULE
        cls.stubs = {path.name: path.read_text(encoding="utf-8") for path in cls.files.glob("*.cpp")}

    def setUp(self):
        for path in self.files.glob("*.mine-*"):
            path.unlink()
        for name, text in self.stubs.items():
            (self.files / name).write_text(text, encoding="utf-8")

    def solve(self, *names):
        for name in names:
            shutil.copy2(self.solutions / f"{name}.cpp", self.files / f"{name}.cpp")

    def put_wrong(self, name, variant):
        shutil.copy2(self.solutions / "wrong" / f"{variant}.cpp", self.files / f"{name}.cpp")

    def kiln(self, *words, **changes):
        return self.place.run(*words, program=self.program, **changes)

    def checked(self, *words):
        """check --json: the run and its exercises."""
        path = self.place.folder / "check.json"
        path.unlink(missing_ok=True)
        done = self.kiln("check", *words, "--json", path)
        result = json.loads(path.read_text(encoding="utf-8"))
        return done, common.exercises_of(result[0] if isinstance(result, list) else result)

    def verdicts(self, exercises):
        return {id: exercise["verdict"] for id, exercise in exercises.items()}


class FirstSteps(Student):
    def test_all_stubs_are_skipped_by_meson(self):
        self.assertRun(self.kiln("check", MODULE, "--meson"), 77)
        done, exercises = self.checked(MODULE)
        self.assertRun(done, 1)
        self.assertEqual(set(self.verdicts(exercises).values()), {"not_attempted"})

    def test_one_solution_passes_and_the_rest_waits(self):
        self.solve("fill")
        done, exercises = self.checked(MODULE, "--meson")
        self.assertRun(done, 0)
        self.assertEqual(self.verdicts(exercises)["fill"], "pass")
        self.assertEqual(set(self.verdicts(exercises).values()), {"pass", "not_attempted"})
        # Without --meson an untouched exercise is no success.
        self.assertRun(self.kiln("check", MODULE, "--no-speed"), 1)
        self.assertRun(self.kiln("check", "fill"), 0, "fill", where="stdout")

    def test_a_file_that_does_not_compile_costs_its_own_exercise(self):
        self.solve("fill", "shape")
        (self.files / "copy.cpp").write_text("void impl::copy(\n", encoding="utf-8")
        done, exercises = self.checked(MODULE, "--meson", "--no-speed")
        self.assertRun(done, 1, "copy.cpp:1:", "error", where="stdout")
        verdicts = self.verdicts(exercises)
        self.assertEqual([verdicts[id] for id in ("fill", "shape", "copy", "matmul")],
                         ["pass", "pass", "compile_error", "not_attempted"])

    def test_matmul_is_measured(self):
        self.solve("matmul")
        done, exercises = self.checked("matmul")
        self.assertRun(done, 0, "matmul", where="stdout")
        self.assertEqual(list(exercises), ["matmul"])
        matmul = exercises["matmul"]
        # The same code on both sides is worth full marks but for the hidden tests.
        self.assertEqual((matmul["verdict"], matmul["points"], matmul["max"]), ("pass", 8, 8))
        self.assertGreater(matmul["speed"]["ratio"], 0.8)

    def test_status_tells_who_answers(self):
        self.solve("fill")
        (self.files / "copy.cpp").write_text("no C++\n", encoding="utf-8")
        done = self.kiln("status")
        self.assertRun(done, 0, "reference (stub): matmul, batched_matmul", where="stdout")
        self.assertRegex(done.stdout, r"fill +2 points +yours")
        line = next(line for line in done.stdout.splitlines() if line.split()[:1] == ["copy"])
        self.assertIn("does not compile", line)

    def test_list_and_hints(self):
        self.assertRun(self.kiln("list"), 0, MODULE, "matmul", "10", where="stdout")
        texts = []
        for level in ("1", "2", "3"):
            done = self.kiln("hint", "matmul", "--level", level)
            self.assertRun(done, 0)
            texts.append(done.stdout)
        self.assertEqual(len(set(texts)), 3)
        self.assertEqual(self.kiln("hint", "matmul").stdout, texts[0])
        self.assertIn("kiln hint matmul --level 2", texts[0])

    def test_reset_keeps_what_was_written(self):
        self.solve("fill")
        mine = (self.files / "fill.cpp").read_text(encoding="utf-8")
        self.assertRun(self.kiln("reset", "fill"), 0, "fill.cpp.mine-1", where="stdout")
        self.assertEqual((self.files / "fill.cpp").read_text(encoding="utf-8"), self.stubs["fill.cpp"])
        self.assertEqual((self.files / "fill.cpp.mine-1").read_text(encoding="utf-8"), mine)
        # A second time there is nothing to keep, and the first copy stays.
        self.assertRun(self.kiln("reset", "fill"), 0, "nothing was changed", where="stdout")
        (self.files / "fill.cpp").write_text("second try", encoding="utf-8")
        self.assertRun(self.kiln("reset", "fill"), 0, "fill.cpp.mine-2", where="stdout")
        self.assertEqual((self.files / "fill.cpp.mine-1").read_text(encoding="utf-8"), mine)
        (self.files / "fill.cpp").unlink()
        self.assertRun(self.kiln("check", "fill"), 1, "kiln reset fill", where="stdout")
        self.assertRun(self.kiln("reset", "fill"), 0)
        self.assertEqual((self.files / "fill.cpp").read_text(encoding="utf-8"), self.stubs["fill.cpp"])

    def test_nothing_is_left_behind(self):
        self.solve("fill")
        self.assertRun(self.kiln("check", "fill"), 0)
        self.assertNothingLeft()


class Mistakes(Student):
    def block(self, text, name):
        """What is told of one failed test."""
        lines = text.splitlines()
        self.assertIn("  " + name, lines, text)
        block = []
        for line in lines[lines.index("  " + name) + 1:]:
            if not line.startswith("    "):
                break
            block.append(line)
        return "\n".join(block)

    def rerun_command(self, block):
        return shlex.split(block.split("alone: ", 1)[1].splitlines()[0])

    def test_a_wrong_value_is_explained_and_can_be_run_alone(self):
        self.put_wrong("elementwise", "elementwise_swaps_sub")
        done = self.kiln("check", "elementwise", "--no-speed")
        self.assertRun(done, 1, where="stdout")
        told = self.block(done.stdout, "elementwise.same_shapes")
        self.assertRegex(told, r"out\[0, 0, 0\]: expected -?[\d.e+-]+, got -?[\d.e+-]+ \(.*ULP\)")
        self.assertRegex(told, r"case \d+, seed 0x[0-9a-f]+\n")
        words = self.rerun_command(told)
        self.assertEqual(words[:5], ["kiln", "check", "elementwise", "--test", "same_shapes"])
        self.assertTrue({"--seed", "--case"} <= set(words), words)
        # The same case fails again, with the same words, and nothing else runs.
        again = self.kiln(*words[1:])
        self.assertRun(again, 1, "0 of 1 tests passed", where="stdout")
        self.assertEqual(self.block(again.stdout, "elementwise.same_shapes"), told)
        # The command means something: a right kernel passes it.
        self.solve("elementwise")
        self.assertRun(self.kiln(*words[1:]), 0)

    def test_another_seed_draws_other_cases(self):
        self.put_wrong("elementwise", "elementwise_swaps_sub")
        texts = [self.kiln("check", "elementwise", "--test", "same_shapes", "--seed", seed).stdout
                 for seed in ("1", "1", "2")]
        self.assertEqual(texts[0], texts[1])
        self.assertNotEqual(texts[0], texts[2])

    def test_a_write_past_the_end_is_told_in_words(self):
        self.put_wrong("fill", "fill_writes_one_too_many")
        done, exercises = self.checked("fill")
        self.assertRun(done, 1, "fill wrote past the end of out", where="stdout")
        self.assertNotIn("exit status 139", done.stdout)

    def test_an_endless_loop_costs_its_own_exercise(self):
        self.solve("shape")
        (self.files / "fill.cpp").write_text(
            '#include "kiln/kernels/tensor.hpp"\nusing namespace kiln;\n'
            "void impl::fill(View out, float value) {\n  for (volatile float x = value;;) out.data[0] = x;\n}\n",
            encoding="utf-8")
        done, exercises = self.checked(MODULE, "--no-speed")
        self.assertRun(done, 1)
        self.assertEqual(self.verdicts(exercises)["fill"], "timeout")
        self.assertEqual(self.verdicts(exercises)["shape"], "pass")
        self.assertNothingLeft()

    def test_in_process(self):
        self.solve("fill")
        self.assertRun(self.kiln("check", "fill", "--in-process"), 0, "fill.", where="stdout")
        self.put_wrong("elementwise", "elementwise_swaps_sub")
        self.assertRun(self.kiln("check", "elementwise", "--in-process", "--test", "same_shapes"), 1,
                       "FAILED elementwise.same_shapes", "kiln check --in-process elementwise --test same_shapes",
                       where="stdout")
        # A kernel may end the program without a word of its own.
        (self.files / "fill.cpp").write_text(
            '#include <csignal>\n#include "kiln/kernels/tensor.hpp"\n'
            "void kiln::impl::fill(View, float) { std::raise(SIGKILL); }\n", encoding="utf-8")
        self.assertRun(self.kiln("check", "fill", "--in-process"), 1, "killed by signal", "--sanitize", where="stderr")
        self.setUp()
        self.assertRun(self.kiln("check", "fill", "--in-process", "--meson"), 77)
        self.assertNothingLeft()

    def test_sanitizers_name_the_student_s_line(self):
        line = next(i for i, text in enumerate(OUT_OF_BOUNDS.splitlines(), 1) if text.endswith("// LINE"))
        (self.files / "fill.cpp").write_text(OUT_OF_BOUNDS, encoding="utf-8")
        done = self.kiln("check", "fill", "--sanitize")
        self.assertRun(done, 1, "AddressSanitizer", f"{self.files / 'fill.cpp'}:{line}")
        self.solve("fill")
        self.assertRun(self.kiln("check", "fill", "--sanitize"), 0)
        self.assertNothingLeft()


if __name__ == "__main__":
    common.main()
