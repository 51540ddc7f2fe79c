// SPDX-License-Identifier: MIT
#include "nir_file.hpp"

#include <hdf5.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace spiking {
namespace {

/// One of HDF5's numbers for things that are open, and how it is closed.
class handle {
public:
  handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  handle(const handle&) = delete;
  handle& operator=(const handle&) = delete;
  ~handle() {
    if (id_ >= 0)
      close_(id_);
  }
  [[nodiscard]] hid_t get() const noexcept { return id_; }
  [[nodiscard]] bool is_open() const noexcept { return id_ >= 0; }

private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

class nir_file {
public:
  explicit nir_file(const std::filesystem::path& file)
      : name_(file.string()), file_(open(name_), H5Fclose) {
    if (!file_.is_open())
      fail("cannot be opened as an HDF5 file");
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(name_ + ": " + what);
  }

  [[nodiscard]] bool has(const std::string& path) const {
    // Each group on the way has to exist before HDF5 may be asked for what is
    // in it.
    for (std::size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
      if (H5Lexists(file_.get(), path.substr(0, slash).c_str(), H5P_DEFAULT) <= 0)
        return false;
    }
    return H5Lexists(file_.get(), path.c_str(), H5P_DEFAULT) > 0;
  }

  struct array {
    std::vector<hsize_t> extents;
    std::vector<double> values;
  };

  [[nodiscard]] array numbers(const std::string& path) const {
    const dataset from(*this, path);
    const auto kind = H5Tget_class(from.type.get());
    if (kind != H5T_FLOAT && kind != H5T_INTEGER)
      fail("'" + path + "' holds no numbers");
    array result{from.extents, std::vector<double>(from.count)};
    if (H5Dread(from.data.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                result.values.data()) < 0)
      fail("'" + path + "' cannot be read");
    return result;
  }

  [[nodiscard]] std::vector<std::string> strings(const std::string& path) const {
    const dataset from(*this, path);
    if (H5Tis_variable_str(from.type.get()) <= 0)
      fail("'" + path + "' holds no strings of variable length");
    std::vector<char*> read(from.count, nullptr);
    if (H5Dread(from.data.get(), from.type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, read.data()) < 0)
      fail("'" + path + "' cannot be read");
    std::vector<std::string> result;
    for (const char* text : read)
      result.emplace_back(text == nullptr ? "" : text);
    H5Dvlen_reclaim(from.type.get(), from.space.get(), H5P_DEFAULT, read.data());
    return result;
  }

private:
  struct dataset {
    handle data, space, type;
    std::vector<hsize_t> extents;
    std::size_t count = 1;

    dataset(const nir_file& file, const std::string& path)
        : data(file.has(path) ? H5Dopen2(file.file_.get(), path.c_str(), H5P_DEFAULT) : -1,
               H5Dclose),
          space(data.is_open() ? H5Dget_space(data.get()) : -1, H5Sclose),
          type(data.is_open() ? H5Dget_type(data.get()) : -1, H5Tclose) {
      if (!space.is_open() || !type.is_open())
        file.fail("has no '" + path + "'");
      extents.resize(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space.get())));
      H5Sget_simple_extent_dims(space.get(), extents.data(), nullptr);
      constexpr hsize_t most = hsize_t{1} << 28U; // far more than any network here
      for (const hsize_t e : extents) {
        if (e > most || count * e > most)
          file.fail("'" + path + "' is too large");
        count *= static_cast<std::size_t>(e);
      }
    }
  };

  [[nodiscard]] static hid_t open(const std::string& name) {
    H5Eset_auto2(H5E_DEFAULT, nullptr,
                 nullptr); // errors are told by what is thrown
    return H5Fopen(name.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  }

  std::string name_;
  handle file_;
};

/// Turns the nodes of a graph into layers.
class reader {
public:
  explicit reader(const std::filesystem::path& file) : file_(file) {}

  [[nodiscard]] network<double> read() const {
    const auto order = chain();
    const auto extents = list(order.front(), "shape");
    if (extents.size() != 3)
      file_.fail("the input has " + std::to_string(extents.size()) + " axes, 3 are needed");
    network<double> net({extents[0], extents[1], extents[2]});
    for (std::size_t i = 1; i + 1 < order.size(); ++i) {
      try {
        add(order[i], net);
      } catch (const std::invalid_argument& misfit) {
        file_.fail(misfit.what());
      }
    }
    return net;
  }

private:
  [[nodiscard]] std::string type(const std::string& node) const {
    return file_.strings(path(node, "type")).at(0);
  }

  [[nodiscard]] static std::string path(const std::string& node, const char* what) {
    return "node/nodes/" + node + "/" + what;
  }

  /// The nodes from the input to the output.
  [[nodiscard]] std::vector<std::string> chain() const {
    const auto ends = file_.strings("node/edges");
    std::map<std::string, std::string> next;
    std::set<std::string> reached;
    for (std::size_t i = 0; i + 1 < ends.size(); i += 2) {
      if (!next.emplace(ends[i], ends[i + 1]).second || !reached.insert(ends[i + 1]).second)
        file_.fail("is no chain: it branches between '" + ends[i] + "' and '" + ends[i + 1] + "'");
    }
    std::string at;
    for (const auto& [from, to] : next) {
      if (type(from) == "Input")
        at = from;
    }
    std::vector<std::string> order;
    for (; next.count(at) != 0 && order.size() <= next.size(); at = next[at])
      order.push_back(at);
    order.push_back(at);
    if (order.size() != next.size() + 1 || type(at) != "Output")
      file_.fail("is no chain from an Input to an Output");
    return order;
  }

  [[nodiscard]] std::vector<index_t> list(const std::string& node, const char* what) const {
    std::vector<index_t> result;
    for (const double x : file_.numbers(path(node, what)).values)
      result.push_back(static_cast<index_t>(x));
    return result;
  }

  /// A number that holds for both axes.
  [[nodiscard]] index_t both(const std::string& node, const char* what) const {
    const auto values = list(node, what);
    if (values.empty() ||
        std::any_of(values.begin(), values.end(), [&](index_t v) { return v != values.front(); }))
      file_.fail("node '" + node + "': '" + what + "' differs between the axes");
    return values.front();
  }

  void expect(const std::string& node, const char* what, index_t value) const {
    if (both(node, what) != value)
      file_.fail("node '" + node + "': '" + what + "' must be " + std::to_string(value));
  }

  /// Weights {out, ...} and, if there are any, biases.
  [[nodiscard]] synapses<double> connections(const std::string& node,
                                             const nir_file::array& weight) const {
    const auto out = static_cast<index_t>(weight.extents.at(0));
    const auto count = static_cast<index_t>(weight.values.size());
    synapses<double> result(out, out == 0 ? 0 : count / out);
    std::copy(weight.values.begin(), weight.values.end(), result.weight.data());
    if (file_.has(path(node, "bias"))) {
      const auto bias = file_.numbers(path(node, "bias")).values;
      if (static_cast<index_t>(bias.size()) != out)
        file_.fail("node '" + node + "' has " + std::to_string(bias.size()) + " biases for " +
                   std::to_string(out) + " outputs");
      std::copy(bias.begin(), bias.end(), result.bias.data());
    }
    return result;
  }

  void add(const std::string& node, network<double>& net) const {
    const std::string kind = type(node);
    if (kind == "Conv2d") {
      const auto weight = file_.numbers(path(node, "weight"));
      if (weight.extents.size() != 4 || weight.extents[2] != weight.extents[3])
        file_.fail("node '" + node + "' has no square kernels");
      expect(node, "dilation", 1);
      expect(node, "groups", 1);
      const kernel window{static_cast<index_t>(weight.extents[2]), both(node, "stride"),
                          both(node, "padding")};
      net.add(node, convolution<double>{window, connections(node, weight)});
    } else if (kind == "SumPool2d") {
      net.add(node,
              pooling{pooling_kind::sum,
                      {both(node, "kernel_size"), both(node, "stride"), both(node, "padding")}});
    } else if (kind == "Affine" || kind == "Linear") {
      const auto weight = file_.numbers(path(node, "weight"));
      if (weight.extents.size() != 2)
        file_.fail("node '" + node + "' has weights with " + std::to_string(weight.extents.size()) +
                   " axes");
      net.add(node, dense<double>{connections(node, weight)});
    } else if (kind == "IF") {
      neurons<double> group({.reset = reset_kind::by_subtraction, .fires_at_threshold = true},
                            net.output().size());
      group.gain = file_.numbers(path(node, "r")).values;
      group.threshold = file_.numbers(path(node, "v_threshold")).values;
      net.add(node, std::move(group));
    } else if (kind != "Flatten") { // which changes no number and no order
      file_.fail("node '" + node + "' is a '" + kind + "', which this reader does not know");
    }
  }

  nir_file file_;
};

} // namespace

network<double> read_nir(const std::filesystem::path& file) { return reader(file).read(); }

} // namespace spiking
