// Throughput, latency, frame loss rate and back-to-back frames of the filter after RFC 2544 (26.1 to 26.4) and RFC 8219
// (7.1 to 7.4), in simulated time: what is measured is exact and the same on every machine. Every verdict, every frame
// that leaves and every counter is compared with the reference. docs/benchmarks.md says where trials depart from the
// RFCs.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/filter_model.h"
#include "tables/geometry.h"
#include "traffic/benchmark.h"

namespace portcullis::sim {

/// What goes on beside the traffic. Exchanges: the two policies of traffic::benchmark_policy are loaded in turn through
/// the registers, tested, and put into force, over and over. Counter reads: all counters of the active bank, over and
/// over.
enum class Activity : std::uint8_t { none, exchanges, counter_reads, both };

struct Rfc2544Options {
  std::vector<std::uint64_t> rates{100'000'000'000};  ///< bits per second and port
  std::vector<double> clocks_mhz{250};                ///< core clocks, 1 to 1000
  std::vector<unsigned> ports{1};                     ///< wire ports in use
  std::vector<unsigned> rules{512};
  std::vector<traffic::Family> families{traffic::Family::ipv4, traffic::Family::ipv6};
  /// Frame sizes with FCS; 0 is traffic::internet_mix. Empty: the usual ones, and the worst of the bus.
  std::vector<unsigned> sizes;
  std::vector<Activity> activities{Activity::none};
  bool least_clock = false;  ///< also search the lowest clock, in whole MHz, that carries the whole line
  std::uint64_t seed = 1;
  tables::Geometry geometry = tables::Geometry::edge();
  /// The filter to measure, fresh from reset; nothing: the one of the geometry, with a 512-bit bus.
  std::function<std::unique_ptr<model::FilterModel>()> make_filter;
  bool progress = false;
};

/// One trial: so many frames at one offered load.
struct Trial {
  std::uint64_t load = 0;  ///< millionths of the line
  std::uint64_t offered = 0;
  std::uint64_t lost = 0;
  /// How many clocks longer a frame waited at most in the last quarter of the trial than in the second.
  std::int64_t growth = 0;
  bool passed = false;  ///< nothing lost, and no queue that grows
};

/// Clocks from a frame's last byte on the wire to its first on an egress.
struct Latency {
  std::uint64_t frames = 0;
  std::uint64_t min = 0, median = 0, p99_9 = 0, max = 0;
  double mean = 0;
};

struct Rfc2544Case {
  unsigned size = 0;  ///< with FCS; 0: the mixture
  traffic::Family family = traffic::Family::ipv4;
  std::uint64_t rate = 0;
  double clock_mhz = 0;
  unsigned ports = 0, rules = 0;
  Activity activity = Activity::none;

  std::uint64_t throughput =
      0;  ///< greatest load without loss, millionths of the line; found by halving to kResolution
  double frames_per_second = 0;       ///< at that load, all ports
  double line_frames_per_second = 0;  ///< of the whole line, all ports
  Latency latency;                    ///< at that load
  /// Share of the frames lost per offered load, from the whole line down in tenths, until two trials lost nothing.
  std::vector<std::pair<std::uint64_t, double>> loss;
  std::uint64_t burst = 0;      ///< frames of a port back to back until the first is lost
  bool burst_at_least = false;  ///< none was lost: bursts may be of any length as far as was tried
  double clocks_per_frame = 0;  ///< when frames come as fast as the filter takes them, all ports together
  std::optional<unsigned> least_clock_mhz;

  std::vector<Trial> trials;    ///< of the search for throughput
  std::uint64_t frames = 0;     ///< through the filter in all trials
  std::uint64_t exchanges = 0;  ///< of banks under traffic
  std::uint64_t counter_reads = 0;
  std::uint64_t mismatches = 0;  ///< verdicts, frames, metadata, and counters at the end
  std::vector<std::string> first_mismatches;
};

/// The search for throughput ends when the greatest load that passed and the least that did not are this close,
/// millionths of the line.
inline constexpr std::uint64_t kResolution = 1000;

struct Rfc2544 {
  unsigned data_width = 0;  ///< bits of a beat
  unsigned lanes = 1;       ///< lookups a clock
  std::string geometry;
  std::uint64_t seed = 0;
  std::vector<Rfc2544Case> cases;
  bool ok() const;  ///< nothing differed
};

/// 64, 65, 69, 128, 256, 512, 1024, 1280, 1518, 9000, the mixture, and the worst size of the bus: a byte more than a
/// beat.
std::vector<unsigned> usual_sizes(unsigned data_width);

/// Throws RunError on options that the model cannot serve, and what the model throws.
Rfc2544 bench_rfc2544(const Rfc2544Options& options);

std::string to_text(const Rfc2544& bench);
/// Every case with its trials, and where it was measured.
std::string to_json(const Rfc2544& bench);

}  // namespace portcullis::sim
