// Header cells, directions and headings, and vocabularies that users write.
#include "spec/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/extract.h"

namespace portcullis::spec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Headers, AreFoundByTheirWords) {
  const Vocabulary& words = Vocabulary::built_in();
  const std::pair<const char*, Column> headers[] = {
      {"Port", Column::port},
      {"Port(s)", Column::port},
      {"Destination port range", Column::port},
      {"目的地埠或埠範圍", Column::port},
      {"Source port", Column::source_port},
      {"源端口", Column::source_port},
      {"TCP 或 UDP", Column::transport},
      {"Protocol (通訊協定)", Column::protocol},
      {"角色或通訊協定", Column::role},
      {"Server role", Column::role},
      {"負載平衡器", Column::role},
      {"To/From", Column::peer},
      {"來源 IP 位址", Column::source},
      {"Destination IP", Column::destination},
      {"Direction", Column::direction},
      {"Notes", Column::notes},
      {"Port description", Column::notes},
      {"Passport", Column::none},
      {"Support", Column::ignored},
      {"Authentication Requirement", Column::action},
  };
  for (const auto& [text, column] : headers) {
    EXPECT_EQ(words.header(text).column, column) << text;
  }
  EXPECT_THAT(words.header("UDP ports").protocols, ElementsAre(17));
  EXPECT_EQ(words.header("Inbound ports").direction, Direction::to);
}

TEST(Headers, ThatRunTogetherAreCutAtKnownWords) {
  const Vocabulary& words = Vocabulary::built_in();
  EXPECT_THAT(words.split_header("Server roleService namePortProtocolNotes"),
              ElementsAre("Server role", "Service name", "Port", "Protocol", "Notes"));
  EXPECT_THAT(words.split_header("Load BalancerPortProtocol"), ElementsAre("Load Balancer", "Port", "Protocol"));
  EXPECT_THAT(words.split_header("GizmoPortProtocolDescription"),
              ElementsAre("Gizmo", "Port", "Protocol", "Description"));
  EXPECT_THAT(words.split_header("服务器角色端口协议"), ElementsAre("服务器角色", "端口", "协议"));
  EXPECT_THAT(words.split_header("Port and Protocol Details"), IsEmpty());
  EXPECT_THAT(words.split_header("Every port of the harbour is open."), IsEmpty());
  EXPECT_THAT(words.split_header(""), IsEmpty());
}

TEST(Headings, GenericOnesNameNoRole) {
  const Vocabulary& words = Vocabulary::built_in();
  for (const char* heading :
       {"Ports", "Required ports and protocols", "Network requirements", "端口和协议", "Firewall rules"}) {
    EXPECT_TRUE(words.generic_heading(heading)) << heading;
  }
  for (const char* heading : {"Control plane", "ATA Center requirements", "前端服务器"}) {
    EXPECT_FALSE(words.generic_heading(heading)) << heading;
  }
}

TEST(UserVocabulary, MayTeachAnotherLanguage) {
  const Vocabulary words(
      "columns: {port: {words: [haven]}, protocol: {words: [protokol]}}\n"
      "protocols: [{name: tcp, number: 6, ports: true, words: [tcp]}]\n");
  EXPECT_EQ(words.header("Haven").column, Column::port);
  EXPECT_EQ(words.header("PROTOKOL").column, Column::protocol);
  EXPECT_EQ(words.header("Port").column, Column::none);
}

TEST(UserVocabulary, WithAMistakeIsRefusedWithItsPlace) {
  try {
    const Vocabulary words("columns:\n  port: {words: [a, b\n");
    FAIL() << "was read";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), testing::MatchesRegex("vocabulary:[0-9]+:[0-9]+: .*"));
  }
}

TEST(RoleKey, ComparesAfterNfkcCaseFoldingAndCollapsing) {
  EXPECT_EQ(role_key("Front End  Servers"), role_key(" front end\u00A0servers\n"));
  EXPECT_EQ(role_key("Ｆｒｏｎｔ"), role_key("front"));
  EXPECT_EQ(role_key("STRASSE"), role_key("straße"));
  EXPECT_NE(role_key("Front End Server"), role_key("Front End Servers"));
}

}  // namespace
}  // namespace portcullis::spec
