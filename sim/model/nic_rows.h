// Rows for a model's tables through its row-wide load port, as a DMA engine hands them over: a row a clock.
#pragma once

#include <span>

#include "device/row_sink.h"
#include "model/nic.h"

namespace portcullis::model {

class NicRowSink final : public device::RowSink {
 public:
  /// The model must outlive the sink.
  explicit NicRowSink(Nic& nic) : nic_(nic) {}

  void write(std::span<const device::RowWrite> rows) override {
    for (const device::RowWrite& row : rows)
      for (unsigned i = 0; i < row.count; ++i) nic_.load_row(row.target, row.index + i, row.words);
  }

 private:
  Nic& nic_;
};

}  // namespace portcullis::model
