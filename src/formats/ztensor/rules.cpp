#include "formats/ztensor/rules.hpp"

#include <array>

namespace aerotool::ztensor {
namespace {

struct Row {
  std::string_view name;
  Code code;
};

// By their numbers.
constexpr std::array<Row, 25> kRows = {{
    {"FileTooSmall", Code::short_file},
    {"HeaderMagic", Code::malformed},
    {"FooterMagic", Code::malformed},
    {"Version", Code::unsupported},
    {"ManifestBounds", Code::placement},
    {"ManifestTooLarge", Code::malformed},
    {"ManifestHash", Code::hash},
    {"CborSyntax", Code::malformed},
    {"CborDeterminism", Code::malformed},
    {"CborDuplicateKey", Code::duplicate},
    {"CborDepth", Code::malformed},
    {"Schema", Code::malformed},
    {"Name", Code::name},
    {"ShardName", Code::name},
    {"ShardRef", Code::index},
    {"Shape", Code::shape},
    {"BlobAlignment", Code::placement},
    {"BlobBounds", Code::placement},
    {"BlobOverlap", Code::overlap},
    {"LayoutRule", Code::metadata},
    {"DenseSize", Code::shape},
    {"Digest", Code::hash},
    {"Encoding", Code::malformed},
    {"LayoutData", Code::metadata},
    {"Padding", Code::stray},
}};

const Row& row_of(Rule rule) {
  return kRows.at(static_cast<std::size_t>(rule));
}

}  // namespace

std::string_view name_of(Rule rule) {
  return row_of(rule).name;
}

Code code_of(Rule rule) {
  return row_of(rule).code;
}

std::string said(Rule rule, std::string_view message) {
  return std::string(name_of(rule)) + ": " + std::string(message);
}

void refuse(Rule rule, Where where, std::string_view message) {
  throw CorruptError(std::move(where), said(rule, message), code_of(rule));
}

}  // namespace aerotool::ztensor
