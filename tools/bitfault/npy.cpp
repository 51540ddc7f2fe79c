// SPDX-License-Identifier: MIT
// The header of a .npy file, versions 1 to 3: a Python dictionary.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#include "tensor_file.hpp"

#include <bitfault/fault_list/file_error.hpp>

#include <charconv>
#include <optional>

namespace tool {
namespace {

using bitfault::file_error;

/// Reads {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } and nothing else.
class dictionary_reader {
public:
  dictionary_reader(std::string_view text, std::uint64_t offset, const std::string& name)
      : text_(text), offset_(offset), name_(name) {}

  std::optional<std::string> descr;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::uint64_t>> shape;

  void read() {
    expect('{');
    while (!skip('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr") {
        if (peek() == '[')
          fail("the elements are structures, which faults cannot be injected into");
        once(descr) = quoted();
      } else if (key == "fortran_order") {
        once(fortran_order) = truth();
      } else if (key == "shape") {
        once(shape) = tuple();
      } else {
        fail("a key '" + key + "' that .npy files do not have");
      }
      if (!skip(',') && peek() != '}')
        fail("expected ',' or '}'");
    }
    peek();
    if (at_ != text_.size())
      fail("something after the closing '}'");
    if (!descr || !fortran_order || !shape)
      fail("the header has no descr, no fortran_order or no shape");
  }

private:
  [[noreturn]] void fail(const std::string& what) const {
    throw file_error::at_byte(name_, offset_ + at_, what);
  }
  template <class T>
  std::optional<T>& once(std::optional<T>& value) const {
    if (value)
      fail("a key that stands twice");
    return value;
  }
  char peek() noexcept {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n'))
      ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool skip(char c) noexcept {
    if (peek() != c)
      return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!skip(c))
      fail(std::string("expected '") + c + "'");
  }
  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"')
      fail("expected a quotation mark");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos)
      fail("a text that does not end");
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return std::string(inside);
  }
  bool truth() {
    peek();
    for (const std::string_view word : {"True", "False"})
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return word == "True";
      }
    fail("expected True or False");
  }
  std::vector<std::uint64_t> tuple() {
    std::vector<std::uint64_t> list;
    expect('(');
    while (!skip(')')) {
      peek();
      std::uint64_t n = 0;
      const auto r = std::from_chars(text_.data() + at_, text_.data() + text_.size(), n);
      if (r.ec != std::errc{})
        fail("expected a number below 2^64");
      at_ = static_cast<std::size_t>(r.ptr - text_.data());
      list.push_back(n);
      skip('L'); // as Python 2 wrote long numbers
      if (!skip(',') && peek() != ')')
        fail("expected ',' or ')'");
    }
    return list;
  }

  std::string_view text_;
  std::uint64_t offset_;
  const std::string& name_;
  std::size_t at_ = 0;
};

/// "f4" and so on; empty for what the library has no type for.
std::string_view library_name(std::string_view kind) noexcept {
  constexpr std::string_view names[][2] = {{"b1", "bool"},    {"i1", "int8"},    {"i2", "int16"},
                                           {"i4", "int32"},   {"i8", "int64"},   {"u1", "uint8"},
                                           {"u2", "uint16"},  {"u4", "uint32"},  {"u8", "uint64"},
                                           {"f2", "float16"}, {"f4", "float32"}, {"f8", "float64"}};
  for (const auto& [numpy, library] : names)
    if (numpy == kind)
      return library;
  return {};
}

} // namespace

std::vector<file_tensor> read_npy(std::ifstream& in, const std::string& name, std::uint64_t bytes) {
  const std::string start = read_bytes(in, name, 0, 10);
  if (start.compare(0, 6, "\x93NUMPY") != 0)
    throw file_error::at_byte(name, 0, "this is no .npy file; its first six bytes are others");
  const unsigned version = static_cast<unsigned char>(start[6]);
  if (version < 1 || version > 3)
    throw file_error::at_byte(name, 6,
                              "version " + std::to_string(version) + "; 1, 2 and 3 are known");
  const std::uint64_t text_at = version == 1 ? 10 : 12;
  const std::uint64_t length = little_endian(read_bytes(in, name, 8, text_at - 8));
  if (bytes < text_at || length > bytes - text_at)
    throw file_error::at_byte(name, 8,
                              "a header of " + std::to_string(length) + " bytes in a file of " +
                                  std::to_string(bytes));
  const std::string text = read_bytes(in, name, text_at, length);
  dictionary_reader header(text, text_at, name);
  header.read();

  const std::string& descr = *header.descr;
  file_tensor tensor{"", descr, nullptr, *header.shape};
  tensor.offset = text_at + length;
  const bool ordered = descr.size() > 1 && (descr[0] == '<' || descr[0] == '>' || descr[0] == '|');
  tensor.type = ordered ? type_named(library_name(descr.substr(1))) : nullptr;
  if (tensor.type == nullptr)
    throw file_error::at_byte(
        name, text_at, "elements of type '" + descr + "', which faults cannot be injected into");
  tensor.big_endian = descr[0] == '>';
  tensor.columns_first = *header.fortran_order;
  const std::uint64_t held = bytes - tensor.offset, width = tensor.type->bytes;
  std::uint64_t size = 0;
  if (!bitfault::detail::count_elements(tensor.extents, size) || size > held / width ||
      size * width != held)
    throw file_error::at_byte(name, tensor.offset,
                              std::to_string(held) + " bytes from here on; the shape and '" +
                                  descr + "' say " + std::to_string(size) + " elements of " +
                                  std::to_string(width));
  return {std::move(tensor)};
}

} // namespace tool
