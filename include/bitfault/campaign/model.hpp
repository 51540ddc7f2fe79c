// SPDX-License-Identifier: MIT
#pragma once

#include "tensor_ref.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace bitfault::campaign {

enum class parameter_kind : std::uint8_t { weight, bias, state };

/// A tensor that inference reads and does not rewrite: faults in it last until the trial ends.
struct parameter {
  std::string name;
  tensor_ref memory;
  parameter_kind kind = parameter_kind::weight;
  /// The layers that read it. Empty: not known, any may.
  std::vector<std::size_t> layers{};
};

/// One step of inference that writes one tensor. A layer's number is its place in the model's list.
struct layer {
  std::string name;
  std::vector<std::size_t> inputs;    ///< numbers of the layers whose outputs it reads, all lower
  const element_type* type = nullptr; ///< of its output: `type<float>()`
  std::vector<std::uint64_t> extents; ///< of its output for one input, without the batch
  std::string operation{};            ///< what it computes, "conv2d": for "@operator:conv*"
};

/// The run-time description of T, for `layer::type`.
template <element T>
constexpr const element_type* type() noexcept {
  return &detail::type_of<T>;
}

/// What a model calls after each layer: its number and its output, the batch as outermost axis.
/// What the hook writes there is what the next layer reads.
using layer_hook = std::function<void(std::size_t layer, const tensor_ref& output)>;

/// A model that runs layer by layer: `run_layer(n, first_input, in, out)` computes layer n of the
/// batch that starts at input `first_input` from the outputs `in` of the layers that it names, into
/// `out` (contiguous, batch outermost). Its result depends on `in`, the parameters and nothing
/// else. Layer 0 has no `in`: it loads the inputs. With this, a campaign runs only what differs.
template <class M>
concept runs_layers = requires(M& m, std::size_t n, std::uint64_t first_input,
                               std::span<const tensor_ref> in, const tensor_ref& out) {
  m.run_layer(n, first_input, in, out);
};

/// A model that runs as a whole: `run(first_input, hook)` calls the hook after each layer.
template <class M>
concept runs_whole = requires(M& m, std::uint64_t first_input, const layer_hook& hook) {
  m.run(first_input, hook);
};

/// What a campaign asks of inference code. One instance serves one thread.
///
///   std::vector<layer> layers()          // layer 0 is the input, the last one the output
///   std::vector<parameter> parameters()  // valid as long as the model
///   std::uint64_t inputs()               // how many inputs there are, a multiple of batch()
///   std::uint64_t batch()                // how many of them run together
///   run_layer(...) or run(...)           // see runs_layers, runs_whole
///
/// and, if there are any,
///
///   std::span<const std::uint32_t> labels()  // the right class of each input
///   bool detected()                          // a detector fired in the last run
///   bool corrected()                         // a protection repaired something in the last run
///   static constexpr bool rows_are_independent  // an input's outputs do not depend on the others
///                                            // of its batch: activation faults may share one
template <class M>
concept model = requires(M& m) {
  { m.layers() } -> std::convertible_to<std::vector<layer>>;
  { m.parameters() } -> std::convertible_to<std::vector<parameter>>;
  { m.inputs() } -> std::convertible_to<std::uint64_t>;
  { m.batch() } -> std::convertible_to<std::uint64_t>;
}
&&(runs_layers<M> || runs_whole<M>);

} // namespace bitfault::campaign
