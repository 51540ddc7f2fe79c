// SPDX-License-Identifier: MIT
#pragma once

#include "tensor_file.hpp"

#include <bitfault/fault_list/fault_list.hpp>
#include <bitfault/fault_list/file.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace tool {

/// The faults of one tensor, and the word that each of them met.
struct tensor_faults {
  const file_tensor* tensor = nullptr;
  bitfault::fault_list faults;
  std::vector<std::uint64_t> before{};
};

/// Where the results of a command go.
struct output_options {
  std::string output;
  bool in_place = false;
  std::string list; ///< empty: none

  /// The file that is written. Throws bitfault::file_error if that would be the input without
  /// `in_place`, or if the list would overwrite one of the two.
  std::filesystem::path target(const std::filesystem::path& input) const;
};

/// Looks up the words that the faults meet.
void find_words_before(const tensor_file& file, std::vector<tensor_faults>& faults);

/// Writes a copy of the file with the faults in it, and the list. Both are written beside their
/// places and renamed at the end: until then nothing has changed. Throws bitfault::file_error.
void write_results(const tensor_file& file, const std::vector<tensor_faults>& faults,
                   const output_options& where);

/// One line for each fault, up to 20: its address, and the values before and after.
void print_faults(std::ostream& out, const std::vector<tensor_faults>& faults);

/// A word as a value of its type, as its digits in base 16, and so that it is read back the same.
std::string value_text(const element_type& type, std::uint64_t word);
std::string word_text(const element_type& type, std::uint64_t word);

/// The fault lists of a file, text or binary. A text file may hold several, one after another, each
/// from its line "# bitfault fault list" on. Throws bitfault::file_error.
std::vector<bitfault::fault_list> load_lists(const std::filesystem::path& path);

} // namespace tool
