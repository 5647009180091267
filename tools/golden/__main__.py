"""Makes framework/nn/tests/golden: what libtorch and the ONNX node tests say of Kiln's operations.

    /usr/bin/python3 tools/golden [--check | --differences] [--out FOLDER]

Forward and gradients of every operation of modules 01 to 04, 06 and 08, a few whole graphs, several steps of every
optimiser of module 05, and the cosine of module 07's learning rate, from an implementation that is not Kiln's. Written
are cases/NAME/TENSOR.npy, index.json (op, attributes, files and tolerance of each case) and manifest.json (versions of
what computed them).

--check writes nothing, and ends with 1 where the files are not what would be written now. Results may differ by 1e-12
  of a tensor's largest element: processors and versions of torch differ in the last bits of double.
--differences prints where torch's results are not what Kiln's contracts promise; there are no cases of these.
Needs Debian's python3-torch and python3-numpy, and libonnx-testdata for the second source.
"""

import argparse
import json
import pathlib
import platform
import shutil
import sys
import tempfile

try:
    import numpy
    import torch
except ImportError as missing:
    sys.exit(f"{missing}: apt-get install python3-torch python3-numpy, and run with /usr/bin/python3")

import activations
import differences
import layers
import losses
import networks
import onnx_nodes
import optimizers
import spatial
import store
import tensors

HOME = pathlib.Path(__file__).resolve().parents[2] / "framework" / "nn" / "tests" / "golden"


def manifest(cases):
    sources = [case.source for case in cases]
    return {
        "made_by": "tools/golden",
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "torch": torch.__version__,
        "torch_package": onnx_nodes.package_version("python3-torch"),
        "onnx_package": onnx_nodes.package_version("libonnx-testdata"),
        "cases": {source: sources.count(source) for source in sorted(set(sources))},
    }


def write(out):
    """Writes all into `out`, replacing what lies there."""
    cases, tolerances = [], {}
    for module in (tensors, activations, layers, losses, networks, optimizers, spatial, onnx_nodes):
        cases += module.cases()
        tolerances |= module.TOLERANCES
    shutil.rmtree(out / store.CASES, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    store.write_index(cases, tolerances, out)
    (out / "manifest.json").write_text(json.dumps(manifest(cases), indent=2) + "\n", encoding="utf-8")
    files = list((out / store.CASES).rglob("*.npy"))
    size = sum(file.stat().st_size for file in [*files, out / "index.json"])
    print(f"golden: {len(cases)} cases, {len(files)} tensors, {size // 1000} kB in {out}")


def same_tensor(file, fresh):
    a, b = numpy.load(file), numpy.load(fresh)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype == numpy.float64:
        finite = numpy.abs(b[numpy.isfinite(b)])
        return numpy.allclose(a, b, rtol=0, atol=1e-12 * finite.max(initial=0), equal_nan=True)
    # Inputs are exact; magnitudes are rounded to float32.
    rtol = 1e-6 if ".magnitude" in file.name else 0
    return numpy.allclose(a, b, rtol=rtol, atol=0, equal_nan=a.dtype.kind == "f")


def check(out):
    with tempfile.TemporaryDirectory() as folder:
        fresh = pathlib.Path(folder)
        write(fresh)
        changed = []
        if (out / "index.json").read_bytes() != (fresh / "index.json").read_bytes():
            changed.append("index.json")
        for name in sorted({file.relative_to(root) for root in (out, fresh) for file in root.rglob("*.npy")}):
            both = (out / name).exists() and (fresh / name).exists()
            if not both or not same_tensor(out / name, fresh / name):
                changed.append(str(name))
    for name in changed:
        print(f"golden: {name} is not what would be written now")
    return 1 if changed else 0


def main():
    parser = argparse.ArgumentParser(prog="tools/golden", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=HOME, help="another folder to write to, or to check")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    parser.add_argument("--differences", action="store_true", help="print where torch and the contracts disagree")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.differences:
        print(differences.table())
        return 0
    if arguments.check:
        return check(arguments.out)
    write(arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
