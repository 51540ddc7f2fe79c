// SPDX-License-Identifier: MIT
#pragma once

#include "golden_run.hpp"
#include "runner.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bitfault::campaign {

/// Whether gross faults in a target (all bits, the highest, the second highest, the lowest bit of
/// every element) change any output. Each is tried on all inputs until one does.
///
/// The same fault is run with and without the golden outputs of earlier layers: a model that names
/// the wrong layers for a parameter, or whose layers depend on more than they say, would otherwise
/// be believed. Throws std::invalid_argument where the two differ.
template <model M>
bool is_live(runner<M>& run, const golden_run& golden, std::size_t target_number) {
  const target& t = golden.targets()[target_number];
  const std::uint64_t top = std::uint64_t{1} << (t.type->layout.bits - 1);
  bool live = false;
  for (const std::uint64_t mask :
       {bitfault::detail::low_bits(t.type->layout.bits), top, top >> 1, std::uint64_t{1}}) {
    if (mask == 0 || t.size == 0)
      continue;
    bool changed = false;
    for (std::uint64_t b = 0; b < golden.inputs() / golden.batch() && !changed; ++b) {
      const std::uint32_t whole = run.checksum_with(target_number, mask, b, true);
      if (run.checksum_with(target_number, mask, b, false) != whole)
        throw std::invalid_argument(
            "bitfault: campaign: a fault in all of '" + t.name +
            "' gives one output when only the layers are run that should depend on it, and another "
            "when all are run; check the layers that the model names for it, and their inputs");
      if (whole !=
          crc32(std::string_view(reinterpret_cast<const char*>(golden.output(b * golden.batch())),
                                 static_cast<std::size_t>(golden.batch()) * golden.output_size() *
                                     golden.output_type().bytes)))
        changed = true;
    }
    live = live || changed;
  }
  return live;
}

/// Probes targets before a campaign. Throws std::invalid_argument with the names of those that are
/// dead and were not declared so: a campaign on them would report no SDC, with confidence.
template <model M>
void require_live(runner<M>& run, const golden_run& golden, const std::vector<std::size_t>& targets,
                  const std::vector<std::string>& declared_dead) {
  std::vector<std::size_t> excused;
  if (!declared_dead.empty())
    excused = find_targets(golden.targets(), declared_dead);
  std::string dead;
  for (const std::size_t i : targets) {
    if (std::binary_search(excused.begin(), excused.end(), i))
      continue;
    if (!is_live(run, golden, i))
      dead += (dead.empty() ? "'" : "', '") + golden.targets()[i].name;
  }
  if (!dead.empty())
    throw std::invalid_argument("bitfault: campaign: faults in all elements of " + dead +
                                "' change no output; inference does not read what the model gave "
                                "as target. Declare it dead if that is meant");
}

} // namespace bitfault::campaign
