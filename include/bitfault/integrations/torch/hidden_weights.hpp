// SPDX-License-Identifier: MIT
#pragma once

#if __has_include(<torch/csrc/jit/ir/ir.h>)

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitfault::detail {

/// A weight of a TorchScript module that is no parameter and no buffer of it.
struct hidden_weight {
  std::string name;
  std::string why; ///< what became of it; follows the name in a sentence
};

/// An attribute of a module or of one inside it.
struct module_attribute {
  std::string name; ///< from the whole module; "fc.weight" for "fc._packed_params._packed_params"
  torch::jit::Module owner;
  std::string attribute;

  c10::IValue value() const { return owner.attr(attribute); }
  bool is(const module_attribute& other) const {
    return owner._ivalue() == other.owner._ivalue() && attribute == other.attribute;
  }
};

inline std::string joined_path(const std::string& module, const std::string& name) {
  return module.empty() ? name : module + "." + name;
}

/// "fc.weight" for "fc._packed_params._packed_params", other names as they are.
inline std::string name_before_packing(std::string_view attribute) {
  constexpr std::string_view packed = "_packed_params";
  std::string_view name = attribute;
  while (name.size() >= packed.size() && name.substr(name.size() - packed.size()) == packed) {
    name.remove_suffix(packed.size());
    if (!name.empty())
      name.remove_suffix(1); // the dot
  }
  return name == attribute ? std::string(name) : joined_path(std::string(name), "weight");
}

/// Those that are objects of LibTorch's own: weights packed for an engine.
inline std::vector<module_attribute> packed_attributes(const torch::jit::Module& module) {
  std::vector<module_attribute> found;
  for (const auto& m : module.named_modules())
    for (const auto& a : m.value.named_attributes(false))
      if (a.value.isCustomClass())
        found.push_back({name_before_packing(joined_path(m.name, a.name)), m.value, a.name});
  return found;
}

/// "conv1.weight" for a constant that `freeze` called "self.conv1.weight_fused_bn".
inline std::string name_before_freezing(std::string name) {
  if (name.rfind("self.", 0) != 0)
    return "";
  name.erase(0, 5);
  for (const std::string_view end : {"_mkldnn", "_fused_bn"})
    if (name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0)
      name.resize(name.size() - end.size());
  return name_before_packing(name);
}

inline void add_constants(torch::jit::Block* block, std::vector<hidden_weight>& found) {
  for (torch::jit::Node* const node : block->nodes()) {
    for (torch::jit::Block* const inner : node->blocks())
      add_constants(inner, found);
    const bool mkldnn = node->kind() == torch::jit::prim::ConstantMKLDNNTensor;
    if (!mkldnn && node->kind() != torch::jit::prim::Constant)
      continue;
    const auto& type = node->output()->type();
    const bool tensor = type->kind() == c10::TypeKind::TensorType;
    if (!mkldnn && !tensor && type->repr_str().find("torch.classes.") == std::string::npos)
      continue;
    hidden_weight w{name_before_freezing(node->output()->debugName()), ""};
    if (w.name.empty()) // a file does not keep their names
      w.name = !node->output()->hasUses()
                   ? std::string("a constant")
                   : std::string("what ") +
                         node->output()->uses().front().user->kind().toQualString() + " reads";
    w.why = mkldnn
                ? "was packed for MKL-DNN by torch::jit::optimize_for_inference, into a constant "
                  "of the graph, which cannot be struck: inject before that"
                : "is a constant of the graph, as torch::jit::freeze makes them of weights, and "
                  "cannot be struck: inject before that";
    found.push_back(std::move(w));
  }
}

/// The weights that a TorchScript module has in its graphs or packed in objects.
inline std::vector<hidden_weight> hidden_weights(const torch::jit::Module& module) {
  std::vector<hidden_weight> found;
  for (const module_attribute& a : packed_attributes(module))
    found.push_back({a.name,
                     "is packed for quantised operators: quantized_integer_faults, "
                     "quantized_scale_faults and quantized_zero_point_faults strike those of "
                     "linear layers and convolutions"});
  for (const torch::jit::Method& m : module.get_methods())
    add_constants(m.graph()->block(), found);
  return found;
}

} // namespace bitfault::detail

#endif
