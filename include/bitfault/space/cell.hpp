// SPDX-License-Identifier: MIT
#pragma once

#include "../core/bits.hpp"

#include <cstdint>

namespace bitfault::detail {

/// One element and a mask in its word: where one event acts, or one of the places where it does.
struct cell {
  index_t element = 0;
  std::uint64_t mask = 0;
};

} // namespace bitfault::detail
