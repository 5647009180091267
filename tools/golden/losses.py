"""Cases of module 04's kernels and their gradients. TOLERANCES is written as in activations.py."""

import numpy
import torch
import torch.nn.functional

from rounding import FEW, SMALLEST, double, exp_roundings
from store import Case, Expected, as_float32, generator
from tensors import INFINITY, NAN, draw, run

F = torch.nn.functional

TOLERANCES = {
    "mean_squared_error": "N squares of a difference that is rounded once, all positive: N + 4 roundings, relative. "
    "Backward g 2 (p - t) / N: 5 roundings, relative.",
    "binary_cross_entropy": "Terms max(x, 0), x t, log(1 + exp(-|x|)), summed over N: N + 8 roundings on the mean of "
    "their sum. Backward g (sigmoid(x) - t) / N: 8 + 3 roundings on |g| (sigmoid(x) + t) / N.",
    "cross_entropy": "Of each row that counts log-softmax at the label, then their mean: (C + 8 + N) eps "
    "mean(|x_label| + |max| + 1). Backward g (softmax - onehot) / rows, with d = max - x: |g| (softmax (C + d + 8 + 3) "
    "+ 3 onehot) / rows.",
}


def mean_squared_error_case(label, shape, scale=1.0):
    name = f"mean_squared_error_{label}"
    rng = generator(name)
    prediction, target = draw(rng, shape) * numpy.float32(scale), draw(rng, shape)
    grad_loss = draw(rng, (), 0.5, 2)
    loss, (grad, grad_target) = run(F.mse_loss, (prediction, target), grad_loss)
    expected = {"loss": Expected(loss, prediction.size + 4), "grad_prediction": Expected(grad, 5)}
    expected["grad_target"] = Expected(grad_target, 5)
    inputs = {"prediction": prediction, "target": target, "grad_loss": grad_loss}
    return Case(name, "mean_squared_error", {}, inputs, expected)


def binary_cross_entropy_case(label, logits, target):
    name = f"binary_cross_entropy_{label}"
    grad_loss = draw(generator(name + "/grad"), (), 0.5, 2)
    function = F.binary_cross_entropy_with_logits
    loss, (grad, _) = run(function, (logits, target), grad_loss)
    x, t, n = double(logits), double(target), logits.size
    size = (numpy.maximum(x, 0) + abs(x) * t + numpy.log1p(numpy.exp(-abs(x)))).mean()
    sigmoid = 1 / (1 + numpy.exp(-numpy.clip(x, -700, 700)))
    grad_size = abs(double(grad_loss)) * (sigmoid + t + SMALLEST) / n
    expected = {"loss": Expected(loss, n + FEW, size), "grad_logits": Expected(grad, FEW + 3, grad_size)}
    inputs = {"logits": logits, "target": target, "grad_loss": grad_loss}
    return Case(name, "binary_cross_entropy", {}, inputs, expected)


def cross_entropy_bounds(x, labels, counts, grad_loss):
    """(terms, magnitude) of the loss and of the gradient; ignored rows have none."""
    rows_that_count, classes = counts.sum(), x.shape[1]
    finite = numpy.where(numpy.isinf(x), 0, x)
    at_label = abs(finite[numpy.arange(len(x)), numpy.where(counts, labels, 0)])
    size = ((at_label + abs(x.max(axis=1)) + 1) * counts).sum() / rows_that_count
    softmax = F.softmax(torch.tensor(x), -1).numpy() * (exp_roundings(x) + 3) + FEW * SMALLEST
    onehot = numpy.arange(classes)[None, :] == labels[:, None]
    grad = abs(grad_loss) * (softmax + 3 * onehot) * counts[:, None] / rows_that_count
    return (classes + FEW + len(x), size), (1, grad)


def cross_entropy_case(label, logits, labels, ignore_index=-100, gradient=True):
    name = f"cross_entropy_{label}"
    labels = numpy.array(labels, dtype=numpy.int32)
    grad_loss = draw(generator(name + "/grad"), (), 0.5, 2)
    target = torch.tensor(labels, dtype=torch.int64)
    loss, (grad,) = run(lambda x: F.cross_entropy(x, target, ignore_index=ignore_index), (logits,), grad_loss)
    counted = numpy.where(labels[:, None] == ignore_index, 0, double(logits))
    forward, backward = cross_entropy_bounds(counted, labels, labels != ignore_index, double(grad_loss))
    expected = {"loss": Expected(loss, *forward)}
    inputs = {"logits": logits, "labels": labels}
    if gradient:
        expected["grad_logits"] = Expected(grad, *backward)
        inputs["grad_loss"] = grad_loss
    return Case(name, "cross_entropy", {"ignore_index": ignore_index}, inputs, expected)


def cases():
    rng = generator("losses")
    chance = as_float32(rng.uniform(0, 1, (4, 3)))
    certain = as_float32([0, 1, 0, 1, 0, 1, 0.5, 1])
    huge = as_float32([-1e4, 1e4, 1e4, -1e4, -100, 100, 0, -88])
    ignored = as_float32([[NAN, 1], [2, 1], [INFINITY, 0]])
    impossible = as_float32([[-INFINITY, 1, 2], [0, -INFINITY, -1], [-INFINITY, -INFINITY, 3]])
    return [
        mean_squared_error_case("matrix", (4, 3)), mean_squared_error_case("scalar", ()),
        mean_squared_error_case("long", (61,)), mean_squared_error_case("large", (2, 3, 4), 1e6),
        binary_cross_entropy_case("matrix", draw(rng, (4, 3), -5, 5), chance),
        binary_cross_entropy_case("huge", huge, certain),
        binary_cross_entropy_case("nothing_left", as_float32([-30, -20, -17, -40]), as_float32([0, 0, 0, 0])),
        binary_cross_entropy_case("scalar", draw(rng, ()), as_float32(0.25)),
        cross_entropy_case("matrix", draw(rng, (6, 5), -4, 4), [0, 4, 2, 2, 1, 3]),
        cross_entropy_case("ignored", draw(rng, (5, 4), -4, 4), [3, -100, 0, -100, 1]),
        cross_entropy_case("ignored_class", draw(rng, (5, 4), -4, 4), [3, 2, 0, 2, 1], ignore_index=2),
        # Of a row with NaN that is ignored torch's gradient is NaN, and Kiln's is not.
        cross_entropy_case("ignored_nan", ignored, [-100, 0, -100], gradient=False),
        cross_entropy_case("one_class", draw(rng, (3, 1)), [0, 0, 0]),
        cross_entropy_case("one_row", draw(rng, (1, 23)), [11]),
        cross_entropy_case("huge", draw(rng, (3, 6), -1e4, 1e4), [0, 5, 2]),
        cross_entropy_case("impossible", impossible, [1, 0, 2]),
        cross_entropy_case("nan", as_float32([[INFINITY, 0], [-INFINITY, -INFINITY], [1, 2]]), [1, 0, 1]),
        cross_entropy_case("impossible_label", impossible, [0, 0, 2]),
    ]
