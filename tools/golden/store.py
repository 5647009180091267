"""Cases of the golden data, and how they are written.

One folder a case, one .npy file a tensor, index.json beside them. Inputs are float32 (labels int32), because that is
what Kiln reads. What is expected is float64: computed in double from those inputs, it carries no rounding of its own,
so that a comparison sees Kiln's error alone, and a result that is rounded once can be asked for exactly.
"""

import dataclasses
import json
import zlib

import numpy

CASES = "cases"

# Under which name an operation's tolerance is derived, where it is not its own.
TOLERANCE_OF = {
    "add": "elementwise", "sub": "elementwise", "mul": "elementwise", "div": "elementwise",
    "sum": "reduce", "mean": "reduce", "max": "reduce", "batched_matmul": "matmul",
    "transpose": "move", "reshape": "move", "flatten": "move",
    "xavier_uniform": "initialisation", "xavier_normal": "initialisation",
    "kaiming_uniform": "initialisation", "kaiming_normal": "initialisation",
    "diamond": "graph", "shared": "graph", "mlp": "graph",
    "sgd_step": "optimizers", "adam_step": "optimizers", "adamw_step": "optimizers",
    "conv2d_grouped": "conv2d", "batch_norm_train": "batch_norm", "batch_norm_eval": "batch_norm",
}


@dataclasses.dataclass
class Expected:
    """A tensor that the implementation must give: |error| <= terms * eps * magnitude, eps = 2^-23.

    terms = 0 asks for the exact value. Without a magnitude it is |value|: a relative tolerance.
    """

    value: numpy.ndarray
    terms: float = 0
    magnitude: numpy.ndarray | None = None


@dataclasses.dataclass
class Case:
    name: str
    op: str
    attributes: dict
    inputs: dict
    expected: dict
    source: str = "torch"


def generator(name):
    """Random numbers that depend on the case's name alone, so that a new case changes no other."""
    return numpy.random.Generator(numpy.random.PCG64(zlib.crc32(name.encode())))


def as_float32(values):
    return numpy.array(values, dtype=numpy.float32)


def write_array(folder, name, array, kind):
    """Writes one .npy and returns its path as the index names it."""
    numpy.save(folder / f"{name}.npy", numpy.array(array, dtype=kind, order="C"), allow_pickle=False)
    return f"{folder.name}/{name}.npy"


def write_case(case, root):
    folder = root / CASES / case.name
    folder.mkdir(parents=True)
    assert not case.inputs.keys() & case.expected.keys(), case.name  # a name is a file
    inputs = {}
    for name, array in case.inputs.items():
        inputs[name] = write_array(folder, name, array, "<i4" if array.dtype.kind == "i" else "<f4")
    expected = {}
    for name, tensor in case.expected.items():
        expected[name] = {"file": write_array(folder, name, tensor.value, "<f8"), "terms": tensor.terms}
        if tensor.magnitude is not None and tensor.terms > 0:
            magnitude = numpy.broadcast_to(tensor.magnitude, numpy.shape(tensor.value))
            magnitude = numpy.minimum(magnitude, numpy.finfo(numpy.float32).max)
            expected[name]["magnitude"] = write_array(folder, f"{name}.magnitude", magnitude, "<f4")
    entry = {"name": case.name, "op": case.op, "source": case.source, "tolerance": TOLERANCE_OF.get(case.op, case.op)}
    return entry | {"attributes": case.attributes, "inputs": inputs, "expected": expected}


def write_index(cases, tolerances, root):
    names = [case.name for case in cases]
    assert len(set(names)) == len(names), sorted(name for name in names if names.count(name) > 1)
    unknown = {TOLERANCE_OF.get(case.op, case.op) for case in cases} - tolerances.keys()
    assert not unknown, unknown
    lines = ",\n".join("    " + json.dumps(write_case(case, root)) for case in cases)
    reasons = json.dumps(tolerances, indent=2).replace("\n", "\n  ")
    text = f'{{\n  "tolerances": {reasons},\n  "cases": [\n{lines}\n  ]\n}}\n'
    (root / "index.json").write_text(text, encoding="utf-8")
