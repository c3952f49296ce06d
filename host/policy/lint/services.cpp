#include "policy/lint/services.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "policy/yaml_tree.h"
#include "spec/text.h"

namespace portcullis::policy::lint {
namespace {

constexpr std::pair<std::string_view, std::uint8_t> kTransports[] = {{"tcp", 6}, {"udp", 17}, {"sctp", 132}};

std::vector<Registration> registrations(const YamlNode& node) {
  std::vector<Registration> out;
  for (const auto& [transport, protocol] : kTransports) {
    const YamlNode* ports = node.find(transport);
    if (ports == nullptr) continue;
    for (const YamlNode* item : ports->items) {
      std::uint16_t port = 0;
      const char* const end = item->text.data() + item->text.size();
      if (std::from_chars(item->text.data(), end, port).ptr != end) {
        throw std::runtime_error("services.yaml: no port: " + item->text);
      }
      out.push_back({protocol, port});
    }
  }
  return out;
}

/// Words of a name with one space between them; what is in brackets does not count.
std::string name_key(std::string_view name) {
  std::string out;
  unsigned depth = 0;
  bool gap = false;
  const std::string folded = spec::fold_cell(name);
  for (const spec::Atom& atom : spec::split_atoms(folded)) {
    if (atom.text == "(" || atom.text == "[") ++depth;
    if ((atom.text == ")" || atom.text == "]") && depth > 0) --depth;
    if (atom.kind == spec::Atom::Kind::punctuation || atom.kind == spec::Atom::Kind::newline || depth > 0) {
      gap = true;
      continue;
    }
    if (!out.empty() && (gap || atom.space_before)) out += ' ';
    gap = false;
    out += atom.text;
  }
  return out;
}

std::uint32_t key_of(Registration use) { return (std::uint32_t{use.protocol} << 16U) | use.port; }

}  // namespace

bool Service::uses(std::uint8_t protocol) const {
  const auto same = [&](const Registration& one) { return one.protocol == protocol; };
  return std::any_of(registered.begin(), registered.end(), same) || std::any_of(in_use.begin(), in_use.end(), same);
}

bool Service::uses(Registration use) const {
  return std::find(registered.begin(), registered.end(), use) != registered.end() ||
         std::find(in_use.begin(), in_use.end(), use) != in_use.end();
}

const Services& Services::built_in() {
  static const Services services(services_text());
  return services;
}

Services::Services(std::string_view yaml) {
  const YamlTree tree(yaml);
  const YamlNode* date = tree.root().find("date");
  const YamlNode* list = tree.root().find("services");
  if (date == nullptr || list == nullptr) throw std::runtime_error("services.yaml: date or services is missing");
  date_ = date->text;
  for (const YamlNode* item : list->items) {
    const YamlNode* name = item->find("name");
    const YamlNode* words = item->find("words");
    if (name == nullptr || words == nullptr) throw std::runtime_error("services.yaml: a service without name or words");
    Service service{.name = name->text, .source = {}, .registered = registrations(*item), .in_use = {}};
    if (const YamlNode* source = item->find("source")) service.source = source->text;
    if (const YamlNode* more = item->find("in_use")) service.in_use = registrations(*more);
    service.generic = item->find("generic") != nullptr;
    for (const YamlNode* word : words->items) {
      if (by_word_.emplace(name_key(word->text), services_.size()).first->second != services_.size()) {
        throw std::runtime_error("services.yaml: two services are called " + word->text);
      }
    }
    for (const Registration& use : service.registered) by_port_.emplace(key_of(use), services_.size());
    services_.push_back(std::move(service));
  }
}

const Service* Services::find(std::string_view name) const {
  std::string key = name_key(name);
  auto found = by_word_.find(key);
  for (const std::string_view ending : {" service", " protocol", " server", " services", " traffic"}) {
    if (found != by_word_.end()) break;
    if (key.size() > ending.size() && key.ends_with(ending)) {
      found = by_word_.find(key.substr(0, key.size() - ending.size()));
    }
  }
  return found == by_word_.end() ? nullptr : &services_[found->second];
}

std::vector<const Service*> Services::named(std::string_view cell) const {
  constexpr std::size_t kLongestCell = 200;
  if (cell.empty() || cell.size() > kLongestCell) return {};
  if (const Service* whole = find(cell)) return {whole};
  std::string parts = spec::fold_cell(cell);
  for (std::size_t at = parts.find(" and "); at != std::string::npos; at = parts.find(" and ")) {
    parts.erase(at + 1, 4);
    parts[at] = '/';
  }
  std::vector<const Service*> out;
  for (std::size_t at = 0; at <= parts.size();) {
    const std::size_t stop = std::min(parts.find_first_of("/,;&\n", at), parts.size());
    const Service* one = find(std::string_view(parts).substr(at, stop - at));
    if (one == nullptr) return {};
    out.push_back(one);
    at = stop + 1;
  }
  return out;
}

std::vector<const Service*> Services::at(Registration use) const {
  std::vector<const Service*> out;
  const auto [first, last] = by_port_.equal_range(key_of(use));
  for (auto one = first; one != last; ++one) out.push_back(&services_[one->second]);
  return out;
}

}  // namespace portcullis::policy::lint
