#pragma once

#include "pgo/embedded/api_server.h"
#include "pgo/embedded/controllers.h"
#include "pgo/json/value.h"
#include "pgo/kube/client.h"
#include "support/stand_in_node.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::test {

/// Passes requests on and may refuse some: the unlucky network between controllers and API.
class FaultyTransport final : public kube::Transport {
 public:
  explicit FaultyTransport(kube::Transport& inner) : inner_(&inner) {}
  /// Asked before each request; a response it gives is the answer.
  std::function<std::optional<kube::Response>(const kube::Request&)> fault;
  /// True: watches deliver nothing for now.
  bool stale = false;
  std::size_t writes = 0;

  Result<kube::Response> request(const kube::Request& request) override;
  Result<std::unique_ptr<kube::WatchStream>> watch(const kube::Request& request,
                                                   std::function<void()> on_ready) override;
  Result<kube::ExecResult> exec(const kube::ExecRequest& request) override {
    return inner_->exec(request);
  }
  /// Wakes the watchers that were kept from news.
  void catch_up();

 private:
  kube::Transport* inner_;
  std::vector<std::function<void()>> wakes_;
};

/// Embedded API, controllers and a stand-in node in one thread on a virtual clock.
class SmallCluster {
 public:
  explicit SmallCluster(StandInOptions node = {}, embedded::ControllersOptions options = {},
                        bool with_node = true);

  /// Steps everything until nothing more happens at the present time.
  void settle();
  /// Lets virtual time pass, doing on the way whatever falls due. `each` runs after every step.
  void pass(Duration time, const std::function<void()>& each = {});
  /// Passes time until `done`; fails the test after `limit`.
  void until(const std::function<bool()>& done, Duration limit = std::chrono::minutes(10));
  /// A crash of the controllers: all they knew is gone.
  void restart_controllers();

  kube::Object create(const kube::ResourceType& type, std::string_view ns, std::string_view json);
  kube::Object get(const kube::ResourceType& type, std::string_view ns, std::string_view name);
  bool exists(const kube::ResourceType& type, std::string_view ns, std::string_view name);
  std::vector<kube::Object> list(const kube::ResourceType& type, std::string_view ns,
                                 std::string_view labels = {});
  kube::Object merge(const kube::ResourceType& type, std::string_view ns, std::string_view name,
                     std::string_view json, std::string_view subresource = {});

  VirtualClock clock{TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1))};
  SeededIdSource ids{7};
  std::unique_ptr<embedded::ApiServer> server;
  std::unique_ptr<kube::Transport> door;
  std::unique_ptr<FaultyTransport> faults;
  kube::Client client;
  embedded::ControllersOptions options;
  std::unique_ptr<embedded::Controllers> controllers;
  std::unique_ptr<StandInNode> node;
  TimePoint next{};
  std::function<void()> on_step;  ///< runs before every step

 private:
  bool step();
};

/// A Deployment document with one container.
std::string deployment(std::string_view name, int replicas, std::string_view image = "one",
                       std::string_view more_spec = "");

}  // namespace pgo::test
