#include "pmd/arguments.h"

#include <fmt/format.h>
#include <rte_devargs.h>
#include <rte_kvargs.h>

#include <memory>

namespace portcullis::pmd {

namespace {

/// "image and mac", "wire0, wire1 and mac".
std::string listed(std::span<const char* const> keys) {
  std::string list;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    list += i == 0 ? "" : i + 1 == keys.size() ? " and " : ", ";
    list += keys[i];
  }
  return list;
}

}  // namespace

DeviceArguments::DeviceArguments(const rte_devargs* given, std::span<const char* const> known) {
  if (given == nullptr || given->args == nullptr) return;
  const std::unique_ptr<rte_kvargs, decltype(&rte_kvargs_free)> list(rte_kvargs_parse(given->args, known.data()),
                                                                     rte_kvargs_free);
  if (!list)
    throw ArgumentError(fmt::format("an argument is unknown; there are {}", listed(known.first(known.size() - 1))));
  rte_kvargs_process(
      list.get(), nullptr,
      [](const char* key, const char* text, void* into) {
        (*static_cast<std::map<std::string, std::string>*>(into))[key] = text != nullptr ? text : "";
        return 0;
      },
      &values_);
}

std::optional<std::string> DeviceArguments::value(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<rte_ether_addr> DeviceArguments::mac() const {
  const std::optional<std::string> text = value("mac");
  if (!text) return std::nullopt;
  rte_ether_addr address;
  if (rte_ether_unformat_addr(text->c_str(), &address) != 0 || rte_is_valid_assigned_ether_addr(&address) == 0)
    throw ArgumentError(fmt::format("mac={}: give the address of one station, as 02:00:00:00:00:10", *text));
  return address;
}

}  // namespace portcullis::pmd
