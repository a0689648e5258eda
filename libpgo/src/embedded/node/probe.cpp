#include "embedded/node/probe.h"

#include "embedded/node/proxy_connection.h"
#include "pgo/base/text.h"

#include <algorithm>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

namespace pgo::embedded::node {

namespace {

constexpr std::chrono::milliseconds kEagerFirst{250};
constexpr std::chrono::milliseconds kEagerLast{1000};
constexpr std::size_t kEnoughAnswer = 12;  // "HTTP/1.1 200"

std::chrono::seconds seconds_of(const json::Value& value, std::int64_t fallback) {
  return std::chrono::seconds(std::max<std::int64_t>(value.as_int(fallback), 0));
}

std::uint16_t port_of(const json::Value& port, const json::Value& container) {
  if (port.is_int()) return static_cast<std::uint16_t>(port.as_int());
  if (auto number = text::to_int(port.as_string())) return static_cast<std::uint16_t>(*number);
  for (const json::Value& named : container["ports"].items())
    if (named["name"].as_string() == port.as_string())
      return static_cast<std::uint16_t>(named["containerPort"].as_int());
  return 0;
}

std::string http_request(const ProbeSpec& spec) {
  std::string request = "GET " + spec.path + " HTTP/1.1\r\n";
  bool host = false;
  bool agent = false;
  for (const auto& [name, value] : spec.headers) {
    request += name + ": " + value + "\r\n";
    host = host || text::equals_ignore_case(name, "Host");
    agent = agent || text::equals_ignore_case(name, "User-Agent");
  }
  if (!host) request += "Host: " + spec.address.text() + "\r\n";
  if (!agent) request += "User-Agent: kube-probe/local-node\r\n";
  return request + "Accept: */*\r\nConnection: close\r\n\r\n";
}

}  // namespace

std::string_view to_string(ProbeKind kind) {
  switch (kind) {
    case ProbeKind::startup:
      return "Startup";
    case ProbeKind::liveness:
      return "Liveness";
    case ProbeKind::readiness:
      break;
  }
  return "Readiness";
}

std::optional<ProbeSpec> parse_probe(const json::Value& probe, const json::Value& container,
                                     const std::string& pod_ip) {
  ProbeSpec spec;
  spec.initial_delay = seconds_of(probe["initialDelaySeconds"], 0);
  spec.period = std::max(seconds_of(probe["periodSeconds"], 10), std::chrono::seconds(1));
  spec.timeout = std::max(seconds_of(probe["timeoutSeconds"], 1), std::chrono::seconds(1));
  spec.success_threshold = static_cast<int>(probe["successThreshold"].as_int(1));
  spec.failure_threshold = static_cast<int>(probe["failureThreshold"].as_int(3));
  if (const json::Value& exec = probe["exec"]; exec.is_object()) {
    spec.action = ProbeSpec::Action::exec;
    for (const json::Value& word : exec["command"].items())
      spec.command.emplace_back(word.as_string());
    return spec.command.empty() ? std::nullopt : std::optional(spec);
  }
  bool http = probe["httpGet"].is_object();
  const json::Value& target = probe[http ? "httpGet" : "tcpSocket"];
  if (!target.is_object()) return std::nullopt;
  bool plain = !text::equals_ignore_case(target["scheme"].as_string("HTTP"), "HTTPS");
  spec.action = http && plain ? ProbeSpec::Action::http : ProbeSpec::Action::tcp;
  spec.address = {std::string(target["host"].as_string(pod_ip)),
                  port_of(target["port"], container)};
  spec.path = target["path"].as_string("/");
  if (!spec.path.starts_with('/')) spec.path.insert(0, "/");
  for (const json::Value& header : target["httpHeaders"].items())
    spec.headers.emplace_back(header["name"].as_string(), header["value"].as_string());
  return spec.address.port == 0 ? std::nullopt : std::optional(spec);
}

NetworkProbe::NetworkProbe(EventLoop& loop, const ProbeSpec& spec, Done done)
    : loop_(loop), action_(spec.action), done_(std::move(done)) {
  if (action_ == ProbeSpec::Action::http) request_ = http_request(spec);
  // Failures come by timer too: the owner has no handle of this yet.
  timer_ = loop_.after(spec.timeout, [this] { finish(false, "no answer in time"); });
  sockaddr_in address{};
  socket_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  bool begun =
      socket_ && to_sockaddr(spec.address, &address) &&
      (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ||
       errno == EINPROGRESS);
  if (begun) {
    loop_.watch(socket_.get(), EPOLLOUT, [this](std::uint32_t) { on_connected(); });
    return;
  }
  loop_.cancel(timer_);
  std::string message = std::string("cannot connect: ") + std::strerror(errno);
  timer_ = loop_.after({}, [this, message] { finish(false, message); });
}

NetworkProbe::~NetworkProbe() {
  loop_.cancel(timer_);
  loop_.forget(socket_.get());
}

void NetworkProbe::on_connected() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return finish(false, std::string("cannot connect: ") + std::strerror(error));
  if (action_ == ProbeSpec::Action::tcp) return finish(true, "connected");
  // A request of some hundred bytes always fits into an empty socket buffer.
  if (::send(socket_.get(), request_.data(), request_.size(), MSG_NOSIGNAL) < 0)
    return finish(false, std::string("cannot send: ") + std::strerror(errno));
  loop_.forget(socket_.get());
  loop_.watch(socket_.get(), EPOLLIN, [this](std::uint32_t) { on_readable(); });
}

void NetworkProbe::on_readable() {
  char block[512];
  ssize_t count = ::recv(socket_.get(), block, sizeof block, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count < 0) return finish(false, std::string("cannot read: ") + std::strerror(errno));
  answer_.append(block, static_cast<std::size_t>(count));
  if (answer_.size() < kEnoughAnswer) {
    if (count == 0) finish(false, "the connection was closed without an answer");
    return;
  }
  auto status = answer_.starts_with("HTTP/1.")
                    ? text::to_int(std::string_view(answer_).substr(9, 3))
                    : std::nullopt;
  if (!status) return finish(false, "the answer is no HTTP");
  finish(*status >= 200 && *status < 400, "HTTP status " + std::to_string(*status));
}

void NetworkProbe::finish(bool success, std::string message) {
  loop_.cancel(timer_);
  loop_.forget(socket_.get());
  auto done = std::move(done_);
  done(success, std::move(message));  // may destroy this
}

ProbeVerdict::ProbeVerdict(ProbeKind kind, const ProbeSpec& spec,
                           Steady::time_point container_start)
    : kind_(kind),
      period_(spec.period),
      success_threshold_(kind == ProbeKind::readiness ? spec.success_threshold : 1),
      failure_threshold_(spec.failure_threshold),
      due_(container_start + spec.initial_delay),
      next_(kind == ProbeKind::liveness ? due_ : container_start),
      eager_(kEagerFirst) {}

std::optional<bool> ProbeVerdict::result(bool success, Steady::time_point now) {
  bool counts = success || now >= due_;
  if (now >= due_) due_ = now + period_;
  if (counts) {
    in_a_row_ = success == last_ ? in_a_row_ + 1 : 1;
    last_ = success;
  }
  int threshold = success ? success_threshold_ : failure_threshold_;
  bool changed = counts && in_a_row_ >= threshold && passing_ != success;
  if (changed) passing_ = success;
  if (passing_ == true) {
    passed_ = true;
    due_ = std::min(due_, now + period_);
  }
  next_ = due_;
  if (kind_ != ProbeKind::liveness && !passed_) {
    next_ = std::min(due_, now + eager_);
    eager_ = std::min(eager_ * 9 / 8, kEagerLast);
  }
  return changed ? passing_ : std::nullopt;
}

}  // namespace pgo::embedded::node
