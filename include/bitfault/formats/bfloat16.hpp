// SPDX-License-Identifier: MIT
#pragma once

#include "minifloat.hpp"

namespace bitfault::formats {

/// Floating-point elements seen as bfloat16, rounded to nearest: the upper half of a float.
struct bfloat16 : detail::minifloat_policy<bfloat16_format> {};

} // namespace bitfault::formats
