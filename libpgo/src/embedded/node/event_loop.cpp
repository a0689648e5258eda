#include "embedded/node/event_loop.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <limits>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <utility>

namespace pgo::embedded::node {

namespace {
constexpr std::uint64_t kWakeData = 0;

std::uint64_t pack(int fd, std::uint64_t generation) {
  return generation << 32 | static_cast<std::uint32_t>(fd);
}
}  // namespace

struct EventLoop::Access {};

Result<std::unique_ptr<EventLoop>> EventLoop::create(const char* name) {
  auto loop = std::make_unique<EventLoop>(Access{});
  loop->epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!loop->epoll_) return fail_errno("make", "an epoll descriptor");
  loop->wake_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!loop->wake_) return fail_errno("make", "an event descriptor");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeData;
  if (::epoll_ctl(loop->epoll_.get(), EPOLL_CTL_ADD, loop->wake_.get(), &event) < 0)
    return fail_errno("watch", "an event descriptor");
  loop->thread_ = std::thread([raw = loop.get()] { raw->run(); });
  ::pthread_setname_np(loop->thread_.native_handle(), name);
  return loop;
}

EventLoop::~EventLoop() { stop(); }

void EventLoop::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    posted_.clear();
  }
  ::eventfd_write(wake_.get(), 1);
  if (thread_.joinable()) thread_.join();
}

void EventLoop::post(Task task) {
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  posted_.push_back(std::move(task));
  if (std::exchange(woken_, true)) return;
  ::eventfd_write(wake_.get(), 1);
}

void EventLoop::call(const Task& task) {
  if (on_loop()) return task();
  // Shared with the posted task, which tells in its destructor too: a dropped task must not leave
  // the caller waiting.
  struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = false;
    void release() {
      std::lock_guard lock(mutex);
      open = true;
      changed.notify_all();
    }
  };
  struct Key {
    std::shared_ptr<Gate> gate;
    explicit Key(std::shared_ptr<Gate> of) : gate(std::move(of)) {}
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
    ~Key() { gate->release(); }
  };
  auto gate = std::make_shared<Gate>();
  {
    auto key = std::make_shared<Key>(gate);
    post([&task, key = std::move(key)]() mutable {
      task();
      key.reset();
    });
  }
  std::unique_lock lock(gate->mutex);
  gate->changed.wait(lock, [&] { return gate->open; });
}

EventLoop::TimerId EventLoop::after(std::chrono::nanoseconds delay, Task task) {
  TimerId id = next_timer_++;
  auto due = Steady::now() + std::max(delay, std::chrono::nanoseconds::zero());
  timers_.emplace(std::pair{due, id}, std::move(task));
  due_.emplace(id, due);
  return id;
}

void EventLoop::cancel(TimerId timer) {
  auto found = due_.find(timer);
  if (found == due_.end()) return;
  timers_.erase({found->second, timer});
  due_.erase(found);
}

void EventLoop::watch(int fd, std::uint32_t events, Ready ready) {
  // The generation tells a reused descriptor from the one an event was queued for.
  std::uint64_t generation = next_generation_++;
  if (next_generation_ == 0) next_generation_ = 1;
  watches_[fd] = {std::make_shared<Ready>(std::move(ready)), generation};
  epoll_event event{};
  event.events = events;
  event.data.u64 = pack(fd, generation);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void EventLoop::change(int fd, std::uint32_t events) {
  auto found = watches_.find(fd);
  if (found == watches_.end()) return;
  epoll_event event{};
  event.events = events;
  event.data.u64 = pack(fd, found->second.generation);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::forget(int fd) {
  if (watches_.erase(fd) == 0) return;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void EventLoop::forget_all() {
  watches_.clear();
  timers_.clear();
  due_.clear();
}

int EventLoop::wait_ms() const {
  if (timers_.empty()) return -1;
  auto left = timers_.begin()->first.first - Steady::now();
  auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<std::int64_t>(ms, 0, std::numeric_limits<int>::max()));
}

void EventLoop::run_posted() {
  std::vector<Task> tasks;
  {
    std::lock_guard lock(mutex_);
    tasks.swap(posted_);
    woken_ = false;
  }
  for (Task& task : tasks) {
    task();
    task = nullptr;  // what it holds goes now, not after the others
  }
}

void EventLoop::run_due_timers() {
  auto now = Steady::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    auto node = timers_.extract(timers_.begin());
    due_.erase(node.key().second);
    node.mapped()();
  }
}

void EventLoop::run() {
  // The host's signal handlers run on the host's threads, and a broken pipe is an error here.
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
  std::array<epoll_event, 64> events;
  for (;;) {
    int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms());
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.u64 == kWakeData) {
        eventfd_t value = 0;
        ::eventfd_read(wake_.get(), &value);
        run_posted();
        continue;
      }
      auto found = watches_.find(static_cast<int>(event.data.u64 & 0xffffffffu));
      if (found == watches_.end() || found->second.generation != event.data.u64 >> 32) continue;
      auto ready = found->second.ready;  // it may forget itself while it runs
      (*ready)(event.events);
    }
    run_due_timers();
  }
}

}  // namespace pgo::embedded::node
