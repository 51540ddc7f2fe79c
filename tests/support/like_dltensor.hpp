// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

/// DLTensor's members, for systems without dlpack.h.
struct like_dltensor {
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
