// SPDX-License-Identifier: MIT
#pragma once

/// The core for a hosted program: injectors, threads, fault lists and addresses. Beside it stand,
/// to be included by themselves: the integrations (integrations/eigen.hpp and their like), the
/// statistics (statistics/) and the campaign engine (campaign/).

#include "backends/host/scratch.hpp"
#include "backends/host/threads.hpp"
#include "backends/host/where.hpp"
#include "config/version.hpp"
#include "embedded.hpp"
#include "fault_list/address.hpp"
#include "fault_list/draw.hpp"
#include "fault_list/fault_list.hpp"
#include "fault_list/faults_by_step.hpp"
#include "fault_list/named_tensors.hpp"
#include "fault_list/recorded.hpp"
#include "formats/adaptive_float.hpp"
