// expect: bitfault: a device view needs a device executor; the host must not write there
// SPDX-License-Identifier: MIT
#include <bitfault/backends/host/scratch.hpp>
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(zero{}, exactly{1});
  const auto scope = injector.scoped(device_view<float>(memory, extents{8}), fault_key{});
  static_cast<void>(scope);
#else
  float memory[8]{};
  const auto injector = make_injector(zero{}, exactly{1});
  const auto scope = injector.scoped(view(memory, extents{8}), fault_key{});
  static_cast<void>(scope);
#endif
}
