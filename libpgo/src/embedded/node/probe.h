#pragma once

#include "embedded/node/event_loop.h"
#include "embedded/node/proxy.h"
#include "pgo/json/value.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded::node {

enum class ProbeKind { startup, liveness, readiness };
std::string_view to_string(ProbeKind kind);

/// One probe of a container, with Kubernetes' defaults filled in.
struct ProbeSpec {
  enum class Action { exec, http, tcp };
  Action action = Action::tcp;
  std::vector<std::string> command;
  SocketAddress address;  ///< of http and tcp
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::seconds initial_delay{0};
  std::chrono::seconds period{10};
  std::chrono::seconds timeout{1};
  int success_threshold = 1;
  int failure_threshold = 3;
};

/// Reads a probe; nothing when `probe` is no probe that can run here. Ports may be named after one
/// of the container's. A probe without `host` goes to the pod's address. An https probe only checks
/// that the port accepts connections.
std::optional<ProbeSpec> parse_probe(const json::Value& probe, const json::Value& container,
                                     const std::string& pod_ip);

/// Connects, and for http asks and reads the status line, on the loop's thread. `done` is called
/// once with success and a message; not when the returned handle is destroyed before.
class NetworkProbe {
 public:
  using Done = std::function<void(bool success, std::string message)>;
  NetworkProbe(EventLoop& loop, const ProbeSpec& spec, Done done);
  NetworkProbe(const NetworkProbe&) = delete;
  NetworkProbe& operator=(const NetworkProbe&) = delete;
  ~NetworkProbe();

 private:
  void on_connected();
  void on_readable();
  void finish(bool success, std::string message);

  EventLoop& loop_;
  ProbeSpec::Action action_;
  std::string request_;
  std::string answer_;
  Fd socket_;
  EventLoop::TimerId timer_ = 0;
  Done done_;
};

/// What a probe's results come to. Pure: time comes in.
///
/// Deviation from the kubelet, on purpose: a readiness or startup probe is tried from the start of
/// the container, every 0.25 s to 1 s, until it first succeeds, whatever initialDelaySeconds and
/// periodSeconds say; those tries do not count as failures unless one was due anyway. A pod is
/// ready as soon as its program is.
class ProbeVerdict {
 public:
  using Steady = EventLoop::Steady;
  ProbeVerdict(ProbeKind kind, const ProbeSpec& spec, Steady::time_point container_start);

  Steady::time_point next_try() const { return next_; }
  /// Takes a result in; returns the new verdict when it changed: true = passing.
  std::optional<bool> result(bool success, Steady::time_point now);

 private:
  ProbeKind kind_;
  std::chrono::seconds period_;
  int success_threshold_;
  int failure_threshold_;
  Steady::time_point due_;   ///< the next try that counts
  Steady::time_point next_;  ///< the next try
  std::chrono::milliseconds eager_;
  std::optional<bool> passing_;
  bool passed_ = false;  ///< at least once
  int in_a_row_ = 0;
  bool last_ = false;
};

}  // namespace pgo::embedded::node
