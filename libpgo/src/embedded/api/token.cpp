#include "embedded/api/api.h"
#include "embedded/api/status.h"
#include "pgo/base/text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

/// Bearer tokens: JSON Web Tokens signed with HMAC-SHA256 under a key that lives in the database.
/// Source: RFC 7515, RFC 7519; claims as Kubernetes' service account tokens have them.
namespace pgo::embedded::api {
namespace {

using json::Value;

constexpr std::size_t kKeyBytes = 32;

/// Of service accounts, before "NS:NAME".
constexpr std::string_view kAccountPrefix = "system:serviceaccount:";
constexpr std::string_view kAccountClaim = "kubernetes.io";

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

/// A claim that is one text or a list of them.
bool names(const Value& claim, std::string_view wanted) {
  return claim.as_string() == wanted || std::ranges::any_of(claim.items(), [&](const Value& item) {
           return item.as_string() == wanted;
         });
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

std::string Api::account_uid(std::string_view user) const {
  if (!user.starts_with(kAccountPrefix)) return {};
  user.remove_prefix(kAccountPrefix.size());
  const std::size_t colon = std::min(user.find(':'), user.size());
  const RecordPtr account =
      store_.get("/serviceaccounts", {std::string(user.substr(0, colon)),
                                      std::string(user.substr(std::min(colon + 1, user.size())))});
  if (!account) return {};
  return std::string(account->document()->document()["metadata"]["uid"].as_string());
}

std::string Api::issue_token(const Identity& identity, const TokenTerms& terms) const {
  Value groups = Value::array();
  for (const std::string& group : identity.groups) groups.push_back(group);
  Value audiences = Value::array();
  for (const std::string& audience : terms.audiences) audiences.push_back(audience);
  Value claims = Value::object({{"iss", kIssuer},
                                {"sub", identity.user},
                                {"aud", std::move(audiences)},
                                {"groups", std::move(groups)}});
  if (const std::string uid = account_uid(identity.user); !uid.empty()) {
    claims.set(kAccountClaim, Value::object({{"serviceaccount", Value::object({{"uid", uid}})}}));
  }
  if (terms.lifetime) {
    const auto end = (clock_->now() + *terms.lifetime).time_since_epoch();
    claims.set("exp", std::int64_t{std::chrono::duration_cast<std::chrono::seconds>(end).count()});
  }
  const std::string head = url_encode(R"({"alg":"HS256","typ":"JWT"})");
  const std::string text = head + "." + url_encode(json::write(claims));
  return text + "." + sign(key_, text);
}

Result<Identity> Api::authenticate(std::string_view token, std::string_view audience) const {
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
  // Tokens of before they named an audience are for this API.
  const Value& audiences = (*claims)["aud"];
  if (audiences.is_null() ? audience != kIssuer : !names(audiences, audience)) {
    return unauthorized();
  }
  Identity identity{.user = std::string((*claims)["sub"].as_string()), .groups = {}};
  const std::string_view uid = (*claims)[kAccountClaim]["serviceaccount"]["uid"].as_string();
  if (!uid.empty() && uid != account_uid(identity.user)) return unauthorized();
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
  constexpr std::int64_t kMostSeconds = std::int64_t{1} << 32;
  const std::int64_t seconds = body["spec"]["expirationSeconds"].as_int(kDefaultSeconds);
  if (seconds < kLeastSeconds || seconds > kMostSeconds) {
    return invalid(
        "TokenRequest", call.name, "spec.expirationSeconds",
        std::string("Invalid value: may not specify a duration ") +
            (seconds < kLeastSeconds ? "less than 10 minutes" : "larger than 2^32 seconds"));
  }
  TokenTerms terms{.lifetime = std::chrono::seconds(seconds)};
  Value document = body;
  Value& spec = document.at_or_add("spec");
  spec.set("expirationSeconds", seconds);
  if (spec["audiences"].items().empty()) spec.set("audiences", Value::array({kIssuer}));
  terms.audiences.clear();
  for (const Value& audience : spec["audiences"].items()) {
    terms.audiences.emplace_back(audience.as_string());
  }
  document.set("kind", "TokenRequest");
  document.set("apiVersion", "authentication.k8s.io/v1");
  document.set(
      "metadata",
      Value::object({{"name", call.name}, {"namespace", call.ns}, {"creationTimestamp", now()}}));
  document.set(
      "status",
      Value::object({{"token", issue_token(Identity::service_account(call.ns, call.name), terms)},
                     {"expirationTimestamp", to_rfc3339(clock_->now() + *terms.lifetime)}}));
  return json_answer(201, document);
}

}  // namespace pgo::embedded::api
