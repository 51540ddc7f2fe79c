// SPDX-License-Identifier: MIT
#pragma once

#include "experiment.hpp"
#include "golden_run.hpp"
#include "judge.hpp"
#include "layer_outputs.hpp"
#include "model.hpp"
#include "model_error.hpp"
#include "struck_layers.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <span>
#include <vector>

namespace bitfault::campaign {

/// Whether a model reports what a protection of its own does.
template <class M>
concept reports_protection = requires(M& m) {
  m.detected();
}
|| requires(M& m) { m.corrected(); };

/// Runs batches of a model that have faults in them. Where golden outputs of all layers are at
/// hand, only those layers run that may differ from the golden run; the outputs are bit for bit
/// those of a whole run.
template <model M>
class faulty_inference {
public:
  /// The model, the golden run and the settings must outlive this.
  faulty_inference(M& m, const golden_run& golden, const settings& s)
      : model_(&m), golden_(&golden), settings_(&s), outputs_(golden.layers(), golden.batch()),
        differs_(golden.layers().size()) {}

  /// Runs a batch. `strike(n, output)` puts faults into the output of layer n; it is called for
  /// the layers whose outputs `where` says are struck, in their order. Throws model_error for what
  /// the model throws; what `strike` throws goes through.
  template <class Strike>
  void run(std::uint64_t batch_number, const struck_layers& where, const Strike& strike) {
    const layer_outputs* golden = golden_->cached(batch_number);
    // A detector sees what its layers see, so for a model that has one no layer is left out.
    constexpr bool may_skip = runs_layers<M> && !reports_protection<M>;
    const bool skip = golden != nullptr && (settings_->start_at_fault || settings_->stop_if_masked);
    if constexpr (may_skip) {
      if (skip) {
        guarded(strike, [&](const auto& watched) {
          run_what_differs(*golden, batch_number * golden_->batch(), where, watched);
        });
        return;
      }
    }
    run_whole(batch_number, where, strike);
  }

  /// The same without leaving out any layer.
  template <class Strike>
  void run_whole(std::uint64_t batch_number, const struck_layers& where, const Strike& strike) {
    guarded(strike, [&](const auto& watched) {
      detail::run_whole_batch(*model_, golden_->layers(), batch_number * golden_->batch(), outputs_,
                              [&](std::size_t n, const tensor_ref& output) {
                                if (where.outputs[n] != 0)
                                  watched(n, output);
                              });
    });
    std::fill(differs_.begin(), differs_.end(), std::uint8_t{1});
  }

  /// What layer n has put out in the last run; null: the golden output.
  const tensor_ref* output(std::size_t n) const noexcept {
    return differs_[n] != 0 ? &outputs_[n] : nullptr;
  }
  /// The output for an input of the batch of the last run.
  const std::byte* output_of(std::uint64_t input) const noexcept {
    const tensor_ref* last = output(golden_->layers().size() - 1);
    const std::size_t bytes = golden_->output_size() * golden_->output_type().bytes;
    return last == nullptr
               ? golden_->output(input)
               : last->data() + static_cast<std::size_t>(input % golden_->batch()) * bytes;
  }
  /// What the model says of its protection in the last run.
  protection_report protection() {
    protection_report report;
    if constexpr (requires { model_->detected(); })
      report.detected = model_->detected();
    if constexpr (requires { model_->corrected(); })
      report.corrected = model_->corrected();
    return report;
  }

private:
  /// Calls body(strike) and tells what the model throws from what `strike` throws: what is wrong
  /// with a fault is no fault of the model.
  template <class Strike, class Body>
  static void guarded(const Strike& strike, const Body& body) {
    std::exception_ptr ours;
    const auto watched = [&](std::size_t n, const tensor_ref& output) {
      try {
        strike(n, output);
      } catch (...) {
        ours = std::current_exception();
        throw;
      }
    };
    try {
      body(watched);
    } catch (const std::exception& e) {
      if (ours)
        std::rethrow_exception(ours);
      throw model_error(e.what());
    } catch (...) {
      if (ours)
        std::rethrow_exception(ours);
      throw model_error("something that is no std::exception");
    }
  }

  template <class Strike>
  void run_what_differs(const layer_outputs& golden, std::uint64_t first_input,
                        const struck_layers& where, const Strike& strike) {
    const auto& layers = golden_->layers();
    bool begun = false;
    for (std::size_t n = 0; n < layers.size(); ++n) {
      const bool input_differs = std::any_of(layers[n].inputs.begin(), layers[n].inputs.end(),
                                             [&](std::size_t i) { return differs_[i] != 0; });
      begun = begun || where.parameters[n] != 0 || where.outputs[n] != 0;
      const bool skip = begun ? settings_->stop_if_masked : settings_->start_at_fault;
      differs_[n] = 0;
      if (where.parameters[n] != 0 || input_differs || !skip) {
        const std::size_t count = layers[n].inputs.size();
        inputs_.resize(std::max(inputs_.size(), count)); // copies into what is there need no memory
        for (std::size_t i = 0; i < count; ++i) {
          const std::size_t from = layers[n].inputs[i];
          inputs_[i] = differs_[from] != 0 ? outputs_[from] : golden[from];
        }
        model_->run_layer(n, first_input, std::span<const tensor_ref>(inputs_.data(), count),
                          outputs_[n]);
      } else if (where.outputs[n] != 0) {
        std::memcpy(outputs_[n].data(), golden[n].data(), golden[n].bytes());
      } else {
        continue;
      }
      if (where.outputs[n] != 0)
        strike(n, outputs_[n]);
      differs_[n] = std::memcmp(outputs_[n].data(), golden[n].data(), golden[n].bytes()) != 0;
    }
  }

  M* model_;
  const golden_run* golden_;
  const settings* settings_;
  layer_outputs outputs_;
  std::vector<std::uint8_t> differs_; ///< of each layer: its output is not the golden one
  std::vector<tensor_ref> inputs_;    ///< of the layer that runs
};

} // namespace bitfault::campaign
