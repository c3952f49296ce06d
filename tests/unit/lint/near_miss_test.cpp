// Documents that a person would not object to, and mistakes beside them that a person would: what tells them apart.
#include <gmock/gmock.h>

#include "policy/lint/rules.h"
#include "workspace.h"

namespace portcullis::policy::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LintNearMiss : public Workspace {
 protected:
  std::vector<std::string> found(const std::string& header, const std::string& rows) const {
    std::string dashes = "|";
    for (std::size_t at = header.find('|', 1); at != std::string::npos; at = header.find('|', at + 1)) dashes += "---|";
    return rules_and_lines(lint(header + "\n" + dashes + "\n" + rows));
  }
};

TEST_F(LintNearMiss, NamesOfAddressesAndProtocolsAreNotSpellings) {
  const std::string header = "| Service | Port | Protocol | Source | Destination |";
  EXPECT_THAT(found(header,
                    "| a | 443 | TCP | 10.1.12.3 | LDAP servers |\n| b | 444 | TCP | 10.11.2.3 | LDAPS servers |\n"
                    "| c | 445 | TCP | Zone 1 | HTTP proxies |\n| d | 446 | TCP | Zone 2 | HTTPS proxies |\n"),
              IsEmpty());
  EXPECT_THAT(found(header,
                    "| a | 443 | TCP | Zone 1 | Front-End Servers |\n| b | 444 | TCP | Zone 1 | Front End Server |\n"
                    "| c | 445 | TCP | Zone 1 | Mail Gatways |\n| d | 446 | TCP | Zone 1 | Mail Gateways |\n"),
              ElementsAre("role-spelling:4", "role-spelling:6"));
}

TEST_F(LintNearMiss, ServicesWithAPortPerRoleAreManyServices) {
  const std::string header = "| Server role | Service | Port | Protocol |";
  EXPECT_THAT(found(header,
                    "| Agents | Metrics | 9962 | TCP |\n| Operators | Metrics | 9963 | TCP |\n"
                    "| Proxies | Metrics | 9964 | TCP |\n"),
              IsEmpty());
  EXPECT_THAT(found(header,
                    "| Agents | Metrics | 9962 | TCP |\n| Operators | Metrics | 9962 | TCP |\n"
                    "| Proxies | Metrics | 9692 | TCP |\n"),
              ElementsAre("service-ports-differ:5"));
  EXPECT_THAT(found(header, "| Agents | Trunk | 5060-5061 | TCP |\n| Operators | Trunk | 5061 | TCP |\n"), IsEmpty());
  EXPECT_THAT(found(header, "| Agents | HTTPS | 443 | TCP |\n| Operators | HTTPS | 8443 | TCP |\n"), IsEmpty());
}

TEST_F(LintNearMiss, RangesBesideEachOtherAreNotOdd) {
  const std::string header = "| Server role | Service | Port | Protocol |";
  EXPECT_THAT(found(header,
                    "| Media | RTP | 50000-50999 | UDP |\n| Media | Relay | 50000-59999 | TCP |\n"
                    "| Media | High | 1024-65530 | SCTP |\n"),
              IsEmpty());
  EXPECT_THAT(found(header,
                    "| Media A | RTP | 16384-32766 | UDP |\n| Media B | RTP | 16384-32767 | UDP |\n"
                    "| Media C | RTP | 16384-32767 | UDP |\n"),
              ElementsAre("odd-range-end:3"));
}

TEST_F(LintNearMiss, CellsThatOnlyHoldTheNameOfAServiceAreNotIt) {
  const std::string header = "| Server role | Service | Port | Protocol | Notes |";
  EXPECT_THAT(
      found(header,
            "| Web | NTP reports | 8123 | TCP | |\n| Web | DNS | 53 | TCP/UDP | |\n| Web | Syslog | 514 | TCP | |\n"
            "| Web | LDAP to Global Catalog | 3268 | TCP | |\n| Web | FTP | 20-21 | TCP | |\n"),
      IsEmpty());
  EXPECT_THAT(found(header, "| Web | TFTP | 69 | TCP | |\n| Web | SSH | 23 | TCP | |\n"),
              ElementsAre("service-contradicts-protocol:3", "service-contradicts-protocol:4"));
}

TEST_F(LintNearMiss, NotesThatMentionPortsOfTheRowAreNoNarrowerRange) {
  const std::string header = "| Server role | Port | Protocol | Notes |";
  EXPECT_THAT(
      found(header,
            "| Web | 8000-8100 | TCP | starting with port 8000 |\n| Mail | 80, 443 | TCP | port 80 redirects |\n"
            "| Voice | 50000-50100 | UDP | answered by TCP devices |\n"),
      IsEmpty());
  EXPECT_THAT(found(header, "| Web | 1024-65535 | TCP | uses ports 50000-50019 |\n"),
              ElementsAre("wider-than-notes:3"));
}

}  // namespace
}  // namespace portcullis::policy::lint
