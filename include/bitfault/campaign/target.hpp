// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/edit_distance.hpp"
#include "../fault_list/name_pattern.hpp"
#include "model.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bitfault::campaign {

enum class target_kind : std::uint8_t { weight, bias, state, activation, input };

inline constexpr std::array<std::string_view, 5> target_kind_names{"weight", "bias", "state",
                                                                   "activation", "input"};

constexpr std::string_view name_of(target_kind k) noexcept {
  return target_kind_names[static_cast<std::size_t>(k)];
}

/// Something that faults can strike: a parameter, or the output of a layer for one input.
struct target {
  std::string name;
  target_kind kind = target_kind::weight;
  const element_type* type = nullptr;
  std::vector<std::uint64_t> extents;
  std::uint64_t size = 0;
  std::size_t place = 0;   ///< number of the parameter or of the layer
  std::string operation{}; ///< of a layer: see `layer::operation`

  bool is_parameter() const noexcept { return kind <= target_kind::state; }
};

/// Everything in a model that faults can strike: its parameters, then its layers, in their order.
/// Throws std::invalid_argument for a name that is empty, has white space in it, begins with '@' or
/// is there twice, and for layers that read later ones.
inline std::vector<target> targets_of(const std::vector<layer>& layers,
                                      const std::vector<parameter>& parameters) {
  std::vector<target> list;
  const auto add = [&](target t) {
    if (t.name.empty() || t.name[0] == '@' || t.name.find_first_of(" \t\n\r") != std::string::npos)
      throw std::invalid_argument("bitfault: the model has a target named '" + t.name +
                                  "'; names are not empty, have no white space in them and do not "
                                  "begin with '@'");
    for (const target& other : list)
      if (other.name == t.name)
        throw std::invalid_argument("bitfault: the model has two targets named '" + t.name + "'");
    list.push_back(std::move(t));
  };
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const parameter& p = parameters[i];
    add({p.name, static_cast<target_kind>(p.kind), &p.memory.type(), p.memory.extents(),
         p.memory.size(), i});
    for (const std::size_t n : p.layers)
      if (n >= layers.size())
        throw std::invalid_argument("bitfault: parameter '" + p.name + "' says that layer " +
                                    std::to_string(n) + " reads it; the model has " +
                                    std::to_string(layers.size()));
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const layer& l = layers[i];
    if (l.type == nullptr)
      throw std::invalid_argument("bitfault: layer '" + l.name + "' has no element type");
    for (const std::size_t from : l.inputs)
      if (from >= i)
        throw std::invalid_argument("bitfault: layer " + std::to_string(i) + " ('" + l.name +
                                    "') reads layer " + std::to_string(from) +
                                    ", which does not run before it");
    std::uint64_t size = 1;
    for (const std::uint64_t n : l.extents)
      size *= n;
    add({l.name, i == 0 ? target_kind::input : target_kind::activation, l.type, l.extents, size, i,
         l.operation});
  }
  return list;
}

namespace detail {

inline bool fits_target(const target& t, std::string_view pattern) {
  if (pattern == "@weights")
    return t.kind == target_kind::weight;
  if (pattern == "@biases")
    return t.kind == target_kind::bias;
  if (pattern == "@state")
    return t.kind == target_kind::state;
  if (pattern == "@parameters")
    return t.is_parameter();
  if (pattern == "@activations")
    return t.kind == target_kind::activation;
  if (pattern == "@input")
    return t.kind == target_kind::input;
  constexpr std::string_view by_operation = "@operator:";
  if (pattern.starts_with(by_operation))
    return !t.operation.empty() && fits_pattern(t.operation, pattern.substr(by_operation.size()));
  return fits_pattern(t.name, pattern);
}

} // namespace detail

/// Numbers of the targets that at least one of the patterns names (see `experiment::targets`), in
/// the order of the list. Throws std::invalid_argument for a pattern that names none, with the
/// nearest name, and for a part of a target ("conv1[3,0,5]"): see `find_regions`.
inline std::vector<std::size_t> find_targets(const std::vector<target>& all,
                                             const std::vector<std::string>& patterns) {
  std::vector<std::size_t> found;
  for (const std::string& pattern : patterns) {
    const std::size_t before = found.size();
    for (std::size_t i = 0; i < all.size(); ++i)
      if (detail::fits_target(all[i], pattern))
        found.push_back(i);
    if (found.size() == before) {
      if (pattern.find('[') != std::string::npos)
        throw std::invalid_argument("bitfault: '" + pattern +
                                    "' is a part of a target; here only whole ones are taken");
      std::vector<std::string> names;
      std::string list;
      for (const target& t : all) {
        names.push_back(t.name);
        list += (list.empty() ? "" : ", ") + t.name;
      }
      throw std::invalid_argument(
          "bitfault: no target is named '" + pattern + "'; the nearest name is '" +
          bitfault::detail::nearest_name(names, pattern) + "'; the model has " + list);
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

} // namespace bitfault::campaign
