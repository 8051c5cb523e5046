#include "formats/torch/writer.hpp"

#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/torch/container.hpp"
#include "formats/torch/plan_content.hpp"
#include "formats/torch/written_pickle.hpp"
#include "transfer/archive_draft.hpp"

namespace aerotool::torch {
namespace {

// The folder of what is saved to no file.
constexpr std::string_view kFolder = "archive/";

ArchiveFile file_of(std::string_view name, std::string_view text) {
  return {std::string(kFolder) + std::string(name),
          [text](std::span<const PlannedTensor>, const ArchiveFile::Sink& put) { put(bytes_of(text)); }};
}

}  // namespace

std::unique_ptr<FileDraft> TorchWriter::draft(const Plan& plan) const {
  Content content = content_of(plan);
  const auto put_all = [metadata = std::move(content.metadata)](std::span<const PlannedTensor> tensors,
                                                                const ArchiveFile::Sink& put) {
    put_pickle(tensors, *metadata, put);
  };
  std::uint64_t size = 0;
  put_all(content.tensors, [&](ByteSpan bytes) { size += bytes.size(); });
  if (size > kMaxPickle) {
    throw UnsupportedError({plan.models.front()->path(), {}, {}},
                           "its pickle would take " + with_thousands(size) + " bytes; at most " +
                               with_thousands(kMaxPickle) + " are read");
  }
  TensorArchive archive;
  archive.content.files.push_back({std::string(kFolder) + "data.pkl", put_all});
  archive.content.files.push_back(file_of("byteorder", "little"));
  archive.content.files.push_back(file_of("version", "3\n"));
  archive.content.tensors = std::move(content.tensors);
  archive.content.name_of = [](const Tensor&, std::size_t number) {
    return std::string(kFolder) + "data/" + std::to_string(number);
  };
  archive.lost = std::move(content.lost);
  archive.dropped = std::move(content.dropped);
  return draft_of_archive(plan, std::move(archive));
}

}  // namespace aerotool::torch
