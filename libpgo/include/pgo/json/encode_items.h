#pragma once

#include "pgo/json/codec.h"

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace pgo::json {
namespace detail {

/// Items that take the place of those of a list.
struct ComingItems {
  std::size_t offset;    ///< of the list
  std::size_t expected;  ///< about how many come; room is made for them
  std::function<const void*()> next;
};

std::string encode_text(const Type& type, const void* object, const ComingItems& items,
                        Escapes escapes);

}  // namespace detail

/// As `encode_text`, where `list` has the items that `next` makes one after the other, until it
/// gives null: they are never all in memory. `expected` is about how many come.
template <typename T, typename Item>
std::string encode_items(const T& object, std::vector<Item> T::* list, std::size_t expected,
                         std::function<const Item*()> next, Escapes escapes = Escapes::plain) {
  const auto offset = static_cast<std::size_t>(reinterpret_cast<const char*>(&(object.*list)) -
                                               reinterpret_cast<const char*>(&object));
  return detail::encode_text(detail::kType<T>, &object, {offset, expected, std::move(next)},
                             escapes);
}

}  // namespace pgo::json
