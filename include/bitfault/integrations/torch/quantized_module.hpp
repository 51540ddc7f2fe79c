// SPDX-License-Identifier: MIT
#pragma once

#include "hidden_weights.hpp"
#include "module_tensors.hpp"
#include "parameter_faults.hpp"
#include "quantizer_faults.hpp"

#if __has_include(<ATen/native/quantized/PackedParams.h>) && \
    __has_include(<torch/csrc/jit/ir/ir.h>)

#include "../../core/error.hpp"
#include "../../fault_list/name_pattern.hpp"
#include "../../random/fault_key.hpp"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/native/quantized/PackedParams.h>
#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <typeindex>
#include <typeinfo>
#include <utility>
#include <vector>

/// Faults in the weights of quantised TorchScript modules, which hold them packed for the engine
/// that computes with them: a weight is unpacked, a copy of it is struck and packed, and the module
/// has that until the scope ends. Tried with LibTorch 1.13.1 (QNNPACK). Hosted.
namespace bitfault {

namespace detail {

/// The packed weight and bias of a linear layer or a convolution.
class packed_weight {
public:
  explicit packed_weight(const c10::IValue& v) : value_(v) {
    std::string name = v.type()->repr_str();
    name.resize(std::min(name.size(), name.find(' ')));
    const auto is = [&name](std::string_view end) {
      return name.size() >= end.size() && name.substr(name.size() - end.size()) == end;
    };
    if (is(".LinearPackedParamsBase"))
      unpack_linear();
    else if (is(".Conv2dPackedParamsBase"))
      unpack_convolution<2>();
    else if (is(".Conv3dPackedParamsBase"))
      unpack_convolution<3>();
    else
      throw std::invalid_argument("bitfault: packed weights of class " + name +
                                  " cannot be unpacked here; those of linear layers and "
                                  "convolutions can");
  }

  /// Shares the memory of what is packed: strike a copy.
  const ::at::Tensor& weight() const noexcept { return weight_; }

  /// Another weight of the same shape, packed in the same way.
  c10::IValue packed(const ::at::Tensor& weight) const {
    std::vector<c10::IValue> stack{weight, bias_};
    stack.insert(stack.end(), geometry_.begin(), geometry_.end());
    const c10::OperatorHandle pack =
        c10::Dispatcher::singleton().findSchemaOrThrow(prepack_.c_str(), "");
    pack.callBoxed(&stack);
    if (kind(stack.at(0)) != kind(value_))
      throw std::invalid_argument(
          "bitfault: the weight was packed for another engine than LibTorch is set to now; set "
          "that one, as in at::globalContext().setQEngine(at::kQNNPACK)");
    return stack.at(0);
  }

private:
  void unpack_linear() {
    const auto params = value_.toCustomClass<LinearPackedParamsBase>();
    const std::tuple<::at::Tensor, c10::optional<::at::Tensor>> parts = params->unpack();
    weight_ = std::get<0>(parts);
    bias_ = std::get<1>(parts);
    prepack_ = "quantized::linear_prepack";
  }
  template <int Axes>
  void unpack_convolution() {
    const auto params = value_.toCustomClass<ConvPackedParamsBase<Axes>>();
    const std::tuple<::at::Tensor, c10::optional<::at::Tensor>> parts = params->unpack();
    weight_ = std::get<0>(parts);
    bias_ = std::get<1>(parts);
    geometry_ = {params->stride(), params->padding()};
    if (params->transpose())
      geometry_.emplace_back(params->output_padding());
    geometry_.emplace_back(params->dilation());
    geometry_.emplace_back(params->groups());
    prepack_ = std::string("quantized::conv") + (params->transpose() ? "_transpose" : "") +
               std::to_string(Axes) + "d_prepack";
  }
  /// Which class of which engine it is.
  static std::type_index kind(const c10::IValue& v) {
    const auto holder = v.toObject()->getSlot(0).toCapsule();
    const torch::CustomClassHolder& object = *holder;
    return typeid(object);
  }

  c10::IValue value_;
  ::at::Tensor weight_;
  c10::optional<::at::Tensor> bias_;
  std::vector<c10::IValue> geometry_;
  std::string prepack_;
};

/// What a pattern names: packed weights and, if `number` is not "", the attributes of that name in
/// layers that have a scale and a zero point for what they put out.
inline std::vector<module_attribute> find_quantized(const torch::jit::Module& module,
                                                    std::string_view pattern,
                                                    const std::string& number) {
  std::vector<module_attribute> all_of_them = packed_attributes(module), found;
  if (!number.empty())
    for (const auto& m : module.named_modules())
      if (m.value.hasattr("scale") && m.value.attr("scale").isDouble() &&
          m.value.hasattr("zero_point") && m.value.attr("zero_point").isInt())
        all_of_them.push_back({joined_path(m.name, number), m.value, number});
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

/// What an attribute is with faults. `strike(tensor, key)` strikes a quantised tensor: the weight,
/// or one without elements that has a layer's scale and zero point.
template <class Strike>
c10::IValue struck_attribute(const module_attribute& a, const fault_key& key,
                             const Strike& strike) {
  const c10::IValue golden = a.value();
  if (golden.isCustomClass()) {
    const packed_weight w(golden);
    const ::at::Tensor copy = w.weight().clone();
    strike(copy, key).or_throw();
    return w.packed(copy);
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
    add(named[n], [&] { return struck_attribute(named[n], key_of_tensor(key, n), strike); });
  // QNNPACK keeps in a packed convolution what it made of the output's scale in the first pass: a
  // layer with another scale has its weight packed anew.
  for (std::size_t n = 0; n < count; ++n)
    if (!named[n].value().isCustomClass())
      for (const module_attribute& a : packed_attributes(named[n].owner))
        if (std::none_of(named.begin(), named.end(),
                         [&a](const module_attribute& other) { return a.is(other); })) {
          add(a, [&a]() -> c10::IValue {
            const packed_weight w(a.value());
            return w.packed(w.weight());
          });
          named.push_back(a);
        }
  std::vector<kept_attribute> golden;
  for (const module_attribute& a : named)
    golden.push_back({a, a.value()});
  for (std::size_t n = 0; n < named.size(); ++n)
    named[n].owner.setattr(named[n].attribute, struck[n]);
  return quantized_fault_scope(std::move(golden), count);
}

} // namespace detail

/// Faults in the stored integers of every packed weight that a pattern names, until the scope ends:
///
///     const auto faults =
///         bitfault::quantized_integer_faults(net, "conv*.weight", flips, {.seed = 42});
///
/// A module with an attribute `conv1._packed_params` has a weight "conv1.weight": linear layers,
/// dynamic and static, and convolutions of two and three axes, one axis and transposed ones too.
/// Its axes are those of the layer before it was quantised. Keys as for `parameter_faults`; a
/// module that is used at several places is struck once. The module has other objects while there
/// are faults; no pass of it may run then in another thread. Costs a copy and a packing of each
/// weight.
///
/// Throws std::invalid_argument, and changes nothing, for a pattern that names none, for packed
/// objects of other layers (recurrent ones, embeddings), for what the injector refuses and for what
/// the engine refuses to pack (QNNPACK takes any integers; oneDNN zero points of 0 only).
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

/// The same for zero points, as in `zero_point_faults`; those of outputs ("conv1.zero_point") are
/// struck as std::uint8_t.
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
