// SPDX-License-Identifier: MIT
#pragma once

#include "minifloat.hpp"

namespace bitfault::formats {

/// Floating-point elements seen as the e4m3 of the OCP 8-bit Floating Point Specification: no
/// infinity, S.1111.111 is NaN, largest number 448, smallest 2^-9. What is too large, infinity too,
/// becomes the largest number (the saturating mode of the specification).
struct float8_e4m3 : detail::minifloat_policy<float8_e4m3_format> {};

} // namespace bitfault::formats
