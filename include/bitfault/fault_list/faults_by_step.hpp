// SPDX-License-Identifier: MIT
#pragma once

#include "../core/error.hpp"
#include "../core/status.hpp"
#include "../injector/fault_span.hpp"
#include "fault_list.hpp"
#include "header.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace bitfault {

/// Cuts a list whose axis 0 is time into one list for each step, for state of which only one step
/// is in memory at a time: `injector.draw<float>(extents{steps, neurons}, key)` chooses sites among
/// all steps and neurons, and list number t is for a tensor of the other axes (of one element, if
/// there are none) and acts with `lists[t].reapply(state)`. Faults keep their order. O(steps +
/// faults). Throws `error` for a list of a tensor without axes. Hosted.
inline std::vector<fault_list> faults_by_step(const fault_list& list) {
  fault_list_header header = list.header();
  if (header.extents.empty())
    status{refusal::axis_outside, 0, 0, 0, "faults_by_step"}.or_throw();
  const auto steps = static_cast<std::size_t>(header.extents[0]);
  header.extents.erase(header.extents.begin());
  if (header.extents.empty())
    header.extents.push_back(1);
  std::uint64_t size = 0;
  detail::count_elements(header.extents, size);

  std::vector<std::size_t> count(steps);
  for (const listed_fault& f : list)
    ++count[static_cast<std::size_t>(f.element / size)];
  std::vector<std::vector<listed_fault>> faults(steps);
  for (std::size_t t = 0; t < steps; ++t)
    faults[t].reserve(count[t]);
  for (listed_fault f : list) {
    const std::uint64_t step = f.element / size;
    f.element -= step * size;
    faults[static_cast<std::size_t>(step)].push_back(f);
  }
  std::vector<fault_list> lists;
  lists.reserve(steps);
  for (auto& of_step : faults)
    lists.emplace_back(header, std::move(of_step));
  return lists;
}

} // namespace bitfault
