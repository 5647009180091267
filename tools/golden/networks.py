"""Cases of whole graphs: nodes that are used more than once, and two small MLPs with all their gradients."""

import numpy
import torch
import torch.nn.functional

from rounding import exp_roundings
from running import Running
from store import Case, generator
from tensors import draw, run

F = torch.nn.functional

TOLERANCES = {
    "graph": "Running error analysis of the textbook formulas, one eps (two unit roundings) an operation; relu lies on "
    "the same side of 0 for every value within the bound.",
}


def diamond():
    """y = x x + x: x is used three times, by two nodes."""
    name = "diamond"
    rng = generator(name)
    x, grad_out = draw(rng, (3, 4)), draw(rng, (3, 4))
    out, (grad_in,) = run(lambda x: x * x + x, (x,), grad_out)
    v, g = Running(x), Running(grad_out)
    expected = {"out": (v * v + v).expected(out), "grad_in": (g * v + g * v + g).expected(grad_in)}
    return Case(name, "diamond", {}, {"in": x, "grad_out": grad_out}, expected)


def shared():
    """a = x x, b = a + x, c = a b, out = c + a: a is used at three depths, and must gather all before it hands on."""
    name = "shared"
    rng = generator(name)
    x, grad_out = draw(rng, (2, 5)), draw(rng, (2, 5))
    out, (grad_in,) = run(lambda x: (x * x) * (x * x + x) + x * x, (x,), grad_out)
    v, g = Running(x), Running(grad_out)
    a = v * v
    b = a + v
    grad_b = g * a
    grad_a = g + g * b + grad_b
    expected = {"out": (a * b + a).expected(out), "grad_in": (grad_a * v + grad_a * v + grad_b).expected(grad_in)}
    return Case(name, "shared", {}, {"in": x, "grad_out": grad_out}, expected)


def softmax(z):
    """Rows of z, with the bound of activations.py for its own roundings."""
    p = numpy.exp(z.value - z.value.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    carried = p * (z.error + (p * z.error).sum(axis=1, keepdims=True))
    return Running(p, carried + p * exp_roundings(z.value))


HIDDEN = {
    "relu": (F.relu, lambda z: Running(numpy.maximum(z.value, 0), z.error * (z.value > 0)),
             lambda g, h: Running(g.value * (h.value > 0), g.error * (h.value > 0))),
    "tanh": (torch.tanh, lambda z: Running(numpy.tanh(z.value), z.error * (1 - numpy.tanh(z.value) ** 2) + 8),
             lambda g, h: g * (Running(numpy.ones(h.value.shape)) - h * h)),
}


def cross_entropy_end(logits, labels):
    """The loss, and its gradient by the logits."""
    rows, onehot = len(labels), numpy.eye(logits.value.shape[1])[labels]
    top = logits.value.max(axis=1)
    each = numpy.log(numpy.exp(logits.value - top[:, None]).sum(axis=1)) + top - (logits.value * onehot).sum(axis=1)
    size = abs(top) + abs((logits.value * onehot).sum(axis=1)) + 1
    error = (2 * logits.error.max(axis=1) + (logits.value.shape[1] + 8 + rows) * size).mean()
    return Running(each.mean(), error), (softmax(logits) - Running(onehot)) / float(rows)


def mean_squared_error_end(prediction, target):
    difference = prediction - Running(target)
    loss = (difference * difference).sum().sum() / float(target.size)
    return loss, difference * (2.0 / target.size)


def mlp_torch(x, weights, activation, loss_of):
    leaves = [torch.tensor(w, dtype=torch.float64, requires_grad=True) for w in (x, *weights)]
    hidden = activation(F.linear(leaves[0], leaves[1], leaves[2]))
    output = F.linear(hidden, leaves[3], leaves[4])
    loss = loss_of(output)
    loss.backward()
    return output.detach().numpy(), loss.detach().numpy(), [leaf.grad.numpy() for leaf in leaves]


def mlp_running(x, weights, hidden, end):
    """Forward and backward by hand: linear, activation, linear, loss."""
    _, activation, activation_backward = hidden
    x, weight1, bias1, weight2, bias2 = (Running(w) for w in (x, *weights))
    z = x @ weight1.T + bias1
    h = activation(z)
    output = h @ weight2.T + bias2
    loss, grad_output = end(output)
    grad_h = grad_output @ weight2
    grad_z = activation_backward(grad_h, h)
    return z, output, loss, [grad_z @ weight1, grad_z.T @ x, grad_z.sum(), grad_output.T @ h, grad_output.sum()]


def mlp(name, hidden, loss, batch=6, sizes=(5, 8, 4)):
    rng = generator(name)
    x = draw(rng, (batch, sizes[0]))
    fan_in, hidden_size, outputs = sizes
    shapes = ((hidden_size, fan_in), (hidden_size,), (outputs, hidden_size), (outputs,))
    weights = [draw(rng, shape, -0.7, 0.7) for shape in shapes]
    if loss == "cross_entropy":
        target = rng.integers(0, outputs, batch).astype(numpy.int32)
        labels = torch.tensor(target, dtype=torch.int64)
        torch_loss, end = (lambda y: F.cross_entropy(y, labels)), (lambda y: cross_entropy_end(y, target))
    else:
        target = draw(rng, (batch, outputs))
        torch_target = torch.tensor(target, dtype=torch.float64)
        torch_loss, end = (lambda y: F.mse_loss(y, torch_target)), (lambda y: mean_squared_error_end(y, target))
    output, value, gradients = mlp_torch(x, weights, HIDDEN[hidden][0], torch_loss)
    z, bound_output, bound_loss, bounds = mlp_running(x, weights, HIDDEN[hidden], end)
    assert hidden != "relu" or (abs(z.value) > 4 * 2.0**-23 * z.error).all(), "an element lies on relu's corner"
    expected = {"output": bound_output.expected(output), "loss": bound_loss.expected(value)}
    keys = ("in", "weight1", "bias1", "weight2", "bias2")
    for key, gradient, bound in zip(keys, gradients, bounds, strict=True):
        expected[f"grad_{key}"] = bound.expected(gradient)
    inputs = dict(zip(keys, (x, *weights), strict=True))
    inputs["labels" if loss == "cross_entropy" else "target"] = target
    return Case(name, "mlp", {"hidden": hidden, "loss": loss}, inputs, expected)


def cases():
    return [diamond(), shared(), mlp("mlp_cross_entropy", "relu", "cross_entropy"),
            mlp("mlp_mean_squared_error", "tanh", "mean_squared_error")]
