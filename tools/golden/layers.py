"""Cases of module 03's kernels and their gradients: linear, dropout, and how weights begin."""

import math

import numpy
import torch
import torch.nn.functional

from philox import Random
from store import Case, Expected, as_float32, generator
from tensors import INFINITE, draw, run

F = torch.nn.functional

TOLERANCES = {
    "linear": "k products, k additions, the bias: k + 2 roundings on sum |in| |weight| + |bias|. Backward are matrix "
    "products and a sum over the batch.",
    "dropout": "mask = 1 / (1 - p): 2 roundings, relative; the product one more; the gradient likewise.",
    "initialisation": "Bound or deviation is computed in double and rounded, and so is each draw: exact.",
}


def linear_case(label, batch, fan_in, fan_out, with_bias=True):
    name = f"linear_{label}"
    rng = generator(name)
    x, weight = draw(rng, (batch, fan_in)), draw(rng, (fan_out, fan_in))
    bias = draw(rng, (fan_out,)) if with_bias else as_float32([])
    grad_out = draw(rng, (batch, fan_out))
    operands = (x, weight, bias) if with_bias else (x, weight)
    out, gradients = run(F.linear, operands, grad_out)
    size, sizes = run(F.linear, [abs(operand) for operand in operands], abs(grad_out))
    expected = {
        "out": Expected(out, fan_in + 2, size),
        "grad_in": Expected(gradients[0], fan_out + 1, sizes[0]),
        "grad_weight": Expected(gradients[1], batch + 1, sizes[1]),
    }
    if with_bias:
        expected["grad_bias"] = Expected(gradients[2], batch, sizes[2])
    inputs = {"in": x, "weight": weight, "bias": bias, "grad_out": grad_out}
    return Case(name, "linear", {}, inputs, expected)


def infinite_linear():
    """As tensors.infinite_product: nothing may be left out of a sum."""
    x, weight, grad_out = as_float32(INFINITE["a"]), as_float32(INFINITE["b"]).T, as_float32(INFINITE["grad"])
    out, (grad_in, grad_weight) = run(F.linear, (x, weight), grad_out)
    inputs = {"in": x, "weight": weight, "bias": as_float32([]), "grad_out": grad_out}
    expected = {"out": Expected(out), "grad_in": Expected(grad_in), "grad_weight": Expected(grad_weight)}
    return Case("linear_infinite", "linear", {}, inputs, expected)


def linear():
    return [
        infinite_linear(),
        linear_case("bias", 5, 7, 3), linear_case("no_bias", 4, 6, 9, with_bias=False),
        linear_case("batch1", 1, 13, 17), linear_case("feature1", 6, 1, 1),
        linear_case("no_batch", 0, 3, 2), linear_case("no_features", 3, 0, 2),
    ]


def dropout_case(label, shape, p, training, seed):
    """torch multiplies by the mask that kiln::Random draws; torch's own draws are another stream."""
    name = f"dropout_{label}"
    rng = generator(name)
    x, grad_out = draw(rng, shape), draw(rng, shape)
    random = Random(seed)
    p = float(numpy.float32(p))
    draws = [random.uniform() if training else 1.0 for _ in range(x.size)]
    scale = 1 / (1 - p) if training else 1.0
    mask = numpy.array([0.0 if number < p else scale for number in draws]).reshape(shape)
    out, (grad_in,) = run(lambda x: x * torch.tensor(mask), (x,), grad_out)
    attributes = {"p": p, "training": training, "seed": seed}
    expected = {"mask": Expected(mask, 2), "out": Expected(out, 3), "grad_in": Expected(grad_in, 3)}
    return Case(name, "dropout", attributes, {"in": x, "grad_out": grad_out}, expected)


def dropout():
    return [
        dropout_case("half", (4, 9), 0.5, True, 7), dropout_case("tenth", (3, 5, 2), 0.1, True, 2**40 + 5),
        dropout_case("most", (50,), 0.9, True, 3), dropout_case("none", (7,), 0.0, True, 11),
        dropout_case("evaluation", (3, 4), 0.5, False, 7), dropout_case("empty", (0, 2), 0.5, True, 7),
    ]


def scale_of(family, kind, shape):
    """Bound or deviation by torch's own initialisers: fans as it counts them, gain of relu for Kaiming's."""
    fan_in, fan_out = torch.nn.init._calculate_fan_in_and_fan_out(torch.zeros(shape))
    if family == "xavier":
        deviation = math.sqrt(2.0 / (fan_in + fan_out))
    else:
        deviation = torch.nn.init.calculate_gain("relu") / math.sqrt(fan_in)
    return float(numpy.float32(math.sqrt(3.0) * deviation if kind == "uniform" else deviation))


def initialisation_case(family, kind, label, shape, seed=2**40 + 2024):
    random, scale = Random(seed), scale_of(family, kind, shape)
    if kind == "uniform":
        draws = [-scale + 2 * scale * random.uniform_double() for _ in range(math.prod(shape))]
    else:
        draws = [scale * random.normal_double() for _ in range(math.prod(shape))]
    weight = Expected(numpy.array(draws).reshape(shape))
    op = f"{family}_{kind}"
    return Case(f"{op}_{label}", op, {"seed": seed}, {}, {"weight": weight})


def initialisation():
    return [initialisation_case(family, kind, label, shape)
            for family in ("xavier", "kaiming") for kind in ("uniform", "normal")
            for label, shape in (("matrix", (7, 11)), ("filters", (2, 3, 2, 2)))]


def cases():
    return linear() + dropout() + initialisation()
