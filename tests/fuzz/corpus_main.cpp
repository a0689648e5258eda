// Stands in for libFuzzer: every file of the folders given, and some thousand mutations of it.
#include "fuzz/fuzz.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr int kMutationsPerFile = 2000;

void feed(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// One to four small changes, as libFuzzer's own first mutations are.
std::string mutate(std::string text, const std::vector<std::string>& corpus, std::mt19937& random) {
  const auto below = [&](std::size_t bound) { return bound == 0 ? 0 : random() % bound; };
  static constexpr std::string_view kTokens = "{}[]\"':,-#&*!|>%@\\ \t\n0123456789eE.+~$/";
  const auto changes = 1 + below(4);
  for (std::size_t i = 0; i < changes; ++i) {
    const std::size_t at = below(text.size());
    switch (below(6)) {
      case 0:
        text.resize(at);
        break;
      case 1:
        if (!text.empty()) text[at] = static_cast<char>(below(256));
        break;
      case 2:
        text.insert(at, 1, kTokens[below(kTokens.size())]);
        break;
      case 3:
        text.erase(at, 1 + below(8));
        break;
      case 4:
        text.insert(at, text.substr(below(text.size()), 1 + below(40)));
        break;
      default: {
        const std::string& other = corpus[below(corpus.size())];
        text.insert(at, other.substr(below(other.size()), 1 + below(60)));
        break;
      }
    }
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> corpus;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      if (entry.is_regular_file()) corpus.push_back(read_file(entry.path()));
    }
  }
  if (corpus.empty()) {
    std::fprintf(stderr, "no corpus: the test would prove nothing\n");
    return 1;
  }
  feed({});
  std::mt19937 random(20200301);  // NOLINT(cert-msc51-cpp): the same run every time
  for (const std::string& text : corpus) {
    feed(text);
    for (int i = 0; i < kMutationsPerFile; ++i) feed(mutate(text, corpus, random));
  }
  std::printf("%zu files, %d mutations of each\n", corpus.size(), kMutationsPerFile);
  return 0;
}
