// Directories that lie on a server: their names are listed and opened as paths are. Which names they are, and
// how a server lists them, is known above (hub/hub_tree.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/input.hpp"
#include "io/listing.hpp"
#include "io/spool.hpp"

namespace aerotool::io {

/// Thread-safe. Everything throws IoError where the server fails, and UsageError for a malformed name.
class RemoteTree {
 public:
  RemoteTree() = default;
  virtual ~RemoteTree() = default;
  RemoteTree(const RemoteTree&) = delete;
  RemoteTree& operator=(const RemoteTree&) = delete;

  virtual bool has(std::string_view name) const = 0;
  virtual FileType type_of(const std::string& name) = 0;
  /// As io::names_in() of a directory.
  virtual std::vector<std::string> names_in(const std::string& name) = 0;
  /// Of a file; nothing where that is not known without opening it.
  virtual std::optional<std::uint64_t> size_of(const std::string& name) = 0;
  /// Begins to open files that open() will be called for; what fails, fails there.
  virtual void open_ahead(const std::vector<std::string>& names) = 0;
  virtual std::shared_ptr<Input> open(const std::string& name, const Spooling& spooling) = 0;
};

/// From now on names that the tree has are its own. To be called once, before any is looked at.
void set_remote_tree(std::unique_ptr<RemoteTree> tree);

/// The tree that has a name; null where it is a path or a URL.
RemoteTree* remote_tree_of(std::string_view name);

/// Whether a word of the command line is a URL, or a name that the tree has.
bool is_on_server(std::string_view name);

}  // namespace aerotool::io
