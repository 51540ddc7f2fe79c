// expect: bitfault: bits given for a value fault
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

struct halve {
  template <class T>
  constexpr T operator()(T value, auto& /*random*/) const noexcept {
    return static_cast<T>(value / 2);
  }
};

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(halve{}, exactly{1}, bits::sign{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(halve{}, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
