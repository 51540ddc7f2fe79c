// SPDX-License-Identifier: MIT
#pragma once

#include "../core/error.hpp"
#include "../core/serial.hpp"
#include "../core/span.hpp"
#include "../core/status.hpp"
#include "plan.hpp"

namespace bitfault {

namespace detail {

/// Scratch of the caller, or none.
template <class Word>
struct borrowed_scratch {
  span<Word> words{};
  BITFAULT_FN constexpr span<Word> get() noexcept { return words; }
};

} // namespace detail

/// What `scoped` returns for an injector that is disabled at compile time: nothing happened.
struct [[nodiscard]] disabled_scope {
  // A destructor, so that a scope that is never named again does not warn as unused.
  // NOLINTNEXTLINE(modernize-use-equals-default)
  BITFAULT_FN constexpr ~disabled_scope() {}
  BITFAULT_FN constexpr index_t restore() const noexcept { return 0; }
  BITFAULT_FN constexpr bitfault::status status() const noexcept { return {}; }
};

/// Faults that end with a scope: injected when it is made, taken back bit for bit when it ends,
/// also by an exception. Scopes may be nested (last in, first out). For weights and constants: a
/// buffer that is rewritten in between would get a fault more from a closing flip; use `apply`
/// there, or `scoped_checked`.
template <class Plan, class View, class Executor, class Scratch>
class [[nodiscard]] fault_scope {
public:
  BITFAULT_FN constexpr fault_scope(const Plan& plan, const View& view, const fault_key& key,
                                    const Executor& executor, Scratch scratch)
      : plan_(plan), view_(view), key_(key), executor_(executor),
        scratch_(static_cast<Scratch&&>(scratch)) {
    state_ = plan_.check(view_);
    if (state_.ok() && scratch_.get().data() == nullptr) // `apply` would keep nothing
      if (const index_t needed = plan_.required_scratch(key_); needed != 0)
        state_ = {refusal::scratch_too_small, 0, 0, needed, "scoped"};
    if (state_.ok())
      state_ = plan_.apply(executor_, view_, key_, scratch_.get());
    active_ = state_.ok();
  }
  constexpr fault_scope(fault_scope&& other) noexcept
      : plan_(other.plan_), view_(other.view_), key_(other.key_), executor_(other.executor_),
        scratch_(static_cast<Scratch&&>(other.scratch_)), state_(other.state_),
        active_(other.active_) {
    other.active_ = false;
  }
  fault_scope(const fault_scope&) = delete;
  fault_scope& operator=(const fault_scope&) = delete;
  fault_scope& operator=(fault_scope&&) = delete;
  BITFAULT_FN constexpr ~fault_scope() { restore(); }

  /// Takes the faults back now; the end of the scope then does nothing.
  BITFAULT_FN constexpr void restore() noexcept {
    if (!active_)
      return;
    active_ = false;
    plan_.take_back(executor_, view_, key_, scratch_.get());
  }
  /// Why nothing was injected, where bad input is not thrown.
  BITFAULT_FN constexpr const bitfault::status& status() const noexcept { return state_; }

private:
  Plan plan_;
  View view_;
  fault_key key_;
  BITFAULT_NO_UNIQUE_ADDRESS Executor executor_;
  Scratch scratch_;
  bitfault::status state_{};
  bool active_ = false;
};

/// A scope for buffers that somebody else may write meanwhile: it keeps the injected words,
/// restores only those cells that still hold them and counts the others. Takes two words of scratch
/// for each cell.
template <class Plan, class View, class Executor, class Scratch>
class [[nodiscard]] checked_fault_scope {
public:
  BITFAULT_FN constexpr checked_fault_scope(const Plan& plan, const View& view,
                                            const fault_key& key, const Executor& executor,
                                            Scratch scratch)
      : plan_(plan), view_(view), key_(key), executor_(executor),
        scratch_(static_cast<Scratch&&>(scratch)) {
    state_ = plan_.check(view_);
    cells_ = state_.ok() ? plan_.cells(key_) : 0;
    if (const index_t given = scratch_.get().size(); state_.ok() && given / 2 < cells_)
      state_ = {refusal::scratch_too_small, 0, given, detail::twice(cells_), "scoped_checked"};
    if (!state_.ok())
      return;
    plan_.save(executor_, view_, key_, originals());
    state_ = plan_.apply(executor_, view_, key_);
    if (!state_.ok())
      return;
    plan_.save(executor_, view_, key_, injected());
    active_ = true;
  }
  constexpr checked_fault_scope(checked_fault_scope&& other) noexcept
      : plan_(other.plan_), view_(other.view_), key_(other.key_), executor_(other.executor_),
        scratch_(static_cast<Scratch&&>(other.scratch_)), state_(other.state_),
        cells_(other.cells_), lost_(other.lost_), active_(other.active_) {
    other.active_ = false;
  }
  checked_fault_scope(const checked_fault_scope&) = delete;
  checked_fault_scope& operator=(const checked_fault_scope&) = delete;
  checked_fault_scope& operator=(checked_fault_scope&&) = delete;
  BITFAULT_FN constexpr ~checked_fault_scope() { restore(); }

  /// Takes back what still stands and returns the number of cells that somebody else had written:
  /// cells, not words, so that a word which two faults share counts twice.
  BITFAULT_FN constexpr index_t restore() noexcept {
    if (!active_)
      return lost_;
    active_ = false;
    plan_.for_each_fault(
        key_, [&](const detail::cell& cell, unsigned, std::uint64_t, index_t slot, const auto&) {
          auto* const p = Plan::word_at(view_, cell.element);
          const auto now = detail::load(p);
          if (now == injected()[slot])
            Executor::memory::store(p, originals()[slot]);
          else if (now != originals()[slot]) // a cell of several events is restored by the first
            ++lost_;
        });
    return lost_;
  }
  BITFAULT_FN constexpr const bitfault::status& status() const noexcept { return state_; }

private:
  constexpr auto originals() noexcept { return scratch_.get().subspan(0, cells_); }
  constexpr auto injected() noexcept { return scratch_.get().subspan(cells_, cells_); }

  Plan plan_;
  View view_;
  fault_key key_;
  BITFAULT_NO_UNIQUE_ADDRESS Executor executor_;
  Scratch scratch_;
  bitfault::status state_{};
  index_t cells_ = 0;
  index_t lost_ = 0;
  bool active_ = false;
};

} // namespace bitfault
