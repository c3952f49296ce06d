// Where a measurement was made: what stands beside its raw figures.
#pragma once

#include <string>

namespace portcullis::sim {

/// A JSON object: processor, cores, memory, kernel, compiler, Verilator, version of Portcullis, time (UTC) and load
/// average. What cannot be found out is left out.
std::string machine_json();

/// "2.41 GHz x 2 cores" and the like, for a text.
std::string machine_text();

}  // namespace portcullis::sim
