#include "io/interrupt.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "core/error.hpp"
#include "io/lost_page.hpp"

namespace aerotool::io {
namespace {

std::atomic<int> pending_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void note_signal(int number) {
  pending_signal.store(number);
}

extern "C" void on_bus_error(int, siginfo_t* info, void*) {
  if (info->si_code > 0 && replace_lost_page(info->si_addr)) return;
  // Not one of our mappings: let the fault happen again with the default action.
  ::signal(SIGBUS, SIG_DFL);
}

}  // namespace

void install_signal_handlers() {
  struct sigaction action {};
  sigemptyset(&action.sa_mask);
  action.sa_handler = note_signal;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction previous {};
    ::sigaction(number, nullptr, &previous);
    // nohup and background jobs of a shell ignore some of these; so do we then.
    if (previous.sa_handler != SIG_IGN) ::sigaction(number, &action, nullptr);
  }
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &action, nullptr);
  ::sigaction(SIGXFSZ, &action, nullptr);
  struct sigaction bus {};
  sigemptyset(&bus.sa_mask);
  bus.sa_flags = SA_SIGINFO;
  bus.sa_sigaction = on_bus_error;
  ::sigaction(SIGBUS, &bus, nullptr);
}

void check_interrupt() {
  if (const int number = pending_signal.load(std::memory_order_relaxed)) throw Interrupted(number);
}

void die_of(int signal_number) {
  ::signal(signal_number, SIG_DFL);
  ::raise(signal_number);
  ::_exit(128 + signal_number);
}

}  // namespace aerotool::io
