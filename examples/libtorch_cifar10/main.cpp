// SPDX-License-Identifier: MIT
// Campaigns on TorchScript files, from TOML files, without Python:
//
//     cifar10_campaign [--data FOLDER] [--model FILE] run weights.toml
//
// All commands of `bitfault` that have to do with campaigns are here. `cmake --install` installs
// this program as `bitfault_torch`.

#include "images.hpp"

#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/tool.hpp>
#include <bitfault/integrations/torch/recorded_model.hpp>

#include <ATen/Parallel.h>
#include <torch/script.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr const char* about = R"(Fault-injection campaigns on TorchScript networks.

A configuration (TOML) says which faults, where, how many trials, and which database keeps them.
Its table [model] has

  kind = "torchscript"
  file = "net.pt"          the network: torch.jit.script(net.eval()).save("net.pt"); or --model
  data = "FOLDER"          the images; or --data
  images = 100             how many of them, from the first on
  batch = 10               how many run together; divides `images`
  layer_inputs = ["conv*"] layers whose inputs are targets, too: "conv1.input"
  output = 0               which tensor counts, of a network that puts out several
  sparse_coo = ["fc.*"]    weights that are struck as if they were stored sparse, as values and
                           indices: "fc.weight.values", "fc.weight.indices"
  sparse_csr = ["fc.*"]    the same, "fc.weight.crow_indices" and "fc.weight.col_indices"
  sparse_outputs = ["conv*"]
                           the same for what layers put out: "conv1.values", "conv1.indices"
  out_of_range = "drop"    what becomes of an index that a fault takes out of its range: the entry
                           is lost ("drop"), has the nearest index ("clamp"), or counts on from the
                           other end ("wrap")
  engine = "qnnpack"       for networks that are quantised: what their weights are packed for

Images and labels, by the files in the folder, the first that are there:

  images.npy, labels.npy   float32 of any shape, taken as they are, or uint8 {N, 3, 32, 32}; labels
                           uint8, int32 or int64. Row-major, little-endian
  test_batch.bin           CIFAR-10, binary version
  t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte
                           MNIST or Fashion-MNIST, also with .gz; padded to 3 x 32 x 32

Pixels (all but float32) become pixel / 255, less the mean .485 .456 .406 of their plane, over its
deviation .229 .224 .225. File names are relative to the folder in which the program runs.)";

constexpr const char* ending = R"(Exit status: 0 done; 1 refused or failed, with the reason on the
standard error and the database as it was; 2 the command line is wrong.)";

/// What LibTorch says, without the lines about where in LibTorch.
std::string first_sentence(const std::string& what) {
  const std::string_view cause = "RuntimeError: "; // the last line of an error in a script
  const std::size_t at = what.rfind(cause);
  const std::string text = at == std::string::npos ? what : what.substr(at + cause.size());
  return text.substr(0, text.find('\n'));
}

torch::jit::Module load(const std::string& file) {
  if (!std::filesystem::exists(file))
    throw std::runtime_error(file + ": there is no such file");
  try {
    torch::jit::Module net = torch::jit::load(file);
    net.eval();
    return net;
  } catch (const c10::Error& e) {
    throw std::runtime_error(
        file + ": is no TorchScript file: " + first_sentence(e.what_without_backtrace()));
  }
}

/// Runs `make`, which records a network, and says on which images it cannot.
template <class Make>
auto on_images(const std::string& file, const at::Tensor& images, const Make& make) {
  const auto refuse = [&](const std::string& what) {
    std::ostringstream text;
    text << file << ": does not run on images of shape " << images.sizes().slice(1) << ": " << what;
    throw std::runtime_error(text.str());
  };
  try {
    return make();
  } catch (const c10::Error& e) {
    refuse(first_sentence(e.what_without_backtrace()));
  } catch (const std::runtime_error& e) { // of TorchScript's interpreter
    refuse(first_sentence(e.what()));
  }
  return decltype(make())();
}

/// Each label has to be one of the scores that the network puts out.
void check_labels(const bitfault::recorded_model& m, const std::vector<std::uint32_t>& labels) {
  const std::vector<bitfault::campaign::layer> layers = m.layers();
  std::uint64_t scores = 1;
  for (const std::uint64_t extent : layers.back().extents)
    scores *= extent;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] >= scores)
      throw std::runtime_error("image " + std::to_string(i) + " has the label " +
                               std::to_string(labels[i]) + "; the network puts out " +
                               std::to_string(scores) + " scores");
}

/// An error, and what became of the weight that it does not find.
std::string with_reason(const std::string& what, const std::vector<bitfault::hidden_weight>& hidden,
                        bool or_all) {
  const std::string_view begin = "no target is named '";
  const std::size_t at = what.find(begin);
  if (at == std::string::npos)
    return what;
  const std::string name = what.substr(at + begin.size());
  const std::string why =
      bitfault::why_hidden(hidden, name.substr(0, name.find("'; the nearest")), or_all);
  return why.empty() ? what : what + "; " + why;
}

/// The value of a key that takes one of several words.
template <class T>
T one_of(bitfault::campaign::table_reader& keys, const char* key, const std::string& otherwise,
         const std::vector<std::pair<std::string, T>>& values) {
  const std::string given = keys.text(key, otherwise);
  std::string all;
  for (const auto& [word, value] : values) {
    if (word == given)
      return value;
    all += (all.empty() ? "'" : ", '") + word + "'";
  }
  keys.wrong(key, "there is no '" + given + "'; it is one of " + all);
  return values.front().second;
}

/// The engines for quantised operators that this LibTorch has, "qnnpack" and so on.
std::vector<std::pair<std::string, at::QEngine>> engines() {
  std::vector<std::pair<std::string, at::QEngine>> all;
  for (const at::QEngine engine : at::globalContext().supportedQEngines()) {
    std::string name = toString(engine);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    all.emplace_back(name == "noqengine" ? "none" : name, engine);
  }
  return all;
}
std::string engine_now() {
  for (const auto& [name, engine] : engines())
    if (engine == at::globalContext().qEngine())
      return name;
  return "none";
}

} // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1); // campaigns have threads of their own
  CLI::App app{about};
  app.footer(ending);
  std::string data, model;
  app.add_option("--data", data, "folder with images, instead of model.data");
  app.add_option("--model", model, "TorchScript file, instead of model.file");

  std::vector<bitfault::hidden_weight> hidden; // of the network, which is the same in each model
  bool all_are_hidden = false;
  // [kind]
  bitfault::campaign::model_kinds kinds;
  kinds.add("torchscript", [&](bitfault::campaign::table_reader& keys) {
    // What the command line gives the file may leave out.
    const auto path = [&](const char* key, const std::string& given) {
      const std::string own = given.empty() ? keys.text(key) : keys.text(key, given);
      return given.empty() ? own : given;
    };
    const std::string file = path("file", model);
    const std::string folder = path("data", data);
    const std::uint64_t count = keys.whole_number("images", 100, 1, 1000000);
    const std::uint64_t batch = keys.whole_number("batch", 10, 1, 10000);
    const std::vector<std::string> inputs_of =
        keys.texts("layer_inputs", std::vector<std::string>{});
    bitfault::sparse_storage storage;
    storage.coo = keys.texts("sparse_coo", std::vector<std::string>{});
    storage.csr = keys.texts("sparse_csr", std::vector<std::string>{});
    storage.outputs = keys.texts("sparse_outputs", std::vector<std::string>{});
    using policy = bitfault::out_of_range;
    storage.policy =
        one_of<policy>(keys, "out_of_range", "drop",
                       {{"drop", policy::drop}, {"clamp", policy::clamp}, {"wrap", policy::wrap}});
    const bool is_chosen = keys.has("output");
    const auto output = static_cast<std::size_t>(keys.whole_number("output", 0, 0, 1000));
    const at::QEngine engine = one_of(keys, "engine", engine_now(), engines());
    if (engine != at::globalContext().qEngine()) // for all threads
      at::globalContext().setQEngine(engine);
    auto net = load(file);
    const auto forward = [net, is_chosen, output](const at::Tensor& x) mutable {
      const c10::IValue all = net.forward({x});
      return is_chosen ? c10::IValue(bitfault::output_tensor(all, output)) : all;
    };
    const auto set = cifar10::read_inputs(folder, static_cast<std::size_t>(count));
    auto recorded = on_images(file, set.images, [&] {
      return std::make_unique<bitfault::recorded_model>(net, forward, set.images, batch, set.labels,
                                                        inputs_of, storage);
    });
    check_labels(*recorded, set.labels);
    hidden = recorded->hidden(); // for the error about a target that is not there
    all_are_hidden = recorded->parameters().empty();
    return recorded;
  });
  // [/kind]

  bitfault::campaign::tool_command chosen;
  bitfault::campaign::add_campaign_commands(app, kinds,
                                            bitfault::campaign::classification_criteria(), chosen);
  const auto with_reasons = [&] {
    try {
      chosen();
    } catch (const std::invalid_argument& e) {
      throw std::invalid_argument(with_reason(e.what(), hidden, all_are_hidden));
    }
  };
  return bitfault::campaign::run_command_line(app, with_reasons, argc, argv);
}
