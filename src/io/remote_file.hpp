// A file behind a URL, read by ranges in one state: what the server says of it is held to what it said first,
// and what fails on the way is tried again from the byte that was reached.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "io/http_client.hpp"
#include "io/patience.hpp"
#include "io/remote_name.hpp"
#include "io/remote_state.hpp"
#include "io/url.hpp"
#include "io/window_buffers.hpp"

namespace aerotool::io {

/// What all remote files of a run share.
struct RemoteAccess {
  /// Keeps the first line of why the cache is of no use.
  void add_note(const std::string& line) {
    const std::lock_guard lock(noting);
    if (note.empty()) note = line;
  }

  explicit RemoteAccess(AllowedHosts allowed) : client(std::move(allowed)) {}

  HttpClient client;
  /// Nobody is asked for anything.
  bool offline = false;
  /// What an origin may be sent as "Authorization"; empty where it has none.
  std::function<std::string(const Origin& origin)> authorization = {};
  std::atomic<std::uint64_t> retries = 0;
  std::atomic<std::uint64_t> cached_bytes = 0;  ///< that were asked for of the cache, and not of a server
  std::mutex noting;
  std::string note = {};
  std::shared_ptr<WindowBuffers> buffers = std::make_shared<WindowBuffers>();
};

/// The server has answered with an error.
class RefusedError : public IoError {
 public:
  RefusedError(Where where, std::string message, int status, std::string code)
      : IoError(std::move(where), std::move(message)), status_(status), code_(std::move(code)) {}
  int status() const noexcept { return status_; }
  /// What the hub calls the error (X-Error-Code); empty where the answer does not say.
  const std::string& code() const noexcept { return code_; }

 private:
  int status_;
  std::string code_;
};

class RemoteFile {
 public:
  /// Asks for nothing yet.
  RemoteFile(std::shared_ptr<RemoteAccess> access, const RemoteName& name);
  RemoteFile(const RemoteFile&) = delete;
  RemoteFile& operator=(const RemoteFile&) = delete;

  enum class Begun { with_bytes, unchanged, without_ranges };
  /// Asks for the first `most` bytes, or as many as there are, and hands them to `bytes`; where the file is
  /// still in the state `known`, for none. Afterwards size() and the other facts are known, unless the server
  /// does not read ranges. Throws IoError.
  Begun begin(std::uint64_t most, const std::optional<RemoteState>& known, std::vector<std::byte>& bytes);
  /// Instead of begin(): the file is in this state, and no server has to say so.
  void begin_in(const RemoteState& known);

  // After begin().
  std::uint64_t size() const { return state_.size; }
  const std::string& tag() const { return state_.tag; }
  /// RemoteState::validator()
  std::string validator() const;
  /// A field of an answer on the way, such as x-repo-commit; empty where none had it.
  std::string fact(std::string_view name) const;

  /// What the hub says that the file's SHA-256 is (X-Linked-Etag), 64 digits; empty where it does not.
  std::string linked_sha256() const;

  using Sink = std::function<void(std::uint64_t offset, ByteSpan bytes)>;
  /// Hands over the bytes [begin, end), which are inside, in order and each once. Thread-safe. Throws IoError
  /// that names the URL where the file has changed, or the server fails for good; what `sink` throws; and
  /// Stopped soon after `stopped` has become true, which may be null.
  void fetch(std::uint64_t begin, std::uint64_t end, const Sink& sink,
             const std::atomic<bool>* stopped = nullptr);

  /// All of it, where the server does not read ranges: what breaks off cannot be gone on with.
  void fetch_whole(const Sink& sink);

 private:
  struct Failure;
  struct Answer;

  bool asks_for_size() const;
  /// Puts into a request to `origin` that it is about one state of the file.
  void hold_to_state(HttpRequest& request, const Origin& origin) const;
  std::uint64_t known_size() const;
  /// One request and the redirects behind it; moves `begin` on. Nothing where the answer was sound.
  std::optional<Failure> attempt(std::uint64_t& begin, std::uint64_t end, const Sink& sink,
                                 const std::atomic<bool>* stopped);
  /// Counts a failure, and waits; throws where nothing is left to try.
  void bear(const Failure& failure, Patience& patience, const std::atomic<bool>* stopped) const;
  /// Whether the body is wanted: bytes of the range, or what an error says.
  bool look(const HttpHead& head, const Url& from, HttpRange asked, Answer& answer);
  bool take(ByteSpan bytes, std::uint64_t& begin, Answer& answer, const Sink& sink) const;
  void keep_facts(const HttpHead& head);
  /// False where it has been asked for anew already, and nothing has come since.
  bool forget_target(const Url& used);
  /// What is not as it was; the first answer says what that is.
  std::optional<std::string> hold_to_state(const HttpHead& head, const Url& from, HttpRange got,
                                           std::optional<std::uint64_t> total);
  [[noreturn]] void refuse(const std::string& message) const;

  const std::shared_ptr<RemoteAccess> access_;
  const Url url_;
  const Origin typed_;
  const std::string shown_;
  const std::function<std::string(int status, const std::string& code)> explain_;
  mutable std::mutex mutex_;
  std::optional<Url> target_;       // where the redirects led
  bool target_is_renewed_ = false;  // and no byte has come since
  bool begun_ = false;
  bool asks_for_size_ = false;  // the first answer did not tell it
  bool has_ranges_ = true;
  RemoteState state_;
  std::optional<RemoteState> asked_state_;  // whether it is still in this one
  bool is_unchanged_ = false;
  std::map<std::string, std::string, std::less<>> facts_;
};

}  // namespace aerotool::io
