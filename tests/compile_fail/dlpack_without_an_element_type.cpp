// expect: bitfault::view: the element type of a DLTensor is known at run time only
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
  static_cast<void>(view(t));
#else
  const tensor t{};
  static_cast<void>(can_view_as<float>(t));
#endif
}
