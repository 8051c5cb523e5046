// The files of a model that are held to a SHA-256 of the whole (io/hashed_input.hpp), for those who read
// weights.
#pragma once

#include "model/model.hpp"

namespace aerotool {

bool holds_sha256(const Model& model, const FileChoice& chosen = {});
/// Before the weights are read: they are hashed meanwhile.
void hash_reads(const Model& model, const FileChoice& chosen = {});
/// Throws CorruptError where one is not what it has to be; reads what has not been read.
void require_sha256(const Model& model, const FileChoice& chosen = {});

}  // namespace aerotool
