// SPDX-License-Identifier: MIT
#pragma once

#include "hidden_weights.hpp"
#include "module_tensors.hpp"
#include "packed_weights.hpp"
#include "parameter_faults.hpp"
#include "quantizer_faults.hpp"

#if __has_include(<ATen/native/quantized/PackedParams.h>) && \
    __has_include(<torch/csrc/jit/ir/ir.h>)

#include "../../core/error.hpp"
#include "../../fault_list/name_pattern.hpp"
#include "../../random/fault_key.hpp"

#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Faults in the weights of quantised TorchScript modules, which hold them packed for the engine
/// that computes with them: a weight is unpacked, a copy of it is struck and packed, and the module
/// has that until the scope ends. Tried with LibTorch 1.13.1 and 2.10.0 (QNNPACK). Hosted.
namespace bitfault {

namespace detail {

/// What a pattern names: packed weights and, if `number` is not "", the attributes of that name in
/// layers that have a scale and a zero point for what they put out.
inline std::vector<module_attribute> find_quantized(const torch::jit::Module& module,
                                                    std::string_view pattern,
                                                    const std::string& number) {
  std::vector<module_attribute> all_of_them = packed_parts(module), found;
  if (!number.empty())
    for (const module_attribute& m : modules_that_quantise(module))
      all_of_them.push_back({joined_path(m.name, number), m.owner, number, 0});
  std::vector<std::string> names;
  for (const module_attribute& a : all_of_them) {
    names.push_back(a.name);
    const bool seen = std::any_of(found.begin(), found.end(),
                                  [&a](const module_attribute& other) { return a.is(other); });
    if (!seen && fits_pattern(a.name, pattern)) // a module that occurs twice is struck once
      found.push_back(a);
  }
  if (found.empty()) {
    std::string hint;
    for (const hidden_weight& w : hidden_weights(module))
      if (hint.empty() && (names.empty() || fits_pattern(w.name, pattern)))
        hint = "; '" + w.name + "' " + w.why;
    throw std::invalid_argument(not_there("packed weight", pattern, names, hint));
  }
  return found;
}

struct kept_attribute {
  module_attribute where;
  c10::IValue value;
};

/// What an attribute is with faults, which has the value `golden` now. `strike(tensor, key)`
/// strikes a quantised tensor: the weight, or one without elements that has a layer's scale and
/// zero point.
template <class Strike>
c10::IValue struck_attribute(const module_attribute& a, const c10::IValue& golden,
                             const fault_key& key, const Strike& strike) {
  if (golden.isCustomClass()) {
    const packed_weights w(golden);
    std::vector<::at::Tensor> weights = w.weights();
    weights.at(a.part) = copy_of_quantised(weights.at(a.part));
    strike(weights[a.part], key).or_throw();
    return w.packed(weights);
  }
  const ::at::Tensor q = ::at::_empty_affine_quantized({0}, ::at::TensorOptions(::at::kQUInt8),
                                                       a.owner.attr("scale").toDouble(),
                                                       a.owner.attr("zero_point").toInt());
  strike(q, key).or_throw();
  return golden.isDouble() ? c10::IValue(q.q_scale()) : c10::IValue(q.q_zero_point());
}

} // namespace detail

/// Faults in a quantised module that end with the scope: it gives the module back the very objects
/// that it had. Made by `quantized_integer_faults` and its like.
class [[nodiscard]] quantized_fault_scope {
public:
  quantized_fault_scope(std::vector<detail::kept_attribute> golden, std::size_t count)
      : golden_(std::move(golden)), count_(count) {}
  quantized_fault_scope(quantized_fault_scope&&) noexcept = default;
  quantized_fault_scope& operator=(quantized_fault_scope&&) = delete;
  ~quantized_fault_scope() { restore(); }

  /// How many weights and numbers have faults.
  std::size_t size() const noexcept { return golden_.empty() ? 0 : count_; }
  /// Takes the faults back now; the end of the scope then does nothing.
  void restore() noexcept {
    for (; !golden_.empty(); golden_.pop_back())
      golden_.back().where.owner.setattr(golden_.back().where.attribute, golden_.back().value);
  }

private:
  std::vector<detail::kept_attribute> golden_;
  std::size_t count_;
};

namespace detail {

template <class Strike>
quantized_fault_scope strike_quantized(const torch::jit::Module& module, std::string_view pattern,
                                       const char* number, const fault_key& key,
                                       const Strike& strike) {
  std::vector<module_attribute> named = find_quantized(module, pattern, number);
  const std::size_t count = named.size();
  std::vector<c10::IValue> struck; // all of them, before the module is changed
  const auto add = [&struck](const module_attribute& a, const auto& make) {
    const auto refuse = [&](std::string_view why) {
      refuse_tensor("", {a.name, ::at::Tensor(), false}, why);
    };
    try {
      struck.push_back(make());
    } catch (const error& refused) {
      refuse(refused.what());
    } catch (const std::invalid_argument& refused) {
      refuse(refused.what());
    } catch (const c10::Error& refused) { // the engine does not take such a weight
      refuse(refused.what_without_backtrace());
    }
  };
  for (std::size_t n = 0; n < count; ++n)
    add(named[n], [&] {
      c10::IValue golden = named[n].value();
      for (std::size_t before = 0; before < n; ++before) // another part of the same object
        if (named[before].is_attribute(named[n]))
          golden = struck[before];
      return struck_attribute(named[n], golden, key_of_tensor(key, n), strike);
    });
  // QNNPACK keeps in a packed convolution what it made of the output's scale in the first pass: a
  // layer with another scale has its weight packed anew.
  for (std::size_t n = 0; n < count; ++n)
    if (!named[n].value().isCustomClass())
      for (const module_attribute& a : packed_attributes(named[n].owner))
        if (std::none_of(named.begin(), named.end(),
                         [&a](const module_attribute& other) { return a.is_attribute(other); })) {
          add(a, [&a]() -> c10::IValue {
            const packed_weights w(a.value());
            return w.packed(w.weights());
          });
          named.push_back(a);
        }
  std::vector<kept_attribute> golden;
  for (const module_attribute& a : named)
    golden.push_back({a, a.value()});
  // Before the module is changed: whatever throws then, it gets back what it had.
  quantized_fault_scope scope(std::move(golden), count);
  for (std::size_t n = 0; n < named.size(); ++n)
    named[n].owner.setattr(named[n].attribute, struck[n]);
  return scope;
}

} // namespace detail

/// Faults in the stored integers of every packed weight that a pattern names, until the scope ends:
///
///     const auto faults =
///         bitfault::quantized_integer_faults(net, "conv*.weight", flips, {.seed = 42});
///
/// A module with an attribute `conv1._packed_params` has a weight "conv1.weight": linear layers,
/// dynamic and static, convolutions of two and three axes, one axis and transposed ones too, and
/// embeddings of 8 bits. Its axes are those of the layer before it was quantised. Recurrent layers
/// and cells, dynamic ones, have "lstm._all_weight_values.0.param.weight_ih" and ".weight_hh".
/// Keys as for `parameter_faults`; a
/// module that is used at several places is struck once. The module has other objects while there
/// are faults; no pass of it may run then in another thread. Costs a copy and a packing of each
/// weight.
///
/// Throws std::invalid_argument, and changes nothing, for a pattern that names none, for other
/// packed objects (embeddings of 4 bits, recurrent layers of half precision), for what the injector
/// refuses and for what the engine refuses to pack (QNNPACK takes any integers; oneDNN zero points
/// of 0 only).
template <class... T, class Injector>
quantized_fault_scope quantized_integer_faults(const torch::jit::Module& module,
                                               std::string_view pattern, const Injector& injector,
                                               const fault_key& key) {
  return detail::strike_quantized(module, pattern, "", key,
                                  [&injector](const ::at::Tensor& q, const fault_key& k) {
                                    return detail::apply_stored<T...>(injector, q, k);
                                  });
}

/// The same for scales, as in `scale_faults`: those of packed weights, and the attributes `scale`,
/// under their own names ("conv1.scale"), with which statically quantised layers quantise what they
/// put out. (Dynamically quantised layers have that attribute, too, and do not use it.)
template <class Injector>
quantized_fault_scope quantized_scale_faults(const torch::jit::Module& module,
                                             std::string_view pattern, const Injector& injector,
                                             const fault_key& key) {
  return detail::strike_quantized(module, pattern, "scale", key,
                                  [&injector](const ::at::Tensor& q, const fault_key& k) {
                                    return detail::strike_scale(injector, q, k);
                                  });
}

/// The same for zero points, as in `zero_point_faults`: of std::int8_t, std::uint8_t or
/// std::int32_t, or float in embeddings. An injector that does not fit all four names its types.
/// Those of outputs ("conv1.zero_point") are struck as std::uint8_t.
template <class... T, class Injector>
quantized_fault_scope quantized_zero_point_faults(const torch::jit::Module& module,
                                                  std::string_view pattern,
                                                  const Injector& injector, const fault_key& key) {
  return detail::strike_quantized(module, pattern, "zero_point", key,
                                  [&injector](const ::at::Tensor& q, const fault_key& k) {
                                    return detail::strike_zero_point<T...>(injector, q, k);
                                  });
}

} // namespace bitfault

#endif
