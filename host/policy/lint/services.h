// Which transports and ports IANA's registry has for the services that documents name (services.yaml).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace portcullis::policy::lint {

/// A port on a transport, by its IANA protocol number.
struct Registration {
  std::uint8_t protocol = 0;
  std::uint16_t port = 0;
  friend bool operator==(const Registration&, const Registration&) = default;
};

struct Service {
  std::string name;    ///< the registry's
  std::string source;  ///< of a service that netbase does not have; else empty
  std::vector<Registration> registered;
  std::vector<Registration> in_use;  ///< without a registration
  bool generic = false;              ///< says how, not what for

  bool uses(std::uint8_t protocol) const;
  bool uses(Registration use) const;
};

class Services {
 public:
  /// The registry built into the library. Throws std::runtime_error if it is damaged.
  static const Services& built_in();
  explicit Services(std::string_view yaml);

  /// The day of the registry's state, "2022-10-18".
  const std::string& date() const { return date_; }
  const std::vector<Service>& all() const { return services_; }
  /// The services that a cell names, if every name in it (between slashes, commas and "and") is known; brackets aside.
  /// Empty else.
  std::vector<const Service*> named(std::string_view cell) const;
  /// The services registered for a port.
  std::vector<const Service*> at(Registration use) const;

 private:
  const Service* find(std::string_view name) const;

  std::string date_;
  std::vector<Service> services_;
  std::unordered_map<std::string, std::size_t> by_word_;
  std::unordered_multimap<std::uint32_t, std::size_t> by_port_;
};

/// The text of services.yaml (generated at build time).
std::string_view services_text();

}  // namespace portcullis::policy::lint
