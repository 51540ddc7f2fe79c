// SPDX-License-Identifier: MIT
#pragma once

#include "../statistics/confidence_sequence.hpp"
#include "bound_experiment.hpp"
#include "trial.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace bitfault::campaign {

/// Whether a trial was critical: its headline criterion held for at least `tau` inputs.
inline bool is_critical(const trial_record& r, std::uint32_t tau) noexcept {
  return r.outcomes[static_cast<std::size_t>(outcome::sdc)] >= tau;
}

/// The longest run of trials without a gap, from the first one on, and where a stop rule ends it.
/// Trials may come in any order; what is seen of them does not depend on it.
class complete_prefix {
public:
  /// `sites`: how many sites the experiment has.
  complete_prefix(const experiment& e, std::uint64_t sites)
      : stop_(e.stop), tau_(e.tau), population_(population_of(e, sites)) {}
  explicit complete_prefix(const bound_experiment& e)
      : complete_prefix(e.what(), e.space().sites()) {}

  /// One more trial; each number once.
  void add(std::uint64_t number, bool critical) {
    waiting_.emplace(number, critical);
    while (!waiting_.empty() && waiting_.begin()->first == length_) {
      hits_ += waiting_.begin()->second ? 1 : 0;
      waiting_.erase(waiting_.begin());
      ++length_;
      look();
    }
  }
  void add(const trial_record& r) { add(r.number, is_critical(r, tau_)); }

  std::uint64_t length() const noexcept { return length_; }
  std::uint64_t critical() const noexcept { return hits_; }
  /// The number of trials after which the rule stops the experiment, once it has.
  std::optional<std::uint64_t> stops_at() const noexcept { return stops_at_; }

  /// What the critical share is known to be, whenever one looks.
  interval current() const {
    return anytime_interval(hits_, length_, stop_ ? stop_->confidence : 0.95, population_);
  }

private:
  // Looking costs some microseconds, so it is done at set numbers of trials: 64, then one percent
  // more each time. They do not depend on what arrives when.
  static constexpr std::uint64_t first_look = 64;

  void look() {
    if (!stop_ || stops_at_ || length_ < next_look_)
      return;
    next_look_ = length_ + (length_ < 6400 ? 64 : length_ / 100);
    const interval now = current();
    if ((now.upper - now.lower) / 2 <= stop_->half_width)
      stops_at_ = length_;
  }

  std::optional<stop_rule> stop_;
  std::uint32_t tau_;
  std::uint64_t population_;
  std::uint64_t length_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t next_look_ = first_look;
  std::optional<std::uint64_t> stops_at_;
  std::map<std::uint64_t, bool> waiting_;
};

} // namespace bitfault::campaign
