#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes include/bitfault/random/normal_table.hpp: the polynomials behind normal_deviate.

The upper tail probability p of a deviate z >= 0 lies in (2^-50, 1/2]. It is cut into octaves
[2^-(k+2), 2^-(k+1)), k = 0 ... 48. Within an octave p = 2^-(k+2) * (3 + t) / 2 with t in [-1, 1),
and z(t) is a polynomial of degree 7, interpolated at the Chebyshev nodes. Coefficients are fixed
point numbers with 27 fractional bits.

The inverse distribution function is statistics.NormalDist().inv_cdf (Wichura's AS 241). Compared
with mpmath at 60 digits it is off by less than 5e-15 down to p = 2^-61, and one unit of the table
is 7.5e-9.

Usage: make_normal_table.py > normal_table.hpp
       make_normal_table.py --check normal_table.hpp    (is it what would be written?)
"""
import math
import statistics
import sys

OCTAVES = 49
DEGREE = 7
FRACTION_BITS = 27

HEADER = """\
// SPDX-License-Identifier: MIT
#pragma once

// Written by cmake/make_normal_table.py; do not edit.

#include "../config/macros.hpp"

#include <cstdint>

namespace bitfault::detail {{

inline constexpr unsigned normal_octaves = {octaves};
inline constexpr unsigned normal_degree = {degree};
inline constexpr int normal_table_fraction_bits = {bits};

struct normal_coefficients {{
  std::int32_t value[normal_octaves][normal_degree + 1];
}};

// clang-format off
inline constexpr normal_coefficients normal_table{{{{
"""
FOOTER = """\
}};
// clang-format on

#if defined(__CUDACC__)
// A kernel sees no table of the host, and one inside of a function is copied to the stack.
[[maybe_unused]] static __device__ constexpr normal_coefficients normal_device_table = normal_table;
#endif

/// Coefficient of t^i for tail probabilities 2^-(k+2) * (3 + t) / 2, -1 <= t < 1. Requires
/// k < normal_octaves, i <= normal_degree.
BITFAULT_FN constexpr std::int32_t normal_coefficient(unsigned k, unsigned i) noexcept {
#if defined(__CUDA_ARCH__)
  return normal_device_table.value[k][i];
#else
  return normal_table.value[k][i];
#endif
}

} // namespace bitfault::detail
"""


def upper_quantile(p):
    """z with P(Z > z) = p. (The lower tail is asked for: 1 - p would lose all digits.)"""
    return -statistics.NormalDist().inv_cdf(p)


def chebyshev(values):
    """Coefficients of T_0, T_1, ... of the polynomial through the values at the nodes."""
    n = len(values)
    result = [2 / n * math.fsum(v * math.cos(j * math.pi * (i + 0.5) / n)
                                for i, v in enumerate(values)) for j in range(n)]
    result[0] /= 2
    return result


def powers(series):
    """The same polynomial in 1, t, t^2, ..."""
    n = len(series)
    result = [0.0] * n
    previous, current = [1] + [0] * n, [0, 1] + [0] * (n - 1)
    for c in series:
        for i in range(n):
            result[i] += c * previous[i]
        following = [-previous[i] + (2 * current[i - 1] if i > 0 else 0) for i in range(n + 1)]
        previous, current = current, following
    return result


def octave(k):
    n = DEGREE + 1
    nodes = [math.cos(math.pi * (i + 0.5) / n) for i in range(n)]
    values = [upper_quantile(2.0 ** -(k + 2) * (3 + t) / 2) for t in nodes]
    return [round(c * 2**FRACTION_BITS) for c in powers(chebyshev(values))]


def text():
    out = HEADER.format(octaves=OCTAVES, degree=DEGREE, bits=FRACTION_BITS)
    for k in range(OCTAVES):
        out += "  {" + ", ".join(str(c) for c in octave(k)) + "},\n"
    return out + FOOTER


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        with open(sys.argv[2], encoding="utf-8") as file:
            if file.read() != text():
                sys.exit(f"{sys.argv[2]} is not what make_normal_table.py writes")
    elif len(sys.argv) == 1:
        sys.stdout.write(text())
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
