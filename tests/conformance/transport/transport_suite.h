#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/embedded/api_server.h"
#include "pgo/embedded/https_front.h"
#include "pgo/kube/client.h"
#include "pgo/kube/http_transport.h"
#include "unit/kube/https_fixture.h"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace pgo::conformance {

/// Plays the node: what a command does is decided by its first word.
class ScriptedRuntime final : public embedded::ContainerRuntime {
 public:
  Result<kube::ExecResult> exec(const kube::ExecRequest& request) override;
  Result<std::string> log(const std::string& ns, const std::string& pod,
                          const std::string& container, int tail_lines, bool previous) override;
};

/// One API server, reached by direct calls or over HTTPS: the cases of the suite do not know.
class Api {
 public:
  enum class Way { direct, https };

  explicit Api(Way way, std::size_t history = 50'000);

  kube::Transport& transport() { return *transport_; }
  kube::Client client() { return kube::Client(*transport_); }
  /// The same way for somebody else.
  std::unique_ptr<kube::Transport> transport_as(const embedded::Identity& identity);

  SystemClock clock;
  SystemIdSource ids;

 private:
  Way way_;
  ScriptedRuntime runtime_;
  std::unique_ptr<embedded::ApiServer> server_;
  std::unique_ptr<embedded::HttpsFront> front_;
  std::unique_ptr<kube::Transport> transport_;
};

/// For TEST_CASE_TEMPLATE: every case runs once per way.
struct Direct {
  static constexpr Api::Way kWay = Api::Way::direct;
};
struct Https {
  static constexpr Api::Way kWay = Api::Way::https;
};

kube::Object config_map(std::string_view name, std::string_view value);
kube::Object pod(std::string_view name);

/// One watch, read event by event.
class Watch {
 public:
  /// `query` goes behind the collection's path, e.g. "labelSelector=a".
  static Result<Watch> open(kube::Transport& transport, const kube::ResourceType& type,
                            std::string_view ns, std::string_view from,
                            const kube::ListOptions& selection = {});
  struct Event {
    std::string type;
    kube::Object object;
    /// "ADDED name value", for config maps.
    std::string text() const;
  };
  /// Waits for the next event; an error when the stream ended or nothing came for ten seconds.
  Result<Event> next();

 private:
  struct State;
  explicit Watch(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace pgo::conformance

TYPE_TO_STRING_AS("direct", pgo::conformance::Direct);
TYPE_TO_STRING_AS("https", pgo::conformance::Https);
