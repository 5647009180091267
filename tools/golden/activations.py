"""Cases of module 02's kernels and their gradients.

Where a backward kernel reads the forward's result, that result has an error of its own; the magnitudes say how much of
it comes through. TOLERANCES derives them, with x the input, y the output, g what flows in, and eps = 2^-23.
"""

import math

import numpy
import torch
import torch.nn.functional

from rounding import FEW, SMALLEST, double, exp_roundings
from store import Case, Expected, as_float32, generator
from tensors import INFINITY, NAN, draw, run

F = torch.nn.functional

TOLERANCES = {
    "relu": "A comparison and a copy: exact, and so is the gradient.",
    "sigmoid": "8 eps y, and 8 units where y is subnormal. Backward g y (1 - y): the error of y comes through twice, "
    "once as 8 eps y (1 - y) and once as 8 eps y y; 3 more roundings: 11 eps |g| y.",
    "tanh": "8 eps |y|. Backward g (1 - y^2): the error of y^2 is 16 eps y^2; 3 more roundings: 19 eps |g|.",
    "gelu": "8 eps |x|. Backward g (Phi(x) + x phi(x)): Phi is at most 1 and |x| phi(x) (1 + x^2 / 2), with what exp "
    "makes of its argument's rounding, is at most 0.6: 2 * 8 eps |g|.",
    "gelu_tanh": "8 eps |x|. Backward, with t = tanh(u): g ((1 + t) + x u' (1 - t^2)) / 2. The rounding of u moves t "
    "by eps |u| (1 - t^2), t has 8 eps of its own, and 1 - t^2 twice that: 2 * 8 eps |g| (1 + |x| u' (|u| (1 - t^2) + "
    "t^2)), where the second term counts while 1 - t^2 is more than a rounding.",
    "softmax": "x - max rounds to eps d with d = max - x, which exp turns into a relative error; n additions and a "
    "division: m = y (n + d + 8). Backward y (g - s) with s = sum g y: both y carry that error, and the sum n + 2 "
    "roundings: m (|g| + sum |g| y) + y (sum |g| m + (n + 2) sum |g| y).",
    "log_softmax": "x - max rounds to eps d, and the logarithm of a sum in [1, n] turns its n roundings into absolute "
    "ones: n + d + 8. Backward g - exp(y) sum g: the absolute error of y is a relative one of exp(y), and the sum has "
    "n roundings: 2 |g| + exp(y) (n + d + 8 + n + 3) sum |g|.",
}

# ---- element by element


def gelu_tanh_growth(x):
    """By how much the error of tanh's argument and value grows in the gradient: see TOLERANCES."""
    u = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    slope = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x**2)
    rest = 1 - numpy.tanh(u) ** 2
    counts = rest > 2.0**-24
    return 1 + numpy.abs(x) * slope * (numpy.abs(u) * rest + counts * numpy.tanh(u) ** 2)


POINTWISE = {
    # function, (terms, magnitude) of the output from x and y, (terms, magnitude) of the gradient from x, y and g
    "relu": (F.relu, lambda x, y: (0, None), lambda x, y, g: (0, None)),
    "sigmoid": (torch.sigmoid, lambda x, y: (FEW, y + SMALLEST), lambda x, y, g: (FEW + 3, abs(g) * (y + SMALLEST))),
    "tanh": (torch.tanh, lambda x, y: (FEW, abs(y)), lambda x, y, g: (2 * FEW + 3, abs(g))),
    "gelu": (F.gelu, lambda x, y: (FEW, abs(x)), lambda x, y, g: (2 * FEW, abs(g))),
    "gelu_tanh": (lambda x: F.gelu(x, approximate="tanh"), lambda x, y: (FEW, abs(x)),
                  lambda x, y, g: (2 * FEW, abs(g) * gelu_tanh_growth(x))),
}

# Where torch and the contracts disagree (README.md of the data) there is no case: gelu and gelu_tanh of infinities, and
# the gradient of relu at NaN.
SPECIAL = {
    "relu": [-INFINITY, INFINITY, -0.0, 0.0, 1e-45, -1e-45, 3e38],
    "sigmoid": [-INFINITY, INFINITY, -0.0, -100, 100, -87.5, 17, NAN, -1e30, 1e-30],
    "tanh": [-INFINITY, INFINITY, -0.0, 1e-6, -1e-20, 9, -20, NAN, 1e-40],
    "gelu": [-0.0, 0.0, -30, 30, 1e-30, 1e4, 3e38, -3e38, NAN],
    "gelu_tanh": [-0.0, 0.0, -30, 30, 1e-30, 1e4, 3e38, -3e38, NAN],
}


def pointwise_case(op, label, x):
    name = f"{op}_{label}"
    function, forward, backward = POINTWISE[op]
    grad_out = draw(generator(name + "/grad"), x.shape)
    out, (grad_in,) = run(function, (x,), grad_out)
    terms, magnitude = forward(double(x), out)
    grad_terms, grad_magnitude = backward(double(x), out, double(grad_out))
    expected = {"out": Expected(out, terms, magnitude), "grad_in": Expected(grad_in, grad_terms, grad_magnitude)}
    return Case(name, op, {}, {"in": x, "grad_out": grad_out}, expected)


def pointwise():
    cases = []
    for op in POINTWISE:
        rng = generator(op)
        cases.append(pointwise_case(op, "wide", draw(rng, (5, 13), -6, 6)))
        cases.append(pointwise_case(op, "near_0", draw(rng, (2, 3, 4), -0.01, 0.01)))
        cases.append(pointwise_case(op, "scalar", draw(rng, ())))
        cases.append(pointwise_case(op, "empty", draw(rng, (0, 3))))
        cases.append(pointwise_case(op, "special", as_float32(SPECIAL[op])))
    return cases + relu_exceptions()


def relu_exceptions():
    """NaN forward; and backward, where a product with a mask would make NaN of what is not let through."""
    nan, x, grad_out = as_float32([1, NAN, -1]), as_float32([-1, 2, -3, 4]), as_float32([INFINITY, INFINITY, NAN, 1])
    out, (grad_in,) = run(F.relu, (x,), grad_out)
    expected = {"out": Expected(out), "grad_in": Expected(grad_in)}
    return [Case("relu_nan", "relu", {}, {"in": nan}, {"out": Expected(run(F.relu, (nan,))[0])}),
            Case("relu_infinite_gradient", "relu", {}, {"in": x, "grad_out": grad_out}, expected)]


# ---- softmax and its logarithm, row by row


def over_row(terms):
    return terms.sum(axis=-1, keepdims=True)


def softmax_bounds(x, y, g):
    n = x.shape[-1]
    m = y * exp_roundings(x) + FEW * SMALLEST
    grad = m * (abs(g) + over_row(abs(g) * y)) + y * (over_row(abs(g) * m) + (n + 2) * over_row(abs(g) * y))
    return (1, m), (1, grad)


def log_softmax_bounds(x, y, g):
    n = x.shape[-1]
    error = exp_roundings(x)
    grad = 2 * abs(g) + numpy.exp(y) * (error + n + 3) * over_row(abs(g))
    return (1, error), (1, grad)


ROWS = {
    "softmax": (lambda x: F.softmax(x, -1), softmax_bounds),
    "log_softmax": (lambda x: F.log_softmax(x, -1), log_softmax_bounds),
}


def row_inputs(op):
    """(label, rows, whether gradients are asked for)"""
    rng = generator(op)
    yield "matrix", draw(rng, (5, 9), -4, 4), True
    yield "vector", draw(rng, (33,), -4, 4), True
    yield "rank3", draw(rng, (2, 3, 4)), True
    yield "one_class", draw(rng, (4, 1), -50, 50), True
    yield "no_rows", draw(rng, (0, 4)), True
    yield "confident", as_float32([[25, 24, -25, 0], [-30, -29.5, 10, 10.25]]), True
    yield "impossible", as_float32([[-INFINITY, 1, 2], [-INFINITY, -INFINITY, -5]]), True
    # Of softmax's gradients nothing is left here but the error that is allowed.
    yield "large", draw(rng, (3, 6), -1e4, 1e4), op == "log_softmax"
    yield "extreme", as_float32([[0, 200, 0], [-3e38, 3e38, 0], [1e4] * 3, [-1e4, -1e4 + 1, -1e4]]), op == "log_softmax"
    yield "infinite", as_float32([[INFINITY, 1, 0], [NAN, 1, 0], [1, NAN, 0], [2, 1, NAN], [1, 2, 3]]), False


def row_case(op, label, x, gradient):
    name = f"{op}_{label}"
    function, bounds = ROWS[op]
    inputs = {"in": x}
    if gradient:
        inputs["grad_out"] = draw(generator(name + "/grad"), x.shape)
    out, (grad_in,) = run(function, (x,), inputs.get("grad_out"))
    finite = numpy.nan_to_num(double(x), posinf=0, neginf=-INFINITY)
    forward = backward = (0, None)
    if x.size > 0:
        g = double(inputs.get("grad_out", numpy.zeros(x.shape)))
        forward, backward = bounds(finite, numpy.nan_to_num(out, neginf=-INFINITY), g)
    expected = {"out": Expected(out, *forward)}
    if gradient:
        expected["grad_in"] = Expected(grad_in, *backward)
    return Case(name, op, {}, inputs, expected)


def rows():
    return [row_case(op, *given) for op in ROWS for given in row_inputs(op)]


def cases():
    return pointwise() + rows()
