#include "kube/http_exchange.h"
#include "kube/url.h"
#include "kube/websocket_exec.h"
#include "pgo/kube/http_transport.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pgo::kube {
namespace {

struct CurlDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, CurlDeleter>;
using TextList = std::unique_ptr<curl_slist, CurlDeleter>;

void append(TextList& list, const std::string& text) {
  curl_slist* const shorter = list.release();
  curl_slist* const longer = curl_slist_append(shorter, text.c_str());
  list.reset(longer != nullptr ? longer : shorter);
}

Error make_error(Code code, std::string message, std::string subject) {
  return Error{.code = code,
               .message = std::move(message),
               .subject = std::move(subject),
               .http_status = 0,
               .reason = {}};
}

/// What libcurl needs for one exchange.
struct Transfer {
  explicit Transfer(std::shared_ptr<Exchange> exchange_in) : exchange(std::move(exchange_in)) {}

  std::shared_ptr<Exchange> exchange;
  TextList headers, connect_to;
  std::string body;
  std::size_t sent = 0;
  std::string server;
  std::array<char, CURL_ERROR_SIZE> error_text{};
  Easy easy{curl_easy_init()};  ///< last, as it refers to the others

  int status() const {
    long result = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &result);
    return static_cast<int>(result);
  }
  void done(std::optional<Error> error) {
    const char* type = nullptr;
    curl_easy_getinfo(easy.get(), CURLINFO_CONTENT_TYPE, &type);
    exchange->on_done(status(), type == nullptr ? std::string() : std::string(type),
                      std::move(error));
  }
};

/// The I/O thread with its multi handle, which keeps the connections.
class Loop {
 public:
  Loop() : multi_(curl_multi_init()), thread_([this] { run(); }) {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() {
    stop();
    curl_multi_cleanup(multi_);
  }

  void start(std::shared_ptr<Transfer> transfer) { post(Action::start, std::move(transfer)); }
  void cancel(std::shared_ptr<Transfer> transfer) { post(Action::cancel, std::move(transfer)); }
  void resume(std::shared_ptr<Transfer> transfer) { post(Action::resume, std::move(transfer)); }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    if (thread_.joinable()) thread_.join();
  }

 private:
  enum class Action { start, cancel, resume };
  using Command = std::pair<Action, std::shared_ptr<Transfer>>;

  void post(Action action, std::shared_ptr<Transfer> transfer) {
    {
      const std::lock_guard lock(mutex_);
      if (!stopping_) {
        commands_.emplace_back(action, std::move(transfer));
        transfer = nullptr;
      }
    }
    if (transfer != nullptr) {
      if (action == Action::start) transfer->done(stopped());
      return;
    }
    curl_multi_wakeup(multi_);
  }

  static Error stopped() { return make_error(Code::cancelled, "the transport was stopped", {}); }

  void run() {
    // Signals are the host program's business, on its own threads.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    while (true) {
      bool stopping = false;
      std::vector<Command> commands;
      {
        const std::lock_guard lock(mutex_);
        commands.swap(commands_);
        stopping = stopping_;
      }
      for (auto& [action, transfer] : commands) execute(action, std::move(transfer));
      if (stopping) break;
      int running = 0;
      curl_multi_perform(multi_, &running);
      int queued = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_, &queued)) {
        if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
      }
      curl_multi_poll(multi_, nullptr, 0, 60'000, nullptr);
    }
    while (!running_.empty()) end(running_.begin()->first, stopped());
  }

  void execute(Action action, std::shared_ptr<Transfer> transfer) {
    CURL* const easy = transfer->easy.get();
    switch (action) {
      case Action::start:
        if (curl_multi_add_handle(multi_, easy) != CURLM_OK) {
          transfer->done(make_error(Code::internal, "libcurl refused the request", {}));
        } else {
          running_.emplace(easy, std::move(transfer));
        }
        break;
      case Action::cancel:
        end(easy, make_error(Code::cancelled, "cancelled by the caller", {}));
        break;
      case Action::resume:
        if (running_.contains(easy)) curl_easy_pause(easy, CURLPAUSE_CONT);
        break;
    }
  }

  void end(CURL* easy, std::optional<Error> error) {
    const auto found = running_.find(easy);
    if (found == running_.end()) return;
    const std::shared_ptr<Transfer> transfer = std::move(found->second);
    running_.erase(found);
    curl_multi_remove_handle(multi_, easy);
    transfer->done(std::move(error));
  }

  void finish(CURL* easy, CURLcode code);

  CURLM* multi_;
  std::mutex mutex_;
  std::vector<Command> commands_;
  bool stopping_ = false;
  std::unordered_map<CURL*, std::shared_ptr<Transfer>> running_;  ///< I/O thread only
  std::thread thread_;
};

Error error_of(CURLcode code, const Transfer& transfer) {
  std::string detail(transfer.error_text.data());
  if (detail.empty()) detail = curl_easy_strerror(code);
  long sent = 0;
  curl_easy_getinfo(transfer.easy.get(), CURLINFO_REQUEST_SIZE, &sent);
  if (code == CURLE_OPERATION_TIMEDOUT && sent > 0) {
    return make_error(Code::deadline_exceeded, "the API server did not answer in time",
                      transfer.server);
  }
  if (code == CURLE_SEND_FAIL_REWIND) {
    return make_error(Code::unavailable,
                      "the connection broke; whether the write arrived is unknown",
                      transfer.server);
  }
  return make_error(Code::unavailable, "cannot talk to the API server: " + detail, transfer.server);
}

void Loop::finish(CURL* easy, CURLcode code) {
  const auto found = running_.find(easy);
  if (found == running_.end()) return;
  if (code == CURLE_OK) return end(easy, std::nullopt);
  end(easy, error_of(code, *found->second));
}

std::size_t write_callback(char* data, std::size_t size, std::size_t count, void* user) {
  switch (static_cast<Transfer*>(user)->exchange->on_data({data, size * count})) {
    case Exchange::Flow::go_on:
      return size * count;
    case Exchange::Flow::hold:
      return CURL_WRITEFUNC_PAUSE;
    case Exchange::Flow::give_up:
      break;
  }
  return CURL_WRITEFUNC_ERROR;
}

std::size_t header_callback(char* data, std::size_t size, std::size_t count, void* user) {
  auto* const transfer = static_cast<Transfer*>(user);
  const std::string_view line(data, size * count);
  if (line == "\r\n" || line == "\n") {
    const int status = transfer->status();
    if (status >= 200) transfer->exchange->on_headers(status);
  }
  return line.size();
}

std::size_t read_callback(char* buffer, std::size_t size, std::size_t count, void* user) {
  auto* const transfer = static_cast<Transfer*>(user);
  const std::size_t part = std::min(size * count, transfer->body.size() - transfer->sent);
  std::copy_n(transfer->body.data() + transfer->sent, part, buffer);
  transfer->sent += part;
  return part;
}

/// Declines to send a body again: a write that may have arrived must not be repeated.
int seek_callback(void* /*user*/, curl_off_t /*offset*/, int /*origin*/) {
  return CURL_SEEKFUNC_FAIL;
}

class HttpWatchStream final : public WatchStream {
 public:
  HttpWatchStream(std::shared_ptr<Loop> loop, std::shared_ptr<Transfer> transfer,
                  std::shared_ptr<WatchExchange> exchange)
      : loop_(std::move(loop)), transfer_(std::move(transfer)), exchange_(std::move(exchange)) {}
  ~HttpWatchStream() override {
    exchange_->close();
    loop_->cancel(transfer_);
  }
  Result<State> poll(std::vector<std::string>& lines) override {
    bool resume = false;
    auto state = exchange_->poll(lines, resume);
    if (resume) loop_->resume(transfer_);
    return state;
  }

 private:
  std::shared_ptr<Loop> loop_;
  std::shared_ptr<Transfer> transfer_;
  std::shared_ptr<WatchExchange> exchange_;
};

bool looks_like_pem(const std::string& text) {
  return text.find("-----BEGIN ") != std::string::npos;
}

}  // namespace

struct HttpTransport::Impl {
  HttpTransportOptions options;
  Url url;
  Log log;
  std::shared_ptr<Loop> loop = std::make_shared<Loop>();
  std::atomic<bool> only_exec_v4 = false;  ///< learned from the server

  Result<void> prepare(Transfer& transfer, const Request& request) const;
  void set_tls(Transfer& transfer, const Credentials& credentials) const;
  void set_body(Transfer& transfer, const Request& request) const;
  void report(int status) const {
    if (status == 401 && options.auth) options.auth->rejected();
  }
};

void HttpTransport::Impl::set_tls(Transfer& transfer, const Credentials& credentials) const {
  CURL* const easy = transfer.easy.get();
  auto set_blob = [&](CURLoption option, const std::string& pem) {
    if (pem.empty()) return;
    // libcurl copies the bytes; its interface only lacks the const.
    curl_blob blob{const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_COPY};
    curl_easy_setopt(easy, option, &blob);
  };
  const bool own = !credentials.certificate_pem.empty();
  set_blob(CURLOPT_CAINFO_BLOB, options.tls.ca_pem);
  set_blob(CURLOPT_SSLCERT_BLOB, own ? credentials.certificate_pem : options.tls.certificate_pem);
  set_blob(CURLOPT_SSLKEY_BLOB, own ? credentials.key_pem : options.tls.key_pem);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (options.tls.insecure) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

void HttpTransport::Impl::set_body(Transfer& transfer, const Request& request) const {
  if (request.method == Method::get) return;
  CURL* const easy = transfer.easy.get();
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, std::string(to_string(request.method)).c_str());
  if (request.body.empty() && request.method == Method::delete_) {
    // libcurl repeats a request without a body when a kept connection turns out to be dead.
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    return;
  }
  transfer.body = request.body;
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_callback);
  curl_easy_setopt(easy, CURLOPT_READDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_callback);
  curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(transfer.body.size()));
  append(transfer.headers,
         "Content-Type: " + (request.content_type.empty() ? std::string("application/json")
                                                          : request.content_type));
  append(transfer.headers, "Expect:");
}

Result<void> HttpTransport::Impl::prepare(Transfer& transfer, const Request& request) const {
  CURL* const easy = transfer.easy.get();
  if (easy == nullptr) return fail(Code::internal, "libcurl gave no handle");
  Credentials credentials;
  if (options.auth) {
    PGO_TRY(credentials, options.auth->credentials());
  }
  transfer.server = url.authority();
  std::string address = url.text() + request.path;
  if (!options.tls.server_name.empty()) {
    // The certificate is checked against the name in the URL; the connection still goes to the
    // host.
    Url named = url;
    named.host = options.tls.server_name;
    address = named.text() + request.path;
    append(transfer.connect_to, named.authority() + ":" + url.authority());
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, transfer.connect_to.get());
    append(transfer.headers, "Host: " + url.authority());
  }
  append(transfer.headers,
         "Accept: " + (request.accept.empty() ? std::string("application/json") : request.accept));
  if (!credentials.authorization.empty()) {
    append(transfer.headers, "Authorization: " + credentials.authorization);
  }
  set_body(transfer, request);
  set_tls(transfer, credentials);
  curl_easy_setopt(easy, CURLOPT_URL, address.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_PROXY, options.proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");  // or the environment decides after all
  curl_easy_setopt(
      easy, CURLOPT_HTTP_VERSION,
      static_cast<long>(options.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 30L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 10L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::max<std::int64_t>(
                       std::min(options.connect_timeout, request.timeout).count(), 1)));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error_text.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write_callback);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header_callback);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  return {};
}

HttpTransport::HttpTransport(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpTransport::~HttpTransport() { impl_->loop->stop(); }

Result<std::unique_ptr<HttpTransport>> HttpTransport::create(HttpTransportOptions options,
                                                             Log log) {
  // libcurl wants this once per process; it is thread safe since 7.84.
  static const CURLcode kInitialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kInitialised != CURLE_OK) return fail(Code::internal, "libcurl cannot be initialised");
  PGO_TRY(Url url, parse_url(options.server));
  const TlsSettings& tls = options.tls;
  if (!url.tls && options.auth && !url.loopback()) {
    return fail(Code::invalid_argument, "a token must not travel over plain http: use https",
                url.authority());
  }
  for (const auto& [name, pem] : {std::pair{"certificate authority", &tls.ca_pem},
                                  std::pair{"client certificate", &tls.certificate_pem},
                                  std::pair{"client key", &tls.key_pem}}) {
    if (!pem->empty() && !looks_like_pem(*pem)) {
      return fail(Code::invalid_argument, "must be PEM text", name);
    }
  }
  if (tls.certificate_pem.empty() != tls.key_pem.empty()) {
    return fail(Code::invalid_argument, "a client certificate and its key go together",
                tls.key_pem.empty() ? "client key" : "client certificate");
  }
  log = log.named("kube.http");
  if (tls.insecure) {
    log.warn("the API server's certificate is not verified", {{"server", url.authority()}});
  }
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  impl->url = std::move(url);
  impl->log = log;
  return std::make_unique<HttpTransport>(std::move(impl));
}

Result<Response> HttpTransport::request(const Request& request) {
  if (request.stop.stop_requested()) return fail(Code::cancelled, "cancelled by the caller");
  auto exchange = std::make_shared<RequestExchange>(impl_->options.max_response_bytes);
  auto transfer = std::make_shared<Transfer>(exchange);
  PGO_TRY_VOID(impl_->prepare(*transfer, request));
  curl_easy_setopt(transfer->easy.get(), CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::max<std::int64_t>(request.timeout.count(), 1)));
  impl_->loop->start(transfer);
  if (!exchange->wait(request.stop)) {
    impl_->loop->cancel(transfer);
    return fail(Code::cancelled, "cancelled by the caller");
  }
  Result<Response> response = exchange->take();
  if (response) impl_->report(response->status);
  return response;
}

Result<std::unique_ptr<WatchStream>> HttpTransport::watch(const Request& request,
                                                          std::function<void()> on_ready) {
  auto exchange =
      std::make_shared<WatchExchange>(impl_->options.max_watch_line_bytes, std::move(on_ready));
  auto transfer = std::make_shared<Transfer>(exchange);
  PGO_TRY_VOID(impl_->prepare(*transfer, request));
  impl_->loop->start(transfer);
  if (Result<void> opened = exchange->wait(request); !opened) {
    exchange->close();
    impl_->loop->cancel(transfer);
    impl_->report(opened.error().http_status);
    return fail(std::move(opened).error());
  }
  return std::unique_ptr<WatchStream>(
      std::make_unique<HttpWatchStream>(impl_->loop, std::move(transfer), std::move(exchange)));
}

Result<ExecResult> HttpTransport::exec(const ExecRequest& request) {
  Credentials credentials;
  if (impl_->options.auth) {
    PGO_TRY(credentials, impl_->options.auth->credentials());
  }
  const ExecEndpoint endpoint{.url = impl_->url,
                              .tls = impl_->options.tls,
                              .credentials = std::move(credentials),
                              .user_agent = impl_->options.user_agent,
                              .connect_timeout = impl_->options.connect_timeout,
                              .max_output_bytes = impl_->options.max_response_bytes};
  const bool try_v5 = !request.stdin_data.empty() && !impl_->only_exec_v4;
  Result<ExecResult> result =
      exec_over_websocket(endpoint, request, try_v5 ? ExecProtocol::v5 : ExecProtocol::v4);
  if (try_v5 && !result &&
      (result.error().http_status == 400 || result.error().http_status == 403 ||
       result.error().code == Code::unimplemented)) {
    // Kubernetes before 1.29; nothing has run yet. A real refusal is repeated by the server.
    result = exec_over_websocket(endpoint, request, ExecProtocol::v4);
    if (result) impl_->only_exec_v4 = true;
  }
  if (!result) impl_->report(result.error().http_status);
  return result;
}

}  // namespace pgo::kube
