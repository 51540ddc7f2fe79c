// SPDX-License-Identifier: MIT
#pragma once

#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1 // the C++ bindings that newer MPI versions do not have
#endif
#include <mpi.h>

#include <stdexcept>
#include <string>

namespace bitfault::campaign {

/// This process among those that `mpirun -n N` has started. One for each process, in main. Outside
/// mpirun it is the only one.
class mpi_session {
public:
  /// Throws std::runtime_error if MPI cannot be started.
  mpi_session() {
    int given = 0;
    if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given) != MPI_SUCCESS)
      throw std::runtime_error("bitfault: campaign: MPI cannot be started");
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
  }
  mpi_session(const mpi_session&) = delete;
  mpi_session& operator=(const mpi_session&) = delete;
  ~mpi_session() { MPI_Finalize(); }

  int rank() const noexcept { return rank_; }
  int size() const noexcept { return size_; }
  /// Waits for all processes.
  void barrier() const noexcept { MPI_Barrier(MPI_COMM_WORLD); }
  /// Ends all processes: one of them cannot go on.
  void abort() const noexcept { MPI_Abort(MPI_COMM_WORLD, 1); }

private:
  int rank_ = 0;
  int size_ = 1;
};

} // namespace bitfault::campaign
