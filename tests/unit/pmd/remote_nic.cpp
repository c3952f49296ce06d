#include "remote_nic.h"

#include <poll.h>
#include <rte_eal.h>
#include <rte_memory.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <utility>

namespace portcullis::test {
namespace {

enum class Operation : std::uint32_t { read, write, map, unmap, tell };

struct Request {
  Operation operation;
  std::uint32_t offset = 0;
  std::uint32_t value = 0;
  std::uint64_t bus = 0, bytes = 0, file_offset = 0;
  char text[256] = {};
};

/// Both ends are a datagram socket that keeps order and borders (SOCK_SEQPACKET).
void send_request(int socket, const Request& request, int file = -1) {
  iovec part{const_cast<Request*>(&request), sizeof(request)};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (file >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &file, sizeof(file));
  }
  if (::sendmsg(socket, &message, MSG_NOSIGNAL) != sizeof(request))
    throw device::TransportError("the NIC's process has ended");
}

/// False: the other end is closed.
bool receive_request(int socket, Request& request, int& file) {
  iovec part{&request, sizeof(request)};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  file = -1;
  if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != sizeof(request)) return false;
  if (const cmsghdr* header = CMSG_FIRSTHDR(&message)) std::memcpy(&file, CMSG_DATA(header), sizeof(file));
  return true;
}

void start_dpdk(unsigned number) {
  std::vector<std::string> words = {"program",
                                    "--no-huge",
                                    "-m",
                                    "64",
                                    "--no-pci",
                                    "--no-shconf",
                                    "--no-telemetry",
                                    "--log-level=lib.eal:4",
                                    "--base-virtaddr=" + std::to_string(std::uint64_t{0x100000000} * number)};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  cpu_set_t cores;
  sched_getaffinity(0, sizeof(cores), &cores);
  if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) < 0)
    throw std::runtime_error("DPDK does not start");
  sched_setaffinity(0, sizeof(cores), &cores);
}

}  // namespace

// ---- The driver's end

void RemoteNic::map(void* at, std::size_t bytes) {
  // Without hugepages DPDK's memory is one file.
  const rte_memseg_list* list = rte_mem_virt2memseg_list(at);
  const rte_memseg* segment = rte_mem_virt2memseg(at, list);
  std::size_t offset = 0;
  const int file = rte_memseg_get_fd_thread_unsafe(segment);
  if (file < 0 || rte_memseg_get_fd_offset_thread_unsafe(segment, &offset) < 0)
    throw std::runtime_error("DPDK's memory has no file");
  Request request{.operation = Operation::map};
  request.bus = reinterpret_cast<std::uint64_t>(at);
  request.bytes = bytes;
  request.file_offset = offset;
  send_request(socket_, request, file);
}

void RemoteNic::unmap(void* at) {
  Request request{.operation = Operation::unmap};
  request.bus = reinterpret_cast<std::uint64_t>(at);
  send_request(socket_, request);
}

std::uint32_t RemoteNic::read32(std::uint32_t offset) {
  send_request(socket_, {.operation = Operation::read, .offset = offset});
  std::uint32_t value = 0;
  if (::recv(socket_, &value, sizeof(value), 0) != sizeof(value))
    throw device::TransportError("the NIC's process has ended");
  return value;
}

void RemoteNic::write32(std::uint32_t offset, std::uint32_t value) {
  send_request(socket_, {.operation = Operation::write, .offset = offset, .value = value});
}

void RemoteNic::tell(const std::string& text) {
  Request request{.operation = Operation::tell};
  text.copy(request.text, sizeof(request.text) - 1);
  send_request(socket_, request);
}

void RemoteNic::wait() {
  std::uint32_t word = 0;
  if (::recv(orders_, &word, sizeof(word), 0) != sizeof(word)) ::_exit(1);
}

// ---- Programs

Program::Program(std::uint64_t lease, std::function<void(std::unique_ptr<RemoteNic>)> body) {
  // So that two programs at a time name different memory.
  static unsigned number = 0;
  ++number;
  // DPDK's own thread may access registers while the program waits for orders: they have a socket of their own.
  int ends[2], orders[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0 ||
      ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, orders) != 0)
    throw std::runtime_error("no pair of sockets");
  process_ = ::fork();
  if (process_ < 0) throw std::runtime_error("no process");
  if (process_ > 0) {
    ::close(ends[1]);
    ::close(orders[1]);
    socket_ = ends[0];
    orders_ = orders[0];
    return;
  }
  ::close(ends[0]);
  ::close(orders[0]);
  auto nic = std::make_unique<RemoteNic>(ends[1], orders[1], lease);
  RemoteNic teller(ends[1], orders[1], lease);
  try {
    start_dpdk(number);
    nic->wait();
    body(std::move(nic));
  } catch (const std::exception& error) {
    try {
      teller.tell(std::string("error: ") + error.what());
    } catch (const std::exception&) {
    }
  }
  ::_exit(0);
}

Program::~Program() {
  kill();
  ::close(socket_);
  ::close(orders_);
}

void Program::go() {
  const std::uint32_t word = 1;
  if (::send(orders_, &word, sizeof(word), MSG_NOSIGNAL) != sizeof(word)) throw std::runtime_error("it has ended");
}

void Program::kill() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

// ---- The NIC's end

bool NicServer::answer(Program& program, Told& told) {
  Request request;
  int file = -1;
  if (!receive_request(program.socket(), request, file)) {
    told.text = "ended";
    return false;
  }
  switch (request.operation) {
    case Operation::read:
    case Operation::write: {
      const bool write = request.operation == Operation::write;
      if (on_access && !on_access(request.offset, write, request.value)) {
        told.text = "stopped";
        return false;
      }
      if (write) {
        nic_.write32(request.offset, request.value);
      } else {
        const std::uint32_t value = nic_.read32(request.offset);
        // A program that was killed meanwhile does not take it.
        (void)::send(program.socket(), &value, sizeof(value), MSG_NOSIGNAL);
      }
      return true;
    }
    case Operation::map: {
      void* at = ::mmap(nullptr, request.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file,
                        static_cast<off_t>(request.file_offset));
      ::close(file);
      if (at == MAP_FAILED) throw std::runtime_error("a program's memory cannot be mapped");
      mappings_[&program].push_back({at, request.bytes, request.bus});
      nic_.memory().add(request.bus, {static_cast<std::uint8_t*>(at), request.bytes});
      return true;
    }
    case Operation::unmap: {
      std::vector<Mapping>& known = mappings_[&program];
      std::erase_if(known, [&](const Mapping& mapping) {
        if (mapping.bus != request.bus) return false;
        nic_.memory().remove(mapping.bus);
        ::munmap(mapping.at, mapping.bytes);
        return true;
      });
      return true;
    }
    case Operation::tell:
      told.text = request.text;
      return false;
  }
  throw std::runtime_error("an unknown request");
}

NicServer::Told NicServer::serve(std::span<Program* const> programs) {
  for (;;) {
    std::vector<pollfd> waiting;
    for (const Program* program : programs) waiting.push_back({program->socket(), POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), 60'000) <= 0) return {0, "nothing came for a minute"};
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      Told told{i, {}};
      if (waiting[i].revents != 0 && !answer(*programs[i], told)) return told;
    }
  }
}

void NicServer::forget(const Program& program) {
  for (const Mapping& mapping : mappings_[&program]) {
    nic_.memory().remove(mapping.bus);
    ::munmap(mapping.at, mapping.bytes);
  }
  mappings_.erase(&program);
}

}  // namespace portcullis::test
