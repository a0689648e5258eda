#include "boundary.h"
#include "pgo/base/version.h"
#include "pgo/manifests/render.h"
#include "pgo/model/config.h"
#include "pgo/plan/cluster.h"
#include "pgo/plan/document.h"

#include <algorithm>

namespace pgo::capi {

pgo_error* error_of(Error error) {
  std::string text = error.text();
  return hand_out(std::make_unique<pgo_error>(pgo_error{std::move(error), std::move(text)}));
}

Result<std::string_view> document_of(const char* text, std::size_t size) {
  if (text == nullptr) {
    if (size == 0 || size == PGO_TEXT) return std::string_view{};
    return fail(Code::invalid_argument, "a document of some size is NULL");
  }
  return size == PGO_TEXT ? std::string_view(text) : std::string_view(text, size);
}

void give(pgo_string** out, std::string text) {
  if (out != nullptr) *out = hand_out(std::make_unique<pgo_string>(pgo_string{std::move(text)}));
}

Result<void> require(const void* pointer, std::string_view what) {
  if (pointer != nullptr) return {};
  return fail(Code::invalid_argument, "this must not be NULL", std::string(what));
}

Result<void> require_text(const char* text, std::string_view what) {
  if (!text_of(text).empty()) return {};
  return fail(Code::invalid_argument, "this must be given", std::string(what));
}

Result<void> check_size(const void* given, std::size_t given_size, std::size_t known_size) {
  if (given_size <= sizeof(std::size_t)) {
    return fail(Code::invalid_argument,
                "size is not set; begin with the PGO_..._INIT value or pgo_options_init", "size");
  }
  const char* bytes = static_cast<const char*>(given);
  for (std::size_t i = known_size; i < given_size; ++i) {
    if (bytes[i] == 0) continue;
    return fail(Code::invalid_argument,
                "the options hold something that this library does not know; it is older than the "
                "header",
                "size");
  }
  return {};
}

int& InCallback::depth() {
  thread_local int depth = 0;
  return depth;
}

Log log_to(pgo_log_callback callback, std::int32_t least, void* user_data, const Clock& clock) {
  if (callback == nullptr) return {};
  const LogSink sink = [callback, user_data](const LogRecord& record) {
    std::string line = format_json(record);
    if (line.ends_with('\n')) line.pop_back();
    const InCallback inside;
    callback(static_cast<std::int32_t>(record.level) + PGO_LOG_DEBUG, line.c_str(), line.size(),
             user_data);
  };
  const std::int32_t level = least == 0 ? PGO_LOG_INFO : std::clamp(least, 1, 4);
  return Log(sink, clock, static_cast<Level>(level - PGO_LOG_DEBUG));
}

engine::EventSink events_to(pgo_event_callback callback, void* user_data) {
  if (callback == nullptr) return {};
  return [callback, user_data](const engine::EventRecord& record) {
    json::Value event = json::Value::object({{"type", record.type},
                                             {"topics", json::Value::array()},
                                             {"namespace", record.ns},
                                             {"user", record.user},
                                             {"time", to_rfc3339_micro(record.time)},
                                             {"payload", json::Value::object()}});
    for (const std::string& topic : record.topics) event.at_or_add("topics").push_back(topic);
    for (const auto& [key, value] : record.payload) event.at_or_add("payload").set(key, value);
    const std::string text = json::write(event);
    const InCallback inside;
    callback(text.c_str(), text.size(), user_data);
  };
}

namespace {

Result<json::Value> plan_of(const json::Value& view) {
  const auto text = [&](std::string_view key) -> Result<std::string> {
    const json::String* found = view[key].if_string();
    if (found == nullptr || found->empty()) {
      return fail(Code::invalid_argument, "the view must say this, as text", std::string(key));
    }
    return *found;
  };
  PGO_TRY(const std::string ns, text("namespace"));
  PGO_TRY(const std::string cluster, text("cluster"));
  PGO_TRY(const std::string time, text("now"));
  PGO_TRY(const TimePoint now, parse_rfc3339(time));
  if (!view["objects"].is_array()) {
    return fail(Code::invalid_argument, "the view must hold an array of objects", "objects");
  }
  model::Config config = model::Config::defaults();
  if (const json::String* yaml = view["config"].if_string()) {
    PGO_TRY(config, model::parse_config(*yaml));
  }
  PGO_TRY(const plan::ClusterView observed, plan::view_of_objects(ns, cluster, view["objects"]));
  const plan::Settings settings{.config = &config, .renderer = &manifests::Renderer::built_in()};
  return plan::to_json(plan::plan_cluster(observed, settings, now));
}

}  // namespace
}  // namespace pgo::capi

using namespace pgo;
using namespace pgo::capi;

const char* pgo_version(void) { return kVersion; }
int32_t pgo_abi_version(void) { return PGO_ABI_VERSION; }
const char* pgo_compatible_version(void) { return kCompatibleVersion; }

int32_t pgo_error_code(const pgo_error* error) {
  return error == nullptr ? PGO_OK : static_cast<int32_t>(error->error.code);
}
const char* pgo_error_message(const pgo_error* error) {
  return error == nullptr ? "" : error->text.c_str();
}
const char* pgo_error_subject(const pgo_error* error) {
  return error == nullptr ? "" : error->error.subject.c_str();
}
void pgo_error_free(pgo_error* error) { take_back(error); }

const char* pgo_code_name(int32_t code) {
  if (code == PGO_OK) return "ok";
  if (code < PGO_OK || code > PGO_ERR_INTERNAL) return "unknown";
  return to_string(static_cast<Code>(code)).data();
}

const char* pgo_string_data(const pgo_string* string) {
  return string == nullptr ? "" : string->text.c_str();
}
size_t pgo_string_size(const pgo_string* string) {
  return string == nullptr ? 0 : string->text.size();
}
void pgo_string_free(pgo_string* string) { take_back(string); }

pgo_cancel* pgo_cancel_new(void) { return hand_out(std::make_unique<pgo_cancel>()); }
void pgo_cancel_trigger(pgo_cancel* cancel) {
  if (cancel != nullptr) cancel->source.request_stop();
}
void pgo_cancel_free(pgo_cancel* cancel) { take_back(cancel); }

void pgo_options_init(void* options, size_t size) {
  if (options == nullptr || size < sizeof(size_t)) return;
  std::memset(options, 0, size);
  std::memcpy(options, &size, sizeof(size));
}

pgo_error* pgo_plan(const char* view, size_t view_size, pgo_string** plan) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(plan, "plan"));
    PGO_TRY(const std::string_view text, document_of(view, view_size));
    PGO_TRY(const json::Value document, json::parse(text));
    PGO_TRY(const json::Value made, plan_of(document));
    give(plan, json::write(made));
    return {};
  });
}
