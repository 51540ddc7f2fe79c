// SPDX-License-Identifier: MIT
#pragma once

#include "module_tensors.hpp"
#include "packed_weights.hpp"
#include "quantizer_faults.hpp"
#include "sparse_faults.hpp"
#include "sparse_storage.hpp"
#include "traced_layer.hpp"

#if __has_include(<ATen/record_function.h>)

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <ATen/ops/empty_strided.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bitfault::detail {

/// One of the arrays that a weight is stored as.
struct stored_array {
  std::string name; ///< "fc.weight.scale"
  ::at::Tensor now; ///< what faults write to
  bool is_weight;   ///< or it says what the weights mean: indices, scales, zero points
};

/// A weight that operators do not read as faults strike it: sparse, quantised or packed ones.
/// Faults go to copies of its arrays; what operators get is made of those.
class stored_weight {
public:
  using maker = std::function<c10::IValue(const std::vector<stored_array>&)>;

  stored_weight(c10::IValue golden, std::vector<stored_array> arrays, maker make)
      : golden_(std::move(golden)), arrays_(std::move(arrays)), make_(std::move(make)),
        golden_bytes_(bytes()) {}

  const std::vector<stored_array>& arrays() const noexcept { return arrays_; }

  /// As the arrays now are. Made anew only if they differ from what they were when it was made.
  const c10::IValue& value() {
    if (same(golden_bytes_))
      return golden_;
    if (made_bytes_.empty() || !same(made_bytes_)) {
      made_bytes_.clear();
      made_ = make_(arrays_);
      made_bytes_ = bytes();
    }
    return made_;
  }

  /// Made anew: LibTorch keeps in a packed weight what it made of the scale of the first output.
  c10::IValue fresh_value() const { return make_(arrays_); }
  bool is_golden() const { return same(golden_bytes_); }

  /// Whether an operator's argument is this weight, or shows a part of it.
  bool is(const c10::IValue& v) const {
    if (golden_.isTensor() && v.isTensor()) {
      const ::at::Tensor& a = golden_.toTensor();
      const ::at::Tensor& b = v.toTensor();
      if (a.is_same(b))
        return true;
      // A copy of a quantised tensor is dense.
      return a.scalar_type() == b.scalar_type() &&
             (!a.is_quantized() || a.is_non_overlapping_and_dense()) &&
             elements_shared(a, b) == shared_elements::all;
    }
    return golden_.isCustomClass() && v.isCustomClass() &&
           golden_.toObject()->getSlot(0).toCapsule() == v.toObject()->getSlot(0).toCapsule();
  }
  /// Whether an argument has memory of this weight, and other memory or another element type, too.
  bool is_partly(const c10::IValue& v) const {
    return golden_.isTensor() && v.isTensor() &&
           elements_shared(golden_.toTensor(), v.toTensor()) != shared_elements::none && !is(v);
  }
  /// The argument that was that, as the arrays now are.
  c10::IValue value_like(const c10::IValue& v) {
    const c10::IValue& now = value();
    if (!now.isTensor() || !now.toTensor().has_storage() || !v.toTensor().has_storage())
      return now;
    const ::at::Tensor& part = v.toTensor();
    if (part.is_same(golden_.toTensor()))
      return now;
    return now.toTensor().as_strided(part.sizes(), part.strides(),
                                     now.toTensor().storage_offset() + part.storage_offset() -
                                         golden_.toTensor().storage_offset());
  }

private:
  using memory = std::vector<std::vector<char>>;
  static const char* first(const stored_array& a) {
    return static_cast<const char*>(a.now.data_ptr());
  }
  memory bytes() const {
    memory all;
    for (const stored_array& a : arrays_)
      all.emplace_back(first(a), first(a) + a.now.nbytes());
    return all;
  }
  bool same(const memory& other) const {
    for (std::size_t n = 0; n < arrays_.size(); ++n)
      if (!other[n].empty() &&
          std::memcmp(other[n].data(), first(arrays_[n]), other[n].size()) != 0)
        return false;
    return true;
  }

  c10::IValue golden_;
  std::vector<stored_array> arrays_; ///< dense in memory: their bytes are all of them
  maker make_;
  memory golden_bytes_;
  c10::IValue made_;
  memory made_bytes_;
};

inline std::vector<index_array> index_arrays_of(const ::at::Tensor& t) {
  if (coo_of(t) != nullptr)
    return {index_array::indices};
  return {index_array::crow_indices, index_array::col_indices};
}
inline const char* name_of(index_array which) noexcept {
  return which == index_array::indices        ? "indices"
         : which == index_array::crow_indices ? "crow_indices"
                                              : "col_indices";
}

/// Gives a sparse tensor other indices, brought into their range.
inline void set_indices(const ::at::Tensor& t, index_array which, const ::at::Tensor& now,
                        out_of_range policy) {
  const ::at::Tensor indices = index_array_of(t, which);
  visit_types<torch_index_types>(indices, [&](const auto& view) {
    struck_indices<std::remove_cvref_t<decltype(view)>> struck(t, which, policy, view);
    indices.copy_(now);
    struck.repair();
    struck.keep();
  });
}
inline void set_coo(const ::at::Tensor& t, const ::at::Tensor& values, const ::at::Tensor& indices,
                    out_of_range policy) {
  sparse_values(t).copy_(values);
  set_indices(t, index_array::indices, indices, policy);
}

/// A sparse tensor; `unpack` makes of one what operators read.
template <class Unpack>
stored_weight stored_sparse(const std::string& name, const ::at::Tensor& golden,
                            const ::at::Tensor& sparse, out_of_range policy, const Unpack& unpack) {
  std::vector<stored_array> arrays{
      {name + ".values", sparse_values(sparse).clone(::at::MemoryFormat::Contiguous), true}};
  for (const index_array which : index_arrays_of(sparse))
    arrays.push_back({name + "." + name_of(which),
                      index_array_of(sparse, which).clone(::at::MemoryFormat::Contiguous), false});
  return {golden, std::move(arrays),
          [sparse, policy, unpack](const std::vector<stored_array>& now) -> c10::IValue {
            const ::at::Tensor struck = sparse.clone();
            sparse_values(struck).copy_(now.at(0).now);
            const std::vector<index_array> all = index_arrays_of(sparse);
            for (std::size_t n = 0; n < all.size(); ++n)
              set_indices(struck, all[n], now.at(n + 1).now, policy);
            return unpack(struck);
          }};
}

/// The arrays of a quantised tensor, and the tensor that they make.
inline void add_quantised(std::vector<stored_array>& arrays, const std::string& name,
                          const ::at::Tensor& q) {
  const quantizer_values v = quantizer_of(q, "recorded_model");
  arrays.push_back({name, copy_of_quantised(q), true});
  arrays.push_back({name + ".scale", struck_form_of_scales(v), false});
  arrays.push_back(
      {name + ".zero_point", struck_form_of_zero_points(v, q, "recorded_model"), false});
}
inline ::at::Tensor quantised_of(const ::at::Tensor& golden, const stored_array* arrays) {
  const ::at::Tensor q = copy_of_quantised(arrays[0].now);
  quantizer_values v = quantizer_of(golden, "recorded_model");
  v.scales = scales_with(v, arrays[1].now);
  v.zero_points = zero_points_with(v, arrays[2].now);
  set_quantizer(q, v);
  return q;
}

/// All weights of a module that are stored in such a way, or are to be.
class stored_weights {
public:
  template <class Module>
  stored_weights(const Module& module, const module_tensors& names, const sparse_storage& storage) {
    for (const module_tensor& t : names.all())
      unless_left_out({t.name}, t.tensor, [&] {
        if (coo_of(t.tensor) != nullptr || csr_of(t.tensor) != nullptr)
          all_.push_back(stored_sparse(t.name, t.tensor, t.tensor, storage.policy,
                                       [](const ::at::Tensor& struck) { return struck; }));
        else if (t.tensor.is_quantized())
          add(t.name, t.tensor);
      });
    for (const module_tensor& t : named(names, storage.coo))
      store(
          t, [&] { return t.tensor.to_sparse(); }, storage.policy);
    for (const module_tensor& t : named(names, storage.csr)) {
      if (t.tensor.dim() < 2)
        refuse(t, "has " + std::to_string(t.tensor.dim()) +
                      (t.tensor.dim() == 1 ? " axis" : " axes") + "; CSR needs two or more");
      store(
          t,
          [&] {
            return t.tensor.reshape({t.tensor.size(0), -1}).to_sparse_csr();
          },
          storage.policy);
    }
#if __has_include(<ATen/native/quantized/PackedParams.h>) && \
    __has_include(<torch/csrc/jit/ir/ir.h>)
    if constexpr (std::is_base_of_v<torch::jit::Module, Module>) {
      add_packed(module);
      add_quantizers(module);
      for (hidden_weight& w : constant_weights(module))
        left_out_.push_back(std::move(w));
    }
#endif
  }

  std::vector<stored_weight>& all() noexcept { return all_; }
  const std::vector<stored_weight>& all() const noexcept { return all_; }

  /// What cannot be stored so that faults reach it, and why.
  const std::vector<hidden_weight>& left_out() const noexcept { return left_out_; }

  /// The scale and zero point of what a module puts out, if it has them: their value is the pair.
  std::optional<std::size_t> find_quantizer(const std::string& module) const {
    const auto at = quantizers_.find(module);
    return at == quantizers_.end() ? std::nullopt : std::optional<std::size_t>(at->second);
  }
  affine_quantizer quantizer_now(std::size_t n) {
    const auto& pair = all_[n].value().toTupleRef().elements();
    return {pair[0].toDouble(), pair[1].toInt()};
  }

  /// Which of them an operator's argument is.
  std::optional<std::size_t> find(const c10::IValue& v) const {
    for (std::size_t n = 0; n < all_.size(); ++n)
      if (all_[n].is(v))
        return n;
    return std::nullopt;
  }

private:
  [[noreturn]] static void refuse(const module_tensor& t, const std::string& why) {
    throw std::invalid_argument("bitfault: '" + t.name + "' cannot be stored as sparse: it " + why);
  }

  /// A tensor that has several names, or that several patterns name, comes once.
  static std::vector<module_tensor> named(const module_tensors& names,
                                          const std::vector<std::string>& patterns) {
    std::vector<module_tensor> found;
    for (const std::string& pattern : patterns)
      for (const module_tensor& t : names.find(pattern))
        if (std::none_of(found.begin(), found.end(),
                         [&t](const module_tensor& o) { return o.tensor.is_same(t.tensor); }))
          found.push_back(t);
    return found;
  }

  /// Runs `add`; what that refuses is left out: operators get it as it is.
  template <class Add>
  void unless_left_out(const std::vector<std::string>& weights, const c10::IValue& golden,
                       const Add& add) {
    const auto leave_out = [&](std::string why) {
      for (const std::string_view begin : {"bitfault: ", "recorded_model: "})
        if (why.rfind(begin, 0) == 0)
          why.erase(0, begin.size());
      for (const std::string& name : weights)
        left_out_.push_back({name, "takes no faults: " + why});
      all_.emplace_back(golden, std::vector<stored_array>{},
                        [text = "bitfault: '" + weights.front() + "' cannot be made anew: " + why](
                            const std::vector<stored_array>&) -> c10::IValue {
                          throw std::runtime_error(text); // for another scale of the output
                        });
    };
    try {
      add();
    } catch (const std::invalid_argument& e) {
      leave_out(e.what());
    } catch (const c10::Error& e) {
      leave_out(e.what_without_backtrace());
    }
  }

  void add(const std::string& name, const ::at::Tensor& q) {
    std::vector<stored_array> arrays;
    add_quantised(arrays, name, q);
    all_.emplace_back(q, std::move(arrays), [q](const std::vector<stored_array>& now) {
      return c10::IValue(quantised_of(q, now.data()));
    });
  }

  template <class Make>
  void store(const module_tensor& t, const Make& make_sparse, out_of_range policy) {
    if (t.tensor.layout() != ::at::kStrided || t.tensor.is_quantized())
      refuse(t, "is no dense tensor of numbers");
    if (find(t.tensor))
      refuse(t, "is named twice, or shares its memory with another that is named");
    all_.push_back(stored_sparse(
        t.name, t.tensor, make_sparse(), policy, [golden = t.tensor](const auto& struck) {
          const ::at::Tensor dense =
              ::at::empty_strided(golden.sizes(), golden.strides(), golden.options());
          dense.copy_(struck.to_dense().view(golden.sizes()));
          return dense;
        }));
  }

#if __has_include(<ATen/native/quantized/PackedParams.h>) && \
    __has_include(<torch/csrc/jit/ir/ir.h>)
  void add_packed(const torch::jit::Module& module) {
    const std::vector<module_attribute> parts = packed_parts(module);
    for (std::size_t n = 0; n < parts.size(); ++n) {
      const c10::IValue golden = parts[n].value();
      if (parts[n].part != 0 || find(golden)) // with its first part; or at another place, too
        continue;
      std::vector<std::string> its_names{parts[n].name};
      for (std::size_t m = n + 1; m < parts.size() && parts[m].part != 0; ++m)
        its_names.push_back(parts[m].name);
      unless_left_out(its_names, golden, [&] {
        const packed_weights packed(golden);
        packed.packed(packed.weights()); // an engine that does not do this takes no faults
        std::vector<stored_array> arrays;
        for (std::size_t part = 0; part < packed.weights().size(); ++part)
          add_quantised(arrays, its_names.at(part), packed.weights()[part]);
        all_.emplace_back(
            golden, std::move(arrays), [packed](const std::vector<stored_array>& now) {
              std::vector<::at::Tensor> weights;
              for (std::size_t part = 0; part < packed.weights().size(); ++part)
                weights.push_back(quantised_of(packed.weights()[part], now.data() + 3 * part));
              return packed.packed(weights);
            });
      });
    }
  }
  /// Struck as what LibTorch computes with: float, std::uint8_t.
  void add_quantizers(const torch::jit::Module& module) {
    for (const module_attribute& m : modules_that_quantise(module)) {
      const double scale = m.owner.attr("scale").toDouble();
      const std::int64_t zero_point = m.owner.attr("zero_point").toInt();
      const std::string name = joined_path(m.name, "scale");
      const std::string point = joined_path(m.name, "zero_point");
      if (zero_point < 0 || zero_point > 255 || !reads_its_quantizer(m.owner)) {
        const std::string why =
            zero_point < 0 || zero_point > 255
                ? "takes no faults: the zero point " + std::to_string(zero_point) +
                      " is no integer of 8 bits"
                : "takes no faults: no code of its module reads it, as where that was traced (it "
                  "is a constant then) or is quantised dynamically";
        left_out_.push_back({name, why});
        left_out_.push_back({point, why});
        continue;
      }
      const quantizer_values golden{::at::full({1}, scale, ::at::kDouble),
                                    ::at::full({1}, zero_point, ::at::kLong)};
      std::vector<stored_array> arrays{{name, struck_form_of_scales(golden), false},
                                       {point, golden.zero_points.to(::at::kByte), false}};
      quantizers_.emplace(m.name, all_.size());
      all_.emplace_back(c10::ivalue::Tuple::create({c10::IValue(scale), c10::IValue(zero_point)}),
                        std::move(arrays), [golden](const std::vector<stored_array>& now) {
                          return c10::IValue(c10::ivalue::Tuple::create(
                              {c10::IValue(scales_with(golden, now[0].now).item<double>()),
                               c10::IValue(now[1].now.item<std::int64_t>())}));
                        });
    }
  }
#endif

  std::vector<stored_weight> all_;
  std::vector<hidden_weight> left_out_;
  std::unordered_map<std::string, std::size_t> quantizers_; ///< by the path of their module
};

} // namespace bitfault::detail

#endif
