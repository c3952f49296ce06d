// `portcullis device` on the small managed engine, behind a pseudo terminal as a board is: what a person types, and
// what comes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "board/serial_server.h"
#include "firmware/image.h"
#include "managed_device.h"
#include "rtl/engine/table_rows.h"
#include "tables/compile.h"
#include "tables/image.h"
#include "tables/tree/image_file.h"

namespace portcullis::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const tables::Geometry kGeometry{"small", kRules, 128, {kIntervals, kIntervals, kIntervals, kIntervals, kIntervals}};

policy::Policy web(std::uint32_t port) {
  policy::Policy policy;
  policy::Entry entry;
  entry.match = policy::Match::any();
  entry.match.destination_port = {{port, port}};
  entry.action.permit = true;
  entry.from = {.rule = "ports.md:7",
                .document = "ports.md",
                .line = 7,
                .role = "Web",
                .service = "HTTP",
                .text = "| Web | HTTP |"};
  policy.entries.push_back(entry);
  policy.rows = 1;
  return policy;
}

class DeviceCommand : public ::testing::Test {
 protected:
  DeviceCommand() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    tables::write_image(folder / "a.pti", tables::compile(web(80), kGeometry).image);
    tables::write_image(folder / "b.pti", tables::compile(web(443), kGeometry).image);
    std::ofstream(folder / "firmware.bin", std::ios::binary) << firmware::image();
    thread = std::thread([this] {
      while (!stop) {
        server.serve(std::chrono::milliseconds(20));
        managed.run(200);
        if (damage) {
          const rtl_test::TableRows rows(managed.context());
          rows.flip({1, 5, 6}, 0);
          rows.flip({1, 5, 6}, 40);
          damage = false;
        }
      }
    });
  }
  ~DeviceCommand() override {
    stop = true;
    thread.join();
    std::filesystem::remove_all(folder);
  }

  /// Exit code and everything that was printed.
  std::pair<int, std::string> device(const std::string& arguments) {
    const std::string command =
        PORTCULLIS_BINARY_DIR "/bin/portcullis device " + arguments + " --serial " + server.path() + " 2>&1";
    std::FILE* pipe = ::popen(command.c_str(), "r");
    std::string output;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output.push_back(static_cast<char>(c));
    return {WEXITSTATUS(::pclose(pipe)), output};
  }
  std::string file(const std::string& name) const { return (folder / name).string(); }

  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / ("portcullis-device-command-" + std::to_string(::getpid()));
  ManagedDevice managed;
  sim::SerialServer server{managed};
  std::atomic<bool> stop = false;
  std::atomic<bool> damage = false;
  std::thread thread;
};

TEST_F(DeviceCommand, LoadsWatchesAndRollsBack) {
  auto [code, output] = device("status");
  EXPECT_EQ(code, 1);
  EXPECT_THAT(output, HasSubstr("has no firmware"));

  std::tie(code, output) = device("start " + file("firmware.bin"));
  EXPECT_EQ(code, 0) << output;
  std::tie(code, output) = device("load " + file("a.pti") + " --totals " + file("totals"));
  EXPECT_EQ(code, 0) << output;
  EXPECT_THAT(output, HasSubstr("is in force"));
  std::tie(code, output) = device("load " + file("b.pti") + " --totals " + file("totals"));
  EXPECT_EQ(code, 0) << output;
  std::tie(code, output) = device("status");
  EXPECT_EQ(code, 0) << output;
  EXPECT_THAT(output, HasSubstr("in force, tested: load 2, 1 entries"));
  EXPECT_THAT(output, HasSubstr("lock       free"));
  std::tie(code, output) = device("rollback");
  EXPECT_EQ(code, 0) << output;
  std::tie(code, output) = device("counters --totals " + file("totals"));
  EXPECT_EQ(code, 0) << output;
  EXPECT_THAT(output, HasSubstr("ports.md: | Web | HTTP |"));
  std::tie(code, output) = device("counters " + file("a.pti"));
  EXPECT_EQ(code, 0) << output;
  EXPECT_THAT(output, HasSubstr("0 ports.md:7"));
  std::tie(code, output) = device("log");
  EXPECT_THAT(output, HasSubstr("load 2 came into force"));
  EXPECT_THAT(output, HasSubstr("rolled back: load 1 is in force again"));
  std::tie(code, output) = device("self-test");
  EXPECT_EQ(code, 0) << output;

  // Counters of the policy before that nobody has collected are not thrown away unasked.
  std::tie(code, output) = device("load " + file("a.pti"));
  EXPECT_EQ(code, 1);
  EXPECT_THAT(output, HasSubstr("have not been collected"));
  std::tie(code, output) = device("load " + file("a.pti") + " --discard-counters");
  EXPECT_EQ(code, 0) << output;

  // An image of trees, for which this device has no place.
  const auto trees = tables::tree::compile_scale(web(80), tables::tree::Shape::scale_small()).image;
  const std::vector<std::uint8_t> bytes = tables::tree::encode_scale(trees);
  std::ofstream(folder / "trees.pti", std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  std::tie(code, output) = device("load " + file("trees.pti") + " --discard-counters");
  EXPECT_EQ(code, 1);
  EXPECT_THAT(output, HasSubstr("for a device with trees, and this one has none"));
  std::tie(code, output) = device("load " + file("trees.pti") + " --totals " + file("totals"));
  EXPECT_EQ(code, 2);
  EXPECT_THAT(output, HasSubstr("without --totals"));
}

TEST_F(DeviceCommand, SaysWhereTablesAreDamagedAndLoadsThemAgain) {
  auto [code, output] = device("start " + file("firmware.bin"));
  ASSERT_EQ(code, 0) << output;
  std::tie(code, output) = device("load " + file("a.pti"));
  ASSERT_EQ(code, 0) << output;
  std::tie(code, output) = device("status --reload " + file("b.pti"));
  EXPECT_EQ(code, 0) << output;
  EXPECT_THAT(output, HasSubstr("scrubbing  2208 rows in"));
  EXPECT_THAT(output, Not(HasSubstr("damaged")));

  damage = true;  // two bits of row 6 of the table of protocols, in the bank in force
  while (damage) std::this_thread::yield();
  for (int tries = 0; tries < 50; ++tries) {
    std::tie(code, output) = device("status");
    if (code != 0) break;
  }
  EXPECT_EQ(code, 1) << output;
  EXPECT_THAT(output, HasSubstr("damaged    bank 1, table 5, row 6: more than one bit is wrong; the policy in force is "
                                "not what was loaded: load it again"));
  std::tie(code, output) = device("status --reload " + file("b.pti"));
  EXPECT_EQ(code, 2) << output;
  EXPECT_THAT(output, HasSubstr("is not the image of the policy in force"));
  std::tie(code, output) = device("status --reload " + file("a.pti"));
  EXPECT_EQ(code, 0) << output;
  EXPECT_THAT(output, HasSubstr("bank 0 is in force"));
  std::tie(code, output) = device("rollback");
  EXPECT_EQ(code, 1);
  EXPECT_THAT(output, HasSubstr("more than one wrong bit"));
  std::tie(code, output) = device("load " + file("b.pti") + " --discard-counters");
  EXPECT_EQ(code, 0) << output;
  std::tie(code, output) = device("status");
  EXPECT_EQ(code, 0) << output;
  EXPECT_THAT(output, Not(HasSubstr("damaged")));
  std::tie(code, output) = device("log");
  EXPECT_THAT(output, HasSubstr("bank 1, table 5, row 6: more than one bit is wrong; the bank is in force"));
}

TEST_F(DeviceCommand, WatchesAndLoadsDamagedTablesAgainByItself) {
  auto [code, output] = device("start " + file("firmware.bin"));
  ASSERT_EQ(code, 0) << output;
  std::tie(code, output) = device("load " + file("a.pti"));
  ASSERT_EQ(code, 0) << output;
  const auto watching = [&](const std::string& image) {
    std::pair<int, std::string> result;
    std::thread watcher([&] { result = device("watch " + file(image) + " --every 0.05 --for 4 --discard-counters"); });
    std::this_thread::sleep_for(std::chrono::seconds(1));
    damage = true;
    watcher.join();
    return result;
  };
  std::tie(code, output) = watching("a.pti");
  EXPECT_EQ(code, 0) << output;
  EXPECT_THAT(output, HasSubstr("bank 1, table 5, row 6: more than one bit is wrong; the bank is in force"));
  EXPECT_THAT(output, HasSubstr("a.pti: load 2, "));
  EXPECT_THAT(output, HasSubstr("the tables in force were damaged; they are loaded again"));
  std::tie(code, output) = device("status");
  EXPECT_EQ(code, 0) << output;

  // With the image of another policy it says so, once, and leaves the tables alone.
  std::tie(code, output) = device("load " + file("a.pti") + " --discard-counters");
  ASSERT_EQ(code, 0) << output;
  std::tie(code, output) = watching("b.pti");
  EXPECT_EQ(code, 1) << output;
  EXPECT_THAT(output, HasSubstr("is not the image of the policy in force"));
  EXPECT_EQ(output.find("is not the image"), output.rfind("is not the image"));
  EXPECT_THAT(output, Not(HasSubstr("loaded again")));
  std::tie(code, output) = device("watch " + file("none.pti"));
  EXPECT_EQ(code, 2) << output;
  std::tie(code, output) = device("watch " + file("a.pti") + " --pci 0000:ff:1f.7");
  EXPECT_EQ(code, 2) << output;
  EXPECT_THAT(output, HasSubstr("either --serial or --pci"));
}

TEST_F(DeviceCommand, SaysWhatToChange) {
  auto [code, output] = device("load");
  EXPECT_EQ(code, 2);
  EXPECT_THAT(output, HasSubstr("name the file"));
  std::tie(code, output) = device("frobnicate");
  EXPECT_EQ(code, 2);
  std::tie(code, output) = device("status --pci 0000:ff:1f.7");
  EXPECT_EQ(code, 2);
  EXPECT_THAT(output, HasSubstr("either --serial or --pci"));
  std::tie(code, output) = device("load " + file("firmware.bin"));
  EXPECT_EQ(code, 2);
  EXPECT_THAT(output, HasSubstr("not a table image"));
}

}  // namespace
}  // namespace portcullis::test
