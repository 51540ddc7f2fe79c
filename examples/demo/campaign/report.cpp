// SPDX-License-Identifier: MIT
#include "report.hpp"

#include "report_style.hpp"
#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace demo {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '&':
      out += "&amp;";
      break;
    default:
      out += c;
    }
  }
  return out;
}

/// 3e-05 with an exponent that is one.
std::string power_of_ten(double x) {
  const auto text = fmt::format("{:.0e}", x);
  const auto e = text.find('e');
  return fmt::format("{}&middot;10<sup>{}</sup>", text.substr(0, e), std::stoi(text.substr(e + 1)));
}

class html {
public:
  template <class... A>
  void add(fmt::format_string<A...> format, A&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<A>(arguments)...);
    text_ += '\n';
  }
  void figure(const std::string& svg, const std::string& what, const std::string& caption) {
    if (!svg.empty()) {
      add("<figure role=\"img\" aria-label=\"{}\">{}<figcaption>{}</figcaption></figure>", what,
          svg, caption);
    }
  }
  void head_row(std::initializer_list<const char*> cells) {
    text_ += "<div class=\"scroll\"><table><tr>";
    for (const auto* cell : cells) {
      text_ += fmt::format("<th>{}</th>", cell);
    }
    text_ += "</tr>\n";
  }
  void row(std::initializer_list<std::string> cells) {
    text_ += "<tr>";
    for (const auto& cell : cells) {
      text_ += fmt::format("<td>{}</td>", cell);
    }
    text_ += "</tr>\n";
  }
  void end_table() { text_ += "</table></div>\n"; }
  [[nodiscard]] std::string take() { return std::move(text_); }

private:
  std::string text_;
};

std::string base64(const std::string& bytes) {
  static constexpr char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) {
      return at < bytes.size() ? std::uint32_t{static_cast<unsigned char>(bytes[at])} : 0U;
    };
    const std::uint32_t three = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    for (std::size_t digit = 0; digit < 4; ++digit) {
      out += i + digit > bytes.size() ? '=' : digits[three >> (18 - 6 * digit) & 63U];
    }
  }
  return out;
}

/// An image of the data set, dark on white, as a bitmap inside an address.
std::string image_address(std::span<const float> pixels) {
  constexpr auto width = static_cast<std::uint32_t>(input_shape.width);
  constexpr auto height = static_cast<std::uint32_t>(input_shape.height);
  static_assert(width % 4 == 0, "rows of a bitmap are padded to four bytes");
  constexpr std::uint32_t palette = 256 * 4;
  std::string file = "BM";
  const auto put = [&](std::uint32_t value, int bytes) {
    for (; bytes > 0; --bytes, value >>= 8U) {
      file += static_cast<char>(value & 255U);
    }
  };
  put(54 + palette + width * height, 4);
  put(0, 4);
  put(54 + palette, 4); // where the pixels begin
  put(40, 4);
  put(width, 4);
  put(height, 4);
  put(1, 2);
  put(8, 2); // bits of a pixel
  for (int i = 0; i < 6; ++i) {
    put(0, 4);
  }
  for (std::uint32_t grey = 0; grey < 256; ++grey) {
    put(grey << 16U | grey << 8U | grey, 4);
  }
  for (std::uint32_t y = height; y-- > 0;) { // the lowest row first
    for (std::uint32_t x = 0; x < width; ++x) {
      put(255U - static_cast<std::uint32_t>(pixels[y * width + x] * 255.0F + 0.5F), 1);
    }
  }
  return fmt::format("data:image/bmp;base64,{}", base64(file));
}

void introduce(html& out, const campaign_results& results, const summary& s, const inputs& in) {
  std::uint64_t faults = 0;
  for (const auto* list : {&s.bits, &s.weights, &s.activations}) {
    for (const auto& one : *list) {
      faults += one.from.trials;
    }
  }
  out.add("<h1>What flipped bits do to a neural network</h1>");
  out.add("<p class=\"lead\">A small convolutional network that tells ten kinds of clothes apart "
          "(Fashion-MNIST, {} weights and biases, 32-bit floats) was run with hardware faults in "
          "its memory: {} single flipped bits, each with a test image of its own, and {} sets of "
          "random bit errors at {} rates. Each answer is compared with the one that the same "
          "network gives without a fault. The network's code knows nothing of it: the faults come "
          "from <i>bitfault</i>, and every weight was bit for bit restored afterwards{}.</p>",
          grouped(s.weight_bits_in_all / weight_bits), grouped(faults),
          grouped(results.chosen.sweep_trials * s.sweep.size()), s.sweep.size(),
          results.restored ? " (checked)" : " &mdash; <b>which failed in this run</b>");

  out.add("<div class=\"tiles\">");
  const auto tile = [&](const std::string& value, const std::string& words) {
    out.add("<div class=\"tile\"><b>{}</b><span>{}</span></div>", value, words);
  };
  tile(percent(s.golden) + " %",
       fmt::format("accuracy without faults, on {} test images", grouped(in.count())));
  tile(percent(s.any_bit_sdc.value()) + " %",
       fmt::format("of single flips in a weight change the answer (95 % interval {})",
                   percent(s.any_bit_sdc.interval())));
  if (s.any_bit_sdc.hits > 0) {
    const auto& bit = s.worst_bit();
    tile(fmt::format("bit {}", bit.from.number),
         fmt::format("({}) stands behind {:.0f} % of these: flipping it changes {} % of answers",
                     field_of(bit.from.number),
                     100 * static_cast<double>(bit.shares.sdc.hits) /
                         static_cast<double>(s.any_bit_sdc.hits),
                     percent(bit.shares.sdc.value())));
  }
  if (const auto* loss = s.first_loss()) {
    tile(power_of_ten(loss->from.rate),
         fmt::format("is the lowest bit error rate tried that costs more than a point of accuracy "
                     "(95 %): mean {} %",
                     percent(loss->accuracy.mean)));
  }
  out.add("</div>");
}

void show_figures(html& out, const campaign_results& results, const figures& drawn) {
  if (!drawn.problem.empty()) {
    out.add("<p class=\"missing\">This report has no figures: {}. All numbers are in the tables "
            "below.</p>",
            escaped(drawn.problem));
  }
  out.add("<h2>Accuracy against bit error rate</h2>");
  out.figure(
      drawn.sweep, "accuracy against bit error rate",
      fmt::format("Every bit of every weight and bias flips with the given probability. {} sets of "
                  "faults for each rate; each set is run on {} images drawn at random and compared "
                  "with the fault-free answers on the same images. Whiskers: 95 % interval of the "
                  "mean over fault sets (the set is the unit; Waudby-Smith and Ramdas, valid for "
                  "any distribution). Shade: where 5 to 95 % of the sets lie "
                  "(the accuracy without faults, and the change that each set made).",
                  results.chosen.sweep_trials, results.chosen.block));
  out.add("<h2>Which bit</h2>");
  const auto trials = grouped(results.chosen.trials);
  out.figure(drawn.bits, "share of faults that change the answer, by bit position",
             fmt::format("One flipped bit at the given position, anywhere in the weights and "
                         "biases; {} faults for each position, one random test image for each. "
                         "Whiskers: 95 % Wilson intervals, each position by itself.",
                         trials));
  out.figure(drawn.outcomes, "outcomes by bit position",
             "The same faults, and what became of each of them. Masked: not one bit of the output "
             "differs. Tolerable: it differs, the class does not. SDC-1: another class.");
  out.add("<h2>Which layer</h2>");
  out.figure(
      drawn.layers, "share of faults that change the answer, by layer",
      fmt::format("One flipped bit, any of the 32, in one tensor of weights (left) or in what "
                  "one layer has computed (right); {} faults each, one random test image for "
                  "each. Whiskers: 95 % Wilson intervals, each bar by itself. A tensor with "
                  "more elements is hit more often in practice; here each gets the same "
                  "number of faults.",
                  trials));
}

void show_answers(html& out, const campaign_results& results, const inputs& in) {
  if (results.changed.empty()) {
    return;
  }
  out.add("<h2>What silent data corruption looks like</h2>");
  out.add("<p>For each tensor and layer the first fault of this run that turned a right answer "
          "into a wrong one. No crash, no NaN, no warning: just another answer.</p>");
  out.add("<div class=\"faces\">");
  for (const auto& one : results.changed) {
    out.add("<div class=\"face\"><img alt=\"test image {}\" src=\"{}\"><br><s>{}</s><br>&rarr; "
            "<b>{}</b><code>{}</code></div>",
            one.image, image_address(in.images(one.image, 1)), class_names[one.golden],
            class_names[one.faulty], escaped(one.address));
  }
  out.add("</div>");
}

void show_worst(html& out, const campaign_results& results, const std::string& program) {
  if (results.worst.empty()) {
    return;
  }
  const auto share_of = [&](std::size_t right) {
    return fmt::format("{:.1f} %", 100 * static_cast<double>(right) /
                                       static_cast<double>(results.replay_images));
  };
  out.add("<h2>The worst single faults found</h2>");
  out.add(
      "<p>In each tensor the first {} faults that had changed an answer were run again, by "
      "address, on {} images; the worst of them is shown. This is a selection, not an estimate. "
      "Without a fault these images are {} right.</p>",
      replays, grouped(results.replay_images), share_of(results.replay_right));
  out.head_row({"fault address", "value", "becomes", "accuracy"});
  for (const auto& fault : results.worst) {
    out.row({fmt::format("<code>{}</code>", escaped(fault.address)),
             fmt::format("{:.4g}", fault.before), fmt::format("{:.3g}", fault.after),
             share_of(fault.right)});
  }
  out.end_table();
  out.add("<p class=\"soft\">An address names tensor, coordinates and bit. It gives the same fault "
          "anywhere: <code>{} --fault '{}'</code></p>",
          escaped(program), escaped(results.worst.front().address));
}

void show_tables(html& out, const campaign_results& results, const summary& s) {
  out.add("<h2>All numbers</h2>");
  out.add("<details><summary>Accuracy against bit error rate</summary>");
  out.head_row({"bit error rate", "flipped bits, mean", "accuracy, mean (%)", "95 % interval",
                "5 % of sets below", "median", "95 % below"});
  for (const auto& p : s.sweep) {
    const auto& a = p.accuracy;
    out.row({fmt::format("{:.0e}", p.from.rate), fmt::format("{:.2f}", a.flips), percent(a.mean),
             percent(a.mean_within), percent(a.low), percent(a.median), percent(a.high)});
  }
  out.end_table();
  out.add("</details>");
  const auto singles = [&](const char* title, const char* first,
                           const std::vector<summary::single>& list) {
    out.add("<details><summary>{} ({} trials each)</summary>", title,
            grouped(results.chosen.trials));
    out.head_row({first, "SDC-1", "%", "95 % interval", "NaN or infinite (%)", "masked (%)",
                  "tolerable (%)", "accuracy (%)"});
    for (const auto& one : list) {
      const auto& o = one.shares;
      const auto name = one.from.target == fault_target::bit
                            ? fmt::format("{} ({})", one.from.number, field_of(one.from.number))
                            : one.from.name;
      out.row({name, std::to_string(o.sdc.hits), percent(o.sdc.value()), percent(o.sdc.interval()),
               percent(o.non_finite.value()), percent(o.masked.value()),
               percent(o.tolerable.value()), percent(o.right.value())});
    }
    out.end_table();
    out.add("</details>");
  };
  auto bits = s.bits;
  std::ranges::reverse(bits);
  singles("Single flips by bit position", "bit", bits);
  singles("Single flips in weights, by tensor", "tensor", s.weights);
  singles("Single flips in activations, by layer", "layer", s.activations);
}

void show_how(html& out, const campaign_results& results, const inputs& in,
              const std::string& program) {
  const auto& c = results.chosen;
  out.add("<h2>How to get the same numbers</h2>");
  out.add("<pre>{}</pre>", escaped(command_for(program, c, in.count())));
  out.add(
      "<p>{}; {}; seed {}. Which bits are hit is a pure function of the seed, the trial's number "
      "and the tensor's shape: it depends neither on the machine nor on the number of threads. "
      "The network's own arithmetic may round differently with another compiler or processor, "
      "and a few answers with it. This run took {:.1f} s with {} thread{}.</p>",
      versions(), compiler(), c.seed, results.seconds, c.threads, c.threads == 1 ? "" : "s");
}

void show_glossary(html& out) {
  out.add("<h2>Words</h2><dl>");
  const auto word = [&](const char* name, const char* meaning) {
    out.add("<dt>{}</dt><dd>{}</dd>", name, meaning);
  };
  word("bit flip",
       "A memory cell that holds the opposite of what was written, after a particle hit "
       "or because the supply voltage was too low.");
  word("bit error rate", "The probability with which each bit flips, on its own.");
  word("golden run", "The run without a fault, by the same program; what faulty runs are compared "
                     "with. Not to be confused with the right answer.");
  word("trial", "One set of faults (here mostly a single one) against one set of images.");
  word("masked", "The output is bit for bit that of the golden run.");
  word("tolerable", "The output differs, but the class with the highest score is the same.");
  word("SDC-1", "Silent data corruption: the class with the highest score is another one, and "
                "nothing tells you. Counted against the golden run, over all trials.");
  word("NaN or infinite",
       "An output is no finite number. A program could notice that, if it looks; "
       "it is counted by itself and not as SDC-1.");
  word("sign, exponent, mantissa",
       "The parts of a 32-bit float: bit 31; bits 30 to 23, which scale "
       "the number by powers of two; bits 22 to 0, its digits.");
  word("weights, activations",
       "Weights are learned and stay; a fault in them lasts for the whole "
       "trial. Activations are what a layer computes for one image; a fault "
       "there is gone after it.");
  word("95 % interval", "Computed so that about 95 of 100 such intervals contain the true value. "
                        "Shares have Wilson's interval (1927); means one that holds for any "
                        "distribution of bounded values. They speak of this network and this test "
                        "set.");
  word("fault address", "Tensor, coordinates, operation and bit of a fault: "
                        "<code>bf1:conv1.weight[3,0,1,2]^30</code> flips bit 30 of that weight.");
  out.add("</dl>");
}

} // namespace

std::string html_report(const campaign_results& results, const summary& s, const inputs& in,
                        const figures& drawn, const std::string& program) {
  html out;
  out.add("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
          "<title>What flipped bits do to a neural network</title><style>{}</style></head>"
          "<body><main>",
          report_style);
  introduce(out, results, s, in);
  show_figures(out, results, drawn);
  show_answers(out, results, in);
  show_worst(out, results, program);
  show_tables(out, results, s);
  show_how(out, results, in, program);
  show_glossary(out);
  out.add("</main></body></html>");
  return out.take();
}

} // namespace demo
