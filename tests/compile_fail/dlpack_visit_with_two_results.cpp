// expect: bitfault::visit: the function must return the same type for every element type
// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/dlpack.hpp>

#include <cstdint>

/// DLTensor's members, for systems without dlpack.h.
struct tensor {
  void* data;
  struct {
    int device_type, device_id;
  } device;
  int ndim;
  struct {
    std::uint8_t code, bits;
    std::uint16_t lanes;
  } dtype;
  std::int64_t* shape;
  std::int64_t* strides;
  std::uint64_t byte_offset;
};

using namespace bitfault;

int main() {
#ifndef CONTROL
  const tensor t{};
  visit(t, [](auto v) { return *v.data(); });
#else
  const tensor t{};
  visit(t, [](auto v) { return to_real(*v.data()); });
#endif
}
