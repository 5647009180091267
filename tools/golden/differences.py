"""Where torch's results are not what Kiln's contracts promise: shown, so that nobody takes them for mistakes."""

import torch
import torch.nn.functional

F = torch.nn.functional
INFINITY = float("inf")
NAN = float("nan")


def leaf(values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def gradient(function, values):
    x = leaf(values)
    return torch.autograd.grad(function(x).sum(), x)[0].tolist()


def rows():
    """(what, torch's result, the contract's)"""
    nothing = [[-INFINITY, -INFINITY]]
    yield "gelu(-inf)", F.gelu(leaf([-INFINITY])).tolist(), "[0]"
    yield "gelu_tanh(-inf)", F.gelu(leaf([-INFINITY]), approximate="tanh").tolist(), "[0]"
    yield "gradient of gelu at -inf, inf", gradient(F.gelu, [-INFINITY, INFINITY]), "[0, 1]"
    gelu_tanh = gradient(lambda x: F.gelu(x, approximate="tanh"), [-INFINITY, INFINITY])
    yield "gradient of gelu_tanh at -inf, inf", gelu_tanh, "[0, 1]"
    yield "gradient of relu at NaN", gradient(F.relu, [NAN]), "[nan]"
    yield "softmax of a row of -inf", F.softmax(leaf(nothing), -1).tolist(), "[[0, 0]]"
    yield "log_softmax of a row of -inf", F.log_softmax(leaf(nothing), -1).tolist(), "[[-inf, -inf]]"
    yield "gradient of max of (1, NaN, NaN)", gradient(lambda x: x.amax(-1), [1, NAN, NAN]), "[0, 0.5, 0.5]"
    yield "dropout: NaN and inf, dropped", (leaf([NAN, INFINITY]) * torch.zeros(2)).tolist(), "[0, 0]"
    empty = leaf([])
    yield "mean squared error of nothing", F.mse_loss(empty, empty).tolist(), "an error"
    yield "binary cross-entropy of nothing", F.binary_cross_entropy_with_logits(empty, empty).tolist(), "an error"
    outside = F.binary_cross_entropy_with_logits(leaf([1]), leaf([1.5])).tolist()
    yield "binary cross-entropy of the target 1.5 at 1", outside, "an error"
    ignored = torch.tensor([-100])
    yield "cross-entropy where no row counts", F.cross_entropy(leaf([[1, 2]]), ignored).tolist(), "an error"
    with_nan = gradient(lambda x: F.cross_entropy(x, torch.tensor([-100, 0])), [[NAN, 2], [0, 0]])
    yield "gradient of cross-entropy: an ignored row with NaN", with_nan, "[[0, 0], [-0.5, 0.5]]"

    weight = torch.ones(1, 1, 1, 3, dtype=torch.float64)
    weight[..., 0] = INFINITY
    row = leaf([[[[1, 2]]]])
    yield "conv2d: infinite weight over the padding", F.conv2d(row, weight, padding=(0, 1)).tolist(), "[[[[3, inf]]]]"
    _, winner = F.max_pool2d(leaf([[[[NAN, NAN]]]]), (1, 2), return_indices=True)
    yield "max_pool2d: winner of (NaN, NaN)", winner.tolist(), "[[[[0]]]]"


def table():
    lines = ["| what | torch | Kiln's contract |", "|---|---|---|"]
    for what, theirs, ours in rows():
        lines.append(f"| {what} | {theirs} | {ours} |")
    return "\n".join(lines)
