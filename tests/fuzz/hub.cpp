// Names of a hub, and its list of files: the first line is a name, what follows a page of a list and a list
// as it is kept. What comes out stays what it is when it is read again, and holds no path that leads
// elsewhere.
#include <cstdlib>
#include <string>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "hub/hub_listing.hpp"
#include "hub/hub_name.hpp"
#include "io/percent.hpp"

namespace {

using namespace aerotool;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_plain(const hub::HubName& name) {
  require(hub::parse_hub_name(name.shown()) == name);
  for (const std::string& part : {name.owner, name.name})
    require(!part.empty() && part.find_first_of("/\\@: \n") == std::string::npos && part != "..");
  require(name.path.empty() || hub::problem_of_hub_path(name.path).empty());
  require(name.revision.find("..") == std::string::npos && !name.revision.starts_with('/'));
  require(name.path.empty() || name.quant.empty());
}

void require_plain(const hub::HubListing& listing) {
  for (const hub::ListedFile& file : listing.files()) {
    require(hub::problem_of_hub_path(file.path).empty());
    require(listing.file(file.path) == &file);
    require(listing.type_of(file.path) == io::FileType::regular);
  }
  for (const std::string& name : listing.names_in("")) require(listing.type_of(name) != io::FileType::none);
  const auto again = hub::HubListing::from_text(listing.text());
  require(again && again->files() == listing.files());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = chars_of(std::as_bytes(std::span(data, size)));
  const auto newline = text.find('\n');
  const std::string_view first = text.substr(0, newline);
  const std::string_view rest =
      newline == std::string_view::npos ? std::string_view{} : text.substr(newline + 1);
  try {
    require_plain(hub::parse_hub_name(first));
  } catch (const UsageError&) {  // most texts are none
  }
  hub::HubListing listing;
  if (listing.add_page(rest).empty()) {
    listing.finish();
    require_plain(listing);
  }
  if (const auto kept = hub::HubListing::from_text(rest)) require_plain(*kept);
  return 0;
}
