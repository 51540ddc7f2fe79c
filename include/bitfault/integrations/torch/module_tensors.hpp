// SPDX-License-Identifier: MIT
#pragma once

#if __has_include(<ATen/core/Tensor.h>)

#include "../../fault_list/edit_distance.hpp"
#include "../../fault_list/name_pattern.hpp"

#include "hidden_weights.hpp"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace bitfault {

/// A parameter or buffer of a module, by its path: "layer1.0.conv1.weight".
struct module_tensor {
  std::string name;
  ::at::Tensor tensor;
  bool is_buffer = false;
};

namespace detail {

/// "bitfault: no parameter is named 'x'; the nearest name is 'y'".
inline std::string not_there(std::string_view what, std::string_view pattern,
                             const std::vector<std::string>& names, const std::string& hint) {
  std::string text = "bitfault: no ";
  text.append(what).append(" is named '").append(pattern).append("'; ");
  return text +
         (names.empty() ? "the module has none at all"
                        : "the nearest name is '" + nearest_name(names, pattern) + "'") +
         hint;
}

} // namespace detail

/// The names and tensors of a module: a `torch::nn::Module` or a `torch::jit::Module`. It shares
/// the tensors and keeps them alive. A tensor that the module replaces afterwards (`to(device)`,
/// `load_state_dict` with assignment) is another tensor. Not safe to share between threads that
/// change the module. Hosted.
class module_tensors {
public:
  template <class Module>
  explicit module_tensors(const Module& module) {
    const auto take = [this](const auto& item, bool is_buffer) {
      if constexpr (requires { item.key(); })
        add({item.key(), item.value(), is_buffer});
      else
        add({item.name, item.value, is_buffer});
    };
    for (const auto& item : module.named_parameters())
      take(item, false);
    for (const auto& item : module.named_buffers())
      take(item, true);
    // A torch::nn::Module on the stack cannot be in a list of shared pointers: it is left out.
    if constexpr (requires { module.named_modules("", false); }) {
      for (const auto& item : module.named_modules("", false))
        paths_.push_back(item.key());
      sees_all_modules_ = false;
    } else {
      for (const auto& item : module.named_modules())
        if (!item.name.empty())
          paths_.push_back(item.name);
    }
#if __has_include(<torch/csrc/jit/ir/ir.h>)
    if constexpr (std::is_base_of_v<torch::jit::Module, Module>)
      hidden_ = [module](std::string_view pattern, bool or_all) {
        const std::string why = why_hidden(detail::hidden_weights(module), pattern, or_all);
        return why.empty() ? why : "; " + why;
      };
#endif
  }

  const std::vector<module_tensor>& all() const& noexcept { return tensors_; }
  std::vector<module_tensor> all() && { return std::move(tensors_); }
  /// Paths of all modules inside, "layer1.0.conv1"; the module itself has the path "".
  const std::vector<std::string>& paths() const noexcept { return paths_; }

  /// The tensors that a pattern names ("*.weight", "layer3.*.conv2.bias"; * stands for any text, ?
  /// for any one character). Throws std::invalid_argument if there is none, with the nearest name;
  /// a weight that was frozen into the graph, or packed by an optimisation, is named.
  std::vector<module_tensor> find(std::string_view pattern) const {
    std::vector<module_tensor> found;
    for (const module_tensor& t : tensors_)
      if (fits_pattern(t.name, pattern))
        found.push_back(t);
    if (found.empty())
      throw std::invalid_argument(
          detail::not_there("parameter or buffer", pattern, names(), hidden_text(pattern)));
    return found;
  }

  /// The path of the module whose parameter or buffer this tensor is; null for any other tensor.
  const std::string* owner(const ::at::Tensor& t) const noexcept {
    const auto at = owners_.find(t.unsafeGetTensorImpl());
    return at == owners_.end() ? nullptr : &at->second;
  }
  /// Whether a tensor lies in the memory of a parameter or buffer.
  bool owns_memory_of(const ::at::Tensor& t) const {
    return t.has_storage() && storages_.contains(t.storage().unsafeGetStorageImpl());
  }

  /// Throws std::invalid_argument unless the pattern fits the path of a module whose operators can
  /// be told apart from others. The operators of a torch::nn::Module are known by their parameters;
  /// those of a TorchScript module by the module that the interpreter is in.
  void require_path(std::string_view pattern) const {
    if (fits_pattern("", pattern))
      return;
    const auto fits = [pattern](std::string_view path) { return fits_pattern(path, pattern); };
    if (std::none_of(paths_.begin(), paths_.end(), fits))
      throw std::invalid_argument(
          detail::not_there("module", pattern, paths_, paths_.empty() ? hidden_text(pattern) : ""));
    const auto owns = [&](const auto& owned) { return fits(owned.second); };
    if (!sees_all_modules_ && std::none_of(owners_.begin(), owners_.end(), owns))
      throw std::invalid_argument(
          "bitfault: the module '" + std::string(pattern) +
          "' has no parameter of its own, and operators of torch::nn are known by their "
          "parameters; name the operator instead, as in {.name = \"aten::relu\", .calls = {0}}");
  }

private:
  void add(module_tensor t) {
    if (!t.tensor.defined())
      return;
    const std::size_t dot = t.name.rfind('.');
    owners_.emplace(t.tensor.unsafeGetTensorImpl(),
                    dot == std::string::npos ? std::string() : t.name.substr(0, dot));
    if (t.tensor.has_storage())
      storages_.insert(t.tensor.storage().unsafeGetStorageImpl());
    tensors_.push_back(std::move(t));
  }
  std::vector<std::string> names() const {
    std::vector<std::string> texts;
    for (const module_tensor& t : tensors_)
      texts.push_back(t.name);
    return texts;
  }
  std::string hidden_text(std::string_view pattern) const {
    return hidden_ ? hidden_(pattern, tensors_.empty()) : std::string();
  }

  std::vector<module_tensor> tensors_;
  std::function<std::string(std::string_view, bool)> hidden_; ///< says what became of other weights
  std::vector<std::string> paths_;
  std::unordered_map<const c10::TensorImpl*, std::string> owners_;
  std::unordered_set<const c10::StorageImpl*> storages_;
  bool sees_all_modules_ = true;
};

} // namespace bitfault

#endif
