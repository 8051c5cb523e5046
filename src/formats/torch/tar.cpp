// What torch wrote first, before 0.1.10: a tar of three members (src/formats/torch/FORMAT.md, "Tar").
#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/pickle/walk.hpp"
#include "formats/torch/container.hpp"
#include "formats/torch/globals.hpp"
#include "io/glances.hpp"

namespace aerotool::torch {
namespace {

constexpr std::uint64_t kBlock = 512;
constexpr std::uint64_t kSmallPickle = std::uint64_t{64} << 10;

/// Bytes [at, end) of the file.
struct Section {
  std::uint64_t at = 0;
  std::uint64_t end = 0;
};

class TarReader {
 public:
  TarReader(const io::Input& input, Report& report) : input_(input), report_(report), glances_(input) {}

  CheckpointFile read() {
    file_.kind = "PyTorch, a tar";
    find_members();
    read_storages();
    read_tensors();
    KnownIds known;
    known.storages = std::move(storages_);
    known.tensors = std::move(tensors_);
    known.tensor_of = [this](const pickle::Nodes& nodes, pickle::NodeId id) { return tensor_of(nodes, id); };
    const Section& member = members_[kPickle];
    if (member.end - member.at > kMaxPickle)
      throw UnsupportedError({path(), member.at, {}}, "its pickle is larger than is handled");
    file_.pickled = std::make_unique<Pickled>(
        pickle::Source{
            .bytes = input_.view(member.at, member.end - member.at), .path = path(), .offset = member.at},
        std::move(known));
    read_and_judge(*file_.pickled, path(), true, report_);
    return std::move(file_);
  }

 private:
  static constexpr std::size_t kStorages = 0;
  static constexpr std::size_t kTensors = 1;
  static constexpr std::size_t kPickle = 2;

  const std::string& path() const { return input_.name(); }
  [[noreturn]] void refuse(std::uint64_t at, const std::string& why) const {
    throw CorruptError({path(), at, {}}, why);
  }

  /// The size in a tar's header: octal digits, perhaps among spaces.
  std::uint64_t octal(std::string_view digits, std::uint64_t at) const {
    std::uint64_t value = 0;
    for (const char c : digits) {
      if (c == '\0' || c == ' ') continue;
      if (c < '0' || c > '7') refuse(at, "a member of the tar has no size that can be read");
      value = value * 8 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
  }

  void find_members() {
    static constexpr std::array<std::string_view, 3> kNames = {"storages", "tensors", "pickle"};
    std::array<bool, 3> found{};
    for (std::uint64_t at = 0; range_fits(at, kBlock, input_.size());) {
      const std::string header(chars_of(glances_.at(at, kBlock)));
      if (header.find_first_not_of('\0') == std::string::npos) break;
      std::string_view name = std::string_view(header).substr(0, 100);
      name = name.substr(0, name.find('\0'));
      const std::uint64_t size = octal(std::string_view(header).substr(124, 12), at);
      const std::uint64_t begin = at + kBlock;
      if (!range_fits(begin, size, input_.size())) {
        throw CorruptError({path(), at, {}}, "the member " + shown(name) + " does not end inside the file",
                           Code::short_file);
      }
      if (name.starts_with("./")) name.remove_prefix(2);
      const auto known = std::ranges::find(kNames, name);
      if (known != kNames.end()) {
        const auto number = static_cast<std::size_t>(known - kNames.begin());
        if (found[number]) {
          report_.unreadable(Code::duplicate, {path(), at, {}}, "another member has the name " + shown(name));
        } else {
          found[number] = true;
          members_[number] = {begin, begin + size};
        }
      }
      const auto next = checked_align(begin + size, kBlock);
      if (!next) break;
      at = *next;
    }
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      if (found[i]) continue;
      throw CorruptError({path(), {}, {}},
                         "is a tar without a member " + shown(kNames[i]) + ": it is no PyTorch checkpoint",
                         Code::foreign);
    }
  }

  /// The next pickle of a section, which is small.
  std::unique_ptr<Pickled> next_pickle(Section& section) {
    const std::uint64_t length = std::min(section.end - section.at, kSmallPickle);
    auto pickled = std::make_unique<Pickled>(
        pickle::Source{.bytes = input_.view(section.at, length), .path = path(), .offset = section.at});
    read_and_judge(*pickled, path(), false, report_);
    section.at += pickled->reader().length();
    return pickled;
  }

  std::uint64_t next_number(Section& section) {
    constexpr std::uint64_t kWidth = 8;
    if (!range_fits(section.at, kWidth, section.end))
      refuse(section.at, "a number passes the end of its member");
    const auto value = load_le<std::uint64_t>(glances_.at(section.at, kWidth));
    section.at += kWidth;
    return value;
  }

  std::uint64_t next_count(Section& section) {
    const auto pickled = next_pickle(section);
    const pickle::Nodes& nodes = pickled->nodes();
    if (nodes.kind(pickled->root()) != pickle::Kind::integer || nodes.integer(pickled->root()) < 0)
      refuse(section.at, "a member begins with no number");
    return static_cast<std::uint64_t>(nodes.integer(pickled->root()));
  }

  static std::string key_of(const pickle::Nodes& nodes, pickle::NodeId id) {
    return nodes.kind(id) == pickle::Kind::integer ? std::to_string(nodes.integer(id))
                                                   : std::string(nodes.text(id));
  }

  /// A storage, or elements of one from some on.
  struct View {
    std::uint32_t storage = kNone;
    std::uint64_t begin = 0;
  };

  void read_storages() {
    Section& section = members_[kStorages];
    const std::uint64_t count = next_count(section);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto pickled = next_pickle(section);
      const pickle::Nodes& nodes = pickled->nodes();
      const auto items = nodes.items(pickled->root());
      if (items.size() != 3) refuse(section.at, "a storage is " + nodes.describe(pickled->root()));
      Storage storage;
      storage.key = key_of(nodes, items[0]);
      storage.type =
          nodes.kind(items[2]) == pickle::Kind::global ? storage_class(nodes.global(items[2])) : nullptr;
      if (storage.type == nullptr) refuse(section.at, "a storage is of " + nodes.describe(items[2]));
      storage.count = next_number(section);
      const auto bytes = checked_mul(storage.count, std::max<std::uint32_t>(storage.type->bytes, 1));
      if (!bytes || !range_fits(section.at, *bytes, section.end)) {
        throw CorruptError({path(), section.at, {}},
                           "the storage " + shown(storage.key) + " does not end inside its member",
                           Code::short_file);
      }
      storage.bytes = *bytes;
      const auto number = static_cast<std::uint32_t>(storages_.size());
      if (!views_.emplace(storage.key, View{number, 0}).second)
        refuse(section.at, "two storages have the key " + shown(storage.key));
      file_.places.push_back({section.at, *bytes, kNone, true});
      storages_.push_back(std::move(storage));
      section.at += *bytes;
    }
    read_views(section);
    if (section.at != section.end)
      report_.fault(Code::stray, {path(), section.at, {}}, "bytes behind the storages belong to nothing");
  }

  /// A list of (key, key of the storage, begin, count).
  void read_views(Section& section) {
    const auto pickled = next_pickle(section);
    const pickle::Nodes& nodes = pickled->nodes();
    for (const pickle::NodeId id : nodes.items(pickled->root())) {
      const auto items = nodes.items(id);
      const auto root = items.size() == 4 ? views_.find(key_of(nodes, items[1])) : views_.end();
      if (root == views_.end()) refuse(section.at, "a view of a storage is " + nodes.describe(id));
      const View whole = root->second;
      const std::int64_t begin = nodes.integer(items[2]);
      const std::int64_t count = nodes.integer(items[3]);
      if (begin < 0 || count < 0 ||
          !range_fits(static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(count),
                      storages_[whole.storage].count))
        refuse(section.at, "a view of a storage is not inside of it");
      views_.insert_or_assign(key_of(nodes, items[0]),
                              View{whole.storage, whole.begin + static_cast<std::uint64_t>(begin)});
    }
  }

  void read_tensors() {
    Section& section = members_[kTensors];
    const std::uint64_t count = next_count(section);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto pickled = next_pickle(section);
      const pickle::Nodes& nodes = pickled->nodes();
      const auto items = nodes.items(pickled->root());
      const auto view = items.size() == 3 ? views_.find(key_of(nodes, items[1])) : views_.end();
      if (view == views_.end()) refuse(section.at, "a tensor is " + nodes.describe(pickled->root()));
      // A rank of 32 bits, and as many that say nothing.
      const std::uint64_t rank = next_number(section) & 0xffffffff;
      if (rank > kMaxRank) refuse(section.at, "a tensor has " + plural(rank, "dimension"));
      PickledTensor tensor;
      tensor.storage = view->second.storage;
      tensor.type = storages_[tensor.storage].type;
      for (std::uint64_t d = 0; d < rank; ++d) tensor.shape.push_back(next_number(section));
      std::vector<std::int64_t> strides;
      for (std::uint64_t d = 0; d < rank; ++d)
        strides.push_back(static_cast<std::int64_t>(next_number(section)));
      const auto begin = checked_add(view->second.begin, next_number(section));
      if (!begin || std::ranges::any_of(strides, [](std::int64_t stride) { return stride < 0; }))
        refuse(section.at, "a tensor begins or goes where no elements are");
      tensor.begin = *begin;
      StridedView all{0, tensor.shape, std::move(strides)};
      if (!is_row_major(all)) tensor.strides = std::move(all.strides);
      if (tensors_.size() == kMaxTensors || !by_key_.emplace(key_of(nodes, items[0]), tensors_.size()).second)
        refuse(section.at, "two tensors have one key");
      tensors_.push_back(std::move(tensor));
    }
  }

  std::optional<std::size_t> tensor_of(const pickle::Nodes& nodes, pickle::NodeId id) const {
    // A container is named by a tuple.
    if (nodes.kind(id) == pickle::Kind::tuple && !nodes.items(id).empty()) id = nodes.items(id)[0];
    const auto found = by_key_.find(key_of(nodes, id));
    if (found == by_key_.end()) return std::nullopt;
    return found->second;
  }

  const io::Input& input_;
  Report& report_;
  io::Glances glances_;
  CheckpointFile file_;
  std::array<Section, 3> members_;
  std::vector<Storage> storages_;
  std::vector<PickledTensor> tensors_;
  std::unordered_map<std::string, View> views_;          // storages, too
  std::unordered_map<std::string, std::size_t> by_key_;  // of the tensors
};

}  // namespace

CheckpointFile open_tar(const io::Input& input, Report& report) {
  return TarReader(input, report).read();
}

}  // namespace aerotool::torch
