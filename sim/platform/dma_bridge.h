// The NIC's AXI4 master (AMBA IHI 0022E) as a TLM-2.0 initiator (IEEE 1666-2011): each burst is a generic payload, sent
// with the four phases of the base protocol, so that many are under way at a time.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

#include "model/host_memory.h"

namespace portcullis::platform {

class DmaBridge final : public sc_core::sc_module, public model::AxiSlave, public tlm::tlm_mm_interface {
 public:
  /// To host memory, 512 bits wide. Requests that the target has not accepted hold back those behind them (14.2, the
  /// request exclusion rule).
  tlm_utils::simple_initiator_socket<DmaBridge, 512> socket;

  DmaBridge(const sc_core::sc_module_name& name, const model::AxiPins& pins);
  ~DmaBridge() override;

  void drive() override;
  void sample() override;
  bool quiet() const override;

  /// A word written behind all that the NIC has written before: how a bridge turns an interrupt line into a message.
  void send_message(std::uint64_t address, std::uint32_t data);

  std::uint64_t bytes_read() const { return bytes_read_; }
  std::uint64_t bytes_written() const { return bytes_written_; }

 private:
  static constexpr std::size_t kOutstanding = 64;  // bursts of each direction
  enum class Kind : std::uint8_t { read, write, message };

  /// A payload with what belongs to it. Its bytes stay where they are until everyone has released it.
  struct Transaction final : tlm::tlm_generic_payload {
    explicit Transaction(tlm::tlm_mm_interface* manager) : tlm::tlm_generic_payload(manager) {}
    Kind kind = Kind::read;
    std::uint8_t id = 0;
    unsigned beats = 0;  // of the burst
    unsigned next = 0;   // beats read that the NIC has taken
    bool answered = false;
    sc_core::sc_time due;  // of the answer
    std::vector<unsigned char> bytes, enables;
  };
  struct Burst {
    std::uint64_t address;
    unsigned beats;
  };

  Transaction* make(Kind kind, std::uint64_t address, std::size_t bytes);
  void free(tlm::tlm_generic_payload* payload) override;
  void take_write_data();
  void begin(Transaction* transaction);
  void send_waiting();
  void finish(Transaction& transaction, const sc_core::sc_time& delay);
  tlm::tlm_sync_enum answer(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  bool there(const Transaction& transaction) const {
    return transaction.answered && transaction.due <= sc_core::sc_time_stamp();
  }

  model::AxiPins pins_;
  std::vector<std::unique_ptr<Transaction>> all_;
  std::vector<Transaction*> unused_;
  std::deque<Burst> addresses_;                // of writes whose data has not all come
  std::vector<unsigned char> data_, strobes_;  // of the burst at the front
  std::deque<Transaction*> writes_, reads_;    // in the order of their addresses; nullptr: a write of no byte
  std::deque<Transaction*> waiting_;           // not sent yet
  Transaction* open_ = nullptr;                // sent, its request not yet accepted
  bool response_offered_ = false, read_offered_ = false;
  std::uint64_t bytes_read_ = 0, bytes_written_ = 0;
};

}  // namespace portcullis::platform
