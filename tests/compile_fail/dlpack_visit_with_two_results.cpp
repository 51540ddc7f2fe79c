// expect: bitfault::visit: the function must return the same type for every element type
// SPDX-License-Identifier: MIT
#include "../support/like_dltensor.hpp"

#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/dlpack.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const like_dltensor t{};
  visit(t, [](auto v) { return *v.data(); });
#else
  const like_dltensor t{};
  visit(t, [](auto v) { return to_real(*v.data()); });
#endif
}
