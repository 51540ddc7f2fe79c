// SPDX-License-Identifier: MIT
#pragma once

#if __has_include(<ATen/record_function.h>)

#include "module_tensors.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/enum_tag.h>
#include <ATen/core/ivalue.h>
#include <ATen/record_function.h>
#include <torch/csrc/jit/runtime/interpreter.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bitfault::detail {

#ifdef NDEBUG
inline c10::ArrayRef<const c10::IValue> inputs_of(const ::at::RecordFunction& f) {
  return f.inputs();
}
#else
// `inputs()` asserts on a flag that LibTorch keeps only if it was itself built for debugging, which
// packages are not: the member is read directly. An explicit instantiation may name it.
struct record_function_inputs {
  friend constexpr auto member_of(record_function_inputs);
};
template <class Tag, auto Member>
struct shown_member {
  friend constexpr auto member_of(Tag) { return Member; }
};
template struct shown_member<record_function_inputs, &::at::RecordFunction::inputs_>;
inline c10::ArrayRef<const c10::IValue> inputs_of(const ::at::RecordFunction& f) {
  return f.*member_of(record_function_inputs{});
}
#endif

/// Calls f(tensor) for each defined tensor in a value, in its order, in tuples, lists and
/// dictionaries too.
template <class F>
void for_each_tensor(const c10::IValue& value, const F& f) {
  if (value.isTensor()) {
    if (value.toTensor().defined())
      f(value.toTensor());
  } else if (value.isTensorList()) {
    for (const ::at::Tensor& t : value.toTensorVector())
      if (t.defined())
        f(t);
  } else if (value.isTuple()) {
    for (const c10::IValue& part : value.toTupleRef().elements())
      for_each_tensor(part, f);
  } else if (value.isList()) {
    for (const c10::IValue& part : value.toListRef())
      for_each_tensor(part, f);
  } else if (value.isGenericDict()) {
    for (const auto& part : value.toGenericDict())
      for_each_tensor(part.value(), f);
  }
}

template <class Values>
std::vector<::at::Tensor> tensors_in(const Values& values) {
  std::vector<::at::Tensor> found;
  for (const c10::IValue& v : values)
    for_each_tensor(v, [&](const ::at::Tensor& t) { found.push_back(t); });
  return found;
}

/// "layer1.0.conv1" of the module that TorchScript's interpreter is in, "" outside of it. Its
/// frames are named "TOP(Net)::forward", "layer1(Sequential)::forward", "::relu" and so on.
inline std::string interpreted_module() {
  std::string path;
  for (const std::string& frame : torch::jit::currentModuleHierarchy()) {
    const std::size_t bracket = frame.find('(');
    const std::string_view name = std::string_view(frame).substr(0, bracket);
    if (bracket == std::string::npos || name.empty() || name == "TOP" || name == "SELF")
      continue;
    path.append(path.empty() ? "" : ".").append(name);
  }
  return path;
}

/// An operator call between its start and its end.
class recorded_call {
public:
  recorded_call(const ::at::RecordFunction& f, const c10::OperatorName& name)
      : operator_(c10::Dispatcher::singleton().findSchema(name)), name_(f.name()),
        given_(last(inputs_of(f), arguments_of_schema())) {}
  recorded_call(const recorded_call&) = delete;
  recorded_call& operator=(const recorded_call&) = delete;

  /// Copies the arguments, which LibTorch has until the call begins. Most calls interest nobody, so
  /// `module_of` works without.
  void keep_arguments() {
    if (given_.data() == arguments_.data())
      return;
    arguments_.assign(given_.begin(), given_.end());
    given_ = arguments_;
    inputs_ = tensors_in(arguments_);
  }

  const std::string& name() const noexcept { return name_; }
  /// The tensors among what the call has put out.
  std::vector<::at::Tensor> outputs(const ::at::RecordFunction& f) const {
    const std::size_t count = operator_ ? operator_->schema().returns().size() : f.outputs().size();
    return tensors_in(last(f.outputs(), count));
  }
  const std::vector<c10::IValue>& arguments() const noexcept { return arguments_; }
  const std::optional<c10::OperatorHandle> handle() const {
    return operator_ ? std::optional<c10::OperatorHandle>(*operator_) : std::nullopt;
  }

  /// The path of the module that calls: the owner of a parameter that it takes, or else what the
  /// interpreter says.
  const std::string& module_of(const module_tensors& names) {
    const std::string* owner = nullptr;
    for (const c10::IValue& v : given_)
      for_each_tensor(v, [&](const ::at::Tensor& t) {
        if (owner == nullptr)
          owner = names.owner(t);
      });
    if (owner != nullptr)
      return *owner;
    if (!interpreted_)
      interpreted_ = interpreted_module();
    return *interpreted_;
  }
  std::string text(const module_tensors& names) {
    const std::string& module = module_of(names);
    return name_ + (module.empty() ? "" : " in '" + module + "'");
  }

  /// Whether the outputs are only other views of an input's memory, which the call has not written.
  bool is_view(const std::vector<::at::Tensor>& outputs) const {
    return !writes() && std::all_of(outputs.begin(), outputs.end(), [&](const ::at::Tensor& o) {
      return std::any_of(inputs_.begin(), inputs_.end(),
                         [&](const ::at::Tensor& i) { return share_memory(o, i); });
    });
  }
  /// Whether the call writes to an argument.
  bool writes() const {
    if (!operator_)
      return false;
    const auto& all = operator_->schema().arguments();
    return std::any_of(all.begin(), all.end(), [](const c10::Argument& a) {
      return a.alias_info() != nullptr && a.alias_info()->isWrite();
    });
  }
  /// Whether all outputs are declared as views of an argument.
  bool only_views() const {
    if (!operator_ || writes())
      return false;
    const auto& all = operator_->schema().returns();
    return !all.empty() && std::all_of(all.begin(), all.end(), [](const c10::Argument& a) {
      return a.alias_info() != nullptr;
    });
  }

  /// Input tensor n, which the call must not write to or pass on: faults in it would outlast it.
  ::at::Tensor separate_input(std::size_t n) const {
    if (n >= inputs_.size())
      throw std::invalid_argument("bitfault: " + name_ + " has " + std::to_string(inputs_.size()) +
                                  " input tensors; there is no " + std::to_string(n));
    if (writes())
      throw std::invalid_argument("bitfault: " + name_ +
                                  " writes to its input; strike its output instead");
    return inputs_[n];
  }
  /// Throws if an output lies in the memory of input n.
  void require_apart(const std::vector<::at::Tensor>& outputs, std::size_t n) const {
    for (const ::at::Tensor& o : outputs)
      if (n < inputs_.size() && share_memory(o, inputs_[n]))
        throw std::invalid_argument("bitfault: " + name_ +
                                    " passes its input on; strike what made that input instead");
  }

  static bool share_memory(const ::at::Tensor& a, const ::at::Tensor& b) {
    return a.has_storage() && b.has_storage() &&
           a.storage().unsafeGetStorageImpl() == b.storage().unsafeGetStorageImpl();
  }

private:
  /// For a boxed call LibTorch gives the whole stack, and beneath an operator's values
  /// TorchScript's interpreter may have others.
  template <class Values>
  static c10::ArrayRef<c10::IValue> last(const Values& values, std::size_t count) {
    const std::size_t beneath = values.size() - std::min(values.size(), count);
    return c10::ArrayRef<c10::IValue>(values.data() + beneath, values.size() - beneath);
  }
  std::size_t arguments_of_schema() const {
    return operator_ ? operator_->schema().arguments().size() : ~std::size_t{0};
  }

  c10::optional<c10::OperatorHandle> operator_;
  std::string name_;
  c10::ArrayRef<c10::IValue> given_; ///< LibTorch's, until they are kept
  std::vector<c10::IValue> arguments_;
  std::vector<::at::Tensor> inputs_;
  std::optional<std::string> interpreted_;
};

inline bool has_tag(const c10::OperatorHandle& handle, ::at::Tag tag) { return handle.hasTag(tag); }
/// Whether a call turns values into something that is no tensor, or no tensor of a known shape.
inline bool decides(const recorded_call& call) {
  constexpr std::array<std::string_view, 6> names{"aten::item",       "aten::_local_scalar_dense",
                                                  "aten::is_nonzero", "aten::equal",
                                                  "aten::allclose",   "aten::nonzero"};
  return std::find(names.begin(), names.end(), call.name()) != names.end() ||
         has_tag(*call.handle(), ::at::Tag::dynamic_output_shape) ||
         has_tag(*call.handle(), ::at::Tag::data_dependent_output);
}

} // namespace bitfault::detail

#endif
