// SPDX-License-Identifier: MIT

// demo_make_truth: runs every single bit flip in the demo network's weights and biases on 100
// images and writes down which of them changed an answer. Takes some minutes.
//
//   demo_make_truth [--threads N] [--out FILE]

#include "campaign/demo_model.hpp"
#include "campaign/truth_experiment.hpp"
#include "data.hpp"
#include "network.hpp"

#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/truth_store.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

int main(int count, char** arguments) {
  namespace bc = bitfault::campaign;
  bc::settings s;
  s.threads = std::max(1U, std::thread::hardware_concurrency());
  std::string out = std::string(DEMO_DATA_DIRECTORY) + "/demo_truth.bits";
  CLI::App app{"Runs all single bit flips in the demo network's weights on 100 images."};
  app.add_option("--threads", s.threads, "Threads; the file does not depend on it")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option("--out", out, "Where the truth goes")->capture_default_str();
  CLI11_PARSE(app, count, arguments);
  try {
    const std::filesystem::path folder = DEMO_DATA_DIRECTORY;
    const auto net = demo::load_network(folder / "demo_network.safetensors");
    const auto inputs = std::make_shared<const demo::labelled_inputs>(demo::load_test_set(folder),
                                                                      demo::truth_images);
    bc::campaign<demo::demo_model> c(
        [&] { return std::make_unique<demo::demo_model>(net, inputs, 1); }, s,
        {demo::truth_experiment()});
    c.require_live_targets();
    bc::truth_store all(c.experiments()[0], c.chosen().criteria);
    c.run(all, {}, [](const bc::progress& p) {
      fmt::print(stderr, "\r{:.1f} % of {} faults, {:.0f} s ",
                 100.0 * static_cast<double>(p.done) / static_cast<double>(p.planned), p.planned,
                 p.seconds);
    });
    fmt::print(stderr, "\n");
    auto& facts = all.known().facts();
    facts["what"] = "every single bit flip in the weights and biases of the demo network";
    facts["inputs"] = std::to_string(demo::truth_images) + " (the first of the test images)";
    facts["tau"] = std::to_string(c.experiments()[0].what().tau);
    facts["parameters_crc32"] = std::to_string(c.golden().parameters_checksum());
    facts["golden_crc32"] = std::to_string(c.golden().outputs_checksum());
    facts["made_by"] = "demo_make_truth";
    all.known().save(out);
    for (std::size_t i = 0; i < all.known().criteria().size(); ++i)
      fmt::print("{:<18} {:>8} of {} sites\n", all.known().criteria()[i], all.known().hits(i),
                 all.known().sites());
    fmt::print("{}\n", out);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "\ndemo_make_truth: {}\n", error.what());
    return 1;
  }
}
