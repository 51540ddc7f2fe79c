// SPDX-License-Identifier: MIT
#pragma once

// Tensors in a safetensors file (https://github.com/huggingface/safetensors):
// the length of a JSON header as a 64-bit little-endian number, the header, the
// tensors' little-endian data.

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace spiking {

struct weights_file {
  struct tensor {
    std::string type; ///< as the file calls it: "F32", "I64" ...
    std::vector<std::size_t> extents;
    std::vector<std::byte> bytes;
  };

  std::string name; ///< of the file, for messages
  std::map<std::string, std::string> metadata;
  std::map<std::string, tensor> tensors;

  /// The numbers of an F32 tensor. Throws std::runtime_error, which names the
  /// file, if there is no such tensor or its type or extents are others.
  [[nodiscard]] std::vector<float> floats(const std::string& tensor,
                                          const std::vector<std::size_t>& extents) const;
};

/// Throws std::runtime_error with the name of the file and what is wrong with
/// it: it cannot be opened, is truncated, has no such header, or a tensor lies
/// outside the file or has another number of bytes than its extents say.
[[nodiscard]] weights_file read_weights(const std::filesystem::path& file);

struct float_tensor {
  std::string name;
  std::vector<std::size_t> extents;
  std::span<const float> data;
};

/// Writes such a file. Throws std::runtime_error if it cannot be written.
void write_weights(const std::filesystem::path& file, const std::vector<float_tensor>& tensors,
                   const std::map<std::string, std::string>& metadata);

} // namespace spiking
