// Each form a port table can have, as a small document of our own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rows.h"

namespace portcullis::spec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// ---- Markdown
// ---------------------------------------------------------------------------------------------------------

TEST(MarkdownTable, LineIsThatOfThePipeLine) {
  EXPECT_THAT(rows_of("# Ports\n"
                      "\n"
                      "Some words\n"
                      "over two lines.\n"
                      "\n"
                      "| Port | Protocol |\n"
                      "|------|----------|\n"
                      "| 80   | TCP      |\n"
                      "| 53   | UDP      |\n"),
              ElementsAre("8 tcp 80", "9 udp 53"));
}

TEST(MarkdownTable, EmptyCellsBetweenTouchingPipesKeepTheirColumns) {
  const Extraction read = extract("d",
                                  "|Role|Service|Port|Protocol|Notes|\n"
                                  "|:---|:---|:---|:---|:---|\n"
                                  "|Office||443|TCP|words|\n"
                                  "||DNS|53|UDP||\n"
                                  "|Office||443||why|\n");
  EXPECT_THAT(rows_of(read), ElementsAre("3 tcp 443", "4 udp 53"));
  EXPECT_THAT(ends_of(read), ElementsAre("3: Office", "4: Office / DNS"));
  ASSERT_THAT(read.findings, testing::SizeIs(1));
  EXPECT_EQ(read.findings[0].line, 5U);
  EXPECT_TRUE(read.findings[0].row_lost);
}

TEST(MarkdownTable, OuterPipesMayBeMissing) {
  EXPECT_THAT(rows_of("Port | Protocol\n-----|-----\n22 | TCP\n514 | UDP\n"), ElementsAre("3 tcp 22", "4 udp 514"));
}

TEST(MarkdownTable, EscapedPipesAndEntitiesAndCodeAreText) {
  const Extraction read = extract("d",
                                  "| Service | Port | Protocol |\n|---|---|---|\n"
                                  "| a \\| b | `8080` | TCP &amp; UDP |\n"
                                  "| **bold** | 8&#48;81 | _TCP_ |\n");
  EXPECT_THAT(rows_of(read), ElementsAre("3 tcp 8080", "3 udp 8080", "4 tcp 8081"));
  EXPECT_EQ(read.rows[0].service, "a | b");
  EXPECT_EQ(read.rows[1].service, "bold");
}

TEST(MarkdownTable, LineBreaksAndListsInCellsSeparatePorts) {
  EXPECT_THAT(rows_of("| Port | Protocol |\n|---|---|\n| 80<br>443<br/>8080-8081 | TCP |\n| "
                      "<ul><li>53</li><li>123</li></ul> | UDP |\n"),
              ElementsAre("3 tcp 80,443,8080-8081", "4 udp 53,123"));
}

TEST(MarkdownTable, FootnoteMarksAreNoPartOfThePort) {
  EXPECT_THAT(
      rows_of("| Port | Protocol |\n|---|---|\n| 1024-65535 \\* | UDP |\n| 443* | TCP |\n| 444¹ | TCP |\n| 445&sup2; | "
              "TCP |\n"
              "| 446<sup>3</sup> | TCP |\n| 447 [1] | TCP |\n| 448 † | TCP<sup>1</sup> |\n"),
      ElementsAre("3 udp 1024-65535", "4 tcp 443", "5 tcp 444", "6 tcp 445", "7 tcp 446", "8 tcp 447", "9 tcp 448"));
}

TEST(MarkdownTable, TableInABlockQuoteOrListHasItsOwnLines) {
  EXPECT_THAT(rows_of("- An item:\n\n  | Port | Protocol |\n  |---|---|\n  | 22 | TCP |\n\n> | Port | Protocol |\n> "
                      "|---|---|\n> | 23 | TCP |\n"),
              ElementsAre("5 tcp 22", "9 tcp 23"));
}

TEST(MarkdownTable, WithoutADelimiterRowIsReadAsText) {
  EXPECT_THAT(rows_of("# Heading\n\n| Port | Protocol |\n| 22 | TCP |\n| 53 | UDP |\n"),
              ElementsAre("4 tcp 22", "5 udp 53"));
}

TEST(MarkdownTable, BlankLinesAndWindowsLineEndsDoNotShiftLines) {
  EXPECT_THAT(rows_of("# H\r\n\r\n| Port | Protocol |\r\n|---|---|\r\n| 22 | TCP |\r\n\r\ntext\r\n\r\n| Port | "
                      "Protocol |\r\n|---|---|\r\n| 53 | UDP |\r\n"),
              ElementsAre("5 tcp 22", "11 udp 53"));
}

// ---- HTML
// -------------------------------------------------------------------------------------------------------------

TEST(HtmlTable, LineIsThatOfTheRow) {
  EXPECT_THAT(
      rows_of(
          "<html><body>\n<table>\n<tr><th>Port</th>\n<th>Protocol</th></tr>\n<tr>\n<td>80</td>\n<td>TCP</td>\n</tr>\n"
          "<tr><td>53</td><td>UDP</td></tr>\n</table></body></html>\n"),
      ElementsAre("5 tcp 80", "9 udp 53"));
}

TEST(HtmlTable, UnclosedTagsOfOldPagesAreClosedAsBrowsersDo) {
  EXPECT_THAT(rows_of("<HTML><BODY BGCOLOR=white><TABLE BORDER=1>\n<TR><TD><B>Port<TD><B>Protocol\n<TR><TD><FONT "
                      "SIZE=2>80<TD>TCP\n<TR><TD>53<TD>UDP\n</TABLE>"),
              ElementsAre("3 tcp 80", "4 udp 53"));
}

TEST(HtmlTable, RowspanCoversRoleProtocolAndPort) {
  const Extraction read = extract("d",
                                  "<table>\n<tr><th>Role</th><th>Port</th><th>Protocol</th><th>Notes</th></tr>\n"
                                  "<tr><td rowspan=3>Web</td><td>80</td><td rowspan=\"2\">TCP</td><td>a</td></tr>\n"
                                  "<tr><td>443</td><td>b</td></tr>\n"
                                  "<tr><td rowspan='2'>53</td><td>UDP</td><td>c</td></tr>\n"
                                  "<tr><td>Name</td><td>TCP</td><td>d</td></tr>\n</table>\n");
  EXPECT_THAT(rows_of(read), ElementsAre("3 tcp 80", "4 tcp 443", "5 udp 53", "6 tcp 53"));
  EXPECT_THAT(ends_of(read), ElementsAre("3: Web", "4: Web", "5: Web", "6: Name"));
}

TEST(HtmlTable, BlankRoleIsAsAboveAndBlankPortAndProtocolAreFindings) {
  const Extraction read = extract("d",
                                  "<table>\n<tr><th>Role</th><th>Port</th><th>Protocol</th></tr>\n"
                                  "<tr><td>Web</td><td>80</td><td>TCP</td></tr>\n"
                                  "<tr><td>&nbsp;</td><td>443</td><td>TCP</td></tr>\n"
                                  "<tr><td></td><td></td><td>TCP</td></tr>\n"
                                  "<tr><td></td><td>22</td><td> </td></tr>\n</table>\n");
  EXPECT_THAT(ends_of(read), ElementsAre("3: Web", "4: Web"));
  ASSERT_THAT(read.findings, testing::SizeIs(2));
  EXPECT_EQ(read.findings[0].line, 5U);
  EXPECT_THAT(read.findings[0].reason, HasSubstr("port cell is blank"));
  EXPECT_EQ(read.findings[1].line, 6U);
  EXPECT_THAT(read.findings[1].reason, HasSubstr("protocol cell is blank"));
}

TEST(HtmlTable, WhollyBlankRowsAreNoPortRows) {
  const Extraction read =
      extract("d", "<table><tr><th>Port<th>Protocol<tr><td>1<td>TCP<tr><td> <td>&nbsp;<tr><td>2<td>UDP</table>");
  EXPECT_THAT(rows_of(read), ElementsAre("1 tcp 1", "1 udp 2"));
  EXPECT_THAT(findings_of(read), IsEmpty());
}

TEST(HtmlTable, TextWithReferencesAndWithoutKeepsItsOrder) {
  // The number of the mark that stands for text on its way through the HTML library is no text of a document.
  const Extraction read = extract("d",
                                  "<table><tr><th>Service<th>Port<th>Protocol\n"
                                  "<tr><td>R&amp;D <b>portal</b> &#xE000;&lt;one&gt; \xEE\x80\x80 two<td>443<td>TCP\n"
                                  "<tr><td>x &lt; y <i>z</i> &copy w<td>444<td>TCP</table>");
  ASSERT_THAT(read.rows, testing::SizeIs(2));
  EXPECT_EQ(read.rows[1].service, "x < y z \u00A9 w");
  EXPECT_THAT(read.rows[0].service, testing::StartsWith("R&D portal "));
  EXPECT_THAT(read.rows[0].service, testing::HasSubstr("<one> \uFFFD two"));
}

TEST(HtmlTable, CaptionIsTheTitle) {
  const Extraction read = extract("d",
                                  "<h2>Servers</h2><table><caption>Firewall "
                                  "<i>ports</i></caption><tr><th>Port<th>Protocol<tr><td>1<td>TCP</table>");
  ASSERT_THAT(read.tables, testing::SizeIs(1));
  EXPECT_EQ(read.tables[0].title, "Firewall ports");
  EXPECT_THAT(ends_of(read), ElementsAre("1: Servers"));
}

TEST(HtmlTable, LayoutTablesAroundPortTablesAreNoPortTables) {
  const Extraction read = extract("d",
                                  "<html><table><tr><td>Menu<br>Port list</td><td>\n<h3>Gateway</h3>\n"
                                  "<table>\n<tr><td>Protocol</td><td>Port</td></tr>\n<tr><td>TCP</td><td>1720</td></"
                                  "tr>\n</table>\n</td></tr></table></html>");
  EXPECT_THAT(rows_of(read), ElementsAre("5 tcp 1720"));
  EXPECT_THAT(read.tables, testing::SizeIs(1));
}

TEST(HtmlTable, TwoHeaderRowsAreReadTogether) {
  EXPECT_THAT(
      rows_of(
          "<table>\n<tr><th rowspan=2>Service</th><th colspan=2>Ports</th></tr>\n<tr><th>TCP</th><th>UDP</th></tr>\n"
          "<tr><td>DNS</td><td>53</td><td>53</td></tr>\n<tr><td>Web</td><td>80, 443</td><td>-</td></tr>\n</table>"),
      ElementsAre("4 tcp 53", "4 udp 53", "5 tcp 80,443"));
  EXPECT_THAT(
      rows_of(
          "<table>\n<tr><td rowspan=2>Protocol</td><td colspan=2>Port</td></tr>\n<tr><td>From</td><td>To</td></tr>\n"
          "<tr><td>UDP</td><td>16384</td><td>32767</td></tr>\n</table>"),
      ElementsAre("4 udp 16384-32767"));
}

TEST(HtmlTable, TitleRowAboveTheHeaderAndSectionRowsBetween) {
  const Extraction read = extract(
      "d",
      "<table>\n<tr><td colspan=3>Ports of the campus</td></tr>\n<tr><td>Port</td><td>Protocol</td><td>Use</td></tr>\n"
      "<tr><td colspan=3>Control plane</td></tr>\n<tr><td>6443</td><td>TCP</td><td>API</td></tr>\n"
      "<tr><td colspan=3><b>Workers</b></td></tr>\n<tr><td>10250</td><td>TCP</td><td>kubelet</td></tr>\n</table>");
  EXPECT_THAT(rows_of(read), ElementsAre("5 tcp 6443", "7 tcp 10250"));
  EXPECT_THAT(ends_of(read), ElementsAre("5: Control plane", "7: Workers"));
}

TEST(HtmlTable, CommentsScriptsAndCodeBlocksHoldNoTables) {
  EXPECT_THAT(rows_of("# T\n\n<!-- <table><tr><th>Port<th>Protocol<tr><td>1<td>TCP</table> "
                      "-->\n\n```html\n<table><tr><th>Port<th>Protocol<tr><td>2<td>TCP</table>\n```\n\n"
                      "<script>document.write('<table>')</script>\n\n| Port | Protocol |\n|---|---|\n| 3 | TCP |\n"),
              ElementsAre("13 tcp 3"));
}

TEST(HtmlTable, InsideMarkdownMayHoldMarkdown) {
  EXPECT_THAT(rows_of("# "
                      "Title\n\n<table>\n<tr><th>Port</th><th>Protocol</th></tr>\n<tr><td>\n\n**443**\n\n</"
                      "td><td>`TCP`</td></tr>\n</table>\n\n| Port | Protocol |\n|---|---|\n| 53 | UDP |\n"),
              ElementsAre("5 tcp 443", "14 udp 53"));
}

// ---- text with pipes
// --------------------------------------------------------------------------------------------------

TEST(PipedText, NeedsNoPipeInFrontAndNoRule) {
  const Extraction read =
      extract("d",
              "What we opened last year.\nServer ports\nServer role | Service | Port | Protocol | Notes |\n"
              "Front desk | SIP | 5060 | TCP | words |\nFront desk | SIP | 5061 | TCP(TLS) | words |\n"
              "Client ports\nComponent | Port | Protocol |\nPhones | 67/68 | DHCP |\n");
  EXPECT_THAT(rows_of(read), ElementsAre("4 tcp 5060", "5 tcp 5061", "8 udp 67,68"));
  EXPECT_THAT(ends_of(read), ElementsAre("4: Front desk / SIP", "5: Front desk / SIP", "8: Phones"));
  ASSERT_THAT(read.tables, testing::SizeIs(2));
  EXPECT_EQ(read.tables[0].title, "Server ports");
  EXPECT_EQ(read.tables[1].title, "Client ports");
  EXPECT_EQ(read.tables[1].line, 7U);
}

TEST(PipedText, BlankFirstCellIsAsAbove) {
  EXPECT_THAT(ends_of(extract("d", "Role | Port | Protocol\nWeb | 80 | TCP\n| 443 | TCP\n | 8080 | TCP\n")),
              ElementsAre("2: Web", "3: Web", "4: Web"));
}

TEST(PipedText, FramesOfConsoleTablesAreNoRows) {
  EXPECT_THAT(rows_of("+------+----------+\n| Port | Protocol |\n+------+----------+\n| 80   | TCP      |\n| 53   | "
                      "UDP      |\n+------+----------+\n"),
              ElementsAre("4 tcp 80", "5 udp 53"));
}

TEST(PipedText, HeaderRightBehindATableStartsAnother) {
  const Extraction read = extract("d", "Port | Protocol\n80 | TCP\nComponent | Protocol | Port\nPhone | UDP | 69\n");
  EXPECT_THAT(rows_of(read), ElementsAre("2 tcp 80", "4 udp 69"));
  EXPECT_THAT(read.tables, testing::SizeIs(2));
}

TEST(TabbedText, TabsSeparateCells) {
  EXPECT_THAT(rows_of("Role\tPort\tProtocol\nWeb\t80, 443\tTCP\n\t53\tUDP\n"), ElementsAre("2 tcp 80,443", "3 udp 53"));
}

// ---- one cell a line
// --------------------------------------------------------------------------------------------------

TEST(ScrapedText, HeaderCellsRunTogetherAndRowsStartAtTheirFirstCell) {
  const Extraction read = extract("d",
                                  "Ports of the gate house\n\nServer roleService namePortProtocolNotes\n\n"
                                  "Gate servers\n\nDoor control\n\n5000\n\nTCP\n\nOpens the doors.\n\n"
                                  "Gate servers\n\nCameras\n\n6000-6010\n\nUDP\n\n"
                                  "Badge servers\n\nBadge printing\n\n9100\n\nTCP\n\nPrints badges.\n");
  EXPECT_THAT(rows_of(read), ElementsAre("5 tcp 5000", "15 udp 6000-6010", "23 tcp 9100"));
  EXPECT_THAT(ends_of(read), ElementsAre("5: Gate servers / Door control", "15: Gate servers / Cameras",
                                         "23: Badge servers / Badge printing"));
  EXPECT_EQ(read.tables[0].title, "Ports of the gate house");
}

TEST(ScrapedText, BlankCellsAreSimplyMissing) {
  const Extraction read = extract("d",
                                  "Server rolePortProtocolNotes\nGate servers\n5000\nTCP\nOpens the doors.\n"
                                  "Kiosks\n443\nUsed by visitors who forgot their badge.\nGate servers\n5001\nTCP\n");
  EXPECT_THAT(rows_of(read), ElementsAre("2 tcp 5000", "9 tcp 5001"));
  ASSERT_THAT(read.findings, testing::SizeIs(1));
  EXPECT_EQ(read.findings[0].line, 6U);
  EXPECT_THAT(read.findings[0].reason, HasSubstr("protocol"));
}

TEST(ScrapedText, AdvertisingBetweenRowsIsNoCell) {
  const Extraction read = extract("d",
                                  "Load BalancerPortProtocol\nGate balancer\n443\nHTTPS\nGate balancer\n444\nHTTPS\n"
                                  "Win a cruise today\nGate balancer\n80\nHTTP\nGate balancer\n5061\nTCP (TLS)\n"
                                  "Win a cruise today\nThis is how you win it, in one sentence.\n");
  EXPECT_THAT(rows_of(read), ElementsAre("2 tcp 443", "5 tcp 444", "9 tcp 80", "12 tcp 5061"));
  EXPECT_THAT(ends_of(read),
              ElementsAre("2: Gate balancer", "5: Gate balancer", "9: Gate balancer", "12: Gate balancer"));
}

TEST(ScrapedText, CellsMayHaveSeveralLines) {
  const Extraction read =
      extract("d",
              "ComponentPortProtocolNotes\nDesk phones\n5060\nHTTPS\nTCP\nCalls are set up here.\nSo are conferences.\n"
              "Lobby phone model A\nLobby phone model B\nDoor phone\n67/68\nDHCP\nFinds its address.\n");
  EXPECT_THAT(rows_of(read), ElementsAre("2 tcp 5060", "8 udp 67,68"));
  EXPECT_THAT(ends_of(read), ElementsAre("2: Desk phones", "8: Lobby phone model A Lobby phone model B Door phone"));
}

TEST(ScrapedText, HeaderCellsMayStandOnLinesOfTheirOwn) {
  EXPECT_THAT(rows_of("Server role\n\nPort\n\nProtocol\n\nNotes\n\nGate servers\n\n22\n\nTCP\n\nRemote shell.\n\nGate "
                      "servers\n\n123\n\nUDP\n\nTime.\n"),
              ElementsAre("9 tcp 22", "17 udp 123"));
}

TEST(ScrapedText, ProtocolMayStandBeforeThePort) {
  EXPECT_THAT(
      rows_of(
          "ProtocolPortDescription\nTCP\n6443\nThe API.\nUDP\n8472\nThe overlay network.\nICMP\n-\nHealth checks.\n"),
      ElementsAre("2 tcp 6443", "5 udp 8472", "8 icmp"));
}

TEST(ScrapedText, ChineseHeadersRunTogether) {
  EXPECT_THAT(rows_of("服务器角色服务名称端口协议说明\n前端服务器\n会议服务\n5062\nTCP\n用于会议请求。\n前端服务器\n媒"
                      "体\n57501-65535\nTCP/UDP\n媒体端口范围。\n"),
              ElementsAre("2 tcp 5062", "7 tcp 57501-65535", "7 udp 57501-65535"));
}

TEST(ScrapedText, MistypedPortIsAFindingAndNotLost) {
  const Extraction read = extract("d", "ComponentPortProtocol\nPhones\n70000\nTCP\nPhones\n5060\nTCP\n");
  EXPECT_THAT(rows_of(read), ElementsAre("5 tcp 5060"));
  ASSERT_THAT(read.findings, testing::SizeIs(1));
  EXPECT_EQ(read.findings[0].line, 2U);
}

// ---- columns and headings
// ---------------------------------------------------------------------------------------------

TEST(Columns, RoleIsTheNearestHeadingThatSaysMoreThanPorts) {
  const Extraction read =
      extract("d",
              "# Cluster\n\n## Control plane\n\n| Protocol | Port |\n|---|---|\n| TCP | 6443 |\n\n"
              "## Archive servers\n\n### Required ports\n\n| Protocol | Port |\n|---|---|\n| TCP | 9000 |\n");
  EXPECT_THAT(ends_of(read), ElementsAre("7: Control plane", "15: Archive servers"));
  EXPECT_EQ(read.rows[1].table_title, "Required ports");
}

TEST(Columns, BoldLineAboveATableIsItsTitle) {
  const Extraction read = extract("d", "# Doc\n\n**Edge nodes**\n\n| Protocol | Port |\n|---|---|\n| TCP | 1 |\n");
  EXPECT_EQ(read.rows.at(0).role, "Edge nodes");
  EXPECT_EQ(read.tables.at(0).title, "Edge nodes");
}

TEST(Columns, ProtocolsAsHeadings) {
  EXPECT_THAT(rows_of("| Service | TCP | UDP |\n|---|---|---|\n| DNS | 53 | 53 |\n| Web | 80, 443 | |\n| Voice | - | "
                      "5004-5005 |\n"),
              ElementsAre("3 tcp 53", "3 udp 53", "4 tcp 80,443", "5 udp 5004-5005"));
  EXPECT_THAT(
      rows_of("| Service | TCP Ports | UDP Ports |\n|---|---|---|\n| DNS | 53 | 53 |\n| Web | 80 443 | N/A |\n"),
      ElementsAre("3 tcp 53", "3 udp 53", "4 tcp 80,443"));
}

TEST(Columns, ProtocolsAsHeadingsWithMarks) {
  EXPECT_THAT(rows_of("| Port | TCP | UDP | Description |\n|---|---|---|---|\n| 53 | Yes | Yes | DNS |\n| 80 | ✓ | | "
                      "Web |\n| 69 | No | X | TFTP |\n"),
              ElementsAre("3 tcp 53", "3 udp 53", "4 tcp 80", "5 udp 69"));
}

TEST(Columns, StartAndEndInTwoColumns) {
  EXPECT_THAT(rows_of("| Role | Start Port | End Port | Protocol |\n|---|---|---|---|\n| Media | 16384 | 32767 | UDP "
                      "|\n| Web | 443 | 443 | TCP |\n| Admin | 22 | | TCP |\n"),
              ElementsAre("3 udp 16384-32767", "4 tcp 443", "5 tcp 22"));
  EXPECT_THAT(rows_of("| From Port | To Port | Protocol |\n|---|---|---|\n| 1024 | 2048 | TCP |\n"),
              ElementsAre("3 tcp 1024-2048"));
}

TEST(Columns, PortAndProtocolInOneColumn) {
  for (const char* header : {"Port/Protocol", "Protocol/Port", "Ports and protocols", "Port (Protocol)", "Port"}) {
    const std::string document =
        std::string("| Role | ") + header +
        " |\n|---|---|\n| Web | 443/TCP |\n| VPN | UDP 1194 |\n| DNS | 53 (TCP/UDP) |\n| VPN | ESP |\n";
    EXPECT_THAT(rows_of(document), ElementsAre("3 tcp 443", "4 udp 1194", "5 tcp 53", "5 udp 53", "6 esp")) << header;
  }
}

TEST(Columns, ProtocolInThePortHeader) {
  EXPECT_THAT(rows_of("| Service | TCP Port | Notes |\n|---|---|---|\n| Web | 443 | |\n"), ElementsAre("3 tcp 443"));
  EXPECT_THAT(rows_of("| Service | Port (UDP) |\n|---|---|\n| Time | 123 |\n"), ElementsAre("3 udp 123"));
}

TEST(Columns, ProtocolInTheHeadingOfATable) {
  EXPECT_THAT(rows_of("## TCP ports\n\n| Port | Service |\n|---|---|\n| 22 | shell |\n\n## UDP ports\n\n| Port | "
                      "Service |\n|---|---|\n| 69 | boot |\n"),
              ElementsAre("5 tcp 22", "11 udp 69"));
}

TEST(Columns, TransportColumnWinsOverAProtocolColumnThatNamesApplications) {
  const Extraction read =
      extract("d",
              "|Protocol|Transport|Port|To/From|Direction|\n|---|---|---|---|---|\n|LDAP|TCP and UDP|389|Domain "
              "controllers|Outbound|\n|Syslog|UDP|514 (default)|Collector|Both|\n|SSL|TCP|443|Gateway|Inbound|\n");
  EXPECT_THAT(rows_of(read), ElementsAre("3 tcp 389", "3 udp 389", "4 udp 514", "5 tcp 443"));
  EXPECT_THAT(ends_of(read), ElementsAre("3:  / LDAP [from] with Domain controllers",
                                         "4:  / Syslog [both] with Collector", "5:  / SSL [to] with Gateway"));
}

TEST(Columns, OfTwoProtocolColumnsTheOneWithIpProtocolsCounts) {
  const Extraction read = extract("d", "|Protocol|Port|Protocol|\n|---|---|---|\n|LDAP|389|TCP|\n|Kerberos|88|UDP|\n");
  EXPECT_THAT(rows_of(read), ElementsAre("3 tcp 389", "4 udp 88"));
  EXPECT_EQ(read.rows.at(1).service, "Kerberos");
}

TEST(Columns, BilingualHeaders) {
  EXPECT_THAT(rows_of("|**Protocol** (通訊協定)|**TCP 或 UDP**|**Port**|**來源 IP 位址**|**目的地 IP "
                      "位址**|**附註**|\n|---|---|---|---|---|---|\n|SIP/MTLS|TCP|5061|任何|Edge|x|\n"),
              ElementsAre("3 tcp 5061"));
  EXPECT_THAT(ends_of(extract("d", "|角色 / Role|端口 (Port)|协议 Protocol|\n|---|---|---|\n|前端 / Front|443|TCP|\n")),
              ElementsAre("3: 前端 / Front"));
}

TEST(Columns, SourceAndDestinationColumns) {
  const Extraction read = extract(
      "d",
      "|Rule name|Source IP|Destination IP|Protocol|Source port|Destination "
      "port|Action|\n|---|---|---|---|---|---|---|\n"
      "|Voice|Any|Edge|UDP and TCP|1024-65535|5060|Allow|\n|Old|10.0.0.0/8|Any|TCP|Any|23|Deny|\n|Odd|Any|Any|UDP|what "
      "the admin set|Any|Allow|\n");
  EXPECT_THAT(rows_of(read), ElementsAre("3 udp 5060", "3 tcp 5060", "4 tcp 23", "5 udp 0-65535"));
  EXPECT_THAT(ends_of(read),
              ElementsAre("3:  / Voice Any -> Edge", "4:  / Old 10.0.0.0/8 -> Any", "5:  / Odd Any -> Any"));
  EXPECT_THAT(read.rows[0].source_ports, ElementsAre(PortRange{1024, 65535}));
  EXPECT_THAT(read.rows[1].source_ports, IsEmpty());
  EXPECT_TRUE(read.tables[0].has_action_column);
  EXPECT_TRUE(read.tables[0].other_action);
  ASSERT_THAT(read.findings, testing::SizeIs(1));
  EXPECT_FALSE(read.findings[0].row_lost);
  EXPECT_EQ(read.findings[0].line, 5U);
}

TEST(Columns, TableWithoutAPortColumnIsNoPortTable) {
  const Extraction read = extract("d", "| Host | Support | Passport |\n|---|---|---|\n| a | 80 | 443 |\n");
  EXPECT_THAT(read.tables, IsEmpty());
  EXPECT_THAT(rows_of(read), IsEmpty());
  ASSERT_THAT(read.findings, testing::SizeIs(1));
  EXPECT_EQ(read.findings[0].line, 0U);
}

TEST(Columns, DirectionsOfPortColumnsAreRowsOfTheirOwn) {
  const Extraction read = extract("d",
                                  "| Role | Inbound ports | Outbound ports | Protocol |\n|---|---|---|---|\n| Relay | "
                                  "25 | 25, 587 | TCP |\n| Sink | 514 | - | UDP |\n");
  EXPECT_THAT(rows_of(read), ElementsAre("3 tcp 25", "3 tcp 25,587", "4 udp 514"));
  EXPECT_THAT(ends_of(read), ElementsAre("3: Relay [to]", "3: Relay [from]", "4: Sink [to]"));
}

TEST(Columns, DirectionInTheHeading) {
  const Extraction read = extract("d",
                                  "# Relay\n\n## Inbound\n\n| Port | Protocol |\n|---|---|\n| 25 | TCP |\n\n## "
                                  "Outbound\n\n| Port | Protocol |\n|---|---|\n| 587 | TCP |\n");
  EXPECT_THAT(ends_of(read), ElementsAre("7: Relay [to]", "13: Relay [from]"));
}

TEST(Columns, HeaderRepeatedInALongTableIsNoRow) {
  EXPECT_THAT(rows_of("| Port | Protocol |\n|---|---|\n| 25 | TCP |\n| Port | Protocol |\n| 26 | TCP |\n"),
              ElementsAre("3 tcp 25", "5 tcp 26"));
}

TEST(Columns, TableOnItsSide) {
  EXPECT_THAT(rows_of("<table>\n<tr><th>Service</th><td>Web</td><td>Names</td></tr>\n<tr><th>Protocol</th><td>TCP</"
                      "td><td>UDP</td></tr>\n<tr><th>Port</th><td>443</td><td>53</td></tr>\n</table>"),
              ElementsAre("2 tcp 443", "2 udp 53"));
}

TEST(Rows, DittoRepeatsTheCellAbove) {
  const Extraction read = extract("d",
                                  "| Role | Port | Protocol |\n|---|---|---|\n| Web | 80 | TCP |\n| ditto | 443 | same "
                                  "as above |\n| 同上 | 8080 | 同上 |\n");
  EXPECT_THAT(rows_of(read), ElementsAre("3 tcp 80", "4 tcp 443", "5 tcp 8080"));
  EXPECT_THAT(ends_of(read), ElementsAre("3: Web", "4: Web", "5: Web"));
}

TEST(Rows, AsManyLinesOfProtocolsAsOfPortsAreReadLineByLine) {
  EXPECT_THAT(
      rows_of("| Port | Protocol |\n|---|---|\n| 80<br>53 | TCP<br>UDP |\n| 5060 | UDP<br>TCP |\n| 80<br>443<br>8080 | "
              "TCP<br>UDP |\n"),
      ElementsAre("3 tcp 80", "3 udp 53", "4 udp 5060", "4 tcp 5060", "5 tcp 80,443,8080", "5 udp 80,443,8080"));
}

TEST(Rows, ProtocolsWithoutPortsNeedNone) {
  EXPECT_THAT(
      rows_of(
          "| Protocol | Port |\n|---|---|\n| ICMP | - |\n| IPENCAP / IPIP | N/A |\n| ESP | 50 |\n| GRE | |\n| VRRP | "
          "NA |\n| IP 50 | |\n| IP | 51 |\n| ICMP | 8/0 |\n| ICMP | type 3 code 4 |\n| ICMPv6 | echo request |\n"),
      ElementsAre("3 icmp", "4 ipip", "5 esp", "6 gre", "7 vrrp", "8 esp", "9 ah", "10 icmp type 8/0",
                  "11 icmp type 3/4", "12 icmpv6 type 128"));
}

TEST(Rows, AnyProtocolAndAnyPort) {
  const Extraction read = extract(
      "d",
      "| Protocol | Port |\n|---|---|\n| Any | Any |\n| TCP | Any |\n| 任意 | 任何 |\n| SCTP | * |\n| UDP | All |\n");
  EXPECT_THAT(rows_of(read), ElementsAre("3 any", "4 tcp 0-65535", "5 any", "6 sctp 0-65535", "7 udp 0-65535"));
  EXPECT_THAT(findings_of(read), IsEmpty());
}

TEST(Rows, TcpWithoutAPortIsAFinding) {
  const Extraction read =
      extract("d", "| Protocol | Port |\n|---|---|\n| TCP | - |\n| TCP | see notes |\n| TCP | dynamic |\n");
  EXPECT_THAT(rows_of(read), IsEmpty());
  EXPECT_THAT(read.findings, testing::SizeIs(3));
}

TEST(Rows, UnknownProtocolIsAFindingNeverAGuess) {
  const Extraction read = extract(
      "d",
      "| Protocol | Port |\n|---|---|\n| Frobnication | 80 |\n| TCP/UPS/TLS (configurable) | 514 |\n| DNS | 53 |\n");
  EXPECT_THAT(rows_of(read), ElementsAre("4 tcp 514"));
  ASSERT_THAT(read.findings, testing::SizeIs(3));
  EXPECT_EQ(read.findings[0].text, "Frobnication");
  EXPECT_TRUE(read.findings[0].row_lost);
  EXPECT_EQ(read.findings[1].text, "UPS");
  EXPECT_FALSE(read.findings[1].row_lost);
  EXPECT_TRUE(read.findings[2].row_lost);
}

TEST(Rows, NotesBehindTheProtocolAreNotes) {
  const Extraction read = extract(
      "d", "| Port | Protocol | Notes |\n|---|---|---|\n| 8080 | TCP - Client retrieval of certificates | more |\n");
  EXPECT_THAT(rows_of(read), ElementsAre("3 tcp 8080"));
  EXPECT_EQ(read.rows.at(0).notes, "more; Client retrieval of certificates");
}

TEST(Rows, RoleCellIsOneRoleWhateverLinesItHas) {
  EXPECT_THAT(
      ends_of(extract(
          "d",
          "| Component | Port | Protocol |\n|---|---|---|\n| Desk phone <br/> Lobby\u00A0phone | 67/68 | DHCP |\n")),
      ElementsAre("3: Desk phone Lobby phone"));
}

TEST(Rows, PlaceOfAFindingIsItsCell) {
  const Extraction read = extract("ports.md", "| Role | Port | Protocol |\n|---|---|---|\n| 前端 | 65536 | TCP |\n");
  EXPECT_THAT(findings_of(read), ElementsAre("ports.md:3:8: 65536: ports must be 0 to 65535"));
}

// ---- vendors' tables
// --------------------------------------------------------------------------------------------------

TEST(Vendors, KubernetesReferenceTable) {
  const Extraction read =
      extract("d",
              "## Control plane\n\n| Protocol | Direction | Port Range | Purpose | Used By |\n|---|---|---|---|---|\n"
              "| TCP | Inbound | 6443 | API server | All |\n| TCP | Inbound | 2379-2380 | etcd client API | "
              "kube-apiserver, etcd |\n\n"
              "## Worker node(s)\n\n| Protocol | Direction | Port Range | Purpose | Used By "
              "|\n|---|---|---|---|---|\n| UDP | Inbound | 30000-32767 | NodePort† | All |\n");
  EXPECT_THAT(rows_of(read), ElementsAre("5 tcp 6443", "6 tcp 2379-2380", "12 udp 30000-32767"));
  EXPECT_THAT(ends_of(read),
              ElementsAre("5: Control plane [to] with All", "6: Control plane [to] with kube-apiserver, etcd",
                          "12: Worker node(s) [to] with All"));
}

TEST(Vendors, CloudSecurityGroup) {
  const Extraction read =
      extract("d",
              "### Inbound rules of the web tier\n\n| Type | Protocol | Port range | Source | Description "
              "|\n|---|---|---|---|---|\n"
              "| HTTPS | TCP | 443 | 0.0.0.0/0 | web |\n| Custom UDP | UDP | 5000 - 5100 | sg-12ab | x |\n| All ICMP - "
              "IPv4 | ICMP | All | 10.0.0.0/8 | |\n| All traffic | All | All | sg-77 | |\n"
              "| Custom ICMP - IPv4 | Echo Request | N/A | 10.0.0.0/8 | |\n");
  EXPECT_THAT(rows_of(read), testing::Contains("5 tcp 443"));
  EXPECT_THAT(rows_of(read), testing::Contains("6 udp 5000-5100"));
  EXPECT_THAT(rows_of(read), testing::Contains("7 icmp"));
  EXPECT_THAT(rows_of(read), testing::Contains("8 any"));
  EXPECT_EQ(read.rows.at(0).source, "0.0.0.0/0");
  EXPECT_EQ(read.rows.at(0).direction, Direction::to);
}

TEST(Vendors, NetworkSecurityGroupWithPriorities) {
  const Extraction read =
      extract("d",
              "| Priority | Name | Port | Protocol | Source | Destination | Action |\n|---|---|---|---|---|---|---|\n"
              "| 100 | AllowWeb | 80,443 | TCP | Internet | Any | Allow |\n| 65500 | DenyAll | Any | Any | Any | Any | "
              "Deny |\n");
  EXPECT_THAT(rows_of(read), ElementsAre("3 tcp 80,443", "4 any"));
  EXPECT_THAT(ends_of(read), ElementsAre("3:  / AllowWeb Internet -> Any", "4:  / DenyAll Any -> Any"));
  EXPECT_EQ(read.rows.at(1).action, "Deny");
  EXPECT_TRUE(read.tables.at(0).other_action);
}

TEST(Vendors, HypervisorTable) {
  EXPECT_THAT(rows_of("| Port | Protocol | Source | Target | Purpose |\n|---|---|---|---|---|\n| 902 | TCP/UDP | "
                      "Management | Hosts | Heartbeat |\n| 5900-5964 | TCP | Console | Hosts | RFB |\n| 8000 | TCP | "
                      "Hosts | Hosts | Migration |\n"),
              ElementsAre("3 tcp 902", "3 udp 902", "4 tcp 5900-5964", "5 tcp 8000"));
}

TEST(Vendors, TelephonyTableWithFromAndTo) {
  const Extraction read =
      extract("d",
              "| From (Sender) | To (Listener) | Destination Port | Purpose |\n|---|---|---|---|\n| Phone | Call "
              "manager | 69, then ephemeral / UDP | firmware |\n| Phone | Call manager | 2000 / TCP | signalling |\n| "
              "Gateway | Call manager | 2427 / UDP | control |\n");
  EXPECT_THAT(rows_of(read), ElementsAre("3 udp 69", "4 tcp 2000", "5 udp 2427"));
  EXPECT_EQ(read.rows.at(1).source, "Phone");
  EXPECT_EQ(read.rows.at(1).destination, "Call manager");
}

TEST(Vendors, ApplicationDeliveryTable) {
  const Extraction read = extract(
      "d",
      "| Source | Destination | Type | Port | Details |\n|---|---|---|---|---|\n| Admin | Appliance | TCP | 22 | shell "
      "|\n| Appliance | Names | UDP | 53 | names |\n| Appliance | Licence | TCP | 7279, 27000 | licence |\n");
  EXPECT_THAT(rows_of(read), ElementsAre("3 tcp 22", "4 udp 53", "5 tcp 7279,27000"));
}

TEST(Vendors, LogIndexerTableWithPortsInSentences) {
  const Extraction read =
      extract("d",
              "| Component | Port | Purpose |\n|---|---|---|\n| Indexer | TCP port 9997 by default | forwarding |\n| "
              "Search head | uses ports 8000 and 8089 (TCP) | web |\n| Forwarder | UDP 514 | syslog |\n");
  EXPECT_THAT(rows_of(read), ElementsAre("3 tcp 9997", "4 tcp 8000,8089", "5 udp 514"));
}

TEST(Vendors, DatabaseTableWithManyFormsOfRanges) {
  EXPECT_THAT(rows_of("| Component | Default port | Range | Protocol |\n|---|---|---|---|\n| Listener | 1521 | 1024 – "
                      "65535 | TCP |\n"),
              ElementsAre("3 tcp 1521"));
  EXPECT_THAT(
      rows_of(
          "| Service | Port range | Protocol |\n|---|---|---|\n| a | 32768 to 60999 | TCP |\n| b | 3200-3299, "
          "3300–3399 | TCP |\n| c | 50,000 - 59,999 | UDP |\n| d | 1024 and above | TCP |\n| e | > 49151 | UDP |\n"),
      ElementsAre("3 tcp 32768-60999", "4 tcp 3200-3299,3300-3399", "5 udp 50000-59999", "6 tcp 1024-65535",
                  "7 udp 49152-65535"));
}

TEST(Vendors, PlatformTableWithRoleCellsBlankAfterTheFirst) {
  const Extraction read =
      extract("d",
              "| Protocol | Port | Description |\n|---|---|---|\n| ICMP | N/A | Reachability |\n| TCP | `1936` | "
              "Metrics |\n| | `9000`-`9999` | Host services |\n| UDP | `500` | IKE |\n| ESP | N/A | IPsec |\n");
  EXPECT_THAT(rows_of(read), ElementsAre("3 icmp", "4 tcp 1936", "6 udp 500", "7 esp"));
  ASSERT_THAT(read.findings, testing::SizeIs(1));
  EXPECT_EQ(read.findings[0].line, 5U);
}

TEST(Languages, GermanFrenchSpanishJapaneseHeaders) {
  EXPECT_THAT(rows_of("| Dienst | Portbereich | Protokoll | Richtung |\n|---|---|---|---|\n| Web | 80 und 443 | TCP | "
                      "eingehend |\n| Sprache | 5004 bis 5010 | UDP | ausgehend |\n"),
              ElementsAre("3 tcp 80,443", "4 udp 5004-5010"));
  EXPECT_THAT(rows_of("| Rôle | Port de destination | Protocole | Remarques |\n|---|---|---|---|\n| Web | 80 et 443 | "
                      "TCP | |\n| Voix | 5004 à 5010 | UDP | |\n"),
              ElementsAre("3 tcp 80,443", "4 udp 5004-5010"));
  EXPECT_THAT(rows_of("| Servicio | Puerto | Protocolo | Descripción |\n|---|---|---|---|\n| Web | 80 y 443 | TCP | "
                      "|\n| Todo | Cualquiera | UDP | |\n"),
              ElementsAre("3 tcp 80,443", "4 udp 0-65535"));
  EXPECT_THAT(rows_of("| サーバーの役割 | ポート番号 | プロトコル | 説明 |\n|---|---|---|---|\n| フロント | ５０６１ | "
                      "TCP | |\n| 音声 | 50000～59999 | UDP | |\n"),
              ElementsAre("3 tcp 5061", "4 udp 50000-59999"));
}

TEST(Languages, FullWidthForms) {
  EXPECT_THAT(
      rows_of("|服务器角色|端口|协议|\n|---|---|---|\n|前端|８０，４４３|ＴＣＰ（ＴＬＳ）|\n|媒体|"
              "４９１５２－５７５００|ＵＤＰ|\n|媒体|1024至2048、3000 和 3001|TCP 及 UDP|\n"),
      ElementsAre("3 tcp 80,443", "4 udp 49152-57500", "5 tcp 1024-2048,3000,3001", "5 udp 1024-2048,3000,3001"));
}

}  // namespace
}  // namespace portcullis::spec
