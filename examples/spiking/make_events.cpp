// SPDX-License-Identifier: MIT

// make_events: Fashion-MNIST as an event camera would record it, or simulated gestures, in files.

#include "demo/data.hpp"
#include "spiking/events/aedat.hpp"
#include "spiking/events/nmnist.hpp"
#include "spiking/events/simulated_gestures.hpp"
#include "spiking/events/simulated_sensor.hpp"

#include <CLI/CLI.hpp>

#include <cstddef>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct options {
  std::string out;
  std::string images = DEMO_DATA_DIRECTORY;
  std::string format = "nmnist";
  bool training = false;
  bool gestures = false;
  std::size_t first = 0;
  std::size_t count = 100;
};

void write_text(const fs::path& file, const std::string& text) {
  std::ofstream to(file, std::ios::binary);
  to << text;
  to.close();
  if (!to) {
    throw std::runtime_error(file.string() + ": cannot be written");
  }
}

/// As DVS128 Gesture has its files: NAME.aedat and NAME_labels.csv.
void write_gestures(const fs::path& folder, const std::string& name, const spiking::recording& seen,
                    const std::vector<spiking::gesture_label>& labels) {
  spiking::write_aedat(folder / (name + ".aedat"), seen, "Simulated");
  std::string rows = "class,startTime_usec,endTime_usec\n";
  for (const auto& label : labels) {
    rows += std::to_string(label.gesture) + "," + std::to_string(label.start_microseconds) + "," +
            std::to_string(label.end_microseconds) + "\n";
  }
  write_text(folder / (name + "_labels.csv"), rows);
}

[[nodiscard]] std::string numbered(std::size_t number, int digits) {
  std::ostringstream text;
  text << std::setw(digits) << std::setfill('0') << number;
  return text.str();
}

/// Recordings with all gestures in each.
void make_gestures(const options& o) {
  std::size_t events = 0;
  for (std::size_t i = o.first; i < o.first + o.count; ++i) {
    const auto made = spiking::simulate_gestures(i);
    write_gestures(o.out, "user" + numbered(i, 2) + "_simulated", made.seen, made.labels);
    events += made.seen.events.size();
  }
  std::cout << o.count << " recordings of " << spiking::dvs128_gestures << " gestures with "
            << events << " events are in " << o.out << '\n';
}

void make(const options& o) {
  const auto images =
      o.training ? demo::load_training_set(o.images) : demo::load_test_set(o.images);
  if (o.first > images.count() || o.count > images.count() - o.first) {
    throw std::out_of_range(std::to_string(o.count) + " images from " + std::to_string(o.first) +
                            " on asked for, there are " + std::to_string(images.count()));
  }
  const fs::path folder = o.out;
  std::string list = "#sample #class\n";
  std::size_t events = 0;
  for (std::size_t i = o.first; i < o.first + o.count; ++i) {
    const auto seen = spiking::record_saccades(
        std::span(images.pixels).subspan(i * images.image_size(), images.image_size()));
    const int label = images.labels[i];
    const std::string name = numbered(i, 5);
    if (o.format == "aedat") {
      std::vector<spiking::gesture_label> labels; // with the classes 1 to 10
      if (!seen.events.empty()) {
        labels.push_back(
            {label + 1, seen.events.front().microseconds, seen.events.back().microseconds + 1});
      }
      write_gestures(folder, name, seen, labels);
    } else {
      spiking::write_nmnist(folder / (name + ".bs2"), seen);
      list += name + "\t" + std::to_string(label) + "\n";
    }
    events += seen.events.size();
  }
  if (o.format != "aedat") {
    write_text(folder / "labels.txt", list);
  }
  std::cout << o.count << " recordings with " << events << " events are in " << o.out << '\n';
}

} // namespace

int main(int count, char** arguments) {
  options o;
  CLI::App app{"Moves the images of Fashion-MNIST past a simulated event sensor of 34 x 34 pixels, "
               "as N-MNIST was made, and writes a file for each; or writes simulated recordings as "
               "DVS128 Gesture has them."};
  app.add_option("folder", o.out, "Where the files go")->required();
  app.add_option("--format", o.format,
                 "nmnist: 5 bytes an event, and labels.txt; aedat: AEDAT 3.1, each with its labels")
      ->check(CLI::IsMember({"nmnist", "aedat"}))
      ->capture_default_str();
  app.add_flag("--gestures", o.gestures,
               "Instead of images, the 11 gestures of DVS128 Gesture by moving discs, 128 x 128 "
               "pixels, AEDAT 3.1 with labels; each file is another user");
  app.add_option("--first", o.first, "The first image or user")->capture_default_str();
  app.add_option("--count", o.count, "How many images or users")->capture_default_str();
  app.add_option("--images", o.images, "Folder of the images")->capture_default_str();
  app.add_flag("--training", o.training, "The training set instead of the test set");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    fs::create_directories(o.out);
    if (o.gestures) {
      make_gestures(o);
    } else {
      make(o);
    }
  } catch (const std::exception& error) {
    std::cerr << "make_events: " << error.what() << '\n';
    return 1;
  }
}
