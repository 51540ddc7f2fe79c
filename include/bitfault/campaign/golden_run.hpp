// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/crc32.hpp"
#include "classification.hpp"
#include "experiment.hpp"
#include "judge.hpp"
#include "layer_outputs.hpp"
#include "model.hpp"
#include "target.hpp"
#include "to_doubles.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitfault::campaign {

namespace detail {

/// Runs one batch of a model with every layer's output kept in `out`; `hook` may write to them.
template <model M, class Hook>
void run_whole_batch(M& m, const std::vector<layer>& layers, std::uint64_t first_input,
                     layer_outputs& out, const Hook& hook) {
  if constexpr (runs_layers<M>) {
    for (std::size_t n = 0; n < layers.size(); ++n) {
      m.run_layer(n, first_input, out.inputs_of(n), out[n]);
      hook(n, out[n]);
    }
  } else {
    std::size_t called = 0;
    m.run(first_input, layer_hook([&](std::size_t n, const tensor_ref& output) {
            if (n != called || n >= layers.size() || output.bytes() != out[n].bytes() ||
                !output.contiguous())
              throw std::invalid_argument(
                  "bitfault: campaign: the model calls its hook with layer " + std::to_string(n) +
                  " where layer " + std::to_string(called) + " of " +
                  std::to_string(layers.size()) +
                  " is due, or with a tensor that is not the one it has described");
            hook(n, output);
            std::memcpy(out[n].data(), output.data(), output.bytes());
            ++called;
          }));
    if (called != layers.size())
      throw std::invalid_argument("bitfault: campaign: the model called its hook up to layer " +
                                  std::to_string(called) + " of " + std::to_string(layers.size()) +
                                  "; the last one is the output");
  }
}

/// A checksum of a tensor's words, chained to that of what came before.
inline std::uint32_t checksum(const tensor_ref& t, std::uint32_t before) {
  std::string bytes;
  if (!t.contiguous()) {
    for (index_t i = 0; i < t.size(); ++i) {
      const std::uint64_t word = t.load(i);
      bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
    }
  }
  const std::uint32_t sums[2] = {
      before,
      crc32(t.contiguous() ? std::string_view(reinterpret_cast<const char*>(t.data()), t.bytes())
                           : std::string_view(bytes))};
  return crc32(std::string_view(reinterpret_cast<const char*>(sums), sizeof sums));
}

} // namespace detail

/// The run without faults, which every trial is compared with. Shared by all threads; read only.
class golden_run {
public:
  /// Runs all inputs `golden_repeats` times. Throws std::invalid_argument for a model without
  /// inputs or layers, with inputs that are no whole number of batches, with labels for another
  /// number of inputs, whose output has too few values for the headline criterion, or whose golden
  /// output is not finite.
  template <model M>
  golden_run(M& m, const settings& s, judge& its_judge)
      : layers_(m.layers()), inputs_(m.inputs()), batch_(m.batch()) {
    const std::vector<parameter> parameters = m.parameters();
    targets_ = targets_of(layers_, parameters);
    check();
    std::span<const std::uint32_t> labels;
    if constexpr (requires { m.labels(); })
      labels = m.labels();
    if (!labels.empty() && labels.size() != inputs_)
      throw std::invalid_argument("bitfault: campaign: " + std::to_string(labels.size()) +
                                  " labels for " + std::to_string(inputs_) + " inputs");
    for (const parameter& p : parameters)
      parameters_checksum_ = detail::checksum(p.memory, parameters_checksum_);
    run(m, s, its_judge, labels);
    repeat(m, s, its_judge);
  }

  const std::vector<layer>& layers() const noexcept { return layers_; }
  const std::vector<target>& targets() const noexcept { return targets_; }
  std::uint64_t inputs() const noexcept { return inputs_; }
  std::uint64_t batch() const noexcept { return batch_; }

  const element_type& output_type() const noexcept { return *layers_.back().type; }
  /// Elements of one input's output.
  std::size_t output_size() const noexcept { return output_size_; }
  /// The output of one input.
  const std::byte* output(std::uint64_t input) const noexcept {
    return outputs_.data() + static_cast<std::size_t>(input) * output_size_ * output_type().bytes;
  }
  /// Its label, whether it is right, and how much it wobbles.
  const golden_facts& facts(std::uint64_t input) const noexcept {
    return facts_[static_cast<std::size_t>(input)];
  }
  std::uint32_t answer(std::uint64_t input) const noexcept {
    return answers_[static_cast<std::size_t>(input)];
  }
  /// Inputs whose answer is the label's.
  std::uint64_t correct() const noexcept {
    return static_cast<std::uint64_t>(
        std::count_if(facts_.begin(), facts_.end(), [](const auto& f) { return f.correct; }));
  }
  /// The largest difference between outputs of repeated golden runs; 0 on a CPU, as a rule.
  double noise() const noexcept {
    double most = 0;
    for (const golden_facts& f : facts_)
      most = std::max(most, f.noise);
    return most;
  }
  std::uint32_t repeats() const noexcept { return repeats_; }

  /// All layers' golden outputs for a batch, or null where the budget was used up.
  const layer_outputs* cached(std::uint64_t batch_number) const noexcept {
    return batch_number < cache_.size() ? &cache_[static_cast<std::size_t>(batch_number)] : nullptr;
  }
  std::uint32_t parameters_checksum() const noexcept { return parameters_checksum_; }
  std::uint32_t outputs_checksum() const noexcept { return outputs_checksum_; }

private:
  void check() const {
    if (layers_.size() < 2)
      throw std::invalid_argument("bitfault: campaign: the model has " +
                                  std::to_string(layers_.size()) +
                                  " layers; the first is the input, the last the output");
    if (batch_ == 0 || inputs_ == 0 || inputs_ % batch_ != 0)
      throw std::invalid_argument("bitfault: campaign: " + std::to_string(inputs_) +
                                  " inputs are no whole number of batches of " +
                                  std::to_string(batch_));
  }

  template <model M>
  void run(M& m, const settings& s, judge& its_judge, std::span<const std::uint32_t> labels) {
    output_size_ = static_cast<std::size_t>(targets_.back().size);
    if (const criterion& c = its_judge.criteria()[its_judge.headline()];
        output_size_ < c.least_outputs)
      throw std::invalid_argument(
          "bitfault: campaign: the headline criterion '" + c.name +
          "' decides nothing here: it takes " + std::to_string(c.least_outputs) +
          " scores or more, and the model's output has " + std::to_string(output_size_));
    std::uint64_t bytes = 0;
    for (const target& t : targets_)
      if (!t.is_parameter())
        bytes += t.size * t.type->bytes * batch_;
    const std::uint64_t batches = inputs_ / batch_;
    const std::uint64_t room = std::min(s.cache_bytes / std::max<std::uint64_t>(bytes, 1), batches);
    cache_.reserve(static_cast<std::size_t>(room));
    layer_outputs scratch;
    for (std::uint64_t b = 0; b < batches; ++b) {
      if (b < room)
        cache_.emplace_back(layers_, batch_);
      else if (scratch.empty())
        scratch = layer_outputs(layers_, batch_);
      layer_outputs& now = b < room ? cache_.back() : scratch;
      detail::run_whole_batch(m, layers_, b * batch_, now, [](std::size_t, const tensor_ref&) {});
      const tensor_ref& output = now[layers_.size() - 1];
      outputs_.insert(outputs_.end(), output.data(), output.data() + output.bytes());
    }
    std::vector<double> values(output_size_);
    for (std::uint64_t i = 0; i < inputs_; ++i) {
      facts_.push_back(its_judge.golden(
          output_type(), output_size_, output(i),
          labels.empty() ? std::nullopt
                         : std::optional<std::uint32_t>(labels[static_cast<std::size_t>(i)])));
      if (!facts_.back().finite)
        throw std::invalid_argument("bitfault: campaign: the golden output of input " +
                                    std::to_string(i) + " is not finite");
      to_doubles(output_type(), output(i), values);
      answers_.push_back(static_cast<std::uint32_t>(top_answer(values)));
    }
    outputs_checksum_ =
        crc32(std::string_view(reinterpret_cast<const char*>(outputs_.data()), outputs_.size()));
  }

  template <model M>
  void repeat(M& m, const settings& s, judge& its_judge) {
    layer_outputs again;
    for (repeats_ = 1; repeats_ < s.golden_repeats; ++repeats_) {
      if (again.empty())
        again = layer_outputs(layers_, batch_);
      for (std::uint64_t b = 0; b < inputs_ / batch_; ++b) {
        detail::run_whole_batch(m, layers_, b * batch_, again,
                                [](std::size_t, const tensor_ref&) {});
        const std::byte* rows = again[layers_.size() - 1].data();
        for (std::uint64_t input = b * batch_; input < (b + 1) * batch_; ++input) {
          its_judge.repeat({&output_type(), output_size_, output(input), rows},
                           facts_[static_cast<std::size_t>(input)]);
          rows += output_size_ * output_type().bytes;
        }
      }
    }
  }

  std::vector<layer> layers_;
  std::vector<target> targets_;
  std::uint64_t inputs_;
  std::uint64_t batch_;
  std::size_t output_size_ = 0;
  std::vector<std::byte> outputs_;
  std::vector<golden_facts> facts_;
  std::vector<std::uint32_t> answers_;
  std::uint32_t repeats_ = 1;
  std::vector<layer_outputs> cache_;
  std::uint32_t parameters_checksum_ = 0;
  std::uint32_t outputs_checksum_ = 0;
};

} // namespace bitfault::campaign
