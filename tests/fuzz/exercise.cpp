#include "exercise.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "cli/json_out.hpp"
#include "cli/overview_text.hpp"
#include "cli/values.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/aero/extras.hpp"
#include "registry/registry.hpp"

namespace aerotool::fuzz {
namespace {

constexpr std::uint64_t kSomeBytes = 512;
constexpr std::size_t kSomeFindings = 4;  // hundreds are alike, and text takes most of the time

[[noreturn]] void contradiction(const char* what, const Error& error) {
  std::fprintf(stderr, "fuzz: validate says sound, but %s: %s\n", what, error.what());
  std::abort();
}

/// What was said of the model as a whole.
enum class Verdict { sound, faulty };

/// Does one thing to a model. No part of a sound model is corrupt.
template <typename Work>
void attempt(Verdict verdict, const char* what, const Work& work) {
  try {
    work();
  } catch (const CorruptError& error) {
    if (verdict == Verdict::sound) contradiction(what, error);
  } catch (const Error&) {
    return;
  }
}

void print(const Report& report) {
  for (const Finding& finding :
       std::span(report.findings()).first(std::min(report.findings().size(), kSomeFindings))) {
    static_cast<void>(one_line(describe(finding.where, finding.message)));
    static_cast<void>(list_names(finding.hit));
  }
}

void print(const Metadata& metadata) {
  cli::TextOut out;  // never finished: nothing is to be seen
  cli::JsonOut json(out);
  json.begin_object();
  for (const auto& [key, value] : metadata.entries) {
    static_cast<void>(escape_controls(key) + cli::type_text(value) + cli::value_text(value, true) +
                      cli::value_text(value, false));
    json.name_member("key", key);
    cli::add_value_members(value, json);
  }
  json.end_object();
}

void print(const Overview& view) {
  for (const Note& note : view.notes) static_cast<void>(escape_controls(cli::text_of(note)));
  for (const Section& section : view.sections) static_cast<void>(escape_controls(section.name));
}

void list(const Model& model) {
  const Overview view = model.overview();
  for (std::size_t i = 0; i < model.tensors().size(); ++i) {
    const Tensor& tensor = model.tensors()[i];
    static_cast<void>(escape_controls(tensor.name) + escape_controls(tensor.dtype.name()) +
                      to_string(tensor.shape) + human_size(tensor.size) + model.path_of(i));
    static_cast<void>(view.shards.at(tensor.shard).name);
  }
}

void read_ends(const Model& model, std::size_t index) {
  const std::uint64_t size = model.tensors()[index].size;
  std::vector<std::byte> some(std::min(size, kSomeBytes));
  model.read(index, 0, some);
  model.read(index, size - some.size(), some);
}

Verdict judge(const std::string& path, const std::string& from) {
  Report report(Report::Mode::judge);
  bool whole = true;
  try {
    const auto model = open_model(path, {.from = from}, report);
    Report control(Report::Mode::judge);
    model->check({.level = CheckLevel::control}, control);
    print(control);
    model->check({.level = CheckLevel::structure}, report);
    model->check({.level = CheckLevel::full}, report);
    print(model->overview());
    list(*model);
    model->require_unchanged();
  } catch (const Error&) {
    whole = false;
  }
  print(report);
  return whole && report.fault_count() == 0 ? Verdict::sound : Verdict::faulty;
}

void archive(const Model& model) {
  for (const Object& object : model.objects()) {
    if (object.kind != Object::Kind::csr && object.kind != Object::Kind::coo) continue;
    // Not what makes a file unsound in every format.
    attempt(Verdict::faulty, "a sparse object", [&] {
      const SparseArchive archive(model, object);
      static_cast<void>(archive.texts(std::vector<std::uint32_t>(archive.pieces().size())));
      archive.require_sound_indexes();
    });
  }
}

void use(const std::string& path, const std::string& from, Verdict verdict) {
  Report report;
  std::unique_ptr<Model> model;
  attempt(verdict, "it does not open", [&] { model = open_model(path, {.from = from}, report); });
  print(report);
  if (!model) return;
  attempt(verdict, "its overview", [&] { print(model->overview()); });
  attempt(verdict, "its list of tensors", [&] { list(*model); });
  attempt(verdict, "its metadata", [&] { print(model->metadata()); });
  attempt(verdict, "its source", [&] { model->source(); });
  attempt(verdict, "what only its format passes on", [&] { model->own_content(); });
  attempt(verdict, "its chunks that are passed on", [&] {
    const auto* holder = dynamic_cast<const aero::HoldsExtras*>(model.get());
    if (holder == nullptr) return;
    const aero::Extras extras = holder->extras();
    for (std::size_t i = 0; i < extras.chunks.size(); ++i) {
      std::vector<std::byte> some(std::min(extras.chunks[i].length, kSomeBytes));
      holder->read_chunk(i, extras.chunks[i].length - some.size(), some);
    }
  });
  attempt(verdict, "its hashed runs", [&] {
    for (const HashedRun& run : model->hashed_runs()) {
      std::vector<std::byte> some(std::min(run.length, kSomeBytes));
      run.read(run.length - some.size(), some);
    }
  });
  attempt(verdict, "its side files", [&] {
    for (const SideFile& file : model->side_files().files) static_cast<void>(digest_of(file));
  });
  attempt(verdict, "its files' hashes", [&] { model->verify_files(1, nullptr, {}); });
  for (std::size_t i = 0; i < model->tensors().size(); ++i) {
    attempt(verdict, "a tensor's bytes", [&] { read_ends(*model, i); });
    attempt(verdict, "a tensor's pages",
            [&] { model->verify_pages(i, 0, std::min(model->tensors()[i].size, kSomeBytes)); });
  }
  archive(*model);
}

}  // namespace

void exercise(const std::string& path, const std::string& from, ByteSpan input) {
  const Verdict verdict = judge(path, from);
  const bool chosen = std::hash<std::string_view>{}(chars_of(input)) % 4 == 0;
  if (verdict == Verdict::sound || chosen) use(path, from, verdict);
}

int exercise(const ScratchFile& file, ByteSpan content, const std::string& from) {
  using namespace std::string_view_literals;
  const std::string_view text = chars_of(content);
  for (const std::string_view magic : {"\x1f\x8b"sv, "\x28\xb5\x2f\xfd"sv}) {
    if (text.starts_with(magic)) return -1;
  }
  file.set(content);
  exercise(file.path(), from, content);
  return 0;
}

}  // namespace aerotool::fuzz
