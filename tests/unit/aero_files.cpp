// Whole AERO files: what is read of them, and what is found when something in them is wrong.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <functional>

#include "aero_fixture.hpp"
#include "core/error.hpp"
#include "encoding/json/value.hpp"
#include "encoding/msgpack/pack.hpp"
#include "files.hpp"
#include "formats/aero/read/container.hpp"
#include "formats/aero/read/reader.hpp"
#include "formats/aero/write/container.hpp"
#include "formats/aero/write/integrity.hpp"
#include "formats/aero/write/manifest.hpp"
#include "formats/aero/write/model_json.hpp"
#include "formats/aero/write/writer.hpp"
#include "hash/blake3.hpp"

using namespace aerotool;
using namespace aerotool::aero;

namespace {

/// The findings of a check, a line each, without the file's name.
std::string judge(const std::string& path, CheckLevel level) {
  Report report(Report::Mode::judge);
  std::string lines;
  try {
    const AeroModel model(io::Input::open(path), report);
    model.check({.level = level, .jobs = 2, .progress = nullptr}, report);
  } catch (const Error& error) {
    lines += "error: " + error.message() + "\n";
  }
  for (const Finding& finding : report.findings()) {
    lines += describe({{}, finding.where.offset, finding.where.tensor}, finding.message);
    for (const HitTensor& tensor : finding.hit) lines += " <" + tensor.name + ">";
    lines += "\n";
  }
  return lines;
}

std::string judge_bytes(const std::string& bytes, CheckLevel level = CheckLevel::full) {
  const test::TemporaryFile file(bytes);
  return judge(file.path(), level);
}

std::string changed(std::string bytes, std::size_t at, std::string_view with) {
  return bytes.replace(at, with.size(), with);
}

std::string unpacked(const std::string& file, const Chunk& chunk) {
  std::string out(chunk.uncompressed_length, '\0');
  CHECK(ZSTD_decompress(out.data(), out.size(), file.data() + chunk.offset, chunk.length) == out.size());
  return out;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// A file of chunks that are not compressed, with their hashes.
struct RawChunk {
  std::string fourcc;
  std::string name;
  std::string payload;
};

std::string assembled(const std::vector<RawChunk>& chunks) {
  Container container;
  for (const RawChunk& raw : chunks) {
    Chunk chunk;
    chunk.fourcc = raw.fourcc;
    chunk.name = raw.name;
    const ChunkKind* const kind = kind_of(raw.fourcc);
    chunk.flags = kind != nullptr ? kind->flags : 0;
    chunk.length = chunk.uncompressed_length = raw.payload.size();
    chunk.digest = hash::blake3(bytes_of(raw.payload));
    container.chunks.push_back(std::move(chunk));
  }
  lay_out_control(container);
  std::uint64_t end = container.payloads_start;
  for (Chunk& chunk : container.chunks) {
    chunk.offset = (end + 15) / 16 * 16;
    end = chunk.end();
  }
  std::string file(chars_of(ByteSpan(render_control(container))));
  file.resize(end);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    file.replace(container.chunks[i].offset, chunks[i].payload.size(), chunks[i].payload);
  }
  return file;
}

RawChunk index_of(const std::vector<IndexLine>& lines) {
  return {"TIDX", "tensors", aero_test::tensor_index_of(lines)};
}

/// A model in memory.
class MadeModel : public Model {
 public:
  explicit MadeModel(std::vector<Tensor> tensors) : tensors_(std::move(tensors)) {}
  const std::string& path() const override { return path_; }
  Overview overview() const override { return {}; }
  const std::vector<Tensor>& tensors() const override { return tensors_; }
  Metadata metadata() const override { return {}; }
  Source source() const override { return {}; }
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override {
    for (std::byte& b : out) b = static_cast<std::byte>((tensor * 31 + offset++) & 0xff);
  }
  bool check(const CheckOptions&, Report&) const override { return true; }
  void require_unchanged() const override {}

 private:
  std::string path_ = "made";
  std::vector<Tensor> tensors_;
};

Tensor bytes_tensor(std::string name, std::uint64_t size) {
  Tensor tensor;
  tensor.name = std::move(name);
  tensor.dtype = DTypeCode::u8;
  tensor.shape = {size};
  tensor.size = size;
  return tensor;
}

std::string written(const Model& model, const WriteOptions& options) {
  const test::TemporaryDirectory directory;
  Plan plan;
  plan.models = {&model};
  plan.options = options;
  for (std::size_t i = 0; i < model.tensors().size(); ++i) plan.tensors.push_back({&model, i});
  io::Output output = io::Output::to_path(directory.file("out"));
  AeroWriter().draft(plan)->write(output, nullptr);
  output.commit();
  return test::read_file(directory.file("out"));
}

}  // namespace

TEST_CASE("aero: the reference's vectors are sound but for those with its known defects") {
  for (const char* name : {"make-test-vector.ref.aero", "mixed.ref.aero", "mixed-nometa.ref.aero",
                           "escapes.ref.aero", "mixed-nometa.shards1k.ref.aero", "control-pages.ref.aero"}) {
    CAPTURE(name);
    CHECK(judge(test::data_path(name), CheckLevel::full) == "");
  }
  CHECK(has(judge(test::data_path("zero-mjsn-hash.ref.aero"), CheckLevel::structure), "all zeros"));
  CHECK(has(judge(test::data_path("tiny.ref.aero"), CheckLevel::structure), "fastest-varying first"));
}

TEST_CASE("aero: a header that is not as it must be is refused") {
  const std::string sound = test::data_bytes("mixed.ref.aero");
  CHECK(has(judge_bytes(changed(sound, 0, "AERX")), "does not begin with 'AERO'"));
  CHECK(has(judge_bytes(changed(sound, 4, "\x01")), "AERO version 1.1; this program reads 0.1"));
  CHECK(has(judge_bytes(changed(sound, 8, "\x61")), "header_size is 97, not 96"));
  CHECK(has(judge_bytes(changed(sound, 44, "\x01")), "file_flags is 1, not 0"));
  CHECK(has(judge_bytes(changed(sound, 68, "\x01")), "reserved header bytes are not zero"));
  CHECK(has(judge_bytes(changed(sound, 12, std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff", 8))),
            "the TOC"));
  CHECK(has(judge_bytes(changed(sound, 12, std::string_view("\0", 1))), "the TOC overlaps the header"));
  CHECK(
      has(judge_bytes(changed(sound, 36, std::string_view("\xff\xff\xff\xff", 4))), "the string table has"));
  CHECK(has(judge_bytes(changed(sound, 96, std::string_view("\xff\xff\xff\xff", 4))), "at most 1000000"));
  CHECK(has(judge_bytes(changed(sound, 100, "\x01")), "reserved bytes of the TOC header"));
  CHECK(has(judge_bytes(sound.substr(0, 50)), "an AERO header takes 96"));
}

TEST_CASE("aero: TOC entries are held to the file, the string table and each other") {
  const std::string sound = test::data_bytes("mixed.ref.aero");
  const std::size_t entry = 112;  // MJSN's
  const std::size_t weights = 112 + 3 * 80;
  const std::string_view huge("\xff\xff\xff\xff\xff\xff\xff\x7f", 8);
  CHECK(has(judge_bytes(changed(sound, entry + 8, huge)), "MJSN meta.json is cut off"));
  CHECK(has(judge_bytes(changed(sound, entry + 32, std::string_view("\xff\xff\xff\xff", 4))),
            "outside the string table"));
  CHECK(has(judge_bytes(changed(sound, entry + 40, "\x01")), "its reserved field is not zero"));
  CHECK(has(judge_bytes(changed(sound, entry + 24, "\x50")), "its two lengths differ"));
  CHECK(has(judge_bytes(changed(sound, weights + 4, "\x03")), "weights never are"));
  CHECK(has(judge_bytes(changed(sound, weights, "TIDX")), "at most one is allowed"));
  CHECK(has(judge_bytes(changed(sound, 112 + 2 * 80, "XXXX")), "there is no TIDX chunk"));
  CHECK(has(judge_bytes(changed(sound, entry + 8, std::string_view("\x60\x00", 2))), "overlaps the TOC"));
  const std::string overlapping = judge_bytes(changed(sound, weights + 8, std::string_view("\x60\x04", 2)));
  CHECK(has(overlapping, "TIDX 'tensors' and WTSH 'weights.shard0' share the bytes"));
  CHECK(has(overlapping, "<"));
}

TEST_CASE("aero: unknown chunks, flag bits and a gap of zeros are no faults; stray bytes are") {
  const std::string sound = test::data_bytes("mixed.ref.aero");
  CHECK(judge_bytes(changed(sound, 112 + 5, "\x80")) == "");
  CHECK(judge_bytes(sound + std::string(64, '\0')) == "");
  CHECK(has(judge_bytes(sound + "x"), "outside every chunk"));
  CHECK(has(judge_bytes(changed(sound, 479, "x")), "padding of the string table"));
}

TEST_CASE("aero: every corrupt weight is found by a full check, and laid to the tensors it hits") {
  const MadeModel model({bytes_tensor("a", 5000), bytes_tensor("b", 3000), bytes_tensor("c", 9000)});
  for (const bool tensors : {false, true}) {
    for (const bool pages : {false, true}) {
      WriteOptions options;
      if (tensors) options.set(write::tensor_hash(), {});
      if (pages) options.set(page_hash(), 4096);
      const std::string sound = written(model, options);
      CHECK(judge_bytes(sound) == "");
      Report report;
      const test::TemporaryFile file(sound);
      const AeroModel opened(io::Input::open(file.path()), report);
      const Tensor& hit = opened.tensors()[1];
      const std::string corrupt = changed(sound, hit.offset + 2500, "\x5a\xa5\x5a");
      CHECK(judge_bytes(corrupt, CheckLevel::structure) == "");
      const std::string found = judge_bytes(corrupt);
      CHECK(has(found, "weights.shard0"));
      CHECK(has(found, "<b>"));
      // A page holds parts of both; a tensor's own hash tells them apart.
      if (!pages) CHECK(has(found, "<a>") == !tensors);
      if (pages) CHECK(has(found, "page 1 of weights.shard0"));
      if (tensors) CHECK(has(found, "tensor 'b'"));
    }
  }
}

TEST_CASE(
    "aero: with a control hash every flipped bit is a fault, but where a zstd frame still holds the same "
    "bytes") {
  const MadeModel model({bytes_tensor("a", 40), bytes_tensor("b", 3)});
  WriteOptions options;
  options.set(control_hash(), true);
  const std::string sound = written(model, options);
  CHECK(judge_bytes(sound) == "");
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("flipped");
  test::write_file(path, sound);
  Report report;
  const std::vector<Chunk> chunks = read_container(*io::Input::open(path), report).chunks;
  for (std::size_t at = 0; at < sound.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string flipped = sound;
      flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << bit));
      test::put_byte(path, at, flipped[at]);
      const std::string found = judge(path, CheckLevel::full);
      test::put_byte(path, at, sound[at]);
      if (!found.empty()) continue;
      const auto frame = std::find_if(chunks.begin(), chunks.end(), [&](const Chunk& chunk) {
        return chunk.compressed() && chunk.offset <= at && at < chunk.end();
      });
      CAPTURE(at);
      REQUIRE(frame != chunks.end());
      CHECK(unpacked(flipped, *frame) == unpacked(sound, *frame));
    }
  }
}

TEST_CASE("aero: a file cut short anywhere is a fault") {
  const MadeModel model({bytes_tensor("a", 40), bytes_tensor("b", 3)});
  const std::string sound = written(model, {});
  for (std::size_t size = 0; size < sound.size(); ++size) {
    CAPTURE(size);
    CHECK(judge_bytes(sound.substr(0, size)) != "");
  }
}

TEST_CASE("aero: tensors are dealt out to shards in order, larger ones than the cap alone") {
  const MadeModel model({bytes_tensor("a", 100), bytes_tensor("b", 20), bytes_tensor("c", 5000),
                         bytes_tensor("d", 0), bytes_tensor("e", 1000)});
  WriteOptions options;
  options.set(write::max_shard_bytes(), 1024);
  const test::TemporaryFile file(written(model, options));
  Report report;
  const AeroModel opened(io::Input::open(file.path()), report);
  const Overview view = opened.overview();
  REQUIRE(view.shards.size() == 3);
  CHECK(view.shards[0].size == 112 + 20);
  CHECK(view.shards[1].size == 5000);
  CHECK(view.shards[2].size == 1000);
  CHECK(view.shards[2].tensor_count == 2);
}

TEST_CASE("aero: alignment holds for tensors and for the shard's payload") {
  const MadeModel model({bytes_tensor("a", 1), bytes_tensor("b", 4097), bytes_tensor("c", 3)});
  WriteOptions options;
  options.set(write::align(), 4096);
  const test::TemporaryFile file(written(model, options));
  Report report;
  const AeroModel opened(io::Input::open(file.path()), report);
  for (const Tensor& tensor : opened.tensors()) CHECK(tensor.offset % 4096 == 0);
  CHECK(opened.overview().shards.front().size == 3 * 4096 + 3);
  options.set(write::align(), 1);
  const test::TemporaryFile packed(written(model, options));
  const AeroModel tight(io::Input::open(packed.path()), report);
  CHECK(tight.overview().shards.front().size == 1 + 4097 + 3);
}

TEST_CASE("aero: names that AERO cannot hold are refused before a byte is written") {
  CHECK_THROWS_AS(written(MadeModel({bytes_tensor(std::string(4097, 'n'), 1)}), {}), UnsupportedError);
  CHECK_THROWS_AS(written(MadeModel({bytes_tensor("\xff", 1)}), {}), UnsupportedError);
  CHECK_NOTHROW(written(MadeModel({bytes_tensor(std::string(4096, 'n'), 1)}), {}));
}

TEST_CASE("aero: a FourCC that is not ASCII and a chunk name beyond all bounds are refused") {
  const std::string sound = test::data_bytes("mixed.ref.aero");
  CHECK(has(judge_bytes(changed(sound, 112 + 2, "\xd3")), "is not ASCII"));
  CHECK(has(judge_bytes(assembled({{"XXXX", std::string(5000, 'n'), "x"}, index_of({})})),
            "at most 4096 are read"));
}

TEST_CASE("aero: a control hash that is compressed or not 256 bytes long is not parsed") {
  CHECK(has(judge_bytes(assembled({{"IHSH", "control.integrity", std::string(300, '\x80')}, index_of({})})),
            "has 300 bytes, not 256"));
}

TEST_CASE("aero: MMSG is held to the TOC and to MJSN") {
  const auto manifest = [](const std::string& chunks, const std::string& architecture) {
    // {"shards": [], "format": {...}, "model": {"name": "m", "architecture": ...}, "chunks": ...} as msgpack.
    PackBuffer out;
    pack_map_header(out, 4);
    pack_text(out, "shards");
    pack_array_header(out, 0);
    pack_text(out, "format");
    pack_map_header(out, 2);
    pack_text(out, "name");
    pack_text(out, "AERO");
    pack_text(out, "version");
    pack_array_header(out, 2);
    pack_unsigned(out, 0);
    pack_unsigned(out, 1);
    pack_text(out, "model");
    pack_map_header(out, 2);
    pack_text(out, "name");
    pack_text(out, "m");
    pack_text(out, "architecture");
    pack_text(out, architecture);
    pack_text(out, "chunks");
    return out.bytes + chunks;
  };
  const auto lines = [](const std::vector<std::uint64_t>& toc_indexes) {
    const char* const fourccs[] = {"MJSN", "MMSG", "TIDX"};
    const char* const roles[] = {"json", "manifest", "tensors"};
    PackBuffer out;
    pack_array_header(out, toc_indexes.size());
    for (const std::uint64_t index : toc_indexes) {
      pack_map_header(out, 3);
      pack_text(out, "role");
      pack_text(out, roles[index]);
      pack_text(out, "fourcc");
      pack_text(out, fourccs[index]);
      pack_text(out, "toc_index");
      pack_unsigned(out, index);
    }
    return out.bytes;
  };
  const auto judge_manifest = [&](const std::string& bytes) {
    return judge_bytes(assembled({{"MJSN", "meta.json", R"({"architecture":"a","model_name":"m"})"},
                                  {"MMSG", "manifest", bytes},
                                  index_of({})}));
  };
  CHECK(judge_manifest(manifest(lines({0, 1, 2}), "a")) == "");
  CHECK(has(judge_manifest(manifest(lines({0, 0, 0}), "a")), "chunk 1 names entry 0 of the TOC"));
  CHECK(has(judge_manifest(manifest(lines({0, 1}), "a")), "lists 2 chunks, the TOC has 3"));
  CHECK(has(judge_manifest(manifest(lines({0, 1, 2}), "b")), "the architecture is 'b', in MJSN 'a'"));
  std::string other_role = manifest(lines({0, 1, 2}), "a");
  other_role.replace(other_role.find("manifest"), 8, "manifold");
  CHECK(has(judge_manifest(other_role), "chunk 1 has the role 'manifold', not 'manifest'"));
  for (const char* const member : {"model", "chunks", "shards"}) {
    std::string without = manifest(lines({0, 1, 2}), "a");
    without[without.find(member)] = 'X';
    CHECK(has(judge_manifest(without), std::string("has no \"") + member + '"'));
  }
}

TEST_CASE("aero: MJSN's members that are known have the type that they should") {
  const auto judge_json = [](const std::string& json) {
    return judge_bytes(assembled({{"MJSN", "meta.json", json}, index_of({})}));
  };
  CHECK(judge_json(R"({"architecture":"a","other":1,"quant_descriptors":[]})") == "");
  CHECK(has(judge_json(R"({"model_name":5})"), "\"model_name\" is not text"));
  CHECK(has(judge_json(R"({"quant_descriptors":{}})"), "\"quant_descriptors\" is not an array"));
}

TEST_CASE("aero: the chunks of metadata have the names of the specification") {
  CHECK(has(judge_bytes(assembled({{"MJSN", "other", "{}"}, index_of({})})),
            "the MJSN chunk is called 'other', not 'meta.json'"));
}

TEST_CASE("aero: room behind the entries of the TOC is sound where it is zeros") {
  const std::string spare(80, '\0');
  std::string bytes = assembled({index_of({})});
  // The entry moves to a place of its own, and the room follows it.
  const std::size_t toc = bytes.size();
  bytes += bytes.substr(96, 96) + spare;
  bytes = changed(bytes, 12, std::string({static_cast<char>(toc & 0xff), static_cast<char>(toc >> 8)}));
  bytes = changed(bytes, 20, std::string(1, static_cast<char>(96 + 80)));
  bytes.replace(96, 96, std::string(96, '\0'));
  CHECK(judge_bytes(bytes) == "");
  bytes.back() = 'x';
  CHECK(has(judge_bytes(bytes), "a byte that is not zero lies outside every chunk"));
}

TEST_CASE("aero: numbers of MJSN and extensions of MMSG are kept as they stand") {
  const auto again = [](const char* json) {
    Value value;
    REQUIRE(!read_json(json, ValueBuilder::kMaxMemory, value));
    return render_json(value);
  };
  for (const char* const json :
       {"123456789012345678901234567890", "18446744073709551616", "-0", "1e2", "1.50", "-9223372036854775808",
        "18446744073709551615", "0.1", "-0.0", "1e-400"}) {
    CHECK(again(json) == json);
  }
  const std::string extension(
      "\xc7\x03\x05"
      "abc",
      6);
  PackBuffer out;
  pack_value(out, Value::extension(5, Bytes::own(std::string("abc"))));
  CHECK(out.bytes == extension);
}

TEST_CASE("aero: metadata that would take too much memory is refused, however small its pieces") {
  PackBuffer out;
  pack_map_header(out, 1);
  pack_text(out, "quant_descriptors");
  pack_array_header(out, 20'000'000);
  out.bytes.append(20'000'000, '\x90');  // empty arrays
  CHECK(
      has(judge_bytes(assembled({{"MMSG", "manifest", out.bytes}, index_of({})})), "takes too much memory"));
}

TEST_CASE("aero: types that quant descriptors describe may take 32 MiB") {
  for (const std::size_t mib : {31U, 32U}) {
    PackBuffer out;
    pack_map_header(out, 1);
    pack_text(out, "quant_descriptors");
    const Value text = Value::string(std::string(mib << 20, 'x'));
    pack_value(out, Value::list({Value::map({{Value::string("id"), Value::u64(0)},
                                             {Value::string("codec"), Value::string("own")},
                                             {Value::string("quant_name"), Value::string("Q")},
                                             {Value::string("params"), text}})}));
    const bool told = has(judge_bytes(assembled({{"MMSG", "manifest", out.bytes}, index_of({})})),
                          "take more than 32.0 MiB");
    CHECK(told == (mib == 32));
  }
}

TEST_CASE("aero: a chunk that is passed on is held to its hash and its length") {
  const std::string sound = test::data_bytes("mixed.ref.aero");
  const std::size_t manifest = 112 + 80;
  const auto extras = [](const std::string& bytes) {
    const test::TemporaryFile file(bytes);
    Report report;
    return AeroModel(io::Input::open(file.path()), report).extras().chunks.size();
  };
  const std::string unknown = changed(sound, manifest, "XMSG");
  CHECK(extras(unknown) == 1);
  std::string longer = unknown;
  ++longer[manifest + 24];
  CHECK_THROWS_AS(extras(longer), CorruptError);
  CHECK_THROWS_AS(extras(changed(unknown, manifest + 48, "\x5a\x5a\x5a")), CorruptError);
}

TEST_CASE("aero: a file of 1 TiB is described from its metadata alone") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("large.aero");
  constexpr std::uint64_t kShard = std::uint64_t{1} << 38;
  // Two shards of a quarter of a TiB and one of half; weights are holes.
  const std::vector<std::uint64_t> sizes = {kShard, kShard, 2 * kShard};
  Container container;
  std::vector<std::string> payloads;
  std::vector<Tensor> tensors;
  for (const std::uint64_t size : sizes)
    tensors.push_back(bytes_tensor("t" + std::to_string(tensors.size()), size));
  std::vector<IndexLine> lines;
  for (std::size_t i = 0; i < tensors.size(); ++i) lines.push_back({&tensors[i], i, 0, {}, nullptr, nullptr});
  const auto add = [&](std::string_view fourcc, std::string name, std::uint64_t size) {
    Chunk chunk;
    chunk.fourcc = fourcc;
    chunk.name = std::move(name);
    chunk.flags = kind_of(fourcc)->flags;
    chunk.length = chunk.uncompressed_length = size;
    container.chunks.push_back(chunk);
  };
  payloads.push_back(aero_test::tensor_index_of(lines));
  add(kTensorIndex, "tensors", payloads[0].size());
  container.chunks[0].digest = hash::blake3(bytes_of(payloads[0]));
  for (std::size_t i = 0; i < sizes.size(); ++i) add(kWeights, shard_name(i), sizes[i]);
  lay_out_control(container);
  std::uint64_t end = container.payloads_start;
  for (Chunk& chunk : container.chunks) {
    chunk.offset = (end + 4095) / 4096 * 4096;
    end = chunk.end();
  }
  {
    io::Output output = io::Output::to_path(path);
    try {
      output.extend(end);
    } catch (const IoError&) {
      MESSAGE("skipped: the file system holds no file of 1 TiB");
      return;
    }
    output.write_at(0, render_control(container));
    output.write_at(container.chunks[0].offset, bytes_of(payloads[0]));
    output.commit();
  }
  CHECK(judge(path, CheckLevel::structure) == "");
  Report report;
  const AeroModel model(io::Input::open(path), report);
  CHECK(model.overview().file_size == end);
  CHECK(model.tensors().size() == 3);
  // No page of the last shard is in memory: its first MiB is looked at page by page.
  const io::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  constexpr std::size_t kWindow = std::size_t{1} << 20;
  void* const window = ::mmap(nullptr, kWindow, PROT_READ, MAP_SHARED, fd.get(),
                              static_cast<off_t>(model.tensors()[2].offset));
  REQUIRE(window != MAP_FAILED);
  std::vector<unsigned char> resident(kWindow / 4096);
  REQUIRE(::mincore(window, kWindow, resident.data()) == 0);
  CHECK(std::none_of(resident.begin(), resident.end(), [](unsigned char page) { return (page & 1) != 0; }));
  ::munmap(window, kWindow);
}
