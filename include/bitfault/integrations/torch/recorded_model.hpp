// SPDX-License-Identifier: MIT
#pragma once

#include "module_tensors.hpp"
#include "operator_trace.hpp"
#include "view.hpp"

#if __has_include(<ATen/record_function.h>)

#include "../../campaign/layer_outputs.hpp"
#include "../../campaign/model.hpp"
#include "../../campaign/tensor_ref.hpp"
#include "../../fault_list/edit_distance.hpp"
#include "../../fault_list/name_pattern.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitfault {

/// A LibTorch module as campaigns see a model: its operators are the layers, so that a campaign
/// runs only those whose inputs differ from the golden run, with the results of whole runs, bit for
/// bit. The module is not changed. One pass is recorded with at::RecordFunction; afterwards each
/// operator is called through the dispatcher by itself, with what it read then or what differs from
/// it.
///
///     torch::jit::Module net = torch::jit::load("resnet20.pt");
///     net.eval();
///     auto make = [&] { return std::make_unique<bitfault::recorded_model>(net.deepcopy(), images,
///                                                                         64, labels); };
///     bitfault::campaign::campaign<bitfault::recorded_model> c(make, settings, experiments);
///
/// Layers are named by their module, "layer1.0.conv1", or where that calls several operators
/// "layer1.0:relu", "layer1.0:relu#1"; the first is "input", the last the output. They are what
/// `pattern_of_layer` takes; `campaign::layer::operation` is the operator, "conv2d". Parameters and
/// buffers that an operator reads are targets under their own names. Whoever asks for the inputs of
/// layers gets layers "layer1.0.conv1.input" (and ".input1", where it reads several), which only
/// that operator reads; they cost a copy of each.
///
/// What runs must not depend on values: the same operators with the same shapes in each pass, in
/// evaluation mode, one output tensor, each operator's output with one row for each input of the
/// batch (or a batch of 1). Anything else is refused in the constructor, and the operator named;
/// the first and the last batch are run whole and compared. Hosted, CPU.
class recorded_model {
public:
  using forward_function = std::function<c10::IValue(const ::at::Tensor&)>;

  /// A TorchScript module, of which this model needs a copy of its own (`deepcopy()`). `inputs` has
  /// one row for each input, a multiple of `batch`. `inputs_of` are names of layers, or patterns
  /// with * and ?, whose inputs are layers by themselves.
  template <class Module>
    requires requires(Module& m, c10::IValue x) {
      { m.forward({x}) } -> std::convertible_to<c10::IValue>;
      m.get_methods();
    }
  recorded_model(Module module, const ::at::Tensor& inputs, std::uint64_t batch,
                 std::vector<std::uint32_t> labels = {},
                 const std::vector<std::string>& inputs_of = {})
      : recorded_model(
            module,
            [module](const ::at::Tensor& x) mutable { return module.forward({c10::IValue(x)}); },
            inputs, batch, std::move(labels), inputs_of) {}

  /// Any module, and the function that runs it: `[net](const at::Tensor& x) { return
  /// net->forward(x); }`. The function keeps the module alive.
  template <class Module>
  recorded_model(const Module& module, forward_function forward, const ::at::Tensor& inputs,
                 std::uint64_t batch, std::vector<std::uint32_t> labels = {},
                 const std::vector<std::string>& inputs_of = {})
      : forward_(std::move(forward)), inputs_(checked(inputs, batch)), batch_(batch),
        labels_(std::move(labels)), names_(std::make_shared<const module_tensors>(module)) {
    if (is_training(module))
      throw std::invalid_argument(
          "bitfault: the module is in training mode, in which its operators "
          "depend on what ran before; call eval() first");
    const c10::InferenceMode inference;
    trace_ = std::make_unique<detail::operator_trace>(names_, rows(0).clone(), forward_);
    show_inputs_of(inputs_of);
    describe();
    compare(0);
    if (this->inputs() != batch_)
      compare(this->inputs() - batch_);
  }
  recorded_model(const recorded_model&) = delete;
  recorded_model& operator=(const recorded_model&) = delete;

  std::vector<campaign::layer> layers() const { return layers_; }
  std::vector<campaign::parameter> parameters() const { return parameters_; }
  std::uint64_t inputs() const { return static_cast<std::uint64_t>(inputs_.size(0)); }
  std::uint64_t batch() const { return batch_; }
  std::span<const std::uint32_t> labels() const { return labels_; }

  /// Computes layer n: see campaign::model. In the calling thread's number of LibTorch threads,
  /// which is set once for all with at::set_num_threads.
  void run_layer(std::size_t n, std::uint64_t first_input, std::span<const campaign::tensor_ref> in,
                 const campaign::tensor_ref& out) {
    thread_local bool threads_are_set = false;
    if (!std::exchange(threads_are_set, true))
      ::at::init_num_threads();
    const c10::InferenceMode inference;
    const detail::traced_layer& l = trace_->layers()[n];
    if (n == 0) {
      const ::at::Tensor given = rows(first_input);
      std::memcpy(out.data(), given.data_ptr(), out.bytes());
    } else if (l.call) {
      call(*l.call, n, in, &out);
    } else {
      store(read_layer(l.inputs[0], *l.view, in[0]), out, n);
    }
  }

  /// The whole module on the batch that starts at an input, as its own `forward` runs it.
  ::at::Tensor run_forward(std::uint64_t first_input) {
    const c10::InferenceMode inference;
    return forward_(rows(first_input).clone()).toTensor().contiguous();
  }

private:
  /// A TorchScript module that was made without the attribute has no such mode.
  template <class Module>
  static bool is_training(const Module& module) {
    if constexpr (requires { module.hasattr("training"); })
      if (!module.hasattr("training"))
        return false;
    return module.is_training();
  }

  static ::at::Tensor checked(const ::at::Tensor& inputs, std::uint64_t batch) {
    if (!inputs.defined() || inputs.dim() == 0 || batch == 0 ||
        inputs.size(0) % static_cast<std::int64_t>(std::max<std::uint64_t>(batch, 1)) != 0 ||
        inputs.size(0) == 0)
      throw std::invalid_argument(
          "bitfault: " + std::to_string(inputs.defined() && inputs.dim() > 0 ? inputs.size(0) : 0) +
          " inputs are no whole number of batches of " + std::to_string(batch));
    return inputs.contiguous();
  }
  ::at::Tensor rows(std::uint64_t first) const {
    return inputs_.narrow(0, static_cast<std::int64_t>(first), static_cast<std::int64_t>(batch_));
  }

  // --- names and shapes --------------------------------------------------------------------------

  void show_inputs_of(const std::vector<std::string>& patterns) {
    if (patterns.empty())
      return;
    const std::vector<detail::traced_layer>& traced = trace_->layers();
    std::vector<std::string> names(traced.size()), wanted(traced.size());
    for (std::size_t n = 0; n < traced.size(); ++n)
      names[n] = name_of(traced[n]);
    for (const std::string& pattern : patterns) {
      bool found = false;
      for (std::size_t n = 0; n < traced.size(); ++n)
        if (traced[n].call && fits_pattern(names[n], pattern)) {
          wanted[n] = names[n];
          found = true;
        }
      if (!found)
        throw std::invalid_argument("bitfault: no operator is named '" + pattern +
                                    "', whose inputs are asked for; the nearest name is '" +
                                    detail::nearest_name(names, pattern) + "'");
    }
    trace_->show_inputs(wanted);
  }

  void describe() {
    const std::vector<detail::traced_layer>& traced = trace_->layers();
    for (const detail::traced_layer& l : traced) {
      campaign::layer d{name_of(l), l.inputs, nullptr, {}, l.call ? short_name(l) : ""};
      d.type = type_of(l, d.name);
      // With one input in the batch the output is its, whatever its shape.
      const bool in_rows =
          !l.shape.sizes.empty() && l.shape.sizes[0] == static_cast<std::int64_t>(batch_);
      if (!in_rows && batch_ != 1)
        throw std::invalid_argument(
            "bitfault: the output of '" + d.name + "' has " +
            (l.shape.sizes.empty() ? "no axes" : std::to_string(l.shape.sizes[0]) + " rows") +
            ", not one for each of the " + std::to_string(batch_) +
            " inputs of a batch; use a batch of 1");
      for (std::size_t axis = in_rows ? 1 : 0; axis < l.shape.sizes.size(); ++axis)
        d.extents.push_back(static_cast<std::uint64_t>(l.shape.sizes[axis]));
      layers_.push_back(std::move(d));
    }
    std::vector<std::vector<std::size_t>> readers(names_->all().size());
    for (std::size_t n = 0; n < traced.size(); ++n)
      for (const std::size_t p : traced[n].parameters)
        readers[p].push_back(n);
    for (std::size_t p = 0; p < readers.size(); ++p) {
      const module_tensor& t = names_->all()[p];
      const bool seen =
          std::any_of(names_->all().begin(), names_->all().begin() + static_cast<std::ptrdiff_t>(p),
                      [&](const module_tensor& o) { return o.tensor.is_same(t.tensor); });
      if (readers[p].empty() || seen)
        continue;
      const campaign::parameter_kind kind = t.is_buffer ? campaign::parameter_kind::state
                                            : t.name.ends_with("bias")
                                                ? campaign::parameter_kind::bias
                                                : campaign::parameter_kind::weight;
      visit(t.tensor, [&](const auto& view) {
        parameters_.push_back({t.name, view, kind, readers[p]});
      });
    }
  }

  static std::string short_name(const detail::traced_layer& l) {
    constexpr std::string_view prefix = "aten::";
    return l.name.starts_with(prefix) ? l.name.substr(prefix.size()) : l.name;
  }
  /// The module alone stands for all that it calls, so that it has to be one call; its first output
  /// is meant. The names "input" and "output" are taken.
  std::string name_of(const detail::traced_layer& l) const {
    const std::size_t output = l.call ? l.call->output : 0;
    const bool is_taken = l.module.empty() || l.module == "input" || l.module == "output";
    if (l.name.empty() || (!is_taken && output == 0 && trace_->calls_of(l.module) == 1))
      return l.module;
    std::string name = l.module + ":" + short_name(l);
    if (l.number != 0)
      name += "#" + std::to_string(l.number);
    if (output != 0)
      name += "@" + std::to_string(output);
    return name;
  }

  template <class... T>
  static const campaign::element_type* find_type(::at::ScalarType t,
                                                 detail::torch_type_list<T...>) {
    const campaign::element_type* found = nullptr;
    ((torch_type<T>::fits(t)&& found == nullptr ? found = campaign::type<T>() : found), ...);
    return found;
  }
  static const campaign::element_type* type_of(const detail::traced_layer& l,
                                               const std::string& name) {
    const auto* const found = find_type(l.type, detail::torch_types{});
    if (found == nullptr)
      throw std::invalid_argument("bitfault: the output of '" + name + "' has elements of type " +
                                  c10::toString(l.type) + ", which take no faults");
    return found;
  }

  // --- running -----------------------------------------------------------------------------------

  using inputs_of_layer = std::span<const campaign::tensor_ref>;

  /// What a layer has put out, or a part of it.
  ::at::Tensor read_layer(std::size_t number, const detail::memory_shape& part,
                          const campaign::tensor_ref& memory) const {
    const detail::traced_layer& l = trace_->layers()[number];
    if (l.contiguous()) {
      std::byte* const first =
          memory.data() + static_cast<std::size_t>(part.offset) * memory.type().bytes;
      return ::at::from_blob(first, part.sizes, part.strides, ::at::TensorOptions().dtype(l.type));
    }
    // Kept in the order of its elements; the operator gets the strides that it had.
    const ::at::Tensor whole =
        ::at::empty_strided(l.shape.sizes, l.shape.strides, ::at::TensorOptions().dtype(l.type));
    whole.copy_(::at::from_blob(memory.data(), l.shape.sizes, ::at::TensorOptions().dtype(l.type)));
    return whole.as_strided(part.sizes, part.strides, part.offset);
  }

  ::at::Tensor read(const detail::traced_source& s, std::size_t reader, inputs_of_layer in) {
    using origin = detail::traced_source::origin;
    if (s.from == origin::fixed)
      return s.tensor;
    if (s.from == origin::computed) {
      const ::at::Tensor whole = call(trace_->computed()[s.number], reader, in, nullptr);
      return whole.as_strided(s.shape.sizes, s.shape.strides, s.shape.offset);
    }
    const auto& inputs = trace_->layers()[reader].inputs;
    const auto at = std::find(inputs.begin(), inputs.end(), s.number);
    return read_layer(s.number, s.shape, in[static_cast<std::size_t>(at - inputs.begin())]);
  }

  /// Makes a call again. Its output goes to `out`, if there is one, and is returned otherwise.
  ::at::Tensor call(const detail::traced_call& c, std::size_t n, inputs_of_layer in,
                    const campaign::tensor_ref* out) {
    std::vector<c10::IValue> stack = c.arguments;
    ::at::Tensor written;
    for (std::size_t i = 0; i < c.tensors.size(); ++i) {
      const detail::traced_argument& a = c.tensors[i];
      ::at::Tensor t;
      if (c.written == i) {
        written = what_is_written(a.source, n, in);
        t = written.as_strided(a.source.shape.sizes, a.source.shape.strides, a.source.shape.offset);
      } else {
        t = read(a.source, n, in);
      }
      if (a.in_list) {
        auto list = stack[a.argument].toList().copy();
        list.set(*a.in_list, c10::IValue(t));
        stack[a.argument] = std::move(list);
      } else {
        stack[a.argument] = std::move(t);
      }
    }
    c.handle.callBoxed(&stack);
    const ::at::Tensor result = c.written ? written : detail::tensors_in(stack).at(c.output);
    if (out == nullptr)
      return result;
    store(result, *out, n);
    return {};
  }

  /// A copy of what an in-place operator writes to, as it lay in memory.
  ::at::Tensor what_is_written(const detail::traced_source& s, std::size_t n, inputs_of_layer in) {
    const detail::traced_layer& l = trace_->layers()[n];
    const ::at::Tensor copy =
        ::at::empty_strided(l.shape.sizes, l.shape.strides, ::at::TensorOptions().dtype(l.type));
    if (s.from == detail::traced_source::origin::layer) {
      detail::traced_source whole = s;
      whole.shape = trace_->layers()[s.number].shape;
      copy.copy_(read(whole, n, in));
    } else {
      copy.copy_(s.tensor);
    }
    return copy;
  }

  void store(const ::at::Tensor& t, const campaign::tensor_ref& out, std::size_t n) const {
    const detail::traced_layer& l = trace_->layers()[n];
    if (t.sizes() != l.shape.sizes || t.scalar_type() != l.type) {
      std::ostringstream text;
      text << "bitfault: the output of '" << layers_[n].name << "' has the shape " << t.sizes()
           << "; it was " << c10::IntArrayRef(l.shape.sizes) << " when the module was recorded";
      throw std::runtime_error(text.str());
    }
    const ::at::Tensor rows_in_order = t.contiguous();
    std::memcpy(out.data(), rows_in_order.data_ptr(), out.bytes());
  }

  /// Runs a batch both ways.
  void compare(std::uint64_t first_input) {
    const campaign::layer_outputs outputs(layers_, batch_);
    for (std::size_t n = 0; n < layers_.size(); ++n)
      run_layer(n, first_input, outputs.inputs_of(n), outputs[n]);
    const campaign::tensor_ref& last = outputs[layers_.size() - 1];
    const ::at::Tensor whole = run_forward(first_input);
    const detail::traced_layer& l = trace_->layers().back();
    if (whole.sizes() != l.shape.sizes || whole.scalar_type() != l.type ||
        std::memcmp(whole.data_ptr(), last.data(), last.bytes()) != 0)
      throw std::invalid_argument(
          "bitfault: the module cannot be run operator by operator: batch " +
          std::to_string(first_input / batch_) +
          " gives another output than the module itself; something in it depends on values, on "
          "random numbers or on what ran before");
  }

  forward_function forward_;
  ::at::Tensor inputs_;
  std::uint64_t batch_;
  std::vector<std::uint32_t> labels_;
  std::shared_ptr<const module_tensors> names_;
  std::unique_ptr<detail::operator_trace> trace_;
  std::vector<campaign::layer> layers_;
  std::vector<campaign::parameter> parameters_;
};

} // namespace bitfault

#endif
