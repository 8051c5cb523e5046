#include "io/remote_tree.hpp"

#include <utility>

#include "io/url.hpp"

namespace aerotool::io {
namespace {

std::unique_ptr<RemoteTree>& the_tree() {
  static std::unique_ptr<RemoteTree> tree;
  return tree;
}

}  // namespace

void set_remote_tree(std::unique_ptr<RemoteTree> tree) {
  the_tree() = std::move(tree);
}

RemoteTree* remote_tree_of(std::string_view name) {
  RemoteTree* const tree = the_tree().get();
  return tree != nullptr && tree->has(name) ? tree : nullptr;
}

bool is_on_server(std::string_view name) {
  return looks_like_url(name) || remote_tree_of(name) != nullptr;
}

}  // namespace aerotool::io
