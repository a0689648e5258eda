#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

/// Messages that look into a cluster: cat, ls, df, pvc; load and watch.
namespace pgo::model::rest {

struct CatResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = CatResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const CatResponse&) const = default;
};

struct CatRequest {
  std::string ns;
  std::vector<std::string> args;

  static constexpr auto fields() {
    using S = CatRequest;
    return std::tuple{json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("Args", &S::args, json::Emit::always)};
  }
  bool operator==(const CatRequest&) const = default;
};

struct LsResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = LsResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const LsResponse&) const = default;
};

struct LsRequest {
  std::string ns;
  std::vector<std::string> args;

  static constexpr auto fields() {
    using S = LsRequest;
    return std::tuple{json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("Args", &S::args, json::Emit::always)};
  }
  bool operator==(const LsRequest&) const = default;
};

struct DfDetail {
  std::string name, pg_size, claim_size;
  std::int64_t pct = 0;
  bool working = false;

  static constexpr auto fields() {
    using S = DfDetail;
    return std::tuple{json::field("Name", &S::name, json::Emit::always),
                      json::field("PGSize", &S::pg_size, json::Emit::always),
                      json::field("ClaimSize", &S::claim_size, json::Emit::always),
                      json::field("Pct", &S::pct, json::Emit::always),
                      json::field("Working", &S::working, json::Emit::always)};
  }
  bool operator==(const DfDetail&) const = default;
};

struct DfResponse {
  std::vector<DfDetail> results;
  Status status;

  static constexpr auto fields() {
    using S = DfResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const DfResponse&) const = default;
};

struct ShowPVCRequest {
  std::string cluster_name, selector, client_version, ns;
  bool all_flag = false;

  static constexpr auto fields() {
    using S = ShowPVCRequest;
    return std::tuple{json::field("ClusterName", &S::cluster_name, json::Emit::always),
                      json::field("Selector", &S::selector, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("AllFlag", &S::all_flag, json::Emit::always)};
  }
  bool operator==(const ShowPVCRequest&) const = default;
};

struct ShowPVCResponseResult {
  std::string cluster_name, pvc_name;

  static constexpr auto fields() {
    using S = ShowPVCResponseResult;
    return std::tuple{json::field("ClusterName", &S::cluster_name, json::Emit::always),
                      json::field("PVCName", &S::pvc_name, json::Emit::always)};
  }
  bool operator==(const ShowPVCResponseResult&) const = default;
};

struct ShowPVCResponse {
  std::vector<ShowPVCResponseResult> results;
  Status status;

  static constexpr auto fields() {
    using S = ShowPVCResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ShowPVCResponse&) const = default;
};

struct LoadRequest {
  std::vector<std::string> args;
  std::string selector, ns, load_config, policies, client_version;

  static constexpr auto fields() {
    using S = LoadRequest;
    return std::tuple{json::field("Args", &S::args, json::Emit::always),
                      json::field("Selector", &S::selector, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("LoadConfig", &S::load_config, json::Emit::always),
                      json::field("Policies", &S::policies, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const LoadRequest&) const = default;
};

struct LoadResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = LoadResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const LoadResponse&) const = default;
};

struct WatchRequest {
  std::vector<std::string> topics;
  std::string client_version, ns;

  static constexpr auto fields() {
    using S = WatchRequest;
    return std::tuple{json::field("Topics", &S::topics, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always)};
  }
  bool operator==(const WatchRequest&) const = default;
};

struct WatchResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = WatchResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const WatchResponse&) const = default;
};

}  // namespace pgo::model::rest
