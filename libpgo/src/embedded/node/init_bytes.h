#pragma once

#include <string_view>

namespace pgo::embedded::node {

/// The static executable made from init/init.c.
std::string_view init_bytes();

}  // namespace pgo::embedded::node
