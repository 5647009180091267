"""Cases from the node tests of ONNX, which Debian's libonnx-testdata holds as protobuf files: a second source.

Read are inputs, outputs and the node's attributes, by the few lines of the wire format that they need. Their outputs
were computed in float32 by NumPy, so that they carry an error like Kiln's own: twice the terms are allowed.
"""

import pathlib
import struct
import subprocess

import numpy
import torch.nn.functional

from losses import cross_entropy_bounds
from optimizers import sgd_running
from rounding import FEW, SMALLEST, double, exp_roundings
from spatial import absolute, conv2d_terms, eval_running, train_running
from store import Case, Expected, as_float32
from tensors import run

F = torch.nn.functional

DATA = pathlib.Path("/usr/share/libonnx-testdata/data/node")

TOLERANCES = {"onnx": "As the operation's, twice: theirs is float32 too."}


def package_version(name):
    command = ["dpkg-query", "--show", "--showformat", "${Version}", name]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


# ---- protobuf


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        shift, at = shift + 7, at + 1
        if byte < 128:
            return value, at


def fields(data):
    """(number, value) of each field of a message: an integer, or bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 in (1, 5):
            size = 8 if key & 7 == 1 else 4
            value, at = data[at:at + size], at + size
        else:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        yield key >> 3, value


KINDS = {1: "<f4", 6: "<i4", 7: "<i8", 11: "<f8"}  # TensorProto.DataType


def tensor(path):
    """TensorProto: dims = 1, data_type = 2, raw_data = 9."""
    dims, kind, raw = [], None, b""
    for number, value in fields(path.read_bytes()):
        if number == 1 and isinstance(value, bytes):
            at = 0
            while at < len(value):
                extent, at = varint(value, at)
                dims.append(extent)
        elif number == 1:
            dims.append(value)
        elif number == 2:
            kind = KINDS[value]
        elif number == 9:
            raw = value
    return numpy.frombuffer(raw, dtype=kind).reshape(dims)


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def attributes(path):
    """Of the model's one node: ModelProto.graph = 7, GraphProto.node = 1, NodeProto.attribute = 5; name 1, f 2, i 3,
    s 4, ints 8."""
    graph = dict(fields(path.read_bytes()))[7]
    node = next(value for number, value in fields(graph) if number == 1)
    found = {}
    for number, value in fields(node):
        if number != 5:
            continue
        parts = list(fields(value))
        by_number = dict(parts)
        name = by_number[1].decode()
        if 2 in by_number:
            found[name] = struct.unpack("<f", by_number[2])[0]
        elif 3 in by_number:
            found[name] = signed(by_number[3])
        elif 4 in by_number:
            found[name] = by_number[4].decode()
        else:
            found[name] = [signed(part) for key, part in parts if key == 8]
    return found


def load(name):
    folder = DATA / name / "test_data_set_0"
    inputs = [tensor(folder / f"input_{i}.pb") for i in range(len(list(folder.glob("input_*.pb"))))]
    outputs = [tensor(folder / f"output_{i}.pb") for i in range(len(list(folder.glob("output_*.pb"))))]
    return inputs, outputs, attributes(DATA / name / "model.onnx")


# ---- cases


def twice(terms, magnitude, value):
    return Expected(double(value), 2 * terms, magnitude)


def elementwise(name, op):
    (a, b), (out,), _ = load(name)
    return {"a": a, "b": b}, {}, {"out": Expected(double(out))}


def pointwise(name, op):
    (x,), (out,), _ = load(name)
    terms = 0 if op == "relu" else FEW
    return {"in": x}, {}, {"out": twice(terms, None, out)}


def rows(name, op):
    (x,), (out,), given = load(name)
    assert given.get("axis", -1) in (-1, x.ndim - 1), given
    roundings = exp_roundings(double(x))
    magnitude = double(out) * roundings + FEW * SMALLEST if op == "softmax" else roundings
    return {"in": x}, {}, {"out": twice(1, magnitude, out)}


def reduction(name, op):
    inputs, (out,), given = load(name)
    x = inputs[0]
    axes = given["axes"] if "axes" in given else inputs[1].tolist()
    assert len(axes) == 1, axes
    magnitude = abs(double(x)).sum(axis=axes[0], keepdims=bool(given.get("keepdims", 1)))
    extent = x.shape[axes[0]]
    if op == "max":
        expected = Expected(double(out))
    else:
        expected = twice(extent + 1, magnitude / (extent if op == "mean" else 1), out)
    chosen = {"axis": axes[0], "keepdims": bool(given.get("keepdims", 1))}
    return {"in": x}, chosen, {"out": expected}


def product(name, op):
    (a, b), (c,), _ = load(name)
    return {"a": a, "b": b}, {}, {"c": twice(a.shape[-1] + 1, abs(double(a)) @ abs(double(b)), c)}


def gemm(name, op):
    """Y = A B^T + C is a linear layer where C is a row."""
    (a, b, c), (out,), given = load(name)
    assert given == {"transB": 1} and c.size == b.shape[0], given
    magnitude = abs(double(a)) @ abs(double(b)).T + abs(double(c))
    return {"in": a, "weight": b, "bias": c.reshape(-1)}, {}, {"out": twice(a.shape[1] + 2, magnitude, out)}


def cross_entropy(name, op):
    (logits, labels), (loss, *_), given = load(name)
    assert given.get("reduction", "mean") == "mean", given
    ignore_index = given.get("ignore_index", -100)
    labels = labels.astype(numpy.int32)
    forward, _ = cross_entropy_bounds(double(logits), labels, labels != ignore_index, 1.0)
    inputs = {"logits": logits, "labels": labels}
    return inputs, {"ignore_index": ignore_index}, {"loss": twice(*forward, loss.reshape(()))}


def flatten(name, op):
    (x,), (out,), given = load(name)
    assert given["axis"] == 1, given
    return {"in": x}, {"first": 1, "last": -1}, {"out": Expected(double(out))}


def momentum(name, op):
    """Of step 0, where their coefficient of the gradient is 1 as ours always is; the velocity is given."""
    (rate, step, x, gradient, velocity), (x_new, velocity_new), given = load(name)
    assert step == 0, step
    options = {"learning_rate": float(rate), "momentum": given["alpha"], "weight_decay": given["norm_coefficient"],
               "nesterov": given["mode"] == "nesterov"}
    (bound,) = sgd_running(options, double(x), [double(gradient)], double(velocity))
    expected = {"parameter": twice(1, bound["parameter"].error, x_new)}
    expected["velocity"] = twice(1, bound["velocity"].error, velocity_new)
    for tensor_ in expected.values():
        tensor_.value, tensor_.magnitude = tensor_.value[None], tensor_.magnitude[None]
    return {"initial_parameter": x, "initial_velocity": velocity, "gradient": gradient[None]}, options, expected


def windows(given, x, extent):
    """Stride and padding of windows that take as much of the image before it as behind it, as ours all do."""
    stride = tuple(given.get("strides", [1, 1]))
    if given.get("auto_pad", "NOTSET") == "NOTSET":
        pads = given.get("pads", [0] * 4)
        before, behind = pads[:2], pads[2:]
    else:
        whole = [max(0, (-(-size // step) - 1) * step + width - size)
                 for size, step, width in zip(x.shape[2:], stride, extent)]
        before, behind = [pad // 2 for pad in whole], [pad - pad // 2 for pad in whole]
    assert before == behind and given.get("dilations", [1, 1]) == [1, 1], given
    assert given.get("ceil_mode", 0) == 0 and given.get("group", 1) == 1, given
    return stride, tuple(before)


def convolution(name, op):
    (x, weight), (out,), given = load(name)
    stride, padding = windows(given, x, weight.shape[2:])
    size, _ = run(lambda x, weight: F.conv2d(x, weight, None, stride, padding), absolute(x, weight))
    inputs = {"in": x, "weight": weight, "bias": as_float32([])}
    expected = {"out": twice(conv2d_terms(weight, inputs["bias"]), size, out)}
    return inputs, {"stride": stride, "padding": padding}, expected


def pool(name, op):
    """A global pool is one of windows as large as the image."""
    (x,), (out, *winners), given = load(name)
    extent = tuple(given.get("kernel_shape", x.shape[2:]))
    stride, padding = windows(given, x, extent)
    chosen = {"extent": extent, "stride": stride, "padding": padding}
    if op == "max_pool2d":
        expected = {"out": Expected(double(out))}
        if winners:  # numbered over all images: of one they are ours
            assert x.shape[:2] == (1, 1) and given.get("storage_order", 0) == 0, given
            expected["winners"] = Expected(double(winners[0]))
        return {"in": x}, chosen, expected
    assert not any(padding) or given.get("count_include_pad", 0) == 1, given
    size, _ = run(lambda x: F.avg_pool2d(x, extent, stride, padding), (abs(x),))
    return {"in": x}, chosen, {"out": twice(extent[0] * extent[1] + 2, size, out)}


def normalisation(name, op):
    """Their momentum is what is kept of the running statistics, ours what is taken from the batch; their variance is
    the batch's own."""
    (x, weight, bias, mean, variance), (out, *moved), given = load(name)
    epsilon = given.get("epsilon", float(numpy.float32(1e-5)))
    inputs = {"in": x, "weight": weight, "bias": bias}
    if op == "batch_norm_eval":
        assert not moved, given
        bound = eval_running(x, weight, bias, mean, variance, epsilon)["out"]
        inputs |= {"running_mean": mean, "running_variance": variance}
        return inputs, {"epsilon": epsilon}, {"out": twice(1, bound.error, out)}
    momentum = float(numpy.float32(1 - given.get("momentum", 0.9)))
    bounds = train_running(x, weight, bias, mean, variance, momentum, epsilon)
    inputs |= {"initial_running_mean": mean, "initial_running_variance": variance}
    expected = {"out": twice(1, bounds["out"].error, out),
                "running_mean": twice(1, bounds["running_mean"].error, moved[0])}
    return inputs, {"momentum": momentum, "epsilon": epsilon}, expected


TESTS = {
    elementwise: {"add": ["add_bcast"], "sub": ["sub_bcast"], "mul": ["mul_bcast"], "div": ["div_bcast"]},
    pointwise: {"relu": ["relu"], "sigmoid": ["sigmoid_example", "sigmoid"], "tanh": ["tanh_example", "tanh"]},
    rows: {"softmax": ["softmax_example", "softmax_large_number", "softmax_axis_2"],
           "log_softmax": ["logsoftmax_example_1", "logsoftmax_large_number", "logsoftmax_negative_axis"]},
    reduction: {"sum": ["reduce_sum_keepdims_random", "reduce_sum_do_not_keepdims_random"],
                "mean": ["reduce_mean_do_not_keepdims_random", "reduce_mean_negative_axes_keepdims_random"],
                "max": ["reduce_max_do_not_keepdims_random", "reduce_max_negative_axes_keepdims_random"]},
    product: {"matmul": ["matmul_2d"], "batched_matmul": ["matmul_3d"]},
    gemm: {"linear": ["gemm_transposeB"]},
    cross_entropy: {"cross_entropy": ["sce_mean", "sce_mean_no_weight_ii", "sce_mean_log_prob"]},
    flatten: {"flatten": ["flatten_axis1"]},
    momentum: {"sgd_step": ["momentum", "nesterov_momentum"]},
    convolution: {"conv2d": ["basic_conv_without_padding", "basic_conv_with_padding", "conv_with_strides_no_padding",
                             "conv_with_strides_padding", "conv_with_autopad_same"]},
    pool: {"max_pool2d": ["maxpool_2d_precomputed_pads", "maxpool_2d_precomputed_strides",
                          "maxpool_2d_precomputed_same_upper", "maxpool_with_argmax_2d_precomputed_pads",
                          "globalmaxpool", "globalmaxpool_precomputed"],
           "average_pool2d": ["averagepool_2d_precomputed_strides", "averagepool_2d_precomputed_pads_count_include_pad",
                              "averagepool_2d_strides", "globalaveragepool", "globalaveragepool_precomputed"]},
    normalisation: {"batch_norm_eval": ["batchnorm_example", "batchnorm_epsilon"],
                    "batch_norm_train": ["batchnorm_example_training_mode", "batchnorm_epsilon_training_mode"]},
}


def cases():
    if not DATA.is_dir():
        raise SystemExit(f"{DATA} is missing: apt-get install libonnx-testdata")
    found = []
    for convert, by_op in TESTS.items():
        for op, names in by_op.items():
            for name in names:
                inputs, chosen, expected = convert(f"test_{name}", op)
                found.append(Case(f"onnx_{name}", op, chosen, inputs, expected, source="onnx"))
    return found
