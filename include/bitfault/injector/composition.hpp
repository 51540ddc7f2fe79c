// SPDX-License-Identifier: MIT
#pragma once

#include "injector.hpp"

namespace bitfault::detail {

/// What an injector was composed of, for adaptors that cannot carry every
/// policy. No members: it is no injector.
template <class Injector>
struct composition {};

template <bool Enabled, class Fault, class Selector, class Region, class Bits, class Pattern,
          class Format, class Lifetime, class Observer>
struct composition<
    injector<Enabled, Fault, Selector, Region, Bits, Pattern, Format, Lifetime, Observer>> {
  using fault = Fault;
  using observer = Observer;
};

} // namespace bitfault::detail
