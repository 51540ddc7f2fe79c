// SPDX-License-Identifier: MIT
#include "commands.hpp"

#include <bitfault/campaign/tool.hpp>

int main(int argc, char** argv) {
  CLI::App app{"Injects hardware faults into tensors."};
  app.name("bitfault");
  tool::command chosen;
  tool::add_inject(app, chosen);
  tool::add_apply(app, chosen);
  tool::add_show(app, chosen);
  // It has no models of its own: a program that has runs campaigns.
  const bitfault::campaign::model_kinds none;
  bitfault::campaign::add_campaign_commands(app, none,
                                            bitfault::campaign::classification_criteria(), chosen);
  return bitfault::campaign::run_command_line(app, chosen, argc, argv);
}
