// expect: bitfault: chain or mixture: it needs at least one fault model
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const auto injector = make_injector(chain<>{}, exactly{1});
  static_cast<void>(injector);
#else
  const auto injector = make_injector(chain{bit_flip{}}, exactly{1});
  static_cast<void>(injector);
#endif
}
