// `portcullis load`: a table image into a filter on a board, through its registers.
#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "cli/command.h"
#include "device/loader.h"
#include "device/serial_transport.h"
#include "tables/image.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string image;
  std::string serial;
};

void load_command(const Options& options, Exit& exit) {
  const tables::TableImage image = tables::read_image(options.image);
  device::SerialPort port(options.serial);
  device::SerialTransport transport(port);
  device::Device device(transport);
  try {
    const device::LoadReport report = device::Loader(device).load(image);
    std::cout << fmt::format("{}: {} rows, {} probes answered as expected, bank {} is active\n", options.image,
                             report.rows, report.probes, report.active_bank);
  } catch (const device::LoadRefused& refused) {
    std::cerr << "portcullis: " << refused.what() << '\n';
    exit = Exit::answer_is_no;
  }
}

}  // namespace

void add_load(CLI::App& app, Exit& exit) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "load", "Load a table image into the filter on a board; the old policy filters until the new one is tested");
  command->add_option("IMAGE", options->image, "table image (.pti)")->required();
  command->add_option("--serial", options->serial, "serial port of the board, such as /dev/ttyUSB1")->required();
  command->callback([options, &exit] { load_command(*options, exit); });
}

}  // namespace portcullis::cli
