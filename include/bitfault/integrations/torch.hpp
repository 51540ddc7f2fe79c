// SPDX-License-Identifier: MIT
#pragma once

// LibTorch: views of tensors, faults in activations and in parameters of unmodified models, sparse
// and quantised ones too. Empty where LibTorch's headers are not there. Models for campaigns are in
// <bitfault/integrations/torch/recorded_model.hpp>.

#include "torch/activation_faults.hpp"
#include "torch/device_inject.hpp"
#include "torch/device_view.hpp"
#include "torch/inject.hpp"
#include "torch/module_tensors.hpp"
#include "torch/operator_call.hpp"
#include "torch/operator_hook.hpp"
#include "torch/output_tensor.hpp"
#include "torch/parameter_faults.hpp"
#include "torch/quantized_module.hpp"
#include "torch/quantizer_faults.hpp"
#include "torch/sparse_faults.hpp"
#include "torch/sparse_storage.hpp"
#include "torch/torch_threads.hpp"
#include "torch/view.hpp"
