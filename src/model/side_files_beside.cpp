#include "model/side_files_beside.hpp"

#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "core/text.hpp"
#include "hash/sha256.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"

namespace aerotool {
namespace {

constexpr std::size_t kMaxDepth = 16;
// A directory that holds this many is not one model's.
constexpr std::size_t kMaxEntries = 100'000;

class Search {
 public:
  Search(std::string index, const io::LinkPolicy& links, const std::string& passed_over)
      : index_(std::move(index)), links_(links), directory_(io::directory_of(index_)) {
    if (!passed_over.empty()) passed_over_ = io::real_path(passed_over);
  }

  SideFiles run() {
    walk({}, 0);
    sort_names(candidates_);
    for (const std::string& path : candidates_) take(path);
    if (cut_) {
      found_.left_out.push_back("side files behind the first " + with_thousands(kMaxEntries) +
                                " entries of the directory");
    }
    for (const auto& [why, paths] : left_out_) {
      found_.left_out.push_back("side files that " + why + ": " + listed(paths, kMaxListedSideFiles));
    }
    return std::move(found_);
  }

 private:
  void leave_out(const std::string& why, const std::string& path) { left_out_[why].push_back(path); }

  void walk(const std::string& below, std::size_t depth) {
    std::vector<std::string> names =
        io::names_in(below.empty() ? directory_ : io::path_in(directory_, below));
    // Where not all are looked at, they are the same ones each time.
    sort_names(names);
    for (const std::string& name : names) {
      if (name.starts_with('.')) continue;
      if (entries_ == kMaxEntries) {
        cut_ = true;
        return;
      }
      ++entries_;
      look_at(below.empty() ? name : below + "/" + name, name, depth);
    }
  }

  void look_at(const std::string& path, const std::string& name, std::size_t depth) {
    const std::string full = io::path_in(directory_, path);
    const bool link = io::is_link(full);
    if (!link && io::type_of(full) == io::FileType::directory) {
      if (!passed_over_.empty() && io::real_path(full) == passed_over_) return;
      if (depth == kMaxDepth) {
        leave_out("lie in directories too deep", path);
      } else {
        walk(path, depth + 1);
      }
    } else if (is_side_file_name(name)) {
      candidates_.push_back(path);
    } else if (link && io::type_of(full) == io::FileType::directory) {
      leave_out("lie in a directory that is a link", path);
    }
  }

  void take(const std::string& path) {
    if (const std::string problem = side_path_problem(path); !problem.empty()) {
      leave_out("cannot be carried under their path (it " + problem + ")", path);
      return;
    }
    if (found_.files.size() == kMaxSideFiles) {
      leave_out("are more than " + with_thousands(kMaxSideFiles), path);
      return;
    }
    std::shared_ptr<io::Input> input;
    try {
      input = io::open_beside(index_, path, links_);
    } catch (const CorruptError& refused) {
      found_.left_out.push_back(refused.message());
      return;
    }
    if (input->size() > kMaxSideFileBytes) {
      leave_out("are larger than " + human_size(kMaxSideFileBytes), path);
    } else if (input->size() > kMaxSideBytes - total_) {
      leave_out("exceed " + human_size(kMaxSideBytes) + " with those before them", path);
    } else {
      total_ += input->size();
      found_.files.push_back(side_file(path, *input));
    }
  }

  /// Opened anew for each read: there can be more than files that may be open.
  SideFile side_file(const std::string& path, const io::Input& input) const {
    const auto put = [index = index_, links = links_, path, identity = input.identity(),
                      version = input.version()](const SideFile::Sink& sink) {
      const auto again = io::open_beside(index, path, links);
      const bool same = again->identity() == identity && again->version() == version;
      if (!same) throw IoError({again->name(), {}, {}}, "changed while it was read");
      std::vector<std::byte> block(std::min(again->preferred_block_size(), again->size()));
      const std::optional<Digest>& promised = again->expected_sha256();
      hash::Sha256 sha256;
      for (std::uint64_t at = 0; at < again->size(); at += block.size()) {
        const auto piece = std::span(block).first(std::min<std::uint64_t>(block.size(), again->size() - at));
        again->read(at, piece);
        if (promised) sha256.add(piece);
        sink(piece);
      }
      again->require_unchanged();
      if (promised && sha256.finish() != *promised) {
        throw CorruptError({again->name(), {}, {}},
                           "is corrupt: its SHA-256 is not the one under which it is stored", Code::hash);
      }
    };
    return {path, input.size(), put, input.expected_sha256().has_value(), input.version()};
  }

  std::string index_;
  io::LinkPolicy links_;
  std::string directory_;
  std::string passed_over_;  // a real path; empty for none
  SideFiles found_;
  std::vector<std::string> candidates_;
  std::size_t entries_ = 0;
  bool cut_ = false;
  std::uint64_t total_ = 0;
  std::map<std::string, std::vector<std::string>> left_out_;  // by the reason
};

}  // namespace

SideFiles side_files_beside(const std::string& index, const io::LinkPolicy& links,
                            const std::string& passed_over) {
  return Search(index, links, passed_over).run();
}

}  // namespace aerotool
