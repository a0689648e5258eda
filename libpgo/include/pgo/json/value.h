#pragma once

#include "pgo/base/result.h"
#include "pgo/json/string.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pgo::json {

class Value;
using Array = std::vector<Value>;
struct Member;

/// Members in insertion order; look-up is linear, which is right for objects of a few dozen keys.
class Object {
 public:
  Object();
  Object(const Object& other);
  Object(Object&& other) noexcept;
  Object& operator=(const Object& other);
  Object& operator=(Object&& other) noexcept;
  ~Object();
  Object(std::initializer_list<std::pair<std::string_view, Value>> members);
  /// Takes the members as they are; their keys must differ.
  explicit Object(std::vector<Member>&& members);

  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  /// The member, added as null when absent.
  Value& operator[](std::string_view key);
  /// Sets or replaces; a replaced member keeps its place.
  void set(std::string_view key, Value value);
  bool erase(std::string_view key);
  std::size_t size() const;
  bool empty() const { return size() == 0; }
  void clear();

  std::vector<Member>::const_iterator begin() const;
  std::vector<Member>::const_iterator end() const;
  std::vector<Member>::iterator begin();
  std::vector<Member>::iterator end();

  /// Order of members does not matter.
  bool operator==(const Object& other) const;

 private:
  std::vector<Member> members_;
};

enum class Type { null, boolean, integer, number, string, array, object };
std::string_view to_string(Type type);

/// Any JSON document, a plain value type: copies are cheap, for they share what is not changed,
/// also between threads. A `const Value&` into a document is good until that document is changed.
/// Integers that fit int64 stay integers; other numbers are doubles. Accessors never abort: a wrong
/// type reads as the given default, or as null.
class Value {
 public:
  Value() = default;
  Value(std::nullptr_t) {}
  Value(bool value) : data_(value) {}
  Value(int value) : data_(std::int64_t{value}) {}
  Value(std::int64_t value) : data_(value) {}
  Value(std::uint64_t value);
  Value(double value) : data_(value) {}
  Value(const char* value) : data_(String(value)) {}
  Value(std::string_view value) : data_(String(value)) {}
  Value(const std::string& value) : data_(String(value)) {}
  Value(String value) : data_(std::move(value)) {}
  Value(Array value) : data_(Box<Array>(std::move(value))) {}
  Value(Object value) : data_(Box<Object>(std::move(value))) {}

  static Value array(std::initializer_list<Value> items = {}) { return Value(Array(items)); }
  static Value object(std::initializer_list<std::pair<std::string_view, Value>> members = {}) {
    return Value(Object(members));
  }

  Type type() const { return static_cast<Type>(data_.index()); }
  bool is_null() const { return type() == Type::null; }
  bool is_bool() const { return type() == Type::boolean; }
  bool is_int() const { return type() == Type::integer; }
  bool is_number() const { return type() == Type::integer || type() == Type::number; }
  bool is_string() const { return type() == Type::string; }
  bool is_array() const { return type() == Type::array; }
  bool is_object() const { return type() == Type::object; }

  bool as_bool(bool fallback = false) const;
  std::int64_t as_int(std::int64_t fallback = 0) const;
  double as_double(double fallback = 0) const;
  /// The string, or `fallback` when this is no string. The view lives as long as this value.
  std::string_view as_string(std::string_view fallback = {}) const;
  const String* if_string() const { return std::get_if<String>(&data_); }
  const Array* if_array() const;
  Array* if_array();
  const Object* if_object() const;
  Object* if_object();

  /// Items of an array, or an empty array.
  const Array& items() const;
  /// Members of an object, or an empty object.
  const Object& members() const;
  /// Makes this an array or object (dropping another type) and returns it for change.
  Array& make_array();
  Object& make_object();

  /// Member of an object, or the null value: reads chain, `v["spec"]["replicas"].as_int(1)`.
  const Value& operator[](std::string_view key) const;
  /// Item of an array, or the null value.
  const Value& operator[](std::size_t index) const;
  /// Member for change; makes this an object, adds the member when absent.
  Value& at_or_add(std::string_view key) { return make_object()[key]; }
  void set(std::string_view key, Value value);
  void push_back(Value value);
  bool erase(std::string_view key);

  /// To be called when no reference for change that was handed out will be used any more: copies
  /// made from now on share everything.
  void seal();

  /// RFC 6901 pointer look-up ("/spec/containers/0"); null when absent.
  const Value* pointer(std::string_view path) const;

  bool operator==(const Value& other) const;

 private:
  /// A container behind one pointer, which is null while the container is empty. Copies share it
  /// until one of them is changed. A container of which a reference for change was handed out is
  /// never shared: the copy would see what is changed through that reference later.
  template <typename T>
  class Box {
   public:
    Box() = default;
    explicit Box(T&& value);
    Box(const Box& other);
    Box(Box&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
    Box& operator=(Box other) noexcept {
      std::swap(held_, other.held_);
      return *this;
    }
    ~Box();

    const T& get() const;
    /// For a change that is over when the caller returns.
    T& edit();
    /// For a reference that the caller's caller keeps.
    T& lend();
    /// See Value::seal. The content, unless others share it.
    T* seal();
    bool operator==(const Box& other) const { return held_ == other.held_ || get() == other.get(); }

   private:
    struct Held;
    Held* held_ = nullptr;
  };

  /// The container of this type, made empty when another type is here.
  template <typename T>
  Box<T>& box();

  std::variant<std::monostate, bool, std::int64_t, double, String, Box<Array>, Box<Object>> data_;
};

struct Member {
  String key;
  Value value;
  bool operator==(const Member&) const = default;
};

// Here, where Member is complete; clang asks for that where the class is.
inline Object::Object() = default;
inline Object::Object(const Object& other) = default;
inline Object::Object(Object&& other) noexcept = default;
inline Object& Object::operator=(const Object& other) = default;
inline Object& Object::operator=(Object&& other) noexcept = default;
inline Object::~Object() = default;

/// Bounds on foreign input.
struct ParseLimits {
  std::size_t max_bytes = 64u << 20;
  std::size_t max_depth = 256;
};

/// Parses exactly one document. Invalid UTF-8, duplicate keys (last one wins is not accepted),
/// excess depth or size and trailing text are `invalid_argument` with line and column.
Result<Value> parse(std::string_view text, const ParseLimits& limits = {});

/// Whether more than `levels` objects and arrays lie inside one another; an empty object is one.
bool deeper_than(const Value& value, std::size_t levels);

/// How text is written.
enum class Style {
  compact,  ///< no blanks
  pretty,   ///< two blanks per level
};
/// Go's encoding/json escapes < > & and U+2028/9; `go` gives those bytes.
enum class Escapes { plain, go };

std::string write(const Value& value, Style style = Style::compact,
                  Escapes escapes = Escapes::plain);
/// As `write`, with the members of every object sorted by key.
std::string write_sorted(const Value& value, Style style = Style::compact,
                         Escapes escapes = Escapes::plain);

}  // namespace pgo::json
