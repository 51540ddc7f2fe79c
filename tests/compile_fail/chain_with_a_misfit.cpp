// expect: bitfault: the fault model does not fit the element type
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

struct takes_nothing {
  float operator()() const { return 0; }
};

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(chain{bit_flip{}, takes_nothing{}}, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(chain{bit_flip{}, bit_flip{}}, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
