// Standard output for answers: buffered, and quiet about a reader that leaves early.
#pragma once

#include <string>
#include <string_view>

namespace aerotool::cli {

class TextOut {
 public:
  TextOut() = default;
  TextOut(const TextOut&) = delete;
  TextOut& operator=(const TextOut&) = delete;
  ~TextOut() = default;  ///< without finish() what is still buffered is lost: an error is on its way

  void write(std::string_view text);
  void line(std::string_view text) {
    write(text);
    write("\n");
  }
  /// Writes what is buffered: at the end, and where standard error is to come behind it. Throws IoError for
  /// every failure but a reader that has left.
  void finish();
  /// The reader has left, or writing has failed: more text is of no use.
  bool closed() const { return closed_; }

 private:
  void flush();

  std::string buffer_;
  bool closed_ = false;
};

}  // namespace aerotool::cli
