// SPDX-License-Identifier: MIT
#pragma once

#include "recorded_call.hpp"

#if __has_include(<ATen/record_function.h>)

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace bitfault {

/// Tensor n of what a module puts out. Those in tuples, lists and dictionaries count through, in
/// their order. For the function that `recorded_model` takes:
///
///     [net](const at::Tensor& x) mutable { return bitfault::output_tensor(net.forward({x}), 1); }
///
/// Throws std::invalid_argument if there are fewer.
inline ::at::Tensor output_tensor(const c10::IValue& output, std::size_t n) {
  const std::vector<::at::Tensor> tensors = detail::tensors_in(std::vector<c10::IValue>{output});
  if (n >= tensors.size())
    throw std::invalid_argument("bitfault: the module puts out " + std::to_string(tensors.size()) +
                                (tensors.size() == 1 ? " tensor" : " tensors") +
                                ", counted from 0; there is no " + std::to_string(n));
  return tensors[n];
}

} // namespace bitfault

#endif
