#include "formats/dcp/rank_files.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/torch/container.hpp"
#include "formats/torch/contents.hpp"
#include "io/interrupt.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"

namespace aerotool::dcp {
namespace {

using pickle::Kind;
using pickle::NodeId;
using pickle::Nodes;

/// Takes a number off the front, as Python prints it.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || (length > 1 && text.front() == '0')) return std::nullopt;
  text.remove_prefix(length);
  return number;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

/// One process's file.
class RankFile {
 public:
  RankFile(const std::shared_ptr<const io::Input>& input, std::uint32_t rank, std::uint32_t count,
           Report& report)
      : file_(torch::open_archive(input, report)), path_(input->name()), rank_(rank), count_(count) {
    if (file_.is_big_endian)
      throw UnsupportedError({path_, {}, {}}, "is of a big-endian machine, which is not read of such files");
  }

  void add_to(PartsBuilder& builder) {
    const NodeId root = torch::resolved(nodes(), file_.pickled->root());
    if (torch::container_of(nodes(), root) != torch::Container::mapping)
      throw UnsupportedError({path_, {}, {}}, "has no dict of tensors, as one process's file of FSDP2 has");
    for (const torch::PickledShare& share : file_.pickled->shares()) shares_.emplace(share.unread, &share);
    torch::for_each_member(nodes(), root, [&](const torch::Place& place, NodeId value) {
      const NodeId node = torch::resolved(nodes(), value);
      if (place.key == pickle::kNoNode || nodes().kind(node) != Kind::record) return;
      add(builder, torch::text_of(nodes(), place), nodes().record(node));
    });
  }

 private:
  const Nodes& nodes() const { return file_.pickled->nodes(); }

  void add(PartsBuilder& builder, const std::string& name, pickle::Record record) const {
    const std::size_t number = torch::Pickled::number(record);
    const auto refuse = [&](const std::string& why, Code code = Code::unsupported) {
      builder.set_problem(name, code, "in the file of process " + std::to_string(rank_) + " it " + why);
    };
    switch (torch::Pickled::made(record)) {
      case torch::Made::storage:
        return refuse("is a storage by itself, and no tensor");
      case torch::Made::object:
        return refuse("is made of several tensors, which are not put together");
      case torch::Made::tensor: {
        // Each process has all of what is no DTensor.
        const torch::PickledTensor& tensor = file_.pickled->tensors()[number];
        if (!builder.set_shape(name, tensor.shape))
          return refuse("has another shape than before", Code::shape);
        if (rank_ == 0) add_part(builder, name, tensor, Shape(tensor.shape.size(), 0), refuse);
        return;
      }
      case torch::Made::unread:
        break;
    }
    const auto found = shares_.find(number);
    if (found == shares_.end()) return refuse(file_.pickled->unread()[number]);
    const torch::PickledShare& share = *found->second;
    if (!share.problem.empty()) return refuse(share.problem);
    if (!builder.set_shape(name, share.shape)) return refuse("has another shape than before", Code::shape);
    const torch::PickledTensor& local = file_.pickled->tensors()[share.local];
    if (local.type != share.type) return refuse("has a part of another dtype", Code::dtype);
    Shape begin(share.shape.size(), 0);
    Shape expected = share.shape;
    if (share.cut_along) {
      // Equal parts, rounded up; the last ones are shorter, or empty.
      const std::uint64_t all = share.shape[*share.cut_along];
      const std::uint64_t each = all / count_ + (all % count_ == 0 ? 0 : 1);
      const std::uint64_t from = std::min(all, checked_mul(each, std::uint64_t{rank_}).value_or(all));
      begin[*share.cut_along] = from;
      expected[*share.cut_along] = std::min(each, all - from);
    }
    if (local.shape != expected) {
      return refuse("has a part of the shape " + to_string(local.shape) + ", and of " +
                        plural(count_, "process", "processes") + " it would be " + to_string(expected),
                    Code::shape);
    }
    if (share.cut_along || rank_ == 0) add_part(builder, name, local, std::move(begin), refuse);
  }

  template <typename Refuse>
  void add_part(PartsBuilder& builder, const std::string& name, const torch::PickledTensor& tensor,
                Shape begin, const Refuse& refuse) const {
    const std::uint64_t width = tensor.type->bytes;
    const auto count = element_count(tensor.shape);
    if (!count || width == 0) return refuse("has no size", Code::shape);
    const auto length = checked_mul(*count, width);
    if (!length) return refuse("has no size", Code::shape);
    Part part{tensor.type, {}, std::move(begin), tensor.shape, 0, *length};
    if (*count > 0) {
      if (tensor.storage == torch::kNone) return refuse("has no bytes: it is on the device 'meta'");
      if (!tensor.strides.empty() || tensor.is_conjugate || tensor.is_negated)
        return refuse("has elements that are not side by side, which is not read of such files");
      const torch::StoragePlace& place = file_.places[tensor.storage];
      if (!place.is_there) return refuse("has a storage that is not there", Code::missing);
      if (place.entry != torch::kNone && file_.archive->entry(place.entry).is_deflated())
        return refuse("is packed, which is not read of such files: unpack it first");
      if (!range_fits(tensor.begin, *count, place.size / width))
        return refuse("is not inside of its storage", Code::placement);
      part.offset = place.offset + tensor.begin * width;
    }
    builder.add(name, std::move(part));
  }

  torch::CheckpointFile file_;
  std::string path_;
  std::uint32_t rank_;
  std::uint32_t count_;
  std::map<std::size_t, const torch::PickledShare*> shares_;
};

}  // namespace

std::optional<RankFileName> rank_file_name(std::string_view name) {
  std::string_view rest = name;
  RankFileName parsed;
  std::string_view ending = ".pt";
  if (take(rest, "model_world_size_")) {
    parsed.count = take_number(rest);
    if (!parsed.count || !take(rest, "_rank_")) return std::nullopt;
  } else if (take(rest, "pytorch_model_fsdp_")) {
    ending = ".bin";
    if (!rest.starts_with("rank") && (!take_number(rest) || !take(rest, "_"))) return std::nullopt;
    if (!take(rest, "rank")) return std::nullopt;
  } else {
    return std::nullopt;
  }
  parsed.of = std::string(name.substr(0, name.size() - rest.size())) + std::string(ending);
  const auto rank = take_number(rest);
  if (!rank || rest != ending) return std::nullopt;
  parsed.rank = *rank;
  return parsed;
}

Parts parts_of_rank_files(const io::Input& named, Report& report) {
  const std::string& path = named.name();
  io::require_directory(path);
  const auto own = rank_file_name(std::string_view(path).substr(path.rfind('/') + 1));
  if (!own) throw UnsupportedError({path, {}, {}}, "is not called as one process's file is");
  std::map<std::uint32_t, std::string> files;
  for (std::string& name : io::names_in(io::directory_of(path))) {
    const auto file = rank_file_name(name);
    if (file && file->of == own->of) files.emplace(file->rank, std::move(name));
  }
  const std::uint64_t count = own->count.value_or(files.empty() ? 0 : files.rbegin()->first + 1);
  if (files.empty() || files.size() != count || files.rbegin()->first + 1 != count) {
    std::uint32_t missing = 0;
    while (files.contains(missing)) ++missing;
    throw CorruptError({path, {}, {}},
                       "is of one of " + plural(count, "process", "processes") + ", and " +
                           (missing < count ? "that of process " + std::to_string(missing) + " is missing"
                                            : with_thousands(files.size()) + " are there"),
                       Code::missing);
  }
  PartsBuilder builder;
  try {
    for (const auto& [rank, name] : files) {
      io::check_interrupt();
      const auto input = io::open_beside(named, name);
      builder.begin_file(name, input->size());
      RankFile(input, rank, static_cast<std::uint32_t>(count), report).add_to(builder);
    }
    Parts all = builder.finish();
    all.shown = "PyTorch, a file for each process";
    all.are_archives = true;
    return all;
  } catch (const TooMuch& problem) {
    throw UnsupportedError({path, {}, {}}, "the files have " + problem.what);
  }
}

}  // namespace aerotool::dcp
