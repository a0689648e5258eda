#include "pgo/server/rest_service.h"

#include "pgo/base/text.h"
#include "pgo/model/messages/plan.h"
#include "pgo/operations/access.h"
#include "server/dry_run.h"
#include "server/route.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace pgo::server {
namespace {

constexpr std::pair<const char*, const char*> kChallenge{"WWW-Authenticate",
                                                         "Basic realm=\"Restricted\""};

struct Credentials {
  std::string user, password;
};

/// Name and password of a basic Authorization header. Source: RFC 7617.
std::optional<Credentials> basic_credentials(std::string_view header) {
  constexpr std::string_view kScheme = "Basic ";
  if (header.size() < kScheme.size() ||
      !text::equals_ignore_case(header.substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  const auto decoded = text::base64_decode(text::trim(header.substr(kScheme.size())));
  if (!decoded) return std::nullopt;
  const std::size_t colon = decoded->find(':');
  if (colon == decoded->npos) return std::nullopt;
  return Credentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

/// "/a/b" of "//a/b"; Go's router redirects there.
std::string clean_path(std::string_view path) {
  std::string cleaned;
  for (const char c : path) {
    if (c == '/' && cleaned.ends_with('/')) continue;
    cleaned += c;
  }
  return cleaned;
}

http::Response refused_access(const Error& error) {
  switch (error.code) {
    case Code::unauthenticated:
      return text_error(401, error.message);
    case Code::permission_denied:
      return text_error(403, error.message);
    default:
      return text_error(503, "The operator users cannot be read now: " + error.text());
  }
}

}  // namespace

struct RestService::Impl {
  Impl(operations::Context context_in, RestOptions options_in)
      : context(std::move(context_in)),
        options(std::move(options_in)),
        passwords(context.ids),
        routes(all_routes()) {}

  /// `trusted` is asked for nothing; without it whoever asks has to show who he is.
  http::Response answer(const operations::Context& with, const http::Request& request,
                        const operations::Caller* trusted);
  http::Response answer_route(const Route& route, const http::Request& request, Call call);
  http::Response handle(const Route& route, const Call& call) const;
  Result<operations::Caller> admit(const Route& route, const http::Request& request);
  bool exempt_from_certificate(const Route& route) const;

  operations::Context context;
  RestOptions options;
  operations::PasswordMemory passwords;
  std::vector<Route> routes;
};

bool RestService::Impl::exempt_from_certificate(const Route& route) const {
  return !options.tls || route.access == Access::open ||
         std::ranges::find(options.noauth_routes, route.pattern) != options.noauth_routes.end();
}

Result<operations::Caller> RestService::Impl::admit(const Route& route,
                                                    const http::Request& request) {
  auto credentials = basic_credentials(request.header("Authorization"));
  if (!credentials) {
    if (context.config.check_passwords()) {
      return fail(Code::unauthenticated,
                  "Credentials of an operator user are needed (basic authentication, RFC 7617).");
    }
    credentials = Credentials{};
  }
  auto caller =
      operations::authenticate(context, passwords, credentials->user, credentials->password);
  if (!caller && caller.error().code == Code::unauthenticated &&
      !context.config.check_passwords()) {
    // Without password checks nobody is unauthenticated, but an unknown name has no permission.
    return fail(Code::permission_denied, "This operator user has no permissions.");
  }
  if (!caller) return caller;
  PGO_TRY_VOID(operations::authorize(context, *caller, route.permission));
  return caller;
}

http::Response RestService::Impl::handle(const Route& route, const Call& call) const {
  if (!call.dry_run) return route.handle(call);
  if (options.renderer == nullptr) {
    return text_error(501, "This service was set up without dry runs.");
  }
  return dry_run(route, call, {context.clock, context.ids, call.settings});
}

http::Response RestService::Impl::answer_route(const Route& route, const http::Request& request,
                                               Call call) {
  if (!exempt_from_certificate(route) && !request.peer_verified) {
    return text_error(403, "A client certificate is required.");
  }
  if (route.access != Access::permission) return route.handle(call);
  auto caller = admit(route, request);
  const bool audit = context.config.pgo.audit;
  if (!caller) {
    context.log.warn("request refused", {{"route", std::string(route.pattern)},
                                         {"permission", std::string(route.permission)},
                                         {"reason", std::string(to_string(caller.error().code))}});
    http::Response response = refused_access(caller.error());
    response.headers.emplace_back(kChallenge);
    return response;
  }
  if (audit) {
    context.log.info("request", {{"method", request.method},
                                 {"route", std::string(route.pattern)},
                                 {"permission", std::string(route.permission)},
                                 {"user", caller->user}});
  }
  const Call admitted{.context = context,
                      .caller = *caller,
                      .variables = std::move(call.variables),
                      .query = std::move(call.query),
                      .body = call.body,
                      .dry_run = call.dry_run,
                      .settings = call.settings};
  http::Response response = handle(route, admitted);
  response.headers.emplace_back(kChallenge);
  return response;
}

http::Response RestService::Impl::answer(const operations::Context& with,
                                         const http::Request& request,
                                         const operations::Caller* trusted) {
  const std::string_view target = request.target;
  const std::size_t mark = target.find('?');
  std::string_view path = target.substr(0, mark);
  const std::string_view query = mark == target.npos ? std::string_view() : target.substr(mark + 1);
  if (const std::string cleaned = clean_path(path); cleaned != path) {
    http::Response response;
    response.status = 301;
    response.content_type = "text/plain; charset=utf-8";
    response.headers.emplace_back(
        "Location", mark == target.npos ? cleaned : cleaned + "?" + std::string(query));
    return response;
  }
  const operations::Caller nobody;
  constexpr std::string_view kPrefix = model::rest::kDryRunPrefix;
  const bool dry_run = path.starts_with(kPrefix) && path.substr(kPrefix.size()).starts_with('/');
  if (dry_run) path.remove_prefix(kPrefix.size());
  Call call{.context = with,
            .caller = trusted != nullptr ? *trusted : nobody,
            .variables = {},
            .query = parse_query(query),
            .body = request.body,
            .dry_run = dry_run,
            .settings = {&with.config, options.renderer}};
  const std::vector<std::string> segments = path_segments(path);
  bool other_method = false;
  for (const Route& route : routes) {
    if (!match_path(route.pattern, segments, call.variables)) continue;
    if (route.method.empty() || route.method == request.method) {
      if (trusted != nullptr) return handle(route, call);
      return answer_route(route, request, std::move(call));
    }
    other_method = true;
  }
  if (!other_method) return text_error(404, "There is no such route.");
  http::Response response;
  response.status = 405;
  response.content_type = "text/plain; charset=utf-8";
  return response;
}

RestService::RestService(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RestService::~RestService() = default;

Result<std::unique_ptr<RestService>> RestService::create(operations::Context context,
                                                         RestOptions options) {
  for (const std::string& route : options.noauth_routes) {
    if (route == "/health" || route == "/healthz") continue;
    return fail(Code::invalid_argument,
                "The route \"" + route +
                    "\" cannot be exempt from client certificates; only /health and /healthz can.",
                "NOAUTH_ROUTES");
  }
  if (context.started == TimePoint{}) context.started = context.clock.now();
  return std::make_unique<RestService>(
      std::make_unique<Impl>(std::move(context), std::move(options)));
}

http::Response RestService::answer(const http::Request& request) const {
  return impl_->answer(impl_->context, request, nullptr);
}

http::Response RestService::answer_as(const operations::Caller& caller,
                                      const http::Request& request, std::stop_token stop) const {
  operations::Context context = impl_->context;
  context.client = kube::Client(context.client.transport(), std::move(stop));
  return impl_->answer(context, request, &caller);
}

http::Handler RestService::handler() const {
  return [this](const http::Request& request, const std::shared_ptr<http::Responder>& responder) {
    responder->respond(answer(request));
  };
}

}  // namespace pgo::server
