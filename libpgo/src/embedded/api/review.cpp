#include "embedded/api/api.h"
#include "embedded/api/object.h"
#include "embedded/api/status.h"
#include "pgo/base/text.h"

/// What is posted and answered but not stored: reviews, bindings, evictions, token requests.
namespace pgo::embedded::api {
namespace {

using json::Value;

Attributes attributes_in(const Value& spec) {
  Attributes attributes;
  if (const Value& path = spec["nonResourceAttributes"]; path.is_object()) {
    attributes.is_resource = false;
    attributes.verb = path["verb"].as_string();
    attributes.path = path["path"].as_string();
    return attributes;
  }
  const Value& resource = spec["resourceAttributes"];
  attributes.verb = resource["verb"].as_string();
  attributes.group = resource["group"].as_string();
  attributes.resource = resource["resource"].as_string();
  attributes.subresource = resource["subresource"].as_string();
  attributes.ns = resource["namespace"].as_string();
  attributes.name = resource["name"].as_string();
  return attributes;
}

Identity identity_in(const Value& spec) {
  Identity identity{.user = std::string(spec["user"].as_string()), .groups = {}};
  for (const Value& group : spec["groups"].items()) {
    identity.groups.emplace_back(group.as_string());
  }
  return identity;
}

Value user_info(const Identity& identity) {
  Value groups = Value::array();
  for (const std::string& group : identity.groups) groups.push_back(group);
  return Value::object({{"username", identity.user}, {"groups", std::move(groups)}});
}

}  // namespace

Result<Answer> Api::review(const Call& call) {
  if (call.verb != "create") return not_allowed();
  auto parsed = call.body.empty() ? Result<Value>(Value::object()) : json::parse(call.body);
  if (!parsed || !parsed->is_object()) return bad_request("the body is not a JSON object");
  Value document = *std::move(parsed);
  const Value spec = document["spec"];
  if (call.plural == "selfsubjectaccessreviews" || call.plural == "subjectaccessreviews" ||
      call.plural == "localsubjectaccessreviews") {
    const bool self = call.plural.starts_with("self");
    const Identity who = self ? call.identity : identity_in(spec);
    const bool yes = !options_.rbac || rbac_.allowed(who, attributes_in(spec));
    document.set("status", Value::object({{"allowed", yes}}));
  } else if (call.plural == "selfsubjectrulesreviews") {
    document.set("status", Value::object({{"resourceRules", Value::array()},
                                          {"nonResourceRules", Value::array()},
                                          {"incomplete", true}}));
  } else if (call.plural == "selfsubjectreviews") {
    document.set("status", Value::object({{"userInfo", user_info(call.identity)}}));
  } else if (call.plural == "tokenreviews") {
    document.set("status", token_review(spec));
    document.erase("spec");
  } else {
    return no_such_resource();
  }
  document.set("apiVersion", call.group + "/v1");
  return json_answer(201, document);
}

Value Api::token_review(const Value& spec) const {
  const std::string_view token = spec["token"].as_string();
  Value audiences = Value::array();
  Result<Identity> identity = authenticate(token);
  if (!spec["audiences"].items().empty()) {
    identity = fail(Code::unauthenticated, "the token is for none of these audiences");
    for (const Value& audience : spec["audiences"].items()) {
      auto known = authenticate(token, audience.as_string());
      if (!known) continue;
      identity = std::move(known);
      audiences.push_back(audience);
    }
  }
  if (!identity) return Value::object({{"authenticated", false}});
  Value status = Value::object({{"authenticated", true}, {"user", user_info(*identity)}});
  if (!audiences.items().empty()) status.set("audiences", std::move(audiences));
  return status;
}

Result<Answer> Api::create_subresource(const Call& call) {
  auto parsed = call.body.empty() ? Result<Value>(Value::object()) : json::parse(call.body);
  if (!parsed || !parsed->is_object()) return bad_request("the body is not a JSON object");
  const Value body = *std::move(parsed);
  if (call.subresource == "token") return token_request(call, body);
  const auto done = [&] {
    return json_answer(201, Value::object({{"kind", "Status"},
                                           {"apiVersion", "v1"},
                                           {"metadata", Value::object()},
                                           {"status", "Success"},
                                           {"code", 201}}));
  };
  if (call.subresource == "eviction") {
    Call deletion = call;
    deletion.subresource.clear();
    PGO_TRY_VOID(remove_one(deletion, body["deleteOptions"]));
    return done();
  }
  if (call.subresource == "binding") {
    PGO_TRY_VOID(bind(call, body));
    return done();
  }
  return not_allowed();
}

Result<void> Api::bind(const Call& call, const Value& binding) {
  const Value& node = binding["target"]["name"];
  if (node.as_string().empty()) {
    return invalid("Binding", call.name, "target.name", "Required value");
  }
  const auto assign = [&](const Record* current) -> Result<Change> {
    if (current == nullptr) return not_found("pods", call.name);
    Value pod = current->document()->document();
    const std::string_view meant = binding["metadata"]["uid"].as_string();
    const std::string_view uid = pod["metadata"]["uid"].as_string();
    if (!meant.empty() && meant != uid) {
      return conflict("pods/binding", call.name,
                      "Precondition failed: UID in precondition: " + std::string(meant) +
                          ", UID in object meta: " + std::string(uid));
    }
    if (!pod["spec"]["nodeName"].as_string().empty()) {
      return conflict("pods/binding", call.name,
                      "pod " + call.name + " is already assigned to node \"" +
                          std::string(pod["spec"]["nodeName"].as_string()) + "\"");
    }
    if (is_deleting(pod)) {
      return conflict("pods/binding", call.name, "the pod is being deleted");
    }
    pod.at_or_add("spec").set("nodeName", node);
    return Change::put(std::move(pod));
  };
  PGO_TRY_VOID(store_.write(*call.resource, call.key(), assign, call.dry_run()));
  return {};
}

}  // namespace pgo::embedded::api
