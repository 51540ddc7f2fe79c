// expect: bitfault: delayed: an observer cannot log spikes that move
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  fault_record log[1];
  index_t count = 0;
  const auto one = make_injector(dropped_spike{}, exactly_elements{1}, record_to{log, &count});
  static_cast<void>(delayed(2, one));
#else
  const auto one = make_injector(dropped_spike{}, exactly_elements{1});
  static_cast<void>(delayed(2, one));
#endif
}
