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
#include <stdexcept>
#include <string>
#include <utility>

/// Faults in the scale and the zero point of quantised tensors, one for the tensor or one for each
/// channel. (Its integers: `scoped<std::int8_t>(injector, tensor, key)`.) A scale is struck as a
/// float, which is what LibTorch computes with; one that is not struck keeps all its digits. A zero
/// point is struck as an integer of the type of those that are stored, as ONNX has it; so it stays
/// among them. Tried with LibTorch 1.13.1. Hosted.
namespace bitfault {

namespace detail {

/// The scales and zero points of a quantised tensor, float64 and int64, one for each channel.
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
  if (q.qscheme() != ::at::kPerChannelAffine)
    refuse("a tensor that is quantised per tensor or per channel with an integer zero point is "
           "needed, not " +
           toString(q.qscheme()));
  return {q.q_per_channel_scales().to(::at::kDouble).contiguous(),
          q.q_per_channel_zero_points().to(::at::kLong).contiguous()};
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

/// Strikes the scales for good.
template <class Injector>
status strike_scale(const Injector& injector, const ::at::Tensor& q, const fault_key& key) {
  const ::at::NoGradGuard no_gradients;
  quantizer_values v = quantizer_of(q, "scale_faults");
  const ::at::Tensor golden = v.scales.to(::at::kFloat), struck = golden.clone();
  if (const status s = apply_unnoted<float>(injector, struck, key); !s.ok())
    return s;
  // As bits: a scale may become NaN.
  const ::at::Tensor differ = struck.view(::at::kInt).ne(golden.view(::at::kInt));
  v.scales = ::at::where(differ, struck.to(::at::kDouble), v.scales);
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
  const ::at::Tensor struck = v.zero_points.to(c10::toUnderlying(q.scalar_type()), false, true);
  if (!struck.to(::at::kLong).equal(v.zero_points))
    throw std::invalid_argument(
        std::string("bitfault: zero_point_faults: a zero point of the tensor is none of the "
                    "integers that it stores, which are ") +
        toString(c10::toUnderlying(q.scalar_type())));
  if (const status s = apply_stored<T...>(injector, struck, key); !s.ok())
    return s;
  v.zero_points = struck.to(::at::kLong);
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
/// tensor stores them; one that does not fit all of these names its types. Throws
/// std::invalid_argument if a zero point is not of that type before.
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
