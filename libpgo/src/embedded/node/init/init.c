// The only program of ours inside a sandbox, built static so that it runs over any root.
//
//   pgo-init run STATUS_FD PROGRAM ARGS...
//     Process 1 of a container. Starts PROGRAM, passes signals on, collects orphans, and ends with
//     PROGRAM's status. Lines on STATUS_FD: "started", then "exited N" or "killed SIGNAL", or
//     "failed TEXT" when PROGRAM could not be started.
//
//   pgo-init exec STREAMS PID PIDFD STATUS_FD DIRECTORY PROGRAM ARGS...
//     Runs PROGRAM inside the container whose process 1 is PID (PIDFD proves that PID is still
//     that process). Ends with PROGRAM's status; "failed TEXT" on STATUS_FD when the container
//     could not be entered. SIGTERM kills PROGRAM and its process group. STREAMS: "pipes" (what it
//     was given), "terminal" (a new one of the container, whose other side goes to STATUS_FD, then
//     a socket, with one byte) or "screen" (the same for output alone).
#define _GNU_SOURCE  // NOLINT(bugprone-reserved-identifier): what glibc calls it
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kUsage = 64, kCannotExecute = 126, kNotFound = 127, kSignalBase = 128 };

static void report(int fd, const char* format, const char* text, int number) {
  char line[512];
  int length = snprintf(line, sizeof line, format, text, number);
  if (length < 0) return;
  if ((size_t)length >= sizeof line) length = sizeof line - 1;
  ssize_t written = write(fd, line, (size_t)length);
  (void)written;  // nobody is left to tell
}

static void default_signals(void) {
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void start_program(char** argv) {
  default_signals();
  execvp(argv[0], argv);
  int error = errno;
  fprintf(stderr, "cannot run %s: %s\n", argv[0], strerror(error));
  _exit(error == ENOENT ? kNotFound : kCannotExecute);
}

static int exit_code(int status) {
  return WIFSIGNALED(status) ? kSignalBase + WTERMSIG(status) : WEXITSTATUS(status);
}

// Collects every dead child; returns 1 and sets `status` when `program` was among them.
static int collect(pid_t program, int* status) {
  int found = 0;
  int one = 0;
  pid_t pid;
  while ((pid = waitpid(-1, &one, WNOHANG)) > 0) {
    if (pid != program) continue;
    *status = one;
    found = 1;
  }
  return found;
}

static int number(const char* text) { return (int)strtol(text, NULL, 10); }

static int run(int argc, char** argv) {
  if (argc < 4) return kUsage;
  int status_fd = number(argv[2]);
  fcntl(status_fd, F_SETFD, FD_CLOEXEC);
  // Blocked before "started" is reported: a blocked signal waits, also for process 1, where one
  // without a handler would be dropped by the kernel.
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);

  pid_t program = fork();
  if (program < 0) {
    report(status_fd, "failed cannot fork: %s\n", strerror(errno), 0);
    return kCannotExecute;
  }
  if (program == 0) start_program(argv + 3);
  // SIGPIPE is blocked: EPIPE means that the supervisor died before it could be watched.
  if (write(status_fd, "started\n", 8) < 0 && errno == EPIPE) return kCannotExecute;

  int status = 0;
  for (;;) {
    int number = sigwaitinfo(&all, NULL);
    if (number < 0) continue;
    if (number == SIGCHLD) {
      if (!collect(program, &status)) continue;
      if (WIFSIGNALED(status))
        report(status_fd, "%s %d\n", "killed", WTERMSIG(status));
      else
        report(status_fd, "%s %d\n", "exited", WEXITSTATUS(status));
      return exit_code(status);
    }
    switch (number) {
      case SIGTERM:
      case SIGINT:
      case SIGHUP:
      case SIGQUIT:
      case SIGUSR1:
      case SIGUSR2:
        kill(program, number);
        break;
      default:
        break;
    }
  }
}

enum { kNamespaces = 5 };

// Opens what `enter` joins, in its order. bubblewrap nests two user namespaces (its --dev needs
// one for devpts); the other namespaces belong to the outer one, so that is joined first and the
// container's own last.
static const char* open_namespaces(const char* pid, int* outer_user, int* user,
                                   int fds[kNamespaces]) {
  static const char* const names[kNamespaces] = {"mnt", "pid", "uts", "ipc", NULL};
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/ns/user", pid);
  *user = open(path, O_RDONLY | O_CLOEXEC);
  if (*user < 0) return "open the user namespace";
  for (int i = 0; names[i] != NULL; ++i) {
    snprintf(path, sizeof path, "/proc/%s/ns/%s", pid, names[i]);
    fds[i] = open(path, O_RDONLY | O_CLOEXEC);
    if (fds[i] < 0) return "open a namespace";
  }
  *outer_user = ioctl(*user, NS_GET_PARENT);
  if (*outer_user < 0) return "find the outer user namespace";
  struct stat outer;
  struct stat own;
  int own_fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
  if (own_fd < 0 || fstat(own_fd, &own) < 0 || fstat(*outer_user, &outer) < 0)
    return "compare user namespaces";
  close(own_fd);
  if (own.st_ino == outer.st_ino && own.st_dev == outer.st_dev) {
    close(*outer_user);  // not nested: the container's own comes first instead
    *outer_user = *user;
    *user = -1;
  }
  return NULL;
}

static const char* enter(const char* pid, int pidfd) {
  int outer_user = -1;
  int user = -1;
  int fds[kNamespaces] = {-1, -1, -1, -1, -1};
  const char* failure = open_namespaces(pid, &outer_user, &user, fds);
  if (failure != NULL) return failure;
  struct pollfd ended = {.fd = pidfd, .events = POLLIN, .revents = 0};
  if (poll(&ended, 1, 0) != 0) {
    errno = ESRCH;  // the number may belong to another process by now
    return "find the container";
  }
  if (setns(outer_user, CLONE_NEWUSER) < 0) return "join the outer user namespace";
  for (int i = 0; i < kNamespaces && fds[i] >= 0; ++i)
    if (setns(fds[i], 0) < 0) return "join a namespace";
  if (user >= 0 && setns(user, CLONE_NEWUSER) < 0) return "join the user namespace";
  return NULL;
}

static int send_fd(int socket, int fd) {
  char byte = '\n';
  struct iovec text = {.iov_base = &byte, .iov_len = 1};
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control = {.bytes = {0}};
  struct msghdr message = {.msg_iov = &text,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

// Makes a terminal, the other side of which goes to `socket`. It is one of the container's, so that
// programs find it by its name; therefore after `enter`.
static const char* open_terminal(int socket, int* terminal) {
  int other = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (other < 0) return "open /dev/ptmx";
  int locked = 0;
  if (ioctl(other, TIOCSPTLCK, &locked) < 0) return "unlock a terminal";
  *terminal = ioctl(other, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*terminal < 0) return "open a terminal";
  if (send_fd(socket, other) < 0) return "hand over a terminal";
  close(other);
  return NULL;
}

static void take_terminal(int terminal, int first) {
  ioctl(terminal, TIOCSCTTY, 0);
  for (int fd = first; fd <= STDERR_FILENO; ++fd) dup2(terminal, fd);
}

static int exec_in_container(int argc, char** argv) {
  if (argc < 8) return kUsage;
  const char* streams = argv[2];
  ++argv;
  int pidfd = number(argv[3]);
  int status_fd = number(argv[4]);
  int terminal = -1;
  fcntl(pidfd, F_SETFD, FD_CLOEXEC);
  fcntl(status_fd, F_SETFD, FD_CLOEXEC);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGCHLD);
  sigaddset(&watched, SIGTERM);
  sigprocmask(SIG_SETMASK, &watched, NULL);

  const char* failure = enter(argv[2], pidfd);
  if (failure == NULL && strcmp(streams, "pipes") != 0)
    failure = open_terminal(status_fd, &terminal);
  if (failure != NULL) {
    char text[256];
    snprintf(text, sizeof text, "cannot %s: %s", failure, strerror(errno));
    report(status_fd, "failed %s\n", text, 0);
    return kCannotExecute;
  }
  pid_t program = fork();
  if (program < 0) {
    report(status_fd, "failed cannot fork: %s\n", strerror(errno), 0);
    return kCannotExecute;
  }
  if (program == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    if (terminal >= 0)
      take_terminal(terminal, strcmp(streams, "terminal") == 0 ? STDIN_FILENO : STDOUT_FILENO);
    if (chdir(argv[5]) < 0 && chdir("/") < 0) _exit(kCannotExecute);
    start_program(argv + 6);
  }
  if (terminal >= 0) close(terminal);  // it ends with its last program
  int status = 0;
  for (;;) {
    int number = sigwaitinfo(&watched, NULL);
    if (number == SIGTERM) kill(-program, SIGKILL);
    if (number == SIGCHLD && collect(program, &status)) return exit_code(status);
  }
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "run") == 0) return run(argc, argv);
  if (argc > 1 && strcmp(argv[1], "exec") == 0) return exec_in_container(argc, argv);
  return kUsage;
}
