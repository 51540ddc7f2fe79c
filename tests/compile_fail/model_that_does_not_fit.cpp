// expect: bitfault: the fault model does not fit the element type
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

struct takes_nothing {
  float operator()() const { return 0; }
};
struct takes_value {
  float operator()(float value, random_source&) const { return -value; }
};

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(takes_nothing{}, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(takes_value{}, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
