// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../injector/fault_span.hpp"
#include "../views/view.hpp"

#include <utility>
#include <vector>

namespace bitfault {

/// Faults of one tensor that end with a scope: see `fault_list::scoped`.
template <tensor_view View>
class [[nodiscard]] listed_fault_scope {
  using word = word_t<typename View::element_type>;

public:
  /// Requires faults that fit the view.
  listed_fault_scope(std::vector<listed_fault> faults, const View& view)
      : faults_(std::move(faults)), view_(view), before_(faults_.size()) {
    active_ = apply_faults(faults_, view_, before_).ok();
  }
  listed_fault_scope(listed_fault_scope&& other) noexcept
      : faults_(std::move(other.faults_)), view_(other.view_), before_(std::move(other.before_)),
        active_(std::exchange(other.active_, false)) {}
  listed_fault_scope& operator=(listed_fault_scope&&) = delete;
  ~listed_fault_scope() { restore(); }

  /// Takes the faults back now; the end of the scope then does nothing.
  void restore() noexcept {
    if (std::exchange(active_, false))
      static_cast<void>(restore_faults(faults_, view_, before_)); // `apply_faults` took the same
  }

private:
  std::vector<listed_fault> faults_;
  View view_;
  std::vector<word> before_;
  bool active_ = false;
};

} // namespace bitfault
