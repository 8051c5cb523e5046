#include "described_model.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/bytes.hpp"
#include "encoding/json/reader.hpp"

namespace aerotool::fuzz {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 20;  // of a tensor
constexpr std::size_t kMostTensors = 24;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

std::string_view line_of(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

DescribedModel::DescribedModel(std::string_view& text, Metadata metadata) : metadata_(std::move(metadata)) {
  while (tensors_.size() < kMostTensors) {
    const std::string_view line = line_of(text);
    if (line.empty()) break;
    add(line);
  }
}

void DescribedModel::has_file(std::string path, std::string_view text) {
  SideFile file;
  file.path = std::move(path);
  file.size = text.size();
  file.put = [text](const SideFile::Sink& sink) { sink(bytes_of(text)); };
  files_.push_back(std::move(file));
}

void DescribedModel::read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const {
  require(tensor < tensors_.size());
  const std::uint64_t size = tensors_[tensor].size;
  require(offset <= size && out.size() <= size - offset);
  const ByteSpan data = bytes_of(data_);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = data.empty() ? std::byte{0} : data[(tensor + offset + i) % data.size()];
}

void DescribedModel::add(std::string_view line) {
  const std::size_t name_end = line.find(' ');
  if (name_end == std::string_view::npos) return;
  std::string_view rest = line.substr(name_end + 1);
  const std::size_t dtype_end = std::min(rest.find(' '), rest.size());
  const auto dtype = dtype_named(rest.substr(0, dtype_end));
  if (!dtype) return;
  Tensor tensor;
  tensor.name = line.substr(0, name_end);
  for (const Tensor& other : tensors_) {
    if (other.name == tensor.name) return;
  }
  tensor.dtype = *dtype;
  rest.remove_prefix(std::min(dtype_end + 1, rest.size()));
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const auto size = json_unsigned(rest.substr(0, end));
    if (!size) return;
    tensor.shape.push_back(*size);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const ByteSize size = dtype->size_of(tensor.shape);
  if (!size.bytes || *size.bytes > kMostBytes) return;
  tensor.size = *size.bytes;
  tensors_.push_back(std::move(tensor));
}

}  // namespace aerotool::fuzz
