// expect: bitfault: on(...): the view is of host memory; a device needs a device_view{pointer,
// extents}

// SPDX-License-Identifier: MIT
#include <bitfault/backends/thrust/device_executor.hpp>
#include <bitfault/embedded.hpp>

using namespace bitfault;

namespace {

/// A system that takes every call and does nothing.
struct no_system {
  template <class Work>
  status run(const Work&, const fault_key&) const noexcept {
    return {};
  }
  status check(const void*, const void*) const noexcept { return {}; }
  status check_list(const void*) const noexcept { return {}; }
};

} // namespace

int main() {
  float memory[8]{};
  const device_executor<no_system> device{no_system{}};
#ifndef CONTROL
  static_cast<void>(
      make_injector(bit_flip{}, exactly{1}).apply(device, view(memory, extents{8}), fault_key{}));
#else
  static_cast<void>(make_injector(bit_flip{}, exactly{1})
                        .apply(device, device_view<float>(memory, extents{8}), fault_key{}));
#endif
}
