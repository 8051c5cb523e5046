#include "formats/npy/reader.hpp"

#include <utility>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "foreign/foreign.hpp"
#include "formats/npy/parse.hpp"
#include "model/cut_off.hpp"
#include "model/value_scan.hpp"
#include "transfer/file_check.hpp"

namespace aerotool::npy {

std::string name_of_array(const std::string& path) {
  if (path == io::kStandardInput) return "array";
  std::string_view name = path;
  name = name.substr(0, name.find('?'));
  name.remove_prefix(name.rfind('/') + 1);
  for (const std::string_view ending : {".gz", ".zst"}) {
    if (name.ends_with(ending)) name.remove_suffix(ending.size());
  }
  if (name.ends_with(".npy")) name.remove_suffix(4);
  return std::string(name.empty() ? "array" : name);
}

NpyModel::NpyModel(std::shared_ptr<io::Input> input, Report& report) : input_(std::move(input)) {
  const std::uint64_t size = input_->size();
  Bytes looked;
  const Look look = [&](std::uint64_t offset, std::size_t length) {
    looked = input_->view(offset, length);
    return looked.view;
  };
  if (size < kMagic.size() || !chars_of(look(0, kMagic.size())).starts_with(kMagic))
    foreign::refuse(*input_, "NumPy");
  Array array;
  try {
    array = read_array(size, look, types_);
  } catch (const HeadProblem& problem) {
    if (problem.code() == Code::unsupported) throw UnsupportedError({path(), {}, {}}, problem.what());
    throw CorruptError({path(), {}, {}}, problem.what(), problem.code());
  }
  array.tensor.name = name_of_array(path());
  data_ = array.tensor.offset;
  if (!range_fits(data_, array.tensor.size, size)) {
    CutOff cut_off;
    cut_off.add(array.tensor.name, data_, array.tensor.size);
    cut_off.report(path(), size, report);
    return;
  }
  const std::uint64_t end = data_ + array.tensor.size;
  if (end < size) {
    report.fault(Code::stray, {path(), end, {}}, plural(size - end, "byte") + " behind the array");
  }
  if (!array.storing.is_plain()) {
    gathered_ = std::make_unique<const Gathered>(elements_of(array.tensor, array.storing),
                                                 gather_source(*input_, data_));
  }
  tensors_.push_back(std::move(array.tensor));
}

Overview NpyModel::overview() const {
  Overview overview;
  overview.format = "NumPy";
  overview.file_size = input_->size();
  overview.packed_size = input_->packed_size();
  overview.shards.push_back({"data", path(), data_, input_->size() - data_, tensors_.size()});
  return overview;
}

Source NpyModel::source() const {
  Source source;
  source.format = "npy";
  return source;
}

void NpyModel::read(std::size_t /*tensor*/, std::uint64_t offset, std::span<std::byte> out) const {
  gathered_ ? gathered_->read(offset, out) : input_->read(data_ + offset, out);
}

bool NpyModel::check(const CheckOptions& options, Report& report) const {
  if (options.level == CheckLevel::control) return false;
  if (options.level != CheckLevel::full) return true;
  if (!gathered_) {
    check_file(*input_, tensors_, options, report);
    return true;
  }
  CheckOptions of_file = options;
  of_file.values = false;
  check_file(*input_, {}, of_file, report);
  if (!options.values) return true;
  // The file's own bytes are not those of numbers.
  ValueScan scan(tensors_);
  std::vector<io::Region> regions(1);
  regions[0].length = tensors_[0].size;
  regions[0].read = [this](std::uint64_t offset, std::span<std::byte> out) { read(0, offset, out); };
  const std::uint64_t begin = 0;
  const std::uint32_t tensor = 0;
  scan.visit(regions[0], std::span(&begin, 1), std::span(&tensor, 1));
  if (options.progress != nullptr) options.progress->total += regions[0].length;
  io::run(regions, {.jobs = options.jobs, .progress = options.progress, .in_order = {}});
  CheckTally unasked;
  scan.tell(path(), report, (options.tally != nullptr ? *options.tally : unasked).values);
  return true;
}

}  // namespace aerotool::npy
