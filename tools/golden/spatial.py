"""Cases of module 08's kernels and their gradients: convolution, pooling and batch normalisation.

Pairs are height, then width. TOLERANCES is written as in activations.py.
"""

import math

import numpy
import torch
import torch.nn.functional

from rounding import double
from running import Running
from store import Case, Expected, as_float32, generator
from tensors import INFINITE, INFINITY, NAN, draw, run

F = torch.nn.functional

TOLERANCES = {
    "conv2d": "A value sums the products of its taps and the bias: taps + 2 roundings on sum |in| |weight| + |bias|. "
    "By in, weight and bias sums of products too, of out_channels times the kernel, and of batch times the windows.",
    "max_pool2d": "Forward and winners: exact. Backward sums the windows that hold an element, at most ceil(extent / "
    "stride) a dimension: as many roundings on sum |grad_out|; exact where it is one.",
    "average_pool2d": "The sum of a window, and a division, which may be by the reciprocal: extents + 2 roundings on "
    "mean |in|. Backward likewise over the windows that hold an element, on sum |grad_out| / extents.",
    "batch_norm": "Running error analysis of the contract's formulas, one eps an operation. The mean is a sum in "
    "double, rounded; the variance, of a sum of squares around it, brings 2 eps along. Sums of the backward pass are "
    "taken for float32's: count roundings on sum |terms|.",
}


def two(value):
    return tuple(value) if isinstance(value, tuple) else (value, value)


def absolute(*arrays):
    return [abs(array) for array in arrays]


# ---- convolution


def conv2d_terms(weight, bias):
    """Roundings of a value: as many products as a filter has taps, their sum, and the bias."""
    return math.prod(weight.shape[1:]) + (2 if bias.size else 1)


def conv2d_case(label, in_shape, weight_shape, stride=1, padding=0, bias=True):
    name = f"conv2d_{label}"
    rng = generator(name)
    stride, padding = two(stride), two(padding)
    x, weight = draw(rng, in_shape), draw(rng, weight_shape)
    bias = draw(rng, (weight_shape[0],)) if bias else as_float32([])

    def convolution(x, weight, bias=None):
        return F.conv2d(x, weight, bias, stride, padding)

    operands = (x, weight, bias) if bias.size else (x, weight)
    grad_out = draw(rng, run(convolution, operands)[0].shape)
    out, gradients = run(convolution, operands, grad_out)
    size, sizes = run(convolution, absolute(*operands), abs(grad_out))
    windows = out.shape[0] * math.prod(out.shape[2:])
    expected = {
        "out": Expected(out, conv2d_terms(weight, bias), size),
        "grad_in": Expected(gradients[0], math.prod((weight_shape[0], *weight_shape[2:])) + 1, sizes[0]),
        "grad_weight": Expected(gradients[1], windows + 1, sizes[1]),
    }
    if bias.size:
        expected["grad_bias"] = Expected(gradients[2], windows, sizes[2])
    inputs = {"in": x, "weight": weight, "bias": bias, "grad_out": grad_out}
    return Case(name, "conv2d", {"stride": stride, "padding": padding}, inputs, expected)


def infinite_conv2d():
    """As tensors.infinite_product: nothing inside the image may be left out of a sum. 1x1 kernels over 2x1 images."""
    x = as_float32(INFINITE["a"]).reshape(2, 2, 1, 1)
    weight = as_float32(INFINITE["b"]).T.reshape(2, 2, 1, 1)
    grad_out = as_float32(INFINITE["grad"]).reshape(2, 2, 1, 1)
    out, (grad_in, grad_weight) = run(F.conv2d, (x, weight), grad_out)
    inputs = {"in": x, "weight": weight, "bias": as_float32([]), "grad_out": grad_out}
    expected = {"out": Expected(out), "grad_in": Expected(grad_in), "grad_weight": Expected(grad_weight)}
    return Case("conv2d_infinite", "conv2d", {"stride": (1, 1), "padding": (0, 0)}, inputs, expected)


def conv2d():
    return [
        conv2d_case("images", (2, 3, 5, 6), (4, 3, 3, 3)),
        conv2d_case("no_bias", (2, 2, 4, 5), (3, 2, 2, 2), bias=False),
        conv2d_case("stride", (2, 2, 7, 5), (2, 2, 3, 3), stride=2),
        conv2d_case("padding", (2, 2, 5, 4), (3, 2, 3, 3), padding=1),
        conv2d_case("stride_padding", (1, 2, 7, 6), (3, 2, 3, 3), stride=2, padding=1),
        # A rest of the image that no window reaches.
        conv2d_case("stride_rest", (1, 2, 8, 9), (2, 2, 3, 2), stride=(3, 4), bias=False),
        conv2d_case("wide", (2, 1, 4, 9), (2, 1, 1, 5)),
        conv2d_case("tall", (1, 2, 6, 4), (2, 2, 3, 1), padding=(1, 0)),
        conv2d_case("uneven", (2, 2, 7, 5), (3, 2, 2, 4), stride=(3, 1), padding=(0, 2)),
        conv2d_case("pointwise", (2, 5, 3, 4), (4, 5, 1, 1)),
        conv2d_case("pointwise_stride", (1, 3, 5, 6), (2, 3, 1, 1), stride=2),
        conv2d_case("one", (1, 1, 1, 1), (1, 1, 1, 1)),
        conv2d_case("whole", (3, 2, 4, 3), (5, 2, 4, 3)),
        conv2d_case("larger_than_the_image", (2, 2, 2, 3), (2, 2, 4, 4), padding=1),
        # Windows that lie in the padding alone.
        conv2d_case("beyond_the_image", (1, 2, 3, 2), (2, 2, 2, 1), padding=3),
        conv2d_case("channels", (1, 17, 3, 4), (7, 17, 2, 3)),
        conv2d_case("no_batch", (0, 2, 4, 4), (3, 2, 3, 3)),
        infinite_conv2d(),
    ]


def grouped_case(label, in_shape, weight_shape, groups=1, dilation=1, stride=1, padding=0, bias=True):
    name = f"conv2d_grouped_{label}"
    rng = generator(name)
    stride, padding, dilation = two(stride), two(padding), two(dilation)
    x, weight = draw(rng, in_shape), draw(rng, weight_shape)
    bias = draw(rng, (weight_shape[0],)) if bias else as_float32([])

    def convolution(x, weight, bias=None):
        return F.conv2d(x, weight, bias, stride, padding, dilation, groups)

    operands = (x, weight, bias) if bias.size else (x, weight)
    out, size = run(convolution, operands)[0], run(convolution, absolute(*operands))[0]
    attributes = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    inputs = {"in": x, "weight": weight, "bias": bias}
    expected = {"out": Expected(out, conv2d_terms(weight, bias), size)}
    return Case(name, "conv2d_grouped", attributes, inputs, expected)


def grouped():
    return [
        grouped_case("plain", (2, 3, 5, 4), (4, 3, 3, 3), padding=1),
        grouped_case("halves", (2, 4, 4, 5), (6, 2, 3, 2), groups=2),
        grouped_case("depthwise", (2, 5, 5, 5), (5, 1, 3, 3), groups=5, padding=1, bias=False),
        grouped_case("depthwise_twice", (1, 3, 4, 6), (6, 1, 2, 3), groups=3, stride=(1, 2)),
        grouped_case("dilation", (2, 2, 7, 6), (3, 2, 3, 2), dilation=2),
        grouped_case("uneven_dilation", (1, 2, 8, 9), (2, 2, 2, 3), dilation=(3, 2), stride=(2, 1), padding=(1, 2)),
        grouped_case("dilated_groups", (2, 6, 6, 6), (3, 2, 2, 2), groups=3, dilation=(2, 3), padding=1, bias=False),
    ]


# ---- pooling


def pool_attributes(extent, stride, padding):
    return {"extent": two(extent), "stride": two(stride), "padding": two(padding)}


def windows_of_an_element(attributes):
    return math.prod(-(-extent // stride) for extent, stride in zip(attributes["extent"], attributes["stride"]))


def pool_gradient(attributes, gradient, size, roundings):
    windows = windows_of_an_element(attributes)
    terms = 0 if windows == 1 and roundings == 0 else windows + roundings
    return Expected(gradient, terms, size)


def max_pool_case(label, values, extent, stride, padding=0):
    name = f"max_pool2d_{label}"
    attributes = pool_attributes(extent, stride, padding)

    def pool(x):
        return F.max_pool2d(x, attributes["extent"], attributes["stride"], attributes["padding"])

    grad_out = draw(generator(name + "/grad"), run(pool, (values,))[0].shape)
    out, (gradient,) = run(pool, (values,), grad_out)
    _, (size,) = run(pool, (values,), abs(grad_out))
    _, winners = F.max_pool2d(torch.tensor(double(values)), attributes["extent"], attributes["stride"],
                              attributes["padding"], return_indices=True)
    expected = {"out": Expected(out), "winners": Expected(winners.numpy()),
                "grad_in": pool_gradient(attributes, gradient, size, 0)}
    return Case(name, "max_pool2d", attributes, {"in": values, "grad_out": grad_out}, expected)


def average_pool_case(label, values, extent, stride, padding=0):
    name = f"average_pool2d_{label}"
    attributes = pool_attributes(extent, stride, padding)

    def pool(x):
        return F.avg_pool2d(x, attributes["extent"], attributes["stride"], attributes["padding"],
                            count_include_pad=True)

    grad_out = draw(generator(name + "/grad"), run(pool, (values,))[0].shape)
    out, (gradient,) = run(pool, (values,), grad_out)
    size, (grad_size,) = run(pool, (abs(values),), abs(grad_out))
    expected = {"out": Expected(out, math.prod(attributes["extent"]) + 2, size),
                "grad_in": pool_gradient(attributes, gradient, grad_size, 2)}
    return Case(name, "average_pool2d", attributes, {"in": values, "grad_out": grad_out}, expected)


POOLS = {
    "halves": ((2, 3, 4, 6), 2, 2, 0),
    "overlapping": ((1, 2, 6, 5), 3, 1, 0),
    "rest": ((2, 1, 7, 5), 2, 2, 0),
    "padding": ((1, 2, 5, 6), 3, 2, 1),
    "uneven": ((1, 2, 6, 7), (3, 2), (2, 3), 1),
    "overlapping_padding": ((1, 1, 4, 5), (4, 3), (1, 2), (2, 0)),
    "whole": ((2, 3, 5, 4), (5, 4), 1, 0),
    "one": ((1, 2, 3, 2), 1, 1, 0),
    "gaps": ((2, 1, 7, 9), (1, 2), (3, 4), 0),
    "no_batch": ((0, 2, 4, 4), 2, 2, 0),
}


def pools():
    cases = []
    for label, (shape, *window) in POOLS.items():
        cases.append(max_pool_case(label, draw(generator(f"max_pool2d_{label}"), shape), *window))
        cases.append(average_pool_case(label, draw(generator(f"average_pool2d_{label}"), shape), *window))
    ties = as_float32(generator("max_pool2d_ties").integers(0, 3, (1, 2, 6, 6)))
    # The padding is no zero that could win.
    negative = draw(generator("max_pool2d_negative"), (1, 2, 4, 5), -5, -1)
    infinite = as_float32([[[[-INFINITY, -INFINITY, 1, INFINITY], [-INFINITY, -INFINITY, INFINITY, 2]]]])
    # One NaN a window: of two, torch takes the last.
    with_nan = as_float32([[[[1, NAN, 0, 3], [2, 5, -INFINITY, 0], [NAN, 0, 1, INFINITY], [INFINITY, 7, 2, NAN]]]])
    return cases + [
        max_pool_case("ties", ties, 3, 2), max_pool_case("negative", negative, 3, 2, 1),
        max_pool_case("infinite", infinite, 2, 2), max_pool_case("nan", with_nan, 2, 2),
        average_pool_case("infinite", as_float32([[[[INFINITY, 1, -INFINITY, 1], [0, 1, INFINITY, 1]]]]), 2, 2),
    ]


# ---- batch normalisation


def by_channel(x):
    """(batch, channels, ...) as (count, channels)."""
    return numpy.moveaxis(double(x), 1, -1).reshape(-1, x.shape[1])


def as_images(running, shape):
    moved = (shape[0], *shape[2:], shape[1])
    value, error = (numpy.moveaxis(array.reshape(moved), -1, 1) for array in (running.value, running.error))
    return Running(value, error)


def agreeing(running, value):
    """As Running.expected, but of sums that may cancel: the two agree to double's digits of what was added."""
    numpy.testing.assert_allclose(running.value, value, rtol=1e-9, atol=1e-9 * max(1, running.error.max(initial=0)))
    return Expected(value, 1, running.error)


def train_running(x, weight, bias, running_mean, running_variance, momentum, epsilon, grad_out=None):
    """Every result of a step by name."""
    rows = by_channel(x)
    count = len(rows)
    mean = Running(rows.mean(0), abs(rows.mean(0)))
    variance = Running(rows.var(0), 2 * rows.var(0))
    scale = Running(1.0) / (variance + Running(epsilon)).sqrt()
    normalised = (Running(rows) - mean) * scale
    results = {
        "out": as_images(normalised * double(weight) + Running(bias), x.shape), "mean": mean, "scale": scale,
        "running_mean": Running(running_mean) * (1 - momentum) + mean * momentum,
        "running_variance": Running(running_variance) * (1 - momentum) + variance * momentum * (count / (count - 1)),
    }
    if grad_out is not None:
        gradients = Running(by_channel(grad_out))
        sum_of_gradients, sum_of_products = gradients.sum(), (gradients * normalised).sum()
        inner = gradients - sum_of_gradients / count - normalised * (sum_of_products / count)
        results["grad_in"] = as_images(inner * (scale * double(weight)), x.shape)
        results |= {"grad_weight": sum_of_products, "grad_bias": sum_of_gradients}
    return results


def eval_running(x, weight, bias, running_mean, running_variance, epsilon, grad_out=None):
    root = (Running(running_variance) + Running(epsilon)).sqrt()
    centred = Running(by_channel(x)) - Running(running_mean)
    results = {"out": as_images(centred * double(weight) / root + Running(bias), x.shape)}
    if grad_out is not None:
        gradients = Running(by_channel(grad_out))
        results["grad_in"] = as_images(gradients * double(weight) / root, x.shape)
        results["grad_weight"] = (gradients * centred / root).sum()
        results["grad_bias"] = gradients.sum()
    return results


def statistics(rng, channels):
    return draw(rng, (channels,)), as_float32(rng.uniform(0.25, 2.0, channels))


def train_case(label, x, momentum=0.1, epsilon=1e-5):
    name = f"batch_norm_train_{label}"
    rng = generator(name + "/channels")
    channels = x.shape[1]
    weight, bias, grad_out = draw(rng, (channels,)), draw(rng, (channels,)), draw(rng, x.shape)
    running_mean, running_variance = statistics(rng, channels)
    momentum, epsilon = float(numpy.float32(momentum)), float(numpy.float32(epsilon))
    moved = [torch.tensor(double(running_mean)), torch.tensor(double(running_variance))]
    saved = []

    def normalisation(x, weight, bias):
        out, mean, scale = torch.native_batch_norm(x, weight, bias, *moved, True, momentum, epsilon)
        saved.extend([mean.detach().numpy(), scale.detach().numpy()])
        return out

    out, (grad_in, grad_weight, grad_bias) = run(normalisation, (x, weight, bias), grad_out)
    results = {"out": out, "mean": saved[0], "scale": saved[1], "running_mean": moved[0].numpy(),
               "running_variance": moved[1].numpy(), "grad_in": grad_in, "grad_weight": grad_weight,
               "grad_bias": grad_bias}
    bounds = train_running(x, weight, bias, running_mean, running_variance, momentum, epsilon, grad_out)
    expected = {key: agreeing(bounds[key], value) for key, value in results.items()}
    inputs = {"in": x, "weight": weight, "bias": bias, "initial_running_mean": running_mean,
              "initial_running_variance": running_variance, "grad_out": grad_out}
    return Case(name, "batch_norm_train", {"momentum": momentum, "epsilon": epsilon}, inputs, expected)


def eval_case(label, shape, epsilon=1e-5, variance=1.0):
    name = f"batch_norm_eval_{label}"
    rng = generator(name)
    channels = shape[1]
    x, weight, bias, grad_out = draw(rng, shape), draw(rng, (channels,)), draw(rng, (channels,)), draw(rng, shape)
    running_mean, running_variance = statistics(rng, channels)
    running_variance *= numpy.float32(variance)
    epsilon = float(numpy.float32(epsilon))
    kept = [torch.tensor(double(running_mean)), torch.tensor(double(running_variance))]

    def normalisation(x, weight, bias):
        return F.batch_norm(x, *kept, weight, bias, training=False, eps=epsilon)

    out, gradients = run(normalisation, (x, weight, bias), grad_out)
    bounds = eval_running(x, weight, bias, running_mean, running_variance, epsilon, grad_out)
    results = {"out": out} | dict(zip(("grad_in", "grad_weight", "grad_bias"), gradients))
    expected = {key: agreeing(bounds[key], value) for key, value in results.items()}
    inputs = {"in": x, "weight": weight, "bias": bias, "running_mean": running_mean,
              "running_variance": running_variance, "grad_out": grad_out}
    return Case(name, "batch_norm_eval", {"epsilon": epsilon}, inputs, expected)


def batch_norm():
    def chance(label, shape):
        return draw(generator(f"batch_norm_train_{label}"), shape)

    # Means some 500 times the deviation, where float32's mean of squares less the square of the mean keeps a digit.
    far = chance("large_mean", (4, 3, 3, 2)) / 2 + as_float32([300, -200, 0])[:, None, None]
    constant = chance("constant", (3, 2, 2, 3))
    constant[:, 1] = 0.375
    train = [train_case(label, chance(label, shape), **options) for label, shape, options in (
        ("images", (3, 2, 4, 5), {}), ("rows", (7, 3), {}), ("rank3", (4, 3, 5), {}), ("rank5", (2, 2, 1, 2, 3), {}),
        ("one_image", (1, 2, 3, 4), {}), ("one_channel", (2, 1, 3, 3), {}), ("two_elements", (2, 4), {"epsilon": 0.5}),
        ("momentum0", (4, 2, 2, 2), {"momentum": 0.0}), ("momentum1", (4, 2, 2, 2), {"momentum": 1.0}),
        ("epsilon", (5, 3), {"epsilon": 0.5, "momentum": 0.3}),
    )]
    return train + [
        train_case("large_mean", as_float32(far)), train_case("constant", constant),
        eval_case("images", (3, 2, 4, 5)), eval_case("rows", (5, 3)), eval_case("one_row", (1, 4)),
        eval_case("rank3", (2, 3, 4)), eval_case("epsilon", (2, 2, 3, 3), epsilon=0.5),
        eval_case("small_variance", (2, 3, 2, 2), epsilon=1e-3, variance=1e-4), eval_case("no_batch", (0, 3, 2, 2)),
    ]


def cases():
    return conv2d() + grouped() + pools() + batch_norm()
