#include "pgo/json/codec.h"
#include "pgo/json/patch.h"
#include "pgo/json/value.h"
#include "pgo/template/structural.h"
#include "pgo/yaml/yaml.h"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

using namespace pgo;

namespace {

constexpr std::size_t kWanted = 5000;

/// The object of the recorded document whose text is nearest to 5 KB: a Deployment.
void find_sample(const json::Value& value, std::string& best) {
  if (value["metadata"].is_object() && value["spec"]["template"].is_object()) {
    const std::string text = json::write(value);
    const auto distance = [](const std::string& one) {
      return one.size() > kWanted ? one.size() - kWanted : kWanted - one.size();
    };
    if (best.empty() || distance(text) < distance(best)) best = text;
  }
  for (const json::Value& item : value.items()) find_sample(item, best);
  for (const json::Member& member : value.members()) find_sample(member.value, best);
}

const std::string& sample() {
  static const std::string text = [] {
    std::ifstream file(PGO_BENCH_DOCUMENT);
    const std::string all{std::istreambuf_iterator<char>(file), {}};
    const auto document = json::parse(all);
    std::string best;
    if (document) find_sample(*document, best);
    if (best.empty()) {
      std::fprintf(stderr, "no object found in %s\n", PGO_BENCH_DOCUMENT);
      std::exit(1);
    }
    return best;
  }();
  return text;
}

const json::Value& sample_value() {
  static const json::Value value = *json::parse(sample());
  return value;
}

struct EnvVar {
  std::string name, value;
  json::Extra rest;
  static constexpr auto fields() {
    return std::tuple{json::field("name", &EnvVar::name), json::field("value", &EnvVar::value),
                      json::extra(&EnvVar::rest)};
  }
};
struct Container {
  std::string name, image;
  std::vector<EnvVar> env;
  json::Extra rest;
  static constexpr auto fields() {
    return std::tuple{json::field("name", &Container::name),
                      json::field("image", &Container::image), json::field("env", &Container::env),
                      json::extra(&Container::rest)};
  }
};
struct PodSpec {
  std::vector<Container> containers;
  json::Extra rest;
  static constexpr auto fields() {
    return std::tuple{json::field("containers", &PodSpec::containers), json::extra(&PodSpec::rest)};
  }
};

void bytes(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * sample().size()));
}

void parse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(json::parse(sample()));
  bytes(state);
}
BENCHMARK(parse);

void write(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(json::write(sample_value()));
  bytes(state);
}
BENCHMARK(write);

void copy(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(json::Value(sample_value()));
}
BENCHMARK(copy);

void equal(benchmark::State& state) {
  const json::Value other = sample_value();
  for (auto _ : state) benchmark::DoNotOptimize(other == sample_value());
}
BENCHMARK(equal);

void decode(benchmark::State& state) {
  const json::Value& spec = sample_value()["spec"]["template"]["spec"];
  for (auto _ : state) benchmark::DoNotOptimize(json::decode<PodSpec>(spec, json::Mode::strict));
}
BENCHMARK(decode);

void encode(benchmark::State& state) {
  const auto spec = json::decode<PodSpec>(sample_value()["spec"]["template"]["spec"]);
  for (auto _ : state) benchmark::DoNotOptimize(json::encode(*spec));
}
BENCHMARK(encode);

void strategic_patch(benchmark::State& state) {
  const auto patch = json::parse(
      R"({"spec":{"template":{"spec":{"containers":[{"name":"database","image":"x"}]}}}})");
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        json::apply_strategic_merge_patch(sample_value(), *patch, "Deployment"));
  }
}
BENCHMARK(strategic_patch);

void make_merge_patch(benchmark::State& state) {
  json::Value after = sample_value();
  after.at_or_add("spec").set("replicas", 7);
  for (auto _ : state) benchmark::DoNotOptimize(json::make_merge_patch(sample_value(), after));
}
BENCHMARK(make_merge_patch);

void yaml_parse(benchmark::State& state) {
  const std::string text = yaml::write(sample_value());
  for (auto _ : state) benchmark::DoNotOptimize(yaml::parse(text));
}
BENCHMARK(yaml_parse);

void yaml_write(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(yaml::write(sample_value()));
}
BENCHMARK(yaml_write);

/// The sample with an expression in place of every third string.
json::Value templated(const json::Value& value, int& count) {
  if (value.is_string()) return ++count % 3 == 0 ? json::Value("{{ .Field }}") : value;
  json::Value made = value;
  if (json::Array* items = made.if_array()) {
    for (json::Value& item : *items) item = templated(json::Value(item), count);
  } else if (json::Object* members = made.if_object()) {
    for (json::Member& member : *members)
      member.value = templated(json::Value(member.value), count);
  }
  return made;
}

void template_render(benchmark::State& state) {
  int count = 0;
  const auto made =
      templates::Template::parse("bench", yaml::write(templated(sample_value(), count)));
  const json::Value fields = json::Value::object({{"Other", 1}, {"Field", "some value"}});
  for (auto _ : state) benchmark::DoNotOptimize(made->render(fields));
}
BENCHMARK(template_render);

}  // namespace
