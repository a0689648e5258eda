#include "embedded/api/protobuf.h"

#include "embedded/api/status.h"
#include "pgo/base/clock.h"
#include "pgo/base/text.h"
#include "pgo/json/value.h"

#include <cstdint>
#include <optional>
#include <span>

namespace pgo::embedded::api {
namespace {

using json::Value;

constexpr std::string_view kMagic{"k8s\0", 4};
/// No message in the table nests deeper.
constexpr int kMaxDepth = 16;

enum class As { text, bytes, integer, boolean, time, message, text_map, bytes_map };

struct Field {
  int number;
  const char* name;
  As as;
  bool repeated = false;
  const char* message = nullptr;
};

struct Message {
  std::string_view name;
  std::span<const Field> fields;
};

constexpr Field kObjectMeta[] = {{1, "name", As::text},
                                 {2, "generateName", As::text},
                                 {3, "namespace", As::text},
                                 {5, "uid", As::text},
                                 {6, "resourceVersion", As::text},
                                 {7, "generation", As::integer},
                                 {8, "creationTimestamp", As::time},
                                 {9, "deletionTimestamp", As::time},
                                 {10, "deletionGracePeriodSeconds", As::integer},
                                 {11, "labels", As::text_map},
                                 {12, "annotations", As::text_map},
                                 {13, "ownerReferences", As::message, true, "OwnerReference"},
                                 {14, "finalizers", As::text, true}};
constexpr Field kOwnerReference[] = {
    {1, "kind", As::text},          {3, "name", As::text},
    {4, "uid", As::text},           {5, "apiVersion", As::text},
    {6, "controller", As::boolean}, {7, "blockOwnerDeletion", As::boolean}};
constexpr Field kDeleteOptions[] = {{1, "gracePeriodSeconds", As::integer},
                                    {2, "preconditions", As::message, false, "Preconditions"},
                                    {3, "orphanDependents", As::boolean},
                                    {4, "propagationPolicy", As::text},
                                    {5, "dryRun", As::text, true}};
constexpr Field kPreconditions[] = {{1, "uid", As::text}, {2, "resourceVersion", As::text}};
constexpr Field kNamespace[] = {{1, "metadata", As::message, false, "ObjectMeta"},
                                {2, "spec", As::message, false, "NamespaceSpec"}};
constexpr Field kNamespaceSpec[] = {{1, "finalizers", As::text, true}};
constexpr Field kConfigMap[] = {{1, "metadata", As::message, false, "ObjectMeta"},
                                {2, "data", As::text_map},
                                {3, "binaryData", As::bytes_map},
                                {4, "immutable", As::boolean}};
constexpr Field kSecret[] = {{1, "metadata", As::message, false, "ObjectMeta"},
                             {2, "data", As::bytes_map},
                             {3, "type", As::text},
                             {4, "stringData", As::text_map},
                             {5, "immutable", As::boolean}};
constexpr Field kServiceAccount[] = {{1, "metadata", As::message, false, "ObjectMeta"},
                                     {2, "secrets", As::message, true, "ObjectReference"},
                                     {3, "imagePullSecrets", As::message, true, "LocalReference"},
                                     {4, "automountServiceAccountToken", As::boolean}};
constexpr Field kObjectReference[] = {{1, "kind", As::text},
                                      {2, "namespace", As::text},
                                      {3, "name", As::text},
                                      {4, "uid", As::text},
                                      {5, "apiVersion", As::text}};
constexpr Field kLocalReference[] = {{1, "name", As::text}};
constexpr Field kRole[] = {{1, "metadata", As::message, false, "ObjectMeta"},
                           {2, "rules", As::message, true, "PolicyRule"}};
constexpr Field kPolicyRule[] = {{1, "verbs", As::text, true},
                                 {2, "apiGroups", As::text, true},
                                 {3, "resources", As::text, true},
                                 {4, "resourceNames", As::text, true},
                                 {5, "nonResourceURLs", As::text, true}};
constexpr Field kBindingOfRole[] = {{1, "metadata", As::message, false, "ObjectMeta"},
                                    {2, "subjects", As::message, true, "Subject"},
                                    {3, "roleRef", As::message, false, "RoleRef"}};
constexpr Field kSubject[] = {{1, "kind", As::text},
                              {2, "apiGroup", As::text},
                              {3, "name", As::text},
                              {4, "namespace", As::text}};
constexpr Field kRoleRef[] = {
    {1, "apiGroup", As::text}, {2, "kind", As::text}, {3, "name", As::text}};
constexpr Field kAccessReview[] = {{1, "metadata", As::message, false, "ObjectMeta"},
                                   {2, "spec", As::message, false, "AccessReviewSpec"}};
constexpr Field kAccessReviewSpec[] = {
    {1, "resourceAttributes", As::message, false, "ResourceAttributes"},
    {2, "nonResourceAttributes", As::message, false, "NonResourceAttributes"}};
constexpr Field kResourceAttributes[] = {{1, "namespace", As::text}, {2, "verb", As::text},
                                         {3, "group", As::text},     {4, "version", As::text},
                                         {5, "resource", As::text},  {6, "subresource", As::text},
                                         {7, "name", As::text}};
constexpr Field kNonResourceAttributes[] = {{1, "path", As::text}, {2, "verb", As::text}};
constexpr Field kRulesReview[] = {{1, "metadata", As::message, false, "ObjectMeta"},
                                  {2, "spec", As::message, false, "RulesReviewSpec"}};
constexpr Field kRulesReviewSpec[] = {{1, "namespace", As::text}};
constexpr Field kSelfReview[] = {{1, "metadata", As::message, false, "ObjectMeta"}};
constexpr Field kTokenRequest[] = {{1, "metadata", As::message, false, "ObjectMeta"},
                                   {2, "spec", As::message, false, "TokenRequestSpec"}};
constexpr Field kTokenRequestSpec[] = {{1, "audiences", As::text, true},
                                       {4, "expirationSeconds", As::integer}};
constexpr Field kScale[] = {{1, "metadata", As::message, false, "ObjectMeta"},
                            {2, "spec", As::message, false, "ScaleSpec"}};
constexpr Field kScaleSpec[] = {{1, "replicas", As::integer}};
constexpr Field kEviction[] = {{1, "metadata", As::message, false, "ObjectMeta"},
                               {2, "deleteOptions", As::message, false, "DeleteOptions"}};
constexpr Field kBinding[] = {{1, "metadata", As::message, false, "ObjectMeta"},
                              {2, "target", As::message, false, "ObjectReference"}};

constexpr Message kMessages[] = {{"ObjectMeta", kObjectMeta},
                                 {"OwnerReference", kOwnerReference},
                                 {"DeleteOptions", kDeleteOptions},
                                 {"Preconditions", kPreconditions},
                                 {"Namespace", kNamespace},
                                 {"NamespaceSpec", kNamespaceSpec},
                                 {"ConfigMap", kConfigMap},
                                 {"Secret", kSecret},
                                 {"ServiceAccount", kServiceAccount},
                                 {"ObjectReference", kObjectReference},
                                 {"LocalReference", kLocalReference},
                                 {"Role", kRole},
                                 {"ClusterRole", kRole},
                                 {"PolicyRule", kPolicyRule},
                                 {"RoleBinding", kBindingOfRole},
                                 {"ClusterRoleBinding", kBindingOfRole},
                                 {"Subject", kSubject},
                                 {"RoleRef", kRoleRef},
                                 {"SelfSubjectAccessReview", kAccessReview},
                                 {"AccessReviewSpec", kAccessReviewSpec},
                                 {"ResourceAttributes", kResourceAttributes},
                                 {"NonResourceAttributes", kNonResourceAttributes},
                                 {"SelfSubjectRulesReview", kRulesReview},
                                 {"RulesReviewSpec", kRulesReviewSpec},
                                 {"SelfSubjectReview", kSelfReview},
                                 {"TokenRequest", kTokenRequest},
                                 {"TokenRequestSpec", kTokenRequestSpec},
                                 {"Scale", kScale},
                                 {"ScaleSpec", kScaleSpec},
                                 {"Eviction", kEviction},
                                 {"Binding", kBinding}};

const Message* find_message(std::string_view name) {
  for (const Message& message : kMessages) {
    if (message.name == name) return &message;
  }
  return nullptr;
}

/// Walks the fields of one encoded message. Source: Protocol Buffers, "Encoding".
class Reader {
 public:
  explicit Reader(std::string_view data) : rest_(data) {}

  struct Entry {
    int number = 0;
    std::uint64_t integer = 0;  ///< wire types 0, 1 and 5
    std::string_view bytes;     ///< wire type 2
  };
  bool at_end() const { return rest_.empty(); }
  /// Empty when the data is malformed.
  std::optional<Entry> next() {
    const auto tag = varint();
    if (!tag) return std::nullopt;
    Entry entry{.number = static_cast<int>(*tag >> 3), .integer = 0, .bytes = {}};
    switch (*tag & 7) {
      case 0: {
        const auto value = varint();
        if (!value) return std::nullopt;
        entry.integer = *value;
        return entry;
      }
      case 1:
        return skip(8) ? std::optional(entry) : std::nullopt;
      case 2: {
        const auto size = varint();
        if (!size || *size > rest_.size()) return std::nullopt;
        entry.bytes = rest_.substr(0, static_cast<std::size_t>(*size));
        rest_.remove_prefix(entry.bytes.size());
        return entry;
      }
      case 5:
        return skip(4) ? std::optional(entry) : std::nullopt;
      default:
        return std::nullopt;
    }
  }

 private:
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return std::nullopt;
  }
  bool skip(std::size_t bytes) {
    if (rest_.size() < bytes) return false;
    rest_.remove_prefix(bytes);
    return true;
  }

  std::string_view rest_;
};

std::unexpected<Error> malformed() { return bad_request("the protobuf body is malformed"); }

Result<Value> decode(const Message& message, std::string_view data, int depth);

Result<Value> decode_time(std::string_view data) {
  std::int64_t seconds = 0;
  for (Reader reader(data); !reader.at_end();) {
    const auto entry = reader.next();
    if (!entry) return malformed();
    if (entry->number == 1) seconds = static_cast<std::int64_t>(entry->integer);
  }
  // Go's zero time, which stands for "not set".
  if (seconds <= 0) return Value();
  return Value(to_rfc3339(TimePoint(std::chrono::seconds(seconds))));
}

Result<void> add_map_entry(Value& map, std::string_view data, bool bytes) {
  std::string_view key, value;
  for (Reader reader(data); !reader.at_end();) {
    const auto entry = reader.next();
    if (!entry) return malformed();
    (entry->number == 1 ? key : value) = entry->bytes;
  }
  map.set(key, bytes ? Value(text::base64_encode(value)) : Value(value));
  return {};
}

Result<Value> decode_field(const Field& field, const Reader::Entry& entry, int depth) {
  switch (field.as) {
    case As::text:
      return Value(entry.bytes);
    case As::bytes:
      return Value(text::base64_encode(entry.bytes));
    case As::integer:
      return Value(static_cast<std::int64_t>(entry.integer));
    case As::boolean:
      return Value(entry.integer != 0);
    case As::time:
      return decode_time(entry.bytes);
    case As::message:
      return decode(*find_message(field.message), entry.bytes, depth + 1);
    case As::text_map:
    case As::bytes_map:
      break;
  }
  return Value();
}

Result<Value> decode(const Message& message, std::string_view data, int depth) {
  if (depth > kMaxDepth) return malformed();
  Value object = Value::object();
  for (Reader reader(data); !reader.at_end();) {
    const auto entry = reader.next();
    if (!entry) return malformed();
    for (const Field& field : message.fields) {
      if (field.number != entry->number) continue;
      if (field.as == As::text_map || field.as == As::bytes_map) {
        PGO_TRY_VOID(
            add_map_entry(object.at_or_add(field.name), entry->bytes, field.as == As::bytes_map));
        break;
      }
      PGO_TRY(Value value, decode_field(field, *entry, depth));
      // Go writes every string, also the empty ones that JSON leaves out.
      const bool empty = value.is_null() || (value.is_string() && value.as_string().empty());
      if (field.repeated) {
        object.at_or_add(field.name).push_back(std::move(value));
      } else if (!empty) {
        object.set(field.name, std::move(value));
      }
      break;
    }
  }
  return object;
}

}  // namespace

Result<std::string> protobuf_to_json(std::string_view body) {
  if (!body.starts_with(kMagic)) return malformed();
  std::string_view version, kind, raw;
  for (Reader reader(body.substr(kMagic.size())); !reader.at_end();) {
    const auto entry = reader.next();
    if (!entry) return malformed();
    if (entry->number == 2) raw = entry->bytes;
    if (entry->number != 1) continue;
    for (Reader type(entry->bytes); !type.at_end();) {
      const auto part = type.next();
      if (!part) return malformed();
      (part->number == 1 ? version : kind) = part->bytes;
    }
  }
  const Message* message = find_message(kind);
  if (message == nullptr) {
    return api_error(415, "UnsupportedMediaType",
                     "this server does not read " + std::string(kind) +
                         " in protobuf; send application/json (kubectl apply does)");
  }
  PGO_TRY(Value object, decode(*message, raw, 0));
  object.set("apiVersion", version);
  object.set("kind", kind);
  return json::write(object);
}

}  // namespace pgo::embedded::api
