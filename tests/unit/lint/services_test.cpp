// The data file of services against Debian's /etc/services, which follows IANA's registry.
#include "policy/lint/services.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace portcullis::policy::lint {
namespace {

using Ports = std::set<std::pair<unsigned, unsigned>>;  // protocol, port

std::map<std::string, Ports> etc_services() {
  const std::map<std::string, unsigned> protocols = {{"tcp", 6}, {"udp", 17}, {"sctp", 132}};
  std::map<std::string, Ports> out;
  std::ifstream file("/etc/services");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string name;
    std::string port;
    if (!(words >> name >> port)) continue;
    const auto protocol = protocols.find(port.substr(port.find('/') + 1));
    if (protocol != protocols.end()) {
      out[name].emplace(protocol->second, static_cast<unsigned>(std::stoul(port.substr(0, port.find('/')))));
    }
  }
  return out;
}

TEST(Services, AreRegisteredAsNetbaseHasThem) {
  const auto known = etc_services();
  if (!known.contains("ssh") || !known.contains("ntske")) GTEST_SKIP() << "no /etc/services of netbase 6.3 or newer";
  unsigned compared = 0;
  for (const Service& service : Services::built_in().all()) {
    if (!service.source.empty()) {
      EXPECT_FALSE(known.contains(service.name)) << service.name << " is in netbase: no source is needed";
      continue;
    }
    Ports ports;
    for (const Registration& use : service.registered) ports.emplace(use.protocol, use.port);
    ASSERT_TRUE(known.contains(service.name)) << service.name << " is not in netbase: name its source";
    EXPECT_EQ(ports, known.at(service.name)) << service.name;
    ++compared;
  }
  EXPECT_GE(compared, 80U);
}

std::vector<std::string> named(std::string_view cell) {
  std::vector<std::string> out;
  for (const Service* service : Services::built_in().named(cell)) out.push_back(service->name);
  return out;
}

TEST(Services, AreNamedByCellsThatSayNothingElse) {
  using ::testing::ElementsAre;
  using ::testing::IsEmpty;
  EXPECT_THAT(named("SSH"), ElementsAre("ssh"));
  EXPECT_THAT(named("LDAPS (optional)"), ElementsAre("ldaps"));
  EXPECT_THAT(named("HTTP/HTTPS"), ElementsAre("http", "https"));
  EXPECT_THAT(named("Windows Time service"), ElementsAre("ntp"));
  EXPECT_THAT(named("SSH for the backup of the DNS servers"), IsEmpty());
  EXPECT_THAT(named("HTTP or something"), IsEmpty());
  EXPECT_THAT(named(""), IsEmpty());
}

}  // namespace
}  // namespace portcullis::policy::lint
