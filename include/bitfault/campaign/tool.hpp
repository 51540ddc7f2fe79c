// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/edit_distance.hpp"
#include "classification.hpp"
#include "model_kinds.hpp"
#include "tool_commands.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace bitfault::campaign {

/// Adds the commands `run`, `resume`, `merge`, `export`, `replay`, `critical-bits` and `audit` to a
/// program. The command that was given is in `chosen` after the command line is read. `models` are
/// the models that the program knows, `known` the criteria that a configuration may name; see
/// `tool_main`.
inline void add_campaign_commands(CLI::App& app, const model_kinds& models,
                                  const std::vector<criterion>& known, tool_command& chosen) {
  const detail::known_models all{models, known};
  detail::add_run(app, all, chosen);
  detail::add_resume(app, all, chosen);
  detail::add_merge(app, chosen);
  detail::add_export(app, chosen);
  detail::add_replay(app, all, chosen);
  detail::add_critical_bits(app, all, chosen);
  detail::add_audit(app, chosen);
}

namespace detail {

/// A sentence about the first command or option that there is none of, with the nearest name.
/// Empty if something else is wrong with the command line that was read.
inline std::string unknown_name_text(CLI::App& app) {
  const std::vector<CLI::App*> given = app.get_subcommands();
  CLI::App& command = given.empty() ? app : *given.front();
  std::vector<std::string> names;
  if (given.empty())
    for (const CLI::App* known : app.get_subcommands([](CLI::App*) { return true; }))
      names.push_back(known->get_name());
  else
    for (const CLI::Option* known : command.get_options()) {
      for (const std::string& name : known->get_lnames())
        names.push_back("--" + name);
      for (const std::string& name : known->get_snames())
        names.push_back("-" + name);
    }
  for (const std::string& word : command.remaining()) {
    const std::string name = word.substr(0, word.find('='));
    if (name.empty() || (name[0] == '-') == given.empty())
      continue;
    return (given.empty() ? "There is no command '"
                          : "The command '" + command.get_name() + "' has no option '") +
           name + "'; the nearest name is '" + bitfault::detail::nearest_name(names, name) + "'.";
  }
  return {};
}

} // namespace detail

/// Reads the command line and carries out the command. Returns 0: done; 1:
/// refused or failed, with the reason on the standard error; 2: the command
/// line is wrong.
inline int run_command_line(CLI::App& app, const tool_command& chosen, int argc, char** argv) {
  app.require_subcommand(1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) { // --help
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    if (const std::string text = detail::unknown_name_text(app); !text.empty())
      std::cerr << text << "\nRun with --help for more information.\n";
    else
      app.exit(e);
    return 2;
  }
  try {
    chosen();
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
  std::cout.flush();
  return std::cout ? 0 : 1;
}

/// A campaign program around models of one's own:
///
///     int main(int argc, char** argv) {
///       bitfault::campaign::model_kinds kinds;
///       kinds.add("mine", [](bitfault::campaign::table_reader& keys) {
///         return std::make_unique<my_model>(keys.text("weights"));
///       });
///       return bitfault::campaign::tool_main(argc, argv, kinds);
///     }
///
/// `known` are the criteria that configurations may name. Returns what
/// `run_command_line` does.
inline int tool_main(int argc, char** argv, const model_kinds& models,
                     const std::vector<criterion>& known = classification_criteria()) {
  CLI::App app{"Fault-injection campaigns."};
  tool_command chosen;
  add_campaign_commands(app, models, known, chosen);
  return run_command_line(app, chosen, argc, argv);
}

} // namespace bitfault::campaign
