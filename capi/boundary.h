#pragma once

#include "pgo.h"
#include "pgo/base/log.h"
#include "pgo/base/result.h"
#include "pgo/client.h"
#include "pgo/engine/events.h"
#include "pgo/json/value.h"
#include "pgo/kube/transport.h"

#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <stop_token>
#include <string>
#include <string_view>

// What stands behind the handles, and the wall that no exception passes.

struct pgo_error {
  pgo::Error error;
  std::string text;
};

struct pgo_string {
  std::string text;
};

struct pgo_cancel {
  std::stop_source source;
};

struct pgo_transport {
  std::shared_ptr<pgo::kube::Transport> held;
};

struct pgo_client {
  pgo::Client client;
};

namespace pgo::capi {

pgo_error* error_of(Error error);

/// Runs the body of a call and makes its failure, or an exception, the caller's.
template <typename Body>
pgo_error* guard(Body&& body) noexcept {
  try {
    Result<void> done = body();
    if (done) return nullptr;
    return error_of(std::move(done).error());
  } catch (const std::bad_alloc&) {
    return error_of({.code = Code::resource_exhausted, .message = "out of memory"});
  } catch (const std::exception& thrown) {
    return error_of({.code = Code::internal, .message = thrown.what()});
  }
}

/// A handle for the caller, who gives it back to the matching free.
template <typename T>
T* hand_out(std::unique_ptr<T> handle) {
  return handle.release();
}
template <typename T>
void take_back(T* handle) {
  const std::unique_ptr<T> owned(handle);
}

inline std::string_view text_of(const char* text) { return text == nullptr ? "" : text; }

Result<std::string_view> document_of(const char* text, std::size_t size);
inline std::stop_token token_of(const pgo_cancel* cancel) {
  return cancel == nullptr ? std::stop_token() : cancel->source.get_token();
}
/// Gives text to the caller who asked for it.
void give(pgo_string** out, std::string text);

/// `invalid_argument` when something that a call cannot do without is NULL.
Result<void> require(const void* pointer, std::string_view what);
/// The same for an empty name.
Result<void> require_text(const char* text, std::string_view what);

Result<void> check_size(const void* given, std::size_t given_size, std::size_t known_size);

/// The options as this library knows them, whatever header the caller was compiled with.
template <typename Options>
Result<Options> options_of(const Options* given, std::string_view what) {
  PGO_TRY_VOID(require(given, what));
  PGO_TRY_VOID(check_size(given, given->size, sizeof(Options)));
  Options known{};
  std::memcpy(&known, given, std::min(given->size, sizeof(Options)));
  known.size = sizeof(Options);
  return known;
}

/// Lives while its thread is inside a callback of the host.
class InCallback {
 public:
  InCallback() { ++depth(); }
  InCallback(const InCallback&) = delete;
  InCallback& operator=(const InCallback&) = delete;
  ~InCallback() { --depth(); }
  static bool now() { return depth() > 0; }

 private:
  static int& depth();  ///< of this thread
};

/// A log that tells `callback`; one that drops everything without it.
Log log_to(pgo_log_callback callback, std::int32_t least, void* user_data, const Clock& clock);
engine::EventSink events_to(pgo_event_callback callback, void* user_data);

}  // namespace pgo::capi
