"""Cases of module 05's kernels: parameters and states after each of several steps with given gradients; and the cosine
of module 07's learning rate."""

import numpy
import torch

from running import Running
from store import Case, Expected, generator
from tensors import draw

TOLERANCES = {
    "optimizers": "Running error analysis of the contract's formulas from step to step, one eps (two unit roundings) "
    "an operation, so that an equal formula in another order of operations fits.",
    "learning_rate": "Computed in double and rounded once: exact.",
}


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


def learning_rate_case(label, total_steps, **options):
    """Rates of the steps 0 to total_steps, both included; behind them torch's cosine rises again, and ours stays."""
    o = options_of({"peak": 0.1, "last": 0.0} | options)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=o["peak"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=total_steps, eta_min=o["last"])
    rates = []
    for _ in range(total_steps + 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    attributes = o | {"total_steps": total_steps}
    return Case(f"learning_rate_{label}", "learning_rate", attributes, {}, {"rates": Expected(numpy.array(rates))})


def cases():
    cases = [
        sgd_case("plain"), sgd_case("decay", weight_decay=0.05), sgd_case("momentum", momentum=0.9),
        sgd_case("momentum_decay", momentum=0.9, weight_decay=0.01),
        sgd_case("nesterov", momentum=0.9, nesterov=True),
        sgd_case("nesterov_decay", momentum=0.8, nesterov=True, weight_decay=0.01),
        sgd_case("nan", momentum=0.9, nan=True),
    ]
    # Not down to 0: torch computes each rate from the one before, and reaches a few units of the first one's eps.
    cases += [learning_rate_case("cosine", 12, last=0.002), learning_rate_case("long", 50, peak=3.0, last=0.5)]
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
