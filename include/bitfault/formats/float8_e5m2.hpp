// SPDX-License-Identifier: MIT
#pragma once

#include "minifloat.hpp"

namespace bitfault::formats {

/// Floating-point elements seen as the e5m2 of the OCP 8-bit Floating Point Specification: as IEEE
/// 754, largest number 57344, smallest 2^-16. What is too large becomes infinity.
struct float8_e5m2 : detail::minifloat_policy<float8_e5m2_format> {};

} // namespace bitfault::formats
