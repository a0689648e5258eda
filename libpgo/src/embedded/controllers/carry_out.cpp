#include "embedded/controllers/facts.h"
#include "embedded/controllers/shell.h"
#include "pgo/base/text.h"

namespace pgo::embedded {

using namespace controllers;

Result<void> Controllers::Impl::work(const std::string& key) {
  std::size_t first = key.find('/'), second = key.find('/', first + 1);
  std::string ns = key.substr(first + 1, second - first - 1), name = key.substr(second + 1);
  Seen subject;
  PGO_TRY(Decision decision, decide(std::string_view(key).substr(0, first), ns, name, subject));
  PGO_TRY_VOID(carry_out(decision));
  if (options.events && subject) record(decision, subject);
  if (decision.again) queue.add_at(key, *decision.again);
  return {};
}

Result<void> Controllers::Impl::carry_out(const Decision& decision) {
  for (const Write& next : decision.writes) PGO_TRY_VOID(write(next));
  return {};
}

Result<void> Controllers::Impl::write(const Write& next) {
  auto took = [&](Result<kube::Object> answer) -> Result<void> {
    if (answer) {
      world.applied(next.type, *std::move(answer));
      return {};
    }
    // Its vanishing is or will be observed and planned for.
    if (answer.error().code == Code::not_found && next.verb != Verb::create) return {};
    return fail(std::move(answer).error());
  };
  const kube::Object& object = next.object;
  switch (next.verb) {
    case Verb::create:
      return took(client.create(next.type, object));
    case Verb::update:
      return took(client.update(next.type, object));
    case Verb::update_status:
      return took(client.update_status(next.type, object));
    case Verb::patch:
      return took(
          client.patch(next.type, object.ns(), object.name(), kube::PatchType::merge, next.patch));
    case Verb::patch_status:
      return took(client.patch(next.type, object.ns(), object.name(), kube::PatchType::merge,
                               next.patch, "status"));
    case Verb::bind:
      return bind(next);
    case Verb::remove:
      break;
  }
  auto removed = client.remove(next.type, object.ns(), object.name(), next.options);
  if (!removed && removed.error().code != Code::not_found) return removed;
  if (removed && next.type.kind == kube::types::kPod.kind) {
    Seen seen = world.pods.get(object.ns(), object.name());
    if (seen && seen->uid() == next.options.uid && !seen->being_deleted()) {
      doomed.insert(next.options.uid);
    }
  }
  return {};
}

namespace {

Result<void> post(const kube::Client& client, const kube::Request& request, std::string subject) {
  PGO_TRY(kube::Response answer, client.transport().request(request));
  if (answer.status < 300 || answer.status == 404) return {};
  auto status = json::parse(answer.body);
  std::string message(status ? (*status)["message"].as_string() : "");
  std::string reason(status ? (*status)["reason"].as_string() : "");
  return fail(code_from_http(answer.status, reason), std::move(message), std::move(subject));
}

}  // namespace

Result<void> Controllers::Impl::bind(const Write& next) {
  const kube::Object& pod = next.object;
  kube::Request request;
  request.method = kube::Method::post;
  request.path = kube::path_of(kube::types::kPod, pod.ns(), pod.name(), "binding");
  json::Value body = json::Value::object({{"apiVersion", "v1"}, {"kind", "Binding"}});
  body.set("metadata",
           json::Value::object(
               {{"name", pod.name()}, {"namespace", pod.ns()}, {"uid", next.options.uid}}));
  body.set("target",
           json::Value::object({{"apiVersion", "v1"}, {"kind", "Node"}, {"name", next.patch}}));
  request.body = json::write(body);
  return post(client, request, pod.text());
}

Result<void> Controllers::Impl::finalize(const kube::Object& ns) {
  kube::Request request;
  request.method = kube::Method::put;
  request.path = kube::path_of(kube::types::kNamespace, {}, ns.name(), "finalize");
  json::Value body = ns.document();
  json::Array kept;
  for (const json::Value& finalizer : ns["spec"]["finalizers"].items()) {
    if (finalizer.as_string() != "kubernetes") kept.push_back(finalizer);
  }
  body.at_or_add("spec").set("finalizers", std::move(kept));
  request.body = json::write(body);
  return post(client, request, ns.text());
}

void Controllers::Impl::record(const Decision& decision, const Seen& subject) {
  for (const Note& note : decision.notes) {
    const kube::Object& about = note.about ? *note.about : *subject;
    std::string ns(about.ns().empty() ? "default" : about.ns());
    kube::Object event(kube::types::kEvent, ns,
                       std::string(about.name()) + "." + ids.text(16, "0123456789abcdef"));
    json::Value& document = event.document();
    document.set("involvedObject",
                 json::Value::object({{"apiVersion", about.api_version()},
                                      {"kind", about.kind()},
                                      {"name", about.name()},
                                      {"namespace", about.ns()},
                                      {"uid", about.uid()},
                                      {"resourceVersion", about.resource_version()}}));
    document.set("type", note.type);
    document.set("reason", note.reason);
    document.set("message", note.message);
    document.set("count", 1);
    std::string now = to_rfc3339(clock.now());
    document.set("firstTimestamp", now);
    document.set("lastTimestamp", now);
    document.set("source", json::Value::object({{"component", "embedded-controllers"}}));
    document.set("reportingComponent", "embedded-controllers");
    // Events are best effort: in a namespace that is going away they are refused.
    if (auto made = client.create(kube::types::kEvent, event); !made) {
      log.debug("event was not recorded", {{"error", made.error().text()}});
    }
  }
}

}  // namespace pgo::embedded
