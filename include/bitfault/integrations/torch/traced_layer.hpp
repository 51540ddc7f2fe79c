// SPDX-License-Identifier: MIT
#pragma once

#if __has_include(<ATen/core/Tensor.h>)

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bitfault::detail {

/// How a tensor lies in memory; `offset` counts elements.
struct memory_shape {
  std::vector<std::int64_t> sizes{};
  std::vector<std::int64_t> strides{};
  std::int64_t offset = 0;

  static memory_shape of(const ::at::Tensor& t) {
    return {t.sizes().vec(), t.strides().vec(), t.storage_offset()};
  }
  friend bool operator==(const memory_shape&, const memory_shape&) = default;
};

/// Where a tensor that an operator takes comes from.
struct traced_source {
  enum class origin {
    layer,    ///< what layer `number` has put out
    computed, ///< what `computed[number]` gives: it depends on parameters, not on the inputs
    fixed     ///< a parameter, buffer or constant
  };
  origin from = origin::fixed;
  std::size_t number = 0;
  ::at::Tensor tensor{}; ///< if fixed
  memory_shape shape{};  ///< the part that is read; its offset from the beginning of the output
};

struct traced_argument {
  std::size_t argument = 0;
  std::optional<std::size_t> in_list{}; ///< which one of a list of tensors
  traced_source source{};
};

/// An operator call to be made again.
struct traced_call {
  c10::OperatorHandle handle;
  std::vector<c10::IValue> arguments{}; ///< those that are not in `tensors`
  std::vector<traced_argument> tensors{};
  std::optional<std::size_t> written{}; ///< which of `tensors` it writes to
  std::size_t output = 0;               ///< which of its output tensors is meant
};

/// Something that is computed from the inputs.
struct traced_layer {
  std::string module{};
  std::string name{};
  std::uint64_t number = 0;
  std::optional<traced_call> call{}; ///< none: the inputs, or a view of another layer
  memory_shape shape{};              ///< of its output; offset 0
  std::int64_t begin = 0;            ///< of its output in its memory, during the trace
  ::at::ScalarType type = ::at::kFloat;
  std::vector<std::size_t> inputs{};     ///< layers that it reads
  std::vector<std::size_t> parameters{}; ///< tensors of the module that it reads

  bool contiguous() const {
    std::int64_t distance = 1;
    for (std::size_t axis = shape.sizes.size(); axis-- > 0;) {
      if (shape.sizes[axis] != 1 && shape.strides[axis] != distance)
        return false;
      distance *= shape.sizes[axis];
    }
    return true;
  }
};

} // namespace bitfault::detail

#endif
