#include "fuzz/fuzz.h"
#include "pgo/json/codec.h"

#include <array>

using namespace pgo;

namespace {

enum class Role { none, primary };
constexpr auto json_names(Role) {
  return std::array{json::Name{Role::none, ""}, json::Name{Role::primary, "primary"}};
}

/// One member of every type the codec knows.
struct Everything {
  bool flag = false;
  std::int32_t small = 0;
  std::int64_t large = 0;
  std::uint16_t port = 0;
  double share = 0;
  std::string text;
  std::optional<std::int64_t> maybe;
  std::vector<std::string> list;
  std::map<std::string, std::string> labels;
  Role role = Role::none;
  json::Value any;
  std::vector<Everything> children;
  static constexpr auto fields() {
    return std::tuple{json::field("flag", &Everything::flag).coerce(),
                      json::field("small", &Everything::small),
                      json::field("large", &Everything::large).coerce(),
                      json::field("port", &Everything::port),
                      json::field("share", &Everything::share).coerce(),
                      json::field("text", &Everything::text).coerce(),
                      json::field("maybe", &Everything::maybe),
                      json::field("list", &Everything::list),
                      json::field("labels", &Everything::labels),
                      json::field("role", &Everything::role),
                      json::field("any", &Everything::any),
                      json::field("children", &Everything::children)};
  }
  bool operator==(const Everything&) const = default;
};

void check_decode(const json::Value& value, json::Mode mode) {
  const auto decoded = json::decode<Everything>(value, mode);
  if (!decoded) {
    fuzz::require(!decoded.error().message.empty(), "a refusal says why");
    return;
  }
  const auto again = json::decode<Everything>(json::encode(*decoded));
  fuzz::require(again && *again == *decoded, "what is encoded decodes strictly to the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = json::parse(fuzz::view(data, size));
  if (!value) return 0;
  for (const auto escapes : {json::Escapes::plain, json::Escapes::go}) {
    const auto again = json::parse(json::write(*value, json::Style::pretty, escapes));
    fuzz::require(again && *again == *value, "what is written reads back equal");
  }
  fuzz::require(json::write_sorted(*value).size() == json::write(*value).size(),
                "sorting changes the order only");
  check_decode(*value, json::Mode::strict);
  check_decode(*value, json::Mode::lenient);
  return 0;
}
