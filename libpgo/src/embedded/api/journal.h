#pragma once

#include "pgo/base/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pgo::embedded::api {

/// Where writes survive the process. One call at a time.
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
  /// The state of one object after a write.
  struct Entry {
    std::uint64_t version;
    std::string_view table, ns, name;
    const std::string* text;  ///< null: the object is gone
  };
  /// Makes these writes durable, all or none, in this order.
  virtual Result<void> write(std::span<const Entry> entries) = 0;
  /// False when nothing outlives the process: nobody need wait for `write` then.
  virtual bool keeps() const = 0;
  virtual std::string setting(const std::string& name) = 0;
  virtual Result<void> set_setting(const std::string& name, const std::string& value) = 0;
};

/// Keeps settings in memory and forgets the rest.
std::unique_ptr<Journal> make_memory_journal();

/// A SQLite file, made when absent. Errors name the file and say what to do.
Result<std::unique_ptr<Journal>> open_sqlite_journal(const std::filesystem::path& file);

}  // namespace pgo::embedded::api
