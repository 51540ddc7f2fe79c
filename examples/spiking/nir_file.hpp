// SPDX-License-Identifier: MIT
#pragma once

// Networks in NIR, the exchange format of spiking networks (https://github.com/neuromorphs/NIR;
// Pedersen et al., "Neuromorphic intermediate representation: A unified instruction set for
// interoperable brain-inspired computing", Nature Communications): a graph in an HDF5 file.

#include "network.hpp"

#include <filesystem>

namespace spiking {

/// Reads a chain of Conv2d, SumPool2d, Affine, Linear, IF and Flatten between
/// an Input and an Output; layers have the names of the nodes. NIR's neurons
/// live in continuous time. Here an IF becomes v += r I; it fires if v >=
/// v_threshold, and then v -= v_threshold: at most one spike in a step. Throws
/// std::runtime_error with the name of the file and the node: it cannot be
/// opened, is no such graph, has branches, or a node that is not listed above.
[[nodiscard]] network<double> read_nir(const std::filesystem::path& file);

} // namespace spiking
