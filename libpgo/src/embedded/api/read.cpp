#include "embedded/api/api.h"
#include "embedded/api/scale.h"
#include "embedded/api/status.h"
#include "embedded/api/table.h"
#include "pgo/base/text.h"

#include <algorithm>

namespace pgo::embedded::api {
namespace {

/// Where the next page of a list begins: at which version, after which object.
struct Position {
  std::uint64_t version = 0;
  Key last;
};

std::string encode(const Position& position) {
  return text::base64_encode(json::write(
      json::Value::array({std::uint64_t{position.version}, position.last.ns, position.last.name})));
}

Result<Position> decode(std::string_view token) {
  const auto bad = [] { return bad_request("continue key is not valid"); };
  auto decoded = text::base64_decode(token);
  if (!decoded) return bad();
  auto parsed = json::parse(*decoded);
  if (!parsed || parsed->items().size() != 3) return bad();
  return Position{
      .version = static_cast<std::uint64_t>((*parsed)[0].as_int()),
      .last = {std::string((*parsed)[1].as_string()), std::string((*parsed)[2].as_string())}};
}

/// Cuts one page out of a whole list of the past.
Listing cut_page(Listing listing, const Filter& filter, const Key* from, std::size_t limit) {
  Listing page{.records = {}, .version = listing.version};
  for (RecordPtr& record : listing.records) {
    if (from != nullptr && record->key() <= *from) continue;
    if (!filter.matches(*record)) continue;
    page.more = limit > 0 && page.records.size() == limit;
    if (page.more) break;
    page.records.push_back(std::move(record));
  }
  return page;
}

/// The continue token that follows a page; empty after the last.
std::string token_after(const Listing& page) {
  if (!page.more) return {};
  return encode({.version = page.version, .last = page.records.back()->key()});
}

/// Concatenates stored texts; nothing is parsed.
std::string list_text(const Resource& resource, const Listing& page, const std::string& next) {
  std::string text = "{\"kind\":\"" + resource.kind + "List\",\"apiVersion\":\"" +
                     resource.api_version() + "\",\"metadata\":{\"resourceVersion\":\"" +
                     std::to_string(page.version) + "\"";
  if (!next.empty()) text += ",\"continue\":\"" + next + "\"";
  text += "},\"items\":[";
  for (const RecordPtr& record : page.records) {
    if (text.back() == '}') text += ',';
    text += record->text();
  }
  text += "]}";
  return text;
}

Result<std::uint64_t> read_version(const Call& call) {
  const std::string_view asked = call.query.get("resourceVersion");
  if (asked.empty()) return 0;
  const auto number = text::to_int(asked);
  if (!number || *number < 0) {
    return invalid(call.resource->kind + "List", "", "resourceVersion",
                   "\"" + std::string(asked) + "\" is not a resource version");
  }
  return static_cast<std::uint64_t>(*number);
}

}  // namespace

Result<Answer> Api::get(const Call& call) {
  RecordPtr record = store_.get(call.resource->table, call.key());
  if (!record) return not_found(call.resource->qualified(), call.name);
  if (call.subresource == "scale") {
    return json_answer(200, scale_of(*call.resource, record->document()->document()));
  }
  if (wants_table(call)) {
    return Answer{.status = 200,
                  .content_type = "application/json",
                  .body = table_text(call, {record}, record->version(), {}, clock_->now())};
  }
  return object_answer(call, 200, *record);
}

Result<Answer> Api::list(const Call& call) {
  PGO_TRY(const Filter filter, make_filter(*call.resource, call.ns, call.query.get("labelSelector"),
                                           call.query.get("fieldSelector")));
  const auto limit = static_cast<std::size_t>(
      std::max<std::int64_t>(0, text::to_int(call.query.get("limit")).value_or(0)));
  PGO_TRY(const std::uint64_t version, read_version(call));
  const std::string_view token = call.query.get("continue");
  Listing page;
  if (!token.empty()) {
    PGO_TRY(const Position from, decode(token));
    auto listing = store_.list_at(call.resource->table, call.ns, from.version);
    if (!listing) {
      return expired(
          "The provided continue parameter is too old to display a consistent list "
          "result. You must start a new list without the continue parameter.");
    }
    page = cut_page(*std::move(listing), filter, &from.last, limit);
  } else if (version > 0 && call.query.get("resourceVersionMatch") == "Exact") {
    PGO_TRY(Listing listing, store_.list_at(call.resource->table, call.ns, version));
    page = cut_page(std::move(listing), filter, nullptr, limit);
  } else {
    page = store_.select(call.resource->table, filter, nullptr, limit);
    if (version > page.version) return future_version(version, page.version);
  }
  const std::string next = token_after(page);
  return Answer{.status = 200,
                .content_type = "application/json",
                .body = wants_table(call)
                            ? table_text(call, page.records, page.version, next, clock_->now())
                            : list_text(*call.resource, page, next)};
}

}  // namespace pgo::embedded::api
