#include "pgo/kube/client.h"

#include "pgo/base/text.h"

#include <utility>

namespace pgo::kube {
namespace {

std::string subject_of(const ResourceType& type, std::string_view ns, std::string_view name) {
  std::string result(type.kind);
  if (type.namespaced && !ns.empty()) {
    result += ' ';
    result += ns;
    if (!name.empty()) {
      result += '/';
      result += name;
    }
  } else if (!name.empty()) {
    result += ' ';
    result += name;
  }
  return result;
}

/// One line, without control characters, at most `limit` bytes: foreign text inside a message.
std::string excerpt(std::string_view text, std::size_t limit) {
  std::string result;
  for (char c : text::trim(text)) {
    if (result.size() == limit) break;
    result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return result;
}

std::string_view content_type_of(PatchType type) {
  switch (type) {
    case PatchType::json:
      return "application/json-patch+json";
    case PatchType::merge:
      return "application/merge-patch+json";
    case PatchType::strategic:
      return "application/strategic-merge-patch+json";
  }
  return "application/merge-patch+json";
}

json::Value document_of(const DeleteOptions& options) {
  json::Value body = json::Value::object({{"apiVersion", "v1"}, {"kind", "DeleteOptions"}});
  if (!options.propagation.empty()) body.set("propagationPolicy", options.propagation);
  if (options.grace_period_seconds) body.set("gracePeriodSeconds", *options.grace_period_seconds);
  json::Value preconditions = json::Value::object();
  if (!options.uid.empty()) preconditions.set("uid", options.uid);
  if (!options.resource_version.empty()) {
    preconditions.set("resourceVersion", options.resource_version);
  }
  if (!preconditions.members().empty()) body.set("preconditions", std::move(preconditions));
  return body;
}

/// Sends, and turns a failing status into an Error.
Result<Response> call(const Client& client, Request request, const std::string& subject) {
  request.stop = client.stop();
  request.timeout = client.timeout();
  Result<Response> response = client.transport().request(request);
  if (!response) {
    Error error = std::move(response).error();
    if (error.subject.empty()) error.subject = subject;
    return fail(std::move(error));
  }
  if (response->status < 200 || response->status > 299) {
    return fail(error_from_response(*response, subject));
  }
  return response;
}

Result<json::Value> parse_answer(const Response& response, const std::string& subject) {
  Result<json::Value> document = json::parse(response.body);
  if (!document || !document->is_object()) {
    return fail(Code::internal, "the API server's answer is not a JSON object", subject);
  }
  return document;
}

Result<Object> call_for_object(const Client& client, Request request, const std::string& subject) {
  request.takes_object = true;
  PGO_TRY(const Response response, call(client, std::move(request), subject));
  if (response.object) return *response.object;
  PGO_TRY(json::Value document, parse_answer(response, subject));
  return Object(std::move(document));
}

/// Items of a list come without apiVersion and kind: everybody below relies on them.
void complete_type(json::Value& item, const ResourceType& type) {
  if (item["apiVersion"].is_null()) item.set("apiVersion", type.api_version());
  if (item["kind"].is_null()) item.set("kind", type.kind);
}

/// The request with this object: its text, or itself where that will do.
Request carrying(const Client& client, const Object& object, Request request) {
  if (client.transport().takes_objects()) {
    request.object = std::make_shared<const Object>(object);
  } else {
    request.body = json::write(object.document());
  }
  return request;
}

/// The refusal of a call that would reach the collection instead of one object.
Result<void> require_name(std::string_view name, const ResourceType& type, std::string_view ns) {
  if (!name.empty() && (!type.namespaced || !ns.empty())) return {};
  return fail(Code::invalid_argument,
              name.empty() ? "the object has no name" : "the object has no namespace",
              subject_of(type, ns, name));
}

}  // namespace

std::string path_of(const ResourceType& type, std::string_view ns, std::string_view name,
                    std::string_view subresource) {
  std::string path(type.group.empty() ? "/api/" : "/apis/");
  if (!type.group.empty()) {
    path += type.group;
    path += '/';
  }
  path += type.version;
  if (type.namespaced && !ns.empty()) {
    path += "/namespaces/";
    path += text::percent_encode(ns);
  }
  path += '/';
  path += type.plural;
  if (!name.empty()) {
    path += '/';
    path += text::percent_encode(name);
  }
  if (!subresource.empty()) {
    path += '/';
    path += subresource;
  }
  return path;
}

void add_query(std::string& path, std::string_view key, std::string_view value) {
  path += path.find('?') == std::string::npos ? '?' : '&';
  path += key;
  path += '=';
  path += text::percent_encode(value);
}

std::string path_with_options(std::string path, const ListOptions& options) {
  if (!options.label_selector.empty()) add_query(path, "labelSelector", options.label_selector);
  if (!options.field_selector.empty()) add_query(path, "fieldSelector", options.field_selector);
  if (options.limit > 0) add_query(path, "limit", std::to_string(options.limit));
  if (!options.continue_token.empty()) add_query(path, "continue", options.continue_token);
  if (!options.resource_version.empty()) {
    add_query(path, "resourceVersion", options.resource_version);
  }
  return path;
}

Error error_from_response(const Response& response, std::string subject) {
  Error error{.code = Code::internal,
              .message = {},
              .subject = std::move(subject),
              .http_status = response.status,
              .reason = {}};
  Result<json::Value> document = json::parse(response.body);
  if (document && (*document)["kind"].as_string() == "Status") {
    error.reason = (*document)["reason"].as_string();
    error.message = excerpt((*document)["message"].as_string(), 4096);
    // Objects of a watch carry the status only inside the document.
    if (error.http_status == 0 || error.http_status == 200) {
      error.http_status = static_cast<int>((*document)["code"].as_int());
    }
  } else if (response.content_type.starts_with("text/plain")) {
    error.message = excerpt(response.body, 256);
  }
  error.code = code_from_http(error.http_status, error.reason);
  if (error.message.empty()) {
    error.message = "the API server answered HTTP " + std::to_string(error.http_status);
    if (!error.reason.empty()) error.message += " (" + error.reason + ")";
  }
  return error;
}

Result<Object> Client::get(const ResourceType& type, std::string_view ns,
                           std::string_view name) const {
  PGO_TRY_VOID(require_name(name, type, ns));
  return call_for_object(*this, {.path = path_of(type, ns, name)}, subject_of(type, ns, name));
}

Result<ObjectList> Client::list(const ResourceType& type, std::string_view ns,
                                const ListOptions& options) const {
  const std::string subject = subject_of(type, ns, {});
  PGO_TRY(const Response response,
          call(*this, {.path = path_with_options(path_of(type, ns), options)}, subject));
  PGO_TRY(json::Value document, parse_answer(response, subject));
  ObjectList result;
  result.resource_version = document["metadata"]["resourceVersion"].as_string();
  result.continue_token = document["metadata"]["continue"].as_string();
  json::Value items = std::move(document.at_or_add("items"));
  if (json::Array* array = items.if_array()) {
    result.items.reserve(array->size());
    for (json::Value& item : *array) {
      complete_type(item, type);
      result.items.emplace_back(std::move(item));
    }
  }
  return result;
}

Result<Object> Client::create(const ResourceType& type, const Object& object) const {
  const std::string subject = subject_of(type, object.ns(), object.name());
  if (type.namespaced && object.ns().empty()) {
    return fail(Code::invalid_argument, "the object has no namespace", subject);
  }
  return call_for_object(
      *this, carrying(*this, object, {.method = Method::post, .path = path_of(type, object.ns())}),
      subject);
}

Result<Object> Client::update(const ResourceType& type, const Object& object) const {
  PGO_TRY_VOID(require_name(object.name(), type, object.ns()));
  return call_for_object(
      *this,
      carrying(*this, object,
               {.method = Method::put, .path = path_of(type, object.ns(), object.name())}),
      subject_of(type, object.ns(), object.name()));
}

Result<Object> Client::update_status(const ResourceType& type, const Object& object) const {
  PGO_TRY_VOID(require_name(object.name(), type, object.ns()));
  return call_for_object(*this,
                         carrying(*this, object,
                                  {.method = Method::put,
                                   .path = path_of(type, object.ns(), object.name(), "status")}),
                         subject_of(type, object.ns(), object.name()));
}

Result<Object> Client::patch(const ResourceType& type, std::string_view ns, std::string_view name,
                             PatchType patch_type, const json::Value& patch,
                             std::string_view subresource) const {
  PGO_TRY_VOID(require_name(name, type, ns));
  return call_for_object(*this,
                         {.method = Method::patch,
                          .path = path_of(type, ns, name, subresource),
                          .content_type = std::string(content_type_of(patch_type)),
                          .body = json::write(patch)},
                         subject_of(type, ns, name));
}

Result<void> Client::remove(const ResourceType& type, std::string_view ns, std::string_view name,
                            const DeleteOptions& options) const {
  PGO_TRY_VOID(require_name(name, type, ns));
  PGO_TRY_VOID(call(*this,
                    {.method = Method::delete_,
                     .path = path_of(type, ns, name),
                     .body = json::write(document_of(options))},
                    subject_of(type, ns, name)));
  return {};
}

Result<void> Client::remove_collection(const ResourceType& type, std::string_view ns,
                                       const ListOptions& which,
                                       const DeleteOptions& options) const {
  PGO_TRY_VOID(call(*this,
                    {.method = Method::delete_,
                     .path = path_with_options(path_of(type, ns), which),
                     .body = json::write(document_of(options))},
                    subject_of(type, ns, {})));
  return {};
}

Result<ExecResult> Client::exec(const ExecRequest& request) const {
  const std::string subject = subject_of(types::kPod, request.ns, request.pod);
  Result<ExecResult> result = [&] {
    if (request.stop.stop_possible() || !stop_.stop_possible()) return transport_->exec(request);
    ExecRequest stoppable = request;
    stoppable.stop = stop_;
    return transport_->exec(stoppable);
  }();
  if (!result && result.error().subject.empty()) result.error().subject = subject;
  return result;
}

Result<std::string> Client::log(std::string_view ns, std::string_view pod,
                                std::string_view container, int tail_lines) const {
  PGO_TRY_VOID(require_name(pod, types::kPod, ns));
  std::string path = path_of(types::kPod, ns, pod, "log");
  if (!container.empty()) add_query(path, "container", container);
  if (tail_lines > 0) add_query(path, "tailLines", std::to_string(tail_lines));
  PGO_TRY(Response response,
          call(*this, {.path = std::move(path), .accept = "application/json, */*"},
               subject_of(types::kPod, ns, pod)));
  return std::move(response.body);
}

}  // namespace pgo::kube
