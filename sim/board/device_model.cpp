// portcullis-device-model: a NIC of geometry `edge` with a management processor, Verilated, behind a pseudo terminal:
// what `portcullis device --serial` speaks to where there is no board. Prints what the firmware writes to its
// console, and the terminal's name when it answers. Ends on SIGINT and SIGTERM.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <vector>

#include "board/serial_server.h"
#include "device/management.h"
#include "device/transport.h"
#include "firmware/image.h"
#include "model/axi_lite.h"
#include "model/managed_nic.h"

namespace {

volatile std::sig_atomic_t stopped = 0;
void stop(int) { stopped = 1; }

/// The registers of the NIC; nothing comes in by its wires, and host memory does not answer.
class Device final : public portcullis::device::Transport {
 public:
  Device() : nic_(portcullis::model::make_managed_nic()), pins_(nic_->pins()), registers_(pins_.registers) {
    *pins_.console_ready = 1;
    *pins_.reset = 1;
    run(8);
    *pins_.reset = 0;
  }

  std::uint32_t read32(std::uint32_t address) override {
    registers_.start_read(static_cast<std::uint16_t>(address));
    finish();
    return registers_.value();
  }
  void write32(std::uint32_t address, std::uint32_t value) override {
    registers_.start_write(static_cast<std::uint16_t>(address), value);
    finish();
  }
  void run(unsigned clocks) {
    for (unsigned i = 0; i < clocks; ++i) clock();
  }

 private:
  void clock() {
    nic_->settle();
    registers_.sample();
    if (*pins_.console_valid != 0) {
      std::cout.put(static_cast<char>(*pins_.console_data));
      if (*pins_.console_data == '\n') std::cout.flush();
    }
    nic_->edge();
    registers_.advance();
  }
  void finish() {
    for (unsigned i = 0; registers_.busy(); ++i) {
      if (i == 10'000)
        throw portcullis::device::TransportError("a register access was not answered within 10000 clocks");
      clock();
    }
  }

  std::unique_ptr<portcullis::model::VerilatedNic> nic_;
  const portcullis::model::NicPins& pins_;
  portcullis::model::AxiLiteMaster registers_;
};

std::vector<std::uint8_t> firmware_of(const std::string& file) {
  if (file.empty()) {
    const std::string_view image = portcullis::firmware::image();
    return {image.begin(), image.end()};
  }
  std::ifstream in(file, std::ios::binary);
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || bytes.empty()) throw std::runtime_error(file + ": cannot be read; give a firmware image");
  return bytes;
}

void run(const std::string& file) {
  Device device;
  portcullis::sim::SerialServer server(device);
  std::optional<portcullis::device::Management> management = portcullis::device::Management::find(device);
  if (!management) throw std::runtime_error("the model has no management processor");
  management->start(firmware_of(file));
  std::cout << fmt::format("portcullis-device-model: the device is at {}\n", server.path()) << std::flush;
  while (stopped == 0) {
    server.serve(std::chrono::milliseconds(20));
    // Time goes on for the firmware, slowly, when nobody asks for anything.
    device.run(500);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A NIC with a management processor, simulated, behind a pseudo terminal", "portcullis-device-model"};
  std::string firmware;
  app.add_option("--firmware", firmware, "firmware image; without it, that of this build");
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGINT, stop);
  std::signal(SIGTERM, stop);
  try {
    run(firmware);
  } catch (const std::exception& error) {
    std::cerr << "portcullis-device-model: " << error.what() << '\n';
    return 2;
  }
  return 0;
}
