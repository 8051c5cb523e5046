#include "commands/inspect/file_maps.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "cli/text_width.hpp"
#include "commands/inspect/module_sums.hpp"
#include "commands/inspect/shares.hpp"
#include "core/checked.hpp"
#include "core/text.hpp"

namespace aerotool::commands {
namespace {

using tasks::FileMap;
using tasks::MappedRegion;

constexpr std::string_view kIndent = "  ";

void append(std::string& list, const std::string& text) {
  list += (list.empty() ? "" : ", ") + text;
}

/// What else there is to say of a region: how it is stored, and who shares it.
std::string note_of(const MappedRegion& region, std::size_t most_names) {
  std::string note;
  if (region.is_rest) append(note, "the rest of it");
  if (region.encoding != StoredEncoding::raw) append(note, std::string(name_of(region.encoding)));
  if (!region.also.empty()) {
    const std::vector<std::string> names(region.also.begin(), region.also.end());
    append(note, "also " + listed(names, most_names, Quotes::yes));
  }
  return note;
}

std::string note_of(const FileMap& map, bool is_packed) {
  if (!map.is_here) return "is not here: its size is what the index says";
  return is_packed ? "as it is unpacked" : "";
}

std::uint64_t total_size_of(const std::vector<FileMap>& maps) {
  std::uint64_t total = 0;
  // Sparse files have any size they like.
  for (const FileMap& map : maps)
    total = checked_add(total, map.size).value_or(std::numeric_limits<std::uint64_t>::max());
  return total;
}

/// Calls `on_shard` with each shard, and `on_regions` with the regions that lie one behind the other in it,
/// or outside of shards.
template <typename OnShard, typename OnRegions>
void walk(const FileMap& map, OnShard on_shard, OnRegions on_regions) {
  const std::span<const MappedRegion> all(map.regions);
  for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    const std::size_t shard = all[begin].shard;
    while (end < all.size() && all[end].shard == shard) ++end;
    if (shard != tasks::kNoShard) on_shard(map.shards[shard]);
    on_regions(all.subspan(begin, end - begin));
  }
}

// ---- fields with tabs between

void print_fields(const std::vector<FileMap>& maps, bool is_packed, cli::TextOut& out) {
  std::string line;
  const auto print = [&](std::uint64_t offset, std::uint64_t size, std::string_view kind,
                         std::string_view name, const std::string& note) {
    if (out.closed()) return;
    line = std::to_string(offset) + "\t" + std::to_string(size) + "\t";
    line += kind;
    line += "\t" + escape_controls(name);
    if (!note.empty()) line += "\t" + note;
    out.line(line);
  };
  out.line("");
  for (const FileMap& map : maps) {
    print(0, map.size, "file", map.path, note_of(map, is_packed));
    walk(
        map, [&](const Shard& shard) { print(shard.offset, shard.size, "shard", shard.name, {}); },
        [&](std::span<const MappedRegion> regions) {
          for (const MappedRegion& region : regions) {
            print(region.offset, region.size, name_of(region.kind), region.name,
                  note_of(region, region.also.size()));
          }
        });
    for (const tasks::CutRegion& cut : map.cut) print(cut.offset, cut.size, "cut", cut.name, {});
  }
}

// ---- a table for a terminal

/// The name and, where there is room, the note. One that is long leaves half of the room to the other.
std::string fitted(const std::string& name, const std::string& note, std::size_t room) {
  constexpr std::size_t kWorthNotes = 24;
  constexpr std::string_view kLeftOut = "...";
  const std::string behind = name.empty() || note.empty() ? note : ", " + note;
  const std::size_t name_width = cli::columns_of(name);
  const std::size_t note_width = cli::columns_of(behind);
  if (name_width + note_width <= room) return name + behind;
  if (room < kWorthNotes) return cli::shortened_to(name, room, kLeftOut);
  const std::size_t for_name = std::max(room / 2, room - std::min(room, note_width));
  const std::string first = cli::shortened_to(name, for_name, kLeftOut);
  return first + cli::shortened_to(behind, room - cli::columns_of(first), kLeftOut);
}

class MapTable {
 public:
  MapTable(std::uint64_t whole, cli::TextOut& out) : whole_(whole), out_(out) {
    rows_.push_back({{"offset", "size", "share", "kind"}, "name", ""});
  }

  /// `name` is shortened where there is no room for it.
  void row(const std::string& offset, std::uint64_t size, const std::string& kind, const std::string& name,
           const std::string& note) {
    rows_.push_back({{offset, human_size(size), percent_text(size, whole_), kind}, name, note});
  }
  void print() const;

 private:
  struct Row {
    std::array<std::string, 4> cells;
    std::string name;
    std::string note;
  };

  std::uint64_t whole_;
  cli::TextOut& out_;
  std::vector<Row> rows_;
};

void MapTable::print() const {
  using enum cli::Table::Align;
  constexpr std::size_t kGap = 2;
  constexpr std::size_t kLeastName = 12;
  std::size_t taken = kIndent.size();
  for (std::size_t i = 0; i < rows_.front().cells.size(); ++i) {
    std::size_t width = 0;
    for (const Row& row : rows_) width = std::max(width, cli::columns_of(row.cells[i]));
    taken += width + kGap;
  }
  const std::size_t terminal = cli::stdout_width();
  const std::size_t room = terminal > taken + kLeastName ? terminal - taken : kLeastName;
  cli::Table table({right, right, right, left, left});
  for (const Row& row : rows_) {
    std::vector<std::string> cells(row.cells.begin(), row.cells.end());
    if (std::string last = fitted(row.name, row.note, room); !last.empty()) cells.push_back(std::move(last));
    table.row(std::move(cells));
  }
  table.print(out_, std::string(kIndent));
}

void add_line(const MapLine& line, bool is_in_shard, MapTable& table) {
  constexpr std::size_t kMostNames = 2;
  const MappedRegion& region = *line.region;
  const std::string indent(is_in_shard ? kIndent : "");
  if (line.module.empty()) {
    return table.row(with_thousands(line.offset), line.size, indent + std::string(name_of(region.kind)),
                     escape_controls(region.name), note_of(region, kMostNames));
  }
  const bool is_one = line.tensors == 1;
  std::string note = is_one ? note_of(region, kMostNames) : plural(line.tensors, "tensor");
  if (line.around != 0) append(note, human_size(line.around) + " around");
  table.row(with_thousands(line.offset), line.size, indent + (is_one ? "tensor" : "tensors"),
            escape_controls(is_one ? region.name : line.module) + (is_one ? "" : ".*"), note);
}

void print_table(const FileMap& map, bool is_packed, bool all, cli::TextOut& out) {
  const std::string note = note_of(map, is_packed);
  out.line("");
  out.line(std::string(kIndent) + "map of " + escape_controls(map.path) + (note.empty() ? "" : ", " + note));
  MapTable table(map.size, out);
  walk(
      map,
      [&](const Shard& shard) {
        table.row(with_thousands(shard.offset), shard.size, "shard", escape_controls(shard.name),
                  plural(shard.tensor_count, "tensor"));
      },
      [&](std::span<const MappedRegion> regions) {
        const bool is_in_shard = regions.front().shard != tasks::kNoShard;
        for (const MapLine& line : lines_of(regions, all)) add_line(line, is_in_shard, table);
      });
  table.row("total", map.size, "", with_thousands(map.size) + " bytes", "");
  table.print();
  for (const tasks::CutRegion& cut : map.cut) {
    out.line(std::string(kIndent) + shown(cut.name) + " would have " + with_thousands(cut.size) +
             " bytes from " + with_thousands(cut.offset) + " on: the file ends before");
  }
}

}  // namespace

void print_maps(const std::vector<FileMap>& maps, bool is_packed, bool all, cli::TextOut& out) {
  if (!cli::stdout_is_terminal()) return print_fields(maps, is_packed, out);
  for (const FileMap& map : maps) print_table(map, is_packed, all, out);
  if (maps.size() == 1) return;
  out.line("");
  out.line(std::string(kIndent) + plural(maps.size(), "file") + ", " + with_thousands(total_size_of(maps)) +
           " bytes");
}

void add_maps(const std::vector<FileMap>& maps, cli::JsonOut& json) {
  json.objects_member("map", maps, [&](const FileMap& map) {
    json.name_member("path", map.path);
    json.member("size", map.size);
    if (!map.is_here) {
      json.key("missing");
      json.boolean(true);
    }
    json.objects_member("regions", map.regions, [&](const MappedRegion& region) {
      json.member("offset", region.offset);
      json.member("size", region.size);
      json.member("kind", name_of(region.kind));
      if (!region.name.empty()) json.name_member("name", region.name);
      if (region.shard != tasks::kNoShard) json.name_member("shard", map.shards[region.shard].name);
      if (region.encoding != StoredEncoding::raw) json.member("encoding", name_of(region.encoding));
      if (region.is_rest) {
        json.key("rest");
        json.boolean(true);
      }
      if (!region.also.empty())
        json.objects_member("also", region.also,
                            [&](std::string_view name) { json.name_member("name", name); });
    });
    if (map.cut.empty()) return;
    json.objects_member("cut", map.cut, [&](const tasks::CutRegion& cut) {
      json.name_member("name", cut.name);
      json.member("offset", cut.offset);
      json.member("size", cut.size);
    });
  });
}

}  // namespace aerotool::commands
