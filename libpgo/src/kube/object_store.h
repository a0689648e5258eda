#pragma once

#include "kube/version.h"
#include "pgo/json/string.h"
#include "pgo/kube/informer.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pgo::kube::detail {

/// The projections that an informer holds, with the rules by which versions replace each other.
class ObjectStore {
 public:
  using Value = InformerCore::Value;

  explicit ObjectStore(InformerCore::Hooks hooks) : hooks_(std::move(hooks)) {}

  void set_on_change(InformerCore::OnChange on_change) { on_change_ = std::move(on_change); }

  /// Up to which version the server's events are in.
  const Version& progress() const { return progress_; }
  /// Moves on, and forgets deletions that no later event can contradict.
  void advance(Version to);

  /// An object as the server showed it at a moment of its history.
  void put(ObjectKey key, std::shared_ptr<const Object> object, Version version);
  /// The answer of an own write, which may be older than what is known.
  void put_answer(ObjectKey key, std::shared_ptr<const Object> object, Version version);
  void erase(const ObjectKey& key, const Version& version);

  /// A complete list: everything else goes, but for what own writes have brought since.
  struct Listed {
    ObjectKey key;
    Version version;
    Value value;
  };
  Listed listed(Object&& object) const;
  /// Returns false when the list is older than what was known before: the server's history was
  /// rewound, and the list is believed nevertheless.
  bool replace(std::vector<Listed> list, Version at);

  std::size_t size() const { return objects_.size(); }
  Value get(std::string_view ns, std::string_view name) const;
  void each(const InformerCore::Visit& visit) const;
  void each_indexed(std::string_view key, const InformerCore::Visit& visit) const;
  /// Asks for the keys of every object again.
  void index_again();

 private:
  struct KeyLess {
    using is_transparent = void;
    using View = std::pair<std::string_view, std::string_view>;
    static View view(const ObjectKey& key) { return {key.ns, key.name}; }
    static View view(const View& key) { return key; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return view(a) < view(b);
    }
  };
  struct TextLess {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return a < b; }
  };
  struct Entry;
  using Objects = std::map<ObjectKey, Entry, KeyLess>;
  /// What was found under one key, ordered.
  using Bucket = std::vector<const Objects::value_type*>;
  using Index = std::map<json::String, Bucket, TextLess>;
  /// There is one for each object of each informer: it is kept small.
  struct Entry {
    Value value;
    Version version;
    std::unique_ptr<Index::iterator[]> buckets;  ///< those that hold it
    std::uint32_t bucket_count = 0;
    std::uint32_t generation = 0;
  };

  /// `at` is where the object is, or the place before which it belongs.
  Entry& store(Objects::iterator at, ObjectKey key, Value value, Version version);
  void drop(Objects::iterator at);
  void index(Objects::value_type& node);
  void unindex(Objects::value_type& node);
  bool outdated_by_deletion(const ObjectKey& key, const Version& version) const;

  InformerCore::Hooks hooks_;
  InformerCore::OnChange on_change_;
  Objects objects_;
  Index index_;
  /// Own deletions of which the server's event has not come yet.
  std::map<ObjectKey, Version> deleted_;
  Version progress_;
  std::uint32_t generation_ = 0;
};

}  // namespace pgo::kube::detail
