// SPDX-License-Identifier: MIT
#pragma once

#include "inject.hpp"
#include "parameter_faults.hpp"

#if __has_include(<ATen/SparseCsrTensorImpl.h>)

#include "../../core/error.hpp"
#include "../../random/fault_key.hpp"

#include <ATen/SparseCsrTensorImpl.h>
#include <ATen/SparseTensorImpl.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Faults in the arrays of sparse tensors (COO and CSR). The tensor keeps its shape and its number
/// of entries, and its indices stay in range: what LibTorch computes with it reads no memory that
/// is not its own. Tried with LibTorch 1.13.1 and 2.10.0. Hosted.
namespace bitfault {

/// What becomes of an index that a fault has taken out of its range.
enum class out_of_range {
  drop,  ///< what it pointed to is lost: the index is put back, and the entry reads as 0
  clamp, ///< it becomes the nearest index in range
  wrap,  ///< it counts on from the other end of the range
};

/// The arrays of indices in a sparse tensor, as LibTorch names them: `indices` in a COO tensor; in
/// a CSR tensor `crow_indices` (where each row begins) and `col_indices`.
enum class index_array { indices, crow_indices, col_indices };

namespace detail {

using torch_index_types = torch_type_list<std::int64_t, std::int32_t>;

[[noreturn]] inline void refuse_sparse(std::string_view call, const ::at::Tensor& t,
                                       std::string_view needed) {
  std::ostringstream text;
  text << "bitfault: " << call << ": ";
  if (t.defined())
    text << "the tensor's layout is " << t.layout();
  else
    text << "the tensor is undefined";
  text << "; " << needed << " is needed here";
  throw std::invalid_argument(text.str());
}

inline ::at::SparseTensorImpl* coo_of(const ::at::Tensor& t) {
  return t.defined() && t.layout() == ::at::kSparse
             ? static_cast<::at::SparseTensorImpl*>(t.unsafeGetTensorImpl())
             : nullptr;
}
inline ::at::SparseCsrTensorImpl* csr_of(const ::at::Tensor& t) {
  return t.defined() && t.layout() == ::at::kSparseCsr
             ? static_cast<::at::SparseCsrTensorImpl*>(t.unsafeGetTensorImpl())
             : nullptr;
}

inline ::at::Tensor index_array_of(const ::at::Tensor& t, index_array which) {
  if (which == index_array::indices) {
    if (auto* const coo = coo_of(t))
      return coo->indices();
    refuse_sparse("sparse_index_faults: indices", t, "Sparse (COO)");
  }
  auto* const csr = csr_of(t);
  const bool rows = which == index_array::crow_indices;
  const char* const call =
      rows ? "sparse_index_faults: crow_indices" : "sparse_index_faults: col_indices";
  if (csr == nullptr)
    refuse_sparse(call, t, "SparseCsr");
  if (csr->batch_dim() != 0)
    refuse_sparse(call, t, "one matrix, not a batch of them,");
  return rows ? csr->compressed_indices() : csr->plain_indices();
}

/// The number of [low, high] that a number becomes if it counts on from the other end.
inline std::int64_t wrapped(std::int64_t i, std::int64_t low, std::int64_t high) noexcept {
  const std::int64_t size = high - low + 1;
  const auto floor_mod = [size](std::int64_t n) {
    return n % size < 0 ? n % size + size : n % size;
  };
  const std::int64_t steps = floor_mod(i) - floor_mod(low);
  return low + (steps < 0 ? steps + size : steps);
}

/// An array of indices while there are faults in it: brings what is out of range back into it, and
/// puts everything back when it ends.
template <class View>
class struck_indices {
public:
  /// Throws std::invalid_argument if the indices are out of range before there is a fault.
  struck_indices(const ::at::Tensor& t, index_array which, out_of_range policy, const View& view)
      : view_(view), policy_(policy), which_(which), coo_(coo_of(t)),
        values_(coo_ != nullptr ? coo_->values() : csr_of(t)->values()), entries_(values_.size(0)) {
    if (policy == out_of_range::drop && !values_.is_contiguous())
      throw std::invalid_argument("bitfault: sparse_index_faults: out_of_range::drop needs values "
                                  "that are contiguous");
    if (which == index_array::indices)
      for (std::int64_t d = 0; d < coo_->sparse_dim(); ++d)
        sizes_.push_back(t.size(d));
    else if (which == index_array::col_indices)
      sizes_.push_back(t.size(1));
    std::vector<word> golden(static_cast<std::size_t>(view.extents().size()));
    for (std::size_t i = 0; i < golden.size(); ++i)
      golden[i] = *view.address(i);
    golden_ = std::move(golden);
    if (!in_range())
      throw std::invalid_argument("bitfault: sparse_index_faults: the tensor's indices are out of "
                                  "range without any fault");
  }
  struck_indices(struck_indices&&) noexcept = default; // leaves nothing to put back
  struck_indices& operator=(struck_indices&&) = delete;
  ~struck_indices() {
    for (; !lost_.empty(); lost_.pop_back()) // an entry that was lost twice: its first value last
      std::memcpy(value(lost_.back().entry), lost_.back().bytes.data(), lost_.back().bytes.size());
    for (std::size_t i = 0; i < golden_.size(); ++i)
      *view_.address(i) = golden_[i];
    if (!golden_.empty() && was_coalesced_)
      coo_->coalesced_ = true;
  }

  /// Brings the indices into their range, once the faults are in them.
  void repair() {
    if (coo_ != nullptr && coo_->coalesced_ && is_struck()) {
      // There may be entries with the same indices now, or in another order.
      was_coalesced_ = true;
      coo_->coalesced_ = false;
    }
    if (which_ == index_array::crow_indices)
      repair_row_pointers();
    else
      repair_coordinates();
  }
  /// The faults stay when this ends.
  void keep() noexcept {
    golden_.clear();
    lost_.clear();
  }

private:
  using word = typename View::element_type;
  struct lost_value {
    std::int64_t entry;
    std::vector<char> bytes;
  };

  word& at(std::int64_t i) const noexcept { return *view_.address(static_cast<index_t>(i)); }
  word golden(std::int64_t i) const noexcept { return golden_[static_cast<std::size_t>(i)]; }
  std::int64_t count() const noexcept { return static_cast<std::int64_t>(golden_.size()); }
  bool is_struck() const noexcept {
    for (std::int64_t i = 0; i < count(); ++i)
      if (at(i) != golden(i))
        return true;
    return false;
  }

  bool in_range() const noexcept {
    if (which_ == index_array::crow_indices) {
      bool right = count() > 0 && at(0) == 0 && at(count() - 1) == entries_;
      for (std::int64_t row = 1; row < count(); ++row)
        right = right && at(row - 1) <= at(row);
      return right;
    }
    for (std::int64_t i = 0; i < count(); ++i)
      if (at(i) < 0 || at(i) >= sizes_[static_cast<std::size_t>(i / entries_)])
        return false;
    return true;
  }

  /// Whether the index could be brought into [low, high]; one to be dropped cannot.
  bool brought_back(word& i, std::int64_t low, std::int64_t high) const noexcept {
    if (i >= low && i <= high)
      return true;
    if (policy_ == out_of_range::clamp)
      i = static_cast<word>(i < low ? low : high);
    else if (policy_ == out_of_range::wrap)
      i = static_cast<word>(wrapped(i, low, high));
    else
      return false;
    return true;
  }

  void repair_coordinates() {
    const auto axes = static_cast<std::int64_t>(sizes_.size());
    for (std::int64_t entry = 0; entry < entries_; ++entry) {
      bool kept = true;
      for (std::int64_t axis = 0; axis < axes; ++axis)
        kept = brought_back(at(axis * entries_ + entry), 0,
                            sizes_[static_cast<std::size_t>(axis)] - 1) &&
               kept;
      if (kept)
        continue;
      for (std::int64_t axis = 0; axis < axes; ++axis)
        at(axis * entries_ + entry) = golden(axis * entries_ + entry);
      lose(entry);
    }
  }

  /// A row pointer's range is from the pointer before it, as that one now is, to the next one that
  /// is not struck: so the rows follow each other and have all entries between them. The first and
  /// the last pointer have one value only.
  void repair_row_pointers() {
    std::vector<std::int64_t> highest(golden_.size(), entries_);
    for (std::int64_t row = count() - 2; row >= 0; --row)
      highest[static_cast<std::size_t>(row)] = row + 2 == count() || at(row + 1) == golden(row + 1)
                                                   ? golden(row + 1)
                                                   : highest[static_cast<std::size_t>(row) + 1];
    highest.front() = 0;
    std::vector<std::int64_t> dropped;
    for (std::int64_t row = 0, low = 0; row < count(); low = at(row++)) {
      if (row == count() - 1)
        low = entries_;
      if (brought_back(at(row), low, highest[static_cast<std::size_t>(row)]))
        continue;
      at(row) = static_cast<word>(std::max<std::int64_t>(golden(row), low));
      dropped.push_back(row);
    }
    for (const std::int64_t row : dropped) // the rows on both sides of the pointer
      for (std::int64_t entry = at(std::max<std::int64_t>(row - 1, 0));
           entry < at(std::min(row + 1, count() - 1)); ++entry)
        lose(entry);
  }

  std::size_t bytes_of_value() const {
    return entries_ == 0 ? 0
                         : static_cast<std::size_t>(values_.numel() / entries_) *
                               static_cast<std::size_t>(values_.element_size());
  }
  char* value(std::int64_t entry) const {
    return static_cast<char*>(values_.data_ptr()) +
           static_cast<std::size_t>(entry) * bytes_of_value();
  }
  void lose(std::int64_t entry) {
    const std::size_t bytes = bytes_of_value();
    lost_.push_back({entry, std::vector<char>(value(entry), value(entry) + bytes)});
    std::memset(value(entry), 0, bytes); // 0 in every element type
  }

  View view_;
  out_of_range policy_;
  index_array which_;
  ::at::SparseTensorImpl* coo_;
  ::at::Tensor values_;
  std::int64_t entries_;
  std::vector<std::int64_t> sizes_; ///< how many indices there are along each axis of the array
  std::vector<word> golden_;
  std::vector<lost_value> lost_;
  bool was_coalesced_ = false;
};

} // namespace detail

/// The values of a sparse tensor, in its memory: for `apply`, `visit` and `named_tensors`. Entries
/// whose value is 0 are elements like others; what is not stored is none. Throws
/// std::invalid_argument unless the tensor is COO or CSR.
inline ::at::Tensor sparse_values(const ::at::Tensor& t) {
  if (auto* const coo = detail::coo_of(t))
    return coo->values();
  if (auto* const csr = detail::csr_of(t))
    return csr->values();
  detail::refuse_sparse("sparse_values", t, "Sparse (COO) or SparseCsr");
}

/// Faults in the values of a sparse tensor that end with the scope: `scoped` for `sparse_values`.
/// Element types other than floats are named.
template <class... T, class Injector>
tensor_fault_scope sparse_value_faults(const ::at::Tensor& t, const Injector& injector,
                                       const fault_key& key) {
  return detail::visit_types<detail::torch_types_or<detail::torch_floats, T...>>(
      sparse_values(t),
      [&](const auto& view) { return tensor_fault_scope(t, injector.scoped(view, key), true); });
}

/// The same for the sparse parameters and buffers of a module that a pattern names; keys and errors
/// as for `parameter_faults`, a tensor that is not sparse among them.
template <class... T, class Module, class Injector>
parameter_fault_scope sparse_value_faults(const Module& module, std::string_view pattern,
                                          const Injector& injector, const fault_key& key) {
  return detail::faults_in_each(module_tensors(module).find(pattern), key,
                                [&](const ::at::Tensor& t, const fault_key& k) {
                                  return sparse_value_faults<T...>(t, injector, k);
                                });
}

/// Faults in an array of indices that end with the scope, bit for bit:
///
///     const auto faults = bitfault::sparse_index_faults(weight, index_array::col_indices,
///                                                       out_of_range::clamp, flips, {.seed = 42});
///
/// An index that is still in range stays as the fault left it. One that is not is treated as the
/// policy says. The range of a coordinate is the tensor's size along its axis. That of a row
/// pointer of CSR is from the pointer before it to the next that is not struck, as rows must follow
/// each other; the first and the last pointer have one value only. With `drop`, an entry whose
/// coordinate was out of range reads as 0 at its own place, and the rows on both sides of a pointer
/// that was out of range read as 0. (0 times infinity is still NaN.)
///
/// A COO tensor that was coalesced is not while there are faults: indices may occur twice. Tensors
/// that were made from it before (`detach`) share the faults, not that. Other entries than before
/// may share a row: columns of CSR need not be in order then. The faults and their end count as
/// writes for autograd.
///
/// Throws `error` for what the injector refuses, std::invalid_argument for an array that the tensor
/// does not have, batches of matrices and indices that were out of range before; nothing is
/// changed. Indices are std::int64_t or, in CSR, std::int32_t: an injector that fits one of them
/// only says so, `sparse_index_faults<std::int64_t>(...)`. Costs a copy of the array of indices,
/// O(entries + rows), whatever the tensor's shape.
template <class... T, class Injector>
tensor_fault_scope sparse_index_faults(const ::at::Tensor& t, index_array which,
                                       out_of_range policy, const Injector& injector,
                                       const fault_key& key) {
  return detail::visit_types<detail::torch_types_or<detail::torch_index_types, T...>>(
      detail::index_array_of(t, which), [&](const auto& view) {
        detail::struck_indices<std::remove_cvref_t<decltype(view)>> struck(t, which, policy, view);
        injector.apply(view, key).or_throw();
        struck.repair();
        return tensor_fault_scope(t, std::move(struck), true);
      });
}

/// The same for the sparse parameters and buffers of a module that a pattern names; keys and errors
/// as for `parameter_faults`.
template <class... T, class Module, class Injector>
parameter_fault_scope sparse_index_faults(const Module& module, std::string_view pattern,
                                          index_array which, out_of_range policy,
                                          const Injector& injector, const fault_key& key) {
  return detail::faults_in_each(module_tensors(module).find(pattern), key,
                                [&](const ::at::Tensor& t, const fault_key& k) {
                                  return sparse_index_faults<T...>(t, which, policy, injector, k);
                                });
}

} // namespace bitfault

#endif
