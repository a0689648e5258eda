// Writes the messages of the REST interface and its operations as one JSON document, from the same
// tables that the library works with. generate.py makes the Python classes of it.
#include "pgo/client.h"
#include "pgo/model/status.h"
#include "pgo/model/task_outcome.h"

#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

namespace {

using pgo::json::Value;

template <typename T>
constexpr std::string_view pretty() {
  return __PRETTY_FUNCTION__;
}

std::string last_word(std::string_view text) {
  return std::string(text.substr(text.rfind(':') + 1));
}

/// "ShowClusterPod" of pgo::model::rest::ShowClusterPod, "PgBackupList" of List<PgBackup>.
template <typename T>
std::string name_of() {
  std::string_view text = pretty<T>();
  text = text.substr(text.find("T = ") + 4);
  text = text.substr(0, text.find_first_of(";]"));
  const std::size_t angle = text.find('<');
  if (angle == text.npos) return last_word(text);
  const std::string_view inside = text.substr(angle + 1, text.rfind('>') - angle - 1);
  return last_word(inside) + last_word(text.substr(0, angle));
}

class Description {
 public:
  template <typename T>
  std::string type_of() {
    namespace detail = pgo::json::detail;
    if constexpr (std::same_as<T, bool>) {
      return "bool";
    } else if constexpr (std::integral<T>) {
      return "int";
    } else if constexpr (std::same_as<T, double>) {
      return "float";
    } else if constexpr (std::same_as<T, std::string> || std::is_enum_v<T>) {
      return "str";
    } else if constexpr (std::same_as<T, Value> || detail::HasCodec<T>) {
      return "any";
    } else if constexpr (requires { typename detail::Shape<T>::Element; }) {
      using Shape = detail::Shape<T>;
      const std::string element = type_of<typename Shape::Element>();
      switch (Shape::kind) {
        case detail::Kind::list:
          return "[" + element;
        case detail::Kind::map:
          return "{" + element;
        default:
          return "?" + element;
      }
    } else {
      return structure<T>();
    }
  }

  template <typename T>
  std::string structure() {
    std::string name = name_of<T>();
    const std::string_view full = pretty<T>();
    if (const auto [seen, fresh] = names_.emplace(name, full); !fresh) {
      if (seen->second == full) return name;
      name += "2";
      if (!names_.emplace(name, full).second) return name;
    }
    Value fields = Value::array();
    add_fields<T>(fields);
    // What it refers to has been written by now, so that a class stands before its users.
    messages_.push_back(Value::object({{"name", name}, {"fields", std::move(fields)}}));
    return name;
  }

  Value take_messages() { return std::move(messages_); }

 private:
  template <typename T>
  void add_fields(Value& fields) {
    const T probe = pgo::model::rest::initial_request<T>();
    std::apply(
        [&](const auto&... row) {
          (
              [&] {
                using Member = std::remove_cvref_t<decltype(probe.*(row.member))>;
                using Row = std::remove_cvref_t<decltype(row)>;
                if constexpr (std::same_as<Member, pgo::json::Extra>) {
                  return;
                } else {
                  if constexpr (pgo::json::detail::HasFields<Member>) {
                    if (row.role == Row::Role::inlined) return add_fields<Member>(fields);
                  }
                  Value field = Value::object({{"key", row.name}, {"type", type_of<Member>()}});
                  if constexpr (std::is_arithmetic_v<Member> || std::same_as<Member, std::string>)
                    field.set("default", probe.*(row.member));
                  if (!row.rules.description.empty()) field.set("doc", row.rules.description);
                  fields.push_back(std::move(field));
                }
              }(),
              ...);
        },
        T::fields());
  }

  std::map<std::string, std::string, std::less<>> names_;
  Value messages_ = Value::array();
};

/// Words in answers by which programs tell how far something has got.
Value words() {
  namespace step = pgo::model::step;
  return Value::object({{"CLUSTER_INITIALIZED", pgo::model::state::kClusterInitialized},
                        {"CLONE_REPO_SYNC", step::kCloneRepoSync},
                        {"CLONE_RESTORE", step::kCloneRestore},
                        {"CLONE_CREATE", step::kCloneCreate},
                        {"RESTORE_JOB_CREATED", step::kRestoreJobCreated},
                        {"RESTORE_PRIMARY_CREATED", step::kRestorePrimaryCreated},
                        {"FAILED", step::kFailed},
                        {"REASON", step::kReason}});
}

}  // namespace

int main() {
  Description description;
  Value operations = Value::array();
  std::apply(
      [&](const auto&... row) {
        (
            [&] {
              using Row = std::remove_cvref_t<decltype(row)>;
              Value one = Value::object({{"name", row.name}, {"summary", row.summary}});
              one.set("writes", row.effect == pgo::model::rest::Effect::writes);
              one.set("request", description.structure<typename Row::Request>());
              one.set("response", description.structure<typename Row::Response>());
              operations.push_back(std::move(one));
            }(),
            ...);
      },
      pgo::model::rest::kCalls);
  const std::string plan = description.structure<pgo::model::rest::DryRunResponse>();
  const Value document = Value::object({{"messages", description.take_messages()},
                                        {"operations", std::move(operations)},
                                        {"dryRunResponse", plan},
                                        {"words", words()}});
  std::puts(pgo::json::write(document, pgo::json::Style::pretty).c_str());
  return 0;
}
