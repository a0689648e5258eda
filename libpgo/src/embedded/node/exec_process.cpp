#include "embedded/node/exec_process.h"

#include "pgo/base/text.h"

#include <signal.h>
#include <sys/epoll.h>
#include <utility>

namespace pgo::embedded::node {

namespace {
constexpr int kPidfd = 3;
constexpr int kExecStatusFd = 4;
constexpr std::chrono::seconds kKillDelay{1};
constexpr std::string_view kFailed = "failed ";
}  // namespace

struct ExecProcess::Access {};

ExecProcess::ExecProcess(const Access&, EventLoop& loop, ContainerCommand command,
                         Supervisor::ExecDone done)
    : loop_(loop), command_(std::move(command)), done_(std::move(done)) {}

Result<std::unique_ptr<ExecProcess>> ExecProcess::start(EventLoop& loop, const std::string& init,
                                                        pid_t pid, const Fd& pidfd,
                                                        ContainerCommand command,
                                                        Supervisor::ExecDone done) {
  if (command.command.empty()) return fail(Code::invalid_argument, "no command to run");
  auto process = std::make_unique<ExecProcess>(Access{}, loop, std::move(command), std::move(done));
  PGO_TRY_VOID(process->spawn_helper(init, pid, pidfd));
  process->watch_all();
  return process;
}

ExecProcess::~ExecProcess() {
  loop_.cancel(timer_);
  for (const Fd* fd : {&stdin_, &out_, &err_, &status_}) loop_.forget(fd->get());
  if (!child_.pidfd) return;
  loop_.forget(child_.pidfd.get());
  send_signal(child_.pidfd, SIGKILL);  // what runs inside is bound to it by PR_SET_PDEATHSIG
  reap(child_);
}

Result<void> ExecProcess::spawn_helper(const std::string& init, pid_t pid, const Fd& pidfd) {
  Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return fail_errno("open", "/dev/null");
  Pipe in;
  if (!command_.stdin_data.empty()) {
    PGO_TRY(in, make_pipe());
  }
  PGO_TRY(Pipe out, make_pipe());
  PGO_TRY(Pipe err, make_pipe());
  PGO_TRY(Pipe status, make_pipe());
  std::vector<std::string> argv{init,
                                "exec",
                                std::to_string(pid),
                                std::to_string(kPidfd),
                                std::to_string(kExecStatusFd),
                                command_.working_dir};
  argv.insert(argv.end(), command_.command.begin(), command_.command.end());
  std::vector<std::string> environment;
  environment.reserve(command_.env.size());
  for (const auto& [name, value] : command_.env) environment.push_back(name + "=" + value);
  GivenFd fds[] = {{in.read ? in.read.get() : null.get(), 0},
                   {out.write.get(), 1},
                   {err.write.get(), 2},
                   {pidfd.get(), kPidfd},
                   {status.write.get(), kExecStatusFd}};
  PGO_TRY(child_, spawn(init, argv, environment, fds));
  stdin_ = std::move(in.write);
  out_ = std::move(out.read);
  err_ = std::move(err.read);
  status_ = std::move(status.read);
  for (const Fd* fd : {&stdin_, &out_, &err_, &status_})
    if (*fd) set_nonblocking(fd->get());
  return {};
}

void ExecProcess::watch_all() {
  loop_.watch(out_.get(), EPOLLIN, [this](std::uint32_t) { read(out_, out_text_); });
  loop_.watch(err_.get(), EPOLLIN, [this](std::uint32_t) { read(err_, err_text_); });
  loop_.watch(child_.pidfd.get(), EPOLLIN, [this](std::uint32_t) { finish(); });
  if (stdin_) loop_.watch(stdin_.get(), EPOLLOUT, [this](std::uint32_t) { write_stdin(); });
  timer_ = loop_.after(command_.timeout, [this] {
    abort({.code = Code::deadline_exceeded,
           .message = "the command did not end within " + to_human(command_.timeout),
           .subject = command_.command.front(),
           .http_status = 0,
           .reason = {}});
  });
}

void ExecProcess::write_stdin() {
  const std::string& data = command_.stdin_data;
  while (stdin_sent_ < data.size()) {
    ssize_t count = ::write(stdin_.get(), data.data() + stdin_sent_, data.size() - stdin_sent_);
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) break;  // it does not read: its business
    stdin_sent_ += static_cast<std::size_t>(count);
  }
  loop_.forget(stdin_.get());
  stdin_.reset();
}

void ExecProcess::read(Fd& from, std::string& into) {
  char block[65536];
  while (from) {
    ssize_t count = ::read(from.get(), block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;
    if (count == 0) {
      loop_.forget(from.get());
      from.reset();
      return;
    }
    if (out_text_.size() + err_text_.size() + static_cast<std::size_t>(count) > kMostOutput) {
      if (!reason_)
        abort({.code = Code::resource_exhausted,
               .message = "the command wrote more than 32 MiB",
               .subject = command_.command.front(),
               .http_status = 0,
               .reason = {}});
      continue;  // read on, so that nothing blocks on a full pipe
    }
    into.append(block, static_cast<std::size_t>(count));
  }
}

void ExecProcess::abort(Error reason) {
  if (!reason_) reason_ = std::move(reason);
  loop_.cancel(timer_);
  send_signal(child_.pidfd, SIGTERM);  // the helper kills the command's process group
  timer_ = loop_.after(kKillDelay, [this] { send_signal(child_.pidfd, SIGKILL); });
}

void ExecProcess::finish() {
  read(out_, out_text_);
  read(err_, err_text_);
  read(status_, status_text_);
  loop_.forget(child_.pidfd.get());
  ChildStatus status = reap(child_);
  child_.pidfd.reset();
  Result<kube::ExecResult> result = kube::ExecResult{};
  if (reason_) {
    result = fail(*std::move(reason_));
  } else if (status_text_.starts_with(kFailed)) {
    result = fail(Code::failed_precondition,
                  std::string(text::trim(status_text_.substr(kFailed.size()))));
  } else if (!status.known) {
    result = fail(Code::internal, "the exit status was taken by another part of the process");
  } else {
    result->exit_code = status.code;
    result->out = std::move(out_text_);
    result->err = std::move(err_text_);
  }
  auto done = std::move(done_);
  done(std::move(result));  // may destroy this
}

}  // namespace pgo::embedded::node
