// The bodies of the primitives for each target do what the generic one promises: memories in every shape that the
// project uses, with random writes and reads of all rows, and carry chains, narrow ones exhaustively. The cells of a
// vendor are models (ecp5_cells.sv, xilinx_cells.sv).
#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <type_traits>

#include "VPrimCompact.h"
#include "VPrimEcp5.h"
#include "VPrimGeneric.h"
#include "VPrimHardware.h"
#include "VPrimXilinx.h"

namespace portcullis::test {
namespace {

template <class Model>
class Primitives : public testing::Test {};
using Models = testing::Types<VPrimGeneric, VPrimHardware, VPrimEcp5, VPrimCompact, VPrimXilinx>;
class Names {
 public:
  template <class Model>
  static std::string GetName(int) {
    if constexpr (std::is_same_v<Model, VPrimGeneric>) return "Generic";
    if constexpr (std::is_same_v<Model, VPrimHardware>) return "Hardware";
    if constexpr (std::is_same_v<Model, VPrimEcp5>) return "Ecp5";
    if constexpr (std::is_same_v<Model, VPrimCompact>) return "Compact";
    if constexpr (std::is_same_v<Model, VPrimXilinx>) return "Xilinx";
  }
};
TYPED_TEST_SUITE(Primitives, Models, Names);

TYPED_TEST(Primitives, DoWhatTheirHeadersPromise) {
  constexpr unsigned kClocks = 2 * 65536;  // every value of the counter, twice
  VerilatedContext context;
  context.randReset(0);  // memories are zero when a device is configured
  const auto model = std::make_unique<TypeParam>(&context);
  std::mt19937_64 random(20240611);
  std::array<unsigned, 8> compared{};
  for (unsigned clock = 0; clock < kClocks; ++clock) {
    for (unsigned word = 0; word < 8; ++word) model->random_i[word] = static_cast<std::uint32_t>(random());
    model->counter_i = static_cast<std::uint16_t>(clock);
    model->clk_i = 0;
    model->eval();
    ASSERT_EQ(model->ram_wrong_o, 0U) << "memories, a bit per shape, clock " << clock;
    ASSERT_EQ(model->carry_wrong_o, 0U) << "carry chains, a bit per shape, clock " << clock;
    for (unsigned shape = 0; shape < 8; ++shape) compared.at(shape) += model->ram_compared_o >> shape & 1U;
    model->clk_i = 1;
    model->eval();
  }
  // Most clocks read, and most of what is read is known.
  for (unsigned shape = 0; shape < 8; ++shape) EXPECT_GT(compared.at(shape), kClocks / 4) << "memory " << shape;
}

}  // namespace
}  // namespace portcullis::test
