// aerotool list: one tensor a line, or where the bytes are.
#include <algorithm>
#include <numeric>
#include <optional>

#include "cli/answers.hpp"
#include "cli/command.hpp"
#include "cli/json_out.hpp"
#include "cli/listener.hpp"
#include "cli/models.hpp"
#include "cli/objects_text.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "cli/text_out.hpp"
#include "cli/tree_items.hpp"
#include "commands/list/shares.hpp"
#include "commands/list/stats.hpp"
#include "core/error.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "tasks/patterns.hpp"
#include "tasks/tree/order.hpp"
#include "tasks/tree/tree.hpp"

namespace aerotool::commands {
namespace {

struct ListOptions : cli::ReadingOptions {
  bool json = false;
  bool long_form = false;
  bool stats = false;
  std::optional<tasks::Order> order;  // that of the file
  std::optional<std::size_t> tree;    // with so many levels
  std::string group;
};

std::optional<std::size_t> parse_levels(const std::string& text) {
  if (text == "all") return tasks::kAllLevels;
  const std::uint64_t levels = parse_count(text, "--tree");
  if (levels == 0) throw UsageError("--tree takes a number of levels from 1 on, or all");
  return levels;
}

cli::Settings<ListOptions> settings() {
  using enum Option::Argument;
  cli::Settings<ListOptions> all = {
      {cli::json_option("a JSON document, or the same on one line"), cli::sets(&ListOptions::json)},
      {{"long", 'l', none, "", "also shard, offset in the file, and the hash that the file carries", {}},
       cli::sets(&ListOptions::long_form)},
      {{"stats", 0, none, "", "read the weights: min, max, mean, std, zeros, NaN, Inf, histogram", {}},
       cli::sets(&ListOptions::stats)},
      {{"tree", 0, optional, "DEPTH", "modules instead, down to DEPTH levels (3) or all", {}, "3"},
       cli::sets(&ListOptions::tree, parse_levels)},
      {{"group", 0, required, "KEY", "a line for each layer, dtype or shard", {"layer", "dtype", "shard"}},
       cli::sets(&ListOptions::group)},
      {{"sort", 0, required, "KEY", "order by name, natural, size, offset or dtype; -KEY reverses",
        tasks::order_names()},
       cli::sets(&ListOptions::order,
                 [](const std::string& word) { return std::optional(tasks::order_named(word)); })}};
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
  const ObjectsOfTensors objects(model.objects(), model.tensors().size());
  // The name of an object means all of its parts.
  const auto matches = [&](const tasks::Pattern& pattern, std::size_t i) {
    const Object* const object = objects.of(i);
    return pattern.matches(model.tensors()[i].name) || (object != nullptr && pattern.matches(object->name));
  };
  for (std::size_t i = 0; i < model.tensors().size(); ++i) {
    bool any = false;
    for (std::size_t p = 0; p < patterns.size(); ++p) {
      if ((any && used[p]) || !matches(patterns[p], i)) continue;
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

/// What a line is sorted by: a tensor's, or those of the object whose line stands for it.
class SortKeys {
 public:
  explicit SortKeys(const Model& model) : model_(model), objects_(model.objects(), model.tensors().size()) {
    for (const Object& object : model.objects()) sizes_.push_back(cli::size_of(object, model));
  }

  tasks::SortKey of(std::size_t tensor, bool shows_parts) const {
    const Object* const object = shows_parts ? nullptr : objects_.of(tensor);
    const Tensor& described = model_.tensors()[tensor];
    const tasks::FilePlace place{described.shard, described.offset};
    if (object != nullptr && object->kind != Object::Kind::dense)
      return {object->name, object->layout, sizes_[objects_.number_of(*object)], place};
    return {described.name, described.dtype.name(), described.size, place};
  }

 private:
  const Model& model_;
  ObjectsOfTensors objects_;
  std::vector<std::uint64_t> sizes_;
};

void sort_by(const tasks::Order& order, const Model& model, bool shows_parts,
             std::vector<std::size_t>& selected) {
  const SortKeys keys(model);
  tasks::sort_lines(selected, order, [&](std::size_t tensor) { return keys.of(tensor, shows_parts); });
}

void add_range_members(const StoredRange& range, cli::JsonOut& json) {
  if (range.encoding != StoredEncoding::raw) {
    json.member("encoding", name_of(range.encoding));
    json.member("stored_size", range.length);
  }
  if (range.checksum) json.member(name_of(range.checksum->algorithm), to_hex(range.checksum->bytes()));
}

/// `statistics`: null where they are not asked for.
void print_json(const Model& model, const std::vector<std::size_t>& selected,
                const tasks::Statistics* statistics, cli::TextOut& out) {
  const Overview view = model.overview();
  const ObjectsOfTensors objects(model.objects(), model.tensors().size());
  cli::JsonOut json(out);
  json.begin_object();
  json.name_member("path", model.path());
  json.member("format", view.format);
  std::size_t place = 0;
  json.objects_member("tensors", selected, [&](std::size_t i) {
    const Tensor& tensor = model.tensors()[i];
    json.name_member("name", tensor.name);
    json.member("dtype", tensor.dtype.name());
    json.array_member("shape", tensor.shape, [&](std::uint64_t dimension) { json.number(dimension); });
    json.member("size", tensor.size);
    json.member("shard", view.shards.at(tensor.shard).name);
    json.member("offset", tensor.offset);
    if (tensor.digest) json.member("blake3", to_hex(*tensor.digest));
    if (const auto range = model.stored_range(i)) add_range_members(*range, json);
    if (statistics != nullptr) add_stats(*statistics, place++, json);
    const Object* const object = objects.of(i);
    if (object == nullptr) return;
    const auto part = std::ranges::find(object->parts, i, &Object::Part::tensor);
    json.name_member("object", object->name);
    json.name_member("role", part->role);
  });
  std::vector<const Object*> shown;
  for (const std::size_t i : selected) {
    if (const Object* const object = objects.of(i)) shown.push_back(object);
  }
  std::ranges::sort(shown);  // as in the model
  shown.erase(std::unique(shown.begin(), shown.end()), shown.end());
  if (!shown.empty()) {
    json.objects_member("objects", shown,
                        [&](const Object* object) { cli::add_object_members(*object, model, json); });
  }
  json.end_object();
  json.finish();
}

/// The hash that the file carries: BLAKE3 without a word, any other with its name.
std::string hash_text(const Tensor& tensor, const std::optional<StoredRange>& range) {
  if (tensor.digest) return to_hex(*tensor.digest);
  return range && range->checksum ? hash::to_string(*range->checksum) : "-";
}

std::string encoding_text(const StoredRange& range) {
  return std::string(name_of(range.encoding)) + ", " + std::to_string(range.length) + " bytes";
}

std::string size_text(std::uint64_t size, bool human) {
  return human ? human_size(size) : std::to_string(size);
}

std::vector<std::string> cells(const Model& model, std::size_t index, bool human, bool long_form,
                               const Overview& view) {
  const Tensor& tensor = model.tensors()[index];
  std::vector<std::string> row;  // not from a list of its cells, which would copy them
  row.reserve(long_form ? 8 : 4);
  row.push_back(escape_controls(tensor.name));
  row.push_back(escape_controls(tensor.dtype.name()));
  row.push_back(to_string(tensor.shape));
  row.push_back(size_text(tensor.size, human));
  if (long_form) {
    const auto range = model.stored_range(index);
    row.push_back(escape_controls(view.shards.at(tensor.shard).name));
    row.push_back(std::to_string(tensor.offset));
    row.push_back(hash_text(tensor, range));
    if (range && range->encoding != StoredEncoding::raw) row.push_back(encoding_text(*range));
  }
  return row;
}

std::vector<std::string> cells(const Model& model, const Object& object, bool human) {
  return {escape_controls(object.name), escape_controls(object.layout), to_string(object.shape),
          size_text(cli::size_of(object, model), human)};
}

/// Calls `visit` with the cells of each line: an object of several tensors is one line, in the place of the
/// first of them, unless the long form shows its parts.
template <typename Visit>
void for_each_line(const Model& model, const std::vector<std::size_t>& selected, bool human, bool long_form,
                   Visit visit) {
  const Overview view = long_form ? model.overview() : Overview{};
  const ObjectsOfTensors objects(model.objects(), model.tensors().size());
  std::vector<bool> is_told(model.objects().size());
  for (const std::size_t i : selected) {
    const Object* const object = long_form ? nullptr : objects.of(i);
    if (object == nullptr || object->kind == Object::Kind::dense) {
      visit(cells(model, i, human, long_form, view));
      continue;
    }
    const std::size_t number = objects.number_of(*object);
    if (is_told[number]) continue;
    is_told[number] = true;
    visit(cells(model, *object, human));
  }
}

void print_text(const Model& model, const std::vector<std::size_t>& selected, bool long_form,
                cli::TextOut& out) {
  if (cli::stdout_is_terminal()) {
    using enum cli::Table::Align;
    cli::Table table({left, left, left, right, left, right, left, left});
    for_each_line(model, selected, true, long_form,
                  [&](std::vector<std::string> row) { table.row(std::move(row)); });
    const tasks::Totals totals = tasks::totals_of(
        cli::tree_items(model, selected, long_form ? cli::Objects::in_parts : cli::Objects::whole));
    table.row({plural(totals.tensors, "tensor"), "", "", human_size(totals.size)});
    table.print(out);
    return;
  }
  std::string line;
  for_each_line(model, selected, false, long_form, [&](const std::vector<std::string>& row) {
    if (out.closed()) return;
    line.clear();
    for (const std::string& cell : row) {
      if (!line.empty()) line += '\t';
      line += cell;
    }
    out.line(line);
  });
}

void require_one_form(const ListOptions& options) {
  if (options.tree && !options.group.empty())
    throw UsageError("--tree and --group are two answers: take one");
  if (options.long_form && (options.tree || !options.group.empty()))
    throw UsageError(std::string("--long shows tensors, and --") + (options.tree ? "tree" : "group") +
                     " does not");
  if (!options.stats) return;
  const char* other = options.long_form       ? "long"
                      : options.tree          ? "tree"
                      : options.group.empty() ? ""
                                              : "group";
  if (*other != '\0') throw UsageError(std::string("--stats and --") + other + " exclude each other");
}

/// `statistics` are null where nobody asks for them.
void print(const ListOptions& options, const Model& model, const std::vector<std::size_t>& selected,
           const tasks::Statistics* statistics) {
  const ShareRequest request{options, model, selected, options.order, options.json};
  if (options.tree) {
    print_tree(request, *options.tree);
  } else if (!options.group.empty()) {
    print_groups(request, options.group);
  } else {
    cli::TextOut out;
    if (options.json) {
      print_json(model, selected, statistics, out);
    } else if (statistics != nullptr) {
      print_stats(*statistics, out);
    } else {
      print_text(model, selected, options.long_form, out);
    }
    out.finish();
  }
}

int run(const ListOptions& options) {
  cli::require_operands(options, 1, "MODEL");
  require_one_form(options);
  const std::vector<tasks::Pattern> patterns(options.operands.begin() + 1, options.operands.end());
  const auto model = cli::open(options, options.operands.front());
  auto [selected, unmatched] = select(*model, patterns);
  if (options.order)
    sort_by(*options.order, *model, options.long_form || options.json || options.stats, selected);
  model->require_unchanged();
  if (!selected.empty()) tasks::warn_of_unmatched(cli::listener(options), *model, unmatched);
  std::optional<tasks::Statistics> statistics;
  if (options.stats) statistics.emplace(*model, selected, options.jobs, cli::listener(options));

  const bool is_answer = !selected.empty() || patterns.empty();
  if (is_answer || options.json) print(options, *model, selected, statistics ? &*statistics : nullptr);
  if (is_answer) return 0;
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
