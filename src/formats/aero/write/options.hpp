// The options that only files of AERO have.
#pragma once

#include <cstdint>

#include "formats/aero/layout.hpp"
#include "transfer/write_options.hpp"

namespace aerotool::aero {

/// A BLAKE3 of every tensor is stored.
const WriteOption<bool>& tensor_hash();
/// A BLAKE3 of every page of the shards is stored; the size of a page, in bytes.
const WriteOption<std::uint64_t>& page_hash();
/// A BLAKE3 of header, TOC and string table is stored.
const WriteOption<bool>& control_hash();
/// Without, it is derived from the content.
const WriteOption<Uuid>& uuid();

/// All that an AERO file can be asked for.
WriteOptionList write_options();

}  // namespace aerotool::aero
