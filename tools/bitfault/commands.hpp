// SPDX-License-Identifier: MIT
#pragma once

#include "tensor_file.hpp"

#include <functional>
#include <string>

namespace CLI {
class App;
}

/// The commands of the program that work on files. Each adds itself with its options; what the
/// command line asks for is then in `chosen`.
namespace tool {

using command = std::function<void()>;

void add_inject(CLI::App& app, command& chosen);
void add_show(CLI::App& app, command& chosen);
void add_apply(CLI::App& app, command& chosen);

/// Options --dtype and --shape.
void add_raw_options(CLI::App& app, raw_form& raw);

} // namespace tool
