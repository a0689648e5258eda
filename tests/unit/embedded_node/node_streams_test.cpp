#include "supervisor_world.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

using namespace node_test;

namespace {

// A client at the other end of a command's streams.
class Person final : public embedded::ExecStreams {
 public:
  explicit Person(bool at_terminal, bool types = true)
      : terminal_(at_terminal), without_input_(!types) {
    next_.ended = !types;
  }

  void type(std::string_view text) {
    change([&] { next_.text += text; });
  }
  void end() {
    change([&] { next_.ended = true; });
  }
  void resize(std::uint16_t rows, std::uint16_t columns) {
    change([&] { next_.size = {rows, columns}; });
  }
  void crowd(bool on) {
    change([&] { crowded_ = on; });
  }
  // Waits until this was written; false after ten seconds.
  bool sees(std::string_view text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [&] { return out_.find(text) != std::string::npos; });
  }
  std::string out() {
    std::lock_guard lock(mutex_);
    return out_;
  }
  std::string err() {
    std::lock_guard lock(mutex_);
    return err_;
  }

  bool terminal() const override { return terminal_; }
  bool without_input() const override { return without_input_; }
  Input take_input() override {
    std::lock_guard lock(mutex_);
    Input taken = std::exchange(next_, {});
    next_.ended = taken.ended;
    return taken;
  }
  bool crowded() override {
    std::lock_guard lock(mutex_);
    return crowded_;
  }
  void on_ready(std::function<void()> ready) override {
    change([&] { ready_ = std::move(ready); });
  }
  void write_out(std::string_view text) override {
    std::lock_guard lock(mutex_);
    out_ += text;
    changed_.notify_all();
  }
  void write_err(std::string_view text) override {
    std::lock_guard lock(mutex_);
    err_ += text;
  }

 private:
  void change(const std::function<void()>& what) {
    std::lock_guard lock(mutex_);
    what();
    if (ready_) ready_();
  }
  const bool terminal_, without_input_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Input next_;
  bool crowded_ = false;
  std::string out_, err_;
  std::function<void()> ready_;
};

// A command with its streams connected, running.
struct Talk {
  std::shared_ptr<Person> person;
  std::stop_source stop;
  node_test::Mailbox<Result<kube::ExecResult>> result;
  std::thread thread;

  Talk(World& world, ContainerId id, std::shared_ptr<Person> with, std::vector<std::string> command)
      : person(std::move(with)) {
    thread = std::thread([this, &world, id, command = std::move(command)] {
      result.put(world.supervisor->exec_wait(id,
                                             {.command = command,
                                              .env = world.sandbox.env,
                                              .working_dir = "/",
                                              .stdin_data = {},
                                              .streams = person},
                                             stop.get_token()));
    });
  }
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;
  ~Talk() {
    stop.request_stop();
    thread.join();
  }
  int code() {
    auto ended = result.take();
    REQUIRE(ended);
    REQUIRE(*ended);
    return (*ended)->exit_code;
  }
};

}  // namespace

TEST_CASE("exec: with streams a command starts at once and answers while more is typed") {
  World world;
  NEEDS_USER(world);
  auto id = world.shell("sleep 1000");
  REQUIRE(world.started.take());
  Talk talk(world, id, std::make_shared<Person>(false), {"bash"});
  talk.person->type("echo one; echo bad >&2\n");
  CHECK(talk.person->sees("one\n"));
  talk.person->type("read answer; echo got $answer; tty\n");
  talk.person->type("more\n");
  CHECK(talk.person->sees("got more\nnot a tty\n"));
  talk.person->type("cat; exit 3\n");
  std::string big(300'000, 'x');
  talk.person->type(big);
  talk.person->end();
  CHECK(talk.code() == 3);
  CHECK(talk.person->err() == "bad\n");
  CHECK(talk.person->out().size() == std::string("one\ngot more\nnot a tty\n").size() + big.size());
}

TEST_CASE("exec: a terminal is one of the container's and has the client's size") {
  World world;
  NEEDS_USER(world);
  auto id = world.shell("sleep 1000");
  REQUIRE(world.started.take());
  auto person = std::make_shared<Person>(true);
  person->resize(40, 123);
  Talk talk(world, id, person, {"bash", "--norc"});
  person->type("tty; echo $(stty size) done; ls -l $(tty) | cut -c1-10; echo bad >&2\n");
  CHECK(person->sees("/dev/pts/0\r\n"));
  CHECK(person->sees("40 123 done\r\n"));
  CHECK(person->sees("crw--w----\r\n"));
  CHECK(person->sees("bad\r\n"));
  CHECK(person->err().empty());
  person->type("trap 'echo now $(stty size)' WINCH; echo listen$((1 + 1))\n");
  CHECK(person->sees("listen2\r\n"));
  person->resize(50, 99);
  CHECK(person->sees("now 50 99\r\n"));
  person->type("sleep 1000\n\x03");
  person->type("echo back; exit 5\n");
  CHECK(talk.code() == 5);
}

TEST_CASE("exec: the end of the input is the end of it for a program at a terminal") {
  World world;
  NEEDS_USER(world);
  auto id = world.shell("sleep 1000");
  REQUIRE(world.started.take());
  Talk talk(world, id, std::make_shared<Person>(true), {"bash", "-c", "cat; echo over"});
  talk.person->type("line\n");
  CHECK(talk.person->sees("line\r\nline\r\n"));  // its echo, and cat
  talk.person->end();
  CHECK(talk.code() == 0);
  CHECK(talk.person->out() == "line\r\nline\r\nover\r\n");
}

TEST_CASE("exec: a terminal that nobody can type at has no input") {
  World world;
  NEEDS_USER(world);
  auto id = world.shell("sleep 1000");
  REQUIRE(world.started.take());
  Talk talk(world, id, std::make_shared<Person>(true, false), {"bash", "-c", "tty; cat; tty <&1"});
  CHECK(talk.code() == 0);
  CHECK(talk.person->out() == "not a tty\r\n/dev/pts/0\r\n");
}

TEST_CASE("exec: a client that goes away takes the command and what it started along") {
  for (bool terminal : {false, true}) {
    CAPTURE(terminal);
    World world;
    NEEDS_USER(world);
    auto id = world.shell("sleep 1000");
    REQUIRE(world.started.take());
    {
      Talk talk(world, id, std::make_shared<Person>(terminal),
                {"bash", "-c", "(sleep 777; sleep 888) & echo up; sleep 999; true"});
      REQUIRE(talk.person->sees("up"));
      talk.stop.request_stop();
      auto ended = talk.result.take();
      REQUIRE(ended);
      REQUIRE(!*ended);
      CHECK(ended->error().code == Code::cancelled);
    }
    // Killed, they may still be seen for a moment.
    CHECK(world.exec(id, {"bash", "-c",
                          "while cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -q 'sleep [789]';"
                          "do sleep 0.02; done"}));
  }
}

TEST_CASE("exec: a slow client makes the command wait and gets everything") {
  World world;
  NEEDS_USER(world);
  auto id = world.shell("sleep 1000");
  REQUIRE(world.started.take());
  auto person = std::make_shared<Person>(false, false);
  person->crowd(true);
  Talk talk(world, id, person, {"bash", "-c", "head -c 40000000 /dev/zero; touch /tmp/written"});
  CHECK(world.exec(id, {"test", "-e", "/tmp/written"})->exit_code == 1);
  CHECK(person->out().empty());
  person->crowd(false);
  CHECK(talk.code() == 0);
  CHECK(person->out().size() == 40'000'000);  // more than may be collected
}
