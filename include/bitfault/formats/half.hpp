// SPDX-License-Identifier: MIT
#pragma once

#include "minifloat.hpp"

namespace bitfault::formats {

/// Floating-point elements seen as IEEE 754 half precision: largest number 65504, smallest 2^-24.
struct half : detail::minifloat_policy<half_format> {};

} // namespace bitfault::formats
