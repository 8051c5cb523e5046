// The options that only files of AERO have.
#pragma once

#include <cstdint>

#include "formats/aero/layout.hpp"
#include "transfer/write_options.hpp"

namespace aerotool::aero {

/// Whether a BLAKE3 of every tensor is to be stored. Throws UsageError where another hash is asked for.
bool hashes_tensors(const WriteOptions& options);
/// A BLAKE3 of every page of the shards is stored; the size of a page, in bytes.
const WriteOption<std::uint64_t>& page_hash();
/// A BLAKE3 of header, TOC and string table is stored.
const WriteOption<bool>& control_hash();
/// Without, it is derived from the content.
const WriteOption<Uuid>& uuid();

/// All that an AERO file can be asked for.
WriteOptionList write_options();

}  // namespace aerotool::aero
