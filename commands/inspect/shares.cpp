#include "commands/inspect/shares.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <string_view>

#include "cli/objects_text.hpp"
#include "cli/table.hpp"
#include "core/text.hpp"

namespace aerotool::commands {

std::vector<LayoutShare> shares_by_layout(const Model& model) {
  std::map<std::string_view, LayoutShare> by_layout;
  for (const Object& object : model.objects()) {
    if (object.kind == Object::Kind::dense) continue;
    LayoutShare& share = by_layout[object.layout];
    ++share.objects;
    share.elements += element_count(object.shape).value_or(0);
    share.bytes += cli::size_of(object, model);
    for (const Object::Part& part : object.parts)
      share.elements_of_parts += element_count(model.tensors()[part.tensor].shape).value_or(0);
    const auto values = cli::stored_values(object, model);
    if (values) share.values = share.values.value_or(0) + *values;
  }
  std::vector<LayoutShare> shares;
  for (auto& [layout, share] : by_layout) {
    share.layout = layout;
    shares.push_back(std::move(share));
  }
  return shares;
}

std::vector<EncodingShare> shares_by_encoding(const Model& model) {
  std::vector<EncodingShare> shares;
  for (std::size_t i = 0; i < model.tensors().size(); ++i) {
    const auto range = model.stored_range(i);
    if (!range || range->encoding == StoredEncoding::raw) continue;
    auto share = std::ranges::find(shares, range->encoding, &EncodingShare::encoding);
    if (share == shares.end()) share = shares.insert(share, EncodingShare{.encoding = range->encoding});
    ++share->tensors;
    share->stored += range->length;
    share->decoded += range->decoded_length;
  }
  return shares;
}

std::string text_of(const EncodingShare& share) {
  return std::string(name_of(share.encoding)) + " of " + plural(share.tensors, "tensor") + ", " +
         human_size(share.decoded) + " in " + human_size(share.stored);
}

std::string percent_text(std::uint64_t part, std::uint64_t whole) {
  std::array<char, 16> text{};
  const double share = whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  std::snprintf(text.data(), text.size(), "%.1f %%", share * 100);
  return text.data();
}

void print_layouts(const std::vector<LayoutShare>& layouts, cli::TextOut& out) {
  using enum cli::Table::Align;
  cli::Table table({left, right, right, right, right, right});
  table.row({"layout", "objects", "elements", "values", "density", "size"});
  for (const LayoutShare& share : layouts) {
    table.row({escape_controls(share.layout), with_thousands(share.objects), with_thousands(share.elements),
               share.values ? with_thousands(*share.values) : "-",
               share.values ? percent_text(*share.values, share.elements) : "-", human_size(share.bytes)});
  }
  out.line("");
  table.print(out, "  ");
}

void add_shares(const std::vector<LayoutShare>& layouts, const std::vector<EncodingShare>& encodings,
                cli::JsonOut& json) {
  if (!layouts.empty()) {
    json.objects_member("layouts", layouts, [&](const LayoutShare& share) {
      json.name_member("layout", share.layout);
      json.member("objects", share.objects);
      json.member("elements", share.elements);
      if (share.values) json.member("values", *share.values);
      json.member("size", share.bytes);
    });
  }
  if (encodings.empty()) return;
  json.objects_member("encodings", encodings, [&](const EncodingShare& share) {
    json.member("encoding", name_of(share.encoding));
    json.member("tensors", share.tensors);
    json.member("stored_size", share.stored);
    json.member("size", share.decoded);
  });
}

}  // namespace aerotool::commands
