#include "hub/hub_tree.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "hub/hub_name.hpp"
#include "hub/hub_repository.hpp"
#include "io/open_url.hpp"
#include "io/remote_tree.hpp"

namespace aerotool::hub {
namespace {

class HubTree final : public io::RemoteTree {
 public:
  bool has(std::string_view name) const override { return is_hub_name(name); }

  io::FileType type_of(const std::string& name) override {
    const HubName parsed = parse_hub_name(name);
    // One model, as a file is.
    if (!parsed.quant.empty()) return io::FileType::regular;
    return hub_repository(parsed).type_of(parsed.path);
  }

  std::vector<std::string> names_in(const std::string& name) override {
    const HubName parsed = parse_hub_name(name);
    return hub_repository(parsed).names_in(parsed.path);
  }

  std::optional<std::uint64_t> size_of(const std::string& name) override {
    const HubName parsed = parse_hub_name(name);
    return hub_repository(parsed).size_of(parsed.path);
  }

  void open_ahead(const std::vector<std::string>& names) override {
    // A name that is malformed is told of when it is opened.
    std::map<HubRepository*, std::vector<std::string>> paths;
    for (const std::string& name : names) {
      try {
        const HubName parsed = parse_hub_name(name);
        paths[&hub_repository(parsed)].push_back(parsed.path);
      } catch (const UsageError&) {
      }
    }
    for (const auto& [repository, of_repository] : paths) repository->open_ahead(of_repository);
  }

  std::shared_ptr<io::Input> open(const std::string& name, const io::Spooling& spooling) override {
    const HubName parsed = parse_hub_name(name);
    return hub_repository(parsed).open(parsed.path, spooling);
  }
};

}  // namespace

void serve_hub_names() {
  io::authorize_with(hub_authorization);
  io::set_remote_tree(std::make_unique<HubTree>());
}

}  // namespace aerotool::hub
