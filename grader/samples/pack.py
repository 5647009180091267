#!/usr/bin/env python3
"""Packs the sample submissions that come as archives: .sources/NAME.zip/ becomes NAME.zip, likewise .tar.gz.

    grader/samples/pack.py [--check]

Each class (this folder, hostile/ and near_misses/) has its own .sources. What no folder can hold (links, devices, names
that lead out) stands in .sources/recipes.json: archive -> entries, each with a "name" and one of "text", "zeros" (how
many), "noise" (how many), "symlink", "hardlink", "device", "fifo", or "entries" (an archive in the archive).

Archives are committed, so that the class can be graded without a build step. They are reproducible: entries are
sorted, times and owners fixed. --check writes nothing, and ends with 1 where an archive does not hold what its folder
or recipe says (contents are compared, not compressed bytes: those depend on the version of zlib).
Exit status: 0 all well, 1 an archive differs (--check), 2 a wrong call, or a folder that names no kind of archive.
"""

import argparse
import gzip
import io
import json
import pathlib
import random
import stat
import sys
import tarfile
import warnings
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
CLASSES = [HERE, HERE / "hostile", HERE / "near_misses"]
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
FILE_MODE = 0o644
TAR_TYPES = {"symlink": tarfile.SYMTYPE, "hardlink": tarfile.LNKTYPE, "device": tarfile.CHRTYPE,
             "fifo": tarfile.FIFOTYPE}


def files_below(folder):
    """Entries of a folder: (name in the archive, kind, contents), sorted by name."""
    found = [(str(path.relative_to(folder)), "file", path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    return sorted(found)


def entries_of(recipe):
    """Entries of a recipe, in its order."""
    entries = []
    for one in recipe:
        if "zeros" in one:
            entries.append((one["name"], "file", bytes(one["zeros"])))
        elif "noise" in one:
            entries.append((one["name"], "file", random.Random(1).randbytes(one["noise"])))
        elif "text" in one:
            entries.append((one["name"], "file", one["text"].encode()))
        elif "entries" in one:
            entries.append((one["name"], "file", kind_of(one["name"])[0](entries_of(one["entries"]))))
        else:
            kind = next(kind for kind in TAR_TYPES if kind in one)
            entries.append((one["name"], kind, str(one[kind]).encode()))
    return entries


def pack_zip(entries):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name that is there twice is what some samples are about
        for name, kind, contents in entries:
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # Unix
            info.external_attr = (stat.S_IFLNK | 0o777 if kind == "symlink" else FILE_MODE) << 16
            archive.writestr(info, contents)
    return packed.getvalue()


def pack_tar_gz(entries):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, kind, contents in entries:
            info = tarfile.TarInfo(name)
            info.mode = FILE_MODE
            if kind == "file":
                info.size = len(contents)
            else:
                info.type = TAR_TYPES[kind]
            if kind in ("symlink", "hardlink"):
                info.linkname = contents.decode()
            if kind == "device":
                info.devmajor, info.devminor = map(int, contents.decode().split(":"))
            archive.addfile(info, io.BytesIO(contents) if kind == "file" else None)
    return gzip.compress(packed.getvalue(), mtime=0)


def unpack_zip(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(info.filename, "symlink" if stat.S_ISLNK(info.external_attr >> 16) else "file", archive.read(info))
                for info in archive.infolist()]


def unpack_tar_gz(data):
    kinds = {tar_type: kind for kind, tar_type in TAR_TYPES.items()}
    entries = []
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        for info in archive.getmembers():
            kind = kinds.get(info.type, "file")
            contents = {"file": lambda: archive.extractfile(info).read(), "fifo": lambda: b"True",
                        "device": lambda: f"{info.devmajor}:{info.devminor}".encode()}
            entries.append((info.name, kind, contents.get(kind, lambda: info.linkname.encode())()))
    return entries


KINDS = {".zip": (pack_zip, unpack_zip), ".tar.gz": (pack_tar_gz, unpack_tar_gz)}


def kind_of(name):
    for extension, kind in KINDS.items():
        if name.endswith(extension):
            return kind
    print(f"{name}: expected a name that ends with {' or '.join(KINDS)}", file=sys.stderr)
    sys.exit(2)


def wanted_archives(where):
    """The archives of a class by name, each with its entries."""
    sources = where / ".sources"
    wanted = {path.name: files_below(path) for path in sorted(sources.glob("*")) if path.is_dir()}
    recipes = sources / "recipes.json"
    if recipes.is_file():
        for name, recipe in json.loads(recipes.read_text(encoding="utf-8")).items():
            wanted[name] = entries_of(recipe)
    return wanted


def is_packed(target, entries, unpack):
    """Whether the archive holds exactly these entries; prints what it finds otherwise."""
    try:
        same = unpack(target.read_bytes()) == entries
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        print(f"{target.relative_to(HERE)}: {error}")
        return False
    if not same:
        print(f"{target.relative_to(HERE)} does not hold what .sources says; run grader/samples/pack.py")
    return same


def check_names(where, wanted):
    """Whether every archive of a class is wanted; prints those that are not."""
    orphans = sorted(path.name for path in where.glob("*") if path.name.endswith(tuple(KINDS)) and path.name not in wanted)
    for name in orphans:
        print(f"{name} has no folder in .sources; delete it, or put back what it was packed from")
    return not orphans


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    good = True
    for where in CLASSES:
        wanted = wanted_archives(where)
        good &= check_names(where, wanted) if check else True
        for name, entries in wanted.items():
            pack, unpack = kind_of(name)
            if check:
                good &= is_packed(where / name, entries, unpack)
            else:
                (where / name).write_bytes(pack(entries))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
