// The models that ollama keeps on this machine: manifests that name blobs, whose names are their SHA-256
// (src/hub/LOCAL_STORES.md, "ollama").
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aerotool::hub {

/// Whether an operand has the form ollama:NAME[:TAG].
bool is_ollama_name(std::string_view operand);

/// The path of the model's blob. NAME is [[HOST/]NAMESPACE/]MODEL, as ollama has it; the store is
/// OLLAMA_MODELS, else ~/.ollama/models, else that of the system's service. Throws UsageError where there is
/// no such model or it has not exactly one layer that is a GGUF file, CorruptError where the manifest is
/// malformed or the blob is missing, unfinished or of another size.
std::string ollama_blob(const std::string& operand);

/// The same for a file that is a manifest; none where it is not.
std::optional<std::string> blob_of_manifest(const std::string& path);

}  // namespace aerotool::hub
