// SPDX-License-Identifier: MIT
#pragma once

#include "inject.hpp"
#include "module_tensors.hpp"

#if __has_include(<ATen/core/Tensor.h>)

#include "../../core/message.hpp"
#include "../../fault_list/named_tensors.hpp"
#include "../../random/fault_key.hpp"

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitfault {

namespace detail {

[[noreturn]] inline void refuse_tensor(std::string_view what, const module_tensor& t,
                                       std::string_view why) {
  std::ostringstream text;
  text << "bitfault: " << what << "'" << t.name << "'";
  if (t.tensor.defined())
    text << ", shape " << t.tensor.sizes();
  constexpr std::string_view prefix = "bitfault: ";
  text << ": " << (why.substr(0, prefix.size()) == prefix ? why.substr(prefix.size()) : why);
  throw std::invalid_argument(text.str());
}

/// The key of tensor n of those that a pattern names: each has a stream of its own.
inline fault_key key_of_tensor(fault_key k, std::size_t n) noexcept {
  k.stream += static_cast<std::uint32_t>(n);
  return k;
}

/// What `apply` would refuse, before it writes. An injector that cannot be bound (`broadcast_over`)
/// is asked for nothing but the tensor's type and layout.
template <class... T, class Injector>
status check_apply(const Injector& injector, const ::at::Tensor& t) {
  try {
    return visit_types<torch_types_or<torch_floats, T...>>(t, [&](const auto& view) -> status {
      if constexpr (requires { injector.bind(view).check(view); })
        return injector.bind(view).check(view);
      else
        return {};
    });
  } catch (const error& refused) { // the tensor cannot be viewed
    return refused.why();
  }
}

} // namespace detail

/// Faults in parameters and buffers of a module that end with the scope. Made by
/// `parameter_faults`.
class [[nodiscard]] parameter_fault_scope {
public:
  explicit parameter_fault_scope(std::vector<tensor_fault_scope> faults)
      : faults_(std::move(faults)) {}
  parameter_fault_scope(parameter_fault_scope&&) noexcept = default;
  parameter_fault_scope& operator=(parameter_fault_scope&&) = delete;
  ~parameter_fault_scope() { restore(); }

  /// How many tensors have faults.
  std::size_t size() const noexcept { return faults_.size(); }
  /// Takes the faults back now, the last first; the end of the scope then does nothing.
  void restore() noexcept {
    while (!faults_.empty())
      faults_.pop_back();
  }

private:
  std::vector<tensor_fault_scope> faults_;
};

namespace detail {

/// Faults in each of these tensors: `strike(tensor, key)` makes the scope. If one of them is
/// refused, none is struck.
template <class Strike>
parameter_fault_scope faults_in_each(const std::vector<module_tensor>& named, const fault_key& key,
                                     const Strike& strike) {
  std::vector<tensor_fault_scope> faults;
  faults.reserve(named.size());
  try {
    for (std::size_t n = 0; n < named.size(); ++n)
      try {
        faults.push_back(strike(named[n].tensor, key_of_tensor(key, n)));
      } catch (const error& refused) {
        refuse_tensor("", named[n], refused.what());
      } catch (const std::invalid_argument& refused) {
        refuse_tensor("", named[n], refused.what());
      }
  } catch (...) {
    parameter_fault_scope(std::move(faults)).restore(); // the last first
    throw;
  }
  return parameter_fault_scope(std::move(faults));
}

} // namespace detail

/// Faults in every parameter and buffer that a pattern names, until the scope ends:
///
///     const auto faults = bitfault::parameter_faults(net, "layer3.*.weight", flips, {.seed = 42});
///
/// Each tensor gets what the injector says, with `key.stream` raised by its number among those
/// named. `activation_faults` raises it in the same way: in one run, keys for parameters and for
/// activations need streams that lie apart (0 and 1u << 16, say), or tensors of one size are struck
/// at the same sites. Restored bit for bit. Element types other than floats are named:
/// `parameter_faults<std::int64_t>(...)`. Throws std::invalid_argument, and changes nothing, for a
/// pattern that names none and for what the injector refuses in one of them. A module that reads
/// its parameters under autograd does so within the scope, and its backward pass belongs there
/// too. Hosted.
template <class... T, class Module, class Injector>
parameter_fault_scope parameter_faults(const Module& module, std::string_view pattern,
                                       const Injector& injector, const fault_key& key) {
  return detail::faults_in_each(
      module_tensors(module).find(pattern), key,
      [&](const ::at::Tensor& t, const fault_key& k) { return scoped<T...>(injector, t, k); });
}

/// Faults in the gradients of the parameters that a pattern names, as they are after a backward
/// pass: an optimiser's next step takes them as they then are. Returns how many gradients were
/// struck. Keys as for `parameter_faults`. Throws std::invalid_argument, and changes nothing, for a
/// pattern that names no parameter, for parameters none of which has a gradient yet, and for what
/// the injector refuses in one of them; only what `broadcast_over` refuses is found when the
/// gradients before it are struck.
template <class... T, class Module, class Injector>
std::size_t apply_to_gradients(const Module& module, std::string_view pattern,
                               const Injector& injector, const fault_key& key) {
  const std::vector<module_tensor> named = module_tensors(module).find(pattern);
  const auto for_each_gradient = [&](const auto& act) {
    std::size_t count = 0;
    for (std::size_t n = 0; n < named.size(); ++n) {
      const ::at::Tensor& gradient = named[n].tensor.grad();
      if (!gradient.defined())
        continue;
      if (const status s = act(gradient, n); !s.ok())
        detail::refuse_tensor("gradient of ", named[n], message(s).text);
      ++count;
    }
    return count;
  };
  for_each_gradient([&](const ::at::Tensor& gradient, std::size_t) {
    return detail::check_apply<T...>(injector, gradient);
  });
  const std::size_t struck = for_each_gradient([&](const ::at::Tensor& gradient, std::size_t n) {
    return apply<T...>(injector, gradient, detail::key_of_tensor(key, n));
  });
  if (struck == 0)
    throw std::invalid_argument("bitfault: no gradient to strike: none of the parameters that '" +
                                std::string(pattern) +
                                "' names has one; run the backward pass first");
  return struck;
}

/// The parameters and buffers of a module for fault addresses:
/// `scoped_at(tensors_of(net), "bf1:layer1.0.conv1.weight[3,0,1,2]^30")`. The module must outlive
/// it. Tensors of types that have no faults (complex numbers) are left out.
template <class Module>
named_tensors tensors_of(const Module& module) {
  named_tensors named;
  for (const module_tensor& t : module_tensors(module).all())
    if (t.tensor.device().is_cpu() && t.tensor.layout() == ::at::kStrided && !t.tensor.is_complex())
      visit(t.tensor, [&](const auto& view) { named.add(t.name, view); });
  return named;
}

} // namespace bitfault

#endif
