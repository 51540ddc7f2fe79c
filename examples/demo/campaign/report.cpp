// SPDX-License-Identifier: MIT
#include "report.hpp"

#include "image.hpp"
#include "text.hpp"

#include <bitfault/campaign/html.hpp>
#include <bitfault/campaign/number_text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace demo {
namespace {

namespace bc = bitfault::campaign;
using bc::escaped;
using bc::grouped_text;
using bc::html_text;

/// 3e-05 with an exponent that is one.
std::string power_of_ten(double x) {
  const auto text = fmt::format("{:.0e}", x);
  const auto e = text.find('e');
  return fmt::format("{}·10<sup>{}</sup>", text.substr(0, e), std::stoi(text.substr(e + 1)));
}

void tiles(html_text& out, const demo_results& r) {
  out.begin_tiles();
  out.tile(percent(r.golden) + " %",
           fmt::format("accuracy without faults, on {} test images", grouped_text(r.sizes.images)));
  const auto any = sdc_of(r.any_bit());
  out.tile(percent(any.value) + " %",
           fmt::format("of single flips in a weight change the answer for a random image (95 % "
                       "interval {})",
                       percent(any.bounds)));
  const auto bits = r.bits();
  const auto worst =
      std::ranges::max_element(bits, {}, [](const auto& e) { return sdc_of(e).hits; });
  if (sdc_of(*worst).hits > 0) {
    const auto bit = static_cast<std::size_t>(worst - bits.begin());
    out.tile(fmt::format("bit {}", bit),
             fmt::format("({}) is the most dangerous one: flipping it changes {} % of answers",
                         field_of(bit), percent(sdc_of(*worst).value)));
  }
  // The lowest rate whose interval lies wholly more than a point below the golden accuracy.
  for (std::size_t i = 0; i < r.rates.experiments.size(); ++i) {
    const auto drop = r.rates.experiments[i].sums.accuracy();
    if (drop && drop->mean.bounds.lower > 0.01) {
      out.tile(power_of_ten(sweep_rates[i]),
               fmt::format("is the lowest bit error rate tried that costs more than a point of "
                           "accuracy (95 %): {} points on average",
                           percent(drop->mean.value)));
      break;
    }
  }
  out.end_tiles();
}

void introduce(html_text& out, const demo_results& r) {
  std::uint64_t faults = 0;
  for (const auto& e : r.single.experiments) {
    faults += e.sums.all().trials;
  }
  const auto sites = r.known.file->description().experiments.front().sites;
  out.add("<h1>What flipped bits do to a neural network</h1>");
  out.paragraph(
      fmt::format(
          "A small convolutional network that tells ten kinds of clothes apart (Fashion-MNIST, {} "
          "weights and biases, 32-bit floats) was run with hardware faults in its memory: {} "
          "single "
          "flipped bits, each with a test image of its own, and {} sets of random bit errors at {} "
          "rates, each on the same {} images. Each answer is compared with the one that the same "
          "network gives without a fault. The network's code knows nothing of it: the faults come "
          "from <i>bitfault</i>, and every weight was bit for bit restored afterwards (checked).",
          grouped_text(sites / weight_bits), grouped_text(faults),
          grouped_text(r.sizes.sweep_trials * r.rates.experiments.size()),
          r.rates.experiments.size(), r.rates.file->description().identity.inputs),
      "lead");
}

/// The class of an image with a fault in the weights or in what a layer has written.
std::size_t answer_with(const network& net, std::span<const float> image,
                        const bc::stored_target& target, const bc::injected_fault& f) {
  network faulty = net;
  const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(f.after));
  if (target.kind <= bc::target_kind::state) {
    faulty.parameter(target.name).data[static_cast<std::size_t>(f.fault.element)] = value;
  }
  return best_class(faulty.infer(image,
                                 [&](std::size_t, activation a) {
                                   if (a.layer == target.name) {
                                     a.data[static_cast<std::size_t>(f.fault.element)] = value;
                                   }
                                 }),
                    0);
}

void show_answers(html_text& out, const demo_results& r, const network& net,
                  const labelled_inputs& inputs) {
  const auto& d = r.single.file->description();
  constexpr auto size = static_cast<std::size_t>(input_shape.size());
  html_text faces;
  for (std::size_t i = first_tensor; i < single_experiments; ++i) {
    for (const auto& trial : r.single.experiments[i].worst) {
      const auto at = static_cast<std::size_t>(trial.first_input);
      const auto golden = r.single.file->golden()->inputs[at].answer;
      if (trial.outcomes_golden_correct[static_cast<std::size_t>(bc::outcome::sdc)] == 0 ||
          !golden) {
        continue;
      }
      const auto& f = trial.faults.front();
      const auto image = std::span(inputs.pixels).subspan(at * size, size);
      faces.add(fmt::format("<div class=\"face\"><img alt=\"test image {}\" src=\"{}\"/><br/>"
                            "<s>{}</s><br/>→ <b>{}</b><code>{}</code></div>",
                            at, image_address(image), class_names[*golden],
                            class_names[answer_with(net, image, d.targets[f.target], f)],
                            escaped(bc::address_of(d, f))));
      break;
    }
  }
  if (faces.text().empty()) {
    return;
  }
  out.heading("What silent data corruption looks like");
  out.paragraph("For each tensor and layer a fault of this run that turned a right answer into a "
                "wrong one. No crash, no NaN, no warning: just another answer.");
  out.add("<div class=\"faces\">" + faces.text() + "</div>");
}

void show_part(html_text& out, const campaign_results& r, const std::string& title,
               const std::string& words, bc::report_options o, std::string& problem) {
  out.add("<h1 class=\"part\">" + title + "</h1>");
  out.paragraph(words);
  auto written = bc::report_sections(*r.file, r.experiments, o);
  out.add(written.html);
  problem = std::move(written.problem);
}

} // namespace

bc::written_report html_report(const demo_results& r, const network& net,
                               const labelled_inputs& inputs, const std::string& program) {
  html_text out;
  std::string problem;
  introduce(out, r);
  tiles(out, r);
  show_answers(out, r, net, inputs);
  show_part(out, r.rates, "Many faults at once",
            "Each bit of all weights and biases flips on its own with some probability, as in a "
            "memory whose supply voltage is too low.",
            {{}, "rates_"}, problem);
  show_part(out, r.single, "One fault at a time",
            "One flipped bit and one random image in each trial: in every bit position, in every "
            "tensor of weights, in what every layer computes.",
            {{}, "single_"}, problem);
  bc::report_options known{{}, "known_"};
  std::string words = "Single flipped bits in the weights, each on the same images, until the "
                      "share of those that change an answer is known to 1.5 points.";
  if (r.truth) {
    known.known[r.known.file->description().experiments.front().asked.name] = r.truth->share;
    words += fmt::format(" For these images the outcome of all {} faults was computed once and "
                         "ships with the sources: {} % are critical. The interval, which knows "
                         "nothing of it, closes in on that line.",
                         grouped_text(r.truth->faults), percent(r.truth->share));
    if (!r.truth->same_build) {
      words += " It was made by another build, which rounds differently: it is not exactly the "
               "truth of this program.";
    }
  }
  show_part(out, r.known, "Closing in on what is known", words, known, problem);
  out.heading("The same numbers again");
  out.add("<pre>" + escaped(command_for(program, r.sizes)) + "</pre>");
  out.paragraph("and one fault alone, by its address, on all test images:");
  out.add("<pre>" + escaped(program) + " --fault 'bf1:conv1.weight[3,0,1,2]^30'</pre>");
  out.add(bc::report_glossary());
  return {bc::html_page("What flipped bits do to a neural network", out.text()), problem};
}

} // namespace demo
