#include "pgo/operations/keys.h"

#include "pgo/crypto/keys.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>

namespace pgo::operations {

Result<std::string> FreshKeySource::take() { return crypto::make_rsa_key(); }

struct KeyPool::Impl {
  explicit Impl(std::size_t wanted) : size(wanted) {
    maker = std::jthread([this](const std::stop_token& stop) { fill(stop); });
  }

  void fill(const std::stop_token& stop) {
    while (true) {
      {
        std::unique_lock lock(mutex);
        if (!changed.wait(lock, stop, [this] { return keys.size() < size; })) return;
      }
      if (stop.stop_requested()) return;
      auto key = crypto::make_rsa_key();
      if (!key) return;  // Without randomness `take` reports the error itself.
      const std::lock_guard lock(mutex);
      keys.push_back(*std::move(key));
    }
  }

  const std::size_t size;
  mutable std::mutex mutex;
  std::condition_variable_any changed;
  std::deque<std::string> keys;
  std::jthread maker;  ///< last: it uses all of the above
};

KeyPool::KeyPool(std::size_t size) : impl_(std::make_unique<Impl>(size)) {}

KeyPool::~KeyPool() = default;

Result<std::string> KeyPool::take() {
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->keys.empty()) {
      std::string key = std::move(impl_->keys.front());
      impl_->keys.pop_front();
      impl_->changed.notify_all();
      return key;
    }
  }
  return crypto::make_rsa_key();
}

std::size_t KeyPool::ready() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->keys.size();
}

}  // namespace pgo::operations
