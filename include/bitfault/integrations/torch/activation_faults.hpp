// SPDX-License-Identifier: MIT
#pragma once

#include "inject.hpp"
#include "module_tensors.hpp"
#include "operator_call.hpp"
#include "operator_hook.hpp"

#if __has_include(<ATen/record_function.h>)

#include "../../core/message.hpp"
#include "../../fault_list/address.hpp"
#include "../../fault_list/named_tensors.hpp"
#include "../../random/fault_key.hpp"

#include <cstdint>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace bitfault {

namespace detail {

/// The key of a call: operators have streams of their own, and calls of one operator are steps.
inline fault_key key_of(fault_key k, const operator_call& call) noexcept {
  k.stream += call.layer;
  k.step += call.step;
  return k;
}

[[noreturn]] inline void refuse_call(std::string_view side, const operator_call& call,
                                     const ::at::Tensor& t, std::string_view why) {
  std::ostringstream text;
  text << "bitfault: " << side << " of " << call.name;
  if (!call.module.empty())
    text << " in '" << call.module << "'";
  text << ", shape " << t.sizes() << ": ";
  constexpr std::string_view prefix = "bitfault: ";
  text << (why.substr(0, prefix.size()) == prefix ? why.substr(prefix.size()) : why);
  throw std::invalid_argument(text.str());
}

/// Makes hooks that act on inputs.
struct input_hook {
  template <class During>
  static operator_hook make(std::shared_ptr<const module_tensors> names, operator_pattern where,
                            During during) {
    operator_hook hook{operator_hook::unfinished{}};
    hook.state_->during = std::move(during);
    hook.begin(std::move(names), std::move(where));
    return hook;
  }
};

inline std::shared_ptr<const module_tensors>
names_of(std::shared_ptr<const module_tensors> names) noexcept {
  return names;
}
template <class Module>
std::shared_ptr<const module_tensors> names_of(const Module& module) {
  return std::make_shared<const module_tensors>(module);
}

} // namespace detail

/// `activation_faults(module, where, injector, key)` in threads, for faults by the hundred
/// thousand: `threads{8}`.
template <class... T, class Module, class Injector, detail::host_executor Executor>
operator_hook activation_faults(const Module& module, operator_pattern where,
                                const Injector& injector, const Executor& executor,
                                const fault_key& key) {
  return {detail::names_of(module), std::move(where),
          [injector, executor, key](const operator_call& call, const ::at::Tensor& t) {
            const status s =
                detail::apply_unnoted<T...>(injector, t, detail::key_of(key, call), executor);
            if (!s.ok())
              detail::refuse_call("output", call, t, message(s).text);
          }};
}

/// Faults in what operators put out, in every pass until the hook ends:
///
///     const auto flips = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{100});
///     {
///       const auto faults = bitfault::activation_faults(net, {.module = "layer3.*.conv2"}, flips,
///                                                       {.seed = 42});
///       output = net.forward({images});
///     }
///
/// Each call is struck once, by faults of its own: `key.stream` is raised by the number of the
/// operator (in the order of first calls), `key.step` by the number of the call, so that a
/// transient injector strikes other sites in each pass and a permanent one the same. Faults in
/// parameters raise the stream, too: see `parameter_faults` for both in one run. Element types
/// other than floats are named: `activation_faults<std::uint8_t>(...)`. `module` may be a
/// shared_ptr to `module_tensors`, too. Errors: see operator_hook. Hosted, for one thread.
template <class... T, class Module, class Injector>
operator_hook activation_faults(const Module& module, operator_pattern where,
                                const Injector& injector, const fault_key& key) {
  return activation_faults<T...>(module, std::move(where), injector, serial{}, key);
}

/// Faults in what operators read, for as long as they read it: other readers of the same tensor do
/// not see them. `where.tensor` counts the tensors among the arguments; for a convolution 0 is the
/// image, 1 the weight. An operator that writes to an argument or passes it on is refused.
template <class... T, class Module, class Injector>
operator_hook input_faults(const Module& module, operator_pattern where, const Injector& injector,
                           const fault_key& key) {
  return detail::input_hook::make(
      detail::names_of(module), std::move(where),
      [injector, key](const operator_call& call, const ::at::Tensor& t) {
        try {
          return detail::scoped_in<T...>(injector, t, detail::key_of(key, call), false);
        } catch (const error& refused) {
          detail::refuse_call("input", call, t, refused.what());
        }
      });
}

/// One fault by its address: "bf1:layer1.0.conv1[0,3,1,2]^30". Before the '[' stands the name of a
/// layer, see `pattern_of_layer`. The name of a module is struck in every pass until the hook ends.
/// One with an operator ("layer1.0:relu", "layer1.0:relu#1") is one call, counted since the hook
/// began: it is struck in the first pass, and in a further one if `restart()` was called before it.
/// Throws `address_error` for a text that is no address; for coordinates outside the output see
/// operator_hook.
template <class Module>
operator_hook activation_fault(const Module& module, std::string_view address) {
  const fault_address a = parse_address(address);
  return {detail::names_of(module), pattern_of_layer(a.tensor),
          [a](const operator_call& call, const ::at::Tensor& t) {
            try {
              visit(t, [&](const auto& view) { apply_at(view, a); });
            } catch (const error& refused) {
              detail::refuse_call("output", call, t, refused.what());
            }
          }};
}

} // namespace bitfault

#endif
