#include "commands/list/shares.hpp"

#include <algorithm>

#include "cli/json_out.hpp"
#include "cli/share_table.hpp"
#include "cli/text_out.hpp"
#include "cli/tree_items.hpp"
#include "core/text.hpp"
#include "tasks/tree/groups.hpp"
#include "tasks/tree/tree.hpp"

namespace aerotool::commands {
namespace {

void add_totals(const tasks::Totals& totals, cli::JsonOut& json) {
  json.member("tensors", totals.tensors);
  json.member("size", totals.size);
  json.member("parameters", totals.parameters);
}

/// A document about the model, with what `put` writes of it.
template <typename Put>
void print_document(const Model& model, const tasks::Totals& totals, Put put) {
  cli::TextOut out;
  cli::JsonOut json(out);
  json.begin_object();
  json.name_member("path", model.path());
  json.member("format", model.overview().format);
  add_totals(totals, json);
  put(json);
  json.end_object();
  json.finish();
  out.finish();
}

/// `sum` says what there is of.
void print_table(cli::ShareTable& table, std::string sum, const tasks::Totals& totals,
                 const cli::CommonOptions& options) {
  table.total = {.name = std::move(sum),
                 .tensors = totals.tensors,
                 .size = totals.size,
                 .parameters = totals.parameters};
  cli::TextOut out;
  cli::print_shares(table, options, out);
  out.finish();
}

void add_rows(std::string_view key, const std::vector<tasks::TreeRow>& rows, cli::JsonOut& json) {
  json.objects_member(key, rows, [&](const tasks::TreeRow& row) {
    json.name_member("name", row.name);
    if (!row.folded.empty()) {
      json.array_member("folded", row.folded, [&](const std::vector<std::string>& texts) {
        json.begin_array();
        for (const std::string& text : texts) json.text(text);
        json.end_array();
      });
    }
    json.member("count", row.count);
    add_totals(row.totals, json);
    json.objects_member("dtypes", row.dtypes, [&](const tasks::DTypeSize& dtype) {
      json.name_member("dtype", dtype.name);
      json.member("size", dtype.size);
    });
    if (!row.children.empty()) add_rows("modules", row.children, json);
  });
}

/// "Q4_K +1": the dtype of most bytes, and how many others there are.
std::string dtypes_text(const std::vector<tasks::DTypeSize>& dtypes) {
  if (dtypes.empty()) return "";
  std::string text(dtypes.front().name);
  if (dtypes.size() > 1) text += " +" + std::to_string(dtypes.size() - 1);
  return text;
}

/// Without the word that each module's weight has at its end; an empty part of a name is seen.
std::string name_in_text(const std::string& name) {
  if (name.empty()) return "''";
  for (const std::string_view ending : {".weight", ".{bias,weight}"}) {
    if (name.size() > ending.size() && name.ends_with(ending))
      return name.substr(0, name.size() - ending.size());
  }
  return name;
}

void add_lines(const std::vector<tasks::TreeRow>& rows, std::size_t level,
               std::vector<cli::ShareLine>& lines) {
  for (const tasks::TreeRow& row : rows) {
    lines.push_back({name_in_text(row.name), level, row.count, row.totals.tensors, row.totals.size,
                     row.totals.parameters, dtypes_text(row.dtypes)});
    add_lines(row.children, level + 1, lines);
  }
}

}  // namespace

void print_tree(const ShareRequest& request, std::size_t levels) {
  const tasks::Tree tree = tasks::tree_of(cli::tree_items(request.model, request.chosen, cli::Objects::whole),
                                          levels, request.order.value_or(tasks::Order{}));
  if (request.json) {
    print_document(request.model, tree.totals,
                   [&](cli::JsonOut& json) { add_rows("modules", tree.rows, json); });
    return;
  }
  cli::ShareTable table{.heading = "module", .with_dtypes = true};
  add_lines(tree.rows, 0, table.lines);
  print_table(table, plural(tree.totals.tensors, "tensor"), tree.totals, request.options);
}

void print_groups(const ShareRequest& request, const std::string& key) {
  const auto whole = key == "shard" ? cli::Objects::in_parts : cli::Objects::whole;
  const std::vector<tasks::TreeItem> items = cli::tree_items(request.model, request.chosen, whole);
  const Overview view = request.model.overview();
  tasks::GroupOf group_of = [](const tasks::TreeItem& item) { return tasks::layer_of(item.name); };
  std::optional<tasks::Order> order = request.order;
  if (key == "layer") {
    order = order.value_or(tasks::Order{});
  } else if (key == "dtype") {
    group_of = [](const tasks::TreeItem& item) { return item.dtype; };
    order = order.value_or(tasks::Order{tasks::SortBy::size, false});
  } else {
    group_of = [&](const tasks::TreeItem& item) -> std::string_view {
      return view.shards.at(item.place.shard).name;
    };
    order = order.value_or(tasks::Order{tasks::SortBy::offset, false});
  }
  const std::vector<tasks::Group> groups = tasks::groups_of(items, group_of, *order);
  const tasks::Totals totals = tasks::totals_of(items);
  if (request.json) {
    print_document(request.model, totals, [&](cli::JsonOut& json) {
      json.objects_member(key + "s", groups, [&](const tasks::Group& group) {
        json.name_member("name", group.name);
        add_totals(group.totals, json);
      });
    });
    return;
  }
  cli::ShareTable table{.heading = key, .with_tensors = true};
  for (const tasks::Group& group : groups) {
    table.lines.push_back({.name = group.name.empty() ? "''" : group.name,
                           .tensors = group.totals.tensors,
                           .size = group.totals.size,
                           .parameters = group.totals.parameters});
  }
  print_table(table, plural(groups.size(), key), totals, request.options);
}

}  // namespace aerotool::commands
