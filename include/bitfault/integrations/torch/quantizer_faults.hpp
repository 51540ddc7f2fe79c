// SPDX-License-Identifier: MIT
#pragma once

#include "inject.hpp"

#if __has_include(<ATen/quantized/QTensorImpl.h>)

#include "../../core/status.hpp"
#include "../../random/fault_key.hpp"

#include <ATen/ATen.h>
#include <ATen/quantized/QTensorImpl.h>
#include <ATen/quantized/Quantizer.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

/// Faults in the scale and the zero point of quantised tensors, one for the tensor or one for each
/// channel. (Its integers: `scoped<std::int8_t>(injector, tensor, key)`.) A scale is struck as a
/// float, which is what LibTorch computes with; one that is not struck keeps all its digits. A zero
/// point is struck as an integer of the type of those that are stored, as ONNX has it; so it stays
/// among them. (Zero points of embeddings are floats, and struck as such.) Tried with
/// LibTorch 1.13.1 and 2.10.0. Hosted.
namespace bitfault {

namespace detail {

/// The scales and zero points of a quantised tensor, float64 and int64, one for each channel. Zero
/// points of embeddings are float32.
struct quantizer_values {
  ::at::Tensor scales;
  ::at::Tensor zero_points;
};

inline quantizer_values quantizer_of(const ::at::Tensor& q, const char* call) {
  const auto refuse = [call](const std::string& why) {
    throw std::invalid_argument(std::string("bitfault: ") + call + ": " + why);
  };
  if (!q.defined() || !q.is_quantized())
    refuse("the tensor is not quantised");
  if (!q.device().is_cpu())
    refuse("the tensor is on another device than the host");
  if (q.qscheme() == ::at::kPerTensorAffine)
    return {::at::full({1}, q.q_scale(), ::at::kDouble),
            ::at::full({1}, q.q_zero_point(), ::at::kLong)};
  const auto type = q.scalar_type();
  if (type != ::at::kQInt8 && type != ::at::kQUInt8 && type != ::at::kQInt32)
    refuse(std::string("the tensor stores ") + toString(type) +
           ", several integers in a byte; one integer for each element is needed");
  if (q.qscheme() != ::at::kPerChannelAffine && q.qscheme() != ::at::kPerChannelAffineFloatQParams)
    refuse("a tensor that is quantised per tensor or per channel is needed, not " +
           toString(q.qscheme()));
  const bool floats = q.qscheme() == ::at::kPerChannelAffineFloatQParams;
  return {q.q_per_channel_scales().to(::at::kDouble, false, true).contiguous(),
          q.q_per_channel_zero_points()
              .to(floats ? ::at::kFloat : ::at::kLong, false, true)
              .contiguous()};
}

inline void set_quantizer(const ::at::Tensor& q, const quantizer_values& v) {
  auto* const impl = ::at::get_qtensorimpl(q);
  if (q.qscheme() == ::at::kPerTensorAffine)
    impl->set_quantizer_(::at::make_per_tensor_affine_quantizer(
        v.scales.item<double>(), v.zero_points.item<std::int64_t>(), q.scalar_type()));
  else
    impl->set_quantizer_(::at::make_per_channel_affine_quantizer(
        v.scales, v.zero_points, q.q_per_channel_axis(), q.scalar_type()));
}

/// The scales as they are struck, and the scales that come of it: those that were not struck keep
/// all their digits.
inline ::at::Tensor struck_form_of_scales(const quantizer_values& v) {
  return v.scales.to(::at::kFloat);
}
inline ::at::Tensor scales_with(const quantizer_values& golden, const ::at::Tensor& struck) {
  // As bits: a scale may become NaN.
  const ::at::Tensor differ =
      struck.view(::at::kInt).ne(struck_form_of_scales(golden).view(::at::kInt));
  return ::at::where(differ, struck.to(::at::kDouble), golden.scales);
}

/// The zero points as they are struck: of the type of the integers that the tensor stores.
inline ::at::Tensor struck_form_of_zero_points(const quantizer_values& v, const ::at::Tensor& q,
                                               const char* call) {
  if (v.zero_points.is_floating_point())
    return v.zero_points.clone();
  const ::at::Tensor narrow = v.zero_points.to(c10::toUnderlying(q.scalar_type()), false, true);
  if (!narrow.to(::at::kLong).equal(v.zero_points))
    throw std::invalid_argument(std::string("bitfault: ") + call +
                                ": a zero point of the tensor is none of the integers that it "
                                "stores, which are " +
                                toString(c10::toUnderlying(q.scalar_type())));
  return narrow;
}
inline ::at::Tensor zero_points_with(const quantizer_values& golden, const ::at::Tensor& struck) {
  return struck.to(golden.zero_points.scalar_type(), false, true);
}

/// A tensor with memory and quantizer of its own. LibTorch does not clone those of embeddings.
inline ::at::Tensor copy_of_quantised(const ::at::Tensor& q) {
  if (q.qscheme() != ::at::kPerChannelAffineFloatQParams)
    return q.clone();
  const ::at::Tensor copy = ::at::_empty_per_channel_affine_quantized(
      q.sizes(), q.q_per_channel_scales().clone(), q.q_per_channel_zero_points().clone(),
      q.q_per_channel_axis(), ::at::TensorOptions(q.scalar_type()));
  const ::at::Tensor whole = q.contiguous();
  std::memcpy(copy.data_ptr(), whole.data_ptr(), whole.nbytes());
  return copy;
}

/// Strikes the scales for good.
template <class Injector>
status strike_scale(const Injector& injector, const ::at::Tensor& q, const fault_key& key) {
  const ::at::NoGradGuard no_gradients;
  quantizer_values v = quantizer_of(q, "scale_faults");
  const ::at::Tensor struck = struck_form_of_scales(v);
  if (const status s = apply_unnoted<float>(injector, struck, key); !s.ok())
    return s;
  v.scales = scales_with(v, struck);
  set_quantizer(q, v);
  return {};
}

/// `apply_unnoted` for the types of stored integers, or for those that are named.
template <class... T, class Injector>
status apply_stored(const Injector& injector, const ::at::Tensor& t, const fault_key& key) {
  if constexpr (sizeof...(T) == 0)
    return apply_unnoted<std::int8_t, std::uint8_t, std::int32_t>(injector, t, key);
  else
    return apply_unnoted<T...>(injector, t, key);
}

/// Strikes the zero points for good.
template <class... T, class Injector>
status strike_zero_point(const Injector& injector, const ::at::Tensor& q, const fault_key& key) {
  const ::at::NoGradGuard no_gradients;
  quantizer_values v = quantizer_of(q, "zero_point_faults");
  const ::at::Tensor struck = struck_form_of_zero_points(v, q, "zero_point_faults");
  status s;
  if constexpr (sizeof...(T) == 0)
    s = apply_unnoted<std::int8_t, std::uint8_t, std::int32_t, float>(injector, struck, key);
  else
    s = apply_unnoted<T...>(injector, struck, key);
  if (!s.ok())
    return s;
  v.zero_points = zero_points_with(v, struck);
  set_quantizer(q, v);
  return {};
}

/// Gives a tensor back the quantizer that it had.
class kept_quantizer {
public:
  explicit kept_quantizer(::at::Tensor q)
      : tensor_(std::move(q)), golden_(::at::get_qtensorimpl(tensor_)->quantizer()) {}
  kept_quantizer(kept_quantizer&&) noexcept = default; // leaves nothing to give back
  kept_quantizer& operator=(kept_quantizer&&) = delete;
  ~kept_quantizer() {
    if (golden_.defined())
      ::at::get_qtensorimpl(tensor_)->set_quantizer_(golden_);
  }

private:
  ::at::Tensor tensor_;
  ::at::QuantizerPtr golden_;
};

} // namespace detail

/// Faults in the scale of a quantised tensor that end with the scope:
///
///     const auto faults = bitfault::scale_faults(q, flips, {.seed = 42});
///
/// The injector sees a tensor of float with as many elements as there are scales: 1, or one for
/// each channel. Other tensors that show the same memory keep their scale. LibTorch's kernels
/// refuse some scales (0, negative, infinite, NaN) with an error of their own when they run; the
/// scope ends as ever. Both ends count as writes for autograd. Throws `error` for what the injector
/// refuses, std::invalid_argument for tensors that are not quantised or not by integers (4-bit
/// embeddings); nothing is changed then.
template <class Injector>
tensor_fault_scope scale_faults(const ::at::Tensor& q, const Injector& injector,
                                const fault_key& key) {
  detail::quantizer_of(q, "scale_faults");
  detail::kept_quantizer kept(q);
  detail::strike_scale(injector, q, key).or_throw();
  return {q, std::move(kept), true};
}

/// The same for the zero point. The injector sees std::int8_t, std::uint8_t or std::int32_t, as the
/// tensor stores them, or float, which zero points of embeddings are. One that does not fit all
/// four names its types: `zero_point_faults<std::uint8_t>(...)`. Throws std::invalid_argument if a
/// zero point is not of the stored type before.
template <class... T, class Injector>
tensor_fault_scope zero_point_faults(const ::at::Tensor& q, const Injector& injector,
                                     const fault_key& key) {
  detail::quantizer_of(q, "zero_point_faults");
  detail::kept_quantizer kept(q);
  detail::strike_zero_point<T...>(injector, q, key).or_throw();
  return {q, std::move(kept), true};
}

} // namespace bitfault

#endif
