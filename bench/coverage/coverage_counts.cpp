#include "coverage_counts.h"

#include <unistd.h>
#include <verilated.h>
#include <verilated_cov.h>

#include <fstream>
#include <stdexcept>

namespace portcullis::coverage {
namespace {

constexpr const char* kFirstLine = "# SystemC::Coverage-3";

}  // namespace

void CoverageCounts::add(VerilatedContext& context) noexcept try {
  // Verilator gives its counts only as a file.
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("portcullis-coverage." + std::to_string(getpid()));
  context.coveragep()->write(file.c_str());
  std::ifstream in(file);
  std::string line;
  bool sound = std::getline(in, line) && line == kFirstLine;
  while (sound && std::getline(in, line)) {
    const std::size_t end = line.rfind("' ");
    sound = line.starts_with("C '") && end != std::string::npos && end > 2;
    if (sound) counts_[line.substr(0, end + 1)] += std::stoull(line.substr(end + 2));
  }
  std::filesystem::remove(file);
  if (!sound || counts_.empty()) lost_ = file.string() + ": is no file of Verilator's coverage";
} catch (const std::exception& error) {
  lost_ = error.what();
}

void CoverageCounts::write(const std::filesystem::path& file) const {
  if (!lost_.empty()) throw std::runtime_error("counts of a model are lost: " + lost_);
  const std::filesystem::path written = file.string() + "." + std::to_string(getpid()) + ".tmp";
  {
    std::ofstream out(written, std::ios::binary);
    out << kFirstLine << '\n';
    for (const auto& [point, count] : counts_) out << point << ' ' << count << '\n';
    if (!out.flush()) throw std::runtime_error(file.string() + ": cannot be written");
  }
  std::filesystem::rename(written, file);
}

}  // namespace portcullis::coverage
