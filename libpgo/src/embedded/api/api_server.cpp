#include "pgo/embedded/api_server.h"

#include "embedded/api/api.h"
#include "embedded/api/status.h"
#include "pgo/base/text.h"

#include <utility>

namespace pgo::embedded {
namespace {

using api::Answer;
using api::Api;
using api::Call;

std::string method_name(kube::Method method) {
  switch (method) {
    case kube::Method::get:
      return "GET";
    case kube::Method::post:
      return "POST";
    case kube::Method::put:
      return "PUT";
    case kube::Method::patch:
      return "PATCH";
    case kube::Method::delete_:
      return "DELETE";
  }
  return "GET";
}

/// The Status of a failure as the Error that `Transport::watch` and `exec` promise.
std::unexpected<Error> as_transport_error(Error error) {
  error.http_status = api::http_status_of(error);
  return fail(std::move(error));
}

class EmbeddedTransport final : public kube::Transport {
 public:
  EmbeddedTransport(Api& api, Identity identity, api::Sight sight)
      : api_(&api), identity_(std::move(identity)), sight_(sight) {}

  bool takes_objects() const override { return sight_ == api::Sight::early; }

  Result<kube::Response> request(const kube::Request& request) override {
    if (request.stop.stop_requested()) return fail(Code::cancelled, "the call was cancelled");
    auto call = make_call(request);
    Answer answer;
    if (!call) {
      answer = api::json_answer(api::http_status_of(call.error()),
                                api::status_of(call.error(), nullptr));
    } else if (is_log(*call)) {
      answer = read_log(*std::move(call));
    } else {
      answer = api_->handle(*std::move(call));
    }
    return kube::Response{.status = answer.status,
                          .content_type = std::move(answer.content_type),
                          .body = std::move(answer.body),
                          .object = std::move(answer.object)};
  }

  Result<std::unique_ptr<kube::WatchStream>> watch(const kube::Request& request,
                                                   std::function<void()> on_ready) override {
    auto call = make_call(request);
    if (!call) return as_transport_error(std::move(call).error());
    if (!Api::is_watch(*call)) {
      return fail(Code::invalid_argument, "the request is no watch: " + request.path);
    }
    auto stream = api_->watch(*std::move(call), std::move(on_ready));
    if (!stream) return as_transport_error(std::move(stream).error());
    return stream;
  }

  Result<kube::ExecResult> exec(const kube::ExecRequest& request) override {
    Call call;
    call.identity = identity_;
    call.is_resource = true;
    call.verb = "create";
    call.version = "v1";
    call.plural = "pods";
    call.subresource = "exec";
    call.ns = request.ns;
    call.name = request.pod;
    if (auto admitted = api_->admit(call); !admitted) {
      return as_transport_error(std::move(admitted).error());
    }
    if (!request.container.empty()) {
      PGO_TRY(call.query,
              api::Query::parse("container=" + text::percent_encode(request.container)));
    }
    auto container = api::container_of(*api_, call);
    if (!container) return as_transport_error(std::move(container).error());
    ContainerRuntime* runtime = api_->runtime();
    if (runtime == nullptr) return fail(Code::unimplemented, "no node runs containers here");
    kube::ExecRequest complete = request;
    complete.container = *std::move(container);
    return runtime->exec(complete);
  }

 private:
  static bool is_log(const Call& call) {
    return call.plural == "pods" && call.subresource == "log" && call.group.empty();
  }

  Result<Call> make_call(const kube::Request& request) const {
    PGO_TRY(Call call, api::parse_call(method_name(request.method), request.path));
    call.identity = identity_;
    call.content_type = request.content_type;
    call.accept = request.accept;
    call.body = request.body;
    call.takes_object = request.takes_object;
    call.object = request.object;
    call.sight = sight_;
    return call;
  }

  Answer read_log(Call call) {
    auto text = api::read_log(*api_, call);
    if (!text) {
      return api::json_answer(api::http_status_of(text.error()),
                              api::status_of(text.error(), &call));
    }
    return {.status = 200, .content_type = "text/plain", .body = *std::move(text)};
  }

  Api* api_;
  Identity identity_;
  api::Sight sight_;
};

}  // namespace

Identity Identity::admin() {
  return {.user = "system:admin", .groups = {"system:masters", "system:authenticated"}};
}

Identity Identity::service_account(std::string_view ns, std::string_view name) {
  const std::string where(ns);
  return {.user = "system:serviceaccount:" + where + ":" + std::string(name),
          .groups = {"system:serviceaccounts", "system:serviceaccounts:" + where,
                     "system:authenticated"}};
}

ApiServer::ApiServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ApiServer::~ApiServer() = default;

Result<std::unique_ptr<ApiServer>> ApiServer::create(ApiServerOptions options, const Clock& clock,
                                                     IdSource& ids, Log log) {
  std::unique_ptr<api::Journal> journal = api::make_memory_journal();
  if (!options.database.empty()) {
    PGO_TRY(journal, api::open_sqlite_journal(options.database));
  }
  auto impl = std::make_unique<Impl>(std::move(options), clock, ids, log.named("embedded.api"),
                                     std::move(journal));
  PGO_TRY_VOID(impl->api.start());
  return std::make_unique<ApiServer>(std::move(impl));
}

std::unique_ptr<kube::Transport> ApiServer::transport(Identity identity) {
  return std::make_unique<EmbeddedTransport>(impl_->api, std::move(identity), api::Sight::durable);
}

std::unique_ptr<kube::Transport> ApiServer::controllers_transport() {
  return std::make_unique<EmbeddedTransport>(impl_->api, Identity::admin(), api::Sight::early);
}

void ApiServer::set_container_runtime(ContainerRuntime* runtime) {
  impl_->api.set_runtime(runtime);
}

std::string ApiServer::issue_token(const Identity& identity) {
  return impl_->api.issue_token(identity, {});
}

Result<Identity> ApiServer::authenticate(std::string_view token) const {
  return impl_->api.authenticate(token);
}

std::uint64_t ApiServer::version() const { return impl_->api.store().version(); }

}  // namespace pgo::embedded
