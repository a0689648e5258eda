#include "embedded/node/listeners.h"

#include "embedded/node/files.h"
#include "pgo/base/text.h"

#include <charconv>
#include <filesystem>
#include <optional>
#include <pwd.h>
#include <system_error>

namespace pgo::embedded::node {

namespace fs = std::filesystem;

namespace {

template <typename T>
std::optional<T> number(std::string_view text, int base) {
  T value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

constexpr std::string_view kListen = "0A";

std::optional<WildcardListener> parse_line(std::string_view line) {
  // sl local_address rem_address st queues timer retransmits uid timeout inode
  std::vector<std::string> fields = text::split_list(line, ' ');
  if (fields.size() < 10 || fields[3] != kListen) return std::nullopt;
  auto colon = fields[1].find(':');
  if (colon == std::string::npos) return std::nullopt;
  if (fields[1].find_first_not_of('0') != colon) return std::nullopt;
  auto port = number<std::uint16_t>(std::string_view(fields[1]).substr(colon + 1), 16);
  auto uid = number<std::uint32_t>(fields[7], 10);
  auto inode = number<std::uint64_t>(fields[9], 10);
  if (!port || !uid || !inode) return std::nullopt;
  return WildcardListener{*port, *uid, *inode};
}

// "name (pid N" of the process that has the socket; only processes of our own user can be seen.
std::string owner_of(std::uint64_t inode) {
  std::string wanted = "socket:[" + std::to_string(inode) + "]";
  std::error_code error;
  for (auto process = fs::directory_iterator("/proc", error);
       !error && process != fs::directory_iterator(); process.increment(error)) {
    std::string pid = process->path().filename().string();
    if (!text::to_int(pid)) continue;
    std::error_code denied;
    for (auto fd = fs::directory_iterator(process->path() / "fd", denied);
         !denied && fd != fs::directory_iterator(); fd.increment(denied)) {
      std::error_code ignored;
      if (fs::read_symlink(fd->path(), ignored) != wanted) continue;
      auto name = read_file(process->path() / "comm");
      return std::string(text::trim(name.value_or("a program"))) + " (pid " + pid + ", ";
    }
  }
  return "a program (";
}

}  // namespace

std::vector<WildcardListener> parse_wildcard_listeners(std::string_view text) {
  std::vector<WildcardListener> found;
  for (const std::string& line : text::split(text, '\n'))
    if (auto listener = parse_line(line)) found.push_back(*listener);
  return found;
}

std::string wildcard_culprit(std::uint16_t port) {
  for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    auto text = read_file(file);
    if (!text) continue;
    for (const WildcardListener& listener : parse_wildcard_listeners(*text)) {
      if (listener.port != port) continue;
      passwd entry{};
      passwd* user = nullptr;
      char buffer[1024];
      std::string name = std::to_string(listener.uid);
      if (::getpwuid_r(listener.uid, &entry, buffer, sizeof buffer, &user) == 0 && user != nullptr)
        name = user->pw_name;
      return owner_of(listener.inode) + "user " + name + ")";
    }
  }
  return {};
}

}  // namespace pgo::embedded::node
