// SPDX-License-Identifier: MIT
#include <bitfault/campaign/progress_line.hpp>

#include "catch.hpp"

#include <bitfault/campaign/aligned_text.hpp>
#include <bitfault/campaign/number_text.hpp>

#include <string>

namespace {

using namespace bitfault::campaign;

std::string contents(std::FILE* file) {
  std::rewind(file);
  std::string text;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file))
    text += static_cast<char>(c);
  return text;
}

} // namespace

TEST_CASE("the line says how far, how fast, how long and what is known") {
  experiment e;
  e.name = "weights";
  progress p;
  p.done = 500;
  p.planned = 2000;
  p.ran = 400;
  p.seconds = 2;
  p.now = &e;
  p.prefix = 480;
  p.critical = 24;
  const std::string line = progress_line::line(p);
  CHECK_THAT(line, Catch::Contains("25 %") && Catch::Contains("200 trials/s") &&
                       Catch::Contains("8 s left") && Catch::Contains("weights: ") &&
                       Catch::Contains("% SDC"));
  const auto known = bitfault::anytime_interval(24, 480, 0.95);
  const std::string bounds = percent_text(known.lower) + " to " + percent_text(known.upper);
  CHECK_THAT(line, Catch::Contains(bounds));
  e.all_inputs = true;
  p.sites = 480;
  CHECK_THAT(progress_line::line(p), Catch::Contains("weights: 5.00 to 5.00 % critical"));
  e.fault.which = fault_description::kind::random_value;
  CHECK_THAT(progress_line::line(p), Catch::Contains("weights: " + bounds + " % critical"));
  p = {};
  CHECK_THAT(progress_line::line(p), Catch::Contains("100 %"));
}

TEST_CASE("a terminal's line is written over and taken away; a file gets few lines") {
  progress p;
  p.planned = 10;
  std::FILE* screen = std::tmpfile();
  {
    progress_line line(screen, true);
    line.show(p);
  }
  const std::string shown = contents(screen);
  CHECK(shown.front() == '\r');
  CHECK(shown.substr(shown.size() - 4) == "\r\x1b[K");
  std::fclose(screen);
  std::FILE* file = std::tmpfile();
  {
    progress_line line(file, false);
    for (int i = 0; i < 100; ++i)
      line.show(p);
  }
  const std::string written = contents(file);
  CHECK(std::count(written.begin(), written.end(), '\n') == 1);
  std::fclose(file);
}

TEST_CASE("numbers are printed with the digits that say something") {
  CHECK(percent_text(0) == "0");
  CHECK(percent_text(1) == "100.0");
  CHECK(percent_text(0.1234) == "12.3");
  CHECK(percent_text(0.01234) == "1.23");
  CHECK(percent_text(0.001234) == "0.123");
  CHECK(percent_text(0.0000123) == "0.00123");
  CHECK(percent_text(-0.05) == "-5.00");
  CHECK(percent_text(0.00000123) == "0.000123");
  CHECK(percent_text(0.000000123) == "1.23e-05");
  // The ends of intervals: no digits below 1e-6 %, and nothing that was inside is outside.
  for (const double tiny : {2.43e-40, 1.44e-20, 5.18e-10, 0.99e-8}) {
    CHECK(lower_end_text(tiny) == "0");
    CHECK(upper_end_text(tiny) == "1.00e-06");
    CHECK(lower_end_text(-tiny) == "-1.00e-06");
    CHECK(upper_end_text(-tiny) == "0");
  }
  for (const double share : {-1.0, -0.05, -1e-8, 0.0, 1e-8, 1.23e-7, 0.1234, 1.0}) {
    CHECK(lower_end_text(share) == percent_text(share));
    CHECK(upper_end_text(share) == percent_text(share));
  }
  CHECK(estimate_text({1, 192, 1.0 / 192, {2.43e-40, 0.377}, interval_method::clustered}) ==
        "0.521 % [0, 37.7]");
  CHECK(grouped_text(0) == "0");
  CHECK(grouped_text(999) == "999");
  CHECK(grouped_text(1000) == "1,000");
  CHECK(grouped_text(1234567) == "1,234,567");
  CHECK(estimate_text({}) == "-");
  CHECK(estimate_text({5, 100, 0.05, {0.02, 0.11}, interval_method::wilson}) ==
        "5.00 % [2.00, 11.0]");
  CHECK(estimate_text({5, 100, 0.05, {0, 1}, interval_method::none}) == "5.00 %");
  CHECK(lettered_estimate_text({}) == "-");
  CHECK(lettered_estimate_text({5, 100, 0.05, {0.02, 0.11}, interval_method::wilson}) ==
        "5.00 % [2.00, 11.0] W");
  CHECK(lettered_estimate_text({5, 100, 0.05, {0, 1}, interval_method::none}) == "5.00 % -");
  CHECK(lettered_estimate_text({5, 100, 0.05, {0, 1}, interval_method::exact}) == "5.00 % E");
  CHECK(bitfault::campaign::detail::aligned({{"a", "bb"}, {"ä", "c"}, {"long", ""}}) ==
        "a     bb\nä      c\nlong\n");
}
