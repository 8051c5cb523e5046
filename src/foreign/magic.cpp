#include <algorithm>

#include "core/text.hpp"
#include "foreign/recognisers.hpp"

namespace aerotool::foreign {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  std::string_view what;
};

/// From the formats' own specifications.
constexpr Magic kMagics[] = {
    // weights and data
    {0, "\x89HDF\r\n\x1a\n"sv,
     "is an HDF5 file (Keras and others), which aerotool does not read; save its weights as safetensors "
     "first"},
    {4, "TFL3"sv,
     "is a TensorFlow Lite model, which aerotool does not read; export the weights as safetensors"},
    {4, "ORTM"sv,
     "is an ONNX Runtime model, which aerotool does not read; export the weights as safetensors"},
    {4, "ET12"sv,
     "is an ExecuTorch program, which aerotool does not read; export the weights as safetensors"},
    {0, "ggsn"sv, "is a session file of llama.cpp, not a model"},
    {0, "nsgg"sv, "is a session file of llama.cpp, not a model"},
    {0, "qsgg"sv, "is the state of a sequence saved by llama.cpp, not a model"},
    {0, "PAR1"sv, "is a Parquet file, a table of data and not a model"},
    {0, "ARROW1\0\0"sv, "is an Arrow file, a table of data and not a model"},
    {0, "SQLite format 3\0"sv, "is an SQLite database, not a model"},
    // archives and compressed files
    {257, "ustar"sv, "is a tar archive; unpack it first"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "is a 7z archive; unpack it first"},
    {0, "Rar!\x1a\x07"sv, "is a RAR archive; unpack it first"},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     "is compressed by xz; unpack it first (unxz)"},
    {0, "\x04\x22\x4d\x18"sv, "is compressed by lz4; unpack it first (unlz4)"},
    {0, "\x1f\x8b\x08"sv, "is compressed by gzip; unpack it first (gunzip)"},
    {0, "\x28\xb5\x2f\xfd"sv, "is compressed by zstd; unpack it first (unzstd)"},
    {0, "MSCF\0\0\0\0"sv, "is a cabinet archive; unpack it first"},
    {0, "!<arch>\n"sv, "is an ar archive (a library or package), not a model"},
    // what macOS leaves beside files
    {0, "\x00\x05\x16\x07"sv,
     "is an AppleDouble file, attributes that macOS keeps beside a file; the file itself has the name "
     "without "
     "'._'"},
    {0, "\x00\x05\x16\x00"sv, "is an AppleSingle file, a file wrapped by macOS; unwrap it first"},
    {0,
     "\x00\x00\x00\x01"
     "Bud1"sv,
     "is a .DS_Store of macOS, not a model"},
    {0, "bplist00"sv, "is a property list of macOS, not a model"},
    // documents, images, sound
    {0, "%PDF-"sv, "is a PDF document, not a model"},
    {0, "%!PS"sv, "is a PostScript document, not a model"},
    {0, "{\\rtf"sv, "is an RTF document, not a model"},
    {0, "\x89PNG\r\n\x1a\n"sv, "is a PNG image, not a model"},
    {0, "\xff\xd8\xff"sv, "is a JPEG image, not a model"},
    {0, "GIF87a"sv, "is a GIF image, not a model"},
    {0, "GIF89a"sv, "is a GIF image, not a model"},
    {8, "WEBP"sv, "is a WebP image, not a model"},
    {0, "II*\0"sv, "is a TIFF image, not a model"},
    {0, "MM\0*"sv, "is a TIFF image, not a model"},
    {4, "ftypavif"sv, "is an AVIF image, not a model"},
    {4, "ftyp"sv, "is an MP4 file (video or sound), not a model"},
    {0, "\x1a\x45\xdf\xa3"sv, "is a Matroska or WebM video, not a model"},
    {0, "OggS"sv, "is an Ogg file (sound or video), not a model"},
    {0, "fLaC"sv, "is a FLAC file (sound), not a model"},
    {0, "ID3"sv, "is an MP3 file (sound), not a model"},
    {8, "WAVE"sv, "is a WAV file (sound), not a model"},
    {8, "AVI LIST"sv, "is an AVI file (video), not a model"},
    // programs
    {0, "MZqFpD"sv,
     "is a llamafile or another portable program; unzip takes the GGUF file out of a llamafile"},
    {0,
     "\x7f"
     "ELF"sv,
     "is a program or library (ELF), not a model"},
    {0, "\xcf\xfa\xed\xfe"sv, "is a program or library of macOS (Mach-O), not a model"},
    {0, "\xca\xfe\xba\xbe"sv, "is a program of macOS or a Java class, not a model"},
    {0, "PACK\0\0\0\x02"sv, "is a pack file of Git, not a model"},
};

bool has(std::string_view text, std::size_t offset, std::string_view bytes) {
  return text.size() >= offset + bytes.size() && text.substr(offset, bytes.size()) == bytes;
}

/// Its second magic stands at the first block, or at the end of an empty file.
bool is_bzip2(std::string_view text) {
  return text.size() >= 10 && text.starts_with("BZh") && text[3] >= '1' && text[3] <= '9' &&
         (has(text, 4, "1AY&SY") || has(text, 4, "\x17\x72\x45\x38\x50\x90"));
}

/// A program for Windows: where its second header begins stands at 0x3c.
bool is_windows_program(const File& file) {
  constexpr std::size_t kAtHeader = 0x3c;
  if (!file.text().starts_with("MZ") || file.head.size() < kAtHeader + 4) return false;
  return has(file.text(), load_le<std::uint32_t>(file.head, kAtHeader), "PE\0\0"sv);
}

}  // namespace

Answer magic(const File& file) {
  const auto found = std::ranges::find_if(
      kMagics, [&](const Magic& magic) { return has(file.text(), magic.offset, magic.bytes); });
  if (found != std::ranges::end(kMagics)) return std::string(found->what);
  if (is_bzip2(file.text())) return "is compressed by bzip2; unpack it first (bunzip2)";
  if (is_windows_program(file)) return "is a program or library of Windows, not a model";
  return std::nullopt;
}

}  // namespace aerotool::foreign
