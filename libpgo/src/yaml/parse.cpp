#include "pgo/base/text.h"
#include "pgo/yaml/yaml.h"
#include "scalar.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <unordered_set>
#include <utility>

namespace pgo::yaml {

namespace {

using json::Value;

std::string_view view(const yaml_char_t* text, std::size_t size) {
  return {reinterpret_cast<const char*>(text), size};
}
std::string view_or_empty(const yaml_char_t* text) {
  return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
}

std::unexpected<Error> fail_at(const yaml_mark_t& mark, std::string_view problem) {
  return fail(Code::invalid_argument, fmt::format("not valid YAML at line {}, column {}: {}",
                                                  mark.line + 1, mark.column + 1, problem));
}

/// One libyaml event, freed with its holder.
class Event {
 public:
  Event() : raw_{} {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(&raw_); }

  yaml_event_t* fresh() {
    yaml_event_delete(&raw_);
    raw_ = {};
    return &raw_;
  }
  yaml_event_type_t type() const { return raw_.type; }
  const yaml_mark_t& mark() const { return raw_.start_mark; }
  const yaml_event_t& raw() const { return raw_; }

 private:
  yaml_event_t raw_;
};

class Stream {
 public:
  explicit Stream(std::string_view text) : parser_{} {
    ready_ = yaml_parser_initialize(&parser_) != 0;
    if (!ready_) return;
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    if (ready_) yaml_parser_delete(&parser_);
  }

  Result<void> next(Event& event) {
    if (!ready_) return fail(Code::resource_exhausted, "out of memory for a YAML parser");
    if (yaml_parser_parse(&parser_, event.fresh()) != 0) return {};
    std::string problem = parser_.problem == nullptr ? "unreadable" : parser_.problem;
    if (parser_.context != nullptr) problem += fmt::format(" ({})", parser_.context);
    const bool in_reader = parser_.error == YAML_READER_ERROR;
    if (in_reader) {
      return fail(Code::invalid_argument,
                  fmt::format("not valid YAML at byte {}: {}", parser_.problem_offset, problem));
    }
    return fail_at(parser_.problem_mark, problem);
  }

 private:
  yaml_parser_t parser_;
  bool ready_ = false;
};

/// A finished node that an alias may repeat.
struct Anchored {
  Value value;
  Place place;
  std::size_t nodes = 0;
  std::size_t depth = 0;
};

/// What is known of a node besides its value and place.
struct Extent {
  std::size_t nodes = 1;
  std::size_t depth = 1;  ///< levels below and including the node
  bool is_merge_key = false;
};

constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

class Composer {
 public:
  Composer(std::string_view text, const Limits& limits, bool places)
      : stream_(text), limits_(limits), places_(places) {}

  /// Reads up to the next document's content; nothing at the end of the stream.
  Result<std::optional<Document>> next_document() {
    for (;;) {
      PGO_TRY_VOID(stream_.next(event_));
      switch (event_.type()) {
        case YAML_STREAM_END_EVENT:
        case YAML_NO_EVENT:
          return std::optional<Document>();
        case YAML_DOCUMENT_START_EVENT: {
          anchors_.clear();
          open_anchors_.clear();
          PGO_TRY_VOID(stream_.next(event_));
          document_empty_ = is_implicit_null();
          Document document;
          PGO_TRY_VOID(node(document.value, document.place, 1));
          return std::optional<Document>(std::move(document));
        }
        default:
          break;
      }
    }
  }

  const yaml_mark_t& mark() const { return event_.mark(); }
  /// Whether the document last read had no content at all.
  bool document_empty() const { return document_empty_; }

 private:
  bool is_implicit_null() const {
    if (event_.type() != YAML_SCALAR_EVENT) return false;
    const auto& scalar = event_.raw().data.scalar;
    return scalar.length == 0 && scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           scalar.anchor == nullptr && scalar.tag == nullptr;
  }

  Result<void> count(std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ <= limits_.max_nodes) return {};
    return fail_at(event_.mark(),
                   fmt::format("more than {} nodes, aliases expanded", limits_.max_nodes));
  }

  Result<void> check_depth(std::size_t depth) const {
    if (depth <= limits_.max_depth) return {};
    return fail_at(event_.mark(), fmt::format("nested deeper than {} levels", limits_.max_depth));
  }

  /// Composes the node whose first event is the current one; `depth` is its level from 1.
  Result<Extent> node(Value& value, Place& place, std::size_t depth) {
    place.line = static_cast<std::uint32_t>(event_.mark().line + 1);
    place.column = static_cast<std::uint32_t>(event_.mark().column + 1);
    PGO_TRY_VOID(check_depth(depth));
    switch (event_.type()) {
      case YAML_ALIAS_EVENT:
        return alias(value, place, depth);
      case YAML_SCALAR_EVENT:
        return scalar(value, place);
      case YAML_SEQUENCE_START_EVENT:
        return sequence(value, place, depth);
      case YAML_MAPPING_START_EVENT:
        return mapping(value, place, depth);
      default:
        return fail_at(event_.mark(), "a value is missing");
    }
  }

  Result<Extent> alias(Value& value, Place& place, std::size_t depth) {
    const std::string name = view_or_empty(event_.raw().data.alias.anchor);
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      const bool open = std::ranges::find(open_anchors_, name) != open_anchors_.end();
      return fail_at(event_.mark(),
                     open ? fmt::format("the alias *{} stands inside its own anchor", name)
                          : fmt::format("no anchor &{} stands above this alias", name));
    }
    const Anchored& target = found->second;
    PGO_TRY_VOID(count(target.nodes));
    PGO_TRY_VOID(check_depth(depth + target.depth - 1));
    value = target.value;
    if (places_) place.children = target.place.children;
    return Extent{.nodes = target.nodes, .depth = target.depth};
  }

  void remember(const std::string& anchor, const Value& value, const Place& place,
                const Extent& extent) {
    if (anchor.empty()) return;
    if (!open_anchors_.empty() && open_anchors_.back() == anchor) open_anchors_.pop_back();
    anchors_.insert_or_assign(anchor, Anchored{value, place, extent.nodes, extent.depth});
  }

  void open_anchor(const std::string& anchor) {
    if (anchor.empty()) return;
    anchors_.erase(anchor);
    open_anchors_.push_back(anchor);
  }

  Result<Extent> scalar(Value& value, const Place& place) {
    PGO_TRY_VOID(count(1));
    const auto& raw = event_.raw().data.scalar;
    const std::string_view text = view(raw.value, raw.length);
    if (raw.tag != nullptr) {
      PGO_TRY(value, tagged(view_or_empty(raw.tag), text));
    } else if (raw.plain_implicit != 0 && raw.style == YAML_PLAIN_SCALAR_STYLE) {
      value = resolve_plain(text);
    } else {
      value = text;
    }
    if (value.is_number() && !std::isfinite(value.as_double())) {
      return fail_at(event_.mark(), fmt::format("{} has no place in JSON", text));
    }
    Extent extent;
    extent.is_merge_key =
        raw.tag == nullptr && raw.style == YAML_PLAIN_SCALAR_STYLE && text == "<<";
    remember(view_or_empty(raw.anchor), value, place, extent);
    return extent;
  }

  Result<Value> tagged(const std::string& tag, std::string_view text) const {
    if (tag == "!" || tag == fmt::format("{}str", kCoreTag)) return Value(text);
    if (!tag.starts_with(kCoreTag)) {
      return fail_at(event_.mark(), fmt::format("the tag {} is not supported", tag));
    }
    const std::string_view kind = std::string_view(tag).substr(kCoreTag.size());
    Value value = resolve_plain(text);
    if (kind == "float" && value.is_number()) return Value(value.as_double());
    if ((kind == "int" && value.is_int()) || (kind == "bool" && value.is_bool()) ||
        (kind == "null" && value.is_null())) {
      return value;
    }
    const bool known = kind == "int" || kind == "bool" || kind == "null" || kind == "float";
    return fail_at(event_.mark(), known ? fmt::format("the value is no {}", kind)
                                        : fmt::format("the tag !!{} is not supported", kind));
  }

  Result<void> check_tag(const yaml_char_t* tag, std::string_view kind) const {
    if (tag == nullptr || view_or_empty(tag) == fmt::format("{}{}", kCoreTag, kind)) return {};
    return fail_at(event_.mark(),
                   fmt::format("the tag {} is not supported here", view_or_empty(tag)));
  }

  Result<Extent> sequence(Value& value, Place& place, std::size_t depth) {
    PGO_TRY_VOID(count(1));
    PGO_TRY_VOID(check_tag(event_.raw().data.sequence_start.tag, "seq"));
    const std::string anchor = view_or_empty(event_.raw().data.sequence_start.anchor);
    open_anchor(anchor);
    json::Array& items = value.make_array();
    Extent extent;
    for (;;) {
      PGO_TRY_VOID(stream_.next(event_));
      if (event_.type() == YAML_SEQUENCE_END_EVENT) break;
      Place item_place;
      PGO_TRY(const Extent inner, node(items.emplace_back(), item_place, depth + 1));
      extent.nodes += inner.nodes;
      extent.depth = std::max(extent.depth, inner.depth + 1);
      if (places_) place.children.push_back(std::move(item_place));
    }
    remember(anchor, value, place, extent);
    return extent;
  }

  /// The members of one mapping while it is read.
  struct OpenMapping {
    json::Object& members;
    Place& place;
    std::unordered_set<std::string> keys;  // filled only when the mapping is large
    std::vector<std::pair<Value, Place>> merges;
  };

  static bool is_duplicate(OpenMapping& open, const std::string& key) {
    constexpr std::size_t kLinearSearch = 24;
    if (open.members.size() < kLinearSearch) return open.members.contains(key);
    if (open.keys.empty()) {
      for (const json::Member& member : open.members) open.keys.insert(member.key);
    }
    return !open.keys.insert(key).second;
  }

  Result<Extent> mapping(Value& value, Place& place, std::size_t depth) {
    PGO_TRY_VOID(count(1));
    PGO_TRY_VOID(check_tag(event_.raw().data.mapping_start.tag, "map"));
    const std::string anchor = view_or_empty(event_.raw().data.mapping_start.anchor);
    open_anchor(anchor);
    OpenMapping open{value.make_object(), place, {}, {}};
    Extent extent;
    for (;;) {
      PGO_TRY_VOID(stream_.next(event_));
      if (event_.type() == YAML_MAPPING_END_EVENT) break;
      PGO_TRY(const Extent inner, member(open, depth));
      extent.nodes += inner.nodes;
      extent.depth = std::max(extent.depth, inner.depth + 1);
    }
    merge(open);
    remember(anchor, value, place, extent);
    return extent;
  }

  /// Reads one key, which is the current event, and its value.
  Result<Extent> member(OpenMapping& open, std::size_t depth) {
    const yaml_mark_t mark = event_.mark();
    Value key;
    Place place;
    std::string name;
    if (event_.type() == YAML_SCALAR_EVENT) {
      name = std::string(view(event_.raw().data.scalar.value, event_.raw().data.scalar.length));
    }
    PGO_TRY(const Extent key_extent, node(key, place, depth + 1));
    if (key.is_array() || key.is_object()) return fail_at(mark, "a key must be a scalar");
    if (name.empty()) name = key.is_string() ? std::string(key.as_string()) : json::write(key);
    const bool is_merge = key_extent.is_merge_key;
    if (!is_merge && is_duplicate(open, name)) {
      return fail_at(mark, fmt::format("the key \"{}\" appears twice in one mapping", name));
    }
    PGO_TRY_VOID(stream_.next(event_));
    Value value;
    Place value_place;
    PGO_TRY(Extent extent, node(value, value_place, depth + 1));
    extent.nodes += 1;
    if (is_merge) {
      PGO_TRY_VOID(check_merge(value, mark));
      open.merges.emplace_back(std::move(value), std::move(value_place));
      return extent;
    }
    open.members[name] = std::move(value);
    if (places_) {
      place.children = std::move(value_place.children);
      open.place.children.push_back(std::move(place));
    }
    return extent;
  }

  static Result<void> check_merge(const Value& value, const yaml_mark_t& mark) {
    const bool fits = value.is_object() ||
                      (value.is_array() && std::ranges::all_of(value.items(), &Value::is_object));
    if (fits) return {};
    return fail_at(mark, "the merge key << takes a mapping or a list of mappings");
  }

  /// Adds what `<<` brought in; the mapping's own keys win, then the earlier source.
  void merge(OpenMapping& open) {
    for (auto& [source, place] : open.merges) {
      if (source.is_object()) {
        merge_one(open, source, place);
        continue;
      }
      for (std::size_t i = 0; i < source.items().size(); ++i) {
        merge_one(open, source[i], places_ ? place.children[i] : place);
      }
    }
  }

  void merge_one(OpenMapping& open, const Value& source, const Place& place) {
    std::size_t i = 0;
    for (const json::Member& member : source.members()) {
      const std::size_t at = i++;
      if (is_duplicate(open, member.key)) continue;
      open.members[member.key] = member.value;
      if (places_) open.place.children.push_back(place.children[at]);
    }
  }

  Stream stream_;
  Event event_;
  const Limits& limits_;
  const bool places_;
  bool document_empty_ = false;
  std::size_t nodes_ = 0;
  std::map<std::string, Anchored> anchors_;
  std::vector<std::string> open_anchors_;
};

Result<void> check_size(std::string_view text, const Limits& limits) {
  if (text.size() <= limits.max_bytes) return {};
  return fail(Code::invalid_argument, fmt::format("YAML of {} bytes is larger than the limit of {}",
                                                  text.size(), limits.max_bytes));
}

Result<Document> parse_one(std::string_view text, const Limits& limits, bool places) {
  PGO_TRY_VOID(check_size(text, limits));
  Composer composer(text, limits, places);
  PGO_TRY(std::optional<Document> document, composer.next_document());
  if (!document) return Document{.value = {}, .place = {.line = 1, .column = 1, .children = {}}};
  PGO_TRY(const std::optional<Document> second, composer.next_document());
  if (second && !(composer.document_empty())) {
    return fail(Code::invalid_argument,
                fmt::format("not valid YAML at line {}: a second document begins where one was "
                            "expected",
                            second->place.line));
  }
  return *std::move(document);
}

}  // namespace

Result<Value> parse(std::string_view text, const Limits& limits) {
  PGO_TRY(Document document, parse_one(text, limits, false));
  return std::move(document.value);
}

Result<Document> parse_document(std::string_view text, const Limits& limits) {
  return parse_one(text, limits, true);
}

Result<std::vector<Document>> parse_all(std::string_view text, const Limits& limits) {
  PGO_TRY_VOID(check_size(text, limits));
  Composer composer(text, limits, true);
  std::vector<Document> documents;
  for (;;) {
    PGO_TRY(std::optional<Document> document, composer.next_document());
    if (!document) return documents;
    if (!composer.document_empty()) documents.push_back(*std::move(document));
  }
}

}  // namespace pgo::yaml
