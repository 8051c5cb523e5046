// The narrow waist: what every reader yields and every command sees of a file of weights.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "hash/digest.hpp"
#include "io/digester.hpp"
#include "io/input.hpp"
#include "io/progress.hpp"
#include "model/metadata.hpp"
#include "model/object.hpp"
#include "model/overview.hpp"
#include "model/report.hpp"
#include "model/side_files.hpp"
#include "model/source.hpp"
#include "model/stored_range.hpp"
#include "model/tensor.hpp"
#include "model/value_findings.hpp"

namespace aerotool {

class Model;

/// Threads that read a model's tensors side by side, at most `jobs`: few where some are decoded from front to
/// back, or the model is on a server, so that they are not far from each other.
unsigned jobs_for_reading(const Model& model, unsigned jobs);

/// A run of source bytes with a hash of its own that covers several tensors (a WTSH chunk).
struct HashedRun {
  struct Member {
    std::size_t tensor = 0;    ///< index into Model::tensors()
    std::uint64_t offset = 0;  ///< of the tensor's first byte in the run
  };
  std::string name;
  std::string path;  ///< of the file it lies in
  std::uint64_t length = 0;
  io::ReadAt read;  ///< its bytes, as long as the model lives
  Digest digest{};
  std::vector<Member> members;  ///< by offset
  std::uint64_t page_size = 0;  ///< 0 where its pages have no hashes of their own
  std::vector<Digest> pages;
};

enum class CheckLevel {
  structure,  ///< everything that can be told without reading weights
  full,       ///< every byte and every hash
  control     ///< the control-plane hash alone
};

/// Which files are meant; empty: all.
using FileChoice = std::function<bool(const io::Input& file)>;
inline bool is_chosen(const FileChoice& choice, const io::Input& file) {
  return !choice || choice(file);
}

/// A file that a model is read from.
struct ModelFile {
  const io::Input* input = nullptr;  ///< null where the file could not be opened
  std::optional<Digest> sha256;      ///< of the whole, as a store, a hub or an index says
};

/// The SHA-256 that a whole file has to have.
struct ExpectedSha256 {
  Digest digest{};
  std::string_view from;  ///< who says so: "the index"
};

/// What a check has done, beside its report.
struct CheckTally {
  std::uint64_t sha256_files = 0;  ///< files whose SHA-256 was compared
  ValueFindings values;

  void add(CheckTally other);
};

struct CheckOptions {
  CheckLevel level = CheckLevel::structure;
  unsigned jobs = 1;
  io::Progress* progress = nullptr;
  // With `full`, over the same read as all else:
  bool values = false;                      ///< look for NaN, infinities and tensors that are all zero
  std::vector<ExpectedSha256> sha256 = {};  ///< what the SHA-256 has to be of a model in one file
  CheckTally* tally = nullptr;              ///< where to say what was done
};

class Model {
 public:
  Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  virtual ~Model() = default;

  /// How messages name the model: its file, or the index of its files.
  virtual const std::string& path() const = 0;
  virtual Overview overview() const = 0;
  /// In file order. Stable for the model's life.
  virtual const std::vector<Tensor>& tensors() const = 0;
  virtual Metadata metadata() const = 0;
  /// What several tensors are together, and what one is beyond its dtype and shape. A tensor is a part of one
  /// object at most. In file order.
  virtual std::span<const Object> objects() const { return {}; }
  /// What is there under a name and is not among the tensors, as it cannot be read: the report was told of
  /// it, and no copy leaves it out unasked.
  virtual std::span<const UnreadTensor> unread() const { return {}; }
  /// How messages name the file that a tensor lies in.
  virtual const std::string& path_of(std::size_t /*tensor*/) const { return path(); }
  /// The files that it is read from, as long as the model lives; the first is the one that names it.
  virtual std::vector<ModelFile> files() const { return {}; }
  /// The one that a tensor lies in.
  virtual ModelFile file_of(std::size_t /*tensor*/) const { return {}; }
  /// What a conversion has to carry, to come back from; may read the bytes between tensors.
  virtual Source source() const = 0;
  /// The same with what it takes to make its files again where that takes reading weights.
  virtual Source recorded_source() const { return source(); }

  /// May be held to hashes; throws CorruptError.
  virtual OwnContent own_content() const { return {}; }

  /// The files that belong to it beside its weights: those that its own files carry, and, where it was named
  /// by a directory, those that lie there under other paths, but not below `passed_over`, a directory. Throws
  /// IoError where what lies there cannot be read.
  SideFiles side_files(const std::string& passed_over = {}) const;
  /// Side files that the model's own files carry with hashes, by path; hostile.
  virtual std::vector<SideFile> carried_files() const { return {}; }
  /// What finds those that lie beside it; without, there are none.
  using FindSideFiles = std::function<SideFiles(const std::string& passed_over)>;
  void find_side_files_with(FindSideFiles find) { find_beside_ = std::move(find); }

  /// Fills `out` with the tensor's bytes from `offset` on. The range is inside the tensor. Thread-safe.
  /// Throws IoError.
  virtual void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const = 0;
  /// Whether a part of it lies on a server.
  virtual bool is_remote() const { return false; }
  /// These tensors will be read, each whole, once and in this order: what lies on a server is fetched before
  /// it is read. Forgets what was expected before.
  virtual void expect_reads(std::span<const std::size_t> /*tensors*/) const {}
  /// Reads a tensor as read() does, as long as the model lives, and decodes it by itself: for those who go
  /// through it in several places beside each other.
  virtual io::ReadAt reader_of(std::size_t tensor) const;
  /// How the bytes of a tensor lie in its file, and the hash that the file carries of them; nothing where
  /// they lie there as they are and have no hash but Tensor::digest. What is encoded, and the hash of what is
  /// encoded, is checked by read(); a hash of the decoded bytes is for those who read the whole tensor.
  virtual std::optional<StoredRange> stored_range(std::size_t /*tensor*/) const { return std::nullopt; }

  /// Runs of bytes under one hash, for those who read whole tensors that carry no digest of their own.
  virtual std::vector<HashedRun> hashed_runs() const { return {}; }
  /// Checks the page hashes that cover [begin, end) of a tensor and throws CorruptError where one does not
  /// hold. False where the file has no page hashes there: nothing was checked.
  virtual bool verify_pages(std::size_t /*tensor*/, std::uint64_t /*begin*/, std::uint64_t /*end*/) const {
    return false;
  }

  /// Holds those files that are chosen, as a whole, to hashes that an index gives of them, for those who read
  /// weights. Throws CorruptError.
  virtual void verify_files(unsigned /*jobs*/, io::Progress* /*progress*/,
                            const FileChoice& /*chosen*/) const {}
  /// Bytes that verify_files() reads.
  virtual std::uint64_t files_size(const FileChoice& /*chosen*/) const { return 0; }

  /// Holds the file to its format's rules and notes every breach. What the reader found is in the report
  /// that the model was opened with, and not told again but for the control-plane hash. Returns false where
  /// the level asks for something the file does not have (a control-plane hash): nothing was checked.
  virtual bool check(const CheckOptions& options, Report& report) const = 0;
  /// The files that check() looks into one by one, as messages name them, so that several processes can do
  /// it: but for `control`, it finds what check_one_file() finds in each of them, in this order, and nothing
  /// else. Empty where the model is one file, or its files are not checked by themselves.
  virtual std::vector<std::string> files_to_check() const { return {}; }
  /// What check() does with one of these, by its number.
  virtual bool check_one_file(std::size_t file, const CheckOptions& options, Report& report) const;

  /// Throws CorruptError where the model contradicts itself about one of the tensors that `wanted` accepts,
  /// or about itself: readers are warned, but a copy would hide it.
  virtual void require_copyable(const std::function<bool(std::size_t tensor)>& /*wanted*/) const {}

  /// Throws IoError where the file has changed since it was opened.
  virtual void require_unchanged() const = 0;

 private:
  FindSideFiles find_beside_;
};

}  // namespace aerotool
