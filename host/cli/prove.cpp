// `portcullis prove`: an image equals its site's policy for every packet, or a packet on which they differ.
#include "tables/prove.h"

#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/subject.h"
#include "tables/image.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string site;
  std::string image;
};

void prove_command(const Options& options, Exit& exit) {
  const policy::SitePolicy loaded = load_site(options.site);
  const std::vector<std::uint8_t> image = tables::read_image_bytes(options.image);
  const tables::Proof proof = tables::prove(loaded.policy, image, options.image);
  std::cout << proof.text << '\n';
  if (!proof.proved()) exit = Exit::answer_is_no;
}

}  // namespace

void add_prove(CLI::App& app, Exit& exit) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "prove", "Show that a table image equals the site's policy for every packet, or where it does not");
  command->add_option("SITE", options->site, "site file")->required();
  command->add_option("IMAGE", options->image, "table image (.pti)")->required();
  command->callback([options, &exit] { prove_command(*options, exit); });
}

}  // namespace portcullis::cli
