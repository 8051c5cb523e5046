// What the environment says of the hub: where it is, who asks, and where its libraries keep files here.
#pragma once

#include <string>

#include "io/url.hpp"

namespace aerotool::hub {

/// HF_ENDPOINT, whose path may be a prefix, else https://huggingface.co; the path has no slash at its end.
/// Throws UsageError that names the variable.
io::Url hub_endpoint();

/// What names the user to the hub: HF_TOKEN, else HUGGING_FACE_HUB_TOKEN, else what is in the file
/// HF_TOKEN_PATH, else in $HF_HOME/token; without white space around it, and empty where there is none.
/// Throws UsageError that names the variable or file, and nothing of what it holds, where that cannot be a
/// token, and IoError.
std::string hub_token();

/// Whether a token may be sent there: to the endpoint alone, and without TLS to this machine alone.
bool may_have_token(const io::Origin& origin, const io::Url& endpoint);

/// Where the libraries keep repositories: HF_HUB_CACHE, else HUGGINGFACE_HUB_CACHE, else hub in HF_HOME,
/// which is huggingface in XDG_CACHE_HOME or in ~/.cache unless it is set. Empty where no place is known.
std::string hub_cache_directory();

}  // namespace aerotool::hub
