#include "embedded/node/supervisor.h"

#include "embedded/node/event_loop.h"
#include "embedded/node/exec_process.h"
#include "embedded/node/files.h"
#include "embedded/node/init_bytes.h"
#include "embedded/node/log_file.h"
#include "embedded/node/sandbox.h"
#include "embedded/node/spawn.h"
#include "pgo/base/text.h"
#include "pgo/json/value.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unordered_map>
#include <utility>

namespace pgo::embedded::node {

namespace {

constexpr std::chrono::seconds kSignalAgain{1};
constexpr std::chrono::milliseconds kLookAgain{10};
constexpr std::chrono::seconds kMostStarting{2};
constexpr std::size_t kKeptTail = 2000;
constexpr int kDestroyWaitMs = 5000;

using Steady = EventLoop::Steady;

// One run of a container.
struct Container {
  ContainerId id = 0;
  Launch launch;
  Child bwrap;
  pid_t init_pid = -1;
  Fd init;  // pidfd of the sandbox's process 1: the only one that may be signalled
  Fd info, status, output;
  std::string info_text, status_text;
  std::string tail;  // end of the output while it has not started: bubblewrap's own words
  LogFile log;
  bool started = false;
  std::optional<Steady::time_point> kill_at;
  EventLoop::TimerId timer = 0;
};

// The options as bubblewrap's --args wants them, in memory only.
Result<Fd> options_file(const std::vector<std::string>& options) {
  Fd file(::memfd_create("sandbox", MFD_CLOEXEC));
  if (!file) return fail_errno("make", "a memory file");
  std::string text;
  for (const std::string& option : options) {
    text += option;
    text += '\0';
  }
  for (std::string_view left = text; !left.empty();) {
    ssize_t count = ::write(file.get(), left.data(), left.size());
    if (count < 0) return fail_errno("write", "a memory file");
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::lseek(file.get(), 0, SEEK_SET) < 0) return fail_errno("rewind", "a memory file");
  return file;
}

// Everything that can be read now; true at the end of the file.
bool drain(const Fd& from, const std::function<void(std::string_view)>& take) {
  char block[65536];
  for (;;) {
    ssize_t count = ::read(from.get(), block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    if (count == 0) return true;
    take({block, static_cast<std::size_t>(count)});
  }
}

void wait_readable(const Fd& fd, std::chrono::milliseconds most) {
  pollfd waiting{fd.get(), POLLIN, 0};
  ::poll(&waiting, 1, static_cast<int>(most.count()));
}

// "exited N" or "killed N" as reported by the init program.
std::optional<ContainerExit> reported_exit(const std::string& status_text) {
  for (const std::string& line : text::split(status_text, '\n')) {
    auto number = line.size() > 7 ? text::to_int(line.substr(7)) : std::nullopt;
    if (!number) continue;
    int value = static_cast<int>(*number);
    if (line.starts_with("exited ")) return ContainerExit{value, 0, {}};
    if (line.starts_with("killed ")) return ContainerExit{128 + value, value, {}};
  }
  return std::nullopt;
}

}  // namespace

struct Supervisor::Impl {
  Options options;
  Log log;
  std::unique_ptr<EventLoop> loop;
  std::atomic<std::uint64_t> next_id{1};
  // The rest: only on the loop's thread.
  std::unordered_map<ContainerId, std::unique_ptr<Container>> containers;
  std::unordered_map<ExecId, std::unique_ptr<ExecProcess>> execs;

  Result<void> start(Container& container);
  void on_info(Container& container);
  void on_status(Container& container);
  void on_output(Container& container);
  void on_end(Container& container);
  ContainerExit exit_of(const Container& container, const ChildStatus& status) const;
  void tick(Container& container);
  bool kill(Container& container, Steady::duration patience);
  void run_exec(ExecId id, ContainerId container, ContainerCommand command, const ExecDone& done);
  void destroy_all();
};

Result<void> Supervisor::Impl::start(Container& container) {
  PGO_TRY(container.log,
          LogFile::create(container.launch.log, LogFile::kLimit, container.launch.log_rotation));
  PGO_TRY(Fd arguments, options_file(container.launch.options));
  Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null) return fail_errno("open", "/dev/null");
  PGO_TRY(Pipe info, make_pipe());
  PGO_TRY(Pipe status, make_pipe());
  PGO_TRY(Pipe output, make_pipe());
  GivenFd fds[] = {{null.get(), 0},
                   {output.write.get(), 1},
                   {output.write.get(), 2},
                   {info.write.get(), kInfoFd},
                   {arguments.get(), kArgumentsFd},
                   {status.write.get(), kStatusFd}};
  PGO_TRY(container.bwrap,
          spawn(options.bwrap, sandbox_command(options.bwrap, container.launch.program), {}, fds));
  container.info = std::move(info.read);
  container.status = std::move(status.read);
  container.output = std::move(output.read);
  for (const Fd* fd : {&container.info, &container.status, &container.output})
    set_nonblocking(fd->get());
  Container* raw = &container;
  loop->watch(container.info.get(), EPOLLIN, [this, raw](std::uint32_t) { on_info(*raw); });
  loop->watch(container.status.get(), EPOLLIN, [this, raw](std::uint32_t) { on_status(*raw); });
  loop->watch(container.output.get(), EPOLLIN, [this, raw](std::uint32_t) { on_output(*raw); });
  loop->watch(container.bwrap.pidfd.get(), EPOLLIN, [this, raw](std::uint32_t) { on_end(*raw); });
  return {};
}

void Supervisor::Impl::on_info(Container& container) {
  if (!container.info) return;
  bool closed = drain(container.info, [&](auto text) { container.info_text += text; });
  if (container.init_pid < 0) {
    if (auto value = json::parse(container.info_text)) {
      container.init_pid = static_cast<pid_t>((*value)["child-pid"].as_int(-1));
      if (auto pidfd = open_pidfd(container.init_pid)) container.init = *std::move(pidfd);
    }
  }
  if (!closed) return;
  loop->forget(container.info.get());
  container.info.reset();
}

void Supervisor::Impl::on_status(Container& container) {
  if (!container.status) return;
  bool closed = drain(container.status, [&](auto text) { container.status_text += text; });
  if (!container.started && container.status_text.starts_with("started\n")) {
    on_info(container);  // written before, but perhaps not read before
    container.started = true;
    container.tail.clear();
    if (container.launch.started) container.launch.started();
    if (container.kill_at) tick(container);  // asked to end while it was starting
  }
  if (!closed) return;
  loop->forget(container.status.get());
  container.status.reset();
}

void Supervisor::Impl::on_output(Container& container) {
  if (!container.output) return;
  bool closed = drain(container.output, [&](std::string_view text) {
    container.log.append(text);
    if (container.started) return;
    container.tail += text;
    if (container.tail.size() > kKeptTail)
      container.tail.erase(0, container.tail.size() - kKeptTail);
  });
  if (!closed) return;
  loop->forget(container.output.get());
  container.output.reset();
}

ContainerExit Supervisor::Impl::exit_of(const Container& container,
                                        const ChildStatus& status) const {
  if (auto reported = reported_exit(container.status_text)) return *reported;
  if (!container.started && !container.kill_at) {
    std::string words(text::trim(container.tail));
    return {status.code != 0 ? status.code : 1, 0,
            "the sandbox could not be made" + (words.empty() ? std::string() : ": " + words)};
  }
  // Process 1 itself was killed: bubblewrap passes its signal on as 128 + signal.
  constexpr int kSignalBase = 128;
  if (status.signal != 0) return {kSignalBase + status.signal, status.signal, {}};
  return {status.code, status.code > kSignalBase ? status.code - kSignalBase : 0, {}};
}

void Supervisor::Impl::on_end(Container& container) {
  on_status(container);
  on_output(container);
  ContainerExit exit = exit_of(container, reap(container.bwrap));
  for (const Fd* fd :
       {&container.info, &container.status, &container.output, &container.bwrap.pidfd})
    loop->forget(fd->get());
  loop->cancel(container.timer);
  auto ended = std::move(container.launch.ended);
  containers.erase(container.id);
  if (ended) ended(std::move(exit));
}

// False when it cannot be done yet: bubblewrap killed before it has named process 1 can leave that
// process behind, waiting for it. Only after `patience` is bubblewrap itself killed.
bool Supervisor::Impl::kill(Container& container, Steady::duration patience) {
  on_info(container);
  const bool unnamed = container.info && container.init_pid < 0;
  if (unnamed && patience > Steady::duration::zero()) return false;
  send_signal(container.init ? container.init : container.bwrap.pidfd, SIGKILL);
  return true;
}

void Supervisor::Impl::tick(Container& container) {
  loop->cancel(container.timer);
  auto now = Steady::now();
  Container* raw = &container;
  if (now >= *container.kill_at) {
    const bool killed = kill(container, *container.kill_at + kMostStarting - now);
    auto again = killed ? Steady::duration(kSignalAgain) : kLookAgain;
    container.timer = loop->after(again, [this, raw] { tick(*raw); });
    return;
  }
  if (container.started) send_signal(container.init, SIGTERM);
  auto next = std::min<Steady::duration>(kSignalAgain, *container.kill_at - now);
  container.timer = loop->after(next, [this, raw] { tick(*raw); });
}

void Supervisor::Impl::run_exec(ExecId id, ContainerId container, ContainerCommand command,
                                const ExecDone& done) {
  auto found = containers.find(container);
  if (found == containers.end() || !found->second->started || !found->second->init)
    return done(fail(Code::failed_precondition, "the container is not running"));
  auto finished = [this, id, done](Result<kube::ExecResult> result) {
    auto self = execs.extract(id);  // destroyed after `done`
    done(std::move(result));
  };
  auto process = ExecProcess::start(*loop, options.init.string(), found->second->init_pid,
                                    found->second->init, std::move(command), std::move(finished));
  if (!process) return done(fail(std::move(process).error()));
  execs.emplace(id, *std::move(process));
}

void Supervisor::Impl::destroy_all() {
  loop->forget_all();  // what the sandboxes said at the same moment finds nobody any more
  execs.clear();
  const auto give_up = Steady::now() + kMostStarting;
  for (auto& [id, container] : containers) {
    while (!kill(*container, give_up - Steady::now())) wait_readable(container->info, kLookAgain);
  }
  for (auto& [id, container] : containers) {
    if (!wait_for_end(container->bwrap, kDestroyWaitMs)) continue;
    reap(container->bwrap);
  }
  containers.clear();
}

Supervisor::Supervisor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Supervisor>> Supervisor::create(Options options, Log log) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  impl->log = std::move(log);
  PGO_TRY(impl->loop, EventLoop::create("pgo-supervisor"));
  return std::make_unique<Supervisor>(std::move(impl));
}

Supervisor::~Supervisor() {
  impl_->loop->call([this] { impl_->destroy_all(); });
  impl_->loop->stop();
}

ContainerId Supervisor::launch(Launch launch) {
  ContainerId id = impl_->next_id++;
  impl_->loop->post([impl = impl_.get(), id, launch = std::move(launch)]() mutable {
    auto container = std::make_unique<Container>();
    container->id = id;
    container->launch = std::move(launch);
    Container& raw = *container;
    impl->containers.emplace(id, std::move(container));
    auto started = impl->start(raw);
    if (started) return;
    auto ended = std::move(raw.launch.ended);
    impl->containers.erase(id);
    if (ended) ended({.code = 128, .signal = 0, .failure = started.error().message});
  });
  return id;
}

void Supervisor::terminate(ContainerId container, std::chrono::milliseconds grace) {
  impl_->loop->post([impl = impl_.get(), container, grace] {
    auto found = impl->containers.find(container);
    if (found == impl->containers.end()) return;
    auto kill_at = Steady::now() + grace;
    auto& current = found->second->kill_at;
    current = current ? std::min(*current, kill_at) : kill_at;
    impl->tick(*found->second);
  });
}

Supervisor::ExecId Supervisor::exec(ContainerId container, ContainerCommand command,
                                    ExecDone done) {
  ExecId id = impl_->next_id++;
  impl_->loop->post([impl = impl_.get(), id, container, command = std::move(command),
                     done = std::move(done)]() mutable {
    impl->run_exec(id, container, std::move(command), done);
  });
  return id;
}

void Supervisor::cancel(ExecId exec) {
  impl_->loop->post([impl = impl_.get(), exec] {
    auto found = impl->execs.find(exec);
    if (found == impl->execs.end()) return;
    found->second->abort({.code = Code::cancelled,
                          .message = "the command was cancelled",
                          .subject = {},
                          .http_status = 0,
                          .reason = {}});
  });
}

namespace {

struct Answer {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Result<kube::ExecResult>> result;

  void set(Result<kube::ExecResult> value) {
    std::lock_guard lock(mutex);
    if (!result) result = std::move(value);
    changed.notify_all();
  }
};

// The callback's side. Dropped unused (the supervisor is going away), it still answers.
struct Answerer {
  std::shared_ptr<Answer> answer;
  explicit Answerer(std::shared_ptr<Answer> to) : answer(std::move(to)) {}
  Answerer(const Answerer&) = delete;
  Answerer& operator=(const Answerer&) = delete;
  ~Answerer() { answer->set(fail(Code::cancelled, "the local node is stopping")); }
};

}  // namespace

Result<kube::ExecResult> Supervisor::exec_wait(ContainerId container, ContainerCommand command,
                                               std::stop_token stop) {
  auto answer = std::make_shared<Answer>();
  ExecId id = exec(container, std::move(command),
                   [answerer = std::make_shared<Answerer>(answer)](auto result) {
                     answerer->answer->set(std::move(result));
                   });
  std::stop_callback on_stop(stop, [this, id] { cancel(id); });
  std::unique_lock lock(answer->mutex);
  answer->changed.wait(lock, [&] { return answer->result.has_value(); });
  return *std::move(answer->result);
}

Result<std::filesystem::path> install_init(const std::filesystem::path& directory) {
  PGO_TRY_VOID(make_directory(directory));
  std::filesystem::path path = directory / "pgo-init";
  // Never written in place: a running copy could not be ("text file busy").
  PGO_TRY_VOID(replace_file(path, init_bytes(), 0700));
  return path;
}

}  // namespace pgo::embedded::node
