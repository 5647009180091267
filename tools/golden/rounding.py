"""What the tolerances of several operations share. eps is 2^-23, two unit roundings of float32."""

import numpy

FEW = 8  # "a few units in the last place": what exp, erf or tanh and the operations around it may cost together
SMALLEST = 2.0**-126  # below it an error of one unit is 2^-149 whatever the value


def double(array):
    return numpy.asarray(array).astype(numpy.float64)


def exp_roundings(x):
    """Of exp(x - max) over a row's sum, relative: n additions, the distance d from the maximum, whose rounding exp
    makes a factor of, and a few of its own. d counts as 0 where x is -inf, whose exponential is an exact 0."""
    with numpy.errstate(invalid="ignore"):  # a row of nothing but -inf
        distance = x.max(axis=-1, keepdims=True) - x
    return x.shape[-1] + numpy.where(numpy.isfinite(distance), distance, 0) + FEW
