#include "formats/dcp/items.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/dcp/chunks.hpp"
#include "io/file_input.hpp"
#include "io/interrupt.hpp"
#include "io/part_input.hpp"
#include "io/spool_file.hpp"
#include "io/zstd_reader.hpp"

namespace aerotool::dcp {
namespace {

constexpr std::string_view kZstd = "stream.zstd/1";
/// What an archive may have beside a tensor's bytes, and what an object may take.
constexpr std::uint64_t kMostBeside = std::uint64_t{1} << 20;
constexpr std::uint64_t kMostObject = std::uint64_t{1} << 30;

std::uint64_t most_of(const Index& index, const Key& key, std::uint64_t chunk) {
  if (!key.is_tensor) return kMostObject;
  std::uint64_t bytes = key.type->bytes;
  for (std::size_t i = 0; i < key.shape.size(); ++i) bytes *= index.size(key, chunk, i);
  return bytes + kMostBeside;
}

std::shared_ptr<io::Input> unpacked(const io::Input& input, std::uint64_t most) {
  constexpr std::size_t kAtOnce = std::size_t{256} << 10;
  std::uint64_t at = 0;
  Bytes block;
  io::ZstdReader reader(
      [&] {
        block = input.view(at, std::min<std::uint64_t>(kAtOnce, input.size() - at));
        at += block.size();
        return block.view;
      },
      io::ZstdReader::Frames::one);
  io::SpoolFile spool(input.name());
  std::vector<std::byte> out(kAtOnce);
  std::uint64_t size = 0;
  try {
    while (const std::size_t count = reader.read(out)) {
      io::check_interrupt();
      if ((size += count) > most) {
        throw CorruptError({input.name(), {}, {}},
                           "unpacks to more than " + plural(most, "byte") + ", which it has no use for",
                           Code::shape);
      }
      spool.append(std::span(out).first(count));
    }
  } catch (const io::ZstdProblem& problem) {
    throw CorruptError({input.name(), {}, {}}, std::string("is no sound zstd frame: ") + problem.what());
  }
  return io::FileInput::adopt(spool.take(), input.name());
}

/// With the tensor's name, and which of its chunks it is.
[[noreturn]] void rethrow(const ContentError& error, const Index& index, const Key& key,
                          std::uint64_t chunk) {
  const Where where{error.where().path, error.where().offset, shortened(key.name)};
  const std::string message =
      "its chunk at " + begin_text(index, key, chunk) + " cannot be read: " + error.message();
  if (error.code() == Code::unsupported) throw UnsupportedError(where, message);
  throw CorruptError(where, message, error.code());
}

}  // namespace

Shape shape_of_chunk(const Index& index, const Key& key, std::uint64_t chunk) {
  Shape shape;
  for (std::size_t i = 0; i < key.shape.size(); ++i) shape.push_back(index.size(key, chunk, i));
  if (!shape.empty()) shape.back() *= key.type->values;
  return shape;
}

std::shared_ptr<io::Input> Items::open(const Key& key, std::uint64_t chunk) const {
  const auto item = index_.item(key, chunk);
  if (!item) {
    throw CorruptError({files_.path_of_index(), {}, shortened(key.name)},
                       "is in no file: the index has no entry for it", Code::missing);
  }
  const std::string& transform = index_.transforms[item->transform];
  if (!transform.empty() && transform != kZstd) {
    throw UnsupportedError({files_.path_of(item->file), item->offset, shortened(key.name)},
                           "is transformed by " + shown(transform) + ", which is not read");
  }
  const auto input = files_.open(item->file);
  if (!range_fits(item->offset, item->length, input->size())) {
    throw CorruptError({input->name(), {}, shortened(key.name)},
                       "the index has it at byte " + std::to_string(item->offset) + ", with " +
                           plural(item->length, "byte") + ", and the file has " +
                           with_thousands(input->size()),
                       Code::short_file);
  }
  auto part =
      std::make_shared<io::PartInput>(input, io::ByteRange{item->offset, item->offset + item->length},
                                      input->name() + ", item at byte " + std::to_string(item->offset));
  if (transform.empty()) return part;
  return unpacked(*part, most_of(index_, key, chunk));
}

std::unique_ptr<torch::TorchModel> Items::open_chunk(const Key& key, std::uint64_t chunk,
                                                     Report& report) const {
  try {
    auto model = std::make_unique<torch::TorchModel>(open(key, chunk), std::string_view(), report);
    const std::string& path = model->path();
    if (model->tensors().size() != 1 || !model->unread().empty())
      throw CorruptError({path, {}, {}}, "is an archive of something else than one tensor");
    const Tensor& tensor = model->tensors().front();
    const Shape expected = shape_of_chunk(index_, key, chunk);
    if (!(tensor.dtype == key.type->dtype())) {
      throw CorruptError({path, {}, {}},
                         "is of " + std::string(tensor.dtype.name()) + ", and the index says " +
                             std::string(key.type->dtype().name()),
                         Code::dtype);
    }
    if (tensor.shape != expected) {
      throw CorruptError(
          {path, {}, {}},
          "has the shape " + to_string(tensor.shape) + ", and the index says " + to_string(expected),
          Code::shape);
    }
    return model;
  } catch (const ContentError& error) {
    rethrow(error, index_, key, chunk);
  }
}

}  // namespace aerotool::dcp
