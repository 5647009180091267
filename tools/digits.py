#!/usr/bin/env python3
"""Makes framework/data/digits.csv of the digits that come with scikit-learn, in the Debian package python3-sklearn.

The package need not be installed:
    apt-get download python3-sklearn && dpkg-deb -x python3-sklearn_*.deb sklearn
    tools/digits.py sklearn/usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz
Nothing is changed but a header, which names the columns; a file with another checksum is refused.
"""
import argparse
import gzip
import hashlib
import pathlib
import sys

SHA256 = "46abec6b12486ad9e51943373abcf22bbea1b5a51a1619b361570d8893f1464a"
EXAMPLES, SIDE, MOST = 1797, 8, 16
OURS = pathlib.Path(__file__).resolve().parent.parent / "framework" / "data" / "digits.csv"


def rows(text):
    """The lines, each checked: 64 pixels from 0 to 16 and a label."""
    lines = text.split()
    if len(lines) != EXAMPLES:
        raise ValueError(f"{len(lines)} lines where {EXAMPLES} were expected")
    for number, line in enumerate(lines, 1):
        values = [int(field) for field in line.split(",")]
        if len(values) != SIDE * SIDE + 1 or not all(0 <= pixel <= MOST for pixel in values[:-1]) or not 0 <= values[-1] <= 9:
            raise ValueError(f"line {number} is no digit: {line}")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path, help="digits.csv.gz")
    parser.add_argument("--out", type=pathlib.Path, default=OURS, help="default: framework/data/digits.csv")
    call = parser.parse_args()

    packed = call.source.read_bytes()
    found = hashlib.sha256(packed).hexdigest()
    if found != SHA256:
        sys.exit(f"{call.source}: its SHA-256 is {found}, not {SHA256}: another version of the file?")
    names = [f"pixel_{y}_{x}" for y in range(SIDE) for x in range(SIDE)] + ["label"]
    lines = [",".join(names)] + rows(gzip.decompress(packed).decode("ascii"))
    call.out.write_text("\n".join(lines) + "\n", encoding="ascii")
    print(f"{call.out}: {len(lines) - 1} digits")


if __name__ == "__main__":
    main()
