#include "embedded/node/exec_process.h"

#include "pgo/base/text.h"

#include <cstring>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <utility>

namespace pgo::embedded::node {

namespace {
constexpr int kPidfd = 3;
constexpr int kExecStatusFd = 4;
constexpr std::chrono::seconds kKillDelay{1};
constexpr std::string_view kFailed = "failed ";
// epoll's own are of two types.
constexpr std::uint32_t kNothing = 0, kIn = EPOLLIN, kOut = EPOLLOUT;
constexpr char kEndOfInput = 4;  // Ctrl-D, as a terminal knows no other end

// What can be read now; a descriptor that came along goes to `given`.
std::string receive(const Fd& socket, Fd& given) {
  char block[4096];
  iovec text{.iov_base = block, .iov_len = sizeof block};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t count = ::recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (count <= 0) return {};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    given = Fd(fd);
  }
  return {block, static_cast<std::size_t>(count)};
}
}  // namespace

struct ExecProcess::Access {};

ExecProcess::ExecProcess(const Access&, EventLoop& loop, ContainerCommand command,
                         Supervisor::ExecDone done)
    : loop_(loop),
      command_(std::move(command)),
      done_(std::move(done)),
      input_(std::move(command_.stdin_data)),
      input_ended_(!command_.streams) {}

Result<std::unique_ptr<ExecProcess>> ExecProcess::start(EventLoop& loop, const std::string& init,
                                                        pid_t pid, const Fd& pidfd,
                                                        ContainerCommand command,
                                                        Supervisor::ExecDone done) {
  if (command.command.empty()) return fail(Code::invalid_argument, "no command to run");
  auto process = std::make_unique<ExecProcess>(Access{}, loop, std::move(command), std::move(done));
  PGO_TRY_VOID(process->spawn_helper(init, pid, pidfd));
  process->watch_all();
  process->listen();
  return process;
}

ExecProcess::~ExecProcess() {
  if (command_.streams) command_.streams->on_ready({});
  loop_.cancel(timer_);
  for (Fd* fd : {&stdin_, &out_, &err_, &status_, &terminal_}) close(*fd);
  if (!child_.pidfd) return;
  loop_.forget(child_.pidfd.get());
  send_signal(child_.pidfd, SIGKILL);  // what runs inside is bound to it by PR_SET_PDEATHSIG
  reap(child_);
}

bool ExecProcess::has_input() const {
  return command_.streams ? !command_.streams->without_input() : !input_.empty();
}

const char* ExecProcess::kind_of_streams() const {
  if (!has_terminal()) return "pipes";
  return has_input() ? "terminal" : "screen";
}

Result<void> ExecProcess::spawn_helper(const std::string& init, pid_t pid, const Fd& pidfd) {
  Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return fail_errno("open", "/dev/null");
  Pipe in;
  if (has_input() && !has_terminal()) {
    PGO_TRY(in, make_pipe());
  }
  PGO_TRY(Pipe out, make_pipe());
  PGO_TRY(Pipe err, make_pipe());
  PGO_TRY(Pipe status, make_socket_pair());
  std::vector<std::string> argv{init,
                                "exec",
                                kind_of_streams(),
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
  for (const Fd* fd : {&out_, &err_})
    loop_.watch(fd->get(), EPOLLIN, [this](std::uint32_t events) { on_output(events); });
  loop_.watch(status_.get(), EPOLLIN, [this](std::uint32_t) { on_status(); });
  loop_.watch(child_.pidfd.get(), EPOLLIN, [this](std::uint32_t) { finish(); });
  if (stdin_) loop_.watch(stdin_.get(), EPOLLOUT, [this](std::uint32_t e) { on_stdin(e); });
  timer_ = loop_.after(command_.timeout, [this] {
    abort({.code = Code::deadline_exceeded,
           .message = "the command did not end within " + to_human(command_.timeout),
           .subject = command_.command.front(),
           .http_status = 0,
           .reason = {}});
  });
}

void ExecProcess::listen() {
  if (!command_.streams) return;
  command_.streams->on_ready([&loop = loop_, weak = std::weak_ptr(self_)] {
    loop.post([weak] {
      if (const auto self = weak.lock()) (*self)->serve_client();
    });
  });
}

void ExecProcess::serve_client() {
  take_input();
  read_output(Reading::paced);
  arm();
}

void ExecProcess::take_input() {
  // First what has come before: the rest waits where it makes the client wait.
  if (!command_.streams || input_sent_ < input_.size()) return;
  ExecStreams::Input input = command_.streams->take_input();
  input_ = std::move(input.text);
  input_sent_ = 0;
  if (input.ended && !input_ended_ && has_terminal()) input_ += kEndOfInput;
  input_ended_ = input_ended_ || input.ended;
  if (input.size) size_ = input.size;
  set_size();
}

// Says for which events the descriptors are watched.
void ExecProcess::arm() {
  const bool more = input_sent_ < input_.size() || input_ended_;
  const std::uint32_t out = crowded_ ? kNothing : kIn;
  if (stdin_) loop_.change(stdin_.get(), more ? kOut : kNothing);
  if (out_) loop_.change(out_.get(), out);
  if (err_) loop_.change(err_.get(), out);
  if (terminal_) {
    // Its end of input is a character, and there is none for a screen.
    const bool writes = has_input() && input_sent_ < input_.size();
    loop_.change(terminal_.get(), out | (writes ? kOut : kNothing));
  }
}

void ExecProcess::on_stdin(std::uint32_t events) {
  if ((events & EPOLLERR) != 0) return close(stdin_);  // the command does not read: its business
  write_input(stdin_);
  take_input();
  if (input_ended_ && input_sent_ == input_.size()) close(stdin_);
  arm();
}

void ExecProcess::on_output(std::uint32_t events) {
  // The other side is closed: what is left fits in a pipe, and there is no waiting for a hang-up.
  read_output((events & EPOLLHUP) != 0 ? Reading::to_the_end : Reading::paced);
}

void ExecProcess::on_terminal(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) {
    write_input(terminal_);
    take_input();
  }
  on_output(events);
  arm();
}

void ExecProcess::on_status() {
  Fd terminal;
  std::string text = receive(status_, terminal);
  if (terminal) return take_terminal(std::move(terminal));
  if (text.empty()) loop_.forget(status_.get());
  status_text_ += text;
}

void ExecProcess::take_terminal(Fd terminal) {
  terminal_ = std::move(terminal);
  set_nonblocking(terminal_.get());
  set_size();
  loop_.watch(terminal_.get(), EPOLLIN, [this](std::uint32_t events) { on_terminal(events); });
  arm();
}

void ExecProcess::set_size() {
  if (!terminal_ || !size_) return;
  winsize size{};
  size.ws_row = size_->rows;
  size.ws_col = size_->columns;
  ::ioctl(terminal_.get(), TIOCSWINSZ, &size);
}

void ExecProcess::write_input(Fd& to) {
  while (to && input_sent_ < input_.size()) {
    ssize_t count = ::write(to.get(), input_.data() + input_sent_, input_.size() - input_sent_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) return close(to);
    input_sent_ += static_cast<std::size_t>(count);
  }
}

void ExecProcess::close(Fd& fd) {
  if (fd) loop_.forget(fd.get());
  fd.reset();
}

void ExecProcess::read_output(Reading how) {
  if (terminal_) read(terminal_, out_text_, how);
  read(out_, out_text_, how);
  read(err_, err_text_, how);
  if (crowded_) arm();
}

void ExecProcess::read(Fd& from, std::string& into, Reading how) {
  char block[65536];
  while (from) {
    crowded_ = how == Reading::paced && command_.streams && command_.streams->crowded();
    if (crowded_) return;
    ssize_t count = ::read(from.get(), block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return close(from);  // a terminal's end is an error
    const std::string_view text(block, static_cast<std::size_t>(count));
    if (command_.streams) {
      &into == &err_text_ ? command_.streams->write_err(text) : command_.streams->write_out(text);
      continue;
    }
    if (out_text_.size() + err_text_.size() + text.size() > kMostOutput) {
      if (!reason_)
        abort({.code = Code::resource_exhausted,
               .message = "the command wrote more than 32 MiB",
               .subject = command_.command.front(),
               .http_status = 0,
               .reason = {}});
      continue;  // read on, so that nothing blocks on a full pipe
    }
    into += text;
  }
}

void ExecProcess::abort(Error reason) {
  if (!reason_) reason_ = std::move(reason);
  loop_.cancel(timer_);
  send_signal(child_.pidfd, SIGTERM);  // the helper kills the command's process group
  timer_ = loop_.after(kKillDelay, [this] { send_signal(child_.pidfd, SIGKILL); });
}

void ExecProcess::finish() {
  on_status();  // what it said at the end may not have been read yet
  on_status();
  read_output(Reading::to_the_end);
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
