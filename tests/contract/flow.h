#pragma once

#include "objects.h"
#include "world.h"

#include <map>
#include <set>
#include <string>
#include <vector>

/// Giving the recorded commands to the whole operator, and comparing what then stands in the
/// namespace with what stood there after 4.2.0.
namespace pgo::contract {

void replace_all(std::string& text, const std::string& from, const std::string& to);

/// The objects with placeholders for what is random, normalised, by placeholder name. `known` are
/// replicas that keep their names.
Objects canonical(const Objects& objects, const std::set<std::string>& known = {});
Objects recorded_objects(const GoldenCase& recorded);
std::string namespace_of(const GoldenCase& recorded);

void compare_all(const Objects& theirs, const Objects& ours, std::vector<Difference>& into);
/// Every difference has a row, and every row of `letter`, if one is given, is met.
void hold(const std::vector<Difference>& differences, char letter = '\0');

/// What the recorded commands found in their namespace.
void prepare(World& world);
/// One whose SQL is `select 1`.
void create_policy(World& world, const std::string& name);
json::Value plain_request(std::string_view name, int replicas);
/// Asks for a cluster.
void request_cluster(World& world, const json::Value& body);
/// The same, and waits until it is initialised and everything is at rest.
void create_cluster(World& world, const json::Value& body);
/// The first replica's name; empty without one.
std::string replica_of(const Objects& objects);

/// Compares what the recorded command made with what was made, or made again, since `before`.
/// Instances that are made again have other names in every run and are held by the test of create.
void hold_made(const World& world, const Objects& before, const GoldenCase& recorded,
               std::vector<Difference>& differences);

/// What the recorded command changed of what was there before is what was changed between these.
void compare_changes(const GoldenCase& recorded, const Objects& before, const Objects& after,
                     std::vector<Difference>& into);

/// Whether 4.2.0 deleted an object ("kind name"), for what was there before.
std::map<std::string, bool> fate_of(const GoldenCase& recorded);

}  // namespace pgo::contract
