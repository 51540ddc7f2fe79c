// SPDX-License-Identifier: MIT
#pragma once

#include "../core/bfloat16.hpp"
#include "../core/element.hpp"
#include "../core/extents.hpp"
#include "../core/half.hpp"
#include "../core/real.hpp"
#include "../fault_list/element_name.hpp"
#include "../views/view.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// What a campaign knows of an element type at run time.
struct element_type {
  std::string_view name; ///< see `element_name`
  unsigned bytes = 0;
  code_layout layout{};
  double (*to_real)(std::uint64_t word) = nullptr;
};

namespace detail {

template <element T>
double real_of(std::uint64_t word) {
  return bitfault::to_real(from_word<T>(static_cast<word_t<T>>(word)));
}

template <element T>
inline constexpr element_type type_of{element_name<T>(), sizeof(T), element_traits<T>::layout,
                                      &real_of<T>};

template <class Word>
std::uint64_t load_word(const std::byte* at) noexcept {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}
/// The word of `bytes` bytes (1, 2, 4 or 8) that lies there.
inline std::uint64_t load_word(const std::byte* at, unsigned bytes) noexcept {
  switch (bytes) {
  case 1:
    return load_word<std::uint8_t>(at);
  case 2:
    return load_word<std::uint16_t>(at);
  case 4:
    return load_word<std::uint32_t>(at);
  default:
    return load_word<std::uint64_t>(at);
  }
}

/// Calls f(type) for each element type that a name may stand for.
template <class F>
void for_each_element_type(F&& f) {
  const auto all = [&]<class... T>(std::type_identity<T>... t) { (f(t), ...); };
  all(std::type_identity<float>{}, std::type_identity<double>{}, std::type_identity<half>{},
      std::type_identity<bfloat16>{}, std::type_identity<std::int8_t>{},
      std::type_identity<std::int16_t>{}, std::type_identity<std::int32_t>{},
      std::type_identity<std::int64_t>{}, std::type_identity<std::uint8_t>{},
      std::type_identity<std::uint16_t>{}, std::type_identity<std::uint32_t>{},
      std::type_identity<std::uint64_t>{}, std::type_identity<bool>{});
}

} // namespace detail

/// A tensor in memory whose element type is known at run time only. Does not own. Made from any
/// tensor_view of host memory; a copy refers to the same memory.
class tensor_ref {
public:
  tensor_ref() = default;

  template <tensor_view View>
    requires(!std::is_const_v<typename View::element_type>)
  tensor_ref(const View& view)
      : type_(&detail::type_of<typename View::element_type>), size_(view.extents().size()) {
    static_assert(
        !requires { View::on_device; },
        "bitfault: a campaign runs on host memory; this is a device view");
    for (std::size_t axis = 0; axis < view.extents().rank; ++axis)
      extents_.push_back(view.extents()[axis]);
    if (size_ != 0)
      data_ = reinterpret_cast<std::byte*>(view.address(0));
    if constexpr (!View::contiguous) {
      view_ = std::make_shared<View>(view);
      address_ = [](const void* v, index_t element) {
        return reinterpret_cast<std::byte*>(static_cast<const View*>(v)->address(element));
      };
    }
  }

  /// Contiguous row-major memory of a type that only the caller knows.
  tensor_ref(const element_type& type, std::byte* data, std::vector<std::uint64_t> extents)
      : type_(&type), data_(data), extents_(std::move(extents)) {
    size_ = 1;
    for (const std::uint64_t n : extents_)
      size_ *= static_cast<index_t>(n);
  }

  const element_type& type() const noexcept { return *type_; }
  const std::vector<std::uint64_t>& extents() const noexcept { return extents_; }
  index_t size() const noexcept { return size_; }
  std::size_t bytes() const noexcept { return size_ * type_->bytes; }
  /// Whether element i lies i elements behind `data()`.
  bool contiguous() const noexcept { return address_ == nullptr; }
  std::byte* data() const noexcept { return data_; }

  /// Entries [first, first + count) of the outermost axis. Requires contiguous memory, a rank above
  /// 0 and first + count <= extents()[0].
  tensor_ref rows(std::uint64_t first, std::uint64_t count) const {
    tensor_ref part = *this;
    const std::uint64_t row = extents_[0] == 0 ? 0 : size_ / extents_[0];
    part.extents_[0] = count;
    part.size_ = static_cast<index_t>(count * row);
    part.data_ = data_ + first * row * type_->bytes;
    return part;
  }

  /// The elements as T. Requires contiguous memory of that type.
  template <element T>
  T* as() const noexcept {
    return reinterpret_cast<T*>(data_);
  }

  /// The word of an element, in row-major order. Requires element < size().
  std::uint64_t load(index_t element) const noexcept {
    return detail::load_word(address(element), type_->bytes);
  }
  void store(index_t element, std::uint64_t word) const noexcept {
    std::byte* at = address(element);
    switch (type_->bytes) {
    case 1:
      return store_as<std::uint8_t>(at, word);
    case 2:
      return store_as<std::uint16_t>(at, word);
    case 4:
      return store_as<std::uint32_t>(at, word);
    default:
      return store_as<std::uint64_t>(at, word);
    }
  }
  /// The value of an element as a double.
  double real(index_t element) const { return type_->to_real(load(element)); }

private:
  std::byte* address(index_t element) const noexcept {
    return address_ == nullptr ? data_ + element * type_->bytes : address_(view_.get(), element);
  }
  template <class Word>
  static void store_as(std::byte* at, std::uint64_t word) noexcept {
    const auto narrow = static_cast<Word>(word);
    std::memcpy(at, &narrow, sizeof narrow);
  }

  const element_type* type_ = nullptr;
  std::byte* data_ = nullptr;
  index_t size_ = 0;
  std::vector<std::uint64_t> extents_;
  std::shared_ptr<const void> view_;
  std::byte* (*address_)(const void*, index_t) = nullptr;
};

} // namespace bitfault::campaign
