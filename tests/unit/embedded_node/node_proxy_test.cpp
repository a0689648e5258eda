#include "embedded/node/fd.h"
#include "embedded/node/probe.h"
#include "embedded/node/proxy.h"
#include "embedded/node/proxy_connection.h"
#include "node_fixture.h"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <atomic>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

using namespace pgo;
using namespace pgo::embedded::node;
using namespace std::chrono_literals;

namespace {

Fd listen_on(const SocketAddress& where) {
  sockaddr_in address{};
  REQUIRE(to_sockaddr(where, &address));
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(fd.get(), 16) == 0);
  return fd;
}

// Reads all that a client sends, then answers its own name and the number of bytes.
class Server {
 public:
  Server(SocketAddress where, std::string name) : listener_(listen_on(where)) {
    thread_ = std::thread([this, name] {
      for (;;) {
        Fd client(::accept(listener_.get(), nullptr, nullptr));
        if (!client) return;
        ++accepted;
        // Each on its own: one that is kept open must not hold up the next.
        clients_.emplace_back([client = std::move(client), name] { serve(client, name); });
      }
    });
  }
  ~Server() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  std::atomic<int> accepted{0};

 private:
  static void serve(const Fd& client, const std::string& name) {
    std::size_t total = 0;
    char block[65536];
    ssize_t count = 0;
    while ((count = ::read(client.get(), block, sizeof block)) > 0)
      total += static_cast<std::size_t>(count);
    std::string answer = name + " " + std::to_string(total);
    (void)::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  }

  Fd listener_;
  std::vector<std::jthread> clients_;
  std::thread thread_;
};

Fd connect_to(const SocketAddress& where) {
  sockaddr_in address{};
  REQUIRE(to_sockaddr(where, &address));
  for (int tries = 0; tries < 1000; ++tries) {  // until the proxy has bound the address
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
    std::this_thread::sleep_for(5ms);
  }
  return {};
}

// Sends, ends its side, and returns the answer; "reset" when the connection was reset.
std::string ask(const SocketAddress& where, std::size_t bytes) {
  Fd fd = connect_to(where);
  if (!fd) return "no connection";
  std::string data(bytes, 'x');
  for (std::string_view left = data; !left.empty();) {
    ssize_t sent = ::send(fd.get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (sent < 0) return "reset";
    left.remove_prefix(static_cast<std::size_t>(sent));
  }
  ::shutdown(fd.get(), SHUT_WR);
  std::string answer;
  char block[1000];
  for (;;) {
    ssize_t count = ::read(fd.get(), block, sizeof block);
    if (count < 0) return "reset";
    if (count == 0) return answer;
    answer.append(block, static_cast<std::size_t>(count));
  }
}

const SocketAddress kService{"127.80.10.1", 7100};
const SocketAddress kOne{"127.80.10.2", 7100};
const SocketAddress kTwo{"127.80.10.3", 7100};
const SocketAddress kDead{"127.80.10.4", 7100};

}  // namespace

TEST_CASE("proxy: forwards any amount in both directions and passes the half-close on") {
  Server one(kOne, "one");
  auto proxy = *ServiceProxy::create({});
  proxy->set_routes({{kService, {kOne}}});
  CHECK(ask(kService, 0) == "one 0");
  CHECK(ask(kService, 10) == "one 10");
  CHECK(ask(kService, 20'000'000) == "one 20000000");
}

TEST_CASE("proxy: takes endpoints in turn and skips one that refuses") {
  Server one(kOne, "one");
  Server two(kTwo, "two");
  auto proxy = *ServiceProxy::create({});
  proxy->set_routes({{kService, {kOne, kDead, kTwo}}});
  int ones = 0;
  int twos = 0;
  for (int i = 0; i < 9; ++i) {
    std::string answer = ask(kService, 1);
    ones += answer == "one 1";
    twos += answer == "two 1";
  }
  CHECK(ones == 3);
  CHECK(twos == 6);
}

TEST_CASE("proxy: resets a connection that finds no endpoint") {
  auto proxy = *ServiceProxy::create({});
  proxy->set_routes({{kService, {}}});
  CHECK(ask(kService, 0) == "reset");
  proxy->set_routes({{kService, {kDead}}});
  CHECK(ask(kService, 0) == "reset");
}

TEST_CASE("proxy: new connections follow new endpoints, old ones stay where they are") {
  Server one(kOne, "one");
  Server two(kTwo, "two");
  auto proxy = *ServiceProxy::create({});
  proxy->set_routes({{kService, {kOne}}});
  Fd old = connect_to(kService);
  REQUIRE(::send(old.get(), "abc", 3, MSG_NOSIGNAL) == 3);
  while (one.accepted == 0) std::this_thread::yield();
  proxy->set_routes({{kService, {kTwo}}});
  while (ask(kService, 1) != "two 1") std::this_thread::yield();
  ::shutdown(old.get(), SHUT_WR);
  char block[100];
  ssize_t count = ::read(old.get(), block, sizeof block);
  CHECK(std::string_view(block, static_cast<std::size_t>(count)) == "one 3");
}

TEST_CASE(
    "proxy: an address that is taken is named with the program that has it, then bound when free") {
  auto culprit = std::make_unique<Fd>(listen_on({"0.0.0.0", 7107}));
  node_test::Mailbox<std::string> messages;
  SystemClock clock;
  Log log([&](const LogRecord& record) { messages.put(format_text(record)); }, clock);
  auto proxy = *ServiceProxy::create(log);
  proxy->set_routes({{{"127.80.10.1", 7107}, {kDead}}});
  auto message = messages.take();
  REQUIRE(message);
  CHECK(message->find("127.80.10.1:7107") != std::string::npos);
  CHECK(message->find("(pid " + std::to_string(::getpid())) != std::string::npos);
  culprit.reset();
  auto better = messages.take();
  REQUIRE(better);
  CHECK(better->find("free now") != std::string::npos);
}

TEST_CASE("probe over the network: http status decides, tcp needs a listener, silence times out") {
  auto loop = *EventLoop::create("probe-test");
  node_test::Mailbox<std::pair<bool, std::string>> results;
  auto probe = [&](ProbeSpec spec) {
    std::unique_ptr<NetworkProbe> running;
    loop->call([&] {
      running = std::make_unique<NetworkProbe>(
          *loop, spec, [&](bool success, std::string text) { results.put({success, text}); });
    });
    auto result = results.take();
    loop->call([&] { running.reset(); });
    REQUIRE(result);
    return *result;
  };
  ProbeSpec spec;
  spec.action = ProbeSpec::Action::tcp;
  spec.address = kDead;
  CHECK(!probe(spec).first);

  Fd listener = listen_on(kOne);
  spec.address = kOne;
  CHECK(probe(spec).first);
  spec.action = ProbeSpec::Action::http;
  spec.timeout = 1s;
  CHECK(probe(spec) == std::pair<bool, std::string>{false, "no answer in time"});

  for (auto [answer, success] :
       {std::pair{"HTTP/1.1 200 OK\r\n\r\n", true}, std::pair{"HTTP/1.0 503 no\r\n\r\n", false},
        std::pair{"SSH-2.0-OpenSSH_9.2p1\r\n", false}}) {
    Fd fresh = listen_on(kTwo);
    std::thread server([&] {
      Fd client(::accept(fresh.get(), nullptr, nullptr));
      (void)::send(client.get(), answer, std::strlen(answer), MSG_NOSIGNAL);
      char block[1000];
      while (::read(client.get(), block, sizeof block) > 0) {
      }
    });
    spec.address = kTwo;
    CHECK(probe(spec).first == success);
    server.join();
  }
}
