// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/crc32.hpp"
#include "experiment.hpp"
#include "faulty_inference.hpp"
#include "golden_run.hpp"
#include "model.hpp"
#include "model_error.hpp"
#include "struck_layers.hpp"
#include "target.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitfault::campaign {

namespace detail {

/// A checksum of the outputs of a batch, which begin with that of its first input.
inline std::uint32_t checksum_of_batch(const golden_run& golden, const std::byte* outputs) {
  return crc32(std::string_view(reinterpret_cast<const char*>(outputs),
                                static_cast<std::size_t>(golden.batch()) * golden.output_size() *
                                    golden.output_type().bytes));
}

/// Bits that are flipped in all elements of a tensor, and back in the end.
class flipped_bits {
public:
  flipped_bits(tensor_ref memory, std::uint64_t mask) : memory_(std::move(memory)), mask_(mask) {
    flip(memory_, mask_);
  }
  flipped_bits(const flipped_bits&) = delete;
  flipped_bits& operator=(const flipped_bits&) = delete;
  ~flipped_bits() { flip(memory_, mask_); }

  static void flip(const tensor_ref& memory, std::uint64_t mask) noexcept {
    for (index_t i = 0; i < memory.size(); ++i)
      memory.store(i, memory.load(i) ^ mask);
  }

private:
  tensor_ref memory_;
  std::uint64_t mask_;
};

/// A checksum of a batch's outputs with the bits of `mask` flipped in all elements of a target;
/// none if inference throws. `whole`: all layers are run, none is taken from the golden run.
template <model M>
std::optional<std::uint32_t>
checksum_with(M& m, const golden_run& golden, faulty_inference<M>& inference, const target& t,
              std::uint64_t mask, std::uint64_t batch_number, bool whole) try {
  struck_layers where(golden.layers().size());
  std::optional<flipped_bits> in_parameter;
  if (t.is_parameter()) {
    const parameter p = m.parameters()[t.place];
    in_parameter.emplace(p.memory, mask);
    where.mark(p);
  } else {
    where.outputs[t.place] = 1;
  }
  const auto strike = [mask](std::size_t, const tensor_ref& output) {
    flipped_bits::flip(output, mask);
  };
  if (whole)
    inference.run_whole(batch_number, where, strike);
  else
    inference.run(batch_number, where, strike);
  return checksum_of_batch(golden, inference.output_of(batch_number * golden.batch()));
} catch (const model_error&) {
  return std::nullopt;
}

} // namespace detail

/// Whether gross faults in a target (all bits, the highest, the second highest, the lowest bit of
/// every element) change any output. Each is tried on all inputs until one does. One that makes
/// inference throw does: a trial with such a fault is a crash in a child process, and elsewhere the
/// end of the campaign.
///
/// The same fault is run with and without the golden outputs of earlier layers: a model that names
/// the wrong layers for a parameter, or whose layers depend on more than they say, would otherwise
/// be believed. Throws std::invalid_argument where the two differ.
template <model M>
bool is_live(M& m, const golden_run& golden, const settings& s, std::size_t target_number) {
  faulty_inference<M> inference(m, golden, s);
  const target& t = golden.targets()[target_number];
  const std::uint64_t top = std::uint64_t{1} << (t.type->layout.bits - 1);
  bool live = false;
  for (const std::uint64_t mask :
       {bitfault::detail::low_bits(t.type->layout.bits), top, top >> 1, std::uint64_t{1}}) {
    if (mask == 0 || t.size == 0)
      continue;
    bool changed = false;
    for (std::uint64_t b = 0; b < golden.inputs() / golden.batch() && !changed; ++b) {
      const auto whole = detail::checksum_with(m, golden, inference, t, mask, b, true);
      if (detail::checksum_with(m, golden, inference, t, mask, b, false) != whole)
        throw std::invalid_argument(
            "bitfault: campaign: a fault in all of '" + t.name +
            "' gives one output when only the layers are run that should depend on it, and another "
            "(or none) when all are run; check the layers that the model names for it, and their "
            "inputs");
      changed = whole != detail::checksum_of_batch(golden, golden.output(b * golden.batch()));
    }
    live = live || changed;
  }
  return live;
}

/// Probes targets before a campaign. Throws std::invalid_argument with the names of those that are
/// dead and were not declared so: a campaign on them would report no SDC, with confidence.
template <model M>
void require_live(M& m, const golden_run& golden, const settings& s,
                  const std::vector<std::size_t>& targets) {
  std::vector<std::size_t> excused;
  if (!s.declared_dead.empty())
    excused = find_targets(golden.targets(), s.declared_dead);
  std::string dead;
  for (const std::size_t i : targets) {
    if (std::binary_search(excused.begin(), excused.end(), i))
      continue;
    if (!is_live(m, golden, s, i))
      dead += (dead.empty() ? "'" : "', '") + golden.targets()[i].name;
  }
  if (!dead.empty())
    throw std::invalid_argument("bitfault: campaign: faults in all elements of " + dead +
                                "' change no output; inference does not read what the model gave "
                                "as target. Declare it dead if that is meant");
}

} // namespace bitfault::campaign
