// SPDX-License-Identifier: MIT
#pragma once

#if __has_include(<ATen/core/Tensor.h>)

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
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
  std::optional<traced_call> call{}; ///< none: the inputs, or what `view` says
  memory_shape shape{};              ///< of its output; offset 0
  std::int64_t begin = 0;            ///< of its output in its memory, during the trace
  ::at::ScalarType type = ::at::kFloat;
  std::vector<std::size_t> inputs{};     ///< layers that it reads
  std::vector<std::size_t> parameters{}; ///< tensors of the module that it reads
  /// The part of the one layer in `inputs` that this shows, where there is no call.
  std::optional<memory_shape> view{};

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

/// Gives the layers that a call reads the numbers that they have now.
template <class Numbers>
void renumber(traced_layer& l, const Numbers& now) {
  if (l.call)
    for (traced_argument& a : l.call->tensors)
      if (a.source.from == traced_source::origin::layer)
        a.source.number = now.at(a.source.number);
}

/// The same layers, and before each layer n that has a name in `names` one for each layer that it
/// reads, which shows that one's output: faults there are seen by layer n only. They are called
/// "NAME.input", "NAME.input1" and so on, in the order of the operator's arguments.
inline std::vector<traced_layer> with_inputs_shown(std::vector<traced_layer> layers,
                                                   const std::vector<std::string>& names) {
  std::vector<traced_layer> all;
  std::vector<std::size_t> place;
  for (std::size_t n = 0; n < layers.size(); ++n) {
    traced_layer& l = layers[n];
    std::map<std::size_t, std::size_t> now; // where the layers that it reads are, by their numbers
    for (std::size_t i = 0; i < l.inputs.size(); ++i) {
      std::size_t from = place[l.inputs[i]];
      if (!names[n].empty()) {
        traced_layer shown;
        shown.module = names[n] + ".input" + (i == 0 ? "" : std::to_string(i));
        shown.view = shown.shape = all[from].shape;
        shown.type = all[from].type;
        shown.inputs = {from};
        from = all.size();
        all.push_back(std::move(shown));
      }
      now[l.inputs[i]] = from;
      l.inputs[i] = from;
    }
    renumber(l, now);
    place.push_back(all.size());
    all.push_back(std::move(l));
  }
  return all;
}

} // namespace bitfault::detail

#endif
