"""Running error analysis (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, section 3.3).

A value in double, and a bound of the error that float32 makes of it in units of eps = 2^-23: each operation adds what
its operands bring along, and one rounding of its own result.
"""

import numpy

from store import Expected


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
