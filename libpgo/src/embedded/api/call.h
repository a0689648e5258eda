#pragma once

#include "embedded/api/record.h"
#include "embedded/api/resource.h"
#include "embedded/api/watch.h"
#include "pgo/base/result.h"
#include "pgo/embedded/api_server.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pgo::embedded::api {

/// The decoded query of a request.
class Query {
 public:
  static Result<Query> parse(std::string_view text);
  /// First value, or empty.
  std::string_view get(std::string_view key) const;
  bool has(std::string_view key) const;
  /// Go's strconv.ParseBool, which Patroni's "True" relies on; a bare key counts as true.
  bool flag(std::string_view key) const;
  /// Every value of a repeated key.
  std::vector<std::string> all(std::string_view key) const;

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

/// One request, understood. Source: Kubernetes, "Authorization", request attributes.
struct Call {
  Identity identity;
  std::string method;  ///< "GET"
  std::string path;    ///< as sent, without the query
  Query query;
  std::string content_type;
  std::string accept;
  std::string body;
  bool takes_object = false;  ///< the answer may be the object instead of its text
  DocumentPtr object;         ///< instead of a body, from who may give it
  Sight sight = Sight::durable;

  std::vector<std::string> segments;  ///< decoded path segments
  bool is_resource = false;
  std::string
      verb;  ///< get list watch create update patch delete deletecollection; method otherwise
  std::string group, version, plural, ns, name, subresource;
  /// Null until routed, and for paths that name no served type.
  ResourcePtr resource;

  bool dry_run() const { return query.has("dryRun"); }
  Key key() const { return {ns, name}; }
};

/// Fills everything that the method, path and query say.
Result<Call> parse_call(std::string method, std::string_view target);

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body{};
  DocumentPtr object{};  ///< instead of a body, to who takes it
};

/// The object as the call takes it.
Answer object_answer(const Call& call, int status, const Record& record);

Answer json_answer(int status, const json::Value& document);

}  // namespace pgo::embedded::api
