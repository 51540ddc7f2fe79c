// expect: bitfault: bits::given: no bit given
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
  [[maybe_unused]] float memory[8]{};
#ifndef CONTROL
  const auto injector = make_injector(bit_flip{}, exactly{1}, bits::given{});
#else
  const auto injector = make_injector(bit_flip{}, exactly{1}, bits::given{3});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
