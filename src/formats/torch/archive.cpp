// The zip that torch.save() has written since 1.6 (src/formats/torch/FORMAT.md, "Archives").
#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "foreign/foreign.hpp"
#include "formats/torch/container.hpp"
#include "formats/torch/globals.hpp"

namespace aerotool::torch {
namespace {

constexpr std::uint64_t kMaxText = 64;  // of version and byteorder

/// Whether two programs may see different things in an archive: nothing of it is used then.
bool is_ambiguous(zip::Finding::Kind kind) {
  using Kind = zip::Finding::Kind;
  switch (kind) {
    case Kind::duplicate:
    case Kind::name_differs:
    case Kind::method_differs:
    case Kind::overlap:
    case Kind::encrypted:
    case Kind::method:
    case Kind::impossible_size:
    case Kind::outside:
      return true;
    default:
      return false;
  }
}

class ArchiveReader {
 public:
  ArchiveReader(const std::shared_ptr<const io::Input>& input, Report& report)
      : input_(*input), report_(report) {
    const zip::Tell tell = [&](const zip::Finding& finding) { tell_of(finding); };
    file_.archive = std::make_unique<zip::Archive>(input, tell);
    archive_ = file_.archive.get();
    archive_->read_local_headers(tell);
  }

  CheckpointFile read() {
    find_folder();
    refuse_other_kinds();
    const auto pickle = member("data.pkl");
    if (!pickle) {
      foreign::refuse(input_, "a PyTorch checkpoint");
      throw CorruptError({path(), {}, {}}, "has no data.pkl: it is no PyTorch checkpoint", Code::missing);
    }
    file_.kind = member("constants.pkl") ? "PyTorch, TorchScript" : "PyTorch";
    read_small_members();
    const zip::Entry& entry = archive_->entry(*pickle);
    if (!entry.is_readable)
      throw CorruptError({path(), entry.header, {}}, "its data.pkl cannot be read", Code::malformed);
    Bytes bytes = archive_->bytes_of(*pickle, kMaxPickle, expected_crc(entry));
    // Where the bytes are inflated ones, no offset in the file says where they are.
    const std::uint64_t offset = entry.is_deflated() ? 0 : entry.data;
    const std::string name = entry.is_deflated() ? path() + " (" + std::string(entry.name) + ")" : path();
    file_.pickled =
        std::make_unique<Pickled>(pickle::Source{.bytes = std::move(bytes), .path = name, .offset = offset});
    read_and_judge(*file_.pickled, name, true, report_);
    find_storages();
    return std::move(file_);
  }

 private:
  const std::string& path() const { return input_.name(); }

  void tell_of(const zip::Finding& finding) {
    Where where{path(), finding.offset, {}};
    std::string message = finding.message;
    if (finding.entry && archive_ != nullptr)
      message = "its member " + shown(archive_->entry(*finding.entry).name) + ": " + message;
    is_ambiguous(finding.kind)
        ? report_.unreadable(code_of(finding.kind), std::move(where), std::move(message))
        : report_.fault(code_of(finding.kind), std::move(where), std::move(message));
  }

  /// All lies in one folder: that of the first entry.
  void find_folder() {
    if (archive_->entries().empty()) {
      foreign::refuse(input_, "a PyTorch checkpoint");
      throw CorruptError({path(), {}, {}}, "is an archive without members");
    }
    const std::string_view first = archive_->entry(0).name;
    const std::size_t slash = first.find('/');
    folder_ = first.substr(0, slash == std::string_view::npos ? 0 : slash + 1);
    std::size_t outside = 0;
    const zip::Entry* example = nullptr;
    for (const zip::Entry& entry : archive_->entries()) {
      if (entry.name.starts_with(folder_)) continue;
      if (outside++ == 0) example = &entry;
    }
    if (outside == 0) return;
    report_.fault(Code::placement, {path(), example->header, {}},
                  plural(outside, "member") + " such as " + shown(example->name) +
                      " lie outside of its folder " + shown(folder_));
  }

  std::optional<std::size_t> member(std::string_view name) const {
    return archive_->find(std::string(folder_) + std::string(name));
  }

  void refuse_other_kinds() const {
    const auto holds = [&](auto&& wanted) {
      return std::ranges::any_of(archive_->entries(),
                                 [&](const zip::Entry& entry) { return wanted(entry.name); });
    };
    const auto refuse = [&](const std::string& what) { throw UnsupportedError({path(), {}, {}}, what); };
    if (member(".data/extern_modules"))
      refuse("is a torch.package, a program with its modules, which aerotool does not read");
    const bool is_exported =
        member("archive_format") || holds([&](std::string_view name) {
          return name.starts_with(std::string(folder_) + "models/") && name.ends_with(".json");
        });
    if (is_exported && !member("data.pkl")) {
      refuse(
          "is a model exported by torch.export (.pt2), a program, which aerotool does not read; save its "
          "state_dict as safetensors first");
    }
  }

  /// The text of a small member without white space at its end; nothing where it is not there.
  std::optional<std::string> text_of(std::string_view name) const {
    const auto number = member(name);
    if (!number || !archive_->entry(*number).is_readable) return std::nullopt;
    const zip::Entry& entry = archive_->entry(*number);
    std::string text(archive_->bytes_of(*number, kMaxText, expected_crc(entry)).text());
    text.erase(text.find_last_not_of(" \t\r\n") + 1);
    return text;
  }

  void read_small_members() {
    if (const auto version = text_of("version")) {
      file_.version = *version;
      constexpr std::size_t kMostDigits = 4;
      const bool is_number = !version->empty() && version->size() <= kMostDigits &&
                             version->find_first_not_of("0123456789") == std::string::npos;
      constexpr int kMostVersion = 10;
      if (!is_number) {
        report_.fault(Code::malformed, {path(), {}, {}}, "its version is " + shown(*version));
      } else if (std::stoi(*version) > kMostVersion) {
        report_.fault(Code::unsupported, {path(), {}, {}},
                      "its version is " + *version + "; torch reads up to " + std::to_string(kMostVersion));
      }
    } else if (!member("constants.pkl")) {
      report_.fault(Code::missing, {path(), {}, {}},
                    "has no member 'version', without which torch reads nothing");
    }
    const auto order = text_of("byteorder");
    if (!order || *order == "little") return;
    file_.is_big_endian = *order == "big";
    if (!file_.is_big_endian)
      report_.unreadable(Code::malformed, {path(), {}, {}}, "its byte order is " + shown(*order));
  }

  void find_storages() {
    std::vector<bool> named(archive_->entries().size());
    file_.places.reserve(file_.pickled->storages().size());
    for (const Storage& storage : file_.pickled->storages()) {
      StoragePlace& place = file_.places.emplace_back();
      const auto number = member("data/" + storage.key);
      if (!number) {
        report_.unreadable(Code::missing, {path(), {}, {}},
                           "the pickle names the storage " + shown(storage.key) + ", which is not there");
        continue;
      }
      const zip::Entry& entry = archive_->entry(*number);
      named[*number] = true;
      if (!entry.is_readable) continue;
      if (entry.size != storage.bytes) {
        report_.unreadable(Code::shape, {path(), entry.data, {}},
                           "the storage " + shown(storage.key) + " has " + plural(entry.size, "byte") +
                               ", and the pickle says " + with_thousands(storage.bytes));
        continue;
      }
      place = {entry.data, entry.size, static_cast<std::uint32_t>(*number), true};
    }
    tell_unnamed(named);
  }

  void tell_unnamed(const std::vector<bool>& named) const {
    const std::string data = std::string(folder_) + "data/";
    std::size_t count = 0;
    const zip::Entry* example = nullptr;
    for (std::uint32_t i = 0; i < archive_->entries().size(); ++i) {
      const zip::Entry& entry = archive_->entry(i);
      if (!entry.name.starts_with(data) || entry.is_directory() || named[i]) continue;
      if (count++ == 0) example = &entry;
    }
    if (count == 0) return;
    report_.warning(Code::trailing, {path(), example->header, {}},
                    plural(count, "storage") + " such as " + shown(example->name.substr(data.size())) +
                        (count == 1 ? " is" : " are") + " not named by the pickle");
  }

  const io::Input& input_;
  Report& report_;
  CheckpointFile file_;
  zip::Archive* archive_ = nullptr;
  std::string_view folder_;  // with its slash
};

}  // namespace

std::optional<std::uint32_t> expected_crc(const zip::Entry& entry) {
  if (entry.crc == 0 && entry.size != 0) return std::nullopt;
  return entry.crc;
}

CheckpointFile open_archive(const std::shared_ptr<const io::Input>& input, Report& report) {
  return ArchiveReader(input, report).read();
}

void read_and_judge(Pickled& pickled, const std::string& path, bool is_last, Report& report) {
  const auto judge = [&] {
    for (const pickle::Oddity& oddity : pickled.reader().oddities()) {
      if (report.full()) break;
      report.doubt(Code::danger, {path, oddity.offset, {}}, oddity.message);
    }
    judge_globals(path, pickled.reader().globals(), pickled.called(), report);
  };
  try {
    pickled.read();
    if (is_last) pickled.reader().note_rest();
  } catch (const ContentError&) {
    judge();
    throw;
  }
  judge();
}

}  // namespace aerotool::torch
