// Compiles a site with the installed libraries and asks the policy about one packet.
#include <iostream>

#include "policy/build.h"
#include "tables/compile.h"
#include "tables/reference.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const portcullis::policy::SitePolicy site = portcullis::policy::load_policy(argv[1]);
  const portcullis::tables::Compiled compiled = portcullis::tables::compile_for(site.policy, "");
  const portcullis::policy::Key nothing_known;
  std::cout << compiled.report.entries << " entries, default "
            << (portcullis::tables::decide(site.policy, nothing_known).permit ? "permit" : "drop") << '\n';
  return compiled.report.entries > 0 ? 0 : 1;
}
