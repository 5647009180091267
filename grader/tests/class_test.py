"""tools/class: one seed gives one class, files are nobody else's, and intake takes every file that is meant to be there.

    class_test.py --list-intake PROGRAM --source ROOT
"""

import argparse
import collections
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest

COUNT = 60
listing = source = None


def make(folder, *options):
    command = [sys.executable, "-B", str(source / "tools" / "class"), str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True)


def bytes_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def wanted(module):
    manifest = (source / "modules" / module / "module.toml").read_text(encoding="utf-8")
    return [exercise["file"] for exercise in tomllib.loads(manifest)["exercise"]]


class ClassTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.place = pathlib.Path(scratch.name)

    def made(self, name, *options):
        done = make(self.place / name, *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return bytes_of(self.place / name)

    def taken(self, name, module="01_tensor"):
        """submission -> files, as intake sees them."""
        command = [str(listing), module, str(self.place / name), *wanted(module)]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        return {line.split()[0]: line.split()[1:] for line in lines if not line.startswith("  ")}

    def test_one_seed_gives_one_class(self):
        first = self.made("a", "--count", "20")
        self.assertEqual(first, self.made("b", "--count", "20"))
        more = self.made("c", "--count", "25")
        self.assertEqual(first, {name: more[name] for name in first}, "a larger class continues the smaller one")
        other = self.made("d", "--count", "20", "--seed", "2")
        self.assertTrue(all(first[name] != other.get(name) for name in first))

    def test_intake_takes_every_file(self):
        for module in ("01_tensor", "06_autograd"):
            with self.subTest(module):
                self.made(module, "--count", str(COUNT), "--module", module, "--list", str(self.place / "list.json"))
                listed = json.loads((self.place / "list.json").read_text(encoding="utf-8"))
                expected = {name: [f"{module}/{file}" for file in sorted(one["files"])] for name, one in listed.items()}
                self.assertEqual(self.taken(module, module), expected)

    def test_kinds_and_ways_of_packing_are_mixed(self):
        names = {name.split("/")[0] for name in self.made("a", "--count", "200", "--list", str(self.place / "list.json"))}
        ends = collections.Counter(name.partition(".")[2] for name in names)
        self.assertTrue(all(ends[end] >= 20 for end in ("", "zip", "tar.gz")), ends)
        listed = json.loads((self.place / "list.json").read_text(encoding="utf-8")).values()
        kinds = collections.Counter(one["kind"] for one in listed)
        self.assertTrue(60 <= kinds["right"] <= 120 and 45 <= kinds["flawed"] <= 95, kinds)
        self.assertTrue(10 <= kinds["unfinished"] <= 50 and 1 <= kinds["odd"] <= 25, kinds)
        for one in listed:
            wrong = [origin for origin in one["files"].values() if origin.startswith("wrong") or ", " in origin]
            self.assertLessEqual(len(wrong), {"right": 0, "flawed": 2, "unfinished": 1}.get(one["kind"], 99), one)

    def test_files_repeat_only_where_they_are_shared(self):
        for shared in (0, 4):
            folder = f"shared-{shared}"
            self.made(folder, "--count", "12", "--shared", str(shared))
            contents = [contents for _, contents in self.unpacked(folder)]
            self.assertEqual(len(set(contents)) < len(contents), shared > 0)
        alone = dict(self.unpacked("shared-0"))
        for (name, file), contents in self.unpacked("shared-4"):
            number = (int(name[1:]) - 1) % 4 + 1
            self.assertEqual(contents, alone[(f"s{number:05}", file)])

    def unpacked(self, folder):
        """((submission, file), bytes) of every listed file, however it is packed."""
        for path in sorted((self.place / folder).iterdir()):
            name = path.name.partition(".")[0]
            if path.is_dir():
                tree = bytes_of(path)
            else:
                target = self.place / "unpacked" / folder / name
                target.mkdir(parents=True, exist_ok=True)
                shutil.unpack_archive(path, target)
                tree = bytes_of(target)
            for file, contents in tree.items():
                if file.endswith(".cpp"):
                    yield (name, pathlib.Path(file).name), contents

    def test_nothing_is_overwritten(self):
        (self.place / "full").mkdir()
        (self.place / "full" / "mine.txt").write_text("work")
        done = make(self.place / "full")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no empty folder", done.stderr)
        self.assertEqual(bytes_of(self.place / "full"), {"mine.txt": b"work"})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--list-intake", type=pathlib.Path, required=True)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    options, rest = parser.parse_known_args()
    listing, source = options.list_intake.resolve(), options.source.resolve()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
