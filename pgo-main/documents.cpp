#include "documents.h"

#include <string>

namespace pgo::cli {
namespace {

/// Messages carry Code and Msg themselves or in their Status.
bool is_refusal(const json::Value& status) {
  return status["Code"].is_string() && status["Code"].as_string() != "ok";
}

}  // namespace

void add_answer(json::Value& answer, const json::Value& other) {
  if (!is_refusal(answer) && is_refusal(other)) {
    for (const char* key : {"Code", "Msg"}) answer.set(key, other[key]);
  }
  for (const auto& [name, value] : other.members()) {
    const std::string key(name);
    const json::Value& old = answer[key];
    if (old.is_null()) {
      answer.set(key, value);
    } else if (old.is_array() && value.is_array()) {
      for (const json::Value& item : value.items()) answer.at_or_add(key).push_back(item);
    } else if (old.is_object() && value.is_object()) {
      add_answer(answer.at_or_add(key), value);
    }
  }
}

}  // namespace pgo::cli
