#include "tasks/extract/objects.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/error.hpp"
#include "core/nearest.hpp"
#include "core/text.hpp"
#include "io/output.hpp"
#include "registry/registry.hpp"
#include "tasks/extract/destination.hpp"
#include "tasks/extract/file_name.hpp"
#include "tasks/extract/pieces.hpp"
#include "tasks/patterns.hpp"
#include "tasks/request_error.hpp"
#include "transfer/pieces.hpp"

namespace aerotool::tasks {
namespace {

bool is_sparse(const Object& object) {
  return object.kind == Object::Kind::csr || object.kind == Object::Kind::coo;
}

class ObjectExtraction {
 public:
  ObjectExtraction(const Model& model, const ExtractRequest& request, const Listener& listener)
      : model_(model), request_(request), listener_(listener), destination_(request.output) {}

  Extracted run() {
    Extracted done;
    if (!select(done.nothing)) return done;
    check_request();
    // What is refused is refused before a byte is written.
    std::uint64_t total = 0;
    std::vector<std::string> names;
    for (const Object* object : objects_) {
      const SparseArchive archive(model_, *object);
      for (const TensorPiece& piece : archive.pieces()) total += piece.size();
      names.push_back(file_name_of(object->name) + ".npz");
    }
    destination_.require_other_files(model_, names);
    const PieceCopier copier(model_, request_.jobs);
    listener_.follow({}, [&](io::Progress* progress) {
      progress->total += total;
      destination_.write(names, [&](std::size_t number, io::Output& output) {
        write_to(output, SparseArchive(model_, *objects_[number]), copier, progress);
      });
    });
    done.tensors = objects_.size();
    return done;
  }

 private:
  /// False where nothing matches, which `nothing` says then.
  bool select(std::string& nothing) {
    const std::span<const Object> objects = model_.objects();
    std::unordered_map<std::string_view, std::size_t> by_name;
    for (std::size_t i = 0; i < objects.size(); ++i) by_name.emplace(objects[i].name, i);
    std::vector<bool> taken(objects.size());
    const auto take = [&](std::size_t i) {
      if (!taken[i]) objects_.push_back(&objects[i]);
      taken[i] = true;
    };
    std::vector<std::string> unmatched;
    for (const std::string& wanted : request_.tensors) {
      if (const auto exact = by_name.find(wanted); exact != by_name.end()) {
        require_sparse(objects[exact->second]);
        take(exact->second);
        continue;
      }
      const Pattern pattern(wanted);
      if (!pattern.has_wildcards()) refuse_missing(wanted);
      bool any = false;
      for (std::size_t i = 0; i < objects.size(); ++i) {
        if (!is_sparse(objects[i]) || !pattern.matches(objects[i].name)) continue;
        take(i);
        any = true;
      }
      if (!any) unmatched.push_back("'" + escape_controls(wanted) + "'");
    }
    const auto no_match = [&](const std::string& patterns) {
      return describe({model_.path(), {}, {}}, "no CSR or COO object matches " + patterns);
    };
    if (objects_.empty()) {
      for (const std::string& pattern : unmatched) nothing += (nothing.empty() ? "" : ", ") + pattern;
      nothing = no_match(nothing);
      return false;
    }
    for (const std::string& pattern : unmatched) listener_.warn(no_match(pattern));
    return true;
  }

  void require_sparse(const Object& object) const {
    if (is_sparse(object)) return;
    const bool is_dense = object.kind == Object::Kind::dense;
    throw RequestError({model_.path(), {}, object.name},
                       "npz is for CSR and COO objects, and the layout of this one is " +
                           escape_controls(shortened(object.layout)) + ": extract " +
                           (is_dense ? "it" : "its parts") + " as npy or raw");
  }

  [[noreturn]] void refuse_missing(const std::string& name) const {
    const auto& tensors = model_.tensors();
    const auto tensor = std::ranges::find(tensors, name, &Tensor::name);
    if (tensor != tensors.end()) {
      const ObjectsOfTensors objects(model_.objects(), tensors.size());
      const Object* whole = objects.of(static_cast<std::size_t>(tensor - tensors.begin()));
      throw RequestError(
          {model_.path(), {}, name},
          "npz is for CSR and COO objects, and this is a " +
              (whole == nullptr ? std::string("tensor")
                                : "part of '" + escape_controls(shortened(whole->name)) + "'") +
              ": extract it as npy or raw");
    }
    constexpr std::size_t kMaxNames = 3;
    Nearest nearest(name, kMaxNames);
    for (const Object& object : model_.objects()) {
      if (is_sparse(object)) nearest.offer(object.name);
    }
    const auto near = nearest.found();
    throw RequestError({model_.path(), {}, {}},
                       "there is no CSR or COO object '" + escape_controls(name) + "'" +
                           (near.empty() ? "" : "; nearest: " + listed(near, kMaxNames, Quotes::yes)));
  }

  void check_request() const {
    if (request_.bytes) throw RequestError("--bytes gives raw bytes, not npz");
    if (request_.concat && !destination_.is_one_file())
      throw RequestError("--concat takes a file or '-' as --output");
    if (destination_.is_one_file() && objects_.size() > 1)
      throw RequestError("an npz file holds one object; name a directory for several");
  }

  void write_to(io::Output& output, const SparseArchive& archive, const PieceCopier& copier,
                io::Progress* progress) const {
    output.require_space(archive.size());
    check(archive.pieces(), copier);
    if (output.seekable()) {
      output.extend(archive.size());
      const std::vector<std::uint32_t> crcs =
          copier.copy_with_crcs(archive.pieces(), {.output = &output, .progress = progress});
      archive.require_sound_indexes();
      for (const PlacedText& text : archive.texts(crcs)) output.write_at(text.offset, bytes_of(text.bytes));
    } else {
      // It cannot be taken back, so all is known of its bytes before they leave.
      const std::vector<std::uint32_t> crcs = copier.copy_with_crcs(archive.pieces(), {});
      archive.require_sound_indexes();
      const std::vector<PlacedText> texts = archive.texts(crcs);
      const std::vector<std::uint32_t> found =
          copier.copy_with_crcs(archive.pieces(), {.output = &output, .texts = texts, .progress = progress});
      if (found != crcs) throw IoError({model_.path(), {}, {}}, "changed while it was read");
    }
    model_.require_unchanged();
  }

  /// A tensor that goes into the archive in several pieces is held to its hash as a whole.
  void check(std::span<const TensorPiece> pieces, const PieceCopier& copier) const {
    for (const TensorPiece& piece : pieces) {
      if (piece.begin != 0) continue;
      const TensorPiece whole = {piece.tensor, 0, model_.tensors()[piece.tensor].size};
      copier.check(whole);
      if (piece.end != whole.end) copier.copy(std::span(&whole, 1), {});
    }
  }

  const Model& model_;
  const ExtractRequest& request_;
  const Listener& listener_;
  Destination destination_;
  std::vector<const Object*> objects_;
};

}  // namespace

Extracted extract_objects(const Model& model, const ExtractRequest& request, const Listener& listener) {
  return ObjectExtraction(model, request, listener).run();
}

}  // namespace aerotool::tasks
