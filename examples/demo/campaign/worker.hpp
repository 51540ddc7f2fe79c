// SPDX-License-Identifier: MIT
#pragma once

#include "experiment.hpp"
#include "inputs.hpp"
#include "outcome.hpp"
#include "tensors.hpp"

#include <bitfault/bitfault.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace demo {

/// One thread's copy of the network, and how a trial is run on it. A trial is a pure function of
/// (seed, experiment, trial number): which thread runs it, and after which others, does not matter.
class worker {
public:
  worker(const network& original, const inputs& in, const evaluation& golden, std::uint64_t seed,
         std::size_t block)
      : net_(original), tensors_(net_.parameters()), in_(&in), golden_(&golden), seed_(seed),
        block_(block) {}
  worker(const worker&) = delete; // the tensors point into the network
  worker& operator=(const worker&) = delete;

  [[nodiscard]] record run(const experiment& e, std::uint64_t trial) {
    switch (e.target) {
    case fault_target::bit:
      return one_bit(e, trial);
    case fault_target::weights:
      return one_weight(e, trial);
    case fault_target::activations:
      return one_activation(e, trial);
    case fault_target::rate:
      break;
    }
    return bit_errors(e, trial);
  }

  /// The same trial's fault as an address, and the class that it leads to.
  [[nodiscard]] std::string address(const experiment& e, std::uint64_t trial) {
    if (e.target == fault_target::weights) {
      const auto& tensor = tensors_[e.number];
      return address_of_one(single_flip, tensor.name, view_of(tensor).extents(), key(e, trial));
    }
    const auto s = layers[e.number].output;
    return address_of_one(single_flip, std::string(layers[e.number].name),
                          bitfault::extents<4>(1, static_cast<bitfault::index_t>(s.channels),
                                               static_cast<bitfault::index_t>(s.height),
                                               static_cast<bitfault::index_t>(s.width)),
                          key(e, trial));
  }
  [[nodiscard]] std::size_t last_class() const noexcept { return last_class_; }

  /// The first `count` images with the fault of an address.
  [[nodiscard]] evaluation evaluate_at(const std::string& address, std::size_t count) {
    const auto faulty = bitfault::scoped_at(named(tensors_), address);
    return {net_, *in_, 0, count};
  }

  [[nodiscard]] std::span<const network::tensor> tensors() const noexcept { return tensors_; }

private:
  static constexpr auto single_flip =
      bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1});
  static constexpr std::uint32_t streams_each = 16; ///< eight tensors, and one that draws images
  static constexpr std::uint32_t image_stream = 15;

  [[nodiscard]] bitfault::fault_key key(const experiment& e, std::uint64_t trial,
                                        std::uint32_t stream = 0) const noexcept {
    return {.seed = seed_, .trial = trial, .stream = e.id * streams_each + stream};
  }

  /// Each trial has images of its own, drawn at random, so that trials are independent.
  [[nodiscard]] std::size_t draw_below(std::size_t n, const experiment& e,
                                       std::uint64_t trial) const {
    const auto random =
        bitfault::random_stream(key(e, trial, image_stream)).block(bitfault::purpose::model, 0);
    // 32 random bits are scaled: for 10,000 images they differ by less than one in 400,000.
    return static_cast<std::size_t>(std::uint64_t{random.word[0]} * n >> 32U);
  }
  [[nodiscard]] std::size_t image_for(const experiment& e, std::uint64_t trial) const {
    return draw_below(in_->count(), e, trial);
  }

  [[nodiscard]] record judged(std::span<const float> logits, std::size_t image) {
    last_class_ = best_class(logits, 0);
    return {classify(golden_->logits_of(image), logits), static_cast<std::uint32_t>(image),
            last_class_ == in_->labels[image] ? 1U : 0U, 1};
  }

  [[nodiscard]] record one_bit(const experiment& e, std::uint64_t trial) {
    const auto injector = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1},
                                                  bitfault::bits::given{e.number});
    const std::size_t image = image_for(e, trial);
    const auto faulty = injector.scoped(joined_view(tensors_), key(e, trial));
    return judged(net_.infer(in_->images(image, 1)), image);
  }

  [[nodiscard]] record one_weight(const experiment& e, std::uint64_t trial) {
    const std::size_t image = image_for(e, trial);
    const auto faulty = single_flip.scoped(view_of(tensors_[e.number]), key(e, trial));
    return judged(net_.infer(in_->images(image, 1)), image);
  }

  /// An activation is written anew by every inference, so its fault is applied and never taken
  /// back.
  [[nodiscard]] record one_activation(const experiment& e, std::uint64_t trial) {
    const std::size_t image = image_for(e, trial);
    const auto logits =
        net_.infer(in_->images(image, 1), [&](std::size_t number, const activation& a) {
          if (number == e.number) {
            single_flip.apply(view_of(a), key(e, trial)).or_throw();
          }
        });
    return judged(logits, image);
  }

  [[nodiscard]] record bit_errors(const experiment& e, std::uint64_t trial) {
    const auto injector =
        bitfault::make_injector(bitfault::bit_flip{}, bitfault::rate::per_bit(e.rate));
    record result;
    std::vector<decltype(injector.scoped(view_of(tensors_[0]), {}))> faulty;
    for (std::uint32_t tensor = 0; tensor < tensors_.size(); ++tensor) {
      const auto view = view_of(tensors_[tensor]);
      const auto its_key = key(e, trial, tensor);
      faulty.push_back(injector.scoped(view, its_key));
      result.faults += static_cast<std::uint32_t>(injector.bind(view).cells(its_key));
    }
    const std::size_t first = draw_below(in_->count() / block_, e, trial) * block_;
    result.image = static_cast<std::uint32_t>(first);
    result.right = static_cast<std::uint32_t>(evaluation(net_, *in_, first, block_).right);
    return result;
  }

  network net_;
  std::vector<network::tensor> tensors_;
  const inputs* in_;
  const evaluation* golden_;
  std::uint64_t seed_;
  std::size_t block_;
  std::size_t last_class_ = 0;
};

} // namespace demo
