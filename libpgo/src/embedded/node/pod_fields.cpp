#include "embedded/node/pod_fields.h"

#include "pgo/base/text.h"
#include "pgo/kube/quantity.h"

#include <algorithm>
#include <charconv>

namespace pgo::embedded::node {

namespace {

// "metadata.labels['x']" -> x; empty when `path` is not of that form.
std::string_view subscript(std::string_view path, std::string_view map) {
  if (!path.starts_with(map)) return {};
  path.remove_prefix(map.size());
  if (!path.starts_with("['") || !path.ends_with("']") || path.size() < 5) return {};
  return path.substr(2, path.size() - 4);
}

std::string map_text(const kube::Labels& map) {
  std::string text;
  for (const auto& [key, value] : map) {
    if (!text.empty()) text += '\n';
    text += key + "=" + json::write(json::Value(value));
  }
  return text;
}

bool is_variable_name(std::string_view name) {
  auto first = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; };
  auto rest = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
  };
  return !name.empty() && (first(name[0]) || name[0] == '-' || name[0] == '.') &&
         std::ranges::all_of(name, rest);
}

const json::Value* find_container(const kube::Object& pod, std::string_view name) {
  for (std::string_view list : {"containers", "initContainers"})
    for (const json::Value& container : pod["spec"][list].items())
      if (container["name"].as_string() == name) return &container;
  return nullptr;
}

// The variable's value; nothing when the reference is optional and absent.
Result<std::optional<std::string>> referred_value(const kube::Object& pod,
                                                  const json::Value& container,
                                                  const PodAddresses& addresses,
                                                  const Lookup& lookup, const json::Value& from) {
  if (from["fieldRef"].is_object()) {
    PGO_TRY(std::string value,
            field_value(pod, addresses, from["fieldRef"]["fieldPath"].as_string()));
    return value;
  }
  if (from["resourceFieldRef"].is_object()) {
    PGO_TRY(std::string value, resource_value(pod, container, from["resourceFieldRef"]));
    return value;
  }
  bool secret = from["secretKeyRef"].is_object();
  const json::Value& reference = from[secret ? "secretKeyRef" : "configMapKeyRef"];
  if (!reference.is_object()) return fail(Code::invalid_argument, "unknown kind of valueFrom");
  bool optional = reference["optional"].as_bool();
  auto source = lookup(secret ? kube::types::kSecret : kube::types::kConfigMap,
                       reference["name"].as_string());
  if (!source) {
    if (optional && source.error().code == Code::not_found) return std::nullopt;
    return fail(std::move(source).error());
  }
  auto value = key_value(*source, reference["key"].as_string());
  if (!value && optional && value.error().code == Code::not_found) return std::nullopt;
  if (!value) return fail(std::move(value).error());
  return *std::move(value);
}

Result<void> add_env_from(const json::Value& container, const Lookup& lookup, Environment& env) {
  for (const json::Value& from : container["envFrom"].items()) {
    bool secret = from["secretRef"].is_object();
    const json::Value& reference = from[secret ? "secretRef" : "configMapRef"];
    auto source = lookup(secret ? kube::types::kSecret : kube::types::kConfigMap,
                         reference["name"].as_string());
    if (!source) {
      if (reference["optional"].as_bool() && source.error().code == Code::not_found) continue;
      return fail(std::move(source).error());
    }
    PGO_TRY(auto values, all_values(*source));
    std::string prefix(from["prefix"].as_string());
    for (auto& [key, value] : values)
      if (is_variable_name(prefix + key)) env[prefix + key] = std::move(value);
  }
  return {};
}

}  // namespace

Result<std::string> field_value(const kube::Object& pod, const PodAddresses& addresses,
                                std::string_view path) {
  const json::Value& spec = pod["spec"];
  if (path == "metadata.name") return std::string(pod.name());
  if (path == "metadata.namespace") return std::string(pod.ns());
  if (path == "metadata.uid") return std::string(pod.uid());
  if (path == "metadata.labels") return map_text(pod.labels());
  if (path == "metadata.annotations") return map_text(pod.annotations());
  if (path == "spec.nodeName") return std::string(spec["nodeName"].as_string());
  if (path == "spec.serviceAccountName")
    return std::string(spec["serviceAccountName"].as_string("default"));
  if (path == "status.podIP" || path == "status.podIPs") return addresses.pod_ip;
  if (path == "status.hostIP" || path == "status.hostIPs") return addresses.host_ip;
  if (auto key = subscript(path, "metadata.labels"); !key.empty())
    return std::string(pod.label(key));
  if (auto key = subscript(path, "metadata.annotations"); !key.empty())
    return std::string(pod.annotation(key));
  return fail(Code::invalid_argument, "unknown field path " + std::string(path));
}

Result<std::string> resource_value(const kube::Object& pod, const json::Value& container,
                                   const json::Value& reference) {
  const json::Value* meant = &container;
  if (std::string_view name = reference["containerName"].as_string(); !name.empty())
    meant = find_container(pod, name);
  std::string_view resource = reference["resource"].as_string();  // "limits.memory"
  auto dot = resource.find('.');
  if (meant == nullptr || dot == resource.npos)
    return fail(Code::invalid_argument, "unknown resource reference " + std::string(resource));
  const json::Value& value =
      (*meant)["resources"][resource.substr(0, dot)][resource.substr(dot + 1)];
  auto text = [](const json::Value& quantity) {
    return quantity.is_string() ? std::string(quantity.as_string()) : json::write(quantity);
  };
  // Without a limit the node's capacity would be it; here there is none to name, so 0 says so.
  if (value.is_null()) return std::string("0");
  PGO_TRY(auto amount, kube::Quantity::parse(text(value)));
  const json::Value& divisor = reference["divisor"];
  PGO_TRY(auto unit,
          kube::Quantity::parse(divisor.is_null() || text(divisor) == "0" ? std::string("1")
                                                                          : text(divisor)));
  auto milli = amount.milli_value();
  auto unit_milli = std::max<std::int64_t>(unit.milli_value(), 1);
  return std::to_string((milli + unit_milli - 1) / unit_milli);
}

Result<std::string> key_value(const kube::Object& source, std::string_view key) {
  bool secret = source.kind() == "Secret";
  if (const json::Value& plain = source["data"][key]; plain.is_string()) {
    if (!secret) return std::string(plain.as_string());
    return text::base64_decode(plain.as_string());
  }
  if (const json::Value& binary = source["binaryData"][key]; binary.is_string())
    return text::base64_decode(binary.as_string());
  return fail(Code::not_found, "no key " + std::string(key), source.text());
}

Result<std::map<std::string, std::string>> all_values(const kube::Object& source) {
  std::map<std::string, std::string> values;
  for (std::string_view part : {"data", "binaryData"})
    for (const json::Member& member : source[part].members()) {
      PGO_TRY(values[member.key], key_value(source, member.key));
    }
  return values;
}

std::string expand_variables(std::string_view text, const Environment& variables) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    if (text[i + 1] == '$') {
      result += '$';
      ++i;
      continue;
    }
    auto close = text[i + 1] == '(' ? text.find(')', i) : text.npos;
    auto found = close == text.npos
                     ? variables.end()
                     : variables.find(std::string(text.substr(i + 2, close - i - 2)));
    if (found == variables.end()) {
      result += '$';
      continue;
    }
    result += found->second;
    i = close;
  }
  return result;
}

Result<Environment> container_environment(const kube::Object& pod, const json::Value& container,
                                          const PodAddresses& addresses, const Lookup& lookup,
                                          Environment env) {
  PGO_TRY_VOID(add_env_from(container, lookup, env));
  for (const json::Value& variable : container["env"].items()) {
    std::string name(variable["name"].as_string());
    if (!variable["valueFrom"].is_object()) {
      env[name] = expand_variables(variable["value"].as_string(), env);
      continue;
    }
    auto value = referred_value(pod, container, addresses, lookup, variable["valueFrom"]);
    if (!value) return fail(std::move(value).error().with_context("variable " + name));
    if (*value) env[name] = **std::move(value);
  }
  // Such a value could not be handed to a program.
  std::erase_if(env, [](const auto& entry) {
    return entry.first.empty() || entry.first.find('=') != std::string::npos ||
           entry.first.find('\0') != std::string::npos ||
           entry.second.find('\0') != std::string::npos;
  });
  return env;
}

std::vector<std::string> container_program(const json::Value& container, const Image& image,
                                           const Environment& variables) {
  std::vector<std::string> program;
  auto append = [&](const json::Value& list) {
    for (const json::Value& word : list.items())
      program.push_back(expand_variables(word.as_string(), variables));
  };
  const json::Value& command = container["command"];
  const json::Value& args = container["args"];
  if (command.items().empty()) {
    program = image.entrypoint;
  } else {
    append(command);
  }
  if (!args.items().empty()) {
    append(args);
  } else if (command.items().empty()) {
    program.insert(program.end(), image.args.begin(), image.args.end());
  }
  return program;
}

}  // namespace pgo::embedded::node
