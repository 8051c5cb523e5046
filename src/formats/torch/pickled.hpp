// The pickle of a checkpoint: what its calls and persistent ids would have made, as tables. Nothing is run
// (src/encoding/pickle/FORMAT.md); a tensor costs no nodes once it has been read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "encoding/pickle/reader.hpp"
#include "formats/torch/types.hpp"
#include "model/object.hpp"
#include "model/report.hpp"
#include "model/stored_range.hpp"
#include "model/tensor.hpp"

namespace aerotool::torch {

inline constexpr std::uint32_t kNone = 0xffffffff;
inline constexpr std::size_t kMaxRank = 64;
/// As many tensors as paths are walked.
inline constexpr std::size_t kMaxTensors = 4'000'000;

/// A storage that the pickle names. What it says is a claim.
struct Storage {
  std::string key;
  const ElementType* type = nullptr;
  std::uint64_t count = 0;  ///< of elements of its type
  std::uint64_t bytes = 0;
};

// NOLINTBEGIN(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw

/// Elements of a storage, as torch describes them: nothing is checked against the storage yet. Without a
/// storage it is on the device `meta`, and has no bytes anywhere.
struct PickledTensor {
  const ElementType* type = nullptr;
  std::uint32_t storage = kNone;
  bool is_conjugate = false;  ///< what is stored is the conjugate
  bool is_negated = false;
  std::uint64_t begin = 0;            ///< in elements
  Shape shape;                        ///< in elements of theirs
  std::vector<std::int64_t> strides;  ///< none where the elements lie in row-major order
};

/// Several tensors that are one: sparse, quantized, nested.
struct PickledObject {
  struct Part {
    std::string_view role;
    std::uint32_t tensor = 0;  ///< of the tensors
    bool is_flat = false;      ///< its shape does not count: it is a row of elements
  };
  Object::Kind kind = Object::Kind::other;
  std::string layout;
  Shape shape;
  Metadata attributes;
  std::vector<Part> parts;
};

/// One process's part of a tensor: torch.distributed.tensor.DTensor. By itself it is no tensor of the file.
struct PickledShare {
  std::size_t unread = 0;       ///< of Pickled::unread()
  std::uint32_t local = kNone;  ///< of Pickled::tensors()
  const ElementType* type = nullptr;
  Shape shape;                             ///< of the whole, in elements of theirs
  std::optional<std::uint64_t> cut_along;  ///< nothing where each process has all of it
  std::string problem;                     ///< why such parts are not put together; empty where they are
};

// NOLINTEND(bugprone-exception-escape)

/// What a record of the nodes stands for.
enum class Made : std::uint8_t { storage, tensor, object, unread };

/// What is known before the pickle is read, where something else says what tensors there are.
struct KnownIds {
  std::vector<Storage> storages = {};
  std::vector<PickledTensor> tensors = {};
  /// The tensor that a persistent id names; nothing where it names none. Without this, such ids name
  /// storages.
  std::function<std::optional<std::size_t>(const pickle::Nodes& nodes, pickle::NodeId id)> tensor_of = {};
};

class Pickled {
 public:
  explicit Pickled(pickle::Source source, KnownIds known = {});
  ~Pickled();

  /// Reads the pickle up to its STOP. Throws what pickle::Reader::read() throws, and CorruptError for calls
  /// that torch would refuse; what was met before is told all the same.
  void read();

  pickle::Reader& reader() { return reader_; }
  const pickle::Nodes& nodes() const { return reader_.nodes(); }
  pickle::NodeId root() const { return reader_.root(); }

  /// What a record is, and which one of its table.
  static Made made(pickle::Record record) { return static_cast<Made>(record.first); }
  static std::size_t number(pickle::Record record) { return static_cast<std::size_t>(record.second); }

  const std::vector<Storage>& storages() const;
  /// Let go of them, once their places are known. What tensors and records say of them stays.
  void forget_storages();
  void forget_tensors();
  const std::vector<PickledTensor>& tensors() const;
  const std::vector<PickledObject>& objects() const;
  /// Why a tensor cannot be read, by number.
  const std::vector<std::string>& unread() const;
  const std::vector<PickledShare>& shares() const;
  /// Globals that calls of other globals would have called.
  const std::vector<std::string>& called() const;

 private:
  class Builder;
  std::unique_ptr<Builder> builder_;
  pickle::Reader reader_;
};

}  // namespace aerotool::torch
