#include "device/row_sink.h"

#include <fmt/format.h>

#include "device/registers.h"

namespace portcullis::device {

void RegisterRowSink::set(std::uint64_t& known, std::uint32_t offset, std::uint32_t value) {
  if (known == value) return;
  device_.transport().write32(offset, value);
  known = value;
}

void RegisterRowSink::write(const RowWrite& row) {
  for (std::size_t w = 0; w < row.words.size();) {
    if (staged_[w] == row.words[w]) {
      ++w;
      continue;
    }
    std::size_t end = w;
    while (end < row.words.size() && staged_[end] != row.words[end]) {
      staged_[end] = row.words[end];
      ++end;
    }
    device_.transport().write_block(PCL_LOAD_DATA + 4 * static_cast<std::uint32_t>(w),
                                    std::span(row.words).subspan(w, end - w));
    words_ += end - w;
    w = end;
  }
  set(target_, PCL_LOAD_TARGET, row.target);
  set(index_, PCL_LOAD_INDEX, row.index);
  set(count_, PCL_LOAD_COUNT, row.count);
  device_.transport().write32(PCL_LOAD_COMMIT, PCL_LOAD_COMMIT_GO_MASK);
  index_ = row.index + row.count;
  device_.wait_while(PCL_STATUS_LOAD_BUSY_MASK,
                     fmt::format("writing {} rows from index {} of target 0x{:02x}", row.count, row.index, row.target));
  ++commits_;
  rows_ += row.count;
}

void RegisterRowSink::write(std::span<const RowWrite> rows) {
  for (const RowWrite& row : rows) write(row);
}

}  // namespace portcullis::device
