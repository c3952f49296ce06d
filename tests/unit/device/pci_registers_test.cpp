// Registers mapped from a file as sysfs has them: here a file of the same name and size in another folder.
#include "device/pci_registers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace portcullis::test {
namespace {

using device::PciRegisters;
using device::TransportError;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(PciRegisters, MapsBarZero) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "portcullis-sysfs";
  const std::string address = "0000:03:00.0";
  std::filesystem::create_directories(folder / address);
  const std::filesystem::path file = folder / address / "resource0";
  std::ofstream(file, std::ios::binary) << std::string(0x10000, '\0');
  {
    PciRegisters registers(address, folder.string());
    registers.write32(0x2004, 0x12345678);
    EXPECT_EQ(registers.read32(0x2004), 0x12345678U);
    EXPECT_EQ(registers.read32(0xFFFC), 0U);
    EXPECT_THROW(registers.read32(0x10000), TransportError);
  }
  std::ifstream in(file, std::ios::binary);
  in.seekg(0x2004);
  EXPECT_EQ(in.get(), 0x78);
  std::filesystem::resize_file(file, 4096);
  EXPECT_THAT([&] { PciRegisters(address, folder.string()); },
              ThrowsMessage<TransportError>(HasSubstr("has 4096 bytes")));
  EXPECT_THAT([&] { PciRegisters("0000:04:00.0", folder.string()); },
              ThrowsMessage<TransportError>(HasSubstr("cannot be opened")));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace portcullis::test
