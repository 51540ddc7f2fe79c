// SPDX-License-Identifier: MIT
#include "faulty_copy.hpp"

#include <bitfault/fault_list/address.hpp>
#include <bitfault/fault_list/file_error.hpp>
#include <bitfault/fault_list/new_file.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <ostream>
#include <sstream>

namespace tool {

namespace fs = std::filesystem;
using bitfault::file_error;
using bitfault::listed_fault;
using bitfault::detail::new_file;

namespace {

/// Whether two paths name one file; the second need not exist.
bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code code;
  if (fs::equivalent(a, b, code))
    return true;
  return fs::weakly_canonical(a, code) == fs::weakly_canonical(b, code);
}

void write_copy(const tensor_file& file, const std::vector<tensor_faults>& faults,
                const new_file& out) {
  const std::string& name = out.name();
  std::error_code code;
  fs::copy_file(file.path, out.beside(), code);
  if (code)
    throw file_error(name, "the copy cannot be made: " + code.message());
  const fs::perms as_before = fs::status(file.path, code).permissions();
  fs::permissions(out.beside(), fs::perms::owner_write, fs::perm_options::add, code);
  std::fstream words(out.beside(), std::ios::binary | std::ios::in | std::ios::out);
  if (!words)
    throw file_error(name, "the copy cannot be opened for writing");
  for (const tensor_faults& t : faults)
    for (const listed_fault& f : t.faults)
      store_word(words, *t.tensor, f.element,
                 bitfault::faulty_word(f, load_word(words, name, *t.tensor, f.element)));
  words.flush();
  words.close();
  if (!words)
    throw file_error(name, "writing failed");
  fs::permissions(out.beside(), as_before, code);
}

} // namespace

fs::path output_options::target(const fs::path& input) const {
  if (in_place == !output.empty())
    throw file_error(input.string(), "say where the result goes: -o FILE, or --in-place");
  const fs::path path = in_place ? input : fs::path(output);
  if (!in_place && same_file(input, path))
    throw file_error(path.string(), "this is the input, which only --in-place overwrites");
  if (!list.empty() && (same_file(input, list) || same_file(path, list)))
    throw file_error(list, "the list cannot take the place of the tensors");
  return path;
}

void find_words_before(const tensor_file& file, std::vector<tensor_faults>& faults) {
  std::ifstream in(file.path, std::ios::binary);
  for (tensor_faults& t : faults) {
    std::map<std::uint64_t, std::uint64_t> words;
    t.before.clear();
    for (const listed_fault& f : t.faults) {
      auto at = words.find(f.element);
      if (at == words.end())
        at =
            words.emplace(f.element, load_word(in, file.path.string(), *t.tensor, f.element)).first;
      t.before.push_back(at->second);
      at->second = bitfault::faulty_word(f, at->second);
    }
  }
}

void write_results(const tensor_file& file, const std::vector<tensor_faults>& faults,
                   const output_options& where) {
  new_file copy(where.target(file.path));
  if (where.list.empty()) {
    write_copy(file, faults, copy);
    return copy.commit();
  }
  new_file list(where.list);
  std::ofstream text(list.beside(), std::ios::binary | std::ios::trunc);
  if (!text)
    throw file_error(where.list, "no file can be made in its folder");
  for (const tensor_faults& t : faults)
    t.faults.save_csv(text, t.before, where.list);
  text.close();
  if (!text)
    throw file_error(where.list, "writing failed");
  write_copy(file, faults, copy);
  list.commit();
  copy.commit();
}

std::string value_text(const element_type& type, std::uint64_t word) {
  if (type.layout.bits == 1 || (type.layout.exponent_bits == 0 && type.layout.sign_bits == 0))
    return std::to_string(word);
  if (type.layout.exponent_bits == 0) {
    const unsigned unused = 64 - type.layout.bits;
    return std::to_string(static_cast<std::int64_t>(word << unused) >> unused);
  }
  char digits[40];
  const double value = type.to_real(word);
  // Elements of at most 32 bits are floats exactly; fewer digits tell those apart.
  const auto end = type.bytes <= 4
                       ? std::to_chars(digits, digits + sizeof digits, static_cast<float>(value))
                       : std::to_chars(digits, digits + sizeof digits, value);
  return {digits, end.ptr};
}

std::string word_text(const element_type& type, std::uint64_t word) {
  std::string text = bitfault::detail::hexadecimal(word).substr(2);
  return "0x" +
         std::string(2 * type.bytes - std::min<std::size_t>(text.size(), 2 * type.bytes), '0') +
         text;
}

void print_faults(std::ostream& out, const std::vector<tensor_faults>& faults) {
  constexpr std::size_t most = 20;
  std::size_t count = 0;
  for (const tensor_faults& t : faults)
    for (std::size_t i = 0; i < t.faults.size(); ++i)
      if (count++ < most) {
        const element_type& type = *t.tensor->type;
        const std::uint64_t after = bitfault::faulty_word(t.faults[i], t.before[i]);
        out << bitfault::to_string(bitfault::address_of(t.faults, i)) << "  "
            << value_text(type, t.before[i]) << " -> " << value_text(type, after) << '\n';
      }
  if (count > most)
    out << "and " << count - most << " more\n";
}

std::vector<bitfault::fault_list> load_lists(const fs::path& path) {
  const std::string name = path.string();
  const std::string bytes = bitfault::detail::read_file(path);
  const std::string_view first = bitfault::detail::csv_first_line;
  std::vector<std::size_t> starts;
  if (bytes.starts_with(first))
    for (std::size_t at = 0; at != std::string::npos; at = bytes.find(first, at + 1))
      if (at == 0 || bytes[at - 1] == '\n')
        starts.push_back(at);
  std::vector<bitfault::fault_list> lists;
  for (std::size_t i = 0; i < starts.size() || i == 0; ++i) {
    const std::size_t begin = starts.empty() ? 0 : starts[i];
    const std::size_t end = i + 1 < starts.size() ? starts[i + 1] : bytes.size();
    std::istringstream part(bytes.substr(begin, end - begin));
    // Lines are counted from where the part begins.
    const auto lines =
        std::count(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(begin), '\n');
    try {
      lists.push_back(bitfault::fault_list::load(part, name));
    } catch (const file_error& e) {
      if (!e.line())
        throw;
      const std::string words = e.what();
      const std::string here = "line " + std::to_string(*e.line()) + ": ";
      throw file_error::at_line(name, *e.line() + static_cast<std::uint64_t>(lines),
                                words.substr(words.find(here) + here.size()));
    }
  }
  return lists;
}

} // namespace tool
