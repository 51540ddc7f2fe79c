// SPDX-License-Identifier: MIT
#pragma once

#include "../../fault_list/name_pattern.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace bitfault {

/// A weight of a module that takes no faults, or not the kind that was asked for.
struct hidden_weight {
  std::string name;
  std::string why; ///< what became of it; follows the name in a sentence
};

/// "'conv1.weight' is a constant of the graph ..." of those that a pattern names, as "*.weight" or
/// "conv1.weight.scale" do; "" if it names none. A pattern that begins with '@' means all of them.
inline std::string why_hidden(const std::vector<hidden_weight>& weights, std::string_view pattern,
                              bool or_all = false) {
  const auto fits = [pattern](const std::string& name) {
    return pattern.substr(0, 1) == "@" || fits_pattern(name, pattern) ||
           (pattern.size() > name.size() && pattern.substr(0, name.size()) == name &&
            (pattern[name.size()] == '.' || pattern[name.size()] == '['));
  };
  std::vector<hidden_weight> named;
  for (const hidden_weight& w : weights)
    if (fits(w.name))
      named.push_back(w);
  const std::vector<hidden_weight>& shown = named.empty() && or_all ? weights : named;
  if (shown.empty())
    return "";
  const std::string others =
      shown.size() == 1 ? "" : " (one of " + std::to_string(shown.size()) + ")";
  return "'" + shown.front().name + "'" + others + " " + shown.front().why;
}

} // namespace bitfault

#if __has_include(<torch/csrc/jit/ir/ir.h>)

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>

#include <cstddef>
#include <utility>

namespace bitfault::detail {

/// An attribute of a module or of one inside it.
struct module_attribute {
  std::string name; ///< from the whole module; "fc.weight" for "fc._packed_params._packed_params"
  torch::jit::Module owner;
  std::string attribute;
  std::size_t part = 0; ///< which weight, where several are packed in one object

  c10::IValue value() const { return owner.attr(attribute); }
  bool is_attribute(const module_attribute& other) const {
    return owner._ivalue() == other.owner._ivalue() && attribute == other.attribute;
  }
  bool is(const module_attribute& other) const { return is_attribute(other) && part == other.part; }
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
        found.push_back({name_before_packing(joined_path(m.name, a.name)), m.value, a.name, 0});
  return found;
}

inline bool reads_attribute(const torch::jit::Block* block, const std::string& name) {
  for (const torch::jit::Node* const node : block->nodes()) {
    if (node->kind() == torch::jit::prim::GetAttr && node->s(torch::jit::attr::name) == name)
      return true;
    for (const torch::jit::Block* const inner : node->blocks())
      if (reads_attribute(inner, name))
        return true;
  }
  return false;
}

/// The modules that have a scale and a zero point for what they put out, by their paths.
inline std::vector<module_attribute> modules_that_quantise(const torch::jit::Module& module) {
  std::vector<module_attribute> found;
  for (const auto& m : module.named_modules())
    if (m.value.hasattr("scale") && m.value.attr("scale").isDouble() &&
        m.value.hasattr("zero_point") && m.value.attr("zero_point").isInt())
      found.push_back({m.name, m.value, "scale", 0});
  return found;
}
/// Whether a module's own code has its scale from there. In one that was traced it is a constant.
inline bool reads_its_quantizer(const torch::jit::Module& module) {
  for (const torch::jit::Method& m : module.get_methods())
    if (reads_attribute(m.graph()->block(), "scale") &&
        reads_attribute(m.graph()->block(), "zero_point"))
      return true;
  return false;
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

/// The weights that a TorchScript module has in its graphs.
inline std::vector<hidden_weight> constant_weights(const torch::jit::Module& module) {
  std::vector<hidden_weight> found;
  for (const torch::jit::Method& m : module.get_methods())
    add_constants(m.graph()->block(), found);
  return found;
}

/// The weights that a TorchScript module has in its graphs or packed in objects.
inline std::vector<hidden_weight> hidden_weights(const torch::jit::Module& module) {
  std::vector<hidden_weight> found;
  for (const module_attribute& a : packed_attributes(module))
    found.push_back({a.name,
                     "is packed for quantised operators: quantized_integer_faults, "
                     "quantized_scale_faults and quantized_zero_point_faults strike those of "
                     "linear layers, convolutions, embeddings and recurrent layers"});
  for (hidden_weight& w : constant_weights(module))
    found.push_back(std::move(w));
  return found;
}

} // namespace bitfault::detail

#endif
