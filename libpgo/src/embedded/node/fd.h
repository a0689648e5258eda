#pragma once

#include "pgo/base/result.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace pgo::embedded::node {

/// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

/// An `unavailable` error from errno: "cannot open /x: No such file or directory".
inline std::unexpected<Error> fail_errno(std::string_view action, std::string_view what,
                                         int error = errno) {
  return fail(Code::unavailable, "cannot " + std::string(action) + " " + std::string(what) + ": " +
                                     std::strerror(error));
}

struct Pipe {
  Fd read;
  Fd write;
};

/// Both ends close on exec; `O_NONBLOCK` may be given for both in `flags`.
inline Result<Pipe> make_pipe(int flags = 0) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | flags) < 0) return fail_errno("make", "a pipe");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

/// As a pipe whose reading end may also be given descriptors.
inline Result<Pipe> make_socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
    return fail_errno("make", "a pair of sockets");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

inline void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

}  // namespace pgo::embedded::node
