// A repository of a hub in one state: once one answer has told its commit, everything is read at that.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hub/hub_listing.hpp"
#include "hub/hub_name.hpp"
#include "io/input.hpp"
#include "io/remote_document.hpp"
#include "io/remote_name.hpp"
#include "io/spool.hpp"
#include "io/url.hpp"

namespace aerotool::hub {

/// What a request to an origin carries for the hub; empty where that is nothing, or no repository is in use.
std::string hub_authorization(const io::Origin& origin);

/// Thread-safe, and there to the end of the run. What a snapshot in the cache of Hugging Face's libraries has
/// of the commit is read from there. Everything throws IoError, with what to do, where the hub refuses or no
/// request may be made, and UsageError for what the environment says wrong.
class HubRepository {
 public:
  /// Of a name whose path and type are empty. Asks for nothing.
  explicit HubRepository(HubName name);
  HubRepository(const HubRepository&) = delete;
  HubRepository& operator=(const HubRepository&) = delete;

  /// Of the revision; asks for it where it is not known.
  std::string commit();
  io::FileType type_of(const std::string& path);
  std::vector<std::string> names_in(const std::string& directory);
  std::optional<std::uint64_t> size_of(const std::string& path);
  /// Begins to open files that open() will be called for, and that are not here.
  void open_ahead(const std::vector<std::string>& paths);
  std::shared_ptr<io::Input> open(const std::string& path, const io::Spooling& spooling);

 private:
  std::string shown(const std::string& path) const;
  std::string known_commit() const;
  void learn_commit(const std::string& commit);
  std::string ask_for_commit() const;
  /// Where the cache keeps the commit that the revision was at last.
  io::DocumentKey last_commit_key() const;
  std::string last_commit() const;
  bool is_kept_at_last_commit(const std::string& path) const;
  std::shared_ptr<const HubListing> listing_if_known() const;
  std::shared_ptr<const HubListing> listing();
  HubListing fetch_listing(const std::string& commit) const;
  io::Url api_url(const std::string& rest) const;
  io::RemoteName api_name(const io::Url& url) const;
  io::RemoteName file_name(const std::string& path, const std::string& commit) const;
  /// What an error of the hub means; empty where its own words are better.
  std::string explain(int status, const std::string& code, const std::string& path) const;
  /// None where the snapshot of the commit does not have the file.
  std::shared_ptr<io::Input> open_cached(const std::string& path, const std::string& commit) const;
  /// Throws io::RefusedError where the hub has no such file.
  std::shared_ptr<io::Input> find(const std::string& path, const io::Spooling& spooling);
  std::shared_ptr<io::Input> open_at_hub(const std::string& path, const io::Spooling& spooling);
  /// Says what the repository has instead.
  [[noreturn]] void refuse_missing(const std::string& path);

  const HubName name_;
  const io::Url endpoint_;
  mutable std::mutex mutex_;
  std::string commit_;
  std::shared_ptr<const HubListing> listing_;
  /// Those that had to be opened to learn that they are there.
  std::map<std::string, std::shared_ptr<io::Input>> opened_;
  std::set<std::string> absent_;
  std::mutex asking_;  // for the commit or the listing: once is enough
};

/// The one repository for all names that differ in their paths and types alone: what is at a branch does not
/// change in a run. Throws what its constructor throws.
HubRepository& hub_repository(const HubName& name);

}  // namespace aerotool::hub
