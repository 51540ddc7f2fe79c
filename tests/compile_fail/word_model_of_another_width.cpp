// expect: bitfault: the fault model does not fit the element type
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
  float memory[8]{};
#ifndef CONTROL
  const auto flip = [](std::uint16_t w, std::uint16_t m, auto&) -> std::uint16_t { return w ^ m; };
  static_cast<void>(make_injector(flip, exactly{1}).apply(view(memory), fault_key{}));
#else
  const auto flip = [](std::uint32_t w, std::uint32_t m, auto&) { return w ^ m; };
  static_cast<void>(make_injector(flip, exactly{1}).apply(view(memory), fault_key{}));
#endif
}
