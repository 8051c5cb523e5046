// aerotool list: one tensor a line.
#include <algorithm>
#include <numeric>

#include "cli/answers.hpp"
#include "cli/command.hpp"
#include "cli/json_out.hpp"
#include "cli/listener.hpp"
#include "cli/models.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "cli/text_out.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "tasks/patterns.hpp"

namespace aerotool::commands {
namespace {

struct ListOptions : cli::ReadingOptions {
  bool json = false;
  bool long_form = false;
  std::string sort;
};

cli::Settings<ListOptions> settings() {
  using enum Option::Argument;
  cli::Settings<ListOptions> all = {
      {cli::json_option("a JSON document, or the same on one line"), cli::sets(&ListOptions::json)},
      {{"long", 'l', none, "", "also shard, offset in the file, and the hash that the file carries", {}},
       cli::sets(&ListOptions::long_form)},
      {{"sort",
        0,
        required,
        "KEY",
        "order by name, size, offset or dtype (default: as in the file)",
        {"name", "size", "offset", "dtype"}},
       cli::sets(&ListOptions::sort)}};
  cli::append(all, cli::reading_settings());
  return all;
}

struct Selection {
  std::vector<std::size_t> tensors;
  std::vector<tasks::Pattern> unmatched;  // match nothing
};

Selection select(const Model& model, const std::vector<tasks::Pattern>& patterns) {
  Selection selection;
  if (patterns.empty()) {
    selection.tensors.resize(model.tensors().size());
    std::iota(selection.tensors.begin(), selection.tensors.end(), 0);
    return selection;
  }
  std::vector<bool> used(patterns.size());
  for (std::size_t i = 0; i < model.tensors().size(); ++i) {
    bool any = false;
    for (std::size_t p = 0; p < patterns.size(); ++p) {
      if ((any && used[p]) || !patterns[p].matches(model.tensors()[i].name)) continue;
      any = true;
      used[p] = true;
    }
    if (any) selection.tensors.push_back(i);
  }
  for (std::size_t p = 0; p < patterns.size(); ++p) {
    if (!used[p]) selection.unmatched.push_back(patterns[p]);
  }
  return selection;
}

void sort_by(const std::string& key, const std::vector<Tensor>& tensors, std::vector<std::size_t>& selected) {
  const auto sort = [&](auto before) {
    std::stable_sort(selected.begin(), selected.end(),
                     [&](std::size_t a, std::size_t b) { return before(tensors[a], tensors[b]); });
  };
  if (key == "name") sort([](const Tensor& a, const Tensor& b) { return a.name < b.name; });
  if (key == "size") sort([](const Tensor& a, const Tensor& b) { return a.size > b.size; });
  if (key == "dtype") sort([](const Tensor& a, const Tensor& b) { return a.dtype.name() < b.dtype.name(); });
  if (key == "offset") {
    sort([](const Tensor& a, const Tensor& b) {
      return std::pair(a.shard, a.offset) < std::pair(b.shard, b.offset);
    });
  }
}

void print_json(const Model& model, const std::vector<std::size_t>& selected, cli::TextOut& out) {
  const Overview view = model.overview();
  cli::JsonOut json(out);
  json.begin_object();
  json.name_member("path", model.path());
  json.member("format", view.format);
  json.objects_member("tensors", selected, [&](std::size_t i) {
    const Tensor& tensor = model.tensors()[i];
    json.name_member("name", tensor.name);
    json.member("dtype", tensor.dtype.name());
    json.array_member("shape", tensor.shape, [&](std::uint64_t dimension) { json.number(dimension); });
    json.member("size", tensor.size);
    json.member("shard", view.shards.at(tensor.shard).name);
    json.member("offset", tensor.offset);
    if (tensor.digest) json.member("blake3", to_hex(*tensor.digest));
  });
  json.end_object();
  json.finish();
}

std::vector<std::string> cells(const Tensor& tensor, bool human, bool long_form, const Overview& view) {
  std::vector<std::string> row;  // not from a list of its cells, which would copy them
  row.reserve(long_form ? 7 : 4);
  row.push_back(escape_controls(tensor.name));
  row.push_back(escape_controls(tensor.dtype.name()));
  row.push_back(to_string(tensor.shape));
  row.push_back(human ? human_size(tensor.size) : std::to_string(tensor.size));
  if (long_form) {
    row.push_back(escape_controls(view.shards.at(tensor.shard).name));
    row.push_back(std::to_string(tensor.offset));
    row.push_back(tensor.digest ? to_hex(*tensor.digest) : "-");
  }
  return row;
}

void print_text(const Model& model, const std::vector<std::size_t>& selected, bool long_form,
                cli::TextOut& out) {
  const Overview view = model.overview();
  if (cli::stdout_is_terminal()) {
    using enum cli::Table::Align;
    cli::Table table({left, left, left, right, left, right, left});
    for (const std::size_t i : selected) table.row(cells(model.tensors()[i], true, long_form, view));
    table.print(out);
    return;
  }
  std::string line;
  for (const std::size_t i : selected) {
    if (out.closed()) return;
    line.clear();
    for (const std::string& cell : cells(model.tensors()[i], false, long_form, view)) {
      if (!line.empty()) line += '\t';
      line += cell;
    }
    out.line(line);
  }
}

int run(const ListOptions& options) {
  cli::require_operands(options, 1, "MODEL");
  const std::vector<tasks::Pattern> patterns(options.operands.begin() + 1, options.operands.end());
  const auto model = cli::open(options, options.operands.front());
  auto [selected, unmatched] = select(*model, patterns);
  sort_by(options.sort, model->tensors(), selected);
  model->require_unchanged();
  if (!selected.empty()) tasks::warn_of_unmatched(cli::listener(options), *model, unmatched);

  cli::TextOut out;
  if (options.json) {
    print_json(*model, selected, out);
  } else {
    print_text(*model, selected, options.long_form, out);
  }
  out.finish();
  if (!selected.empty() || patterns.empty()) return 0;
  cli::complain(describe({model->path(), {}, {}}, tasks::no_match({model.get()}, unmatched)));
  return 1;
}

}  // namespace

const cli::Command& list_command() {
  static const cli::Command command = cli::command<ListOptions, settings, run>(
      "list", "List the tensors of a model, one a line", "MODEL [PATTERN...]", true);
  return command;
}

}  // namespace aerotool::commands
