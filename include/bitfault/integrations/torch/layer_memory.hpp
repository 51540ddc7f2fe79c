// SPDX-License-Identifier: MIT
#pragma once

#include "sparse_faults.hpp"
#include "stored_weights.hpp"
#include "traced_layer.hpp"

#if __has_include(<ATen/record_function.h>)

#include <ATen/core/Tensor.h>
#include <ATen/ops/_empty_affine_quantized.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/from_blob.h>
#include <ATen/quantized/QTensorImpl.h>
#include <ATen/quantized/Quantizer.h>
#include <c10/util/strides.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

/// What a campaign keeps of a layer, row after row without gaps, as the tensors that operators
/// take.
namespace bitfault::detail {

/// What the integers that a layer has put out mean now.
inline affine_quantizer quantizer_of(const traced_layer& l, stored_weights& stored) {
  return l.stored_quantizer ? stored.quantizer_now(*l.stored_quantizer) : *l.quantizer;
}
inline bool has_golden_quantizer(const traced_layer& l, stored_weights& stored) {
  const auto& own = l.stored_quantizer;
  return !own || stored.all()[*own].is_golden();
}

/// Memory as a tensor of the type that a layer puts out.
inline ::at::Tensor tensor_at(void* first, c10::IntArrayRef sizes, c10::IntArrayRef strides,
                              const traced_layer& l, stored_weights& stored) {
  const auto options = ::at::TensorOptions().dtype(l.type);
  if (!l.quantizer)
    return ::at::from_blob(first, sizes, strides, options);
  const affine_quantizer now = quantizer_of(l, stored);
  const ::at::Tensor q = ::at::from_blob_quantized_per_tensor_affine(
      first, sizes, strides, [](void*) {}, static_cast<float>(now.scale), now.zero_point, options);
  // A scale has more digits than a float.
  ::at::get_qtensorimpl(q)->set_quantizer_(
      ::at::make_per_tensor_affine_quantizer(now.scale, now.zero_point, l.type));
  return q;
}

/// Memory of its own for what a layer puts out, with the strides that it had.
inline ::at::Tensor empty_as(const traced_layer& l, stored_weights& stored) {
  const auto options = ::at::TensorOptions().dtype(l.type);
  if (!l.quantizer)
    return ::at::empty_strided(l.shape.sizes, l.shape.strides, options);
  std::int64_t count = 1;
  for (const std::int64_t size : l.shape.sizes)
    count *= size;
  const affine_quantizer now = quantizer_of(l, stored);
  return ::at::_empty_affine_quantized({count}, options, now.scale, now.zero_point)
      .as_strided(l.shape.sizes, l.shape.strides);
}

/// What a layer has put out, or a part of it.
inline ::at::Tensor read_layer(const traced_layer& l, const memory_shape& part, std::byte* memory,
                               stored_weights& stored) {
  if (l.contiguous()) {
    std::byte* const first =
        memory + static_cast<std::size_t>(part.offset) * c10::elementSize(l.type);
    return tensor_at(first, part.sizes, part.strides, l, stored);
  }
  // Kept in the order of its elements; the operator gets the strides that it had.
  const ::at::Tensor whole = empty_as(l, stored);
  whole.copy_(tensor_at(memory, l.shape.sizes,
                        c10::contiguous_strides(c10::IntArrayRef(l.shape.sizes)), l, stored));
  return whole.as_strided(part.sizes, part.strides, part.offset);
}

/// Layer n of `layers`: the values or indices of what its first input has put out, or what they
/// make.
inline void run_sparse(const std::vector<traced_layer>& layers, std::size_t n,
                       const std::vector<std::byte*>& in, std::byte* out, std::uint64_t batch,
                       out_of_range policy) {
  const traced_layer& l = layers[n];
  const traced_layer& dense = layers[l.inputs[0]];
  const auto rows_of = [batch](std::byte* memory, ::at::ScalarType type,
                               std::vector<std::int64_t> sizes) {
    if (sizes.empty() || sizes[0] != static_cast<std::int64_t>(batch))
      sizes.insert(sizes.begin(), 1); // a batch of 1 that is no axis
    return ::at::from_blob(memory, sizes, ::at::TensorOptions().dtype(type));
  };
  const ::at::Tensor golden = rows_of(in[0], dense.type, dense.shape.sizes);
  const ::at::Tensor result = rows_of(out, l.type, l.shape.sizes);
  const bool unpacked = *l.sparse == sparse_form::unpacked;
  if (unpacked)
    result.copy_(golden);
  else
    result.zero_();
  for (std::int64_t row = 0; row < golden.size(0); ++row) {
    const ::at::Tensor sparse = golden[row].to_sparse();
    const std::int64_t count = sparse._nnz();
    const auto first = [&](const ::at::Tensor& t) { return t[row].narrow(-1, 0, count); };
    if (*l.sparse == sparse_form::values) {
      first(result).copy_(sparse._values());
    } else if (*l.sparse == sparse_form::indices) {
      first(result).copy_(sparse._indices());
    } else {
      const ::at::Tensor values =
          first(rows_of(in[1], l.type, layers[l.inputs[1]].shape.sizes)).contiguous();
      const ::at::Tensor indices =
          first(rows_of(in[2], ::at::kLong, layers[l.inputs[2]].shape.sizes)).contiguous();
      // As bits: a value may be NaN.
      if (indices.equal(sparse._indices()) &&
          std::memcmp(values.data_ptr(), sparse._values().contiguous().data_ptr(),
                      values.nbytes()) == 0)
        continue;
      set_coo(sparse, values, indices, policy);
      result[row].copy_(sparse.to_dense());
    }
  }
}

} // namespace bitfault::detail

#endif
