// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <string>

/// The bytes of a tensor's elements in row-major order, to compare bits as bits.
inline std::string bytes_of(const at::Tensor& t) {
  const at::Tensor c = t.contiguous();
  return {static_cast<const char*>(c.data_ptr()),
          static_cast<std::size_t>(c.numel()) * c.element_size()};
}
