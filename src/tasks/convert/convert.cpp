#include "tasks/convert/convert.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <string>
#include <utility>

#include "core/text.hpp"
#include "io/output.hpp"
#include "tasks/convert/overwriting.hpp"

namespace aerotool::tasks {
namespace {

void write_file(const std::string& path, FileDraft& draft, io::Progress* progress) {
  io::Output output = path == "-" ? io::Output::to_stdout() : io::Output::to_path(path);
  draft.write(output, progress);
  output.commit();
}

}  // namespace

Conversion::Conversion(const ConvertRequest& request, const Listener& listener)
    : Conversion(request, open_sources(request, listener), listener) {}

Conversion::Conversion(ConvertRequest request, Sources sources, Listener listener)
    : request_(std::move(request)), listener_(std::move(listener)), sources_(std::move(sources)) {
  const Target& target = request_.target;
  if (target.writer != nullptr) {
    file_ = target.writer->draft(plan());
    summary_ = file_->summary();
  } else {
    set_ = target.set_writer->draft(plan());
    summary_ = set_->summary();
    existing_ = set_->existing(target.path, !request_.force);
  }
}

void Conversion::require_replaceable() const {
  const std::string& path = request_.target.path;
  if (set_) {
    tasks::require_replaceable(path, plan(), existing_, request_.force);
  } else if (path != "-") {
    require_no_input(path, plan());
  }
}

std::string Conversion::shown_output() const {
  const std::string& path = request_.target.path;
  return path == "-" ? "standard output" : escape_controls(path);
}

void Conversion::tell_what_is_not_kept() const {
  const std::string shown = shown_output();
  for (const std::string& line : summary_.warnings) listener_.warn(shown + ": " + line);
  for (const std::string& line : summary_.lost) listener_.warn(shown + ": not kept: " + line);
  for (const std::string& line : summary_.dropped) listener_.detail(shown + ": not kept: " + line);
}

/// A library that looks for the names of Hugging Face does not load what has the names of GGUF.
void Conversion::tell_of_names() const {
  const Model& model = *plan().models.front();
  const auto is_layer = [](const PlannedTensor& planned) {
    return planned.tensor().name.starts_with("blk.");
  };
  if (request_.target.format != "safetensors" || model.source().format != "gguf" ||
      std::ranges::none_of(plan().tensors, is_layer))
    return;
  const bool is_permuted = model.metadata().text("general.architecture") == "llama";
  listener_.note(shown_output() + ": tensors keep the names of GGUF" +
                 (is_permuted ? ", and the rows of q and k the order of llama.cpp" : ""));
}

void Conversion::tell_of_other_models() const {
  const Target& target = request_.target;
  const auto others = other_models_in(target.path, *target.set_writer, summary_.files, existing_);
  if (others.empty()) return;
  listener_.note(escape_controls(target.path) + ": other models stay there: " + listed(others, 3));
}

void Conversion::tell_of_values() const {
  try {
    tell_of_casts(sources_.computed, shown_output(), listener_);
  } catch (const std::bad_alloc&) {  // the output is in its place, and right
  }
}

Converted Conversion::write() {
  require_replaceable();
  tell_what_is_not_kept();
  tell_of_names();
  if (set_) tell_of_other_models();
  const std::string& path = request_.target.path;
  const auto begin = std::chrono::steady_clock::now();
  Converted done;
  listener_.follow({}, [&](io::Progress* progress) {
    if (file_) {
      write_file(path, *file_, progress);
    } else {
      done.files = set_->write(path, progress);
    }
    done.bytes = progress->done;
  });
  if (!sources_.computed.empty()) tell_of_values();
  done.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return done;
}

}  // namespace aerotool::tasks
