// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>

namespace bitfault::campaign {

/// Inference threw an exception. In a child process this counts as a crash of the trial; elsewhere
/// it ends the campaign, with what inference said, and where.
class model_error : public std::runtime_error {
public:
  using runtime_error::runtime_error;
};

} // namespace bitfault::campaign
