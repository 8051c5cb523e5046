#include "formats/ztensor/manifest.hpp"

#include "formats/ztensor/manifest_versions.hpp"
#include "formats/ztensor/rules.hpp"

namespace aerotool::ztensor {
namespace {

Rule rule_of(cbor::Rule rule) {
  switch (rule) {
    case cbor::Rule::syntax:
      return Rule::cbor_syntax;
    case cbor::Rule::determinism:
      return Rule::cbor_determinism;
    case cbor::Rule::duplicate_key:
      return Rule::cbor_duplicate_key;
    case cbor::Rule::depth:
      return Rule::cbor_depth;
    case cbor::Rule::type:
    case cbor::Rule::memory:
      break;
  }
  return Rule::schema;
}

}  // namespace

Root read_manifest(ByteSpan manifest, const Container& container, const std::string& path,
                   const IndexVisitor& visitor) {
  const cbor::Mode mode = container.version == Version::v2 ? cbor::Mode::deterministic : cbor::Mode::lax;
  try {
    EntryReader reader(manifest, mode, container.manifest_offset, path);
    Root root;
    switch (container.version) {
      case Version::v0_1:
        // Nothing at all is an empty array, too.
        if (!manifest.empty()) read_manifest_0_1(reader, visitor);
        break;
      case Version::v1_0:
        root = read_manifest_1_0(reader, visitor);
        break;
      case Version::v1_1:
        root = read_manifest_1_1(reader, visitor);
        break;
      case Version::v2:
        root = read_manifest_2(reader, visitor);
        break;
    }
    reader.cbor().finish();
    root.joined = reader.cbor().take_joined();
    return root;
  } catch (const cbor::Problem& problem) {
    refuse(rule_of(problem.rule()), {path, container.manifest_offset + problem.offset(), {}},
           std::string("the index is malformed: ") + problem.what());
  }
}

}  // namespace aerotool::ztensor
