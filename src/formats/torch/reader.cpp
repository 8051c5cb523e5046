#include "formats/torch/reader.hpp"

#include <algorithm>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/zip/records.hpp"
#include "foreign/foreign.hpp"
#include "formats/torch/check.hpp"
#include "formats/torch/metadata.hpp"
#include "model/known_archive.hpp"

namespace aerotool::torch {
namespace {

using namespace std::string_view_literals;

/// A pickle of the number 0x1950a86a20f9469cfc6c, behind its protocol, which is 2 unless somebody chose
/// another one; from 4 on it is in a frame.
constexpr std::string_view kLegacyMagic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."sv;
constexpr std::string_view kMagicFrame = "\x95\x0d\0\0\0\0\0\0\0"sv;
constexpr std::size_t kTarMagic = 257;

CheckpointFile open_file(const std::shared_ptr<io::Input>& input, Report& report) {
  const Bytes head = input->view(0, std::min<std::uint64_t>(input->size(), 512));
  switch (kind_of(head.view)) {
    case FileKind::archive:
      return open_archive(input, report);
    case FileKind::legacy:
      return open_legacy(*input, report);
    case FileKind::tar:
      return open_tar(*input, report);
    case FileKind::none:
      break;
  }
  foreign::refuse(*input, "a PyTorch checkpoint");
  throw CorruptError({input->name(), {}, {}}, "is no PyTorch checkpoint", Code::foreign);
}

/// Our shape: of two values in an element the last dimension is twice as long.
std::optional<Shape> shape_of(const PickledTensor& pickled) {
  Shape shape = pickled.shape;
  if (pickled.type->values == 1) return shape;
  if (shape.empty()) return std::nullopt;
  const auto last = checked_mul(shape.back(), pickled.type->values);
  if (!last) return std::nullopt;
  shape.back() = *last;
  return shape;
}

/// The elements of a storage that has these bytes, if it has so many of that type; nothing of other sizes.
std::uint64_t elements_in(std::uint64_t bytes, const ElementType& type) {
  return bytes / type.bytes;
}

bool is_legacy(std::string_view text) {
  if (text.size() < 2 || text[0] != '\x80' || text[1] < 2 || text[1] > 5) return false;
  const bool is_framed = text[1] >= 4 && text.substr(2).starts_with(kMagicFrame);
  return text.substr(is_framed ? 2 + kMagicFrame.size() : 2).starts_with(kLegacyMagic);
}

}  // namespace

FileKind kind_of(ByteSpan head) {
  const std::string_view text = chars_of(head);
  if (text.starts_with(zip::kLocalHeader)) return FileKind::archive;
  if (is_legacy(text)) return FileKind::legacy;
  if (text.size() > kTarMagic && text.substr(kTarMagic).starts_with("ustar")) return FileKind::tar;
  return FileKind::none;
}

TorchModel::TorchModel(std::shared_ptr<io::Input> input, std::string_view key, Report& report)
    : input_(std::move(input)), file_(open_file(input_, report)) {
  Names names = names_of(*file_.pickled, path(), key);
  for (const std::string& name : names.same) {
    report.unreadable(Code::duplicate, {path(), {}, shortened(name)},
                      "several tensors have this name: the keys that lead to them are equal when joined");
  }
  file_.pickled->forget_storages();
  take_tensors(names, report);
  file_.pickled->forget_tensors();
  left_out_ = std::move(names.left_out);
  tell_left_out(report);
  reader_ = std::make_unique<const TensorReader>(*input_, file_, tensors_, stored_);
}

void TorchModel::take_tensors(Names& names, Report& report) {
  std::vector<std::size_t> taken(names.tensors.size(), SIZE_MAX);
  tensors_.reserve(names.tensors.size());
  stored_.all.reserve(names.tensors.size());
  for (std::size_t i = 0; i < names.tensors.size() && !report.full(); ++i) {
    NamedTensor& named = names.tensors[i];
    const PickledTensor& pickled = file_.pickled->tensors()[named.tensor];
    Tensor tensor;
    tensor.dtype = pickled.type->dtype();
    const Where where{path(), {}, shortened(named.name)};
    const auto shape = shape_of(pickled);
    const ByteSize size = shape ? tensor.dtype.size_of(*shape) : ByteSize{{}, "has no dimension"};
    if (!size.bytes) {
      report.unreadable(Code::shape, where, size.problem.empty() ? "has no size" : size.problem);
      continue;
    }
    tensor.shape = *shape;
    tensor.size = *size.bytes;
    if (named.is_flat) tensor.shape = Shape{*element_count(*shape)};
    StoredTensor stored{.type = pickled.type,
                        .storage = pickled.storage,
                        .is_conjugate = pickled.is_conjugate,
                        .is_negated = pickled.is_negated};
    if (pickled.storage != kNone) {
      const StoragePlace& place = file_.places[pickled.storage];
      if (!place.is_there) continue;
      const std::uint64_t width = pickled.type->bytes;
      StridedView view = view_of(pickled);
      const std::uint64_t elements = elements_in(place.size, *pickled.type);
      const auto reach = reach_of(view);
      if (tensor.size != 0 && (!reach || reach->end > elements)) {
        report.unreadable(Code::placement, where,
                          "is not inside of its storage, which has " + plural(elements, "element"));
        continue;
      }
      const bool is_swapped = file_.is_big_endian && width > 1;
      if (!pickled.strides.empty() || is_swapped) {
        stored.view = static_cast<std::uint32_t>(stored_.views.size());
        stored_.views.push_back(std::move(view));
      }
      // Where nothing lies, nobody looks.
      stored.begin = tensor.size == 0 ? 0 : pickled.begin * width;
      const bool is_inflated = place.entry != kNone && file_.archive->entry(place.entry).is_deflated();
      tensor.offset = place.offset + (is_inflated ? 0 : stored.begin);
    }
    // Two names of each of a million tensors would be too many.
    tensor.name = std::move(named.name);
    taken[i] = tensors_.size();
    tensors_.push_back(std::move(tensor));
    stored_.all.push_back(stored);
  }
  take_objects(names, taken);
}

void TorchModel::take_objects(const Names& names, const std::vector<std::size_t>& taken) {
  for (const NamedObject& named : names.objects) {
    const PickledObject& pickled = file_.pickled->objects()[named.object];
    Object object;
    object.name = named.name;
    object.kind = pickled.kind;
    object.layout = pickled.layout;
    object.shape = pickled.shape;
    if (!pickled.attributes.entries.empty()) object.attributes = pickled.attributes;
    bool is_whole = true;
    for (std::size_t i = 0; i < pickled.parts.size(); ++i) {
      const std::size_t number = taken[named.first + i];
      if (number == SIZE_MAX) is_whole = false;
      object.parts.push_back({std::string(pickled.parts[i].role), number});
    }
    if (is_whole) objects_.push_back(std::move(object));
  }
}

void TorchModel::tell_left_out(Report& report) const {
  for (const UnreadTensor& left : left_out_) {
    if (report.full()) return;
    report.warning(Code::not_read, {path(), {}, shortened(left.name)}, left.why);
  }
}

Overview TorchModel::overview() const {
  Overview overview;
  overview.format = file_.kind;
  overview.version = file_.version;
  overview.file_size = input_->size();
  overview.packed_size = input_->packed_size();
  const std::uint64_t end = file_.archive ? file_.archive->data_end() : input_->size();
  overview.shards.push_back({"data", path(), 0, end, tensors_.size()});
  if (file_.archive && !tensors_.empty())
    overview.integrity.push_back({.covers = Integrity::Covers::tensors, .algorithm = "CRC-32", .count = 0});
  return overview;
}

Metadata TorchModel::metadata() const {
  return metadata_of(*file_.pickled).metadata;
}

Source TorchModel::source() const {
  Source source;
  source.format = "pytorch";
  CheckpointMetadata metadata = metadata_of(*file_.pickled);
  source.metadata = std::move(metadata.metadata);
  if (metadata.is_cut) source.left_out.emplace_back("metadata above 32 MiB");
  source.valued_metadata = true;
  source.objects = objects_;
  source.order = order_unless_by_name(tensors_);
  return source;
}

void TorchModel::expect_reads(std::span<const std::size_t> tensors) const {
  if (!is_remote()) return;
  std::vector<io::ByteRange> runs;
  runs.reserve(tensors.size());
  for (const std::size_t i : tensors) {
    if (!reader_->has_storage(i) || tensors_[i].size == 0) continue;
    const StoragePlace& place = reader_->place(i);
    if (const zip::Entry* entry = reader_->entry(i); entry != nullptr && entry->is_deflated()) {
      runs.push_back({entry->data, entry->data + entry->stored_size});
    } else if (stored_.all[i].is_plain()) {
      runs.push_back({tensors_[i].offset, tensors_[i].offset + tensors_[i].size});
    } else {
      runs.push_back({place.offset, place.offset + place.size});
    }
  }
  input_->expect_reads(runs);
}

io::ReadAt TorchModel::reader_of(std::size_t tensor) const {
  const auto reader = std::make_shared<const TensorReader>(*input_, file_, tensors_, stored_);
  return
      [reader, tensor](std::uint64_t offset, std::span<std::byte> out) { reader->read(tensor, offset, out); };
}

std::optional<StoredRange> TorchModel::stored_range(std::size_t tensor) const {
  if (!reader_->has_storage(tensor)) return std::nullopt;
  const StoredTensor& stored = stored_.all[tensor];
  const Tensor& described = tensors_[tensor];
  StoredRange range{.offset = described.offset, .length = described.size, .decoded_length = described.size};
  const zip::Entry* const entry = reader_->entry(tensor);
  const bool is_all = described.size == reader_->place(tensor).size;
  if (entry != nullptr && entry->is_deflated()) {
    range.encoding = StoredEncoding::deflate;
    range.length = entry->stored_size;
    return range;
  }
  const bool is_as_stored = !stored.is_conjugate && !stored.is_negated;
  const bool is_run = stored.is_plain() || is_row_major(stored_.views[stored.view]);
  if (!is_run || !is_as_stored) return std::nullopt;
  if (!stored.is_plain()) range.encoding = StoredEncoding::big_endian;
  if (entry != nullptr && is_all) {
    if (const auto crc = expected_crc(*entry)) {
      range.checksum =
          hash::checksum_of(hash::Algorithm::crc32, *crc,
                            stored.is_plain() ? hash::Checksum::Over::decoded : hash::Checksum::Over::stored);
    }
  }
  return range;
}

std::vector<KnownFile> TorchModel::known_files() const {
  std::vector<KnownFile> files(1);
  KnownFile& file = files.front();
  file.path = path();
  file.size = input_->size();
  if (file_.archive) add_archive(*file_.archive, file);
  for (const StoragePlace& place : file_.places) {
    // Without an archive its size stands before it.
    constexpr std::uint64_t kCountBytes = 8;
    if (file_.archive || !place.is_there || place.offset < kCountBytes) continue;
    file.regions.push_back({place.offset - kCountBytes, kCountBytes, {}, RegionKind::header});
    file.regions.push_back({place.offset, place.size, {}, RegionKind::data});
  }
  for (std::size_t i = 0; i < tensors_.size(); ++i) add_tensor(i, file);
  return files;
}

void TorchModel::add_tensor(std::size_t tensor, KnownFile& file) const {
  const Tensor& described = tensors_[tensor];
  if (!reader_->has_storage(tensor) || described.size == 0) return;
  KnownRegion region{described.offset, described.size, described.name, RegionKind::tensor};
  if (const auto range = stored_range(tensor)) {
    region.offset = range->offset;
    region.size = range->length;
    region.encoding = range->encoding;
  } else {
    // From the first element that it has to the last one.
    const StoredTensor& stored = stored_.all[tensor];
    const std::uint64_t width = stored.type->bytes;
    if (!stored.is_plain()) {
      const auto reach = reach_of(stored_.views[stored.view]);
      if (!reach) return;
      region.offset = reader_->place(tensor).offset + reach->begin * width;
      region.size = (reach->end - reach->begin) * width;
    }
  }
  file.regions.push_back(region);
}

void TorchModel::require_copyable(const std::function<bool(std::size_t tensor)>& wanted) const {
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    if (!reader_->has_storage(i) && wanted(i)) reader_->read(i, 0, {});
  }
}

bool TorchModel::check(const CheckOptions& options, Report& report) const {
  if (options.level == CheckLevel::control) return false;
  if (options.level == CheckLevel::full)
    check_data({*input_, file_, tensors_, stored_, *reader_}, options, report);
  return true;
}

}  // namespace aerotool::torch
