#include "pgo/json/value.h"

#include <algorithm>
#include <atomic>
#include <charconv>

namespace pgo::json {

Object::Object(std::initializer_list<std::pair<std::string_view, Value>> members) {
  members_.reserve(members.size());
  for (const auto& [key, value] : members) members_.push_back({String(key), value});
}

Object::Object(std::vector<Member>&& members) : members_(std::move(members)) {}

const Value* Object::find(std::string_view key) const {
  for (const Member& member : members_) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

Value* Object::find(std::string_view key) {
  for (Member& member : members_) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

Value& Object::operator[](std::string_view key) {
  if (Value* found = find(key)) return *found;
  return members_.emplace_back(Member{String(key), Value()}).value;
}

void Object::set(std::string_view key, Value value) { (*this)[key] = std::move(value); }

bool Object::erase(std::string_view key) {
  return std::erase_if(members_, [key](const Member& member) { return member.key == key; }) > 0;
}

std::size_t Object::size() const { return members_.size(); }
void Object::clear() { members_.clear(); }
std::vector<Member>::const_iterator Object::begin() const { return members_.begin(); }
std::vector<Member>::const_iterator Object::end() const { return members_.end(); }
std::vector<Member>::iterator Object::begin() { return members_.begin(); }
std::vector<Member>::iterator Object::end() { return members_.end(); }

bool Object::operator==(const Object& other) const {
  if (size() != other.size()) return false;
  return std::ranges::all_of(members_, [&other](const Member& member) {
    const Value* theirs = other.find(member.key);
    return theirs != nullptr && *theirs == member.value;
  });
}

std::string_view to_string(Type type) {
  switch (type) {
    case Type::null:
      return "null";
    case Type::boolean:
      return "boolean";
    case Type::integer:
      return "integer";
    case Type::number:
      return "number";
    case Type::string:
      return "string";
    case Type::array:
      return "array";
    case Type::object:
      return "object";
  }
  return "null";
}

Value::Value(std::uint64_t value) {
  if (value <= static_cast<std::uint64_t>(INT64_MAX)) {
    data_ = static_cast<std::int64_t>(value);
  } else {
    data_ = static_cast<double>(value);
  }
}

bool Value::as_bool(bool fallback) const {
  const bool* value = std::get_if<bool>(&data_);
  return value != nullptr ? *value : fallback;
}

std::int64_t Value::as_int(std::int64_t fallback) const {
  if (const auto* value = std::get_if<std::int64_t>(&data_)) return *value;
  return fallback;
}

double Value::as_double(double fallback) const {
  if (const auto* value = std::get_if<double>(&data_)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&data_)) return static_cast<double>(*value);
  return fallback;
}

std::string_view Value::as_string(std::string_view fallback) const {
  const String* value = if_string();
  return value != nullptr ? value->view() : fallback;
}

namespace {

const Value kNull;

template <typename T>
const T& empty() {
  static const T nothing;
  return nothing;
}

}  // namespace

template <typename T>
struct Value::Box<T>::Held {
  explicit Held(T&& value) : content(std::move(value)) {}
  explicit Held(const T& value) : content(value) {}

  std::atomic<std::uint32_t> owners = 1;
  bool lent = false;
  T content;
};

template <typename T>
Value::Box<T>::Box(T&& value)
    : held_(value.empty() ? nullptr : std::make_unique<Held>(std::move(value)).release()) {}

template <typename T>
Value::Box<T>::Box(const Box& other) {
  if (other.held_ == nullptr) return;
  if (other.held_->lent) {
    held_ = std::make_unique<Held>(std::as_const(other.held_->content)).release();
  } else {
    held_ = other.held_;
    held_->owners.fetch_add(1, std::memory_order_relaxed);
  }
}

template <typename T>
Value::Box<T>::~Box() {
  if (held_ == nullptr) return;
  // A sole owner cannot get company meanwhile: only this box could be copied.
  const bool last = held_->owners.load(std::memory_order_acquire) == 1 ||
                    held_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1;
  if (last) std::unique_ptr<Held>(held_).reset();
}

template <typename T>
const T& Value::Box<T>::get() const {
  return held_ != nullptr ? held_->content : empty<T>();
}

template <typename T>
T& Value::Box<T>::edit() {
  if (held_ == nullptr) {
    held_ = std::make_unique<Held>(T()).release();
  } else if (held_->owners.load(std::memory_order_acquire) != 1) {
    Box own;
    own.held_ = std::make_unique<Held>(std::as_const(held_->content)).release();
    *this = std::move(own);
  }
  return held_->content;
}

template <typename T>
T& Value::Box<T>::lend() {
  T& content = edit();
  held_->lent = true;
  return content;
}

template <typename T>
T* Value::Box<T>::seal() {
  if (held_ == nullptr || held_->owners.load(std::memory_order_acquire) != 1) return nullptr;
  held_->lent = false;
  return &held_->content;
}

template class Value::Box<Array>;
template class Value::Box<Object>;

const Array* Value::if_array() const {
  const auto* box = std::get_if<Box<Array>>(&data_);
  return box != nullptr ? &box->get() : nullptr;
}

Array* Value::if_array() {
  auto* box = std::get_if<Box<Array>>(&data_);
  return box != nullptr ? &box->lend() : nullptr;
}

const Object* Value::if_object() const {
  const auto* box = std::get_if<Box<Object>>(&data_);
  return box != nullptr ? &box->get() : nullptr;
}

Object* Value::if_object() {
  auto* box = std::get_if<Box<Object>>(&data_);
  return box != nullptr ? &box->lend() : nullptr;
}

const Array& Value::items() const {
  const Array* array = if_array();
  return array != nullptr ? *array : empty<Array>();
}

const Object& Value::members() const {
  const Object* object = if_object();
  return object != nullptr ? *object : empty<Object>();
}

template <typename T>
Value::Box<T>& Value::box() {
  if (!std::holds_alternative<Box<T>>(data_)) data_ = Box<T>();
  return std::get<Box<T>>(data_);
}

Array& Value::make_array() { return box<Array>().lend(); }

Object& Value::make_object() { return box<Object>().lend(); }

void Value::set(std::string_view key, Value value) {
  box<Object>().edit().set(key, std::move(value));
}

void Value::seal() {
  if (auto* array = std::get_if<Box<Array>>(&data_)) {
    if (Array* items = array->seal()) std::ranges::for_each(*items, &Value::seal);
  } else if (auto* object = std::get_if<Box<Object>>(&data_)) {
    Object* members = object->seal();
    if (members == nullptr) return;
    for (Member& member : *members) member.value.seal();
  }
}

const Value& Value::operator[](std::string_view key) const {
  const Object* object = if_object();
  const Value* found = object != nullptr ? object->find(key) : nullptr;
  return found != nullptr ? *found : kNull;
}

const Value& Value::operator[](std::size_t index) const {
  const Array* array = if_array();
  return array != nullptr && index < array->size() ? (*array)[index] : kNull;
}

void Value::push_back(Value value) { box<Array>().edit().push_back(std::move(value)); }

bool Value::erase(std::string_view key) {
  return members().contains(key) && box<Object>().edit().erase(key);
}

namespace {

/// Undoes the escapes of RFC 6901: "~1" is '/', "~0" is '~'.
std::string unescape(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1')) {
      out += token[++i] == '0' ? '~' : '/';
    } else {
      out += token[i];
    }
  }
  return out;
}

const Value* child(const Value& parent, std::string_view token) {
  if (const Object* object = parent.if_object()) return object->find(unescape(token));
  const Array* array = parent.if_array();
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (array == nullptr || error != std::errc() || end != token.data() + token.size() ||
      index >= array->size()) {
    return nullptr;
  }
  return &(*array)[index];
}

}  // namespace

const Value* Value::pointer(std::string_view path) const {
  const Value* at = this;
  while (!path.empty() && at != nullptr) {
    if (path.front() != '/') return nullptr;
    path.remove_prefix(1);
    const std::size_t end = path.find('/');
    at = child(*at, path.substr(0, end));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end);
  }
  return at;
}

bool Value::operator==(const Value& other) const {
  if (is_number() && other.is_number() && type() != other.type()) {
    return as_double() == other.as_double();
  }
  return data_ == other.data_;
}

bool deeper_than(const Value& value, std::size_t levels) {
  if (!value.is_array() && !value.is_object()) return false;
  if (levels == 0) return true;
  const auto too_deep = [levels](const Value& inner) { return deeper_than(inner, levels - 1); };
  return std::ranges::any_of(value.items(), too_deep) ||
         std::ranges::any_of(value.members(), too_deep, &Member::value);
}

}  // namespace pgo::json
