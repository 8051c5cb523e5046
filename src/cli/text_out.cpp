#include "cli/text_out.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "core/error.hpp"
#include "io/interrupt.hpp"

namespace aerotool::cli {

void TextOut::write(std::string_view text) {
  constexpr std::size_t kBuffer = std::size_t{64} << 10;
  if (closed_) return;
  buffer_ += text;
  if (buffer_.size() >= kBuffer) flush();
}

void TextOut::finish() {
  flush();
}

void TextOut::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && !closed_) {
    const ssize_t put = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (put >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(put));
    } else if (errno == EPIPE) {
      closed_ = true;
    } else if (errno == EAGAIN) {
      pollfd ready = {STDOUT_FILENO, POLLOUT, 0};
      ::poll(&ready, 1, 1000);
      io::check_interrupt();
    } else if (errno == EINTR) {
      io::check_interrupt();
    } else {
      const int why = errno;
      closed_ = true;  // what failed is told once
      throw system_error("standard output", "write", why);
    }
  }
  buffer_.clear();
}

}  // namespace aerotool::cli
