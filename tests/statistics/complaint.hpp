// SPDX-License-Identifier: MIT
#pragma once

#include "bitfault/core/error.hpp"

#include <string>

/// What a call says when it refuses its input; nothing if it does not.
template <class Call>
std::string complaint(const Call& call) {
  try {
    static_cast<void>(call());
  } catch (const bitfault::error& e) {
    return e.what();
  }
  return "";
}
