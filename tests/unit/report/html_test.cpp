// Text as HTML: what a parser reads is what was written.
#include "report/html.h"

#include <gtest/gtest.h>

#include "dom.h"

namespace portcullis::report {
namespace {

/// The text as a parser reads it, once between tags and once in an attribute, which must agree.
std::string read_back(const std::string& escaped) {
  const Dom dom("<!DOCTYPE html><html><head><title>x</title></head><body><p title=\"" + escaped + "\">" + escaped +
                "</p></body></html>");
  const std::vector<Element> paragraphs = dom.root().tagged("p");
  EXPECT_EQ(paragraphs.size(), 1U) << escaped;
  if (paragraphs.size() != 1) return "?";
  EXPECT_TRUE(paragraphs[0].children().empty()) << escaped;
  EXPECT_EQ(paragraphs[0].attributes().size(), 1U) << escaped;
  EXPECT_EQ(paragraphs[0].text(), paragraphs[0].attribute("title"));
  return paragraphs[0].text();
}

TEST(Escape, EveryByteReadsBackAsItselfOrASpaceOrTheReplacementCharacter) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const std::string text = std::string("a") + c + "b";
    const std::string expected = byte < 0x20 || byte == 0x7F ? "a b"
                                 : byte >= 0x80              ? "a\xEF\xBF\xBD"
                                                               "b"
                                                             : text;
    EXPECT_EQ(read_back(escape(text)), expected) << "byte " << byte;
  }
}

TEST(Escape, MarkupOfEveryKindIsText) {
  for (const std::string text : {"<script>alert(1)</script>", "\" onmouseover=\"alert(1)", "' onfocus='alert(1)",
                                 "</p></td></table>", "<!-- --> ]]> <![CDATA[", "&lt;b&gt; &amp; &#x3C; &notin",
                                 "</style></script></title>", "`=${x}\\", "javascript:alert(1)"}) {
    EXPECT_EQ(read_back(escape(text)), text);
  }
}

TEST(Escape, LettersOfAllScriptsStay) {
  const std::string text = "Zürich 端口 포트 منفذ 😀 e\xCC\x81";
  EXPECT_EQ(read_back(escape(text)), text);
}

TEST(Escape, CharactersThatTurnOrHideTextAreShownByName) {
  EXPECT_EQ(escape("a\xE2\x80\xAE"
                   "b"),
            "a[U+202E]b");
  EXPECT_EQ(escape("a\xE2\x80\x8B"
                   "b\xEF\xBB\xBF"),
            "a[U+200B]b[U+FEFF]");
}

TEST(Escape, LongTextIsCutBetweenCharactersWithAnEllipsis) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "端";
  for (std::size_t bytes = 10; bytes < 20; ++bytes) {
    const std::string cut = read_back(escape(text, bytes));
    EXPECT_LE(cut.size(), bytes + 3) << bytes;
    EXPECT_TRUE(cut.ends_with("…") || cut.ends_with("...")) << cut;
    EXPECT_EQ(cut.find("\xEF\xBF\xBD"), std::string::npos) << cut;
  }
  EXPECT_EQ(escape("short", 5), "short");
}

TEST(Isolated, RightToLeftTextCannotReorderItsSurroundings) { EXPECT_EQ(isolated("منفذ<"), "<bdi>منفذ&lt;</bdi>"); }

TEST(Grouped, DigitsStandInThrees) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(18446744073709551615ULL), "18,446,744,073,709,551,615");
}

// RFC 4648, section 10.
TEST(Base64OfHex, GivesTheTestVectorsOfItsStandard) {
  EXPECT_EQ(base64_of_hex(""), "");
  EXPECT_EQ(base64_of_hex("66"), "Zg==");
  EXPECT_EQ(base64_of_hex("666f"), "Zm8=");
  EXPECT_EQ(base64_of_hex("666f6f"), "Zm9v");
  EXPECT_EQ(base64_of_hex("666f6f6261"), "Zm9vYmE=");
  EXPECT_EQ(base64_of_hex("666f6f626172"), "Zm9vYmFy");
}

}  // namespace
}  // namespace portcullis::report
