#include "formats/zero/reader.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"
#include "model/known_archive.hpp"
#include "transfer/value_check.hpp"

namespace aerotool::zero {

ZeroModel::ZeroModel(std::shared_ptr<io::Input> named, Report& report)
    : named_(std::move(named)), open_(*named_), files_(files_of(*named_)) {
  checkpoint_ = read_checkpoint(files_, open_, report);
  const std::string directory = io::directory_of(path());
  for (const std::string& file : checkpoint_.files) paths_.push_back(io::path_in(directory, file));
  take_buffers(report);
  take_parameters(report);
  take_shared(report);
  std::unordered_set<std::string_view> names;
  for (const Tensor& tensor : tensors_) {
    if (names.insert(tensor.name).second) continue;
    report.unreadable(Code::duplicate, {path(), {}, shortened(tensor.name)}, "is there twice");
  }
}

void ZeroModel::take_buffers(Report& report) {
  if (files_.states.empty()) return;
  // What is told of the file has been told, and not what is wrong with its tensors.
  Report quiet(report.judging() ? Report::Mode::judge : Report::Mode::use);
  states_ = std::make_unique<const torch::TorchModel>(open_.open(files_.states.front()), "module", quiet);
  const std::unordered_set<std::string_view> wanted(checkpoint_.buffers.begin(), checkpoint_.buffers.end());
  const auto is_wanted = [&](const Finding& finding) {
    return std::ranges::any_of(checkpoint_.buffers, [&](const std::string& name) {
      return shortened(name) == finding.where.tensor;
    });
  };
  for (const Finding& finding : quiet.findings()) {
    if (finding.severity == Severity::fault && !finding.where.tensor.empty() && is_wanted(finding))
      report.unreadable(finding.code, finding.where, finding.message);
  }
  const auto& tensors = states_->tensors();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!wanted.contains(tensors[i].name)) continue;
    tensors_.push_back(tensors[i]);
    tensors_.back().shard = static_cast<std::uint32_t>(files_.partitions.size() + files_.universal.size());
    stored_.push_back({{}, i});
  }
}

void ZeroModel::take_parameters(Report& report) {
  for (Parameter& parameter : checkpoint_.parameters) {
    Tensor tensor;
    tensor.name = std::move(parameter.name);
    tensor.dtype = parameter.type->dtype();
    tensor.shape = std::move(parameter.shape);
    const ByteSize size = tensor.dtype.size_of(tensor.shape);
    if (!size.bytes) {
      report.unreadable(Code::shape, {path(), {}, shortened(tensor.name)}, size.problem);
      continue;
    }
    tensor.size = *size.bytes;
    if (!parameter.pieces.empty()) {
      tensor.shard = parameter.pieces.front().file;
      tensor.offset = parameter.pieces.front().offset;
    }
    tensors_.push_back(std::move(tensor));
    stored_.push_back({std::move(parameter.pieces), std::nullopt});
  }
  checkpoint_.parameters.clear();
}

void ZeroModel::take_shared(Report& report) {
  std::unordered_map<std::string, std::size_t> by_name;
  for (std::size_t i = 0; i < tensors_.size(); ++i) by_name.emplace(tensors_[i].name, i);
  for (const auto& [name, same] : checkpoint_.shared) {
    const auto found = by_name.find(same);
    if (found == by_name.end()) {
      report.unreadable(Code::missing, {path(), {}, shortened(name)},
                        "is the same as " + shown(same) + ", which is not there");
      continue;
    }
    if (by_name.contains(name)) continue;
    Tensor tensor = tensors_[found->second];
    tensor.name = name;
    tensors_.push_back(std::move(tensor));
    stored_.push_back(stored_[found->second]);
  }
}

const std::string& ZeroModel::path_of(std::size_t tensor) const {
  return tensors_[tensor].shard < paths_.size() ? paths_[tensors_[tensor].shard] : path();
}

std::vector<ModelFile> ZeroModel::files() const {
  std::vector<ModelFile> files = {{named_.get(), named_->expected_sha256()}};
  files.resize(files.size() + checkpoint_.files.size());
  return files;
}

std::vector<KnownFile> ZeroModel::known_files() const {
  std::vector<KnownFile> files;
  if (std::ranges::find(paths_, path()) == paths_.end()) files.push_back(known_index(*named_));
  const std::size_t indexes = files.size();
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    const auto input = open_.open(checkpoint_.files[i]);
    files.push_back({.path = paths_[i], .size = input->size()});
    add_archive_if_any(input, files.back());
  }
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    for (const Piece& piece : stored_[i].pieces) {
      files[indexes + piece.file].regions.push_back(
          {piece.offset, piece.length, tensors_[i].name, RegionKind::tensor});
    }
    if (!stored_[i].buffer) continue;
    const Tensor& buffer = states_->tensors()[*stored_[i].buffer];
    const auto file = std::ranges::find(files, states_->path(), &KnownFile::path);
    if (file != files.end())
      file->regions.push_back({buffer.offset, buffer.size, tensors_[i].name, RegionKind::tensor});
  }
  return files;
}

Overview ZeroModel::overview() const {
  Overview overview;
  overview.format = "DeepSpeed ZeRO";
  overview.version = files_.universal.empty() ? std::to_string(checkpoint_.stage) : "universal";
  if (std::ranges::find(paths_, path()) == paths_.end()) {
    overview.files.push_back({path(), named_->size()});
    overview.file_size = named_->size();
  }
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    const std::uint64_t size = open_.open(checkpoint_.files[i])->size();
    overview.file_size += size;
    overview.files.push_back({paths_[i], size});
    overview.shards.push_back({checkpoint_.files[i], paths_[i], 0, size, 0});
  }
  if (!tensors_.empty())
    overview.integrity.push_back({.covers = Integrity::Covers::tensors, .algorithm = "CRC-32", .count = 0});
  for (const Tensor& tensor : tensors_) {
    if (tensor.shard < overview.shards.size()) ++overview.shards[tensor.shard].tensor_count;
  }
  return overview;
}

Metadata ZeroModel::metadata() const {
  return states_ ? states_->metadata() : Metadata();
}

Source ZeroModel::source() const {
  Source source;
  source.format = "zero";
  source.metadata = metadata();
  source.valued_metadata = true;
  source.order = order_unless_by_name(tensors_);
  return source;
}

void ZeroModel::read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const {
  if (stored_[tensor].buffer) return states_->read(*stored_[tensor].buffer, offset, out);
  std::uint64_t begin = 0;  // of the piece
  for (const Piece& piece : stored_[tensor].pieces) {
    if (out.empty()) return;
    const std::uint64_t end = begin + piece.length;
    if (offset < end) {
      const auto part =
          out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), end - offset)));
      open_.open(checkpoint_.files[piece.file])->read(piece.offset + (offset - begin), part);
      offset += part.size();
      out = out.subspan(part.size());
    }
    begin = end;
  }
}

bool ZeroModel::check(const CheckOptions& options, Report& report) const {
  if (options.level == CheckLevel::control) return false;
  if (options.level != CheckLevel::full) return true;
  CheckOptions of_file = options;
  of_file.values = false;
  of_file.sha256.clear();
  of_file.tally = nullptr;
  for (const std::string& file : checkpoint_.files) {
    // Its head has been judged.
    Report head(Report::Mode::judge);
    const torch::TorchModel model(open_.open(file), std::string_view(), head);
    model.check(of_file, report);
  }
  if (options.values) check_values(*this, options, report);
  return true;
}

void ZeroModel::require_unchanged() const {
  named_->require_unchanged();
  open_.require_unchanged();
}

}  // namespace aerotool::zero
