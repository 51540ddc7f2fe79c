// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/text_numbers.hpp"
#include "target.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace bitfault::campaign {

/// A target, or a part of it: the elements whose coordinates lie in one range for each axis.
struct target_region {
  struct range {
    std::uint64_t first = 0;
    std::uint64_t count = 0;

    friend bool operator==(const range&, const range&) = default;
  };
  std::size_t target = 0;
  std::vector<range> axes{}; ///< none: all of the target

  friend bool operator==(const target_region&, const target_region&) = default;
};

/// How many elements of a target a region has.
inline std::uint64_t elements_in(const target_region& r, const target& t) noexcept {
  if (r.axes.empty())
    return t.size;
  std::uint64_t elements = 1;
  for (const target_region::range& axis : r.axes)
    elements *= axis.count;
  return elements;
}

/// The number, in its target, of element i of a region. Requires i < elements_in(r, t).
inline std::uint64_t element_of(const target_region& r, const std::vector<std::uint64_t>& extents,
                                std::uint64_t i) noexcept {
  if (r.axes.empty())
    return i;
  std::uint64_t element = 0, stride = 1;
  for (std::size_t axis = r.axes.size(); axis-- > 0; i /= r.axes[axis].count) {
    element += (r.axes[axis].first + i % r.axes[axis].count) * stride;
    stride *= extents[axis];
  }
  return element;
}

/// A region as `find_regions` reads it: "conv1", "conv1[3,0:2,*]".
inline std::string text_of(const target_region& r, const target& t) {
  std::string text = t.name;
  for (std::size_t axis = 0; axis < r.axes.size(); ++axis) {
    const auto [first, count] = r.axes[axis];
    text += axis == 0 ? "[" : ",";
    if (count == t.extents[axis])
      text += "*";
    else
      text += std::to_string(first) + (count == 1 ? "" : ":" + std::to_string(first + count));
  }
  return r.axes.empty() ? text : text + "]";
}

namespace detail {

/// The ranges in "3,0:2,*]" for a target.
inline std::vector<target_region::range> read_ranges(std::string_view text, const target& t,
                                                     const std::string& whole) {
  const auto refuse = [&](const std::string& why) {
    throw std::invalid_argument("bitfault: target '" + whole + "': " + why + "; '" + t.name +
                                "' has the shape [" + bitfault::detail::joined(t.extents, ",") +
                                "]" + (t.is_parameter() ? "" : " for one input"));
  };
  std::vector<target_region::range> axes;
  if (text.empty() || text.back() != ']')
    refuse("the bracket is not closed");
  text.remove_suffix(1);
  for (bool more = true; more;) {
    const std::size_t comma = text.find(',');
    const std::string_view axis = text.substr(0, comma);
    more = comma != std::string_view::npos;
    text.remove_prefix(more ? comma + 1 : text.size());
    if (axes.size() == t.extents.size())
      refuse("there are more than " + std::to_string(t.extents.size()) + " axes");
    const std::uint64_t extent = t.extents[axes.size()];
    if (axis == "*") {
      axes.push_back({0, extent});
      continue;
    }
    const std::size_t colon = axis.find(':');
    std::uint64_t first = 0, end = 0;
    const bool read = bitfault::detail::whole_number(axis.substr(0, colon), first) &&
                      (colon == std::string_view::npos ||
                       bitfault::detail::whole_number(axis.substr(colon + 1), end));
    if (!read)
      refuse("'" + std::string(axis) + "' is no number, no range such as 0:4 and no *");
    if (colon == std::string_view::npos)
      end = first + 1;
    if (first >= end)
      refuse("the range " + std::string(axis) + " is empty");
    if (end > extent || end == 0)
      refuse("coordinate " + std::to_string(end - 1) + " of axis " + std::to_string(axes.size()) +
             " is outside");
    axes.push_back({first, end - first});
  }
  if (axes.size() != t.extents.size())
    refuse(std::to_string(axes.size()) + " of " + std::to_string(t.extents.size()) +
           " axes are given");
  if (std::all_of(axes.begin(), axes.end(), [&](const auto& a) {
        return a.count == t.extents[static_cast<std::size_t>(&a - axes.data())];
      }))
    axes.clear();
  return axes;
}

inline bool overlap(const target_region& a, const target_region& b) noexcept {
  if (a.target != b.target)
    return false;
  for (std::size_t axis = 0; axis < std::min(a.axes.size(), b.axes.size()); ++axis)
    if (a.axes[axis].first >= b.axes[axis].first + b.axes[axis].count ||
        b.axes[axis].first >= a.axes[axis].first + a.axes[axis].count)
      return false;
  return true;
}

} // namespace detail

/// What the patterns name (see `find_targets`), or the part of it that coordinates in brackets say:
/// "conv1[3,0,5]" is one element, "conv*[3,*,0:2]" channel 3, all rows, columns 0 and 1 of every
/// convolution. A target that several patterns name as a whole comes once. Sorted by target and
/// coordinates. Throws std::invalid_argument for a pattern that names nothing, coordinates that a
/// target does not have, with its shape, and for parts that overlap.
inline std::vector<target_region> find_regions(const std::vector<target>& all,
                                               const std::vector<std::string>& patterns) {
  std::vector<target_region> found;
  for (const std::string& pattern : patterns) {
    // A name may have brackets of its own.
    const bool is_name = std::any_of(
        all.begin(), all.end(), [&](const target& t) { return detail::fits_target(t, pattern); });
    const std::size_t bracket = is_name ? std::string::npos : pattern.rfind('[');
    for (const std::size_t i : find_targets(all, {pattern.substr(0, bracket)})) {
      target_region r{i, {}};
      if (bracket != std::string::npos)
        r.axes =
            detail::read_ranges(std::string_view(pattern).substr(bracket + 1), all[i], pattern);
      found.push_back(std::move(r));
    }
  }
  std::sort(found.begin(), found.end(), [](const target_region& a, const target_region& b) {
    const auto less = [](const target_region::range& x, const target_region::range& y) {
      return std::tie(x.first, x.count) < std::tie(y.first, y.count);
    };
    return a.target != b.target ? a.target < b.target
                                : std::lexicographical_compare(a.axes.begin(), a.axes.end(),
                                                               b.axes.begin(), b.axes.end(), less);
  });
  found.erase(std::unique(found.begin(), found.end()), found.end());
  for (std::size_t i = 0; i < found.size(); ++i)
    for (std::size_t j = i + 1; j < found.size() && found[j].target == found[i].target; ++j)
      if (detail::overlap(found[i], found[j]))
        throw std::invalid_argument(
            "bitfault: the targets '" + text_of(found[i], all[found[i].target]) + "' and '" +
            text_of(found[j], all[found[j].target]) + "' overlap; name each element once");
  return found;
}

/// The targets of regions, each once, in their order.
inline std::vector<std::size_t> targets_in(const std::vector<target_region>& regions) {
  std::vector<std::size_t> found;
  for (const target_region& r : regions)
    if (found.empty() || found.back() != r.target)
      found.push_back(r.target);
  return found;
}

} // namespace bitfault::campaign
