#include "foreign/foreign.hpp"

#include <doctest/doctest.h>

#include "core/error.hpp"
#include "files.hpp"
#include "foreign/recognisers.hpp"

using namespace aerotool;
using namespace std::string_literals;

namespace {

/// What is said of a file; "" where nothing is known.
std::string told(const std::string& content, std::string_view path = "model.dat",
                 std::vector<std::string> beside = {}) {
  const ByteSpan bytes = bytes_of(content);
  const foreign::File file{path, content.size(), bytes.first(std::min(bytes.size(), foreign::kHeadBytes)),
                           [&](std::uint64_t offset, std::uint64_t length) {
                             REQUIRE(offset + length <= content.size());
                             return Bytes{bytes.subspan(offset, length), nullptr};
                           },
                           [&] { return beside; }};
  return foreign::recognise(file).value_or("");
}

std::string le(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>((value >> (8 * i)) & 0xff);
  return text;
}

/// A zip with empty members; `zip64` says the directory's place in the way of large archives.
std::string zip_of(const std::vector<std::string>& names, bool zip64 = false) {
  std::string local, directory;
  for (const std::string& name : names) {
    directory += "PK\x01\x02"s + std::string(24, '\0') + le(name.size(), 2) + std::string(16, '\0') + name;
    local += "PK\x03\x04"s + std::string(22, '\0') + le(name.size(), 2) + le(0, 2) + name;
  }
  std::string end;
  if (zip64) {
    end = "PK\x06\x06"s + std::string(36, '\0') + le(directory.size(), 8) + le(local.size(), 8);
    end += "PK\x06\x07"s + le(0, 4) + le(local.size() + directory.size(), 8) + le(1, 4);
    return local + directory + end + "PK\x05\x06"s + std::string(8, '\xff') + le(0xffffffff, 4) +
           le(0xffffffff, 4) + le(0, 2);
  }
  return local + directory + "PK\x05\x06"s + std::string(8, '\0') + le(directory.size(), 4) +
         le(local.size(), 4) + le(0, 2);
}

}  // namespace

TEST_CASE("foreign: pointers tell the size that they promise") {
  CHECK(told("version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 4976698672\n") ==
        "is a Git LFS pointer, not the file: git lfs pull fetches its 4,976,698,672 bytes");
  CHECK(told("version https://git-lfs.github.com/spec/v1\r\noid sha256:ab\r\nsize 1\r\n") ==
        "is a Git LFS pointer, not the file: git lfs pull fetches its 1 byte");
  for (const char* size : {"", "size \n", "size -5\n", "size 5x\n", "size 99999999999999999999\n"}) {
    CHECK(told("version https://git-lfs.github.com/spec/v1\n"s + size) ==
          "is a Git LFS pointer, not the file: git lfs pull fetches its content");
  }
  CHECK(told("# xet version 0\nfilesize = 4976698672\nhash = 'cd'\n")
            .find("a Xet pointer, not the file: its "
                  "4,976,698,672 bytes") != std::string::npos);
}

TEST_CASE("foreign: what has lost its content") {
  CHECK(told("") == "is empty");
  CHECK(told("\0"s) == "is 1 zero byte: its download or the disk lost its content");
  CHECK(told(std::string(5000, '\0')) == "is 5,000 zero bytes: its download or the disk lost its content");
  CHECK(told(std::string(100'000, '\0') + "x").starts_with("begins with 4,096 zero bytes or more"));
  constexpr std::size_t kLarge = 20'000'000;
  CHECK(told(std::string(kLarge, '\0')).starts_with("is 20,000,000 bytes, zeros wherever it was looked at"));
  CHECK(told(std::string(100, '\0') + "x").empty());
}

TEST_CASE("foreign: servers' answers are quoted") {
  CHECK(told(R"({"error":"Invalid username or password."})") ==
        R"(is a server's error message in JSON, not the file: '{"error":"Invalid username or password."}')"
        "; download the file again");
  CHECK(told("<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code></Error>") ==
        "is a server's error message in XML, not the file: '<Error><Code>AccessDenied</Code></Error>'"
        "; download the file again");
  CHECK(told("\n<!DOCTYPE HTML>\n<html><head>\n<title>\n Sign in\n</title>") ==
        "is an HTML page, not the file: 'Sign in'; download the file again");
  CHECK(told("<!-- x --><html><body>no title</body>") ==
        "is an HTML page, not the file: '<html><body>no title</body>'; download the file again");
  CHECK(told("<html><TITLE>\x1b[31m\u009b red \xff</TITLE>") ==
        R"(is an HTML page, not the file: '\x1b[31m\xc2\x9b red \xff'; download the file again)");
  CHECK(told("Entry not found") == "is text, not a model: 'Entry not found'");
  CHECK(told("\xef\xbb\xbfwith a mark") == "is text, not a model: 'with a mark'");
  CHECK(told("\xff\xfev\0e\0r\0"s) == "is text (in UTF-16), not a model");
  CHECK(told("<?xml version='1.0'?><net/>") == "is XML, not a model: '<net/>'");
}

TEST_CASE("foreign: a long text is cut between its characters") {
  std::string long_text = "x";
  for (int i = 0; i < 3000; ++i) long_text += "\u00e9";
  const std::string quoted = told(long_text);
  CHECK(quoted.size() < 150);
  CHECK(quoted.find("\\x") == std::string::npos);
  CHECK(quoted.ends_with("...'"));
}

TEST_CASE("foreign: an index is no error, and JSON is told as what it is") {
  CHECK(told(R"({"metadata":{},"weight_map":{}})") ==
        "is an index, which names the files of a model, and not one of them");
  CHECK(told(R"({"error":1,"weight_map":{}})") ==
        "is an index, which names the files of a model, and not one of them");
  CHECK(told(R"({"weight_map":{"a":"pytorch_model.bin"}})") ==
        "is an index of PyTorch checkpoints, which names the files of a model, and not one of them");
  CHECK(told("[1, 2]") == "is JSON, not a model: '[1, 2]'");
  CHECK(told(R"({"architectures": ["x"]})") == R"(is JSON, not a model: '{"architectures": ["x"]}')");
  CHECK(told("{x}") == "is text, not a model: '{x}'");
}

TEST_CASE("foreign: GGML before GGUF, with its version") {
  const std::string behind = le(3, 4) + std::string(64, '\0');
  CHECK(told("tjgg" + behind).starts_with("is a GGML file (ggjt, version 3), the format before GGUF"));
  CHECK(told("fmgg" + behind).starts_with("is a GGML file (ggmf, version 3)"));
  CHECK(told("algg" + behind).starts_with("is a GGML file (ggla, version 3)"));
  CHECK(told("lmgg" + behind).starts_with("is a GGML file (ggml), "));
  CHECK(told("tjgg").starts_with("is a GGML file (ggjt), "));
}

TEST_CASE("foreign: pickles") {
  CHECK(told("\x80\x02\x8a\x0al\xfc\x9c"s + "F\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.") ==
        "is a PyTorch checkpoint");
  CHECK(told("\x80\x02}q\x00."s, "a/pytorch_model.bin")
            .starts_with("is a pickle, and none that torch.save writes; aerotool does not read it"));
  CHECK(told("\x80\x02}q\x00."s).starts_with("is a pickle, which"));
  CHECK(told("\x80\x04\x95\x0a\0\0\0\0\0\0\0"s).starts_with("is a pickle, which"));
  CHECK(told("\x80\x07}q."s).empty());
  CHECK(told("\x80\x02"s).empty());
}

TEST_CASE("foreign: zips by their members, wherever their directory lies") {
  for (const bool zip64 : {false, true}) {
    CAPTURE(zip64);
    CHECK(told(zip_of({"a/data.pkl", "a/data/0"}, zip64)) == "is a PyTorch checkpoint");
    CHECK(told(zip_of({"a/data.pkl", "a/code/x.py"}, zip64)) == "is a PyTorch checkpoint");
    CHECK(told(zip_of({"a/archive_format", "a/models/m.json"}, zip64)).starts_with("is a PyTorch program"));
    CHECK(told(zip_of({"w.npy"}, zip64)).starts_with("is a NumPy archive (npz)"));
    CHECK(told(zip_of({"x/model.gguf", "b"}, zip64)) ==
          "is a zip archive that holds 'x/model.gguf'; unpack it first");
    CHECK(told(zip_of({"a", "b\n", "c", "d", "e"}, zip64)) ==
          "is a zip archive with 'a', 'b', 'c' and 2 more; unpack it first if a model is in it");
  }
  CHECK(told(zip_of({})) == "is an empty zip archive, or one that is cut short");
  // Cut short: the first member is at hand all the same.
  CHECK(told(zip_of({"a/data.pkl", "b"}).substr(0, 60)).starts_with("is a PyTorch checkpoint"));
  // Places that are not in the file.
  CHECK(told("PK\x03\x04"s + std::string(40, '\xff')).starts_with("is a"));
  CHECK(told("PK\x05\x06"s + std::string(18, '\xff')).starts_with("is an empty zip"));
}

TEST_CASE("foreign: a few bytes tell the rest") {
  CHECK(told("\x89HDF\r\n\x1a\n"s).starts_with("is an HDF5 file"));
  CHECK(told("\x93NUMPY\x01\x00"s).starts_with("is a NumPy array"));
  CHECK(told("\x1c\0\0\0TFL3"s).starts_with("is a TensorFlow Lite model"));
  CHECK(told(std::string(257, 'n') + "ustar").starts_with("is a tar archive"));
  CHECK(told("\x00\x05\x16\x07\0\2"s, "._model.safetensors").starts_with("is an AppleDouble file"));
  CHECK(told("BZh91AY&SY").starts_with("is compressed by bzip2"));
  CHECK(told("\x7f"s + "ELF\2").starts_with("is a program or library (ELF)"));
  CHECK(told("MZ" + std::string(58, '\0') + le(64, 4) + "PE\0\0"s)
            .starts_with("is a program or library of Windows"));
  CHECK(told("MZ" + std::string(58, '\0') + le(0xffffffff, 4) + "PE\0\0"s).empty());
  CHECK(told("RIFF\x04\0\0\0WEBP"s) == "is a WebP image, not a model");
}

TEST_CASE("foreign: protocol buffers, with the help of the name") {
  const std::string onnx = "\x08\x07\x12\x07pytorch\x1a\x05"s;
  CHECK(told(onnx).starts_with("is an ONNX model"));
  CHECK(told("\x08\x07:\x00"s, "m.onnx").starts_with("is an ONNX model"));
  CHECK(told("\x08\x07:\x00"s).empty());
  CHECK(told("\x08\x01\x12\xff"s, "saved_model.pb").starts_with("is a TensorFlow model"));
  CHECK(told("\x08\x07\x12\x7fpytorch"s).empty());
}

TEST_CASE("foreign: pieces of downloads by their names") {
  const std::string noise = "\x81\x92\xa3\xb4\0\1"s;
  CHECK(told(noise, "d/m.gguf.part2of2", {"m.gguf.part2of2", "m.gguf.part1of2", "m.gguf.part1of3", "x"}) ==
        "is a piece of a split download; join the pieces first: "
        "cat m.gguf.part1of2 m.gguf.part2of2 > m.gguf");
  CHECK(told(noise, "m.partaa", {"m.partaa", "m.partab", "m.partial", "m.part1"})
            .ends_with("cat m.partaa m.partab > m"));
  CHECK(told(noise, "m.gguf-split-b", {"m.gguf-split-b", "m.gguf-split-a"})
            .ends_with("cat m.gguf-split-a m.gguf-split-b > m.gguf"));
  CHECK(told(noise, "m.part10", {"m.part10", "m.part9", "m.part1", "m.part2", "m.part3"})
            .ends_with("cat m.part1 m.part2 m.part3 ... m.part10 > m"));
  CHECK(told(noise, "m.gguf.001", {}).ends_with("download them, then join them with cat"));
  for (const char* name :
       {"a.incomplete", "a.part", "a.crdownload", "a.download", "sha256-ab-partial", "a.PARTIAL"})
    CHECK(told(noise, name).starts_with("is an unfinished download ("));
  for (const char* name :
       {"model-00001-of-00002.safetensors", "department", ".part1", "a.participle", "m.part1of", "m.0001"})
    CHECK_MESSAGE(told(noise, name).empty(), name);
}

TEST_CASE("foreign: what a reader refuses, and what it does not") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path() + "/x";
  const auto refused = [&](const std::string& content) -> std::string {
    test::write_file(path, content);
    try {
      foreign::refuse(*io::Input::open(path), "GGUF");
    } catch (const CorruptError& error) {
      CHECK(error.code() == Code::foreign);
      return error.message();
    }
    return "";
  };
  CHECK(refused(le(2, 8) + "{}") == "is a safetensors file, not GGUF");
  CHECK(refused("AERO") == "is an AERO file, not GGUF");
  CHECK(refused("text") == "is text, not a model: 'text'");
  CHECK(refused("\x81\x92\xa3\xb4\0\1"s).empty());
}
