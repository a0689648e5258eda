#include "boundary.h"
#include "host_transport.h"
#include "pgo/base/text.h"
#include "pgo/kube/http_transport.h"
#include "pgo/kube/kubeconfig.h"
#include "pgo/kube/wakeup.h"

#include <array>
#include <optional>

using namespace pgo;
using namespace pgo::capi;

namespace {

std::optional<kube::Method> method_named(std::string_view name) {
  for (const auto method : {kube::Method::get, kube::Method::post, kube::Method::put,
                            kube::Method::patch, kube::Method::delete_}) {
    if (kube::to_string(method) == name) return method;
  }
  return std::nullopt;
}

Result<kube::Request> request_of(const char* method, const char* path, const char* content_type,
                                 std::string_view body, pgo_cancel* cancel) {
  const auto known = method_named(text_of(method));
  if (!known) {
    return fail(Code::invalid_argument, "the method must be GET, POST, PUT, PATCH or DELETE",
                "method");
  }
  if (!text_of(path).starts_with('/')) {
    return fail(Code::invalid_argument, "the path must begin with a slash", "path");
  }
  return kube::Request{.method = *known,
                       .path = path,
                       .content_type = std::string(text_of(content_type)),
                       .body = std::string(body),
                       .stop = token_of(cancel)};
}

/// Hands each line over until the watch ends, the host has enough, or a stop is asked for.
Result<void> follow(kube::Transport& transport, const kube::Request& request,
                    int32_t (*on_line)(const char*, size_t, void*), void* user_data) {
  kube::Wakeup wakeup;
  PGO_TRY(const auto stream, transport.watch(request, wakeup.callback()));
  const SystemClock clock;
  while (true) {
    std::vector<std::string> lines;
    PGO_TRY(const kube::WatchStream::State state, stream->poll(lines));
    for (const std::string& line : lines) {
      if (request.stop.stop_requested()) break;
      if (on_line(line.c_str(), line.size(), user_data) != 0) {
        return fail(Code::cancelled, "the watch was ended by its reader", request.path);
      }
    }
    if (request.stop.stop_requested()) {
      return fail(Code::cancelled, "the watch was cancelled", request.path);
    }
    if (state == kube::WatchStream::State::ended) return {};
    if (lines.empty()) wakeup.wait_until(TimePoint::max(), clock, request.stop);
  }
}

}  // namespace

pgo_error* pgo_transport_from_kubeconfig(const pgo_kubeconfig_options* options,
                                         pgo_transport** transport) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(transport, "transport"));
    PGO_TRY(const pgo_kubeconfig_options known, options_of(options, "options"));
    PGO_TRY_VOID(require_text(known.path, "path"));
    PGO_TRY(const kube::ConnectionSettings settings,
            kube::load_kubeconfig({known.path}, {.context = std::string(text_of(known.context))}));
    PGO_TRY(std::shared_ptr<kube::Transport> made,
            kube::HttpTransport::create(settings.transport, Log()));
    *transport = hand_out(std::make_unique<pgo_transport>(pgo_transport{std::move(made)}));
    return {};
  });
}

pgo_error* pgo_transport_from_callbacks(const pgo_transport_callbacks* callbacks,
                                        pgo_transport** transport) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(transport, "transport"));
    PGO_TRY(const pgo_transport_callbacks known, options_of(callbacks, "callbacks"));
    *transport =
        hand_out(std::make_unique<pgo_transport>(pgo_transport{make_host_transport(known)}));
    return {};
  });
}

pgo_error* pgo_transport_request(pgo_transport* transport, const char* method, const char* path,
                                 const char* content_type, const char* body, size_t body_size,
                                 pgo_cancel* cancel, int32_t* http_status, pgo_string** answer) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(transport, "transport"));
    PGO_TRY(const std::string_view text, document_of(body, body_size));
    PGO_TRY(const kube::Request request, request_of(method, path, content_type, text, cancel));
    PGO_TRY(kube::Response response, transport->held->request(request));
    if (http_status != nullptr) *http_status = response.status;
    give(answer, std::move(response.body));
    return {};
  });
}

pgo_error* pgo_transport_watch(pgo_transport* transport, const char* path,
                               int32_t (*on_line)(const char* line, size_t size, void* user_data),
                               void* user_data, pgo_cancel* cancel) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(transport, "transport"));
    if (on_line == nullptr) return require(nullptr, "on_line");
    PGO_TRY(kube::Request request, request_of("GET", path, nullptr, {}, cancel));
    if (request.path.find("watch=") == request.path.npos) {
      request.path += request.path.find('?') == request.path.npos ? "?watch=true" : "&watch=true";
    }
    return follow(*transport->held, request, on_line, user_data);
  });
}

pgo_error* pgo_transport_exec(pgo_transport* transport, const char* ns, const char* pod,
                              const char* container, const char* const* command,
                              size_t command_size, const char* input, size_t input_size,
                              int64_t timeout_ms, pgo_cancel* cancel, pgo_string** result) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(transport, "transport"));
    PGO_TRY_VOID(require_text(ns, "ns"));
    PGO_TRY_VOID(require_text(pod, "pod"));
    PGO_TRY_VOID(require(command_size == 0 ? nullptr : command, "command"));
    PGO_TRY(const std::string_view text, document_of(input, input_size));
    kube::ExecRequest request{.ns = ns,
                              .pod = pod,
                              .container = std::string(text_of(container)),
                              .stdin_data = std::string(text),
                              .stop = token_of(cancel)};
    for (std::size_t i = 0; i < command_size; ++i) {
      PGO_TRY_VOID(require(command[i], "command[" + std::to_string(i) + "]"));
      request.command.emplace_back(command[i]);
    }
    if (timeout_ms > 0) request.timeout = std::chrono::milliseconds(timeout_ms);
    PGO_TRY(const kube::ExecResult done, transport->held->exec(request));
    give(result, json::write(json::Value::object(
                     {{"exitCode", done.exit_code}, {"out", done.out}, {"err", done.err}})));
    return {};
  });
}

void pgo_transport_free(pgo_transport* transport) { take_back(transport); }
