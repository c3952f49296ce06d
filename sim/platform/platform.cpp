#include "platform/platform.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "device/firmware.h"
#include "device/load_sequence.h"
#include "device/loader.h"
#include "device/rings.h"

namespace portcullis::platform {
namespace {

constexpr unsigned kBufferBytes = 2048;
constexpr unsigned kSectionOfProbes = 5;  // of a table image (docs/table-image.md)
constexpr unsigned kLoadRows = 256;       // that wait in memory for the table-load queue

/// Where the host dies.
struct HostDied {};

/// Rows on their way to a bank, up to the one before which the host dies.
class DyingSink final : public device::RowSink {
 public:
  DyingSink(device::RowSink& sink, std::size_t rows) : sink_(sink), rows_(rows) {}
  void write(std::span<const device::RowWrite> rows) override {
    sink_.write(rows.first(std::min(rows.size(), rows_)));
    if (rows.size() >= rows_) throw HostDied();
    rows_ -= rows.size();
  }

 private:
  device::RowSink& sink_;
  std::size_t rows_;
};

/// Where the probes begin in an image, by its directory.
std::size_t probes_at(std::span<const std::uint8_t> image) {
  constexpr std::size_t kDirectory = 32, kEntry = 24, kOffset = 8;
  std::size_t offset = 0;
  for (unsigned i = 0; i < 4; ++i)
    offset |= std::size_t{image[kDirectory + kEntry * kSectionOfProbes + kOffset + i]} << (8 * i);
  return offset;
}

}  // namespace

/// A receive queue and its buffers.
struct Platform::Queue {
  std::unique_ptr<device::ReceiveRing> ring;
  std::vector<device::DmaMemory> buffers;  // by place
  std::vector<std::uint8_t> packet;        // what has come of one
};

Platform::Platform(const Options& options, const tables::TableImage& image, Traffic traffic)
    : options_(options),
      image_(image),
      traffic_(std::move(traffic)),
      card_("card", options.nic()),
      link_("link", options.pcie),
      memory_("memory", options.memory_base, options.memory_bytes, options.memory_latency),
      host_("host", options.timing, options.word, [this](Host& host) { software(host); }) {
  if (options.endpoint && options.reloads != 0) {
    throw std::invalid_argument(
        "policies are loaded again in bump-in-the-wire mode only: in endpoint mode software is busy with its queues");
  }
  if (options.load == LoadWay::mailbox && options.firmware.empty())
    throw std::invalid_argument("a policy is loaded through the mailbox by firmware only: start the platform with it");
  if (options.register_clock) card_.set_register_clock(*options.register_clock);
  card_.nic().set_console(
      options.console ? options.console : [](char) {}, options.console_clocks);
  card_.dma.socket.bind(link_.from_card);
  link_.to_memory.bind(memory_.socket);
  link_.to_host.bind(host_.messages);
  host_.registers.bind(link_.from_host);
  link_.to_card.bind(card_.registers);
  host_.memory.bind(memory_.socket);
  for (std::size_t i = 0; i < traffic_.packets->size(); ++i) packets_.at((*traffic_.packets)[i].ingress).push_back(i);
  for (unsigned port = 0; port < model::kWirePorts; ++port) {
    card_.set_port(port, options.ports[port]);
    card_.set_arrivals(
        port,
        [this, port]() -> std::optional<std::span<const std::uint8_t>> {
          if (traffic_repeats_ && next_[port] == packets_[port].size()) next_[port] = 0;
          if (!traffic_runs_ || next_[port] == packets_[port].size()) return std::nullopt;
          return traffic_.packets->frame(packets_[port][next_[port]]);
        },
        [this, port](std::span<const std::uint8_t> frame, bool lost) { arrive(port, frame, lost); });
    card_.set_departure(port, [this, port](std::span<const std::uint8_t> frame) {
      ++result_.ports[port].left;
      leave(port, frame);
    });
  }
}

Platform::~Platform() = default;

sc_core::sc_time Platform::wire_time(unsigned port, std::size_t bytes) const {
  const std::optional<std::uint64_t>& rate = options_.ports[port].rate;
  if (!rate) return sc_core::SC_ZERO_TIME;
  return {8.0 * static_cast<double>(traffic::kPreamble + bytes + traffic::kFcs) / static_cast<double>(*rate),
          sc_core::SC_SEC};
}

void Platform::arrive(unsigned port, std::span<const std::uint8_t> frame, bool lost) {
  const std::size_t packet = packets_[port][next_[port]++];
  ++result_.ports[port].frames;
  if (lost) {
    ++result_.ports[port].lost;
    return;
  }
  const sc_core::sc_time there = sc_core::sc_time_stamp() + wire_time(port, frame.size());
  for (unsigned d = 0; d < kDestinations; ++d) {
    for (unsigned copy = 0; copy < traffic_.fates[packet].copies[d]; ++copy) {
      awaited_[d].came(frame, there);
      ++awaited_count_[d];
    }
  }
}

void Platform::leave(unsigned destination, std::span<const std::uint8_t> frame) {
  sc_core::sc_time came;
  if (!awaited_[destination].went(frame, came)) {
    ++result_.unexpected;
    return;
  }
  --awaited_count_[destination];
  const bool host = destination == model::kWirePorts;
  (host ? result_.wire_to_host : result_.wire_to_wire).add(sc_core::sc_time_stamp() - came);
}

bool Platform::arrivals_over() const {
  for (unsigned port = 0; port < model::kWirePorts; ++port) {
    if (next_[port] != packets_[port].size()) return false;
  }
  return true;
}

void Platform::boot() {
  management_ = device::Management::find(host_);
  if (!management_)
    throw std::invalid_argument("there is firmware and no management processor: choose a NIC that has one");
  const sc_core::sc_time begin = sc_core::sc_time_stamp();
  processor_load();
  management_->start(options_.firmware);
  result_.booted = true;
  result_.boot = sc_core::sc_time_stamp() - begin;
  result_.boot_load = processor_load();
}

ProcessorLoad Platform::processor_load() {
  if (!management_) return {};
  const device::ManagementWork now = management_->work();
  const ProcessorLoad load{now.clocks - work_.clocks, now.busy - work_.busy};
  work_ = now;
  return load;
}

LoadTimes Platform::load(device::Device& device, device::Nic& nic, std::optional<std::size_t> crash_at) {
  device::Loader(device).check_geometry(image_);
  return options_.load == LoadWay::mailbox ? load_by_mailbox(crash_at) : load_by_rows(device, nic, crash_at);
}

LoadTimes Platform::load_by_mailbox(std::optional<std::size_t> crash_at) {
  LoadTimes times;
  times.rows = device::load_sequence(image_).size();
  const std::vector<std::uint8_t> bytes = tables::encode(image_);
  const std::size_t probes = probes_at(bytes);
  const sc_core::sc_time begin = sc_core::sc_time_stamp();
  device::Firmware firmware(*management_);
  device::FirmwareLoadOptions how;
  how.patience = options_.patience;
  how.nonce = ++loads_;
  how.discard_counters = true;
  const std::uint32_t number = firmware.begin(bytes.size(), how);
  sc_core::sc_time staged;
  for (std::size_t at = 0; at < bytes.size(); at += firmware.piece_bytes(), ++times.pieces) {
    if (crash_at == times.pieces) throw HostDied();
    firmware.piece(number, static_cast<std::uint32_t>(at),
                   std::span(bytes).subspan(at, std::min(firmware.piece_bytes(), bytes.size() - at)));
    if (at <= probes) staged = sc_core::sc_time_stamp();
  }
  firmware.end(number);
  const sc_core::sc_time tested = sc_core::sc_time_stamp();
  firmware.activate(number);
  times.staging = staged - begin;
  times.self_test = tested - staged;
  times.flip = sc_core::sc_time_stamp() - tested;
  return times;
}

LoadTimes Platform::load_by_rows(device::Device& device, device::Nic& nic, std::optional<std::size_t> crash_at) {
  LoadTimes times;
  device::Loader loader(device);
  const std::vector<device::RowWrite> rows = device::load_sequence(image_);
  times.rows = rows.size();
  const sc_core::sc_time begin = sc_core::sc_time_stamp();
  device.wait_for_shadow();
  device.clear_shadow_counters();
  std::unique_ptr<device::RowSink> sink;
  if (options_.load == LoadWay::dma) {
    const device::DmaMemory descriptors = host_.allocate(device::TableRing::kDescriptorBytes);
    const device::DmaMemory head = host_.allocate(device::TableRing::kHeadBytes);
    const device::DmaMemory memory = host_.allocate(std::size_t{kLoadRows} * nic.row_slot());
    sink = std::make_unique<device::TableRing>(nic, descriptors, head, memory);
  } else {
    sink = std::make_unique<device::RegisterRowSink>(device);
  }
  if (crash_at) {
    DyingSink(*sink, *crash_at).write(rows);
  } else {
    sink->write(rows);
  }
  device.check_errors("loading rows");
  const sc_core::sc_time staged = sc_core::sc_time_stamp();
  if (const auto failures = loader.self_test(image_); !failures.empty()) {
    throw device::LoadRefused(fmt::format("{} probes of the image were answered wrongly", failures.size()), failures);
  }
  const sc_core::sc_time tested = sc_core::sc_time_stamp();
  device.flip();
  times.staging = staged - begin;
  times.self_test = tested - staged;
  times.flip = sc_core::sc_time_stamp() - tested;
  return times;
}

void Platform::set_up_queues(device::Nic& nic) {
  unsigned log2 = device::kSmallestRing;
  while (1U << log2 < options_.descriptors) ++log2;
  for (unsigned q = 0; q < options_.queues; ++q) {
    auto queue = std::make_unique<Queue>();
    queue->ring =
        std::make_unique<device::ReceiveRing>(nic, q, log2, host_.allocate(device::ReceiveRing::descriptor_bytes(log2)),
                                              host_.allocate(device::ReceiveRing::completion_bytes(log2)));
    for (unsigned i = 0; i < queue->ring->size(); ++i) queue->buffers.push_back(host_.allocate(kBufferBytes));
    queue->ring->start(kBufferBytes);
    while (queue->ring->room() > 0) queue->ring->post(queue->buffers[queue->ring->next_place()].bus);
    queue->ring->ring();
    queues_.push_back(std::move(queue));
  }
  for (unsigned port = 0; port < model::kWirePorts; ++port) {
    if (options_.endpoint) nic.device().set_forward_to(port, model::kWirePorts);
    for (unsigned i = 0; i < device::kRssTable; ++i) nic.set_rss_table(port, i, i % options_.queues);
    nic.set_rss_key(port, device::kDefaultRssKey);
    nic.set_rss_types(port, 0x3F);
    nic.set_max_frame(port, nic.max_frame());
    nic.set_filter(port, {.receive = true, .promiscuous = true, .allmulticast = true, .broadcast = true, .rss = true});
  }
}

void Platform::poll() {
  for (const std::unique_ptr<Queue>& queue : queues_) {
    device::ReceiveRing& ring = *queue->ring;
    host_.look();
    bool taken = false;
    while (const device::Completion* completion = ring.peek()) {
      const device::DmaMemory& buffer = queue->buffers[ring.place()];
      const auto* bytes = static_cast<const std::uint8_t*>(buffer.at);
      queue->packet.insert(queue->packet.end(), bytes, bytes + completion->segment_length());
      if (completion->end()) {
        ++result_.delivered;
        leave(model::kWirePorts, queue->packet);
        queue->packet.clear();
      }
      ring.take();
      // A buffer goes back to the place that it came from: places are used in turn.
      ring.post(queue->buffers[ring.next_place()].bus);
      taken = true;
      host_.look();
    }
    if (taken) ring.ring();
  }
}

void Platform::software(Host& host) {
  try {
    device::Device device(host);
    device::Nic nic(device);
    if (!options_.firmware.empty()) boot();
    result_.load = load(device, nic, std::nullopt);
    result_.load_load = processor_load();
    set_up_queues(nic);
    processor_load();
    nic.time();  // posted writes have arrived when a read behind them is answered
    const PcieTraffic up = link_.upstream(), down = link_.downstream();
    const std::uint64_t read = card_.dma.bytes_read(), written = card_.dma.bytes_written();
    const std::uint64_t first_clock = card_.nic().now();
    result_.begin = sc_core::sc_time_stamp();
    traffic_repeats_ = options_.reloads != 0;
    traffic_runs_ = true;
    try {
      for (unsigned i = 0; i < options_.reloads; ++i) {
        result_.reloads.push_back(load(device, nic, i == 0 ? options_.crash_at : std::nullopt));
      }
    } catch (const HostDied&) {
      result_.crashed = true;
      // For as long again as it took the host to get so far.
      host.work(sc_core::sc_time_stamp() - result_.begin);
      if (options_.load == LoadWay::mailbox) {
        // Its next program, which knows nothing of the one before.
        host.work(2 * sc_core::sc_time(static_cast<double>(options_.patience.count()), sc_core::SC_MS));
        management_ = device::Management::find(host);
        result_.reloads.push_back(load(device, nic, std::nullopt));
      }
    }
    traffic_repeats_ = false;
    while (!arrivals_over() || !card_.nic().settled() || awaited_count_[model::kWirePorts] != 0) {
      if (arrivals_over() && card_.nic().settled()) {
        // What is on the link arrives; what is still awaited then was refused.
        host.work(2 * options_.pcie.latency + sc_core::sc_time(1, sc_core::SC_US));
        poll();
        break;
      }
      if (result_.crashed)
        host.work({1, sc_core::SC_US});
      else
        poll();
    }
    result_.end = sc_core::sc_time_stamp();
    result_.clocks = card_.nic().now() - first_clock;
    const auto difference = [](const PcieTraffic& after, const PcieTraffic& before) {
      return PcieTraffic{after.packets - before.packets, after.data - before.data, after.total - before.total};
    };
    result_.up = difference(link_.upstream(), up);
    result_.down = difference(link_.downstream(), down);
    result_.dma_read = card_.dma.bytes_read() - read;
    result_.dma_written = card_.dma.bytes_written() - written;
    result_.register_reads = host.reads();
    result_.register_writes = host.writes();
    if (host.reads() != 0) result_.register_read = host.read_time() / static_cast<double>(host.reads());
    result_.traffic_load = processor_load();
    for (unsigned port = 0; port < model::kWirePorts; ++port) {
      result_.ports[port].pauses = card_.pauses(port);
      if (result_.crashed) continue;  // nobody is there to ask
      const device::PortCounters counters = nic.port_counters(port);
      result_.refused += counters.no_buffer + counters.no_descriptor;
    }
  } catch (...) {
    failure_ = std::current_exception();
  }
  sc_core::sc_stop();
}

Result Platform::run() {
  sc_core::sc_start();
  if (failure_) std::rethrow_exception(failure_);
  for (const std::uint64_t count : awaited_count_) result_.missing += count;
  return std::move(result_);
}

}  // namespace portcullis::platform
