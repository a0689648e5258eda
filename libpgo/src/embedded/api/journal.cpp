#include "embedded/api/journal.h"

#include <map>

namespace pgo::embedded::api {
namespace {

class MemoryJournal final : public Journal {
 public:
  Result<std::uint64_t> load(const Visit&) override { return 0; }
  Result<void> write(std::span<const Entry>) override { return {}; }
  bool keeps() const override { return false; }
  std::string setting(const std::string& name) override {
    const auto found = settings_.find(name);
    return found == settings_.end() ? std::string() : found->second;
  }
  Result<void> set_setting(const std::string& name, const std::string& value) override {
    settings_[name] = value;
    return {};
  }

 private:
  std::map<std::string, std::string> settings_;
};

}  // namespace

std::unique_ptr<Journal> make_memory_journal() { return std::make_unique<MemoryJournal>(); }

}  // namespace pgo::embedded::api
