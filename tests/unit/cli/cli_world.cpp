#include "cli_world.h"

#include <cerrno>
#include <streambuf>

namespace pgo::test {
namespace {

class ScriptedClient final : public cli::RestClient {
 public:
  explicit ScriptedClient(CliWorld& world) : world_(&world) {}
  Result<Answer> send(const std::string& method, const std::string& path,
                      const std::string& body) override {
    world_->requests.push_back(method + " " + path);
    world_->bodies.push_back(body);
    return world_->server(method, path, body);
  }

 private:
  CliWorld* world_;
};

/// Takes nothing, for a reason.
class Broken final : public std::streambuf {
 public:
  explicit Broken(int reason) : reason_(reason) {}

 private:
  int_type overflow(int_type) override {
    errno = reason_;
    return traits_type::eof();
  }
  int reason_;
};

}  // namespace

void CliWorld::run(std::vector<std::string> words) {
  requests.clear();
  bodies.clear();
  pauses = 0;
  std::istringstream in(typed);
  std::ostringstream out_stream, error_stream;
  Broken broken(write_fails_with);
  std::ostream broken_stream(&broken);
  cli::App app(
      {.in = &in,
       .out = write_fails_with == 0 ? &out_stream : &broken_stream,
       .errors = &error_stream,
       .traits = traits,
       .environment = [this](const char* name) -> std::optional<std::string> {
         const auto found = environment.find(name);
         if (found == environment.end()) return std::nullopt;
         return found->second;
       },
       .connect = [this](const cli::Settings& used) -> Result<std::unique_ptr<cli::RestClient>> {
         settings = used;
         return std::make_unique<ScriptedClient>(*this);
       },
       .clock = &clock,
       .pause =
           [this](std::chrono::milliseconds span) {
             ++pauses;
             clock.advance(span);
           }});
  code = app.run(words);
  out = out_stream.str();
  errors = error_stream.str();
}

}  // namespace pgo::test
