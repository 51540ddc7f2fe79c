// SPDX-License-Identifier: MIT
#pragma once

#if __has_include(<ATen/core/Tensor.h>)

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <bit>
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

enum class shared_elements { none, some, all };

/// How many of the elements of a part lie where elements of another tensor do. Time and memory in
/// the size of both, unless that one is dense.
inline shared_elements elements_shared(const ::at::Tensor& whole, const ::at::Tensor& part) {
  if (whole.is_same(part))
    return shared_elements::all;
  if (!whole.has_storage() || !part.has_storage() || !whole.is_alias_of(part) ||
      whole.numel() == 0 || part.numel() == 0)
    return shared_elements::none;
  const auto first = [](const ::at::Tensor& t) {
    return t.storage_offset() * static_cast<std::int64_t>(t.element_size());
  };
  const auto end = [&](const ::at::Tensor& t) {
    std::int64_t last = 0;
    for (std::int64_t axis = 0; axis < t.dim(); ++axis)
      last += (t.size(axis) - 1) * t.stride(axis);
    return first(t) + (last + 1) * static_cast<std::int64_t>(t.element_size());
  };
  if (end(part) <= first(whole) || end(whole) <= first(part))
    return shared_elements::none;
  if (whole.is_non_overlapping_and_dense() && first(whole) <= first(part) &&
      end(part) <= end(whole))
    return shared_elements::all;
  const std::int64_t begin = std::min(first(whole), first(part));
  const ::at::Tensor bytes =
      ::at::zeros({std::max(end(whole), end(part)) - begin}, ::at::TensorOptions(::at::kBool));
  const auto bytes_of = [&](const ::at::Tensor& t) {
    memory_shape s = memory_shape::of(t);
    for (std::int64_t& stride : s.strides)
      stride *= static_cast<std::int64_t>(t.element_size());
    s.sizes.push_back(static_cast<std::int64_t>(t.element_size()));
    s.strides.push_back(1);
    return bytes.as_strided(s.sizes, s.strides, first(t) - begin);
  };
  bytes_of(whole).fill_(true);
  const ::at::Tensor in_both = bytes_of(part);
  return in_both.all().item<bool>()   ? shared_elements::all
         : in_both.any().item<bool>() ? shared_elements::some
                                      : shared_elements::none;
}

/// What the integers of a quantised tensor mean.
struct affine_quantizer {
  double scale;
  std::int64_t zero_point;
  /// The same bits: a scale that a fault has made NaN is equal to itself.
  friend bool operator==(const affine_quantizer& a, const affine_quantizer& b) {
    return std::bit_cast<std::uint64_t>(a.scale) == std::bit_cast<std::uint64_t>(b.scale) &&
           a.zero_point == b.zero_point;
  }
};

/// Where a tensor that an operator takes comes from.
struct traced_source {
  enum class origin {
    layer,    ///< what layer `number` has put out
    computed, ///< what `computed[number]` gives: it depends on parameters, not on the inputs
    stored,   ///< weight `number` of those that are stored otherwise than operators read them
    fixed     ///< another parameter or buffer, or a constant
  };
  origin from = origin::fixed;
  std::size_t number = 0;
  ::at::Tensor tensor{}; ///< if fixed
  c10::IValue value{};   ///< if stored: the argument as it was
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
  /// Where among `arguments` the scale of the output is, before its zero point, if they are those
  /// of the module that calls.
  std::optional<std::size_t> quantizer{};
};

/// The values and indices of a layer's output, and the output that they make.
enum class sparse_form { values, indices, unpacked };

/// Something that is computed from the inputs.
struct traced_layer {
  std::string module{};
  std::string name{};
  std::uint64_t number = 0;
  std::optional<traced_call> call{}; ///< none: the inputs, or what `view` says
  memory_shape shape{};              ///< of its output; offset 0
  std::int64_t begin = 0;            ///< of its output in its memory, during the trace
  ::at::ScalarType type = ::at::kFloat;
  std::optional<affine_quantizer> quantizer{}; ///< of a quantised output, during the trace
  /// Which one it is of those that are stored, if it is one.
  std::optional<std::size_t> stored_quantizer{};
  std::vector<std::size_t> inputs{}; ///< layers that it reads
  /// Tensors of the module that it reads, and after those, weights that are stored otherwise.
  std::vector<std::size_t> parameters{};
  /// Those of them that are the scale or zero point of its output. They take no faults: the layers
  /// after it would have to know what the output says then.
  std::vector<std::size_t> quantizer_parameters{};
  /// The part of the one layer in `inputs` that this shows, where there is no call.
  std::optional<memory_shape> view{};
  /// Or what of the first layer in `inputs`, stored as sparse, this is: see `with_sparse_outputs`.
  std::optional<sparse_form> sparse{};

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
        shown.quantizer = all[from].quantizer;
        shown.stored_quantizer = all[from].stored_quantizer;
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

/// The same layers, and after each layer n that has a name in `names` three more: the values that
/// are not 0 in its output, "NAME.values", their indices, "NAME.indices", and "NAME.unpacked",
/// which all its readers read. A row of values and indices for each of the `rows` of an output.
inline std::vector<traced_layer> with_sparse_outputs(std::vector<traced_layer> layers,
                                                     const std::vector<std::string>& names,
                                                     std::int64_t rows) {
  std::vector<traced_layer> all;
  std::vector<std::size_t> place; // where the output of a layer is for its readers
  for (std::size_t n = 0; n < layers.size(); ++n) {
    traced_layer& l = layers[n];
    renumber(l, place);
    for (std::size_t& i : l.inputs)
      i = place[i];
    const std::size_t from = all.size();
    all.push_back(std::move(l));
    place.push_back(from);
    if (names[n].empty())
      continue;
    const memory_shape shape = all[from].shape;
    const bool in_rows = !shape.sizes.empty() && shape.sizes[0] == rows;
    std::int64_t elements = 1, axes = 0;
    for (std::size_t axis = in_rows ? 1 : 0; axis < shape.sizes.size(); ++axis, ++axes)
      elements *= shape.sizes[axis];
    const auto add = [&](const char* what, sparse_form form, std::vector<std::size_t> inputs,
                         ::at::ScalarType type, const memory_shape& of) {
      traced_layer stored;
      stored.module = names[n] + "." + what;
      stored.sparse = form;
      stored.inputs = std::move(inputs);
      stored.type = type;
      stored.shape = of;
      all.push_back(std::move(stored));
    };
    const ::at::ScalarType type = all[from].type;
    add("values", sparse_form::values, {from}, type, {{rows, elements}, {elements, 1}});
    add("indices", sparse_form::indices, {from}, ::at::kLong,
        {{rows, axes, elements}, {axes * elements, elements, 1}});
    add("unpacked", sparse_form::unpacked, {from, from + 1, from + 2}, type, shape);
    place.back() = from + 3;
  }
  return all;
}

/// Whether a part lies in what a layer puts out.
inline bool within(const memory_shape& part, const traced_layer& whole) {
  std::int64_t last = part.offset, room = 0;
  for (std::size_t axis = 0; axis < part.sizes.size(); ++axis) {
    if (part.sizes[axis] == 0)
      return true;
    last += (part.sizes[axis] - 1) * part.strides[axis];
  }
  for (std::size_t axis = 0; axis < whole.shape.sizes.size(); ++axis)
    room += (whole.shape.sizes[axis] - 1) * whole.shape.strides[axis];
  return part.offset >= 0 && last <= room;
}

/// Those of the layers that lead to one of them, which comes last, and the first.
inline std::vector<traced_layer> leading_to(std::vector<traced_layer> layers, std::size_t last) {
  std::vector<std::size_t> place(layers.size(), 0);
  place[last] = 1;
  for (std::size_t n = last + 1; n-- > 0;)
    if (place[n] != 0)
      for (const std::size_t i : layers[n].inputs)
        place[i] = 1;
  place[0] = 1;
  std::vector<traced_layer> live;
  for (std::size_t n = 0; n <= last; ++n) {
    if (place[n] == 0)
      continue;
    place[n] = live.size();
    traced_layer l = std::move(layers[n]);
    for (std::size_t& i : l.inputs)
      i = place[i];
    renumber(l, place);
    live.push_back(std::move(l));
  }
  return live;
}

} // namespace bitfault::detail

#endif
