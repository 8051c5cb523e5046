#include "formats/zero/checkpoint.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/pickle/nodes.hpp"
#include "formats/torch/container.hpp"
#include "formats/torch/contents.hpp"
#include "formats/torch/tensor_reader.hpp"
#include "io/interrupt.hpp"

namespace aerotool::zero {
namespace {

using pickle::Kind;
using pickle::NodeId;
using pickle::Nodes;

constexpr std::string_view kFloat32 = "float32";

/// A row of elements in a file.
struct Flat {
  const torch::ElementType* type = nullptr;
  Piece piece;
  std::uint64_t count() const { return piece.length / type->bytes; }
};

// NOLINTNEXTLINE(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw
struct NamedShape {
  std::string name;
  Shape shape;
};
using Group = std::vector<NamedShape>;

/// A file that is being looked at.
class File {
 public:
  File(const std::shared_ptr<const io::Input>& input, std::uint32_t number, Report& report)
      : file_(torch::open_archive(input, report)), path_(input->name()), number_(number) {
    if (file_.is_big_endian)
      throw UnsupportedError({path_, {}, {}}, "is of a big-endian machine, which is not read of such files");
  }

  const std::string& path() const { return path_; }
  const Nodes& nodes() const { return file_.pickled->nodes(); }
  NodeId root() const { return torch::resolved(nodes(), file_.pickled->root()); }
  [[noreturn]] void refuse(const std::string& why, Code code = Code::malformed) const {
    throw CorruptError({path_, {}, {}}, why, code);
  }

  /// What lies under a key; kNoNode where nothing does.
  NodeId find(NodeId container, std::string_view key) const {
    NodeId found = pickle::kNoNode;
    torch::for_each_member(nodes(), torch::resolved(nodes(), container),
                           [&](const torch::Place& place, NodeId value) {
                             if (place.key != pickle::kNoNode && nodes().kind(place.key) == Kind::text &&
                                 nodes().text(place.key) == key)
                               found = value;
                           });
    return found;
  }
  NodeId required(NodeId container, std::string_view key) const {
    const NodeId found = find(container, key);
    if (found == pickle::kNoNode) refuse("has no " + shown(key), Code::missing);
    return found;
  }

  std::vector<NodeId> items(NodeId list) const {
    std::vector<NodeId> found;
    torch::for_each_member(nodes(), torch::resolved(nodes(), list),
                           [&](const torch::Place& /*place*/, NodeId value) { found.push_back(value); });
    return found;
  }
  std::uint64_t number(NodeId id, std::string_view what) const {
    if (nodes().kind(id) != Kind::integer || nodes().integer(id) < 0)
      refuse("has " + nodes().describe(id) + " as its " + std::string(what));
    return static_cast<std::uint64_t>(nodes().integer(id));
  }

  Group shapes(NodeId dict, std::string_view what) const {
    Group group;
    torch::for_each_member(
        nodes(), torch::resolved(nodes(), dict), [&](const torch::Place& place, NodeId value) {
          if (place.key == pickle::kNoNode || nodes().kind(place.key) != Kind::text)
            refuse("has " + nodes().describe(place.key) + " as a name in its " + std::string(what));
          NamedShape named{std::string(nodes().text(place.key)), {}};
          for (const NodeId size : items(value)) named.shape.push_back(number(size, what));
          if (named.shape.size() > torch::kMaxRank || !element_count(named.shape))
            refuse("says of " + shown(named.name) + " a shape that has no size", Code::shape);
          group.push_back(std::move(named));
        });
    return group;
  }

  Flat flat(NodeId id) const {
    const NodeId node = torch::resolved(nodes(), id);
    if (nodes().kind(node) != Kind::record ||
        torch::Pickled::made(nodes().record(node)) != torch::Made::tensor)
      refuse("has " + nodes().describe(node) + " where a row of elements should be");
    const torch::PickledTensor& tensor =
        file_.pickled->tensors()[torch::Pickled::number(nodes().record(node))];
    const auto count = element_count(tensor.shape);
    Flat flat{tensor.type, {number_, 0, 0}};
    if (!count || tensor.storage == torch::kNone || !tensor.strides.empty() || tensor.is_negated ||
        tensor.is_conjugate || tensor.type->bytes == 0)
      refuse("has a row of elements that are not side by side");
    if (*count == 0) return flat;
    const torch::StoragePlace& place = file_.places[tensor.storage];
    if (!place.is_there) refuse("has a row of elements whose storage is not there", Code::missing);
    if (place.entry != torch::kNone && file_.archive->entry(place.entry).is_deflated())
      throw UnsupportedError({path_, {}, {}}, "is packed, which is not read of such files: unpack it first");
    const std::uint64_t width = tensor.type->bytes;
    if (!range_fits(tensor.begin, *count, place.size / width))
      refuse("has a row of elements that is not inside of its storage", Code::placement);
    flat.piece.offset = place.offset + tensor.begin * width;
    flat.piece.length = *count * width;
    return flat;
  }

  /// A tensor that is a row of elements, whatever its shape.
  NamedShape shape_of(std::string name, NodeId id) const {
    const torch::PickledTensor& tensor =
        file_.pickled->tensors()[torch::Pickled::number(nodes().record(torch::resolved(nodes(), id)))];
    return {std::move(name), tensor.shape};
  }

  /// Of a number, or a member of ZeroStageEnum.
  int stage(NodeId id) const {
    if (nodes().kind(id) == Kind::integer)
      return static_cast<int>(std::clamp<std::int64_t>(nodes().integer(id), -1, 4));
    const auto arguments = nodes().items(nodes().arguments(id));
    if (arguments.empty()) return -1;
    const NodeId value = arguments.back();
    if (nodes().kind(value) == Kind::integer) return stage(value);
    constexpr std::pair<std::string_view, int> kNames[] = {
        {"disabled", 0}, {"optimizer_states", 1}, {"gradients", 2}, {"weights", 3}};
    for (const auto& [name, number] : kNames) {
      if (nodes().text(value) == name) return number;
    }
    return -1;
  }

 private:
  torch::CheckpointFile file_;
  std::string path_;
  std::uint32_t number_;
};

/// Elements that lie in rows one behind the other, of which some are taken after others.
class Rows {
 public:
  void add(const Flat& flat) { flats_.push_back(flat); }
  std::uint64_t count() const {
    std::uint64_t sum = 0;
    for (const Flat& flat : flats_) sum += flat.count();
    return sum;
  }
  std::uint64_t taken() const { return taken_; }

  /// False where there are not so many.
  bool take(std::uint64_t count, std::vector<Piece>& pieces) {
    taken_ += count;
    while (count > 0) {
      if (at_ == flats_.size()) return false;
      const Flat& flat = flats_[at_];
      const std::uint64_t here = std::min(count, flat.count() - inside_);
      if (here > 0) {
        pieces.push_back(
            {flat.piece.file, flat.piece.offset + inside_ * flat.type->bytes, here * flat.type->bytes});
      }
      count -= here;
      inside_ += here;
      if (inside_ < flat.count()) continue;
      ++at_;
      inside_ = 0;
    }
    return true;
  }
  bool skip(std::uint64_t count) {
    std::vector<Piece> passed;
    return take(count, passed);
  }

 private:
  std::vector<Flat> flats_;
  std::size_t at_ = 0;
  std::uint64_t inside_ = 0;
  std::uint64_t taken_ = 0;
};

/// What an optimizer's file of one process says.
struct Partition {
  std::vector<Flat> groups;
  std::vector<std::vector<std::uint64_t>> paddings;  ///< behind each parameter of a group
};

class CheckpointReader {
 public:
  CheckpointReader(const CheckpointFiles& files, const io::FewOpen& open, Report& report)
      : files_(files), open_(open), report_(report) {}

  Checkpoint read() {
    if (!files_.universal.empty()) {
      read_universal();
      return std::move(checkpoint_);
    }
    checkpoint_.files = files_.partitions;
    checkpoint_.files.insert(checkpoint_.files.end(), files_.states.begin(), files_.states.end());
    for (std::uint32_t i = 0; i < files_.partitions.size(); ++i) {
      io::check_interrupt();
      read_partition(File(open_.open(files_.partitions[i]), i, report_), i == 0);
    }
    read_states();
    checkpoint_.stage == 3 ? join_by_parameter() : join_by_group();
    return std::move(checkpoint_);
  }

 private:
  std::uint64_t world() const { return files_.partitions.size(); }

  void read_partition(const File& file, bool is_first) {
    const NodeId state = file.required(file.root(), "optimizer_state_dict");
    const int stage = file.stage(file.required(state, "zero_stage"));
    if (stage < 1 || stage > 3) {
      throw UnsupportedError({file.path(), {}, {}}, "is of no stage of ZeRO that is read");
    }
    if (is_first) checkpoint_.stage = stage;
    if (stage != checkpoint_.stage) file.refuse("is of another stage than the other files", Code::part);
    const NodeId count = file.required(state, "partition_count");
    std::uint64_t most = 0;
    if (file.nodes().kind(count) == Kind::integer) {
      most = file.number(count, "partition_count");
    } else {
      for (const NodeId one : file.items(count)) most = std::max(most, file.number(one, "partition_count"));
    }
    if (most != world()) {
      file.refuse("says that there are " + plural(most, "partition") + ", and " + with_thousands(world()) +
                      (world() == 1 ? " is there" : " are there"),
                  Code::missing);
    }
    Partition partition;
    const NodeId groups =
        file.required(state, stage == 3 ? "fp32_flat_groups" : "single_partition_of_fp32_groups");
    for (const NodeId group : file.items(groups)) {
      partition.groups.push_back(file.flat(group));
      if (partition.groups.back().type->name != kFloat32)
        file.refuse("has master weights of " + std::string(partition.groups.back().type->name), Code::dtype);
    }
    const NodeId paddings = file.find(state, "param_alignment_paddings");
    if (is_first && paddings != pickle::kNoNode && file.nodes().kind(paddings) != Kind::none) {
      for (const NodeId group : file.items(paddings)) {
        auto& of_group = partition.paddings.emplace_back();
        for (const NodeId padding : file.items(group))
          of_group.push_back(file.number(padding, "param_alignment_paddings"));
      }
    }
    partitions_.push_back(std::move(partition));
  }

  /// Each parameter is whole in a file of its own: {"param": tensor, ...}, or the tensor by itself.
  void read_universal() {
    for (const auto& [name, file] : files_.universal) {
      checkpoint_.files.push_back(file);
      whole_.insert(name);
    }
    std::unordered_set<std::string> elsewhere;
    std::unordered_map<std::string, Shape> expected;
    if (!files_.states.empty()) {
      checkpoint_.files.push_back(files_.states.front());
      const File states(open_.open(files_.states.front()), number_of_states(0), report_);
      read_names(states);
      expected = expected_of(states);
      // What the model's state has in its own type, and a tied tensor that its owner has in float32.
      const NodeId module = states.find(states.root(), "module");
      for (const std::string& buffer : checkpoint_.buffers) {
        if (states.find(module, buffer) != pickle::kNoNode) elsewhere.insert(buffer);
      }
      for (const auto& [name, same] : checkpoint_.shared) {
        if (whole_.contains(same)) elsewhere.insert(name);
      }
      read_frozen(states);
    }
    for (std::uint32_t i = 0; i < files_.universal.size(); ++i) {
      io::check_interrupt();
      const std::string& name = files_.universal[i].first;
      if (elsewhere.contains(name)) continue;
      const File file(open_.open(files_.universal[i].second), i, report_);
      const bool is_tensor = file.nodes().kind(file.root()) == Kind::record;
      const NodeId parameter = is_tensor ? file.root() : file.required(file.root(), "param");
      const Flat flat = file.flat(parameter);
      const NamedShape named = file.shape_of(name, parameter);
      if (const auto known = expected.find(name); known != expected.end() && known->second != named.shape) {
        file.refuse(
            "has the shape " + to_string(named.shape) + ", and param_shapes says " + to_string(known->second),
            Code::shape);
      }
      Rows row;
      row.add(flat);
      add(named, flat.type, row);
    }
  }

  /// Each parameter of a universal checkpoint, which has a file.
  std::unordered_map<std::string, Shape> expected_of(const File& states) const {
    std::unordered_map<std::string, Shape> expected;
    const NodeId groups = states.find(states.root(), "param_shapes");
    if (groups == pickle::kNoNode) return expected;
    for (const NodeId group : states.items(groups)) {
      for (NamedShape& named : states.shapes(group, "param_shapes")) {
        if (!whole_.contains(named.name))
          states.refuse("names " + shown(named.name) + ", and zero/ has no fp32.pt of it", Code::missing);
        expected.emplace(std::move(named.name), std::move(named.shape));
      }
    }
    return expected;
  }

  /// Which of the checkpoint's files has the model's state of a process.
  std::uint32_t number_of_states(std::size_t process) const {
    return static_cast<std::uint32_t>(files_.partitions.size() + files_.universal.size() + process);
  }

  void read_states() {
    const File file(open_.open(files_.states.front()), number_of_states(0), report_);
    for (const NodeId group : file.items(file.required(file.root(), "param_shapes")))
      groups_.push_back(file.shapes(group, "param_shapes"));
    read_names(file);
    read_frozen(file);
  }

  void read_names(const File& file) {
    const NodeId root = file.root();
    if (const NodeId names = file.find(root, "buffer_names"); names != pickle::kNoNode) {
      for (const NodeId name : file.items(names)) {
        if (file.nodes().kind(name) == Kind::text) checkpoint_.buffers.emplace_back(file.nodes().text(name));
      }
    }
    if (const NodeId shared = file.find(root, "shared_params"); shared != pickle::kNoNode) {
      torch::for_each_member(
          file.nodes(), torch::resolved(file.nodes(), shared), [&](const torch::Place& place, NodeId value) {
            if (file.nodes().kind(place.key) != Kind::text || file.nodes().kind(value) != Kind::text) return;
            checkpoint_.shared.emplace_back(file.nodes().text(place.key), file.nodes().text(value));
          });
    }
  }

  /// Parameters that were not trained: whole in the first file, of stage 3 in parts in all of them.
  void read_frozen(const File& first) {
    const NodeId shapes = first.find(first.root(), "frozen_param_shapes");
    if (shapes == pickle::kNoNode || first.nodes().kind(shapes) == Kind::none) return;
    Group frozen = first.shapes(shapes, "frozen_param_shapes");
    std::erase_if(frozen, [this](const NamedShape& named) { return whole_.contains(named.name); });
    if (frozen.empty()) return;
    std::vector<Rows> rows(frozen.size());
    std::vector<const torch::ElementType*> types(frozen.size());
    const std::size_t count = checkpoint_.stage == 3 ? files_.states.size() : 1;
    for (std::size_t i = 0; i < count; ++i) {
      const File file(open_.open(files_.states[i]), number_of_states(i), report_);
      const NodeId fragments = file.required(file.root(), "frozen_param_fragments");
      for (std::size_t j = 0; j < frozen.size(); ++j) {
        const Flat flat = file.flat(file.required(fragments, frozen[j].name));
        if (types[j] == nullptr) types[j] = flat.type;
        if (flat.type != types[j])
          file.refuse("has a part of " + shown(frozen[j].name) + " of another type", Code::dtype);
        rows[j].add(flat);
      }
    }
    for (std::size_t j = 0; j < frozen.size(); ++j) add(frozen[j], types[j], rows[j]);
  }

  void add(const NamedShape& named, const torch::ElementType* type, Rows& rows) {
    Parameter parameter{named.name, type, named.shape, {}};
    const std::uint64_t count = *element_count(named.shape);
    if (!rows.take(count, parameter.pieces)) refuse_too_few(named);
    checkpoint_.parameters.push_back(std::move(parameter));
  }

  [[noreturn]] void refuse_too_few(const NamedShape& named) const {
    throw CorruptError({open_.open(files_.states.front())->name(), {}, shortened(named.name)},
                       "there are fewer elements than param_shapes says", Code::shape);
  }
  [[noreturn]] void refuse_left_over(std::uint64_t left) const {
    throw CorruptError({open_.open(files_.states.front())->name(), {}, {}},
                       "param_shapes leaves " + plural(left, "element") + " over, which is more than padding",
                       Code::shape);
  }

  /// Stages 1 and 2: of a group the parts of all processes are one row, in which its parameters lie.
  void join_by_group() {
    for (const Partition& partition : partitions_) {
      if (partition.groups.size() != groups_.size()) {
        throw CorruptError({open_.open(files_.partitions.front())->name(), {}, {}},
                           "has " + plural(partition.groups.size(), "group") +
                               " of master weights, and param_shapes " + with_thousands(groups_.size()),
                           Code::part);
      }
    }
    const auto& paddings = partitions_.front().paddings;
    const torch::ElementType* const type = torch::element_type_named(kFloat32);
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      Rows rows;
      for (const Partition& partition : partitions_) rows.add(partition.groups[i]);
      for (std::size_t j = 0; j < groups_[i].size(); ++j) {
        add(groups_[i][j], type, rows);
        const bool is_padded = i < paddings.size() && j < paddings[i].size();
        if (is_padded && !rows.skip(paddings[i][j])) {
          // Newer writers cut off what stands behind the last parameter.
          if (j + 1 < groups_[i].size()) refuse_too_few(groups_[i][j + 1]);
          break;
        }
      }
      const std::uint64_t all = rows.count();
      if (all > rows.taken() && all - rows.taken() >= 2 * world()) refuse_left_over(all - rows.taken());
    }
  }

  /// Stage 3: each parameter has an equal part in every process's row; the last ones are padded.
  void join_by_parameter() {
    std::vector<Rows> rows(partitions_.size());
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
      for (const Flat& flat : partitions_[i].groups) rows[i].add(flat);
    }
    const torch::ElementType* const type = torch::element_type_named(kFloat32);
    for (const Group& group : groups_) {
      for (const NamedShape& named : group) {
        Parameter parameter{named.name, type, named.shape, {}};
        std::uint64_t left = *element_count(named.shape);
        const std::uint64_t each = left / world() + (left % world() == 0 ? 0 : 1);
        for (Rows& of_process : rows) {
          const std::uint64_t here = std::min(each, left);
          if (!of_process.take(here, parameter.pieces) || !of_process.skip(each - here))
            refuse_too_few(named);
          left -= here;
        }
        checkpoint_.parameters.push_back(std::move(parameter));
      }
    }
    for (const Rows& of_process : rows) {
      if (of_process.count() > of_process.taken()) refuse_left_over(of_process.count() - of_process.taken());
    }
  }

  const CheckpointFiles& files_;
  const io::FewOpen& open_;
  Report& report_;
  Checkpoint checkpoint_;
  std::vector<Partition> partitions_;
  std::vector<Group> groups_;
  std::unordered_set<std::string> whole_;  ///< those of a universal checkpoint
};

}  // namespace

Checkpoint read_checkpoint(const CheckpointFiles& files, const io::FewOpen& open, Report& report) {
  return CheckpointReader(files, open, report).read();
}

}  // namespace aerotool::zero
