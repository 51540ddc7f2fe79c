// expect: bitfault: broadcast_over: an observer keeps the faults of one slice only
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  fault_record log[1];
  index_t count = 0;
  const auto one = make_injector(bit_flip{}, exactly{1}, record_to{log, &count});
  static_cast<void>(broadcast_over(axes{0}, during(one_step(3), one)));
#else
  const auto one = make_injector(bit_flip{}, exactly{1});
  static_cast<void>(broadcast_over(axes{0}, during(one_step(3), one)));
#endif
}
