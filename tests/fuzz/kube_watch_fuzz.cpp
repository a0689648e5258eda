// Watch lines: cut anywhere, then applied by an informer.
#include "fuzz/fuzz.h"
#include "kube/line_splitter.h"
#include "pgo/kube/informer.h"

using namespace pgo;

namespace {

/// Lists nothing, then plays one stream.
class Transport final : public kube::Transport {
 public:
  explicit Transport(std::vector<std::string> lines) : lines_(std::move(lines)) {}
  Result<kube::Response> request(const kube::Request&) override {
    return kube::Response{200, "application/json",
                          R"({"metadata":{"resourceVersion":"10"},"items":[]})"};
  }
  Result<std::unique_ptr<kube::WatchStream>> watch(const kube::Request&,
                                                   std::function<void()>) override {
    return std::unique_ptr<kube::WatchStream>(std::make_unique<Stream>(std::exchange(lines_, {})));
  }
  Result<kube::ExecResult> exec(const kube::ExecRequest&) override { return kube::ExecResult{}; }

 private:
  class Stream final : public kube::WatchStream {
   public:
    explicit Stream(std::vector<std::string> lines) : lines_(std::move(lines)) {}
    Result<State> poll(std::vector<std::string>& lines) override {
      for (std::string& line : lines_) lines.push_back(std::move(line));
      lines_.clear();
      return State::open;
    }

   private:
    std::vector<std::string> lines_;
  };
  std::vector<std::string> lines_;
};

std::vector<std::string> split(std::string_view text, std::size_t piece) {
  std::vector<std::string> lines;
  kube::LineSplitter splitter(1 << 16);
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!splitter.feed(text.substr(at, piece), lines)) break;
  }
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::view(data, size);
  const std::vector<std::string> lines = split(text, size + 1);
  fuzz::require(lines == split(text, 1) && lines == split(text, 7), "where it is cut is no matter");

  Transport transport(lines);
  VirtualClock clock(TimePoint{} + std::chrono::hours(1));
  SeededIdSource ids(1);
  kube::Informer<kube::Object> pods(
      kube::Client(transport), clock, ids, Log(), kube::types::kPod, "", {}, {},
      [](const kube::Object& pod) { return std::vector{std::string(pod.label("pg-cluster"))}; });
  std::size_t known = 0;
  pods.on_change([&](const kube::ObjectKey&, const kube::Object* was, const kube::Object* is) {
    fuzz::require(was != nullptr || is != nullptr, "a change has a side");
    if (was == nullptr) ++known;
    if (is == nullptr) --known;
  });
  for (int i = 0; i < 8; ++i) pods.step();
  fuzz::require(pods.synced(), "the list was complete");
  fuzz::require(pods.size() == known, "every change was told");
  std::size_t indexed = 0;
  pods.each([&](const kube::ObjectKey& key, const kube::Object& pod) {
    fuzz::require(pods.get(key.ns, key.name).get() == &pod, "what is listed is found");
    pods.each_indexed(pod.label("pg-cluster"),
                      [&](const kube::ObjectKey& other, const kube::Object&) {
                        if (other == key) ++indexed;
                      });
  });
  fuzz::require(indexed == pods.size(), "what is listed is indexed");
  return 0;
}
