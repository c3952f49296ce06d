// A NIC in one process and its driver in another, as a card and the programs that use it: registers over a pair of
// sockets, host memory by the files behind DPDK's memory. The driver can be killed at any access; the NIC goes on.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "device/transport.h"
#include "model/nic_model.h"
#include "pmd/backend.h"

namespace portcullis::test {

/// The driver's end, in the program's process. Writes are posted: they return before the NIC has them.
class RemoteNic final : public pmd::Backend, public device::Transport {
 public:
  /// `lease`: clocks of the owner lock.
  /// `orders`: the socket by which the test says to go on.
  RemoteNic(int socket, int orders, std::uint64_t lease) : socket_(socket), orders_(orders), lease_(lease) {}

  device::Transport& transport() override { return *this; }
  void map(void* at, std::size_t bytes) override;
  void unmap(void* at) override;
  bool bus_is_virtual() const override { return true; }
  std::uint64_t lease(std::uint32_t) const override { return lease_; }
  std::uint32_t read32(std::uint32_t offset) override;
  void write32(std::uint32_t offset, std::uint32_t value) override;
  /// Tells the test something; comes behind the accesses before it.
  void tell(const std::string& text);
  /// Waits for the test's word to go on.
  void wait();

 private:
  int socket_, orders_;
  std::uint64_t lease_;
};

/// A program that uses the NIC, in a process of its own.
class Program {
 public:
  /// Starts a process in which DPDK is initialised, and then, when the test says go(), `body` runs. What `body` throws
  /// is told as text that begins with "error: ".
  Program(std::uint64_t lease, std::function<void(std::unique_ptr<RemoteNic>)> body);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Lets it run, or go on from RemoteNic::wait().
  void go();
  /// As power failing: not one instruction more.
  void kill();
  int socket() const { return socket_; }

 private:
  int socket_ = -1, orders_ = -1;
  pid_t process_ = -1;
};

/// The NIC's end, in the test's process.
class NicServer {
 public:
  explicit NicServer(model::NicModel& nic) : nic_(nic) {}

  /// Told of every register access before it is carried out; false: it is not, and serve() returns.
  std::function<bool(std::uint32_t offset, bool write, std::uint32_t value)> on_access;

  /// Carries out what the programs ask for, in turn, until one of them tells something, ends, or on_access says no.
  struct Told {
    std::size_t program = 0;  ///< number in `programs`
    std::string text;         ///< "ended" when its process has ended, "stopped" after on_access
  };
  Told serve(std::span<Program* const> programs);
  /// What a program could reach is out of the NIC's reach, as the kernel has it when a process dies.
  void forget(const Program& program);

 private:
  struct Mapping {
    void* at;
    std::size_t bytes;
    std::uint64_t bus;
  };
  bool answer(Program& program, Told& told);

  model::NicModel& nic_;
  std::map<const Program*, std::vector<Mapping>> mappings_;
};

}  // namespace portcullis::test
