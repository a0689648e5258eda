#include "pgo/json/value.h"

#include <algorithm>
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
Value::Box<T>::Box(T&& value)
    : value_(value.empty() ? nullptr : std::make_unique<T>(std::move(value))) {}

template <typename T>
Value::Box<T>::Box(const Box& other)
    : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}

template <typename T>
Value::Box<T>& Value::Box<T>::operator=(const Box& other) {
  return *this = Box(other);
}

template <typename T>
const T& Value::Box<T>::get() const {
  return value_ ? *value_ : empty<T>();
}

template <typename T>
T& Value::Box<T>::get() {
  if (!value_) value_ = std::make_unique<T>();
  return *value_;
}

template class Value::Box<Array>;
template class Value::Box<Object>;

const Array* Value::if_array() const {
  const auto* box = std::get_if<Box<Array>>(&data_);
  return box != nullptr ? &box->get() : nullptr;
}

Array* Value::if_array() {
  auto* box = std::get_if<Box<Array>>(&data_);
  return box != nullptr ? &box->get() : nullptr;
}

const Object* Value::if_object() const {
  const auto* box = std::get_if<Box<Object>>(&data_);
  return box != nullptr ? &box->get() : nullptr;
}

Object* Value::if_object() {
  auto* box = std::get_if<Box<Object>>(&data_);
  return box != nullptr ? &box->get() : nullptr;
}

const Array& Value::items() const {
  const Array* array = if_array();
  return array != nullptr ? *array : empty<Array>();
}

const Object& Value::members() const {
  const Object* object = if_object();
  return object != nullptr ? *object : empty<Object>();
}

Array& Value::make_array() {
  if (!is_array()) data_ = Box<Array>();
  return std::get<Box<Array>>(data_).get();
}

Object& Value::make_object() {
  if (!is_object()) data_ = Box<Object>();
  return std::get<Box<Object>>(data_).get();
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

void Value::push_back(Value value) { make_array().push_back(std::move(value)); }

bool Value::erase(std::string_view key) {
  Object* object = if_object();
  return object != nullptr && object->erase(key);
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

}  // namespace pgo::json
