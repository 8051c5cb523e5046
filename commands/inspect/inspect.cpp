// aerotool inspect: what is this file?
#include <algorithm>
#include <array>
#include <cstdio>
#include <unordered_map>

#include "cli/answers.hpp"
#include "cli/command.hpp"
#include "cli/json_out.hpp"
#include "cli/models.hpp"
#include "cli/overview_text.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "cli/text_out.hpp"
#include "cli/values.hpp"
#include "commands/inspect/file_maps.hpp"
#include "commands/inspect/shares.hpp"
#include "core/text.hpp"
#include "io/remote_name.hpp"
#include "model/quantized_modules.hpp"
#include "tasks/map/map.hpp"

namespace aerotool::commands {
namespace {

struct InspectOptions : cli::AnswerOptions {
  bool metadata = false;
  bool chunks = false;
  bool map = false;
};

cli::Settings<InspectOptions> settings() {
  using enum Option::Argument;
  cli::Settings<InspectOptions> all = {
      cli::json_setting(),
      {{"metadata", 'm', none, "", "also all metadata", {}}, cli::sets(&InspectOptions::metadata)},
      {{"chunks", 'c', none, "", "also the table of contents", {}}, cli::sets(&InspectOptions::chunks)},
      {{"map", 0, none, "", "also what each byte of its files belongs to", {}},
       cli::sets(&InspectOptions::map)},
      cli::recursive_setting()};
  cli::append(all, cli::reading_settings());
  return all;
}

struct DTypeShare {
  std::string name;
  std::uint64_t tensors = 0;
  std::uint64_t bytes = 0;
};

struct Facts {
  Overview view;
  std::vector<DTypeShare> dtypes;  // by bytes, the largest first
  std::uint64_t weight_bytes = 0;
  std::uint64_t elements = 0;
  std::uint64_t parameters = 0;  ///< elements, but for those that are packed or belong to what is packed
  Metadata metadata;             // where it is asked for
  SideFiles side_files;
  std::vector<LayoutShare> layouts;
  std::vector<EncodingShare> encodings;
  std::vector<tasks::FileMap> maps;  // where they are asked for
};

SideFiles side_files_of(const InspectOptions& options, const Model& model) {
  SideFiles found = model.side_files();
  if (options.quiet != 0) return found;
  for (const std::string& line : found.left_out)
    cli::complain("warning: " + escape_controls(model.path()) + ": not shown: " + line);
  return found;
}

Facts gather(const InspectOptions& options, const Model& model) {
  Facts facts;
  facts.side_files = side_files_of(options, model);
  facts.view = model.overview();
  if (options.metadata) facts.metadata = model.metadata();
  if (options.map) facts.maps = tasks::map_of(model);
  std::unordered_map<std::string_view, std::size_t> by_name;
  const DType* last = nullptr;  // most tensors have the dtype of the one before
  std::size_t number = 0;
  for (const Tensor& tensor : model.tensors()) {
    if (last == nullptr || *last != tensor.dtype) {
      const auto [same, is_new] = by_name.emplace(tensor.dtype.name(), facts.dtypes.size());
      if (is_new) facts.dtypes.push_back({std::string(tensor.dtype.name()), 0, 0});
      number = same->second;
      last = &tensor.dtype;
    }
    DTypeShare& share = facts.dtypes[number];
    ++share.tensors;
    share.bytes += tensor.size;
    facts.weight_bytes += tensor.size;
    facts.elements += element_count(tensor.shape).value_or(0);
  }
  facts.layouts = shares_by_layout(model);
  facts.encodings = shares_by_encoding(model);
  facts.parameters = facts.layouts.empty()
                         ? count_parameters(model.tensors(), facts.view.quantization, facts.elements)
                         : facts.elements;
  // Objects say by themselves what they hold.
  for (const LayoutShare& share : facts.layouts)
    facts.parameters += share.values.value_or(share.elements) - share.elements_of_parts;
  std::stable_sort(facts.dtypes.begin(), facts.dtypes.end(),
                   [](const DTypeShare& a, const DTypeShare& b) { return a.bytes > b.bytes; });
  return facts;
}

std::string size_text(std::uint64_t bytes) {
  return bytes < 1024 ? human_size(bytes) : human_size(bytes) + " (" + with_thousands(bytes) + " bytes)";
}

void print_chunks(const Overview& view, cli::TextOut& out) {
  using enum cli::Table::Align;
  cli::Table table({left, left, right, right, right, left, left});
  table.row({"chunk", "name", "offset", "length", "uncompressed", "BLAKE3", "flags"});
  constexpr std::size_t kShortHash = 16;
  for (const Section& section : view.sections) {
    table.row({escape_controls(section.kind), escape_controls(section.name), std::to_string(section.offset),
               std::to_string(section.stored_length), std::to_string(section.decoded_length),
               to_hex(section.digest).substr(0, kShortHash), cli::text_of(section.flags)});
  }
  out.line("");
  table.print(out, "  ");
}

void print_side_files(const std::vector<SideFile>& files, cli::TextOut& out) {
  using enum cli::Table::Align;
  cli::Table table({left, right});
  table.row({"side file", "size"});
  for (const SideFile& file : files) table.row({escape_controls(file.path), std::to_string(file.size)});
  out.line("");
  table.print(out, "  ");
}

void print_metadata(const Metadata& metadata, cli::TextOut& out) {
  using enum cli::Table::Align;
  cli::Table table({left, left, left});
  for (const auto& [key, value] : metadata.entries) {
    table.row(
        {escape_controls(key), cli::type_text(value), cli::value_text(value, cli::stdout_is_terminal())});
  }
  out.line("");
  if (metadata.entries.empty()) out.line("  no metadata");
  table.print(out, "  ");
}

void print_text(const InspectOptions& options, const Model& model, const Facts& facts, cli::TextOut& out) {
  const Overview& view = facts.view;
  out.line(cli::styled(options, cli::Style::bold, escape_controls(model.path())));
  using enum cli::Table::Align;
  cli::Table table({left, left});
  const auto fact = [&](const char* name, const std::string& text) {
    if (!text.empty()) table.row({name, text});
  };
  fact("format", view.version.empty() ? view.format : view.format + " " + view.version);
  fact("model", escape_controls(view.model_name));
  fact("architecture", escape_controls(view.architecture));
  fact("file size", view.packed_size
                        ? size_text(*view.packed_size) + ", unpacked " + size_text(view.file_size)
                        : size_text(view.file_size));
  if (!view.files.empty()) fact("files", with_thousands(view.files.size()));
  fact("weights", size_text(facts.weight_bytes));
  fact("parameters", with_thousands(facts.parameters));
  if (facts.elements != facts.parameters) fact("elements", with_thousands(facts.elements));
  fact("tensors", with_thousands(model.tensors().size()));
  fact("shards", with_thousands(view.shards.size()));
  const std::vector<SideFile>& side = facts.side_files.files;
  if (!side.empty()) fact("side files", with_thousands(side.size()) + ", " + size_text(total_size(side)));
  fact("UUID", view.uuid);
  std::string integrity;
  for (const Integrity& item : view.integrity)
    integrity += (integrity.empty() ? "" : ", ") + cli::text_of(item);
  fact("integrity", integrity.empty() ? "none" : integrity);
  std::string encodings;
  for (const EncodingShare& share : facts.encodings)
    encodings += (encodings.empty() ? "" : "; ") + text_of(share);
  fact("encoding", encodings);
  for (const Note& note : view.notes) fact("note", escape_controls(cli::text_of(note)));
  table.print(out, "  ");
  if (!facts.dtypes.empty()) {
    cli::Table shares({left, right, right, right});
    shares.row({"dtype", "tensors", "size", "share"});
    for (const DTypeShare& share : facts.dtypes) {
      shares.row({escape_controls(share.name), with_thousands(share.tensors), human_size(share.bytes),
                  percent_text(share.bytes, facts.weight_bytes)});
    }
    out.line("");
    shares.print(out, "  ");
  }
  if (!facts.layouts.empty()) print_layouts(facts.layouts, out);
  if (options.chunks && !view.sections.empty()) print_chunks(view, out);
  if (options.chunks && side.size() != model.carried_files().size()) print_side_files(side, out);
  if (options.metadata) print_metadata(facts.metadata, out);
  if (options.map) print_maps(facts.maps, view.packed_size.has_value(), options.verbose, out);
}

/// Where the file that names the model is on a server.
void print_remote(const Model& model, cli::JsonOut& json) {
  const std::vector<ModelFile> files = model.files();
  const io::RemoteName* remote = files.empty() ? nullptr : files.front().input->remote();
  if (remote == nullptr) return;
  json.name_member("url", remote->url.shown());
  if (!remote->etag.empty()) json.name_member("etag", remote->etag);
  if (!remote->commit.empty()) json.name_member("commit", remote->commit);
}

void print_json(const InspectOptions& options, const Model& model, const Facts& facts, cli::JsonOut& json) {
  const Overview& view = facts.view;
  json.begin_object();
  json.name_member("path", model.path());
  print_remote(model, json);
  json.member("format", view.format);
  if (!view.version.empty()) json.member("version", view.version);
  json.name_member("model", view.model_name);
  json.name_member("architecture", view.architecture);
  json.member("file_size", view.file_size);
  if (view.packed_size) json.member("packed_size", *view.packed_size);
  json.member("weight_size", facts.weight_bytes);
  json.member("parameters", facts.parameters);
  json.member("elements", facts.elements);
  json.member("tensors", model.tensors().size());
  if (!view.uuid.empty()) json.member("uuid", view.uuid);
  json.objects_member("dtypes", facts.dtypes, [&](const DTypeShare& share) {
    json.name_member("dtype", share.name);
    json.member("tensors", share.tensors);
    json.member("size", share.bytes);
  });
  add_shares(facts.layouts, facts.encodings, json);
  json.objects_member("shards", view.shards, [&](const Shard& shard) {
    json.name_member("name", shard.name);
    json.name_member("path", shard.path);
    json.member("offset", shard.offset);
    json.member("size", shard.size);
    json.member("tensors", shard.tensor_count);
  });
  const auto put_text = [&](const auto& item) { json.text(cli::text_of(item)); };
  json.array_member("integrity", view.integrity, put_text);
  if (!view.files.empty()) {
    json.objects_member("files", view.files, [&](const FileLine& file) {
      json.name_member("path", file.path);
      json.member("size", file.size);
    });
  }
  if (!facts.side_files.files.empty()) {
    json.objects_member("side_files", facts.side_files.files, [&](const SideFile& file) {
      json.name_member("path", file.path);
      json.member("size", file.size);
    });
  }
  if (!view.notes.empty()) json.array_member("notes", view.notes, put_text);
  if (options.chunks) {
    json.objects_member("chunks", view.sections, [&](const Section& section) {
      json.name_member("fourcc", section.kind);
      json.name_member("name", section.name);
      json.member("flags", cli::text_of(section.flags));
      json.member("offset", section.offset);
      json.member("length", section.stored_length);
      json.member("uncompressed_length", section.decoded_length);
      json.member("blake3", to_hex(section.digest));
    });
  }
  if (options.metadata) {
    json.objects_member("metadata", facts.metadata.entries, [&](const auto& entry) {
      json.name_member("key", entry.first);
      cli::add_value_members(entry.second, json);
    });
  }
  if (options.map) add_maps(facts.maps, json);
  json.end_object();
}

int run(const InspectOptions& options) {
  bool first = true;
  return cli::answer_each(options, [&](const std::string& path, cli::TextOut& out, cli::JsonOut* json) {
    const auto model = cli::open(options, path);
    const Facts facts = gather(options, *model);
    model->require_unchanged();
    if (json != nullptr) {
      print_json(options, *model, facts, *json);
    } else {
      if (!first) out.line("");
      print_text(options, *model, facts, out);
    }
    first = false;
    return 0;
  });
}

}  // namespace

const cli::Command& inspect_command() {
  static const cli::Command command =
      cli::command<InspectOptions, settings, run>("inspect", "Show what a model file is", "MODEL...");
  return command;
}

}  // namespace aerotool::commands
