// SPDX-License-Identifier: MIT
#pragma once

#include "catch.hpp"

#include <bitfault/campaign/audit.hpp>

#include <string>
#include <vector>

/// The row of an audit that has that name.
inline const bitfault::campaign::audited_method&
named(const std::vector<bitfault::campaign::audited_method>& all, const std::string& name) {
  for (const auto& m : all)
    if (m.name == name)
      return m;
  FAIL("no method '" << name << "'");
  return all.front();
}
