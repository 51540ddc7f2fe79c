// SPDX-License-Identifier: MIT
#pragma once

#include "view.hpp"

#if __has_include(<ATen/core/Tensor.h>)

#include "../../backends/host/halves.hpp"
#include "../../backends/host/scratch.hpp"
#include "../../core/serial.hpp"
#include "../../core/status.hpp"
#include "../../random/fault_key.hpp"

#include <memory>
#include <type_traits>
#include <utility>

namespace bitfault {

namespace detail {

/// Works on tensors in the host's memory: `serial` and `threads`.
template <class Executor>
concept host_executor = requires {
  typename Executor::memory;
}
&&!requires { Executor::on_device; };

/// Executors whose threads wait for work, so that a second run costs next to nothing.
template <class Executor>
concept keeps_threads = requires {
  requires Executor::keeps_threads;
};

/// `injector.apply(executor, view, key)`, without atomic writes where that is possible.
template <class Injector, class Executor, class View>
status apply_to_view(const Injector& injector, const Executor& executor, const View& view,
                     const fault_key& key) {
  if constexpr (keeps_threads<Executor> &&
                requires { requires splits_into_halves<decltype(injector.bind(view)), View>; }) {
    const auto plan = injector.bind(view);
    if (const status s = plan.check(view); !s.ok())
      return s;
    if (executor.pieces(plan.drawn_cells().selector().units()) == 1)
      return plan.apply(serial{}, view, key);
    if (apply_in_halves(plan, executor, view, key))
      return {};
  }
  return injector.apply(executor, view, key);
}

/// `apply` without a word to autograd.
template <class... T, class Injector, host_executor Executor = serial>
status apply_unnoted(const Injector& injector, const ::at::Tensor& t, const fault_key& key,
                     const Executor& executor = {}) {
  try {
    return visit_types<torch_types_or<torch_floats, T...>>(t, [&](const auto& view) -> status {
      return detail::apply_to_view(injector, executor, view, key);
    });
  } catch (const error& refused) { // the tensor cannot be viewed
    return refused.why();
  }
}

} // namespace detail

/// `apply(injector, tensor, key)` in threads: `threads{8}`.
template <class... T, class Injector, detail::host_executor Executor>
status apply(const Injector& injector, const Executor& executor, const ::at::Tensor& t,
             const fault_key& key) {
  const status s = detail::apply_unnoted<T...>(injector, t, key, executor);
  if (s.ok())
    note_write(t);
  return s;
}

/// Injects the faults of `key` into a tensor of float, double, half or bfloat16, as it comes: what
/// `injector.apply` does for a view. Other element types are named, as in `apply<std::int8_t>(
/// injector, ...)` for a quantised tensor; one that is not named is refused (wrong_type). Autograd
/// is told of the write. Cost: that of the injector; nothing is copied. Hosted.
template <class... T, class Injector>
status apply(const Injector& injector, const ::at::Tensor& t, const fault_key& key) {
  return apply<T...>(injector, serial{}, t, key);
}

/// Faults in a tensor that end with the scope. Made by `scoped(injector, tensor, key)`; keeps the
/// tensor alive. If `noted`, autograd is told of both writes.
class [[nodiscard]] tensor_fault_scope {
public:
  template <class Scope>
  tensor_fault_scope(::at::Tensor t, Scope&& s, bool noted)
      : tensor_(std::move(t)), noted_(noted),
        faults_(std::make_unique<typed<std::remove_cvref_t<Scope>>>(std::forward<Scope>(s))) {
    if (noted_)
      note_write(tensor_);
  }
  tensor_fault_scope(tensor_fault_scope&&) noexcept = default;
  tensor_fault_scope& operator=(tensor_fault_scope&&) = delete;
  ~tensor_fault_scope() { restore(); }

  /// Takes the faults back now; the end of the scope then does nothing.
  void restore() noexcept {
    if (faults_ == nullptr)
      return;
    faults_.reset();
    if (noted_)
      note_write(tensor_);
  }

private:
  struct any {
    any() = default;
    any(const any&) = delete;
    any& operator=(const any&) = delete;
    virtual ~any() = default;
  };
  template <class Scope>
  struct typed final : any {
    explicit typed(Scope&& s) : scope(std::move(s)) {}
    Scope scope;
  };

  ::at::Tensor tensor_;
  bool noted_;
  std::unique_ptr<any> faults_;
};

namespace detail {

template <class... T, class Injector, host_executor Executor = serial>
tensor_fault_scope scoped_in(const Injector& injector, const ::at::Tensor& t, const fault_key& key,
                             bool noted, const Executor& executor = {}) {
  return visit_types<torch_types_or<torch_floats, T...>>(t, [&](const auto& view) {
    return tensor_fault_scope(t, injector.scoped(executor, view, key), noted);
  });
}

} // namespace detail

/// Injects now and takes everything back, bit for bit, when the returned scope ends; for weights,
/// buffers and gradients. Several scopes on one tensor end in reverse order. Throws `error` for
/// what `apply` refuses, before anything is written. Both the faults and their end count as writes
/// for autograd: a backward pass that needs the faulty weights belongs into the scope.
template <class... T, class Injector>
tensor_fault_scope scoped(const Injector& injector, const ::at::Tensor& t, const fault_key& key) {
  return detail::scoped_in<T...>(injector, t, key, true);
}

/// `scoped(injector, tensor, key)` in threads: `threads{8}`.
template <class... T, class Injector, detail::host_executor Executor>
tensor_fault_scope scoped(const Injector& injector, const Executor& executor, const ::at::Tensor& t,
                          const fault_key& key) {
  return detail::scoped_in<T...>(injector, t, key, true, executor);
}

} // namespace bitfault

#endif
