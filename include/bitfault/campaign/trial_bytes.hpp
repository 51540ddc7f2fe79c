// SPDX-License-Identifier: MIT
#pragma once

#include "trial.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace bitfault::campaign {

namespace detail {

template <class T>
void put(std::string& to, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class T>
T get(std::string_view& from) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (from.size() < sizeof(T))
    throw std::runtime_error("bitfault: campaign: a trial's record ends too early");
  T value;
  std::memcpy(&value, from.data(), sizeof value);
  from.remove_prefix(sizeof value);
  return value;
}
template <class T>
void put_list(std::string& to, const std::vector<T>& list) {
  put(to, static_cast<std::uint64_t>(list.size()));
  for (const T& x : list)
    put(to, x);
}
template <class T>
std::vector<T> get_list(std::string_view& from) {
  const auto size = get<std::uint64_t>(from);
  if (size > from.size() / sizeof(T))
    throw std::runtime_error("bitfault: campaign: a trial's record ends too early");
  std::vector<T> list;
  for (std::uint64_t i = 0; i < size; ++i)
    list.push_back(get<T>(from));
  return list;
}
inline std::string get_text(std::string_view& from) {
  const auto size = get<std::uint64_t>(from);
  if (size > from.size())
    throw std::runtime_error("bitfault: campaign: a trial's record ends too early");
  std::string text(from.substr(0, static_cast<std::size_t>(size)));
  from.remove_prefix(static_cast<std::size_t>(size));
  return text;
}

} // namespace detail

/// A trial's record as bytes, for another process of the same program on the same machine. Not for
/// files.
inline std::string to_bytes(const trial_record& r) {
  std::string bytes;
  detail::put(bytes, r.number);
  detail::put(bytes, r.first_input);
  detail::put(bytes, r.inputs);
  detail::put(bytes, r.outcomes);
  detail::put(bytes, r.outcomes_golden_correct);
  detail::put(bytes, r.answered_correctly);
  detail::put(bytes, r.set_aside);
  detail::put(bytes, static_cast<std::uint64_t>(r.outcomes_by_input.size()));
  bytes += r.outcomes_by_input;
  detail::put(bytes, r.activated);
  detail::put(bytes, r.corrected);
  detail::put_list(bytes, r.criteria);
  detail::put_list(bytes, r.faults);
  detail::put(bytes, r.unlisted_faults);
  detail::put_list(bytes, r.monitors);
  return bytes;
}

/// The record that `to_bytes` made these of. Throws std::runtime_error if they are too few or too
/// many.
inline trial_record to_trial(std::string_view bytes) {
  trial_record r;
  r.number = detail::get<std::uint64_t>(bytes);
  r.first_input = detail::get<std::uint64_t>(bytes);
  r.inputs = detail::get<std::uint32_t>(bytes);
  r.outcomes = detail::get<outcome_counts>(bytes);
  r.outcomes_golden_correct = detail::get<outcome_counts>(bytes);
  r.answered_correctly = detail::get<std::uint32_t>(bytes);
  r.set_aside = detail::get<std::uint32_t>(bytes);
  r.outcomes_by_input = detail::get_text(bytes);
  r.activated = detail::get<bool>(bytes);
  r.corrected = detail::get<bool>(bytes);
  r.criteria = detail::get_list<double>(bytes);
  r.faults = detail::get_list<injected_fault>(bytes);
  r.unlisted_faults = detail::get<std::uint64_t>(bytes);
  r.monitors = detail::get_list<monitor_record>(bytes);
  if (!bytes.empty())
    throw std::runtime_error("bitfault: campaign: a trial's record is longer than it should be");
  return r;
}

} // namespace bitfault::campaign
