"""`kiln new` lays out exercises and modules that compile, and changes nothing where it refuses."""

import shutil
import subprocess

import common
from common import KilnTest

COPIED = ("tools", "modules", "solutions", "framework/include")


class New(KilnTest):
    def setUp(self):
        super().setUp()
        self.root = self.place.folder / "course"
        shutil.rmtree(self.root, ignore_errors=True)
        for name in COPIED:
            shutil.copytree(common.source / name, self.root / name)

    def new(self, *words):
        """tools/new.py in the copy: the tool lays out the tree that it stands in."""
        return self.place.run(self.root / "tools" / "new.py", *words, program="python3")

    def files(self):
        return {path: path.read_bytes() for path in sorted(self.root.rglob("*")) if path.is_file()}

    def compile(self, path, *flags):
        done = subprocess.run(["c++", "-std=c++20", "-Wall", "-Werror", "-fsyntax-only", *flags,
                               f"-I{self.root}/framework/include", "-x", "c++", str(path)],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_exercise_of_two_kernels(self):
        done = self.new("01_tensor", "clip", "--signature", "void clip(ConstView in, float low, float high, View out)",
                        "--signature", "std::int64_t count_clipped(std::array<ConstView, 2> all, const Shape& shape);")
        self.assertRun(done, 0)
        contract = self.root / "framework/include/kiln/kernels/tensor.hpp"
        text = contract.read_text()
        self.assertIn('slot<&TensorSlots::clip>("clip", "in", "low", "high", "out")', text)
        self.assertIn('slot<&TensorSlots::count_clipped>("count_clipped", "all", "shape")', text)
        # The contract's own checks (every slot is listed) are part of its compilation.
        user = self.place.folder / "user.cpp"
        user.write_text('#include "kiln/kernels/tensor.hpp"\n')
        self.compile(user, "-DKILN_DECLARE=[[gnu::weak]]")
        for folder in ("solutions/01_tensor", "solutions/01_tensor/naive", "modules/01_tensor"):
            self.compile(self.root / folder / "clip.cpp")
        wrong = sorted((self.root / "solutions/01_tensor/wrong").glob("clip_*.cpp"))
        self.assertEqual(len(wrong), 4)
        for path in wrong:
            self.compile(path)
        stubs = self.place.run(self.root / "tools/stubs.py", "--check", "01_tensor", program="python3")
        self.assertRun(stubs, 0)
        stub = (self.root / "modules/01_tensor/clip.cpp").read_text()
        self.assertEqual(stub.count("\n  STUB();"), 2, stub)
        manifest = self.place.run(self.root / "tools/manifest.py", self.root / "modules/01_tensor", "slots",
                                  program="python3")
        self.assertIn("count_clipped\n", manifest.stdout)

    def test_a_module_and_its_first_exercise(self):
        self.assertRun(self.new("90_caching"), 0)
        self.assertIn("'90_caching']", (self.root / "modules/meson.build").read_text())
        self.assertRun(self.new("90_caching", "append"), 0)
        self.compile(self.root / "solutions/90_caching/append.cpp")
        self.compile(self.root / "modules/90_caching/append.cpp")
        manifest = self.place.run(self.root / "tools/manifest.py", self.root / "modules/90_caching", "contract",
                                  program="python3")
        self.assertEqual(manifest.stdout, "kiln/kernels/caching.hpp\n")

    def test_what_is_taken_or_senseless_is_refused_and_nothing_changes(self):
        before = self.files()
        for words, reason in ((("01_tensor", "fill"), "exercise fill already"),
                              (("01_tensor", "pad", "--signature", "void add(View out)"), "kernel add already"),
                              (("01_tensor", "Pad"), "no exercise's name"),
                              (("01_tensor", "pad", "--signature", "void pad(View)"), "needs a name"),
                              (("01_tensor", "pad", "--signature", "pad"), "no signature"),
                              (("91_missing", "pad"), "no module 91_missing"),
                              (("01_tensor",), "there already"),
                              (("tensor",), "no module's name")):
            with self.subTest(words=words):
                done = self.new(*words)
                self.assertRun(done, 2)
                self.assertIn(reason, done.stderr)
        self.assertEqual(before, self.files())


if __name__ == "__main__":
    common.main()
