#include "tasks/extract/extract.hpp"

#include <algorithm>
#include <unordered_map>

#include "core/error.hpp"
#include "core/nearest.hpp"
#include "core/text.hpp"
#include "io/listing.hpp"
#include "io/made_directories.hpp"
#include "io/output.hpp"
#include "io/pipeline.hpp"
#include "io/separate_outputs.hpp"
#include "model/ggml_dtype.hpp"
#include "registry/registry.hpp"
#include "registry/related_files.hpp"
#include "tasks/extract/file_name.hpp"
#include "tasks/open.hpp"
#include "tasks/patterns.hpp"
#include "tasks/request_error.hpp"
#include "transfer/checksum_check.hpp"

namespace aerotool::tasks {
namespace {

using Form = ExtractRequest::Form;

/// A part of a tensor that is to be written.
struct Piece {
  std::size_t tensor = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// At most three names of a model that are most like `name`, the nearest first.
std::vector<std::string> nearest_names(const Model& model, const std::string& name) {
  constexpr std::size_t kMaxNames = 3;
  Nearest nearest(name, kMaxNames);
  for (const Tensor& tensor : model.tensors()) nearest.offer(tensor.name);
  return nearest.found();
}

class Extraction {
 public:
  Extraction(const Model& model, const ExtractRequest& request, const Listener& listener)
      : model_(model),
        request_(request),
        listener_(listener),
        target_(request.output),
        npy_(request.form == Form::npy || (request.form == Form::by_name && target_.ends_with(".npy"))) {}

  Extracted run() {
    Extracted done;
    if (!select(done.nothing)) return done;
    check_request();
    require_other_files();
    warn_of_unmeasured();
    find_shard_digests();
    listener_.follow({}, [this](io::Progress* progress) {
      progress_ = progress;
      write();
    });
    done.tensors = pieces_.size();
    return done;
  }

 private:
  const Tensor& tensor(const Piece& piece) const { return model_.tensors()[piece.tensor]; }

  void write() {
    for (const Piece& piece : pieces_) progress_->total += piece.end - piece.begin;
    if (!to_one_file()) {
      write_files();
      return;
    }
    io::Output output = target_ == "-" ? io::Output::to_stdout() : io::Output::to_path(target_);
    write_to(output, pieces_);
    output.commit();
  }

  /// False where nothing matches, which `nothing` says then.
  bool select(std::string& nothing) {
    const auto& tensors = model_.tensors();
    std::vector<Pattern> unmatched;  // match nothing
    std::unordered_map<std::string_view, std::size_t> by_name;
    for (std::size_t i = 0; i < tensors.size(); ++i) by_name.emplace(tensors[i].name, i);
    std::vector<bool> taken(tensors.size());
    const auto take = [&](std::size_t i) {
      if (!taken[i]) pieces_.push_back({i, 0, tensors[i].size});
      taken[i] = true;
    };
    for (const std::string& wanted : request_.tensors) {
      if (const auto exact = by_name.find(wanted); exact != by_name.end()) {
        take(exact->second);
        continue;
      }
      const Pattern pattern(wanted);
      if (!pattern.has_wildcards()) refuse_missing(pattern);
      bool any = false;
      for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (!pattern.matches(tensors[i].name)) continue;
        take(i);
        any = true;
      }
      if (!any) unmatched.push_back(pattern);
    }
    if (pieces_.empty()) {
      nothing = describe({model_.path(), {}, {}}, no_match({&model_}, unmatched));
      return false;
    }
    warn_of_unmatched(listener_, model_, unmatched);
    return true;
  }

  [[noreturn]] void refuse_missing(const Pattern& name) const {
    std::string message = "there is no tensor '" + escape_controls(name.text()) + "'";
    const auto near = nearest_names(model_, name.text());
    for (std::size_t i = 0; i < near.size(); ++i) {
      message += (i == 0 ? "; nearest: '" : ", '") + escape_controls(near[i]) + "'";
    }
    message += wider_pattern({&model_}, name);
    throw RequestError({model_.path(), {}, {}}, message);
  }

  /// Everything that can be refused is refused before a byte is written.
  void check_request() {
    if (request_.bytes) {
      if (pieces_.size() != 1)
        throw RequestError("--bytes takes a part of one tensor; " + std::to_string(pieces_.size()) +
                           " are asked for");
      if (npy_) throw RequestError("--bytes gives raw bytes, not npy");
      cut_piece();
    }
    const bool concat = request_.concat;
    if (concat && !to_one_file()) throw RequestError("--concat takes a file or '-' as --output");
    if (to_one_file() && pieces_.size() > 1) {
      if (npy_) throw RequestError("an npy file holds one tensor; name a directory for several");
      if (!concat && target_ != "-") {
        const std::string shown = escape_controls(target_);
        throw RequestError(plural(pieces_.size(), "tensor") + " would go into one file, '" + shown +
                           "': --concat does that, and -o '" + shown + "/' makes a directory of files");
      }
    }
    if (!npy_) return;
    for (const Piece& piece : pieces_) static_cast<void>(npy_header(model_, tensor(piece)));
  }

  void warn_of_unmeasured() const {
    Report report;
    for (const Piece& piece : pieces_) {
      if (!is_unmeasured(tensor(piece).dtype)) continue;
      report.warning(Code::other_dtype, {model_.path_of(piece.tensor), {}, tensor(piece).name},
                     "the size of " + std::string(tensor(piece).dtype.name()) +
                         " is not known: what is extracted reaches to the next tensor");
    }
    warn(listener_, report);
  }

  void cut_piece() {
    const ByteRange& bytes = *request_.bytes;
    Piece& piece = pieces_.front();
    const std::uint64_t size = piece.end;
    piece.begin = bytes.begin;
    if (bytes.end) piece.end = *bytes.end;
    if (piece.begin > piece.end || piece.end > size) {
      throw RequestError({model_.path(), {}, tensor(piece).name},
                         "bytes " + bytes.text + " are not inside its " + std::to_string(size) + " bytes");
    }
  }

  bool to_one_file() const {
    if (target_.empty() || target_.ends_with('/')) return false;
    return target_ == "-" || io::type_of(target_) != io::FileType::directory;
  }

  std::string name_of_file(const Piece& piece) const {
    return file_name_of(tensor(piece).name) + (npy_ ? ".npy" : ".bin");
  }

  /// No file of the model, or of the set that it is a part of, is written over.
  void require_other_files() const {
    std::vector<std::string> paths;
    if (!to_one_file()) {
      for (const Piece& piece : pieces_)
        paths.push_back(io::path_in(target_.empty() ? "." : target_, name_of_file(piece)));
    } else if (target_ != "-") {
      paths.push_back(target_);
    }
    std::erase_if(paths, [](const std::string& path) { return io::type_of(path) != io::FileType::regular; });
    if (paths.empty()) return;
    const RelatedFiles related({&model_});
    for (const std::string& path : paths) {
      const RelatedFiles::Found found = related.find(path);
      if (found.relation == RelatedFiles::Relation::none) continue;
      const bool own = found.relation == RelatedFiles::Relation::own;
      throw RequestError({path, {}, {}}, std::string(own ? "is a file of the model"
                                                         : "belongs to the same set as the model") +
                                             " that is read; name another output");
    }
  }

  void write_files() {
    io::MadeDirectories made;
    if (!target_.empty()) made.make_one(target_);
    std::vector<std::string> names;
    for (const Piece& piece : pieces_) names.push_back(name_of_file(piece));
    const io::SeparateOutputs outputs(target_, names);
    for (std::size_t i = 0; i < pieces_.size(); ++i)
      outputs.put(names[i], [&](io::Output& output) { write_to(output, {pieces_[i]}); });
    outputs.sync();
  }

  void write_to(io::Output& output, const std::vector<Piece>& pieces) {
    const std::string head = npy_ ? npy_header(model_, tensor(pieces.front())) : std::string{};
    std::uint64_t size = head.size();
    for (const Piece& piece : pieces) size += piece.end - piece.begin;
    output.require_space(size);
    for (const Piece& piece : pieces) check_part(piece);
    // A stream cannot be taken back, so its bytes are held to their hashes before they leave.
    if (!output.seekable()) copy(pieces, head.size(), nullptr);
    if (output.seekable()) {
      output.write_at(0, bytes_of(head));
      output.extend(size);
    } else {
      output.write(bytes_of(head));
    }
    copy(pieces, head.size(), &output);
    model_.require_unchanged();
  }

  bool is_whole(const Piece& piece) const { return piece.begin == 0 && piece.end == tensor(piece).size; }

  /// The hash of a whole tensor: its own, or that of the shard it fills.
  std::optional<Digest> digest_of(std::size_t number) const {
    const Tensor& described = model_.tensors()[number];
    if (described.digest) return described.digest;
    const auto sealed = shard_digests_.find(number);
    if (sealed == shard_digests_.end()) return std::nullopt;
    return sealed->second;
  }

  void find_shard_digests() {
    for (const HashedRun& run : model_.hashed_runs()) {
      for (const HashedRun::Member& member : run.members) {
        if (model_.tensors()[member.tensor].size == run.length)
          shard_digests_.emplace(member.tensor, run.digest);
      }
    }
  }

  /// What is not a whole tensor with a hash of its own is held to the pages it touches, else to the hash of
  /// the whole tensor.
  void check_part(const Piece& piece) const {
    const Tensor& whole = tensor(piece);
    if (is_whole(piece) && digest_of(piece.tensor)) return;  // held to its hash as it is copied
    if (!is_whole(piece)) require_checksum(piece.tensor);
    if (model_.verify_pages(piece.tensor, piece.begin, piece.end) || !digest_of(piece.tensor)) return;
    const auto read = [&](std::uint64_t offset, std::span<std::byte> out) {
      model_.read(piece.tensor, offset, out);
    };
    require_digest(piece.tensor, io::hash_range(whole.size, read, request_.jobs, nullptr));
  }

  /// Reads all of a tensor where it carries a hash of another kind.
  void require_checksum(std::size_t number) const {
    ChecksumCheck check;
    check.expect(number, {&model_, number});
    check.judge();
  }

  void require_digest(std::size_t number, const Digest& found) const {
    const Digest expected = *digest_of(number);
    if (found == expected) return;
    const Tensor& whole = model_.tensors()[number];
    throw CorruptError(
        {model_.path(), whole.offset, whole.name},
        "its bytes are corrupt: their BLAKE3 is " + to_hex(found) + ", the file says " + to_hex(expected));
  }

  /// Copies the pieces one behind the other and holds whole tensors to their hashes; without an output only
  /// the hashes are looked at.
  void copy(const std::vector<Piece>& pieces, std::uint64_t offset, io::Output* output) {
    std::vector<io::Region> regions(pieces.size());
    std::vector<io::HashTask> tasks(pieces.size());
    ChecksumCheck checksums;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const Piece& piece = pieces[i];
      regions[i].length = piece.end - piece.begin;
      regions[i].read = [this, piece](std::uint64_t at, std::span<std::byte> out) {
        model_.read(piece.tensor, piece.begin + at, out);
      };
      if (output != nullptr && output->seekable()) regions[i].output = output;
      regions[i].output_offset = offset;
      offset += regions[i].length;
      if (is_whole(piece) && digest_of(piece.tensor)) io::add_whole_digest(regions[i], tasks[i]);
      if (is_whole(piece)) checksums.expect(i, {&model_, piece.tensor});
      if (checksums.expects(i)) {
        regions[i].visit = [&checksums, i](std::uint64_t begin, ByteSpan bytes) {
          checksums.add(i, begin, bytes);
        };
      } else if (output == nullptr && regions[i].layers.empty()) {
        regions[i].length = 0;
      }
    }
    io::RunOptions options = {.jobs = jobs_for_reading(model_, request_.jobs),
                              .progress = output != nullptr ? progress_ : nullptr,
                              .in_order = {}};
    if (output != nullptr && !output->seekable()) {
      options.in_order = [output](ByteSpan bytes) { output->write(bytes); };
    }
    io::run(regions, options);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (!regions[i].layers.empty()) require_digest(pieces[i].tensor, tasks[i].digest);
    }
    checksums.judge();
  }

  const Model& model_;
  const ExtractRequest& request_;
  const Listener& listener_;
  std::string target_;
  bool npy_ = false;
  std::vector<Piece> pieces_;
  std::unordered_map<std::size_t, Digest> shard_digests_;  // of tensors that fill their shard
  io::Progress* progress_ = nullptr;
};

}  // namespace

Extracted extract(const Model& model, const ExtractRequest& request, const Listener& listener) {
  return Extraction(model, request, listener).run();
}

}  // namespace aerotool::tasks
