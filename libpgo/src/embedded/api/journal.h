#pragma once

#include "pgo/base/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace pgo::embedded::api {

/// Where writes survive the process. Called under the store's lock, one call at a time.
class Journal {
 public:
  Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  virtual ~Journal() = default;

  using Visit = std::function<Result<void>(std::string_view table, std::uint64_t version,
                                           const std::string& text)>;
  /// Calls `visit` for every object and returns a version no lower than the last one written.
  virtual Result<std::uint64_t> load(const Visit& visit) = 0;
  /// Makes one write durable; `text` null removes the object.
  virtual Result<void> write(std::uint64_t version, std::string_view table, std::string_view ns,
                             std::string_view name, const std::string* text) = 0;
  virtual std::string setting(const std::string& name) = 0;
  virtual Result<void> set_setting(const std::string& name, const std::string& value) = 0;
};

/// Keeps settings in memory and forgets the rest.
std::unique_ptr<Journal> make_memory_journal();

/// A SQLite file, made when absent. Errors name the file and say what to do.
Result<std::unique_ptr<Journal>> open_sqlite_journal(const std::filesystem::path& file);

}  // namespace pgo::embedded::api
