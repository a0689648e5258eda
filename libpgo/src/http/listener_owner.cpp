#include "http/listener_owner.h"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace pgo::http {
namespace {

constexpr const char* kListening = "0A";

struct Listener {
  std::string address;
  std::string inode;
};

/// "0100007F" is 127.0.0.1: the kernel prints the word as the machine stores it.
std::string dotted(const std::string& hex) {
  in_addr address{};
  const auto [end, error] =
      std::from_chars(hex.data(), hex.data() + hex.size(), address.s_addr, 16);
  std::array<char, INET_ADDRSTRLEN> text{};
  if (error != std::errc() || ::inet_ntop(AF_INET, &address, text.data(), text.size()) == nullptr) {
    return "[::]";
  }
  return text.data();
}

/// A listener on all addresses stands in the way of every one.
bool in_the_way(const std::string& listener, const std::string& address) {
  return listener == address || listener == "0.0.0.0" || listener == "[::]";
}

bool find_in(const char* file, const std::string& address, std::uint16_t port, Listener& found) {
  std::ifstream table(file);
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retransmit, user, timeout, inode;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retransmit >> user >>
        timeout >> inode;
    const std::size_t colon = local.find(':');
    if (state != kListening || colon == std::string::npos) continue;
    if (std::stoul(local.substr(colon + 1), nullptr, 16) != port) continue;
    const std::string host = local.substr(0, colon);
    found = {.address = host.size() == 8 ? dotted(host) : "[::]", .inode = inode};
    if (in_the_way(found.address, address)) return true;
  }
  return false;
}

/// The process that holds a socket, as far as this user may look.
std::string process_with(const std::string& inode) {
  const std::string wanted = "socket:[" + inode + "]";
  using Iterator = std::filesystem::directory_iterator;
  std::error_code error;
  for (Iterator process("/proc", error); !error && process != Iterator();
       process.increment(error)) {
    const std::string pid = process->path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    // A process of another user, or one that has just ended, has nothing to read.
    std::error_code unreadable;
    for (Iterator file(process->path() / "fd", unreadable); !unreadable && file != Iterator();
         file.increment(unreadable)) {
      std::error_code gone;
      if (std::filesystem::read_symlink(file->path(), gone) != wanted) continue;
      std::string name;
      std::ifstream(process->path() / "comm") >> name;
      return name + ", pid " + pid;
    }
  }
  return {};
}

}  // namespace

std::string listener_on(const std::string& address, std::uint16_t port) {
  Listener found;
  if (!find_in("/proc/net/tcp", address, port, found) &&
      !find_in("/proc/net/tcp6", address, port, found)) {
    return {};
  }
  const std::string process = process_with(found.inode);
  return found.address + ":" + std::to_string(port) + (process.empty() ? "" : " (" + process + ")");
}

std::string bind_problem(const std::string& address, std::uint16_t port, bool in_use,
                         const std::string& reason) {
  const std::string what = "cannot listen on " + address + ":" + std::to_string(port) + ": ";
  if (!in_use) return what + reason;
  const std::string holder = listener_on(address, port);
  return what + "the address is in use" + (holder.empty() ? "" : " by " + holder) +
         "; stop that program or choose another address or port";
}

}  // namespace pgo::http
