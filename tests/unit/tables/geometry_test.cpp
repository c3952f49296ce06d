#include "tables/geometry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace portcullis::tables {
namespace {

using ::testing::HasSubstr;

std::string refusal(const std::string& yaml) {
  try {
    Geometry::from_yaml(yaml, "g.yaml");
  } catch (const GeometryError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Geometry, FilesOfTheBuiltInOnesSayTheSame) {
  EXPECT_EQ(Geometry::from_file(PORTCULLIS_SOURCE_DIR "/geometries/edge.yaml"), Geometry::edge());
  EXPECT_EQ(Geometry::from_file(PORTCULLIS_SOURCE_DIR "/geometries/large.yaml"), Geometry::large());
  EXPECT_EQ(Geometry::from_file(PORTCULLIS_SOURCE_DIR "/geometries/versa.yaml"), Geometry::versa());
  EXPECT_EQ(Geometry::from_name_or_file("large"), Geometry::large());
  EXPECT_EQ(Geometry::from_name_or_file("versa"), Geometry::versa());
  EXPECT_EQ(Geometry::from_name_or_file(PORTCULLIS_SOURCE_DIR "/geometries/edge.yaml"), Geometry::edge());
}

TEST(Geometry, SignatureDependsOnTheNumbersOnly) {
  Geometry geometry = Geometry::edge();
  geometry.name = "another";
  EXPECT_EQ(geometry.signature(), Geometry::edge().signature());
  EXPECT_NE(Geometry::large().signature(), Geometry::edge().signature());
  for (unsigned& intervals : geometry.intervals) {
    ++intervals;
    EXPECT_NE(geometry.signature(), Geometry::edge().signature());
    --intervals;
  }
}

TEST(Geometry, RefusalsNameThePlaceAndTheLimits) {
  const std::string head = "geometry: 1\nname: x\naddress_bits: 128\n";
  const std::string tail = "intervals: {source: 4, destination: 4, source_port: 4, destination_port: 4, vlan: 4}\n";
  EXPECT_EQ(refusal(head + "rules: 16\n" + tail), "accepted");
  EXPECT_THAT(refusal(head + "rules: 0\n" + tail),
              HasSubstr("g.yaml:4:8: 'rules' is '0': must be a number from 1 to 65536"));
  EXPECT_THAT(refusal(head + "rules: -1\n" + tail), HasSubstr("'rules' is '-1'"));
  EXPECT_THAT(refusal(head + "rules: 99999999999999999999\n" + tail), HasSubstr("must be a number"));
  EXPECT_THAT(refusal(head + "rules: 16\nrules: 17\n" + tail), HasSubstr("given twice"));
  EXPECT_THAT(refusal(head + tail), HasSubstr("'rules' is missing"));
  EXPECT_THAT(refusal(head + "rules: 16\nbanks: 2\n" + tail), HasSubstr("g.yaml:5:1: unknown key 'banks'"));
  EXPECT_THAT(refusal(head + "rules: 16\nintervals: {source: 1}\n"), HasSubstr("'source' is '1'"));
  EXPECT_THAT(refusal(head + "rules: 16\n"), HasSubstr("'intervals' must be a map"));
  EXPECT_THAT(refusal("- 1\n"), HasSubstr("a geometry file is a map"));
  EXPECT_THAT(refusal("a: [\n"), HasSubstr("not YAML"));
  EXPECT_THAT(refusal(""), HasSubstr("g.yaml"));
}

TEST(Geometry, UnknownNameSaysWhatToGive) {
  try {
    Geometry::from_name_or_file("huge");
    FAIL();
  } catch (const GeometryError& error) {
    EXPECT_THAT(error.what(), HasSubstr("huge: no such geometry: give edge, large, versa or the path"));
  }
  EXPECT_THROW(Geometry::from_name_or_file("/"), GeometryError);
}

}  // namespace
}  // namespace portcullis::tables
