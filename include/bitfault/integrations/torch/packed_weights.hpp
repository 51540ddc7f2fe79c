// SPDX-License-Identifier: MIT
#pragma once

#include "hidden_weights.hpp"
#include "quantizer_faults.hpp"

#if __has_include(<ATen/native/quantized/PackedParams.h>) && \
    __has_include(<torch/csrc/jit/ir/ir.h>)

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/native/quantized/PackedParams.h>
#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <typeindex>
#include <typeinfo>
#include <utility>
#include <vector>

namespace bitfault::detail {

/// "__torch__.torch.classes.quantized.LinearPackedParamsBase"
inline std::string class_of_packed(const c10::IValue& v) {
  std::string name = v.type()->repr_str();
  name.resize(std::min(name.size(), name.find(' ')));
  return name;
}
inline bool is_packed_cell(const c10::IValue& v) {
  return class_of_packed(v).ends_with(".CellParamsBase");
}

/// The weights in an object that LibTorch has packed for quantised operators: one of a linear
/// layer, a convolution or an embedding, two of a recurrent cell (of its inputs, of its state).
class packed_weights {
public:
  explicit packed_weights(const c10::IValue& v) : value_(v) {
    const std::string name = class_of_packed(v);
    if (name.ends_with(".LinearPackedParamsBase"))
      unpack_linear();
    else if (name.ends_with(".Conv2dPackedParamsBase"))
      unpack_convolution<2>();
    else if (name.ends_with(".Conv3dPackedParamsBase"))
      unpack_convolution<3>();
    else if (name.ends_with(".EmbeddingPackedParamsBase"))
      unpack_embedding();
    else if (name.ends_with(".CellParamsBase"))
      unpack_cell();
    else
      throw std::invalid_argument("bitfault: packed weights of class " + name +
                                  " cannot be unpacked here; those of linear layers, convolutions, "
                                  "embeddings and recurrent cells can");
  }

  /// They may share the memory of what is packed: strike copies.
  const std::vector<::at::Tensor>& weights() const noexcept { return weights_; }

  /// Other weights of the same shapes, packed in the same way.
  c10::IValue packed(const std::vector<::at::Tensor>& weights) const { return pack_(weights); }

private:
  static c10::IValue call(const std::string& name, std::vector<c10::IValue> stack) {
    c10::Dispatcher::singleton().findSchemaOrThrow(name.c_str(), "").callBoxed(&stack);
    return stack.at(0);
  }
  /// Which class of which engine it is.
  static std::type_index kind(const c10::IValue& v) {
    const auto holder = v.toObject()->getSlot(0).toCapsule();
    const torch::CustomClassHolder& object = *holder;
    return typeid(object);
  }
  /// A weight that is packed again by one operator, which takes this after the weight.
  void pack_with(const std::string& name, std::vector<c10::IValue> others) {
    pack_ = [golden = value_, name,
             others = std::move(others)](const std::vector<::at::Tensor>& weights) {
      std::vector<c10::IValue> stack{weights.at(0)};
      stack.insert(stack.end(), others.begin(), others.end());
      c10::IValue made = call(name, std::move(stack));
      if (kind(made) != kind(golden))
        throw std::invalid_argument(
            "bitfault: the weight was packed for another engine than LibTorch is set to now; set "
            "that one, as in at::globalContext().setQEngine(at::kQNNPACK)");
      return made;
    };
  }
  void unpack_linear() {
    const auto params = value_.toCustomClass<LinearPackedParamsBase>();
    const std::tuple<::at::Tensor, c10::optional<::at::Tensor>> parts = params->unpack();
    weights_ = {std::get<0>(parts)};
    pack_with("quantized::linear_prepack", {std::get<1>(parts)});
  }
  template <int Axes>
  void unpack_convolution() {
    const auto params = value_.toCustomClass<ConvPackedParamsBase<Axes>>();
    const std::tuple<::at::Tensor, c10::optional<::at::Tensor>> parts = params->unpack();
    weights_ = {std::get<0>(parts)};
    std::vector<c10::IValue> others{std::get<1>(parts), params->stride(), params->padding()};
    if (params->transpose())
      others.emplace_back(params->output_padding());
    others.emplace_back(params->dilation());
    others.emplace_back(params->groups());
    pack_with(std::string("quantized::conv") + (params->transpose() ? "_transpose" : "") +
                  std::to_string(Axes) + "d_prepack",
              std::move(others));
  }
  void unpack_embedding() {
    weights_ = {call("quantized::embedding_bag_unpack", {value_}).toTensor()};
    if (weights_[0].scalar_type() != ::at::kQUInt8)
      throw std::invalid_argument(std::string("bitfault: the packed embedding stores ") +
                                  toString(weights_[0].scalar_type()) +
                                  ", several integers in a byte; those of 8 bits can be struck");
    pack_with("quantized::embedding_bag_prepack", {});
  }
  /// A cell is known by its pickled state only: its kind, tensors, numbers, and two linear layers.
  void unpack_cell() {
    const auto type = value_.toObject()->type();
    const std::vector<c10::IValue> state =
        type->getMethod("__getstate__")({value_}).toTupleRef().elements().vec();
    if (state.at(0).toStringRef() != "quantized_dynamic")
      throw std::invalid_argument("bitfault: the packed recurrent cell is of kind '" +
                                  state[0].toStringRef() +
                                  "'; the weights of 'quantized_dynamic' ones can be struck");
    std::vector<packed_weights> linear;
    for (const c10::IValue& one : state.at(4).toListRef()) {
      linear.emplace_back(one);
      weights_.push_back(linear.back().weights().at(0));
    }
    pack_ = [type, state, linear](const std::vector<::at::Tensor>& weights) {
      auto made_of = state;
      auto list = state.at(4).toList().copy();
      for (std::size_t n = 0; n < linear.size(); ++n)
        list.set(n, linear[n].packed({weights.at(n)}));
      made_of.at(4) = std::move(list);
      c10::IValue made(c10::ivalue::Object::create(c10::StrongTypePtr(nullptr, type), 1));
      type->getMethod("__setstate__")({made, c10::ivalue::Tuple::create(std::move(made_of))});
      return made;
    };
  }

  c10::IValue value_;
  std::vector<::at::Tensor> weights_;
  std::function<c10::IValue(const std::vector<::at::Tensor>&)> pack_;
};

/// The weights that are packed in a module: those of a cell by themselves.
inline std::vector<module_attribute> packed_parts(const torch::jit::Module& module) {
  std::vector<module_attribute> parts;
  for (const module_attribute& a : packed_attributes(module)) {
    if (!is_packed_cell(a.value())) {
      parts.push_back(a);
      continue;
    }
    for (std::size_t part = 0; part < 2; ++part) {
      parts.push_back(a);
      parts.back().name += part == 0 ? ".weight_ih" : ".weight_hh";
      parts.back().part = part;
    }
  }
  return parts;
}

} // namespace bitfault::detail

#endif
