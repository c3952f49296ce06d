// `portcullis prove`: an image equals its site's policy for every packet, or a packet on which they differ.
#include "tables/prove.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/subject.h"
#include "cli/terminal.h"
#include "tables/image.h"
#include "tables/tree/image_file.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string site;
  std::string image;
  std::string json;
};

std::string to_json(const tables::Proof& proof) {
  using Json = nlohmann::ordered_json;
  Json differences = Json::array();
  for (const tables::EntryDifference& d : proof.differences) {
    differences.push_back({{"entry", d.entry}, {"what", d.what}});
  }
  constexpr std::string_view kResults[] = {"proved", "differs", "without-effect", "gave-up"};
  Json json = {{"result", kResults[static_cast<std::size_t>(proof.result)]},
               {"sets_of_values", proof.intervals},
               {"policy_entries", proof.policy_entries},
               {"image_entries", proof.image_entries},
               {"differences", differences},
               {"remarks", proof.remarks},
               {"text", proof.text}};
  if (proof.key) json["packet"] = tables::describe(*proof.key);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

void prove_command(const Options& options, Exit& exit) {
  const policy::SitePolicy loaded = load_site(options.site);
  const std::vector<std::uint8_t> image = tables::read_image_bytes(options.image);
  if (tables::tree::is_scale_image(image)) {
    const tables::tree::ScaleImage trees = tables::tree::decode_scale(image, options.image);
    const std::string fault = tables::tree::prove_scale(loaded.policy, trees);
    const std::string answer =
        fault.empty() ? fmt::format(
                            "proved: trees and slice of {} hold the {} entries of the policy, each where every "
                            "packet that it matches finds it",
                            options.image, loaded.policy.entries.size())
                      : "not proved: " + fault;
    if (!options.json.empty()) {
      keep_inputs({options.site, options.image}, {options.json});
      const nlohmann::ordered_json json = {{"result", fault.empty() ? "proved" : "differs"},
                                           {"policy_entries", loaded.policy.entries.size()},
                                           {"image_entries", trees.entries.size()},
                                           {"text", answer}};
      write_text(options.json, json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
    }
    if (options.json != "-")
      std::cout << painted(Stream::out, fault.empty() ? Colour::green : Colour::red, answer) << '\n';
    if (!fault.empty()) exit = Exit::answer_is_no;
    return;
  }
  const tables::Proof proof = tables::prove(loaded.policy, image, options.image);
  if (!options.json.empty()) {
    keep_inputs({options.site, options.image}, {options.json});
    write_text(options.json, to_json(proof));
  }
  if (options.json != "-") {
    std::cout << painted(Stream::out, proof.proved() ? Colour::green : Colour::red, proof.text) << '\n';
  }
  if (!proof.proved()) exit = Exit::answer_is_no;
}

}  // namespace

void add_prove(CLI::App& app, Exit& exit) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "prove", "Show that a table image equals the site's policy for every packet, or where it does not");
  command->add_option("SITE", options->site, "site file")->required();
  command->add_option("IMAGE", options->image, "table image (.pti)")->required();
  command->add_option("--json", options->json, "write the result as JSON; - for standard output, instead of text");
  command->callback([options, &exit] { prove_command(*options, exit); });
}

}  // namespace portcullis::cli
