"""Cases of whole graphs and of several steps of optimisers, with errors carried along by running error analysis.

Running carries a value in double and a bound of its error in units of eps = 2^-23, as Higham does by hand ("Accuracy
and Stability of Numerical Algorithms", 2002, section 3.3): each operation adds what its operands bring along, and one
rounding of its own result.
"""

import numpy
import torch
import torch.nn.functional

from rounding import exp_roundings
from store import Case, Expected, as_float32, generator
from tensors import draw, run

F = torch.nn.functional

TOLERANCES = {
    "graph": "Running error analysis of the textbook formulas, one eps (two unit roundings) an operation; relu lies on "
    "the same side of 0 for every value within the bound.",
    "optimizers": "Running error analysis of the contract's formulas from step to step, one eps (two unit roundings) "
    "an operation, so that an equal formula in another order of operations fits.",
}


class Running:
    """A value and a bound of its error, in units of eps."""

    def __init__(self, value, error=0.0):
        self.value = numpy.asarray(value, dtype=numpy.float64)
        self.error = numpy.broadcast_to(numpy.asarray(error, dtype=numpy.float64), self.value.shape)

    def rounded(self, value, carried):
        return Running(value, carried + abs(value))

    def __add__(self, other):
        return self.rounded(self.value + other.value, self.error + other.error)

    def __sub__(self, other):
        return self.rounded(self.value - other.value, self.error + other.error)

    def __mul__(self, other):
        other = other if isinstance(other, Running) else Running(other)
        return self.rounded(self.value * other.value, abs(self.value) * other.error + self.error * abs(other.value))

    def __truediv__(self, other):
        other = other if isinstance(other, Running) else Running(other)
        quotient = self.value / other.value
        return self.rounded(quotient, (self.error + abs(quotient) * other.error) / abs(other.value))

    def __matmul__(self, other):
        carried = abs(self.value) @ other.error + self.error @ abs(other.value)
        terms = (self.value.shape[-1] + 1) * (abs(self.value) @ abs(other.value))
        return Running(self.value @ other.value, carried + terms)

    def sum(self):
        """Over the first dimension."""
        return Running(self.value.sum(0), self.error.sum(0) + len(self.value) * abs(self.value).sum(0))

    def sqrt(self):
        root = numpy.sqrt(self.value)
        return self.rounded(root, self.error / (2 * numpy.maximum(root, 1e-30)))

    @property
    def T(self):
        return Running(self.value.T, self.error.T)

    def expected(self, value):
        """As torch computed it: the same formula, so the two agree to double precision."""
        numpy.testing.assert_allclose(self.value, value, rtol=1e-9, atol=1e-30)
        return Expected(value, 1, self.error)


# ---- graphs


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


# ---- optimisers


def options_of(values):
    """As the float32 that Kiln's options hold, in double: torch then gets the very same numbers."""
    return {key: value if isinstance(value, bool) else float(numpy.float32(value)) for key, value in values.items()}


def torch_steps(make, parameter, gradients, state_names):
    leaf = torch.tensor(parameter, dtype=torch.float64, requires_grad=True)
    optimizer = make([leaf])
    history = {name: [] for name in ("parameter", *state_names.values())}
    for gradient in gradients:
        leaf.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        history["parameter"].append(leaf.detach().numpy().copy())
        for theirs, ours in state_names.items():
            history[ours].append(optimizer.state[leaf][theirs].numpy().copy())
    return {name: numpy.stack(steps) for name, steps in history.items()}


def sgd_running(o, parameter, gradients, velocity=0.0):
    p, velocity = Running(parameter), Running(velocity + numpy.zeros(parameter.shape))
    for gradient in gradients:
        g = Running(gradient) + p * o["weight_decay"]
        velocity = velocity * o["momentum"] + g
        p = p - (g + velocity * o["momentum"] if o["nesterov"] else velocity) * o["learning_rate"]
        yield {"parameter": p, "velocity": velocity}


def adam_running(o, parameter, gradients, decoupled):
    p = Running(parameter)
    m = v = Running(numpy.zeros(parameter.shape))
    for t, gradient in enumerate(gradients, 1):
        g = Running(gradient)
        decay = p * o["weight_decay"]
        if not decoupled:
            g = g + decay
        m = m * o["beta1"] + g * (1 - o["beta1"])
        v = v * o["beta2"] + g * g * (1 - o["beta2"])
        step = m / (1 - o["beta1"] ** t) / ((v / (1 - o["beta2"] ** t)).sqrt() + Running(o["epsilon"]))
        p = p - step * o["learning_rate"] - (decay * o["learning_rate"] if decoupled else Running(0.0))
        yield {"parameter": p, "first_moment": m, "second_moment": v}


def optimizer_case(name, op, options, make, running, state_names, scale=1.0, steps=5, nan=False):
    rng = generator(name)
    shape = (3, 4)
    parameter = draw(rng, shape)
    gradients = draw(rng, (steps, *shape)) * numpy.float32(scale)
    gradients[0, 0, 0] = gradients[:, 1, 1] = 0  # moments of 0, at first and for good
    if nan:
        gradients[2, 1, 2] = numpy.nan  # its own element, from then on
    history = torch_steps(make, parameter, gradients, state_names)
    bounds = list(running(parameter, gradients))
    expected = {}
    for key, values in history.items():
        error = numpy.stack([step[key].error for step in bounds])
        expected[key] = Running(numpy.stack([step[key].value for step in bounds]), error).expected(values)
    inputs = {"initial_parameter": parameter, "gradient": gradients}
    return Case(name, op, options, inputs, expected)


def sgd_case(label, nan=False, **changes):
    o = options_of({"learning_rate": 0.1, "momentum": 0.0, "weight_decay": 0.0, "nesterov": False} | changes)

    def make(parameters):
        return torch.optim.SGD(parameters, lr=o["learning_rate"], momentum=o["momentum"],
                               weight_decay=o["weight_decay"], nesterov=o["nesterov"])

    names = {"momentum_buffer": "velocity"} if o["momentum"] > 0 else {}
    return optimizer_case(f"sgd_{label}", "sgd_step", o, make, lambda p, g: sgd_running(o, p, g), names, nan=nan)


def adam_case(op, label, scale=1.0, nan=False, **changes):
    usual = {"learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0}
    o = options_of(usual | changes)
    kind = torch.optim.Adam if op == "adam_step" else torch.optim.AdamW

    def make(parameters):
        return kind(parameters, lr=o["learning_rate"], betas=(o["beta1"], o["beta2"]), eps=o["epsilon"],
                    weight_decay=o["weight_decay"])

    names = {"exp_avg": "first_moment", "exp_avg_sq": "second_moment"}
    name = f"{op.removesuffix('_step')}_{label}"
    decoupled = op == "adamw_step"
    return optimizer_case(name, op, o, make, lambda p, g: adam_running(o, p, g, decoupled), names, scale, nan=nan)


def optimizers():
    cases = [
        sgd_case("plain"), sgd_case("decay", weight_decay=0.05), sgd_case("momentum", momentum=0.9),
        sgd_case("momentum_decay", momentum=0.9, weight_decay=0.01),
        sgd_case("nesterov", momentum=0.9, nesterov=True),
        sgd_case("nesterov_decay", momentum=0.8, nesterov=True, weight_decay=0.01),
        sgd_case("nan", momentum=0.9, nan=True),
    ]
    for op in ("adam_step", "adamw_step"):
        cases += [
            adam_case(op, "plain"), adam_case(op, "decay", weight_decay=0.1),
            adam_case(op, "betas", beta1=0.5, beta2=0.9, epsilon=0.01, learning_rate=0.1),
            adam_case(op, "no_memory", beta1=0.0, beta2=0.0),
            adam_case(op, "nan", nan=True),
            # Steps so long that the parameter does not hide the errors of the moments' corrections.
            adam_case(op, "long_steps", learning_rate=100.0),
            adam_case(op, "tiny_gradients", scale=1e-7), adam_case(op, "large_gradients", scale=1e6),
        ]
    return cases


def cases():
    return [diamond(), shared(), mlp("mlp_cross_entropy", "relu", "cross_entropy"),
            mlp("mlp_mean_squared_error", "tanh", "mean_squared_error")] + optimizers()
