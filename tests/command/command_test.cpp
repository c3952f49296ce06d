// Exit codes, messages and files of the `portcullis` command, by running it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

struct Outcome {
  int exit = -1;  ///< -1: killed by a signal
  std::string out;
  std::string err;
};

class Command : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(PORTCULLIS_BINARY_DIR) / "command_test" /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    write("ports.md",
          "| Server role | Service | Port | Protocol |\n|---|---|---|---|\n"
          "| Web Servers | web | 80, 443 | TCP |\n| Web Servers | telephony | 5060-5061 | TCP/UDP |\n");
    write("site.yaml", site("Web Servers: [192.0.2.0/24, 2001:db8::/64]"));
  }

  static std::string site(const std::string& roles) {
    return "portcullis: 1\ndocuments:\n  - file: ports.md\nroles:\n  " + roles + "\npeers: any\n";
  }
  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  /// Runs `portcullis ARGUMENTS` in the test's folder, under a shell; the arguments are the test's own words.
  Outcome run(const std::string& arguments) const {
    const std::string line = fmt::format("cd '{}' && '{}' {} >out.txt 2>err.txt </dev/null", folder_.string(),
                                         PORTCULLIS_COMMAND, arguments);
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(folder_ / "out.txt"), read(folder_ / "err.txt")};
  }

  fs::path folder_;
};

TEST_F(Command, WithoutArgumentsIsAUsageError) {
  const Outcome outcome = run("");
  EXPECT_EQ(outcome.exit, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("subcommand"));
}

TEST_F(Command, LintAnswersByItsExitCodeAndFormats) {
  write("twice.md",
        "| Server role | Service | Port | Protocol |\n|---|---|---|---|\n"
        "| Web Servers | web | 443 | TCP |\n| Web Servers | web | 443 | TCP |\n");
  EXPECT_EQ(run("lint ports.md").exit, 0);
  EXPECT_EQ(run("lint site.yaml").exit, 0);
  const Outcome text = run("lint twice.md");
  EXPECT_EQ(text.exit, 1);
  EXPECT_EQ(text.out, "twice.md:4:1: warning: repeats line 3 [duplicate-row]\n") << "and no colour outside a terminal";
  EXPECT_THAT(text.err, HasSubstr("1 warning"));
  EXPECT_EQ(nlohmann::json::parse(run("lint --format json twice.md").out)["findings"].size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(run("lint --format sarif twice.md").out)["version"], "2.1.0");
  EXPECT_THAT(run("lint --format junit twice.md").out, HasSubstr("<failure type=\"warning\""));
  EXPECT_EQ(run("lint ports.md twice.md").exit, 1);
}

TEST_F(Command, LintThatCannotBeDoneIsTwo) {
  EXPECT_EQ(run("lint").exit, 2);
  EXPECT_EQ(run("lint missing.md").exit, 2);
  EXPECT_EQ(run("lint site.yaml ports.md").exit, 2) << "a site names its documents itself";
  EXPECT_EQ(run("lint --format xml ports.md").exit, 2);
  write("bad.yaml", site("Web Servers: 10.0.0.0/33"));
  EXPECT_EQ(run("lint bad.yaml").exit, 2);
  write("unbound.yaml", site("Mail Servers: 10.0.0.0/24"));
  EXPECT_EQ(run("lint unbound.yaml").exit, 1) << "an unbound role is a finding, with its line";
}

TEST_F(Command, DiffOfDocumentsTellsRowsByTheirMeaning) {
  write("reworded.md",
        "| Role | Service name | Ports | Transport | Comment |\n|---|---|---|---|---|\n"
        "| Web server | calls | 5060-5061 | UDP and TCP | |\n| Web server | pages | 80 | HTTP | |\n"
        "| Web server | pages | 443 | HTTPS | |\n");
  const Outcome same = run("diff ports.md reworded.md");
  EXPECT_EQ(same.exit, 0);
  EXPECT_EQ(same.out, "0 rows added, 0 gone, 0 changed, 2 the same\n");
  write("changed.md",
        "| Server role | Service | Port | Protocol |\n|---|---|---|---|\n"
        "| Web Servers | web | 80, 443 | TCP |\n| Web Servers | telephony | 5060-5062 | TCP/UDP |\n"
        "| Web Servers | time | 123 | UDP |\n");
  const Outcome changed = run("diff ports.md changed.md");
  EXPECT_EQ(changed.exit, 1);
  EXPECT_EQ(changed.out,
            "changed  ports.md:4  Web Servers, telephony: tcp 5060-5061; udp 5060-5061\n"
            "         changed.md:4  Web Servers, telephony: tcp 5060-5062; udp 5060-5062\n"
            "         ports: tcp 5060-5061; udp 5060-5061 -> tcp 5060-5062; udp 5060-5062\n"
            "added    changed.md:5  Web Servers, time: udp 123\n"
            "1 row added, 0 gone, 1 changed, 1 the same\n");
  const auto json = nlohmann::json::parse(run("diff ports.md changed.md --format json").out);
  ASSERT_EQ(json["changes"].size(), 2U);
  EXPECT_EQ(json["changes"][1]["kind"], "added");
  EXPECT_EQ(json["changes"][1]["after"]["line"], 5);
  EXPECT_THAT(run("diff ports.md changed.md --format markdown").out,
              HasSubstr("| added |  | line 5: Web Servers, time: udp 123 |  |\n"));
  EXPECT_EQ(run("diff ports.md site.yaml").exit, 2) << "a document and a site are different kinds";
  EXPECT_EQ(run("diff ports.md missing.md").exit, 2);
}

TEST_F(Command, ExplainNamesRuleLineAndWhatItHides) {
  write("rules.yaml", site("Web Servers: [192.0.2.0/24, 2001:db8::/64]") +
                          "rules:\n  - {name: block-web, action: drop, source: 10.0.0.0/8, destination: Web Servers, "
                          "protocol: tcp, destination_port: 80}\n");
  const std::string packet = "--src 10.0.0.1 --dst 192.0.2.1 --protocol tcp --src-port 1024 --tcp-flags syn";
  const Outcome dropped = run("explain rules.yaml " + packet + " --dst-port 80");
  EXPECT_EQ(dropped.exit, 0);
  EXPECT_THAT(dropped.out, AllOf(HasSubstr("verdict  drop\n"), HasSubstr("rule     rules.yaml:8 block-web"),
                                 HasSubstr("hides    ports.md:3  Web Servers, web: permit\n")));
  const Outcome permitted = run("explain rules.yaml " + packet + " --dst-port 443");
  EXPECT_THAT(permitted.out, AllOf(HasSubstr("verdict  permit\n"), HasSubstr("rule     ports.md:3  Web Servers, web"),
                                   HasSubstr("text     Web Servers | web | 80, 443 | TCP\n")));
  const Outcome missed = run("explain rules.yaml " + packet + " --dst-port 5062");
  EXPECT_THAT(missed.out, AllOf(HasSubstr("verdict  drop\n"), HasSubstr("default action"),
                                HasSubstr("misses by destination port 5062, permitted: 5060-5061")));
  const auto json = nlohmann::json::parse(run("explain rules.yaml --format json " + packet + " --dst-port 80").out);
  EXPECT_EQ(json["verdict"], "drop");
  EXPECT_EQ(json["decided_by"]["rule"], "block-web");
  EXPECT_EQ(json["hides"][0]["line"], 3);
  EXPECT_EQ(run("explain rules.yaml --src 10.0.0.300").exit, 2);
  EXPECT_EQ(run("explain rules.yaml --src 10.0.0.1 --dst 2001:db8::1").exit, 2);
  EXPECT_EQ(run("explain rules.yaml --protocol esp --dst-port 80").exit, 2);
  EXPECT_EQ(run("explain rules.yaml").exit, 2) << "nothing to explain";
  EXPECT_EQ(run("explain missing.yaml --src 10.0.0.1").exit, 2);
}

TEST_F(Command, ExplainTakesFlagsAndMessagesAsToolsPrintThem) {
  const auto packet = [&](const std::string& options) {
    const Outcome outcome = run("explain site.yaml --src 10.0.0.1 --dst 192.0.2.1 " + options);
    return outcome.out.substr(0, outcome.out.find('\n'));
  };
  for (const char* flags : {"syn,ack", "SA", "0x12", "18", "+syn+ack-fin-rst-psh-urg-ece-cwr"}) {
    EXPECT_THAT(packet(std::string("--src-port 1024 --dst-port 80 --tcp-flags ") + flags),
                ::testing::EndsWith("-> 192.0.2.1:80, flags SYN+ACK"))
        << flags;
  }
  EXPECT_THAT(packet("--src-port 1024 --dst-port 80 --tcp-flags ECE"), ::testing::EndsWith("flags ECE"));
  EXPECT_THAT(packet("--protocol icmp --icmp 3/4"), ::testing::EndsWith("type 3 code 4"));
  EXPECT_THAT(packet("--protocol icmp --src-port 3 --dst-port 4"), ::testing::EndsWith("type 3 code 4"));
  EXPECT_EQ(run("explain site.yaml --tcp-flags syn,nak").exit, 2);
  EXPECT_EQ(run("explain site.yaml --protocol icmp --src-port 256").exit, 2);
}

TEST_F(Command, ExplainOfACaptureIsATableByRule) {
  ASSERT_EQ(run("run site.yaml --packets 400 --out-pcap permitted.pcap --verdicts verdicts.csv").exit, 0);
  const Outcome text = run("explain site.yaml --pcap permitted.pcap");
  EXPECT_EQ(text.exit, 0);
  EXPECT_THAT(text.out, AllOf(HasSubstr("ports.md:3  Web Servers, web"), HasSubstr("packets in permitted.pcap")));
  // What the run permitted is what the table counts, rule by rule.
  std::map<std::string, std::uint64_t> permitted;
  std::istringstream verdicts(read(folder_ / "verdicts.csv"));
  std::uint64_t all = 0;
  for (std::string line; std::getline(verdicts, line);) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    if (cells.size() < 6 || cells[4] != "permit") continue;
    ++permitted[cells[5]];
    ++all;
  }
  const auto json = nlohmann::json::parse(run("explain site.yaml --pcap permitted.pcap --format json").out);
  EXPECT_EQ(json["packets"], all);
  std::map<std::string, std::uint64_t> counted;
  for (const auto& rule : json["rules"]) counted[std::to_string(rule["entry"].get<unsigned>())] = rule["packets"];
  EXPECT_EQ(counted, permitted);
  EXPECT_EQ(run("explain site.yaml --pcap ports.md").exit, 2);
}

TEST_F(Command, QueriesAnswerByRoleNames) {
  write("two.md",
        "| Server role | Service | Port | Protocol | Source |\n|---|---|---|---|---|\n"
        "| Web Servers | web | 443 | TCP | Clients |\n| Web Servers | admin | 22 | TCP | Admins |\n");
  write(
      "two.yaml",
      "portcullis: 1\ndocuments: [two.md]\nreplies: none\nroles:\n  Web Servers: 192.0.2.0/24\n  Clients: 10.1.0.0/16\n"
      "  Admins: 10.2.0.0/16\n");
  const Outcome reach = run("explain two.yaml --who-can-reach 'web servers' --dst-port 443 --protocol tcp");
  EXPECT_EQ(reach.exit, 0);
  EXPECT_THAT(reach.out, AllOf(HasSubstr("Clients -> Web Servers, to port 443"), HasSubstr("by two.md:3\n"),
                               Not(HasSubstr("Admins"))));
  const auto json = nlohmann::json::parse(run("explain two.yaml --what-is-open 'Web Servers' --format json").out);
  EXPECT_EQ(json["decided"], true);
  std::set<std::string> open;
  for (const auto& set : json["permitted"]) {
    if (set["packets"].contains("destination_port")) open.insert(set["packets"]["destination_port"][0]);
  }
  EXPECT_EQ(open, (std::set<std::string>{"22", "443"}));
  const Outcome nobody = run("explain two.yaml --who-can-reach 'Web Servers' --dst-port 80 --protocol tcp");
  EXPECT_EQ(nobody.exit, 1) << "nobody is an answer of no";
  EXPECT_THAT(nobody.out, StartsWith("nobody: "));
  const Outcome unknown = run("explain two.yaml --who-can-reach Webservers");
  EXPECT_EQ(unknown.exit, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean Web Servers?"));
}

TEST_F(Command, TestChecksWhatTheSiteExpects) {
  const std::string start = site("Web Servers: [192.0.2.0/24, 2001:db8::/64]") + "expect:\n";
  const std::string good =
      "  - {name: web-is-open, destination: Web Servers, protocol: tcp, destination_port: 443, verdict: permit, by: "
      "'ports.md:3'}\n";
  write("good.yaml", start + good);
  const Outcome met = run("test good.yaml");
  EXPECT_EQ(met.exit, 0);
  EXPECT_EQ(met.out, "1 of 1 expectations met\n");
  write("bad.yaml", start + good +
                        "  - {name: calls <are> closed, source: 10.0.0.1, destination: 192.0.2.1, source_port: 9, "
                        "protocol: udp, destination_port: 5060, verdict: drop, reason: phones are elsewhere}\n");
  const Outcome missed = run("test bad.yaml");
  EXPECT_EQ(missed.exit, 1);
  EXPECT_EQ(missed.out,
            "bad.yaml:9:5: calls <are> closed: expected drop, but permit by ports.md:4\n"
            "  packet   udp 10.0.0.1:9 -> 192.0.2.1:5060\n"
            "  text     ports.md:4: Web Servers | telephony | 5060-5061 | TCP/UDP\n"
            "  reason   phones are elsewhere\n"
            "1 of 2 expectations met\n");
  const auto json = nlohmann::json::parse(run("test bad.yaml --format json").out);
  EXPECT_EQ(json["expectations"][0]["outcome"], "met");
  EXPECT_EQ(json["expectations"][1]["decided_by"]["line"], 4);
  const Outcome junit = run("test bad.yaml --format junit");
  EXPECT_EQ(junit.exit, 1);
  EXPECT_THAT(junit.out, AllOf(HasSubstr("<testsuites name=\"portcullis test\" tests=\"2\" failures=\"1\""),
                               HasSubstr("<testcase classname=\"bad.yaml\" name=\"web-is-open\"/>"),
                               HasSubstr("name=\"calls &lt;are&gt; closed\">"), HasSubstr("<failure type=\"missed\"")));
  EXPECT_EQ(run("test site.yaml").exit, 2) << "a site that expects nothing is not tested";
  write("broken.yaml", start + "  - {name: a, verdict: deny}\n");
  EXPECT_EQ(run("test broken.yaml").exit, 2);
  EXPECT_EQ(run("compile broken.yaml -o x.pti").exit, 2) << "no command takes a site file with mistakes";
}

TEST_F(Command, UnknownCommandsAndOptionsAreUsageErrors) {
  EXPECT_EQ(run("frobnicate").exit, 2);
  EXPECT_EQ(run("extract --frobnicate ports.md").exit, 2);
  EXPECT_EQ(run("extract --format xml ports.md").exit, 2);
  EXPECT_EQ(run("compile site.yaml").exit, 2) << "without -o";
  EXPECT_EQ(run("compile site.yaml --classbench filters -o x.pti").exit, 2) << "two inputs";
  EXPECT_EQ(run("bench nothing-of-the-kind").exit, 2);
}

TEST_F(Command, HelpAndVersionGoToStandardOutput) {
  const Outcome help = run("--help");
  EXPECT_EQ(help.exit, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("extract"), HasSubstr("classify"), HasSubstr("Exit code")));
  EXPECT_THAT(help.err, IsEmpty());
  EXPECT_EQ(run("run --help").exit, 0);
  EXPECT_THAT(run("--version").out, StartsWith("portcullis "));
}

TEST_F(Command, ResultsThatCannotBeWrittenAreAnError) {
  const int status = std::system(
      fmt::format("cd '{}' && '{}' extract ports.md >/dev/full 2>err.txt", folder_.string(), PORTCULLIS_COMMAND)
          .c_str());
  EXPECT_EQ(WEXITSTATUS(status), 2);
  EXPECT_THAT(read(folder_ / "err.txt"), HasSubstr("standard output"));
}

TEST_F(Command, ExtractPrintsTheContractsColumns) {
  const Outcome outcome = run("extract --format csv ports.md");
  EXPECT_EQ(outcome.exit, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  std::istringstream lines(outcome.out);
  std::string line;
  std::getline(lines, line);
  EXPECT_THAT(line, StartsWith("document,line,table,role,service,protocol,first_port,last_port,direction,source,"
                               "destination,notes"));
  const std::vector<std::string> rows = {
      "ports.md,3,1,Web Servers,web,tcp,80,80,", "ports.md,3,1,Web Servers,web,tcp,443,443,",
      "ports.md,4,1,Web Servers,telephony,tcp,5060,5061,", "ports.md,4,1,Web Servers,telephony,udp,5060,5061,"};
  for (const std::string& row : rows) {
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_THAT(line, StartsWith(row));
  }
  EXPECT_FALSE(std::getline(lines, line));
}

TEST_F(Command, ExtractOfSeveralDocumentsIsOneCsvAndOneJson) {
  write("more.md", "| Port | Protocol |\n|---|---|\n| 53 | UDP |\n");
  const Outcome csv = run("extract --format csv ports.md more.md");
  EXPECT_EQ(csv.exit, 0);
  EXPECT_EQ(csv.out.find("document,line"), csv.out.rfind("document,line")) << "one header";
  EXPECT_THAT(csv.out, HasSubstr("\nmore.md,3,1,"));
  const nlohmann::json json = nlohmann::json::parse(run("extract --format json ports.md more.md").out);
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[0]["rows"].size(), 2U);
}

TEST_F(Command, RowsThatCannotBeUnderstoodMakeExitOneAndGoToStandardError) {
  write("odd.md", "| Role | Port | Protocol |\n|---|---|---|\n| A | 80 | TCP |\n| B | eighty | TCP |\n");
  const Outcome outcome = run("extract --format csv odd.md");
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(outcome.err, AllOf(StartsWith("odd.md:4:"), HasSubstr("eighty")));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr(",80,80,"), Not(HasSubstr("eighty"))));
}

TEST_F(Command, DocumentWithoutAPortTableIsAFinding) {
  write("prose.md", "# Nothing here\n\nJust words.\n");
  EXPECT_EQ(run("extract prose.md").exit, 1);
}

TEST_F(Command, EveryUnreadableDocumentIsNamed) {
  const Outcome outcome = run("extract none.md ports.md nothing.md");
  EXPECT_EQ(outcome.exit, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("none.md"), HasSubstr("nothing.md")));
  EXPECT_THAT(outcome.out, HasSubstr("5060"));
}

TEST_F(Command, CompileNeverWritesOverWhatItReads) {
  for (const std::string input : {"site.yaml", "ports.md"}) {
    const std::string before = read(folder_ / input);
    const Outcome outcome = run("compile site.yaml -o " + input);
    EXPECT_EQ(outcome.exit, 2) << input;
    EXPECT_THAT(outcome.err, HasSubstr("would be overwritten"));
    EXPECT_EQ(read(folder_ / input), before);
  }
}

TEST_F(Command, CompileProveAndRunAgree) {
  const Outcome compile = run("compile site.yaml -o site.pti");
  EXPECT_EQ(compile.exit, 0) << compile.err;
  EXPECT_THAT(compile.out,
              AllOf(HasSubstr("2 document rows read"), HasSubstr("plain TCAM"), HasSubstr("source address")));
  const Outcome prove = run("prove site.yaml site.pti");
  EXPECT_EQ(prove.exit, 0) << prove.err;
  EXPECT_THAT(prove.out, HasSubstr("proved"));
  for (const std::string subject : {"site.yaml", "site.pti"}) {
    const Outcome outcome = run("run " + subject + " --packets 500 --verdicts v.csv --out-pcap p.pcap --json r.json");
    EXPECT_EQ(outcome.exit, 0) << outcome.out << outcome.err;
    EXPECT_THAT(read(folder_ / "v.csv"),
                StartsWith("packet,time_ns,length,ingress,verdict,entry,rule,document,line,cause"));
    EXPECT_EQ(nlohmann::json::parse(read(folder_ / "r.json"))["mismatches"], 0);
    EXPECT_GT(fs::file_size(folder_ / "p.pcap"), 24U);
  }
}

TEST_F(Command, ProveNamesAPacketWhenThePolicyHasChanged) {
  ASSERT_EQ(run("compile site.yaml -o site.pti").exit, 0);
  write("ports.md",
        "| Server role | Service | Port | Protocol |\n|---|---|---|---|\n"
        "| Web Servers | web | 80, 444 | TCP |\n| Web Servers | telephony | 5060-5061 | TCP/UDP |\n");
  const Outcome outcome = run("prove site.yaml site.pti");
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("tcp"), HasSubstr("44"), HasSubstr("ports.md:3")));
}

TEST_F(Command, DamagedAndForeignImagesAreRefused) {
  ASSERT_EQ(run("compile site.yaml -o site.pti").exit, 0);
  std::string image = read(folder_ / "site.pti");
  image[image.size() / 2] = static_cast<char>(image[image.size() / 2] ^ 1);
  write("damaged.pti", image);
  write("half.pti", image.substr(0, image.size() / 2));
  write("foreign.pti", "this is no image");
  for (const std::string name : {"damaged.pti", "half.pti", "foreign.pti", "absent.pti"}) {
    const Outcome prove = run("prove site.yaml " + name);
    EXPECT_EQ(prove.exit, 2) << name;
    EXPECT_THAT(prove.err, HasSubstr(name));
    EXPECT_EQ(run("run " + name).exit, 2) << name;
    EXPECT_EQ(run("classify " + name + " --trace ports.md").exit, 2) << name;
  }
}

TEST_F(Command, SiteErrorsHaveAPlace) {
  write("bad.yaml", site("Web Servers: [192.0.2.0/33]"));
  const Outcome outcome = run("compile bad.yaml -o x.pti");
  EXPECT_EQ(outcome.exit, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("bad.yaml:5:17"), HasSubstr("192.0.2.0/33")));
  EXPECT_FALSE(fs::exists(folder_ / "x.pti"));
  write("unbound.yaml", site("Clients: any"));
  EXPECT_THAT(run("run unbound.yaml").err, HasSubstr("Web Servers"));
  EXPECT_EQ(run("run unbound.yaml").exit, 2);
}

TEST_F(Command, RowsLeftOutMakeExitOneAndTheImageIsWrittenAllTheSame) {
  write("ports.md",
        "| Server role | Port | Protocol |\n|---|---|---|\n| Web Servers | 80 | TCP |\n| Web Servers | 443 | |\n");
  const Outcome compile = run("compile site.yaml -o site.pti");
  EXPECT_EQ(compile.exit, 1);
  EXPECT_THAT(compile.err, HasSubstr("ports.md:4:"));
  EXPECT_TRUE(fs::exists(folder_ / "site.pti"));
  const Outcome simulated = run("run site.yaml --packets 200");
  EXPECT_EQ(simulated.exit, 1);
  EXPECT_THAT(simulated.err, HasSubstr("ports.md:4:"));
  EXPECT_EQ(run("run site.pti --packets 200").exit, 0);
}

TEST_F(Command, RunNeverWritesOverWhatItReads) {
  ASSERT_EQ(run("run site.yaml --packets 20 --out-pcap in.pcap").exit, 0);
  const std::string capture = read(folder_ / "in.pcap");
  const std::string policy = read(folder_ / "site.yaml");
  for (const char* outputs : {"--out-pcap in.pcap", "--verdicts ./in.pcap", "--json site.yaml"}) {
    const Outcome outcome = run(fmt::format("run site.yaml --pcap in.pcap {}", outputs));
    EXPECT_EQ(outcome.exit, 2) << outputs;
    EXPECT_THAT(outcome.err, HasSubstr("overwritten")) << outputs;
  }
  EXPECT_EQ(read(folder_ / "in.pcap"), capture);
  EXPECT_EQ(read(folder_ / "site.yaml"), policy);
  EXPECT_EQ(run("run site.yaml --pcap in.pcap --out-pcap out.pcap").exit, 0);
}

TEST_F(Command, PolicyThatDoesNotFitIsRefusedWithNumbers) {
  std::string roles;
  std::string table = "| Server role | Port | Protocol |\n|---|---|---|\n";
  for (int i = 0; i < 1100; ++i) {
    roles += fmt::format("{}Role {}: [10.{}.{}.0/24]", i == 0 ? "" : "\n  ", i, i / 250, i % 250);
    table += fmt::format("| Role {} | {} | TCP |\n", i, 1000 + i);
  }
  write("ports.md", table);
  write("site.yaml", site(roles));
  const Outcome outcome = run("compile site.yaml -o site.pti");
  EXPECT_EQ(outcome.exit, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("rules"), HasSubstr("1024")));
  EXPECT_FALSE(fs::exists(folder_ / "site.pti"));
}

TEST_F(Command, ClassifyGivesTheFirstRuleOnBothEngines) {
  write("filters",
        "@10.0.0.0/8 0.0.0.0/0 0 : 65535 80 : 80 0x06/0xFF 0x0000/0x0000\n"
        "@10.1.0.0/16 0.0.0.0/0 0 : 65535 0 : 65535 0x00/0x00 0x0000/0x0000\n");
  // 10.0.0.1 tcp 80: rule 0; 10.1.0.1 udp 53: rule 1; 11.0.0.1: none.
  write("trace", "167772161 1 1024 80 6 0\n167837697 1 1024 53 17 1\n184549377 1 1024 80 6 0\n");
  ASSERT_EQ(run("compile --classbench filters -o f.pti").exit, 0);
  EXPECT_EQ(run("classify f.pti --trace trace").out, "0\n1\n-1\n");
  EXPECT_EQ(run("classify f.pti --trace trace --engine reference").out, "0\n1\n-1\n");
  EXPECT_EQ(run("classify f.pti --trace trace --engine rtl").out, "0\n1\n-1\n");
  write("badtrace", "1 2 3\n");
  const Outcome outcome = run("classify f.pti --trace badtrace --engine rtl");
  EXPECT_EQ(outcome.exit, 2);
  EXPECT_THAT(outcome.err, HasSubstr("badtrace:1"));
  EXPECT_EQ(run("classify f.pti --trace absent").exit, 2);
}

TEST_F(Command, GeometryScaleMakesTreesThatProveAndClassify) {
  write("filters",
        "@192.0.2.0/24\t0.0.0.0/0\t0 : 65535\t80 : 80\t0x06/0xFF\n"
        "@0.0.0.0/0\t198.51.100.0/24\t0 : 65535\t0 : 1023\t0x00/0x00\n");
  write("trace", "3221225985 1 1 80 6\n1 3325256705 1 1023 17\n1 3325256705 1 1024 17\n");
  const Outcome compiled = run("compile --classbench filters --geometry scale -o f.pti");
  EXPECT_EQ(compiled.exit, 0) << compiled.err;
  EXPECT_THAT(compiled.out, AllOf(HasSubstr("2 rules: 2 in trees"), HasSubstr("bits a rule")));
  EXPECT_EQ(run("classify f.pti --trace trace").out, "0\n1\n-1\n");
  ASSERT_EQ(run("compile --classbench filters --geometry scale-small -o small.pti").exit, 0);
  EXPECT_EQ(run("classify small.pti --trace trace --engine rtl").out, "0\n1\n-1\n");
  ASSERT_EQ(run("compile --classbench filters --geometry scale-ipv6 -o wide.pti").exit, 0);
  const Outcome wide = run("classify wide.pti --trace trace --engine rtl");
  EXPECT_EQ(wide.exit, 2);
  EXPECT_THAT(wide.err, HasSubstr("compile for scale-small or scale"));

  const auto figures =
      nlohmann::json::parse(run("compile --classbench filters --geometry scale -o f.pti --json -").out);
  EXPECT_EQ(figures["rules"], 2);
  EXPECT_EQ(figures["trees"].size(), 4U);
  EXPECT_EQ(figures["slice"]["rules"], 0);
  EXPECT_EQ(figures["entries_per_rule"], 1.0);
  EXPECT_NEAR(figures["bits_per_rule_provisioned"].get<double>(), 250.2, 0.05);

  EXPECT_EQ(run("compile site.yaml --geometry scale-ipv6 -o site.pti").exit, 0);
  const Outcome proved = run("prove site.yaml site.pti");
  EXPECT_EQ(proved.exit, 0) << proved.out << proved.err;
  EXPECT_EQ(nlohmann::json::parse(run("prove site.yaml site.pti --json -").out)["result"], "proved");
  EXPECT_THAT(proved.out, HasSubstr("proved: trees and slice"));
  write("other.yaml", site("Web Servers: [192.0.3.0/24, 2001:db8::/64]"));
  const Outcome differs = run("prove other.yaml site.pti");
  EXPECT_EQ(differs.exit, 1);
  EXPECT_THAT(differs.out, HasSubstr("not proved: "));
}

TEST_F(Command, BadRunOptionsSayWhatToGive) {
  for (const std::string arguments : {"--rate fast", "--rate -1G", "--clock 0", "--ports 3", "--ports 0",
                                      "--ingress 7 --pcap absent.pcap", "--jobs 0"}) {
    const Outcome outcome = run("run site.yaml " + arguments);
    EXPECT_EQ(outcome.exit, 2) << arguments << outcome.out;
    EXPECT_THAT(outcome.err, Not(IsEmpty())) << arguments;
  }
  write("noise.pcap", "not a capture");
  EXPECT_EQ(run("run site.yaml --pcap noise.pcap").exit, 2);
  EXPECT_EQ(run("run site.yaml --pcap absent.pcap").exit, 2);
}

TEST_F(Command, LoadNeedsAnImageAndASerialPort) {
  ASSERT_EQ(run("compile site.yaml -o site.pti --geometry versa").exit, 0);
  EXPECT_EQ(run("load site.pti").exit, 2);
  const Outcome nowhere = run("load site.pti --serial /nowhere/tty");
  EXPECT_EQ(nowhere.exit, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("/nowhere/tty: cannot be opened"));
  const Outcome file = run("load site.pti --serial ports.md");
  EXPECT_EQ(file.exit, 2);
  EXPECT_THAT(file.err, HasSubstr("ports.md: is no serial port"));
  EXPECT_EQ(run("load ports.md --serial /dev/null").exit, 2);
}

TEST_F(Command, BenchWithoutANameListsTheMeasurements) {
  const Outcome outcome = run("bench");
  EXPECT_EQ(outcome.exit, 0);
  EXPECT_THAT(outcome.out, HasSubstr("model"));
  EXPECT_THAT(outcome.out, HasSubstr("model-vs-cocotb"));
}

TEST_F(Command, BenchAgainstCocotbSaysWhatIsMissing) {
  Outcome outcome = run("bench model-vs-cocotb --repository .");
  EXPECT_EQ(outcome.exit, 2);
  EXPECT_THAT(outcome.err, HasSubstr("name the folder of Portcullis' sources with --repository"));
  fs::create_directories(folder_ / "bench/cocotb");
  write("bench/cocotb/run.py", "");
  outcome = run("bench model-vs-cocotb --repository .");
  EXPECT_EQ(outcome.exit, 2);
  EXPECT_THAT(outcome.err, HasSubstr("scripts/install-dependencies.sh nightly"));
}

}  // namespace
