// SPDX-License-Identifier: MIT
#include "tensor_file.hpp"

#include <bitfault/fault_list/edit_distance.hpp>
#include <bitfault/fault_list/file_error.hpp>

#include <type_traits>

namespace tool {

using bitfault::file_error;

bitfault::fault_list_header header_of(const file_tensor& tensor) {
  bitfault::fault_list_header header;
  header.element_type = tensor.type->name;
  header.word_bits = tensor.type->layout.bits;
  header.extents = tensor.extents;
  header.tensor = tensor.name;
  return header;
}

void check_target(const tensor_file& file, const file_tensor& tensor) {
  const std::string who = "tensor '" + tensor.name + "' ";
  if (tensor.type == nullptr)
    throw file_error(file.path.string(), who + "has elements of type " + tensor.dtype +
                                             ", which faults cannot be injected into");
  if (bitfault::detail::bad_in_name(tensor.name) != std::string::npos)
    throw file_error(file.path.string(),
                     who + "has white space or a control character in its name, which a fault "
                           "address cannot hold");
}

const file_tensor& find_tensor(const tensor_file& file, std::string_view name) {
  const file_tensor* found = nullptr;
  std::vector<std::string> names;
  for (const file_tensor& tensor : file.tensors) {
    if (tensor.name == name || (tensor.name.empty() && file.tensors.size() == 1))
      found = &tensor;
    names.push_back(tensor.name);
  }
  if (found == nullptr && name.empty() && file.tensors.size() == 1)
    found = &file.tensors[0];
  if (found == nullptr)
    throw file_error(file.path.string(),
                     "there is no tensor '" + std::string(name) + "'" +
                         (names.empty() ? "; there is none at all"
                                        : "; the nearest name is '" +
                                              bitfault::detail::nearest_name(names, name) + "'"));
  check_target(file, *found);
  return *found;
}

tensor_file read_tensor_file(const std::filesystem::path& path, const raw_form& raw) {
  const std::string name = path.string();
  std::error_code code;
  if (std::filesystem::is_directory(path, code))
    throw file_error(name, "this is a folder");
  std::ifstream in(path, std::ios::binary);
  const std::uint64_t bytes = std::filesystem::file_size(path, code);
  if (!in || code)
    throw file_error(name, "the file cannot be opened for reading");
  const std::string ending = path.extension().string();
  const bool is_raw = !raw.dtype.empty() || raw.has_extents;
  if (is_raw && (ending == ".safetensors" || ending == ".npy"))
    throw file_error(name, "this file says itself what is in it; --dtype and --shape are for raw "
                           "bytes");
  if (is_raw || ending == ".bin")
    return {path, read_raw(raw, name, bytes)};
  if (ending == ".safetensors")
    return {path, read_safetensors(in, name, bytes)};
  if (ending == ".npy")
    return {path, read_npy(in, name, bytes)};
  throw file_error(name, "files end in .safetensors, .npy or .bin; with --dtype any file is taken "
                         "as raw bytes");
}

std::vector<file_tensor> read_raw(const raw_form& raw, const std::string& name,
                                  std::uint64_t bytes) {
  if (raw.dtype.empty())
    throw file_error(name, "raw bytes need --dtype, such as float32");
  file_tensor tensor{"", raw.dtype, type_named(raw.dtype), raw.extents};
  if (tensor.type == nullptr) {
    std::vector<std::string> names;
    bitfault::campaign::detail::for_each_element_type([&]<class T>(std::type_identity<T>) {
      names.emplace_back(bitfault::campaign::type<T>()->name);
    });
    throw file_error(name, "there is no type '" + raw.dtype + "'; the nearest name is '" +
                               bitfault::detail::nearest_name(names, raw.dtype) + "'");
  }
  const std::uint64_t width = tensor.type->bytes;
  if (!raw.has_extents) {
    if (bytes % width != 0)
      throw file_error(name, "its " + std::to_string(bytes) + " bytes are no whole number of " +
                                 raw.dtype + " elements of " + std::to_string(width));
    tensor.extents = {bytes / width};
  }
  std::uint64_t size = 0;
  if (!bitfault::detail::count_elements(tensor.extents, size) || size > bytes / width ||
      size * width != bytes)
    throw file_error(name, "its " + std::to_string(bytes) +
                               " bytes are not what --shape says: " + std::to_string(size) +
                               " elements of " + std::to_string(width) + " bytes");
  return {std::move(tensor)};
}

} // namespace tool
