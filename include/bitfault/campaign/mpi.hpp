// SPDX-License-Identifier: MIT
#pragma once

#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1 // the C++ bindings that newer MPI versions do not have
#endif
#include <mpi.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

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
  /// Waits for all processes, and leaves the processor to others meanwhile: MPI_Barrier of Open MPI
  /// asks without a pause.
  void barrier() const {
    MPI_Request all = MPI_REQUEST_NULL;
    MPI_Ibarrier(MPI_COMM_WORLD, &all);
    for (int there = 0;; std::this_thread::sleep_for(std::chrono::milliseconds(1))) {
      MPI_Test(&all, &there, MPI_STATUS_IGNORE);
      if (there != 0)
        return;
    }
  }
  /// Ends all processes: one of them cannot go on.
  void abort() const noexcept { MPI_Abort(MPI_COMM_WORLD, 1); }

private:
  int rank_ = 0;
  int size_ = 1;
};

} // namespace bitfault::campaign
