#!/usr/bin/env python3
"""Packs the sample submissions that come as archives: .sources/NAME.zip/ becomes NAME.zip, likewise .tar.gz.

    grader/samples/pack.py [--check]

Archives are committed, so that the class can be graded without a build step. They are reproducible: entries are
sorted, times and owners fixed. --check writes nothing, and ends with 1 where an archive does not hold what its folder
holds (contents are compared, not compressed bytes: those depend on the version of zlib).
Exit status: 0 all well, 1 an archive differs (--check), 2 a wrong call, or a folder that names no kind of archive.
"""

import argparse
import gzip
import io
import pathlib
import sys
import tarfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE / ".sources"
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
FILE_MODE = 0o644


def files_below(folder):
    """(name in the archive, contents), sorted by name."""
    found = [(str(path.relative_to(folder)), path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    return sorted(found)


def pack_zip(entries):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in entries:
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # Unix
            info.external_attr = FILE_MODE << 16
            archive.writestr(info, contents)
    return packed.getvalue()


def pack_tar_gz(entries):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, contents in entries:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(contents), FILE_MODE
            archive.addfile(info, io.BytesIO(contents))
    return gzip.compress(packed.getvalue(), mtime=0)


def unpack_zip(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def unpack_tar_gz(data):
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        return [(info.name, archive.extractfile(info).read()) for info in archive.getmembers()]


KINDS = {".zip": (pack_zip, unpack_zip), ".tar.gz": (pack_tar_gz, unpack_tar_gz)}


def kind_of(folder):
    for extension, kind in KINDS.items():
        if folder.name.endswith(extension):
            return kind
    print(f"{folder}: expected a name that ends with {' or '.join(KINDS)}", file=sys.stderr)
    sys.exit(2)


def is_packed(target, folder, unpack):
    """Whether the archive holds exactly the folder's files; prints what it finds otherwise."""
    try:
        same = unpack(target.read_bytes()) == files_below(folder)
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        print(f"{target.name}: {error}")
        return False
    if not same:
        print(f"{target.name} does not hold what .sources/{folder.name} holds; run grader/samples/pack.py")
    return same


def check_names():
    """Whether every archive has a folder; prints those that have none."""
    archives = [path.name for path in HERE.iterdir() if path.name.endswith(tuple(KINDS))]
    orphans = [name for name in archives if not (SOURCES / name).is_dir()]
    for name in sorted(orphans):
        print(f"{name} has no folder in .sources; delete it, or put back what it was packed from")
    return not orphans


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    good = check_names() if check else True
    for folder in sorted(path for path in SOURCES.iterdir() if path.is_dir()):
        pack, unpack = kind_of(folder)
        target = HERE / folder.name
        if check:
            good &= is_packed(target, folder, unpack)
        else:
            target.write_bytes(pack(files_below(folder)))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
