// What torch.save() wrote before 1.6: pickles, then the storages (src/formats/torch/FORMAT.md, "Legacy").
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/torch/container.hpp"
#include "io/glances.hpp"

namespace aerotool::torch {
namespace {

constexpr std::uint64_t kFirstLook = std::uint64_t{4} << 20;
constexpr std::int64_t kProtocol = 1001;

class LegacyReader {
 public:
  LegacyReader(const io::Input& input, Report& report) : input_(input), report_(report) {}

  CheckpointFile read() {
    file_.kind = "PyTorch, before 1.6";
    next_pickle();  // the magic number
    const auto protocol = next_pickle();
    if (protocol->nodes().integer(protocol->root()) != kProtocol) {
      report_.fault(
          Code::malformed, {path(), {}, {}},
          "its second pickle is " + protocol->nodes().describe(protocol->root()) + ", not the protocol 1001");
    }
    next_pickle();  // about the machine: what it says of the order of bytes is not so
    file_.pickled = next_pickle();
    const auto keys = next_pickle();
    find_storages(*keys);
    return std::move(file_);
  }

 private:
  const std::string& path() const { return input_.name(); }

  /// How many bytes to look at is not known before the pickle has been read: of a file that is here all, else
  /// more and more.
  std::unique_ptr<Pickled> next_pickle() {
    const std::uint64_t left = std::min(input_.size() - at_, kMaxPickle);
    for (std::uint64_t length = input_.is_here() ? left : std::min(left, kFirstLook);;
         length = std::min(left, 4 * length)) {
      const auto source = [&] {
        return pickle::Source{.bytes = input_.view(at_, length), .path = path(), .offset = at_};
      };
      auto pickled = std::make_unique<Pickled>(source());
      try {
        Report unheard(Report::Mode::judge);
        read_and_judge(*pickled, path(), false, length == left ? report_ : unheard);
        if (length != left) report_.absorb(unheard);
        at_ += pickled->reader().length();
        return pickled;
      } catch (const ContentError&) {
        if (length == left) throw;
      }
    }
  }

  void find_storages(const Pickled& keys) {
    const std::vector<Storage>& storages = file_.pickled->storages();
    file_.places.resize(storages.size());
    std::unordered_map<std::string_view, std::size_t> by_key;
    for (std::size_t i = 0; i < storages.size(); ++i) by_key.emplace(storages[i].key, i);
    std::vector<bool> met(storages.size());
    io::Glances glances(input_);
    for (const pickle::NodeId id : keys.nodes().items(keys.root())) {
      const std::string_view key = keys.nodes().text(id);
      const auto known = by_key.find(key);
      constexpr std::uint64_t kCountBytes = 8;
      if (known == by_key.end()) {
        throw CorruptError({path(), at_, {}},
                           "the storage " + shown(key) +
                               " is listed and not named by the pickle: how long it is, nobody "
                               "knows");
      }
      const Storage& storage = storages[known->second];
      if (!range_fits(at_, kCountBytes, input_.size())) return tell_cut(storage);
      const auto count = load_le<std::uint64_t>(glances.at(at_, kCountBytes));
      at_ += kCountBytes;
      if (count != storage.count) {
        throw CorruptError({path(), at_ - kCountBytes, {}},
                           "the storage " + shown(key) + " has " + plural(count, "element") +
                               ", and the pickle says " + with_thousands(storage.count),
                           Code::shape);
      }
      if (!range_fits(at_, storage.bytes, input_.size())) return tell_cut(storage);
      if (met[known->second]) {
        report_.unreadable(Code::duplicate, {path(), at_, {}},
                           "the storage " + shown(key) + " is there twice");
      } else {
        met[known->second] = true;
        file_.places[known->second] = {at_, storage.bytes, kNone, true};
      }
      at_ += storage.bytes;
    }
    for (std::size_t i = 0; i < storages.size(); ++i) {
      if (met[i] || report_.full()) continue;
      report_.unreadable(Code::missing, {path(), {}, {}},
                         "the pickle names the storage " + shown(storages[i].key) + ", which is not there");
    }
    if (at_ != input_.size()) {
      report_.fault(Code::stray, {path(), at_, {}},
                    plural(input_.size() - at_, "byte") + " behind the last storage belong to nothing");
    }
  }

  void tell_cut(const Storage& storage) {
    report_.unreadable(Code::short_file, {path(), {}, {}},
                       "the file ends before its storage " + shown(storage.key) + " does");
  }

  const io::Input& input_;
  Report& report_;
  CheckpointFile file_;
  std::uint64_t at_ = 0;
};

}  // namespace

CheckpointFile open_legacy(const io::Input& input, Report& report) {
  return LegacyReader(input, report).read();
}

}  // namespace aerotool::torch
