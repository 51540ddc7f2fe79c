// SPDX-License-Identifier: MIT
#pragma once

/// Everything for a hosted program. Integrations (Eigen, xtensor, DLPack ...) and the CUDA backend
/// are included by themselves.

#include "backends/host/scratch.hpp"
#include "backends/host/threads.hpp"
#include "backends/host/where.hpp"
#include "config/version.hpp"
#include "embedded.hpp"
#include "fault_list/address.hpp"
#include "fault_list/fault_list.hpp"
#include "fault_list/named_tensors.hpp"
#include "fault_list/recorded.hpp"
