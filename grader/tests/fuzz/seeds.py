"""Seed inputs of the fuzz targets, made anew for each run: what is text lies in this tree anyway, what is packed or
framed is packed and framed here. Each function gives name -> bytes.
"""

import io
import pathlib
import struct
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
HERE = pathlib.Path(__file__).resolve().parent

FILES = {"modules/01_tensor/fill.cpp": b"// fill\n", "modules/01_tensor/matmul.cpp": b"// matmul\n" * 40}
HOSTILE = {"../escape.cpp": b"x", "/absolute/fill.cpp": b"x", "01_tensor/fill.cpp": b"a", "01_tensor//fill.cpp": b"b"}


def tar_of(files, mode="w", links=()):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for name, contents in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(contents)
            archive.addfile(entry, io.BytesIO(contents))
        for name, target in links:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return packed.getvalue()


def zip_of(files, compression=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, contents in files.items():
            archive.writestr(zipfile.ZipInfo(name), contents, compression)
    return packed.getvalue()


def archive():
    """A zero byte in front: the rest is the archive. From 128 on: the rest describes entries."""
    raw = {"honest.zip": zip_of(FILES), "stored.zip": zip_of(FILES, zipfile.ZIP_STORED), "hostile.zip": zip_of(HOSTILE),
           "top.zip": zip_of({"me/" + name: contents for name, contents in FILES.items()}),
           "bomb.zip": zip_of({"fill.cpp": b"\0" * 500_000}), "empty.zip": zip_of({})}
    for kind in ("", "gz", "bz2", "xz"):
        raw[f"honest.tar.{kind}"] = tar_of(FILES, f"w:{kind}")
    raw["link.tar"] = tar_of({}, links=[("01_tensor/fill.cpp", "/etc/passwd")])
    raw["hostile.tar"] = tar_of(HOSTILE)
    seeds = {name: b"\0" + contents for name, contents in raw.items()}
    # Three pieces of kPieces, a kind, and contents.
    entry = bytes([3, 0, 1, 2, 0, 6]) + b"// a\n\n"
    for how in (128, 129, 130, 132, 134):
        seeds[f"entries-{how}"] = bytes([how]) + entry
        seeds[f"more-{how}"] = bytes([how]) + entry + b"\2\4\2\0\1x" + b"\2\1\3\x40\x09many many"
    return seeds


def frame(kind, payload=b""):
    return struct.pack("=IIQ", 0x4B494C4E, kind, len(payload)) + payload


def answers():
    """flags, call, kind, two bytes of a death; then what is said. See read_script."""
    def script(call, said, flags=0, kind=4, writes=b""):
        return bytes([flags, call, kind, 0, 0]) + writes + said

    text = struct.pack("=Q", 2) + b"ok"
    shape = struct.pack("=iqq", 2, 3, 4)
    scalars = struct.pack("=BbHiqQfdhc", 1, -1, 2, 3, 4, 5, 6, 7, -300, b"x")
    lists = struct.pack("=QqQ", 1, 9, 1) + text + struct.pack("=QB", 1, 1) + struct.pack("=QQd", 1, 1, 0.5)
    lists += struct.pack("=fff", 1, 2, 3) + 2 * (shape + struct.pack("=Qb", 1, 7)) + struct.pack("=Q", 0)
    crash = struct.pack("=iiQQII", 11, 0, 0x20000200, 0x7FFF0000, 1, 0)
    seeds = {"nothing": script(9, b"", flags=8), "framed-text": script(6, text, flags=8),
             "shape": script(4, shape, flags=8), "scalars": script(1, scalars, flags=8), "lists": script(5, lists, flags=8),
             "shapes": script(8, shape + shape, flags=8),
             "words": script(7, struct.pack("=Q", 2) + text + text, flags=8),
             "error": script(13, struct.pack("=I", 0) + text, flags=8, kind=5),
             "crash": script(13, crash, flags=8, kind=6), "guarded-crash": script(13, crash, flags=10, kind=6),
             "raw": script(9, frame(4)), "two": script(9, frame(4) + frame(4)), "early": script(9, frame(4), flags=4),
             "cut": script(6, frame(4, text)[:-1]), "long": script(9, struct.pack("=IIQ", 0x4B494C4E, 4, 1 << 60)),
             "greeting": script(9, frame(1) + frame(2, bytes(49)), flags=1), "silence": script(9, b""),
             "overrun": script(10, b"", flags=40, writes=(struct.pack("=HB", 256, 4) + b"over") * 4)}
    return seeds


def requests():
    """slot, calls, guard pages, then argument sets."""
    def request(slot, arguments, count=1, guards=b""):
        return struct.pack("=IIQ", slot, count, len(guards) // 16) + guards + arguments

    text = struct.pack("=Q", 2) + b"ok"
    shape = struct.pack("=iqq", 2, 3, 4)
    view = struct.pack("=IIQ", 1, 0, 256) + shape + struct.pack("=iqq", 2, 4, 1)
    span = struct.pack("=IIQq", 0, 0, 256, 6)
    scalars = struct.pack("=BbHiqQfdhc", 1, -1, 2, 3, 4, 5, 6, 7, -300, b"x")
    lists = struct.pack("=QqQ", 1, 9, 1) + text + struct.pack("=QB", 1, 1) + struct.pack("=QQd", 1, 1, 0.5)
    lists += struct.pack("=fff", 1, 2, 3) + 2 * (shape + struct.pack("=Qb", 1, 7)) + struct.pack("=Q", 0)
    guard = struct.pack("=IIQ", 1, 0, 4096)
    return {"pack": request(0, scalars), "scalars": request(1, 2 * scalars, 2), "bool": request(2, b"\x02"),
            "mode": request(5, struct.pack("=h", 300)), "shape": request(6, shape), "lists": request(7, lists),
            "join": request(8, text + text), "split": request(9, text + b" "), "shapes": request(10, view),
            "nothing": request(11, b"", 3), "views": request(12, 8 * view, 1, guard), "spans": request(13, 4 * span),
            "layer": request(14, view + span + struct.pack("=f", 2) + text + view),
            "parts": request(15, struct.pack("=Q", 2) + view + view)}


def module():
    return {path.parent.name: path.read_bytes() for path in (ROOT / "modules").glob("01_*/module.toml")}


def texts(target):
    """Seeds that are text lie in seeds/TARGET."""
    return {path.name: path.read_bytes() for path in sorted((HERE / "seeds" / target).glob("*"))}


MADE = {"answers": answers, "archive": archive, "module": module, "requests": requests}


def write(target, folder):
    """Writes a target's seeds into `folder`, which may hold others."""
    folder.mkdir(parents=True, exist_ok=True)
    seeds = {**texts(target), **MADE.get(target, dict)()}
    for name, contents in seeds.items():
        (folder / f"seed-{name}").write_bytes(contents)
    return len(seeds)
