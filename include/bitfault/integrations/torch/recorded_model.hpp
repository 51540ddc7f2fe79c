// SPDX-License-Identifier: MIT
#pragma once

#include "layer_memory.hpp"
#include "layer_names.hpp"
#include "module_tensors.hpp"
#include "operator_trace.hpp"
#include "output_tensor.hpp"
#include "sparse_storage.hpp"
#include "stored_weights.hpp"
#include "view.hpp"

#if __has_include(<ATen/record_function.h>)

#include "../../campaign/layer_outputs.hpp"
#include "../../campaign/model.hpp"
#include "../../campaign/tensor_ref.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/core/ivalue.h>
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
/// that operator reads; they cost a copy of each. Outputs that are to be stored as sparse ones
/// (`sparse_storage`) have "layer1.0.conv1.values" and "layer1.0.conv1.indices" in the same way.
///
/// Weights that are sparse, quantised or packed are targets as what they are: "fc.weight.values"
/// and "fc.weight.indices" (or ".crow_indices" and ".col_indices"), or the integers "fc.weight",
/// "fc.weight.scale" and "fc.weight.zero_point". Faults go to copies of these; an operator that
/// reads the weight gets one that is made of them. Indices that are out of range are treated as
/// `sparse_storage` says, which also has dense weights stored as sparse ones.
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
      c10::IValue(m.forward({x}));
      m.get_methods();
    }
  recorded_model(Module module, const ::at::Tensor& inputs, std::uint64_t batch,
                 std::vector<std::uint32_t> labels = {},
                 const std::vector<std::string>& inputs_of = {}, const sparse_storage& storage = {})
      : recorded_model(
            module,
            [module](const ::at::Tensor& x) mutable { return module.forward({c10::IValue(x)}); },
            inputs, batch, std::move(labels), inputs_of, storage) {}

  /// Any module, and the function that runs it: `[net](const at::Tensor& x) { return
  /// net->forward(x); }`. The function keeps the module alive.
  template <class Module>
  recorded_model(const Module& module, forward_function forward, const ::at::Tensor& inputs,
                 std::uint64_t batch, std::vector<std::uint32_t> labels = {},
                 const std::vector<std::string>& inputs_of = {}, const sparse_storage& storage = {})
      : forward_(std::move(forward)), inputs_(checked(inputs, batch)), batch_(batch),
        labels_(std::move(labels)), names_(std::make_shared<const module_tensors>(module)) {
    if (is_training(module))
      throw std::invalid_argument(
          "bitfault: the module is in training mode, in which its operators "
          "depend on what ran before; call eval() first");
    sparse_ = std::any_of(names_->all().begin(), names_->all().end(), [](const module_tensor& t) {
      return t.tensor.layout() != ::at::kStrided;
    });
    const without_autograd quiet(sparse_);
    stored_ = std::make_unique<detail::stored_weights>(module, *names_, storage);
    trace_ = std::make_unique<detail::operator_trace>(names_, *stored_, rows(0).clone(), forward_);
    if (const auto names = detail::names_like(*trace_, storage.outputs, "outputs", true);
        !names.empty())
      trace_->show_sparse(names, static_cast<std::int64_t>(batch_));
    if (const auto names = detail::names_like(*trace_, inputs_of, "inputs", false); !names.empty())
      trace_->show_inputs(names);
    policy_ = storage.policy;
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

  /// Weights that are no targets, and why: constants of a graph that was frozen, packed ones that
  /// cannot be unpacked, tensors that no operator reads. See `why_hidden`.
  const std::vector<hidden_weight>& hidden() const noexcept { return hidden_; }

  /// Computes layer n: see campaign::model. In the calling thread's number of LibTorch threads,
  /// which is set once for all with at::set_num_threads.
  void run_layer(std::size_t n, std::uint64_t first_input, std::span<const campaign::tensor_ref> in,
                 const campaign::tensor_ref& out) {
    thread_local bool threads_are_set = false;
    if (!std::exchange(threads_are_set, true))
      ::at::init_num_threads();
    const without_autograd quiet(sparse_);
    const detail::traced_layer& l = trace_->layers()[n];
    try {
      if (n == 0) {
        const ::at::Tensor given = rows(first_input);
        std::memcpy(out.data(), given.data_ptr(), out.bytes());
      } else if (l.call) {
        call(*l.call, n, in, &out);
      } else if (l.sparse) {
        std::vector<std::byte*> memory;
        for (const campaign::tensor_ref& one : in)
          memory.push_back(one.data());
        detail::run_sparse(trace_->layers(), n, memory, out.data(), batch_, policy_);
      } else {
        store(detail::read_layer(trace_->layers()[l.inputs[0]], *l.view, in[0].data(), *stored_),
              out, n);
      }
    } catch (const c10::Error& e) { // without the lines about where in LibTorch
      throw std::runtime_error("bitfault: '" + layers_[n].name +
                               "': " + (l.call ? l.call->handle.schema().name() + ": " : "") +
                               e.what_without_backtrace());
    }
  }

  /// The whole module on the batch that starts at an input, as its own `forward` runs it.
  ::at::Tensor run_forward(std::uint64_t first_input) {
    const without_autograd quiet(sparse_);
    return forward_(rows(first_input).clone()).toTensor().contiguous();
  }

private:
  /// LibTorch's operators on CSR tensors do not run in its inference mode.
  struct without_autograd {
    explicit without_autograd(bool sparse) : inference(!sparse) {}
    c10::InferenceMode inference;
    ::at::NoGradGuard no_gradients{};
  };

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

  void describe() {
    const std::vector<detail::traced_layer>& traced = trace_->layers();
    for (const detail::traced_layer& l : traced) {
      campaign::layer d{
          detail::name_of(l, *trace_), l.inputs, nullptr, {}, l.call ? detail::short_name(l) : ""};
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
    hidden_ = stored_->left_out();
    std::vector<std::vector<std::size_t>> readers(names_->all().size() + stored_->all().size());
    for (std::size_t n = 0; n < traced.size(); ++n)
      for (const std::size_t p : traced[n].parameters)
        readers[p].push_back(n);
    std::vector<bool> of_quantizer(readers.size());
    for (const detail::traced_layer& l : traced)
      for (const std::size_t p : l.quantizer_parameters) {
        of_quantizer[p] = true;
        readers[p].clear();
      }
    for (std::size_t p = 0; p < names_->all().size(); ++p) {
      const module_tensor& t = names_->all()[p];
      const bool seen =
          std::any_of(names_->all().begin(), names_->all().begin() + static_cast<std::ptrdiff_t>(p),
                      [&](const module_tensor& o) { return o.tensor.is_same(t.tensor); });
      if (readers[p].empty() && !seen && !stored_->find(t.tensor))
        hidden_.push_back({t.name, of_quantizer[p] ? "is the scale or zero point of an output"
                                                   : "is read by no operator that was recorded"});
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
    for (std::size_t w = 0; w < stored_->all().size(); ++w)
      if (const auto& read_by = readers[names_->all().size() + w]; !read_by.empty())
        for (const detail::stored_array& a : stored_->all()[w].arrays())
          visit(a.now, [&](const auto& view) {
            parameters_.push_back(
                {a.name, view,
                 a.is_weight ? campaign::parameter_kind::weight : campaign::parameter_kind::state,
                 read_by});
          });
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

  ::at::Tensor read(const detail::traced_source& s, std::size_t reader, inputs_of_layer in) {
    using origin = detail::traced_source::origin;
    if (s.from == origin::fixed)
      return s.tensor;
    if (s.from == origin::computed) {
      const ::at::Tensor whole = call(trace_->computed()[s.number], reader, in, nullptr);
      if (whole.layout() != ::at::kStrided)
        return whole;
      return whole.as_strided(s.shape.sizes, s.shape.strides, s.shape.offset);
    }
    const auto& inputs = trace_->layers()[reader].inputs;
    const auto at = std::find(inputs.begin(), inputs.end(), s.number);
    return detail::read_layer(trace_->layers()[s.number], s.shape,
                              in[static_cast<std::size_t>(at - inputs.begin())].data(), *stored_);
  }

  /// Makes a call again. Its output goes to `out`, if there is one, and is returned otherwise.
  ::at::Tensor call(const detail::traced_call& c, std::size_t n, inputs_of_layer in,
                    const campaign::tensor_ref* out) {
    std::vector<c10::IValue> stack = c.arguments;
    ::at::Tensor written;
    for (std::size_t i = 0; i < c.tensors.size(); ++i) {
      const detail::traced_argument& a = c.tensors[i];
      c10::IValue t;
      if (a.source.from == detail::traced_source::origin::stored) {
        t = stored_->all()[a.source.number].value_like(a.source.value);
        if (c.quantizer && t.isCustomClass() &&
            !detail::has_golden_quantizer(trace_->layers()[n], *stored_))
          t = stored_->all()[a.source.number].fresh_value();
      } else if (c.written == i) {
        written = what_is_written(a.source, n, in);
        t = written.as_strided(a.source.shape.sizes, a.source.shape.strides, a.source.shape.offset);
      } else {
        t = read(a.source, n, in);
      }
      if (a.in_list) {
        auto list = stack[a.argument].toList().copy();
        list.set(*a.in_list, std::move(t));
        stack[a.argument] = std::move(list);
      } else {
        stack[a.argument] = std::move(t);
      }
    }
    if (c.quantizer) {
      const detail::affine_quantizer now = detail::quantizer_of(trace_->layers()[n], *stored_);
      stack[*c.quantizer] = now.scale;
      stack[*c.quantizer + 1] = now.zero_point;
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
    const ::at::Tensor copy = detail::empty_as(l, *stored_);
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
    if (l.quantizer && detail::quantizer_of(l, *stored_) !=
                           detail::affine_quantizer{t.q_scale(), t.q_zero_point()})
      throw std::runtime_error("bitfault: the output of '" + layers_[n].name +
                               "' has another scale or zero point than when the module was "
                               "recorded");
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
  bool sparse_ = false; ///< the module has sparse tensors
  out_of_range policy_ = out_of_range::drop;
  std::vector<std::uint32_t> labels_;
  std::shared_ptr<const module_tensors> names_;
  std::unique_ptr<detail::stored_weights> stored_;
  std::unique_ptr<detail::operator_trace> trace_;
  std::vector<campaign::layer> layers_;
  std::vector<campaign::parameter> parameters_;
  std::vector<hidden_weight> hidden_;
};

} // namespace bitfault

#endif
