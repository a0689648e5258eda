#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"

#include <string>
#include <tuple>
#include <vector>

/// Messages of the benchmark routes.
namespace pgo::model::rest {

struct CreateBenchmarkResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = CreateBenchmarkResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const CreateBenchmarkResponse&) const = default;
};

struct CreateBenchmarkRequest {
  std::vector<std::string> args;
  std::string benchmark_opts;
  int clients = 0;
  std::string cluster_name, database, init_opts;
  int jobs = 0;
  std::string ns, policy;
  int scale = 0;
  std::string selector;
  int transactions = 0;
  std::string user;

  static constexpr auto fields() {
    using S = CreateBenchmarkRequest;
    return std::tuple{json::field("Args", &S::args, json::Emit::always),
                      json::field("BenchmarkOpts", &S::benchmark_opts, json::Emit::always),
                      json::field("Clients", &S::clients, json::Emit::always),
                      json::field("ClusterName", &S::cluster_name, json::Emit::always),
                      json::field("Database", &S::database, json::Emit::always),
                      json::field("InitOpts", &S::init_opts, json::Emit::always),
                      json::field("Jobs", &S::jobs, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("Policy", &S::policy, json::Emit::always),
                      json::field("Scale", &S::scale, json::Emit::always),
                      json::field("Selector", &S::selector, json::Emit::always),
                      json::field("Transactions", &S::transactions, json::Emit::always),
                      json::field("User", &S::user, json::Emit::always)};
  }
  bool operator==(const CreateBenchmarkRequest&) const = default;
};

struct DeleteBenchmarkRequest {
  std::vector<std::string> args;
  std::string ns, cluster_name, selector;

  static constexpr auto fields() {
    using S = DeleteBenchmarkRequest;
    return std::tuple{json::field("Args", &S::args, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("ClusterName", &S::cluster_name, json::Emit::always),
                      json::field("Selector", &S::selector, json::Emit::always)};
  }
  bool operator==(const DeleteBenchmarkRequest&) const = default;
};

struct ShowBenchmarkRequest {
  std::vector<std::string> args;
  std::string ns, cluster_name, selector;

  static constexpr auto fields() {
    using S = ShowBenchmarkRequest;
    return std::tuple{json::field("Args", &S::args, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("ClusterName", &S::cluster_name, json::Emit::always),
                      json::field("Selector", &S::selector, json::Emit::always)};
  }
  bool operator==(const ShowBenchmarkRequest&) const = default;
};

struct DeleteBenchmarkResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = DeleteBenchmarkResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const DeleteBenchmarkResponse&) const = default;
};

struct ShowBenchmarkResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = ShowBenchmarkResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ShowBenchmarkResponse&) const = default;
};

}  // namespace pgo::model::rest
