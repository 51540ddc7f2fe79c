// SPDX-License-Identifier: MIT
#pragma once

#include "../../fault_list/name_pattern.hpp"
#include "inject.hpp"
#include "module_tensors.hpp"
#include "operator_call.hpp"

#if __has_include(<ATen/record_function.h>)

#include "recorded_call.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <ATen/record_function.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bitfault {

namespace detail {

struct input_hook;

/// What a hook is, wherever it lies.
struct hook_state {
  std::shared_ptr<const module_tensors> names;
  operator_pattern pattern;
  /// One of them: what is done with an output, and with an input until the call ends.
  std::function<void(const operator_call&, const ::at::Tensor&)> after;
  std::function<tensor_fault_scope(const operator_call&, const ::at::Tensor&)> during;
  /// Or what is told of every call, views too, with all of its outputs.
  std::function<void(recorded_call&, const std::vector<::at::Tensor>&)> whole;

  struct counts {
    std::uint64_t number = 0;
    std::uint32_t step = 0;
    std::uint32_t layer = 0;
  };
  std::map<std::pair<std::string, std::string>, counts> layers{}; ///< by module and operator
  std::uint64_t calls = 0;                                        ///< on which the action ran
  bool operators_seen = false;
  std::exception_ptr error{};
  std::optional<tensor_fault_scope> in_input{};
  bool fits = false; ///< the call that is under way

  /// Counts a call that fits, and says whether it is one of the wanted.
  bool count(const std::string& module, const std::string& name, operator_call& call) {
    const auto [at, is_new] = layers.try_emplace({module, name});
    if (is_new)
      at->second.layer = static_cast<std::uint32_t>(layers.size() - 1);
    call = {at->first.first, at->first.second, at->second.number++, at->second.step++,
            at->second.layer};
    return pattern.calls.empty() || std::find(pattern.calls.begin(), pattern.calls.end(),
                                              call.number) != pattern.calls.end();
  }
};

/// The hooks of a thread, in the order in which they were made. LibTorch calls back while there is
/// at least one.
class thread_hooks {
public:
  static thread_hooks& of_this_thread() {
    thread_local thread_hooks hooks;
    return hooks;
  }
  void add(hook_state& h) {
    hooks_.push_back(&h);
    if (hooks_.size() == 1)
      handle_ = ::at::addThreadLocalCallback(
          ::at::RecordFunctionCallback(&start, &end)
              .needsInputs(true)
              .needsOutputs(true)
              .scopes({::at::RecordScope::FUNCTION, ::at::RecordScope::BACKWARD_FUNCTION}));
  }
  /// False if the hook belongs to another thread.
  bool remove(const hook_state& h) {
    const auto at = std::find(hooks_.begin(), hooks_.end(), &h);
    if (at == hooks_.end())
      return false;
    hooks_.erase(at);
    if (hooks_.empty())
      ::at::removeCallback(handle_);
    return true;
  }

private:
  struct counted_call final : ::at::ObserverContext {};

  // What is thrown here LibTorch would print and forget: it is kept for the hook's owner.
  static std::unique_ptr<::at::ObserverContext> start(const ::at::RecordFunction& f) {
    thread_hooks& here = of_this_thread();
    const bool outermost = here.depth_ == 0 && f.scope() == ::at::RecordScope::FUNCTION;
    const auto name = f.operator_name();
    // Ranges that programs mark by themselves are no operators, and hide none.
    if (f.scope() == ::at::RecordScope::FUNCTION && !name)
      return nullptr;
    ++here.depth_;
    auto counted = std::make_unique<counted_call>();
    if (outermost)
      here.begin_call(f, *name);
    // What is called inside is not looked at: unless somebody else observes it, LibTorch need not
    // tell of it, which halves what a hook costs.
    if (here.depth_ == 1 && !::at::hasGlobalCallbacks() &&
        ::at::get_record_function_tls_().sorted_tls_callbacks_.size() == 1) {
      here.muted_ = true;
      ::at::enableRecordFunction(false);
    }
    return counted;
  }
  static void end(const ::at::RecordFunction& f, ::at::ObserverContext* counted) {
    thread_hooks& here = of_this_thread();
    if (counted == nullptr || here.depth_ == 0)
      return;
    if (here.depth_ == 1 && std::exchange(here.muted_, false))
      ::at::enableRecordFunction(true);
    if (--here.depth_ == 0 && f.scope() == ::at::RecordScope::FUNCTION)
      here.end_call(f);
  }

  template <class Body>
  static void caught(hook_state& h, const Body& body) {
    if (h.error)
      return;
    try {
      body();
    } catch (...) {
      h.error = std::current_exception();
    }
  }
  /// For what calls operators itself.
  template <class Body>
  static void guarded(hook_state& h, const Body& body) {
    caught(h, [&body] {
      const ::at::DisableRecordFunctionGuard not_these;
      const c10::AutoGradMode no_gradients(false);
      body();
    });
  }

  void begin_call(const ::at::RecordFunction& f, const c10::OperatorName& name) {
    call_.reset();
    bool wanted = false;
    for (hook_state* const h : hooks_) {
      h->fits = false;
      h->operators_seen = true;
      if (!fits_pattern(f.name(), h->pattern.name))
        continue;
      caught(*h, [&] {
        if (!call_)
          call_.emplace(f, name);
        if (!fits_pattern(call_->module_of(*h->names), h->pattern.module))
          return;
        call_->keep_arguments();
        h->fits = wanted = true;
      });
      if (h->fits && h->during)
        guarded(*h, [&] { strike_input(*h); });
    }
    if (!wanted)
      call_.reset();
  }

  void end_call(const ::at::RecordFunction& f) {
    if (!call_)
      return;
    for (hook_state* const h : hooks_) {
      h->in_input.reset();
      if (!h->fits)
        continue;
      guarded(*h, [&] {
        const std::vector<::at::Tensor> outputs = call_->outputs(f);
        if (h->whole)
          h->whole(*call_, outputs);
        else if (h->during)
          call_->require_apart(outputs, h->pattern.tensor);
        else if (!outputs.empty() && !call_->is_view(outputs) &&
                 !h->names->owns_memory_of(outputs[0]))
          act(*h, outputs);
      });
      h->fits = false;
    }
    call_.reset(); // it keeps the arguments
  }

  void act(hook_state& h, const std::vector<::at::Tensor>& outputs) {
    operator_call now;
    if (!h.count(call_->module_of(*h.names), call_->name(), now))
      return;
    if (h.pattern.tensor >= outputs.size())
      throw std::invalid_argument("bitfault: " + call_->text(*h.names) + " has " +
                                  std::to_string(outputs.size()) + " output tensors; there is no " +
                                  std::to_string(h.pattern.tensor));
    h.after(now, outputs[h.pattern.tensor]);
    ++h.calls;
  }

  void strike_input(hook_state& h) {
    if (call_->only_views())
      return;
    operator_call now;
    if (!h.count(call_->module_of(*h.names), call_->name(), now))
      return;
    h.in_input.emplace(h.during(now, call_->separate_input(h.pattern.tensor)));
    ++h.calls;
  }

  std::vector<hook_state*> hooks_;
  ::at::CallbackHandle handle_{};
  std::size_t depth_ = 0;
  bool muted_ = false;                ///< LibTorch tells of no calls until the outermost one ends
  std::optional<recorded_call> call_; ///< the outermost one, if a hook's operator fits
};

} // namespace detail

/// Does something with a tensor that an operator of a model has put out, before the next operator
/// runs: looks at it, or writes to its memory. The model is not changed. In force for this thread,
/// from its making to its end; any number of passes, any number of hooks, which act in the order
/// in which they were made: one before a hook with faults sees what is there without them.
///
///     bitfault::operator_hook watch(net, {.module = "layer1.*"}, [](const auto& call, const auto&
///     t) { std::cout << call.module << " " << t.max().item<float>() << "\n"; });
///
/// An operator that is part of another is not seen (a model frozen or optimised into one fused
/// operator has none inside). What the action throws is kept, the hook does nothing any more, and
/// `check()` or else the destructor throws it. Costs some microseconds for an operator whose name
/// fits, less for others. Autograd is not told of writes: the operator's result is what lies there.
class [[nodiscard]] operator_hook {
public:
  using action = std::function<void(const operator_call&, const ::at::Tensor&)>;

  /// Throws std::invalid_argument for a module that is not there, with the nearest name.
  template <class Module>
  operator_hook(const Module& module, operator_pattern where, action then)
      : operator_hook(std::make_shared<const module_tensors>(module), std::move(where),
                      std::move(then)) {}
  /// The same for a module whose names are known already: cheaper where hooks come and go.
  operator_hook(std::shared_ptr<const module_tensors> names, operator_pattern where, action then)
      : state_(std::make_unique<detail::hook_state>()) {
    state_->after = std::move(then);
    begin(std::move(names), std::move(where));
  }
  operator_hook(operator_hook&&) noexcept = default;
  operator_hook& operator=(operator_hook&&) = delete;
  ~operator_hook() noexcept(false) {
    if (state_ == nullptr)
      return;
    if (!detail::thread_hooks::of_this_thread().remove(*state_))
      std::terminate(); // the other thread goes on with a hook that is gone
    if (state_->error && std::uncaught_exceptions() == exceptions_)
      std::rethrow_exception(std::exchange(state_->error, nullptr));
  }

  /// Calls on which the action ran.
  std::uint64_t calls() const noexcept { return state_->calls; }
  /// Counts `operator_pattern::calls` from 0 again, as for the next pass.
  void restart() noexcept {
    for (auto& layer : state_->layers)
      layer.second.number = 0;
  }
  /// Throws what the action has thrown, and std::invalid_argument if operators ran but none fitted.
  void check() const {
    if (state_->error)
      std::rethrow_exception(std::exchange(state_->error, nullptr));
    if (state_->operators_seen && state_->calls == 0)
      throw std::invalid_argument(
          "bitfault: no call of '" + state_->pattern.name + "' in the module '" +
          state_->pattern.module + "' was seen" +
          (state_->pattern.calls.empty()
               ? std::string(
                     "; views of a tensor and what is part of another operator do not count")
               : " with a wanted number, the first of which is " +
                     std::to_string(state_->pattern.calls.front())));
  }

private:
  friend struct detail::input_hook;
  struct unfinished {};
  explicit operator_hook(unfinished) : state_(std::make_unique<detail::hook_state>()) {}

  void begin(std::shared_ptr<const module_tensors> names, operator_pattern where) {
    names->require_path(where.module);
    state_->names = std::move(names);
    state_->pattern = std::move(where);
    detail::thread_hooks::of_this_thread().add(*state_);
  }

  std::unique_ptr<detail::hook_state> state_;
  int exceptions_ = std::uncaught_exceptions();
};

} // namespace bitfault

#endif
