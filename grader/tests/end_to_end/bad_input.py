"""Calls, submissions, courses and machines that are wrong: each has its message and exit status, and never keeps a
good submission from being judged."""

import io
import os
import shutil
import subprocess
import tarfile
import zipfile

import common
from common import KilnTest

REFUSAL = "bwrap: No permissions to create a new namespace, likely because the kernel does not allow it"
SOURCE = "#include \"kiln/kernels/tensor.hpp\"\nusing namespace kiln;\nvoid impl::fill(View, float) {}\n"


def make_zip(path, entries):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in entries:
            archive.writestr(name, text)


def make_tar(path, entries):
    """Entries are (name, text), or (name, None, target) for a symbolic link."""
    with tarfile.open(path, "w:gz") as archive:
        for name, text, *target in entries:
            info = tarfile.TarInfo(name)
            if target:
                info.type, info.linkname = tarfile.SYMTYPE, target[0]
                archive.addfile(info)
            else:
                info.size = len(text.encode())
                archive.addfile(info, io.BytesIO(text.encode()))


def make_zip_link(path):
    info = zipfile.ZipInfo("01_tensor/fill.cpp")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    make_zip(path, [(info, "/etc/passwd")])


def good_submission(folder):
    """Three exercises right, three untouched: judged in a few seconds."""
    shutil.copy2(common.source / "grader" / "samples" / "half_done.tar.gz", folder / "good.tar.gz")
    return folder / "good.tar.gz"


class Calls(KilnTest):
    def test_no_arguments(self):
        self.assertRun(self.place.run(), 2, "subcommand", where="stderr")

    def test_unknown_command(self):
        self.assertRun(self.place.run("grad"), 2, '"grad"', "grade", "check", where="stderr")

    def test_unknown_option(self):
        self.assertRun(self.place.run("check", "fill", "--sanitise"), 2, "--sanitise", where="stderr")

    def test_help_is_no_error(self):
        self.assertRun(self.place.run("--help"), 0, "grade", "check", "Exit status", where="stdout")
        self.assertRun(self.place.run("grade", "--help"), 0, "--json", "Exit status", where="stdout")

    def test_unknown_names_list_the_known(self):
        for words in (["check", "matmull"], ["status", "99"], ["hint", "matmull"], ["reset", "matmull"],
                      ["bench", "matmull"], ["lint", "matmull"], ["grade", "x", "--module", "matmull"]):
            with self.subTest(words):
                self.assertRun(self.place.run(*words), 2, f'"{words[1] if words[0] != "grade" else "matmull"}"',
                               "01_tensor", "matmul", "fill", where="stderr")

    def test_unknown_test(self):
        self.assertRun(self.place.run("check", "fill", "--test", "nonsense", "--no-speed"), 2, "nonsense",
                       where="stderr")

    def test_numbers_that_are_none(self):
        good = good_submission(self.place.folder)
        for option, values in {"--jobs": ["0", "-1", "abc", "2.5"], "--seed": ["abc", "-1"]}.items():
            for value in values:
                with self.subTest(option=option, value=value):
                    done = self.place.run("grade", good, f"{option}={value}")
                    self.assertRun(done, 2, option, where="stderr")

    def test_hint_levels(self):
        self.assertRun(self.place.run("hint", "fill", "--level", "4"), 2, "--level", where="stderr")

    def test_places_that_cannot_be_written(self):
        good = good_submission(self.place.folder)
        file = self.place.folder / "a-file"
        file.write_text("", encoding="utf-8")
        for words in (["--out", file / "below"], ["--json", file / "x.json"], ["--json", self.place.tmp]):
            with self.subTest(words):
                done = self.place.run("grade", good, *words)
                self.assertRun(done, 2, "cannot write", str(words[1]), where="stderr")
                # It is told before anything is judged, not after.
                self.assertNotIn("good", done.stdout)

    def test_missing_path(self):
        self.assertRun(self.place.run("grade", "nowhere"), 2, '"nowhere" does not exist', where="stderr")

    def test_empty_directory(self):
        empty = self.place.folder / "empty"
        empty.mkdir()
        self.assertRun(self.place.run("grade", empty), 2, "is an empty folder", where="stderr")

    def test_directory_without_submissions(self):
        folder = self.place.folder / "letters"
        folder.mkdir()
        (folder / "letter.txt").write_text("dear grader", encoding="utf-8")
        self.assertRun(self.place.run("grade", folder), 2, "holds no submission", "01_tensor/fill.cpp", where="stderr")


class Submissions(KilnTest):
    """One class with everything wrong in it, and one good submission."""

    BAD = {
        "broken_zip": "archive", "broken_tar": "archive", "not_gzip": "archive",
        "dots": '".."', "dots_tar": '".."', "absolute": "absolute path", "absolute_tar": "absolute path",
        "link": "symbolic link", "link_tar": "symbolic link", "two_attempts": "hand in one attempt only", "empty_tar": "empty",
        "no_listed": "modules/01_tensor/fill.cpp", "no_listed_folder": "modules/01_tensor/fill.cpp",
        "other_kind.rar": "cannot be read", "a_link": "symbolic link",
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.place.folder / "class"
        folder.mkdir()
        good = good_submission(folder)
        (folder / "broken_zip.zip").write_bytes(b"PK\x03\x04 and no more")
        whole = good.read_bytes()
        (folder / "broken_tar.tar.gz").write_bytes(whole[:len(whole) // 2])
        (folder / "not_gzip.tar.gz").write_text("hello", encoding="utf-8")
        make_zip(folder / "dots.zip", [("../01_tensor/fill.cpp", SOURCE)])
        make_tar(folder / "dots_tar.tar.gz", [("01_tensor/../../fill.cpp", SOURCE)])
        make_zip(folder / "absolute.zip", [("/01_tensor/fill.cpp", SOURCE)])
        make_tar(folder / "absolute_tar.tar.gz", [("/tmp/01_tensor/fill.cpp", SOURCE)])
        make_zip_link(folder / "link.zip")
        make_tar(folder / "link_tar.tar.gz", [("01_tensor/fill.cpp", None, "/etc/passwd")])
        make_zip(folder / "two_attempts.zip", [(f"{top}/01_tensor/fill.cpp", SOURCE) for top in ("try1", "try2")])
        make_tar(folder / "empty_tar.tar.gz", [])
        make_zip(folder / "no_listed.zip", [("essay.txt", "words")])
        (folder / "no_listed_folder").mkdir()
        (folder / "no_listed_folder" / "essay.txt").write_text("words", encoding="utf-8")
        (folder / "other_kind.rar").write_bytes(b"Rar!\x1a\x07\x00")
        os.symlink("good.tar.gz", folder / "a_link")
        cls.done = cls.place.run("grade", folder, cls.place.folder / "missing", "--json", cls.place.folder / "a.json",
                                 "--out", cls.place.folder / "out")
        json = cls.place.folder / "a.json"
        cls.results = common.grade_results(json) if json.exists() else {}

    def test_exit_status_names_the_wrong_path(self):
        self.assertRun(self.done, 2, "missing", "does not exist", where="stderr")

    def test_the_good_one_is_judged(self):
        expected = common.expected_results()["half_done"]
        self.assertMultiLineEqual(common.verdict_lines({"good": expected}),
                                  common.verdict_lines(common.of_module({"good": self.results["good"]})))

    def test_each_bad_one_is_named_with_its_reason(self):
        self.assertEqual(sorted(self.results), sorted([*self.BAD, "good"]), self.done.all)
        for name, reason in self.BAD.items():
            with self.subTest(name):
                result = self.results[name]
                self.assertIn(reason, result["problem"])
                self.assertEqual((result["score"], result["modules"]), (0, []))
                self.assertIn(name, self.done.stdout)

    def test_bad_ones_have_reports(self):
        for name in self.BAD:
            text = (self.place.folder / "out" / "student" / f"{name}.md").read_text(encoding="utf-8")
            self.assertIn(name, text)

    def test_nothing_is_left_behind(self):
        self.assertNothingLeft()

    def test_without_a_wrong_path_all_is_well(self):
        folder = self.place.folder / "class"
        done = self.place.run("grade", folder / "dots.zip", folder / "no_listed.zip")
        self.assertRun(done, 0, "dots", "no_listed", where="stdout")


class Courses(KilnTest):
    """Builds and courses that kiln cannot use."""

    def setUp(self):
        self.program = common.copy_course(self.place.folder / self._testMethodName)
        self.root = self.program.parent.parent

    def test_module_toml_names_file_line_and_what_was_expected(self):
        path = self.root / "modules" / "01_tensor" / "module.toml"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        at = next(i for i, line in enumerate(lines) if line.startswith("points ="))
        lines[at] = 'points = { visible = "one", hidden = 1 }\n'
        path.write_text("".join(lines), encoding="utf-8")
        for words in (["list"], ["check", "fill"], ["grade", good_submission(self.root)]):
            done = self.place.run(*words, program=self.program)
            self.assertRun(done, 3, f"module.toml:{at + 1}:", "points.visible", "must be a number", '"one"',
                           where="stderr")

    def test_module_toml_that_is_no_toml(self):
        path = self.root / "modules" / "01_tensor" / "module.toml"
        path.write_text('id = "01_tensor"\ntitle = \n', encoding="utf-8")
        self.assertRun(self.place.run("list", program=self.program), 3, "module.toml:2:", where="stderr")

    def test_build_without_course(self):
        (self.program.parent / "modules" / "course.json").unlink()
        self.assertRun(self.place.run("list", program=self.program), 3, "course.json", "ninja -C build", where="stderr")

    def test_course_of_another_version(self):
        (self.program.parent / "modules" / "course.json").write_text("{}", encoding="utf-8")
        self.assertRun(self.place.run("list", program=self.program), 3, "course.json", "meson setup", where="stderr")

    def edit_course(self, old, new):
        course = self.program.parent / "modules" / "course.json"
        text = course.read_text(encoding="utf-8")
        self.assertIn(old, text)
        course.write_text(text.replace(old, new), encoding="utf-8")

    def test_a_part_that_is_not_built_is_the_judge_s_fault(self):
        self.edit_course("kiln-sandbox", "kiln-not-built")
        done = self.place.run("check", "fill", "--no-speed", program=self.program)
        self.assertRun(done, 3, "judge error", where="stdout")
        self.assertIn("kiln-not-built", done.stderr)

    def test_what_the_judge_failed_at_is_resumed(self):
        out = self.place.folder / "resumed"
        self.edit_course("kiln-sandbox", "kiln-not-built")
        done = self.place.run("grade", "--module", "01", "--out", out, good_submission(self.root), program=self.program)
        self.assertRun(done, 3, "could not be judged", where="stderr")
        self.edit_course("kiln-not-built", "kiln-sandbox")
        done = self.place.run("grade", "--resume", "--out", out, program=self.program)
        self.assertRun(done, 0, "going on with run 1", where="stderr")

    def test_tree_without_solutions_cannot_grade(self):
        self.edit_course('"hidden_tests"', '"no_hidden_tests"')
        good = good_submission(self.root)
        done = self.place.run("grade", good, program=self.program)
        self.assertRun(done, 3, "hidden tests", "solutions/", where="stderr")


class MachineWithoutSandbox(KilnTest):
    """bubblewrap is missing, or the kernel refuses namespaces: untrusted work is refused, one's own goes on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = good_submission(cls.place.folder)
        bare = cls.place.folder / "bare"
        bare.mkdir()
        refusing = cls.place.folder / "refusing"
        refusing.mkdir()
        (refusing / "bwrap").write_text(
            f'#!/bin/sh\n[ "$1" = --version ] && echo "bubblewrap 0.8.0" && exit 0\necho "{REFUSAL}" >&2\nexit 1\n',
            encoding="utf-8")
        (refusing / "bwrap").chmod(0o755)
        cls.paths = {"missing": str(bare), "refusing": str(refusing)}

    def test_grading_is_refused(self):
        for how, says in {"missing": "bubblewrap", "refusing": "No permissions to create a new namespace"}.items():
            with self.subTest(how):
                done = self.place.run("grade", self.good, PATH=self.paths[how])
                self.assertRun(done, 3, "cannot hold untrusted work", says, "Next:", "--unsafe", where="stderr")
                self.assertNotIn("good", done.stdout)

    def test_kernel_without_namespaces(self):
        """The real thing, where this machine lets us make it: a limit of 0 user namespaces."""
        script = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" "$@"'
        command = ["unshare", "--user", "--map-root-user", "sh", "-c", script]
        if subprocess.run([*command[:-1], "echo 0 > /proc/sys/user/max_user_namespaces"],
                          capture_output=True).returncode != 0:
            self.skipTest("this machine does not let a test forbid itself namespaces")
        done = subprocess.run([*command, common.kiln, "grade", self.good], capture_output=True, text=True,
                              cwd=self.place.folder, env=self.place.environment())
        self.assertEqual(done.returncode, 3, done.stderr)
        for part in ("user namespaces", "max_user_namespaces", "--unsafe"):
            self.assertIn(part, done.stderr)

    def test_doctor_says_so(self):
        done = self.place.run("doctor", PATH=self.paths["refusing"])
        self.assertRun(done, 1, "NOT fit to grade", "next:", where="stdout")

    def test_unsafe_grades_what_is_trusted(self):
        for how, path in self.paths.items():
            with self.subTest(how):
                json = self.place.folder / f"{how}.json"
                done = self.place.run("grade", self.good, "--unsafe", "--json", json, "--out",
                                      self.place.folder / "out", PATH=path)
                self.assertRun(done, 0)
                results = common.grade_results(json)
                expected = common.expected_results()["half_done"]
                self.assertMultiLineEqual(common.verdict_lines({"good": expected}),
                                         common.verdict_lines(common.of_module(results)))
                self.assertIn("without:", results["good"]["receipt"]["sandbox"])

    def test_check_goes_on_and_says_what_is_missing(self):
        root = self.place.folder / "tree"
        program = common.copy_course(root)
        shutil.copy2(root / "solutions" / "01_tensor" / "fill.cpp", root / "modules" / "01_tensor" / "fill.cpp")
        (root / "modules" / "01_tensor" / "copy.cpp").write_text("no C++\n", encoding="utf-8")
        for how, path in self.paths.items():
            with self.subTest(how):
                done = self.place.run("check", "fill", program=program, PATH=path)
                self.assertRun(done, 0, "without the sandbox", "kiln doctor", where="stderr")
                # A student's file keeps its plain name in the compiler's words.
                done = self.place.run("check", "copy", program=program, PATH=path)
                self.assertRun(done, 1, "does not compile", "copy.cpp:1:1: error", where="stdout")
                self.assertNotIn(str(self.place.tmp), done.stdout)
        done = self.place.run("status", program=program, PATH=self.paths["missing"])
        self.assertRun(done, 0, "reference (stub)", where="stdout")
        self.assertRegex(done.stdout, r"fill +2 points +yours")
        self.assertNothingLeft()


if __name__ == "__main__":
    common.main()
