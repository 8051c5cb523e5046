#include "tasks/extract/extract.hpp"

#include <algorithm>
#include <unordered_map>

#include "core/error.hpp"
#include "core/nearest.hpp"
#include "core/text.hpp"
#include "model/ggml_dtype.hpp"
#include "registry/registry.hpp"
#include "tasks/extract/destination.hpp"
#include "tasks/extract/file_name.hpp"
#include "tasks/extract/objects.hpp"
#include "tasks/extract/pieces.hpp"
#include "tasks/open.hpp"
#include "tasks/patterns.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::tasks {
namespace {

using Form = ExtractRequest::Form;

/// At most three names of a model that are most like `name`, the nearest first.
std::vector<std::string> nearest_names(const Model& model, const std::string& name) {
  constexpr std::size_t kMaxNames = 3;
  Nearest nearest(name, kMaxNames);
  for (const Tensor& tensor : model.tensors()) nearest.offer(tensor.name);
  return nearest.found();
}

Form form_of(const ExtractRequest& request) {
  if (request.form != Form::by_name) return request.form;
  if (request.output.ends_with(".npy")) return Form::npy;
  return request.output.ends_with(".npz") ? Form::npz : Form::raw;
}

class Extraction {
 public:
  Extraction(const Model& model, const ExtractRequest& request, Form form, const Listener& listener)
      : model_(model),
        request_(request),
        listener_(listener),
        destination_(request.output),
        npy_(form == Form::npy) {}

  Extracted run() {
    Extracted done;
    if (!select(done.nothing)) return done;
    check_request();
    const bool is_one_file = destination_.is_one_file();
    std::vector<std::string> names;
    if (!is_one_file) {
      for (const TensorPiece& piece : pieces_) names.push_back(name_of_file(piece));
    }
    destination_.require_other_files(model_, names);
    warn_of_types();
    const PieceCopier copier(model_, request_.jobs);
    listener_.follow({}, [&](io::Progress* progress) {
      for (const TensorPiece& piece : pieces_) progress->total += piece.size();
      destination_.write(names, [&](std::size_t number, io::Output& output) {
        write_to(output, is_one_file ? pieces_ : std::vector{pieces_[number]}, copier, progress);
      });
    });
    done.tensors = pieces_.size();
    return done;
  }

 private:
  const Tensor& tensor(const TensorPiece& piece) const { return model_.tensors()[piece.tensor]; }

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
    if (concat && !destination_.is_one_file()) throw RequestError("--concat takes a file or '-' as --output");
    if (destination_.is_one_file() && pieces_.size() > 1) {
      if (npy_) throw RequestError("an npy file holds one tensor; name a directory for several");
      if (!concat && !destination_.is_standard_output()) {
        const std::string shown = escape_controls(destination_.path());
        throw RequestError(plural(pieces_.size(), "tensor") + " would go into one file, '" + shown +
                           "': --concat does that, and -o '" + shown + "/' makes a directory of files");
      }
    }
    if (!npy_) return;
    for (const TensorPiece& piece : pieces_) static_cast<void>(npy_header(model_, tensor(piece)));
  }

  void warn_of_types() const {
    Report report;
    for (const TensorPiece& piece : pieces_) {
      if (!is_unmeasured(tensor(piece).dtype)) continue;
      report.warning(Code::other_dtype, {model_.path_of(piece.tensor), {}, tensor(piece).name},
                     "the size of " + std::string(tensor(piece).dtype.name()) +
                         " is not known: what is extracted reaches to the next tensor");
    }
    warn(listener_, report);
    if (!npy_) return;
    std::vector<const Tensor*> tensors;
    for (const TensorPiece& piece : pieces_) tensors.push_back(&tensor(piece));
    for (const std::string& line : npy_notes(tensors))
      listener_.warn(describe({model_.path(), {}, {}}, line));
  }

  void cut_piece() {
    const ByteRange& bytes = *request_.bytes;
    TensorPiece& piece = pieces_.front();
    const std::uint64_t size = piece.end;
    piece.begin = bytes.begin;
    if (bytes.end) piece.end = *bytes.end;
    if (piece.begin > piece.end || piece.end > size) {
      throw RequestError({model_.path(), {}, tensor(piece).name},
                         "bytes " + bytes.text + " are not inside its " + std::to_string(size) + " bytes");
    }
  }

  std::string name_of_file(const TensorPiece& piece) const {
    return file_name_of(tensor(piece).name) + (npy_ ? ".npy" : ".bin");
  }

  void write_to(io::Output& output, std::vector<TensorPiece> pieces, const PieceCopier& copier,
                io::Progress* progress) const {
    const PlacedText head = {0, npy_ ? npy_header(model_, tensor(pieces.front())) : std::string{}};
    std::uint64_t size = head.bytes.size();
    for (TensorPiece& piece : pieces) {
      piece.offset = size;
      size += piece.size();
    }
    output.require_space(size);
    for (const TensorPiece& piece : pieces) copier.check(piece);
    if (output.seekable()) {
      output.write_at(0, bytes_of(head.bytes));
      output.extend(size);
    } else {
      // It cannot be taken back, so its bytes are held to their hashes before they leave.
      copier.copy(pieces, {});
    }
    copier.copy(pieces, {.output = &output, .texts = std::span(&head, 1), .progress = progress});
    model_.require_unchanged();
  }

  const Model& model_;
  const ExtractRequest& request_;
  const Listener& listener_;
  Destination destination_;
  bool npy_;
  std::vector<TensorPiece> pieces_;
};

}  // namespace

Extracted extract(const Model& model, const ExtractRequest& request, const Listener& listener) {
  const Form form = form_of(request);
  if (form == Form::npz) return extract_objects(model, request, listener);
  return Extraction(model, request, form, listener).run();
}

}  // namespace aerotool::tasks
