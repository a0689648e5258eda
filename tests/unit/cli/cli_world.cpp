#include "cli_world.h"

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

}  // namespace

void CliWorld::run(std::vector<std::string> words) {
  requests.clear();
  bodies.clear();
  pauses = 0;
  std::istringstream in(typed);
  std::ostringstream out_stream, error_stream;
  cli::App app(
      {.in = &in,
       .out = &out_stream,
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
