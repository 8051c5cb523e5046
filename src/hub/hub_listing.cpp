#include "hub/hub_listing.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "encoding/json/reader.hpp"
#include "hub/content_name.hpp"
#include "hub/hub_name.hpp"

namespace aerotool::hub {
namespace {

class Handler {
 public:
  explicit Handler(std::vector<ListedFile>& files) : files_(files) {}

  std::string problem;
  bool is_list = false;

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number(std::string_view digits) {
    if (depth_ == kEntry && key_ == "size") size_ = json_unsigned(digits);
    return true;
  }
  bool string(std::string_view text) {
    if (depth_ == kEntry && key_ == "type") is_file_ = text == "file";
    if (depth_ == kEntry && key_ == "path") file_.path = text;
    if (depth_ == kInEntry && in_lfs_ && key_ == "oid") file_.sha256 = sha256_in_name(text);
    return true;
  }
  bool key(std::string_view text) {
    if (depth_ <= kInEntry) key_ = text;
    return true;
  }
  bool start_object() {
    ++depth_;
    if (depth_ == kEntry) begin_entry();
    if (depth_ == kInEntry) in_lfs_ = key_ == "lfs";
    return true;
  }
  bool end_object() {
    if (depth_ == kInEntry) in_lfs_ = false;
    return depth_-- != kEntry || end_entry();
  }
  bool start_array() {
    if (depth_ == 0) is_list = true;
    ++depth_;
    return true;
  }
  bool end_array() {
    --depth_;
    return true;
  }

 private:
  // How many objects and arrays are open in each of them.
  static constexpr std::size_t kEntry = 2;
  static constexpr std::size_t kInEntry = 3;

  void begin_entry() {
    file_ = {};
    size_.reset();
    is_file_ = false;
  }
  bool end_entry() {
    if (!is_list || !is_file_ || !size_ || !problem_of_hub_path(file_.path).empty()) return true;
    if (files_.size() == HubListing::kMaxFiles) {
      problem = "the repository has more than " + with_thousands(HubListing::kMaxFiles) + " files";
      return false;
    }
    file_.size = *size_;
    files_.push_back(std::move(file_));
    return true;
  }

  std::vector<ListedFile>& files_;
  std::size_t depth_ = 0;
  std::string key_;
  ListedFile file_;
  std::optional<std::uint64_t> size_;
  bool is_file_ = false;
  bool in_lfs_ = false;
};

/// Takes what stands before a character, and it, off the front.
std::optional<std::string_view> take_field(std::string_view& rest, char end) {
  const auto at = rest.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view field = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return field;
}

}  // namespace

std::string HubListing::add_page(std::string_view json) {
  Handler handler(files_);
  if (const auto problem = parse_json(json, handler)) return problem->message;
  return handler.is_list ? std::string() : "the hub's list of files is no list";
}

void HubListing::finish() {
  const auto before = [](const ListedFile& a, const ListedFile& b) { return a.path < b.path; };
  std::stable_sort(files_.begin(), files_.end(), before);
  const auto same = [](const ListedFile& a, const ListedFile& b) { return a.path == b.path; };
  files_.erase(std::unique(files_.begin(), files_.end(), same), files_.end());
}

std::string HubListing::text() const {
  std::string text;
  for (const ListedFile& file : files_) {
    text +=
        std::to_string(file.size) + " " + (file.sha256 ? to_hex(*file.sha256) : "-") + " " + file.path + "\n";
  }
  return text;
}

std::optional<HubListing> HubListing::from_text(std::string_view text) {
  HubListing listing;
  while (!text.empty()) {
    auto line = take_field(text, '\n');
    if (!line || listing.files_.size() == kMaxFiles) return std::nullopt;
    const auto digits = take_field(*line, ' ');
    const auto hash = take_field(*line, ' ');
    const auto size = json_unsigned(digits.value_or(""));
    if (!hash || !size || !problem_of_hub_path(*line).empty()) return std::nullopt;
    auto sha256 = sha256_in_name(*hash);
    if (!sha256 && *hash != "-") return std::nullopt;
    listing.files_.push_back({std::string(*line), *size, sha256});
  }
  listing.finish();
  return listing;
}

const ListedFile* HubListing::file(std::string_view path) const {
  const auto found = std::partition_point(files_.begin(), files_.end(),
                                          [&](const ListedFile& file) { return file.path < path; });
  return found != files_.end() && found->path == path ? &*found : nullptr;
}

std::pair<std::size_t, std::size_t> HubListing::range_of(std::string_view directory) const {
  if (directory.empty()) return {0, files_.size()};
  const std::string begin = std::string(directory) + "/";
  const std::string end = std::string(directory) + static_cast<char>('/' + 1);
  const auto at = [&](const std::string& bound) {
    const auto found = std::partition_point(files_.begin(), files_.end(),
                                            [&](const ListedFile& file) { return file.path < bound; });
    return static_cast<std::size_t>(found - files_.begin());
  };
  return {at(begin), at(end)};
}

io::FileType HubListing::type_of(std::string_view path) const {
  if (path.empty()) return io::FileType::directory;
  if (file(path) != nullptr) return io::FileType::regular;
  const auto [begin, end] = range_of(path);
  return begin != end ? io::FileType::directory : io::FileType::none;
}

std::vector<std::string> HubListing::names_in(std::string_view directory) const {
  const std::size_t skipped = directory.empty() ? 0 : directory.size() + 1;
  const auto [begin, end] = range_of(directory);
  std::vector<std::string> names;
  for (std::size_t i = begin; i < end; ++i) {
    const std::string_view below = std::string_view(files_[i].path).substr(skipped);
    names.emplace_back(below.substr(0, below.find('/')));
  }
  sort_names(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace aerotool::hub
