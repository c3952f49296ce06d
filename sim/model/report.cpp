#include "model/report.h"

#include "model/bits.h"

namespace portcullis::model {
namespace {

constexpr unsigned kUserBits = 87;  // of one egress

/// Takes fields from the lowest bit up, the order opposite to that in the SystemVerilog structure.
class Fields {
 public:
  Fields(const std::uint32_t* words, unsigned low) : words_(words), low_(low) {}
  template <typename T>
  Fields& take(T& field, unsigned width) {
    field = static_cast<T>(get_bits(words_, low_, width));
    low_ += width;
    return *this;
  }

 private:
  const std::uint32_t* words_;
  unsigned low_;
};

}  // namespace

Report unpack_report(const std::uint32_t* words, unsigned lane) {
  Report r;
  Fields(words, lane * kReportBits)
      .take(r.length, 14)
      .take(r.action, 64)
      .take(r.bank, 1)
      .take(r.cause, 4)
      .take(r.rule, 16)
      .take(r.hit, 1)
      .take(r.would_drop, 1)
      .take(r.permit, 1)
      .take(r.ingress, 3);
  return r;
}

EgressMetadata unpack_metadata(const std::uint32_t* words, unsigned egress) {
  EgressMetadata m;
  Fields(words, egress * kUserBits)
      .take(m.length, 14)
      .take(m.ingress, 3)
      .take(m.cause, 4)
      .take(m.rule, 16)
      .take(m.mark, 32)
      .take(m.mark_valid, 1)
      .take(m.queue, 12)
      .take(m.queue_valid, 1)
      .take(m.mirror_copy, 1)
      .take(m.hit, 1)
      .take(m.would_drop, 1)
      .take(m.permit, 1);
  return m;
}

}  // namespace portcullis::model
