#include "embedded/api/api.h"
#include "embedded/api/status.h"
#include "pgo/base/text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

/// Bearer tokens: JSON Web Tokens signed with HMAC-SHA256 under a key that lives in the database.
/// Source: RFC 7515, RFC 7519; claims as Kubernetes' service account tokens have them.
namespace pgo::embedded::api {
namespace {

using json::Value;

constexpr std::size_t kKeyBytes = 32;
constexpr std::string_view kIssuer = "https://kubernetes.default.svc";

std::string to_url_alphabet(std::string text) {
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  while (!text.empty() && text.back() == '=') text.pop_back();
  return text;
}

std::string url_encode(std::string_view bytes) {
  return to_url_alphabet(text::base64_encode(bytes));
}

Result<std::string> url_decode(std::string_view encoded) {
  std::string text(encoded);
  for (char& c : text) {
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  while (text.size() % 4 != 0) text += '=';
  return text::base64_decode(text);
}

std::string sign(const std::string& key, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return url_encode(std::string_view(reinterpret_cast<const char*>(digest), size));
}

std::unexpected<Error> unauthorized() { return api_error(401, "Unauthorized", "Unauthorized"); }

}  // namespace

Result<void> Api::load_key() {
  auto stored = text::base64_decode(store_.setting("token-key"));
  if (stored && stored->size() == kKeyBytes) {
    key_ = *std::move(stored);
    return {};
  }
  key_.resize(kKeyBytes);
  ids_->fill(key_.data(), key_.size());
  return store_.set_setting("token-key", text::base64_encode(key_));
}

std::string Api::issue_token(const Identity& identity, Duration lifetime) const {
  Value groups = Value::array();
  for (const std::string& group : identity.groups) groups.push_back(group);
  Value claims =
      Value::object({{"iss", kIssuer}, {"sub", identity.user}, {"groups", std::move(groups)}});
  if (lifetime > Duration::zero()) {
    const auto end = clock_->now() + lifetime;
    claims.set(
        "exp",
        std::int64_t{
            std::chrono::duration_cast<std::chrono::seconds>(end.time_since_epoch()).count()});
  }
  const std::string head = url_encode(R"({"alg":"HS256","typ":"JWT"})");
  const std::string text = head + "." + url_encode(json::write(claims));
  return text + "." + sign(key_, text);
}

Result<Identity> Api::authenticate(std::string_view token) const {
  const std::size_t dot = token.rfind('.');
  const std::size_t first = token.find('.');
  if (dot == std::string_view::npos || first == dot) return unauthorized();
  const std::string expected = sign(key_, token.substr(0, dot));
  const std::string_view given = token.substr(dot + 1);
  if (given.size() != expected.size() ||
      CRYPTO_memcmp(given.data(), expected.data(), given.size()) != 0) {
    return unauthorized();
  }
  const auto payload = url_decode(token.substr(first + 1, dot - first - 1));
  if (!payload) return unauthorized();
  const auto claims = json::parse(*payload);
  if (!claims) return unauthorized();
  if (const Value& end = (*claims)["exp"]; end.is_int()) {
    const TimePoint expiry{std::chrono::seconds(end.as_int())};
    if (clock_->now() >= expiry) return unauthorized();
  }
  Identity identity{.user = std::string((*claims)["sub"].as_string()), .groups = {}};
  for (const Value& group : (*claims)["groups"].items()) {
    identity.groups.emplace_back(group.as_string());
  }
  return identity;
}

Result<Answer> Api::token_request(const Call& call, const Value& body) {
  if (!store_.contains("/serviceaccounts", call.key())) {
    return not_found("serviceaccounts", call.name);
  }
  constexpr std::int64_t kDefaultSeconds = 3600;
  constexpr std::int64_t kLeastSeconds = 600;
  const std::int64_t seconds = body["spec"]["expirationSeconds"].as_int(kDefaultSeconds);
  if (seconds < kLeastSeconds) {
    return invalid("TokenRequest", call.name, "spec.expirationSeconds",
                   "Invalid value: may not specify a duration less than 10 minutes");
  }
  const Duration lifetime = std::chrono::seconds(seconds);
  Value document = body;
  document.set("kind", "TokenRequest");
  document.set("apiVersion", "authentication.k8s.io/v1");
  document.set(
      "metadata",
      Value::object({{"name", call.name}, {"namespace", call.ns}, {"creationTimestamp", now()}}));
  document.at_or_add("spec").set("expirationSeconds", seconds);
  document.set("status",
               Value::object(
                   {{"token", issue_token(Identity::service_account(call.ns, call.name), lifetime)},
                    {"expirationTimestamp", to_rfc3339(clock_->now() + lifetime)}}));
  return json_answer(201, document);
}

}  // namespace pgo::embedded::api
