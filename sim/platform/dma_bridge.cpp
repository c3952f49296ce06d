#include "platform/dma_bridge.h"

#include <algorithm>
#include <cstring>

namespace portcullis::platform {
namespace {

constexpr std::uint8_t kOkay = 0, kSlaveError = 2, kDecodeError = 3;  // AMBA IHI 0022E, A3.4.4

std::uint8_t response_of(const tlm::tlm_generic_payload& payload) {
  switch (payload.get_response_status()) {
    case tlm::TLM_OK_RESPONSE:
      return kOkay;
    case tlm::TLM_ADDRESS_ERROR_RESPONSE:
      return kDecodeError;
    default:
      return kSlaveError;
  }
}

}  // namespace

DmaBridge::DmaBridge(const sc_core::sc_module_name& name, const model::AxiPins& pins)
    : sc_module(name), socket("socket"), pins_(pins) {
  socket.register_nb_transport_bw(this, &DmaBridge::answer);
}

DmaBridge::~DmaBridge() = default;

bool DmaBridge::quiet() const {
  return reads_.empty() && writes_.empty() && addresses_.empty() && waiting_.empty() && !read_offered_ &&
         !response_offered_ && *pins_.awvalid == 0 && *pins_.wvalid == 0 && *pins_.arvalid == 0;
}

DmaBridge::Transaction* DmaBridge::make(Kind kind, std::uint64_t address, std::size_t bytes) {
  if (unused_.empty()) {
    all_.push_back(std::make_unique<Transaction>(this));
    unused_.push_back(all_.back().get());
  }
  Transaction* transaction = unused_.back();
  unused_.pop_back();
  transaction->acquire();
  transaction->kind = kind;
  transaction->next = 0;
  transaction->answered = false;
  transaction->bytes.resize(bytes);
  transaction->enables.clear();
  transaction->set_command(kind == Kind::read ? tlm::TLM_READ_COMMAND : tlm::TLM_WRITE_COMMAND);
  transaction->set_address(address);
  transaction->set_data_ptr(transaction->bytes.data());
  transaction->set_data_length(static_cast<unsigned>(bytes));
  transaction->set_streaming_width(static_cast<unsigned>(bytes));
  transaction->set_byte_enable_ptr(nullptr);
  transaction->set_byte_enable_length(0);
  transaction->set_dmi_allowed(false);
  transaction->set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  return transaction;
}

void DmaBridge::free(tlm::tlm_generic_payload* payload) {
  payload->reset();
  unused_.push_back(static_cast<Transaction*>(payload));
}

void DmaBridge::send_message(std::uint64_t address, std::uint32_t data) {
  Transaction* message = make(Kind::message, address, sizeof data);
  std::memcpy(message->bytes.data(), &data, sizeof data);
  begin(message);
}

void DmaBridge::begin(Transaction* transaction) {
  waiting_.push_back(transaction);
  send_waiting();
}

void DmaBridge::send_waiting() {
  while (open_ == nullptr && !waiting_.empty()) {
    open_ = waiting_.front();
    waiting_.pop_front();
    Transaction& sent = *open_;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    switch (socket->nb_transport_fw(sent, phase, delay)) {
      case tlm::TLM_ACCEPTED:
        break;
      case tlm::TLM_UPDATED:
        if (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP) open_ = nullptr;
        if (phase == tlm::BEGIN_RESP) {
          finish(sent, delay);
          phase = tlm::END_RESP;
          delay = sc_core::SC_ZERO_TIME;
          socket->nb_transport_fw(sent, phase, delay);
        }
        break;
      case tlm::TLM_COMPLETED:
        open_ = nullptr;
        finish(sent, delay);
        break;
    }
  }
}

tlm::tlm_sync_enum DmaBridge::answer(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) {
  auto& transaction = static_cast<Transaction&>(payload);
  // A response stands for the acceptance of its request as well.
  if (&transaction == open_ && (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP)) open_ = nullptr;
  if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
  finish(transaction, delay);
  return tlm::TLM_COMPLETED;
}

void DmaBridge::finish(Transaction& transaction, const sc_core::sc_time& delay) {
  transaction.answered = true;
  transaction.due = sc_core::sc_time_stamp() + delay;
  if (transaction.kind == Kind::message) transaction.release();
}

void DmaBridge::drive() {
  send_waiting();
  if (!response_offered_) {
    *pins_.bvalid = 0;
    if (!writes_.empty() && (writes_.front() == nullptr || there(*writes_.front()))) {
      Transaction* write = writes_.front();
      writes_.pop_front();
      *pins_.bresp = write == nullptr ? kOkay : response_of(*write);
      *pins_.bvalid = 1;
      response_offered_ = true;
      if (write != nullptr) write->release();
    }
  }
  if (!read_offered_) {
    *pins_.rvalid = 0;
    // Of each ID the oldest burst first, of different IDs whichever is there.
    unsigned ids = 0;
    for (auto at = reads_.begin(); at != reads_.end(); ++at) {
      Transaction& read = **at;
      if ((ids >> read.id & 1U) == 0 && there(read)) {
        std::memcpy(pins_.rdata, read.bytes.data() + std::size_t{read.next} * pins_.beat_bytes, pins_.beat_bytes);
        *pins_.rid = read.id;
        *pins_.rresp = response_of(read);
        *pins_.rlast = ++read.next == read.beats;
        *pins_.rvalid = 1;
        read_offered_ = true;
        if (read.next == read.beats) {
          read.release();
          reads_.erase(at);
        }
        break;
      }
      ids |= 1U << read.id;
    }
  }
  *pins_.awready = addresses_.size() + writes_.size() < kOutstanding;
  *pins_.wready = 1;
  *pins_.arready = reads_.size() < kOutstanding;
}

void DmaBridge::sample() {
  if (*pins_.awvalid != 0 && *pins_.awready != 0) addresses_.push_back({*pins_.awaddr, *pins_.awlen + 1U});
  if (*pins_.wvalid != 0 && *pins_.wready != 0) {
    data_.insert(data_.end(), pins_.wdata, pins_.wdata + pins_.beat_bytes);
    strobes_.insert(strobes_.end(), pins_.wstrb, pins_.wstrb + pins_.beat_bytes / 8);
  }
  take_write_data();
  if (response_offered_ && *pins_.bready != 0) response_offered_ = false;
  if (*pins_.arvalid != 0 && *pins_.arready != 0) {
    const unsigned beats = *pins_.arlen + 1U;
    Transaction* read = make(Kind::read, *pins_.araddr, std::size_t{beats} * pins_.beat_bytes);
    read->id = *pins_.arid;
    read->beats = beats;
    bytes_read_ += read->bytes.size();
    reads_.push_back(read);
    begin(read);
  }
  if (read_offered_ && *pins_.rready != 0) read_offered_ = false;
}

void DmaBridge::take_write_data() {
  while (!addresses_.empty()) {
    const Burst burst = addresses_.front();
    const std::size_t size = std::size_t{burst.beats} * pins_.beat_bytes;
    if (data_.size() < size) return;
    addresses_.pop_front();
    const auto strobe = [this](std::size_t i) { return (strobes_[i / 8] >> (i % 8) & 1) != 0; };
    std::size_t first = 0, last = size;
    while (first < size && !strobe(first)) ++first;
    while (last > first && !strobe(last - 1)) --last;
    if (first == last) {
      writes_.push_back(nullptr);
    } else {
      Transaction* write = make(Kind::write, burst.address + first, last - first);
      std::copy(data_.begin() + static_cast<std::ptrdiff_t>(first), data_.begin() + static_cast<std::ptrdiff_t>(last),
                write->bytes.begin());
      bool whole = true;
      for (std::size_t i = first; i < last; ++i) whole = whole && strobe(i);
      if (!whole) {
        for (std::size_t i = first; i < last; ++i) {
          write->enables.push_back(strobe(i) ? TLM_BYTE_ENABLED : TLM_BYTE_DISABLED);
        }
        write->set_byte_enable_ptr(write->enables.data());
        write->set_byte_enable_length(static_cast<unsigned>(write->enables.size()));
      }
      bytes_written_ += write->bytes.size();
      writes_.push_back(write);
      begin(write);
    }
    data_.erase(data_.begin(), data_.begin() + static_cast<std::ptrdiff_t>(size));
    strobes_.erase(strobes_.begin(), strobes_.begin() + static_cast<std::ptrdiff_t>(size / 8));
  }
}

}  // namespace portcullis::platform
