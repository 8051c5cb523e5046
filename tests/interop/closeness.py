"""How close two computations of the same tensors have to be."""

import numpy

# Bits of a significand, and the exponent of the least normal number.
BITS = {"F16": (11, -14), "BF16": (8, -126), "F32": (24, -126), "F64": (53, -1022)}


def numbers(dtype: str, data: bytes) -> numpy.ndarray:
    if dtype == "BF16":
        return (numpy.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4").astype(numpy.float64)
    return numpy.frombuffer(data, {"F16": "<f2", "F32": "<f4", "F64": "<f8"}[dtype]).astype(numpy.float64)


def step(dtype: str, values: numpy.ndarray) -> numpy.ndarray:
    """From each number of the dtype to the next larger one."""
    bits, least = BITS[dtype]
    return numpy.ldexp(1.0, numpy.maximum(numpy.frexp(values)[1] - 1, least) - bits + 1)


def too_far(dtype: str, found: numpy.ndarray, right: numpy.ndarray, largest: numpy.ndarray | float,
            in_between: numpy.ndarray | float = 0.0) -> numpy.ndarray:
    """Where they are neither equal nor one step apart, nor 2^-20 of `largest`, of which sums that cancel are made. The
    step is that of `in_between`, where this is larger: the other side rounds that to the dtype, too."""
    apart = numpy.abs(found - right)
    one = step(dtype, numpy.maximum(numpy.maximum(numpy.abs(found), numpy.abs(right)), in_between))
    return numpy.flatnonzero(~((apart <= one) | (apart <= largest * 2.0**-20)))
