#include "model/element_box.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "model/stored_range.hpp"

namespace aerotool {
namespace {

// Elements of a tile in each direction: their cache lines fit into the smallest cache.
constexpr std::uint64_t kTile = 64;

/// Moves elements of a width that is known when this is compiled, or of any.
template <std::size_t Width>
struct Mover {
  std::size_t width = Width;

  void move(std::byte* out, const std::byte* in) const {
    if constexpr (Width == 0) {
      std::memcpy(out, in, width);
    } else {
      std::memcpy(out, in, Width);
    }
  }
  std::size_t bytes() const { return Width == 0 ? width : Width; }
};

/// Two dimensions, in bytes: how far steps are apart in what is read and in what is written.
struct Plane {
  std::uint64_t rows = 1;
  std::ptrdiff_t rows_in = 0;
  std::ptrdiff_t rows_out = 0;
  std::uint64_t columns = 1;
  std::ptrdiff_t columns_in = 0;
  std::ptrdiff_t columns_out = 0;
};

/// A tile whose elements lie side by side down the rows where they are read, and along the columns where they
/// are written. By way of a copy: rows that are a power of two apart share few lines of a cache, and push
/// each other out.
template <std::size_t Width>
void turn_tile(const Plane& plane, std::uint64_t rows, std::uint64_t columns, const std::byte* in,
               std::byte* out) {
  constexpr std::size_t kPitch = (kTile + 1) * Width;
  std::array<std::byte, kTile * kPitch> tile;
  for (std::uint64_t c = 0; c < columns; ++c) {
    std::byte* const to = tile.data() + c * kPitch;
    if (rows == kTile) {  // nearly always, and of a known length
      std::memcpy(to, in, kTile * Width);
    } else {
      std::memcpy(to, in, rows * Width);
    }
    in += plane.columns_in;
  }
  for (std::uint64_t r = 0; r < rows; ++r) {
    const std::byte* from = tile.data() + r * Width;
    std::byte* to = out;
    for (std::uint64_t c = 0; c < columns; ++c) {
      std::memcpy(to, from, Width);
      from += kPitch;
      to += Width;
    }
    out += plane.rows_out;
  }
}

/// Row by row in tiles: rows are near each other in what is read, columns in what is written.
template <std::size_t Width>
void move_plane(const Mover<Width>& mover, const Plane& plane, const std::byte* in, std::byte* out) {
  for (std::uint64_t column = 0; column < plane.columns; column += kTile) {
    const std::uint64_t columns = std::min(plane.columns - column, kTile);
    for (std::uint64_t row = 0; row < plane.rows; row += kTile) {
      const std::uint64_t rows = std::min(plane.rows - row, kTile);
      const std::byte* tile_in = in + static_cast<std::ptrdiff_t>(column) * plane.columns_in +
                                 static_cast<std::ptrdiff_t>(row) * plane.rows_in;
      std::byte* tile_out = out + static_cast<std::ptrdiff_t>(column) * plane.columns_out +
                            static_cast<std::ptrdiff_t>(row) * plane.rows_out;
      if constexpr (Width != 0 && Width <= 8) {
        constexpr auto kStep = static_cast<std::ptrdiff_t>(Width);
        if (plane.rows_in == kStep && plane.columns_out == kStep) {
          turn_tile<Width>(plane, rows, columns, tile_in, tile_out);
          continue;
        }
      }
      for (std::uint64_t c = 0; c < columns; ++c) {
        const std::byte* from = tile_in;
        std::byte* to = tile_out;
        for (std::uint64_t r = 0; r < rows; ++r) {
          mover.move(to, from);
          from += plane.rows_in;
          to += plane.rows_out;
        }
        tile_in += plane.columns_in;
        tile_out += plane.columns_out;
      }
    }
  }
}

void move_plane(std::size_t width, const Plane& plane, const std::byte* in, std::byte* out) {
  switch (width) {
    case 1:
      return move_plane(Mover<1>{}, plane, in, out);
    case 2:
      return move_plane(Mover<2>{}, plane, in, out);
    case 4:
      return move_plane(Mover<4>{}, plane, in, out);
    case 8:
      return move_plane(Mover<8>{}, plane, in, out);
    case 16:
      return move_plane(Mover<16>{}, plane, in, out);
    default:
      return move_plane(Mover<0>{width}, plane, in, out);
  }
}

}  // namespace

void copy_box(const BoxAxes& axes, std::uint32_t element, const std::byte* in, std::byte* out) {
  const auto width = static_cast<std::ptrdiff_t>(element);
  const auto in_bytes = [&](const BoxAxis& axis) { return static_cast<std::ptrdiff_t>(axis.stride) * width; };
  const auto out_bytes = [&](const BoxAxis& axis) { return static_cast<std::ptrdiff_t>(axis.place) * width; };
  // The two dimensions that are shortest on one side each make the plane that is moved at once.
  std::size_t near_in = 0;
  std::size_t near_out = 0;
  for (std::size_t i = 1; i < axes.size(); ++i) {
    if (magnitude_of(axes[i].stride) < magnitude_of(axes[near_in].stride)) near_in = i;
    if (axes[i].place < axes[near_out].place) near_out = i;
  }
  Plane plane;
  std::size_t moved = element;
  BoxAxes others;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const BoxAxis& axis = axes[i];
    if (i == near_in && i == near_out && axis.stride == 1 && axis.place == 1) {
      // One run on both sides.
      moved = axis.extent * element;
    } else if (i == near_in) {
      plane.rows = axis.extent;
      plane.rows_in = in_bytes(axis);
      plane.rows_out = out_bytes(axis);
    } else if (i == near_out) {
      plane.columns = axis.extent;
      plane.columns_in = in_bytes(axis);
      plane.columns_out = out_bytes(axis);
    } else {
      others.push_back(axis);
    }
  }
  Odometer outer(others.size());
  do {
    std::ptrdiff_t from = 0;
    std::ptrdiff_t to = 0;
    for (std::size_t i = 0; i < others.size(); ++i) {
      from += static_cast<std::ptrdiff_t>(outer.at(i)) * in_bytes(others[i]);
      to += static_cast<std::ptrdiff_t>(outer.at(i)) * out_bytes(others[i]);
    }
    move_plane(moved, plane, in + from, out + to);
  } while (outer.next([&](std::size_t i) { return others[i].extent; }));
}

}  // namespace aerotool
