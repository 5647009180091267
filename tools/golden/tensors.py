"""Cases of module 01's kernels and their gradients: elementwise, reductions, matrix products, and what moves elements.

Each function gives a list of cases. A name's expected tensors are called as the contracts call them: out, c, grad_a.
"""

import numpy
import torch

from store import Case, Expected, as_float32, generator

INFINITY = float("inf")
NAN = float("nan")

TOLERANCES = {
    "elementwise": "Forward: IEEE 754 rounds once, exact. A gradient is a sum over the r places where an element was "
    "repeated, of terms with at most 3 roundings each: r + 3 roundings on sum |terms|; exact for add and sub with "
    "r = 1, and for mul with r = 1.",
    "reduce": "sum: n additions on sum |in|; mean: one rounding more; max: exact. Backward: sum copies, exact; mean "
    "and max divide once, and may do so by the reciprocal: 2 roundings, relative.",
    "matmul": "k products and k additions, in any order and with or without FMA: k + 1 roundings on sum |a| |b|.",
    "move": "Elements are moved, not computed with: exact.",
}


def run(function, inputs, grad_out=None):
    """Forward and gradients in float64 from float32 inputs: the output and a gradient an input (None without grad)."""
    leaves = [torch.tensor(numpy.asarray(x), dtype=torch.float64).requires_grad_(True) for x in inputs]
    output = function(*leaves)
    if grad_out is None:
        return output.detach().numpy(), [None] * len(inputs)
    seed = torch.tensor(numpy.asarray(grad_out), dtype=torch.float64)
    gradients = torch.autograd.grad(output, leaves, seed, allow_unused=True)
    return output.detach().numpy(), [None if g is None else g.numpy() for g in gradients]


def draw(rng, shape, low=-2.0, high=2.0):
    return as_float32(rng.uniform(low, high, shape))


def away_from_zero(rng, shape):
    return as_float32(rng.choice([-1.0, 1.0], shape) * rng.uniform(0.3, 2.0, shape))


def unbroadcast(magnitude, shape):
    """Sums what a broadcast repeated: the magnitudes of a gradient's terms, added up."""
    extra = magnitude.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(
        d + extra for d, extent in enumerate(shape) if extent == 1 and magnitude.shape[d + extra] != 1
    )
    return magnitude.sum(axis=axes).reshape(shape)


def repeats(out_shape, shape):
    extents = int(numpy.prod(shape))
    return int(numpy.prod(out_shape)) // extents if extents else 0


BINARY = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div}

BROADCASTS = {
    "same": ((3, 4), (3, 4)),
    "rows": ((3, 4), (4,)),
    "outer": ((3, 1), (1, 5)),
    "rank4": ((2, 1, 3, 1), (4, 1, 5)),
    "scalar": ((2, 3), ()),
    "scalars": ((), ()),
    "size1": ((1, 1), (1,)),
    "empty": ((0, 3), (3,)),
    "stretched_to_0": ((2, 1, 3), (1, 0, 1)),
}


def elementwise_magnitudes(op, a, b, grad_out):
    """The absolute terms of both gradients, before the sum over repeats, and the roundings of each."""
    ones = numpy.ones(grad_out.shape)
    grad = numpy.abs(grad_out)
    if op in ("add", "sub"):
        return (grad, 0), (grad, 0)
    if op == "mul":
        return (grad * numpy.abs(b), 0), (grad * numpy.abs(a), 0)
    return (grad / numpy.abs(b), 2), (grad * numpy.abs(a) / (b * b) * ones, 3)


def elementwise_case(op, label, shapes):
    name = f"{op}_{label}"
    rng = generator(name)
    a = draw(rng, shapes[0])
    b = away_from_zero(rng, shapes[1]) if op == "div" else draw(rng, shapes[1])
    grad_out = draw(rng, numpy.broadcast_shapes(*shapes))
    out, (grad_a, grad_b) = run(BINARY[op], (a, b), grad_out)
    expected = {"out": Expected(out)}
    wide = [x.astype(numpy.float64) for x in (a, b, grad_out)]
    for key, gradient, (terms, roundings) in zip(
        ("grad_a", "grad_b"), (grad_a, grad_b), elementwise_magnitudes(op, *wide), strict=True
    ):
        r = repeats(out.shape, gradient.shape)
        exact = r <= 1 and roundings == 0
        expected[key] = Expected(gradient, 0 if exact else r + roundings, unbroadcast(terms, gradient.shape))
    return Case(name, op, {}, {"a": a, "b": b, "grad_out": grad_out}, expected)


def exceptional_case(op, label, a, b, grad_out):
    """Infinities, NaN, and numbers whose squares overflow: element by element, so errors are relative."""
    a, b, grad_out = as_float32(a), as_float32(b), as_float32(grad_out)
    out, (grad_a, grad_b) = run(BINARY[op], (a, b), grad_out)
    expected = {"out": Expected(out), "grad_a": Expected(grad_a, 2), "grad_b": Expected(grad_b, 3)}
    return Case(f"{op}_{label}", op, {}, {"a": a, "b": b, "grad_out": grad_out}, expected)


def elementwise():
    # What is odd about a shape is odd for all four: sub and div take the first few.
    cases = [elementwise_case(op, label, shapes) for op in BINARY
             for i, (label, shapes) in enumerate(BROADCASTS.items()) if op in ("add", "mul") or i < 4]
    return cases + [
        exceptional_case("mul", "infinite", [0, 1, INFINITY, NAN, 2, 3], [INFINITY, 0, 0, 1, -INFINITY, 4],
                         [1, 0, 2, 1, 0, INFINITY]),
        exceptional_case("div", "by_zero", [1, -1, 0, 1, INFINITY, NAN], [0, 0, 0, INFINITY, INFINITY, 1],
                         [1, 2, 1, -1, 1, 1]),
        exceptional_case("div", "large", [1e30, 3e-30, 1, -2e30], [2e30, 1e-30, 1e20, 1e15], [1, 1, 2, -1]),
    ]


REDUCTIONS = {
    "sum": lambda x, axis, keepdims: torch.sum(x, axis, keepdims),
    "mean": lambda x, axis, keepdims: torch.mean(x, axis, keepdims),
    "max": lambda x, axis, keepdims: torch.amax(x, axis, keepdims),  # amax: ties share, as our contract says
}

REDUCED = {
    "first": ((3, 4, 5), 0, False),
    "middle_kept": ((3, 4, 5), 1, True),
    "last": ((3, 4, 5), -1, False),
    "last_kept": ((4, 37), 1, True),
    "vector": ((19,), 0, False),
    "vector_kept": ((6,), -1, True),
    "extent1": ((3, 1), 1, False),
    "empty_rows": ((0, 4), 1, False),
    "empty_axis": ((2, 0), 1, True),
}


def reduce_case(op, name, values, axis, keepdims, gradient=True):
    attributes = {"axis": axis, "keepdims": keepdims}

    def function(x):
        return REDUCTIONS[op](x, axis, keepdims)

    extent = values.shape[axis]
    inputs = {"in": values}
    grad_out = None
    if gradient:
        grad_out = inputs["grad_out"] = draw(generator(name + "/grad"), run(function, (values,))[0].shape)
    out, (grad_in,) = run(function, (values,), grad_out)
    magnitude = numpy.abs(values.astype(numpy.float64)).sum(axis=axis, keepdims=keepdims)
    terms = {"sum": extent, "mean": extent + 1, "max": 0}[op]
    if op == "mean" and extent > 0:
        magnitude /= extent
    expected = {"out": Expected(out, terms, magnitude)}
    if gradient:
        expected["grad_in"] = Expected(grad_in, 0 if op == "sum" else 2)
    return Case(name, op, attributes, inputs, expected)


def reductions():
    cases = []
    for op in REDUCTIONS:
        for label, (shape, axis, keepdims) in REDUCED.items():
            if op == "max" and label == "empty_axis":
                continue  # an error in torch and in Kiln alike
            name = f"{op}_{label}"
            cases.append(reduce_case(op, name, draw(generator(name), shape), axis, keepdims))
    ties = as_float32([[1, 3, 3, 2], [5, 5, 5, 5], [-1, -2, -1, -1], [0, -0.0, -1, 0]])
    infinite = as_float32([[INFINITY, 0, INFINITY], [-INFINITY, -INFINITY, -INFINITY], [-INFINITY, 1, 1]])
    with_nan = as_float32([[1, NAN, 2], [NAN, NAN, NAN], [INFINITY, NAN, -INFINITY], [1, 2, 3]])
    cases.append(reduce_case("max", "max_ties", ties, 1, False))
    cases.append(reduce_case("max", "max_ties_columns", ties, 0, True))
    cases.append(reduce_case("max", "max_infinite", infinite, -1, False))
    return cases + [reduce_case("max", "max_nan", with_nan, 1, True, gradient=False)]


PRODUCTS = {
    "square": ((4, 4), (4, 4)),
    "wide": ((3, 7), (7, 5)),
    "ones": ((1, 1), (1, 1)),
    "outer": ((5, 1), (1, 3)),
    "inner": ((1, 23), (23, 1)),
    "primes": ((11, 13), (13, 17)),
    "no_inner": ((3, 0), (0, 2)),
    "no_rows": ((0, 3), (3, 2)),
}

BATCHED = {
    "same": ((3, 2, 4), (3, 4, 5)),
    "one_a": ((1, 2, 4), (3, 4, 5)),
    "one_b": ((3, 2, 4), (1, 4, 5)),
    "one_both": ((1, 2, 3), (1, 3, 2)),
    "empty": ((0, 2, 3), (0, 3, 2)),
    "no_inner": ((2, 2, 0), (2, 0, 3)),
}


def product_case(op, label, shapes):
    name = f"{op}_{label}"
    rng = generator(name)
    a, b = draw(rng, shapes[0]), draw(rng, shapes[1])
    c_shape = run(torch.matmul, (a, b))[0].shape
    grad_c = draw(rng, c_shape)
    c, (grad_a, grad_b) = run(torch.matmul, (a, b), grad_c)
    # All three are sums of products: the same on absolute values is the sum of the terms' magnitudes.
    size, (size_a, size_b) = run(torch.matmul, (abs(a), abs(b)), abs(grad_c))
    batch = c.shape[0] if c.ndim == 3 else 1
    expected = {
        "c": Expected(c, a.shape[-1] + 1, size),
        "grad_a": Expected(grad_a, b.shape[-1] * (batch if len(a) == 1 else 1) + 1, size_a),
        "grad_b": Expected(grad_b, a.shape[-2] * (batch if len(b) == 1 else 1) + 1, size_b),
    }
    return Case(name, op, {}, {"a": a, "b": b, "grad_c": grad_c}, expected)


INFINITE = {"a": [[0, 1], [2, 3]], "b": [[INFINITY, 1], [1, NAN]], "grad": [[0, 1], [1, 0]]}


def infinite_product():
    """0 times infinity is NaN: nothing may be left out. Whole numbers, so exact."""
    a, b, grad_c = (as_float32(INFINITE[key]) for key in ("a", "b", "grad"))
    c, (grad_a, grad_b) = run(torch.matmul, (a, b), grad_c)
    expected = {"c": Expected(c), "grad_a": Expected(grad_a), "grad_b": Expected(grad_b)}
    return Case("matmul_infinite", "matmul", {}, {"a": a, "b": b, "grad_c": grad_c}, expected)


def products():
    cases = [product_case("matmul", label, shapes) for label, shapes in PRODUCTS.items()] + [infinite_product()]
    return cases + [product_case("batched_matmul", label, shapes) for label, shapes in BATCHED.items()]


def move_case(op, name, shape, attributes, function):
    rng = generator(name)
    values = draw(rng, shape)
    grad_out = draw(rng, run(function, (values,))[0].shape)
    out, (grad_in,) = run(function, (values,), grad_out)
    inputs = {"in": values, "grad_out": grad_out}
    return Case(name, op, attributes, inputs, {"out": Expected(out), "grad_in": Expected(grad_in)})


def moves():
    cases = []
    for label, shape, first, second in (("square", (3, 3), 0, 1), ("last_two", (2, 3, 4), -2, -1),
                                        ("outer", (2, 3, 4), 0, 2), ("empty", (0, 3), 0, 1)):
        attributes = {"first": first, "second": second}
        cases.append(move_case("transpose", f"transpose_{label}", shape, attributes,
                               lambda x, i=first, j=second: torch.transpose(x, i, j)))
    for label, shape, to in (("matrix", (2, 6), (3, 4)), ("inferred", (2, 3, 4), (4, -1)), ("scalar", (1, 1), ()),
                             ("empty", (0, 3), (3, 0))):
        cases.append(move_case("reshape", f"reshape_{label}", shape, {"shape": list(to)},
                               lambda x, to=to: torch.reshape(x, to)))
    for label, shape, first, last in (("images", (2, 3, 2, 2), 1, -1), ("leading", (2, 3, 4), 0, 1),
                                      ("one", (2, 3, 4), 1, 1), ("scalar", (), 0, -1), ("empty", (2, 0, 3), 1, 2)):
        attributes = {"first": first, "last": last}
        cases.append(move_case("flatten", f"flatten_{label}", shape, attributes,
                               lambda x, i=first, j=last: torch.flatten(x, i, j)))
    return cases


def cases():
    return elementwise() + reductions() + products() + moves()
