// expect: bitfault::view: the element type of a DLTensor is known at run time only
// SPDX-License-Identifier: MIT
#include "../support/like_dltensor.hpp"

#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/dlpack.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const like_dltensor t{};
  static_cast<void>(view(t));
#else
  const like_dltensor t{};
  static_cast<void>(can_view_as<float>(t));
#endif
}
