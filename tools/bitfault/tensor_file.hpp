// SPDX-License-Identifier: MIT
#pragma once

#include <bitfault/campaign/model.hpp>
#include <bitfault/fault_list/header.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace tool {

using bitfault::campaign::element_type;

/// Where a tensor lies in a file. The file itself stays on the disk.
struct file_tensor {
  std::string name;  ///< empty in files that hold one tensor
  std::string dtype; ///< as the file calls it
  /// Null: a type whose bits this library does not know, so no target for faults.
  const element_type* type = nullptr;
  std::vector<std::uint64_t> extents;
  std::uint64_t offset = 0; ///< of its first byte
  bool big_endian = false;
  bool columns_first = false; ///< the first axis runs fastest (Fortran order)

  /// Number of elements. The reader has checked that it fits.
  std::uint64_t size() const noexcept;
  /// Offset of an element, which is counted in row-major order.
  std::uint64_t byte_of(std::uint64_t element) const noexcept;
};

/// What a raw file cannot say about itself.
struct raw_form {
  std::string dtype{};
  std::vector<std::uint64_t> extents{};
  bool has_extents = false; ///< without: one axis, as long as the file says
};

struct tensor_file {
  std::filesystem::path path;
  std::vector<file_tensor> tensors;
};

/// Reads what a file says about its tensors: .safetensors, .npy, or raw bytes if `raw` names a
/// type. Throws bitfault::file_error with the file, the byte and what is wrong there.
tensor_file read_tensor_file(const std::filesystem::path& path, const raw_form& raw);

/// The three formats. `bytes` is the size of the file.
std::vector<file_tensor> read_safetensors(std::ifstream& in, const std::string& name,
                                          std::uint64_t bytes);
std::vector<file_tensor> read_npy(std::ifstream& in, const std::string& name, std::uint64_t bytes);
std::vector<file_tensor> read_raw(const raw_form& raw, const std::string& name,
                                  std::uint64_t bytes);

/// `count` bytes from an offset. Throws bitfault::file_error where the file ends before.
std::string read_bytes(std::istream& in, const std::string& name, std::uint64_t offset,
                       std::uint64_t count);
/// A number of up to 8 bytes, the least significant one first.
std::uint64_t little_endian(std::string_view bytes) noexcept;
/// Null for a name that the library has no type for. Names as in fault lists: "float32".
const element_type* type_named(std::string_view name) noexcept;

/// The word of an element, and the way back.
std::uint64_t load_word(std::istream& in, const std::string& name, const file_tensor& tensor,
                        std::uint64_t element);
void store_word(std::ostream& out, const file_tensor& tensor, std::uint64_t element,
                std::uint64_t word);

/// What fault lists and addresses have to fit.
bitfault::fault_list_header header_of(const file_tensor& tensor);

/// The tensor that a name means: the one of that name; in a file with one unnamed tensor, that one.
/// Throws bitfault::file_error with the nearest name, and for a type that is no target.
const file_tensor& find_tensor(const tensor_file& file, std::string_view name);
/// Throws bitfault::file_error for a tensor that faults cannot be injected into.
void check_target(const tensor_file& file, const file_tensor& tensor);

} // namespace tool
