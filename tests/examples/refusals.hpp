// SPDX-License-Identifier: MIT
#pragma once

#include "catch.hpp"

#include <exception>
#include <string>
#include <vector>

namespace demo_tests {

/// What `call` throws says, or "nothing thrown".
template <class Call>
[[nodiscard]] std::string complaint(const Call& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing thrown";
}

/// `call` throws, and what it says contains each of `parts`.
template <class Call>
void check_refused(const Call& call, const std::vector<std::string>& parts) {
  const auto text = complaint(call);
  CAPTURE(text);
  for (const auto& part : parts) {
    CHECK(text.find(part) != std::string::npos);
  }
}

} // namespace demo_tests
