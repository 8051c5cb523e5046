// Signals: SIGINT, SIGTERM and SIGHUP end a work at the next block so that what was begun is removed;
// SIGPIPE and SIGXFSZ come back as errors of the write; SIGBUS in a mapped input becomes an error.
#pragma once

namespace aerotool::io {

/// Once, at the start of main.
void install_signal_handlers();

/// Throws Interrupted when one of the ending signals has come. Called between blocks and after EINTR.
void check_interrupt();

/// Puts the default action back and raises the signal again, so that the caller's shell sees it.
[[noreturn]] void die_of(int signal_number);

}  // namespace aerotool::io
