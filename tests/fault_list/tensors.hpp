// SPDX-License-Identifier: MIT
#pragma once

#include <bitfault/core/element.hpp>
#include <bitfault/random/philox.hpp>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>
#include <string>

namespace fault_list_tests {

/// A tensor of arbitrary words (NaN and subnormals among them), for bit-by-bit comparisons.
template <bitfault::element T>
class tensor {
public:
  explicit tensor(std::size_t size, std::uint32_t seed = 1) : size_(size), data_(new T[size]) {
    for (std::size_t i = 0; i < size; ++i) {
      const auto b = bitfault::philox({{seed, 0}}, {{static_cast<std::uint32_t>(i), 0, 0, 0}});
      const std::uint64_t word = b.word[0] | (std::uint64_t{b.word[1]} << 32);
      data_[i] = bitfault::from_word<T>(static_cast<bitfault::word_t<T>>(
          word & bitfault::detail::low_bits(bitfault::element_traits<T>::layout.bits)));
    }
  }
  tensor(const tensor& other) : size_(other.size_), data_(new T[other.size_]) {
    std::memcpy(static_cast<void*>(data_.get()), other.data_.get(), size_ * sizeof(T));
  }
  T* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) const { return data_[i]; }
  std::uint64_t word(std::size_t i) const { return bitfault::to_word(data_[i]); }

  friend bool operator==(const tensor& a, const tensor& b) {
    return a.size_ == b.size_ && std::memcmp(a.data(), b.data(), a.size_ * sizeof(T)) == 0;
  }

private:
  std::size_t size_;
  std::unique_ptr<T[]> data_;
};

/// A folder that is gone after the test.
struct temporary_folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() /
                               ("bitfault-test-" + std::to_string(std::random_device{}()));
  temporary_folder() { std::filesystem::create_directory(path); }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() { std::filesystem::remove_all(path); }
  std::size_t files() const {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path))
      ++n;
    return n;
  }
};

/// The text of the exception that f throws; empty if it throws none.
template <class Error, class F>
std::string thrown(F f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return {};
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace fault_list_tests
