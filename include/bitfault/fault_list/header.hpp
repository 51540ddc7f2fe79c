// SPDX-License-Identifier: MIT
#pragma once

#include "../config/version.hpp"
#include "../core/bits.hpp"
#include "../core/error.hpp"
#include "../core/extents.hpp"
#include "../core/message.hpp"
#include "../core/status.hpp"
#include "../injector/fault_span.hpp"
#include "../random/fault_key.hpp"
#include "element_name.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bitfault {

/// What a fault list knows of its tensor and of its origin.
struct fault_list_header {
  std::string element_type; ///< see `element_name`
  unsigned word_bits = 0;   ///< width of the element's word
  std::vector<std::uint64_t> extents;
  fault_key key{};
  std::uint32_t draw_version = bitfault::draw_version;
  std::string tensor;   ///< name of the tensor, may be empty; no white space
  std::string policies; ///< one line of free text: what drew these faults

  friend bool operator==(const fault_list_header&, const fault_list_header&) = default;
};

/// The header for a tensor of elements T.
template <element T, std::size_t Capacity>
fault_list_header header_of(const extents<Capacity>& e, const fault_key& key = {},
                            std::string tensor = {}) {
  fault_list_header header;
  header.element_type = element_name<T>();
  header.word_bits = element_traits<T>::layout.bits;
  for (std::size_t axis = 0; axis < e.rank; ++axis)
    header.extents.push_back(e[axis]);
  header.key = key;
  header.tensor = std::move(tensor);
  return header;
}

/// A header that is no good: `what()` says what is wrong with it.
class header_error : public error {
public:
  explicit header_error(const std::string& wrong)
      : error({refusal::bad_parameter, 0, 0, 0, "fault list"}),
        text_("bitfault: fault list: " + wrong) {}
  const char* what() const noexcept override { return text_.c_str(); }

private:
  std::string text_;
};

namespace detail {

/// The number of elements, or false where it does not fit into 64 bits.
inline bool count_elements(const std::vector<std::uint64_t>& extents, std::uint64_t& count) {
  count = 1;
  for (const std::uint64_t size : extents)
    if (size == 0)
      return count = 0, true;
  for (const std::uint64_t size : extents)
    if (__builtin_mul_overflow(count, size, &count))
      return false;
  return true;
}

inline bool is_control(char c) noexcept {
  const auto code = static_cast<unsigned char>(c);
  return code < 0x20 || code == 0x7F;
}

/// Where a tensor's name has a character that an address cannot hold: white space or a control
/// character. npos if there is none.
inline std::size_t bad_in_name(std::string_view name) noexcept {
  for (std::size_t i = 0; i < name.size(); ++i)
    if (is_control(name[i]) || name[i] == ' ')
      return i;
  return std::string_view::npos;
}

/// What is wrong with a header, in words; empty if nothing is.
inline std::string wrong_in_header(const fault_list_header& h) {
  if (h.word_bits == 0 || h.word_bits > 64)
    return "a word of " + std::to_string(h.word_bits) + " bits; 1 to 64 are possible";
  if (h.element_type.empty() || bad_in_name(h.element_type) != std::string_view::npos)
    return "the element type's name is empty or has white space in it";
  if (const named_type* const t = find_named_type(h.element_type);
      t != nullptr && t->bits != h.word_bits)
    return "a word of " + std::to_string(h.word_bits) + " bits, but " + h.element_type + " has " +
           std::to_string(t->bits);
  std::uint64_t elements = 0;
  if (!count_elements(h.extents, elements))
    return "the extents have more elements than 64 bits can count";
  if (bad_in_name(h.tensor) != std::string_view::npos)
    return "white space or a control character in the tensor's name";
  for (const char c : h.policies)
    if (is_control(c))
      return "a control character in the text for the policies";
  return {};
}

/// What is wrong with one fault. `value` under the mask is the caller's matter.
inline status check_fault(const fault_list_header& h, std::uint64_t elements, std::size_t i,
                          const listed_fault& f) noexcept {
  const status s = check_fault(f, i, elements, h.word_bits);
  if (s.ok() && f.mask == 0)
    return {refusal::no_bits_given, static_cast<std::uint32_t>(i), 0, 0, "fault list"};
  return s;
}

/// The sentence of a status without the library's name and the place, for messages that have a
/// place of their own.
inline std::string sentence(status s) {
  s.place = "";
  return std::string(
      std::string_view(message(s).text).substr(std::string_view("bitfault: ").size()));
}

} // namespace detail
} // namespace bitfault
