#include "embedded/node/addresses.h"

#include "embedded/node/files.h"
#include "pgo/base/text.h"
#include "pgo/json/value.h"

#include <arpa/inet.h>

namespace pgo::embedded::node {

Result<std::uint32_t> parse_ipv4(std::string_view text) {
  in_addr address{};
  if (::inet_pton(AF_INET, std::string(text).c_str(), &address) != 1)
    return fail(Code::invalid_argument, "not an IPv4 address: " + std::string(text));
  return ntohl(address.s_addr);
}

std::string ipv4_text(std::uint32_t address) {
  in_addr raw{htonl(address)};
  char text[INET_ADDRSTRLEN];
  return ::inet_ntop(AF_INET, &raw, text, sizeof text);
}

Result<AddressRange> AddressRange::parse(std::string_view text) {
  auto slash = text.find('/');
  auto bits = slash == text.npos ? std::nullopt : text::to_int(text.substr(slash + 1));
  constexpr int kLeastBits = 8;
  constexpr int kMostBits = 29;
  if (!bits || *bits < kLeastBits || *bits > kMostBits)
    return fail(Code::invalid_argument,
                "not a network between /8 and /29 like 127.77.0.0/24: " + std::string(text));
  PGO_TRY(std::uint32_t address, parse_ipv4(text.substr(0, slash)));
  std::uint32_t count = 1u << (32 - *bits);
  return AddressRange{address & ~(count - 1), count};
}

AddressPool AddressPool::open(std::filesystem::path file, AddressRange range,
                              std::set<std::uint32_t> reserved, const Log& log) {
  AddressPool pool;
  pool.file_ = std::move(file);
  pool.range_ = range;
  pool.reserved_ = std::move(reserved);
  pool.last_ = range.first;
  auto text = read_file(pool.file_);
  if (!text && text.error().code == Code::not_found) return pool;
  Result<json::Value> parsed = text ? json::parse(*text) : fail(text.error());
  if (!parsed) {
    log.warn("the addresses of pods are forgotten: the file cannot be used",
             {{"file", pool.file_.string()}, {"problem", parsed.error().text()}});
    return pool;
  }
  const json::Value& state = *parsed;
  if (auto last = parse_ipv4(state["last"].as_string()); last && range.contains(*last))
    pool.last_ = *last;
  for (const json::Member& member : state["leases"].members()) {
    auto address = parse_ipv4(member.value.as_string());
    // After a change of the range, old leases are void.
    if (!address || !range.contains(*address)) continue;
    if (pool.taken_.insert(*address).second) pool.by_owner_[member.key] = *address;
  }
  return pool;
}

Result<void> AddressPool::save() const {
  json::Object leases;
  for (const auto& [owner, address] : by_owner_) leases.set(owner, ipv4_text(address));
  json::Value state = json::Value::object({{"last", ipv4_text(last_)}, {"leases", leases}});
  return keep_file(file_, json::write(state, json::Style::pretty));
}

Result<std::string> AddressPool::lease(const std::string& owner) {
  if (auto found = by_owner_.find(owner); found != by_owner_.end()) return ipv4_text(found->second);
  for (std::uint32_t step = 1; step < range_.count; ++step) {
    std::uint32_t address = range_.first + (last_ - range_.first + step) % range_.count;
    if (address == range_.first || address == range_.first + range_.count - 1) continue;
    if (taken_.contains(address) || reserved_.contains(address)) continue;
    taken_.insert(address);
    by_owner_[owner] = address;
    last_ = address;
    PGO_TRY_VOID(save());
    return ipv4_text(address);
  }
  return fail(Code::resource_exhausted,
              "all addresses of " + ipv4_text(range_.first) + " are taken by pods");
}

void AddressPool::release(const std::string& owner) {
  auto found = by_owner_.find(owner);
  if (found == by_owner_.end()) return;
  taken_.erase(found->second);
  by_owner_.erase(found);
  (void)save();  // a lease too many in the file is dropped at the next start
}

void AddressPool::keep_only(const std::set<std::string>& owners) {
  auto gone = std::erase_if(by_owner_, [&](const auto& lease) {
    if (owners.contains(lease.first)) return false;
    taken_.erase(lease.second);
    return true;
  });
  if (gone > 0) (void)save();
}

}  // namespace pgo::embedded::node
