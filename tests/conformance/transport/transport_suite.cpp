#include "conformance/transport/transport_suite.h"

#include "pgo/kube/wakeup.h"

#include <chrono>
#include <deque>

namespace pgo::conformance {

using namespace std::chrono_literals;
using kube::Object;

Result<kube::ExecResult> ScriptedRuntime::exec(const kube::ExecRequest& request) {
  kube::ExecResult result;
  const std::string& word = request.command.front();
  if (word == "echo") {
    for (std::size_t i = 1; i < request.command.size(); ++i) {
      result.out += (i > 1 ? " " : "") + request.command[i];
    }
    result.err = request.ns + "/" + request.pod + "/" + request.container;
  } else if (word == "cat") {
    result.out = request.stdin_data;
  } else if (word == "fail") {
    result.exit_code = 7;
    result.err = "no luck";
  } else if (word == "hang") {
    kube::Wakeup never;
    const SystemClock clock;
    never.wait_until(TimePoint::max(), clock, request.stop);
    return fail(Code::cancelled, "cancelled by the caller");
  } else {
    return fail(Code::internal, "no such command: " + word);
  }
  return result;
}

Result<std::string> ScriptedRuntime::log(const std::string& ns, const std::string& pod,
                                         const std::string& container, int tail_lines, bool) {
  return ns + "/" + pod + "/" + container + " tail " + std::to_string(tail_lines) + "\n";
}

Api::Api(Way way, std::size_t history) : way_(way) {
  embedded::ApiServerOptions options;
  options.history = history;
  auto made = embedded::ApiServer::create(std::move(options), clock, ids, Log());
  REQUIRE_MESSAGE(made, made.error().text());
  server_ = *std::move(made);
  server_->set_container_runtime(&runtime_);
  if (way_ == Way::https) {
    const auto& pki = kube::test::Pki::get();
    auto front = embedded::serve_https(*server_,
                                       {.address = "127.0.0.1",
                                        .port = 0,
                                        .certificate_pem = pki.server.certificate_pem,
                                        .key_pem = pki.server.key_pem,
                                        .client_ca_pem = pki.authority.certificate_pem},
                                       Log());
    REQUIRE_MESSAGE(front, front.error().text());
    front_ = *std::move(front);
  }
  transport_ = transport_as(embedded::Identity::admin());
  REQUIRE(client().create(kube::types::kNamespace, Object(kube::types::kNamespace, "", "pgo")));
}

std::unique_ptr<kube::Transport> Api::transport_as(const embedded::Identity& identity) {
  if (way_ == Way::direct) return server_->transport(identity);
  kube::HttpTransportOptions options;
  options.server = "https://127.0.0.1:" + std::to_string(front_->port());
  options.tls.ca_pem = kube::test::Pki::get().authority.certificate_pem;
  options.auth = kube::token_auth(server_->issue_token(identity));
  auto made = kube::HttpTransport::create(std::move(options), Log());
  REQUIRE_MESSAGE(made, made.error().text());
  return *std::move(made);
}

Object config_map(std::string_view name, std::string_view value) {
  Object object(kube::types::kConfigMap, "pgo", name);
  object.document().at_or_add("data").set("value", value);
  object.set_label("value", value);
  return object;
}

Object pod(std::string_view name) {
  Object object(kube::types::kPod, "pgo", name);
  object.document().set("spec",
                        *json::parse(R"({"containers":[{"name":"database","image":"postgres-ha"},)"
                                     R"({"name":"sidecar","image":"exporter"}]})"));
  return object;
}

struct Watch::State {
  kube::Wakeup wakeup;
  std::unique_ptr<kube::WatchStream> stream;
  std::deque<std::string> lines;
};

Result<Watch> Watch::open(kube::Transport& transport, const kube::ResourceType& type,
                          std::string_view ns, std::string_view from,
                          const kube::ListOptions& selection) {
  kube::ListOptions options = selection;
  options.resource_version = from;
  kube::Request request;
  request.path = kube::path_with_options(kube::path_of(type, ns), options);
  kube::add_query(request.path, "watch", "true");
  auto state = std::make_shared<State>();
  PGO_TRY(state->stream, transport.watch(request, state->wakeup.callback()));
  return Watch(std::move(state));
}

Result<Watch::Event> Watch::next() {
  const SystemClock clock;
  const TimePoint deadline = clock.now() + 10s;
  while (state_->lines.empty()) {
    std::vector<std::string> lines;
    PGO_TRY(const auto stream_state, state_->stream->poll(lines));
    for (std::string& line : lines) state_->lines.push_back(std::move(line));
    if (!state_->lines.empty()) break;
    if (stream_state == kube::WatchStream::State::ended) {
      return fail(Code::unavailable, "the watch ended");
    }
    if (!state_->wakeup.wait_until(deadline, clock, {})) {
      return fail(Code::deadline_exceeded, "no event came");
    }
  }
  const std::string line = std::move(state_->lines.front());
  state_->lines.pop_front();
  PGO_TRY(json::Value event, json::parse(line));
  if (event["type"].as_string() == "ERROR") {
    return fail(kube::error_from_response({200, "application/json", json::write(event["object"])},
                                          "watch"));
  }
  return Event{std::string(event["type"].as_string()),
               Object(std::move(event.at_or_add("object")))};
}

std::string Watch::Event::text() const {
  return type + " " + std::string(object.name()) + " " +
         std::string(object["data"]["value"].as_string());
}

}  // namespace pgo::conformance
