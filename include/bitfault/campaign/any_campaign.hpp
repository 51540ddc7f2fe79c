// SPDX-License-Identifier: MIT
#pragma once

#include "campaign.hpp"
#include "configuration.hpp"
#include "configuration_text.hpp"
#include "describe.hpp"
#include "progress.hpp"
#include "ranks.hpp"
#include "search_critical_bits.hpp"
#include "store.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

using watch_progress = std::function<void(const progress&)>;

/// A campaign whose model's type is known at run time only, for programs that take several.
class any_campaign {
public:
  virtual ~any_campaign() = default;
  virtual const golden_run& golden() const = 0;
  virtual const std::vector<bound_experiment>& experiments() const = 0;
  virtual campaign_description description() const = 0;
  virtual void require_live_targets() = 0;
  virtual void run(store& results, const shard& part, const watch_progress& watch) = 0;
  virtual void run(rank_store& results, const shard& part, const watch_progress& watch) = 0;
  virtual trial_record replay(std::uint32_t experiment, std::uint64_t trial) = 0;
  virtual critical_bits_search
  search_critical_bits(std::uint32_t experiment, const critical_bits_options& options,
                       const std::function<void(std::uint64_t, std::uint64_t)>& watch) = 0;
};

namespace detail {

template <model M>
class typed_campaign final : public any_campaign {
public:
  typed_campaign(typename campaign<M>::make_model make, configuration c)
      : configuration_(std::move(c)), make_(std::move(make)),
        campaign_(make_, configuration_.settings, configuration_.experiments) {}
  const golden_run& golden() const override { return campaign_.golden(); }
  const std::vector<bound_experiment>& experiments() const override {
    return campaign_.experiments();
  }
  campaign_description description() const override {
    return describe(campaign_, model_kind(configuration_), identity_text(configuration_));
  }
  void require_live_targets() override { campaign_.require_live_targets(); }
  void run(store& results, const shard& part, const watch_progress& watch) override {
    campaign_.run(results, part, watch);
  }
  void run(rank_store& results, const shard& part, const watch_progress& watch) override {
    campaign_.run(results, part, watch);
  }
  trial_record replay(std::uint32_t experiment, std::uint64_t trial) override {
    return campaign_.replay(experiment, trial);
  }
  critical_bits_search
  search_critical_bits(std::uint32_t experiment, const critical_bits_options& options,
                       const std::function<void(std::uint64_t, std::uint64_t)>& watch) override {
    return bitfault::campaign::search_critical_bits(campaign_, make_, experiments().at(experiment),
                                                    options, watch);
  }

private:
  configuration configuration_;
  typename campaign<M>::make_model make_;
  campaign<M> campaign_;
};

} // namespace detail

/// Makes a campaign of models of one type: `make()` gives an instance for a thread.
template <model M>
std::unique_ptr<any_campaign> open_campaign(typename campaign<M>::make_model make,
                                            const configuration& c) {
  return std::make_unique<detail::typed_campaign<M>>(std::move(make), c);
}

} // namespace bitfault::campaign
