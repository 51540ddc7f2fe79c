// SPDX-License-Identifier: MIT
// Bytes and words of tensors in files, whatever the format.
#include "tensor_file.hpp"

#include <bitfault/fault_list/file_error.hpp>

#include <algorithm>
#include <type_traits>

namespace tool {

using bitfault::file_error;

std::uint64_t file_tensor::size() const noexcept {
  std::uint64_t n = 1;
  for (const std::uint64_t extent : extents)
    n *= extent;
  return n;
}

std::uint64_t file_tensor::byte_of(std::uint64_t element) const noexcept {
  std::uint64_t place = element;
  if (columns_first) {
    place = 0;
    std::uint64_t stride = size();
    for (std::size_t axis = extents.size(); axis-- > 0; element /= extents[axis]) {
      stride /= extents[axis];
      place += element % extents[axis] * stride;
    }
  }
  return offset + place * type->bytes;
}

const element_type* type_named(std::string_view name) noexcept {
  const element_type* found = nullptr;
  bitfault::campaign::detail::for_each_element_type([&]<class T>(std::type_identity<T>) {
    if (const element_type* t = bitfault::campaign::type<T>(); t->name == name)
      found = t;
  });
  return found;
}

std::uint64_t little_endian(std::string_view bytes) noexcept {
  std::uint64_t n = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    n = n << 8U | static_cast<unsigned char>(bytes[i]);
  return n;
}

std::string read_bytes(std::istream& in, const std::string& name, std::uint64_t offset,
                       std::uint64_t count) {
  std::string bytes(count, '\0');
  in.clear();
  in.seekg(static_cast<std::streamoff>(offset));
  in.read(bytes.data(), static_cast<std::streamsize>(count));
  if (static_cast<std::uint64_t>(in.gcount()) != count)
    throw file_error::at_byte(name, offset,
                              "the file ends before the " + std::to_string(count) +
                                  " bytes that should be here");
  return bytes;
}

std::uint64_t load_word(std::istream& in, const std::string& name, const file_tensor& tensor,
                        std::uint64_t element) {
  std::string bytes = read_bytes(in, name, tensor.byte_of(element), tensor.type->bytes);
  if (tensor.big_endian)
    std::reverse(bytes.begin(), bytes.end());
  return little_endian(bytes);
}

void store_word(std::ostream& out, const file_tensor& tensor, std::uint64_t element,
                std::uint64_t word) {
  std::string bytes;
  for (unsigned i = 0; i < tensor.type->bytes; ++i)
    bytes.push_back(static_cast<char>(static_cast<unsigned char>(word >> (8 * i))));
  if (tensor.big_endian)
    std::reverse(bytes.begin(), bytes.end());
  out.seekp(static_cast<std::streamoff>(tensor.byte_of(element)));
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

} // namespace tool
