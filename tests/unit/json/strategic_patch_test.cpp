#include "pgo/json/patch.h"
#include "support.h"

#include <string>

using namespace pgo;
using json::test::js;

namespace {

json::Value patched(std::string_view kind, std::string_view document, std::string_view patch) {
  auto result = json::apply_strategic_merge_patch(js(document), js(patch), kind);
  REQUIRE_MESSAGE(result.has_value(), result.error().text());
  return *result;
}

/// A patch of the pod template of a deployment.
json::Value pod_patched(std::string_view pod_spec, std::string_view patch) {
  const std::string before = "{'spec':{'template':{'spec':" + std::string(pod_spec) + "}}}";
  const std::string change = "{'spec':{'template':{'spec':" + std::string(patch) + "}}}";
  return patched("Deployment", before, change)["spec"]["template"]["spec"];
}

}  // namespace

// Source: Kubernetes documentation, "Update API Objects in Place Using kubectl patch" (tasks), and
// "Strategic Merge Patch" in the API conventions (contributors/devel/sig-api-machinery).
TEST_SUITE("json.strategic_patch") {
  TEST_CASE("strategic patch: containers merge by name, new ones are added") {
    CHECK(pod_patched("{'containers':[{'name':'web','image':'nginx:1'}]}",
                      "{'containers':[{'name':'redis','image':'redis'}]}") ==
          js("{'containers':[{'name':'web','image':'nginx:1'},{'name':'redis','image':'redis'}]}"));
    CHECK(pod_patched("{'containers':[{'name':'web','image':'nginx:1','tty':true}]}",
                      "{'containers':[{'name':'web','image':'nginx:2'}]}") ==
          js("{'containers':[{'name':'web','image':'nginx:2','tty':true}]}"));
  }

  TEST_CASE("strategic patch: tolerations have no merge key and are replaced") {
    CHECK(pod_patched("{'tolerations':[{'key':'a'}]}", "{'tolerations':[{'key':'b'}]}") ==
          js("{'tolerations':[{'key':'b'}]}"));
  }

  TEST_CASE("strategic patch: each list of a pod merges by the key of its API type") {
    struct Row {
      std::string_view list, key;
    };
    const Row rows[] = {{"volumes", "name"},
                        {"initContainers", "name"},
                        {"hostAliases", "ip"},
                        {"imagePullSecrets", "name"},
                        {"containers", "name"}};
    for (const Row& row : rows) {
      const auto document = [&](std::string_view items) {
        return "{'" + std::string(row.list) + "':[" + std::string(items) + "]}";
      };
      const auto item = [&](std::string_view value, std::string_view more) {
        return "{'" + std::string(row.key) + "':'" + std::string(value) + "'" + std::string(more) +
               "}";
      };
      CAPTURE(row.list);
      CHECK(pod_patched(document(item("a", ",'x':1") + "," + item("b", "")),
                        document(item("a", ",'y':2"))) ==
            js(document(item("a", ",'x':1,'y':2") + "," + item("b", ""))));
    }
  }

  TEST_CASE("strategic patch: the lists of a container have keys of their own") {
    CHECK(pod_patched(
              "{'containers':[{'name':'c','env':[{'name':'A','value':'1'}],'ports':[{"
              "'containerPort':80}],'volumeMounts':[{'mountPath':'/a','name':'v'}],'args':['x']}]}",
              "{'containers':[{'name':'c','env':[{'name':'B','value':'2'}],'ports':[{"
              "'containerPort':80,'name':'http'}],'volumeMounts':[{'mountPath':'/b','name':'v'}],"
              "'args':['y']}]}") ==
          js("{'containers':[{'name':'c','env':[{'name':'A','value':'1'},{'name':'B','value':'2'}]"
             ",'ports':[{'containerPort':80,'name':'http'}],'volumeMounts':[{'mountPath':'/a',"
             "'name':'v'},{'mountPath':'/b','name':'v'}],'args':['y']}]}"));
  }

  TEST_CASE("strategic patch: a CronJob is patched down to the containers of its jobs") {
    const auto cron = [](std::string_view containers) {
      return "{'spec':{'jobTemplate':{'spec':{'template':{'spec':{'containers':[" +
             std::string(containers) + "]}}}}}}";
    };
    CHECK(patched("CronJob", cron("{'name':'a'}"), cron("{'name':'b'}")) ==
          js(cron("{'name':'a'},{'name':'b'}")));
  }

  TEST_CASE("strategic patch: service ports, owner references and conditions") {
    CHECK(patched("Service", "{'spec':{'ports':[{'port':1,'name':'a'}]}}",
                  "{'spec':{'ports':[{'port':1,'nodePort':3},{'port':2}]}}") ==
          js("{'spec':{'ports':[{'port':1,'name':'a','nodePort':3},{'port':2}]}}"));
    CHECK(patched("ConfigMap", "{'metadata':{'ownerReferences':[{'uid':'1','name':'a'}]}}",
                  "{'metadata':{'ownerReferences':[{'uid':'1','controller':true}]}}") ==
          js("{'metadata':{'ownerReferences':[{'uid':'1','name':'a','controller':true}]}}"));
    CHECK(patched("Pod", "{'status':{'conditions':[{'type':'Ready','status':'False'}]}}",
                  "{'status':{'conditions':[{'type':'Ready','status':'True'}]}}") ==
          js("{'status':{'conditions':[{'type':'Ready','status':'True'}]}}"));
  }

  TEST_CASE(
      "strategic patch: the pull secrets of a service account are atomic, its secrets merge") {
    CHECK(patched("ServiceAccount", "{'secrets':[{'name':'a'}],'imagePullSecrets':[{'name':'a'}]}",
                  "{'secrets':[{'name':'b'}],'imagePullSecrets':[{'name':'b'}]}") ==
          js("{'secrets':[{'name':'a'},{'name':'b'}],'imagePullSecrets':[{'name':'b'}]}"));
  }

  TEST_CASE("strategic patch: finalizers merge as a set and are taken out by directive") {
    CHECK(patched("Pod", "{'metadata':{'finalizers':['a','b']}}",
                  "{'metadata':{'finalizers':['b','c']}}") ==
          js("{'metadata':{'finalizers':['a','b','c']}}"));
    CHECK(patched("Pod", "{'metadata':{'finalizers':['a','b']}}",
                  "{'metadata':{'$deleteFromPrimitiveList/finalizers':['a']}}") ==
          js("{'metadata':{'finalizers':['b']}}"));
  }

  TEST_CASE("strategic patch: null deletes a member, and deletes nothing that is not there") {
    CHECK(patched("Pod", "{'metadata':{'labels':{'a':'1','b':'2'}}}",
                  "{'metadata':{'labels':{'a':null,'c':null},'annotations':{'x':null,'y':'1'}}}") ==
          js("{'metadata':{'labels':{'b':'2'},'annotations':{'y':'1'}}}"));
  }

  TEST_CASE("strategic patch: $patch replace and delete act on objects") {
    CHECK(patched("Deployment", "{'spec':{'strategy':{'type':'RollingUpdate','rollingUpdate':{}}}}",
                  "{'spec':{'strategy':{'$patch':'replace','type':'Recreate'}}}") ==
          js("{'spec':{'strategy':{'type':'Recreate'}}}"));
    CHECK(patched("Deployment", "{'spec':{'strategy':{'type':'x'}}}",
                  "{'spec':{'strategy':{'$patch':'delete'}}}") == js("{'spec':{'strategy':{}}}"));
    CHECK(patched("Deployment", "{'spec':{'strategy':{'type':'x'}}}",
                  "{'spec':{'strategy':{'$patch':'merge','y':1}}}") ==
          js("{'spec':{'strategy':{'type':'x','y':1}}}"));
  }

  TEST_CASE("strategic patch: $patch replace and delete act on items and lists") {
    CHECK(pod_patched("{'containers':[{'name':'a','x':1},{'name':'b'}]}",
                      "{'containers':[{'name':'b','$patch':'delete'}]}") ==
          js("{'containers':[{'name':'a','x':1}]}"));
    CHECK(pod_patched("{'containers':[{'name':'a','x':1}]}",
                      "{'containers':[{'name':'a','$patch':'replace','y':1}]}") ==
          js("{'containers':[{'name':'a','y':1}]}"));
    CHECK(pod_patched("{'containers':[{'name':'a'},{'name':'b'}]}",
                      "{'containers':[{'$patch':'replace'},{'name':'c'}]}") ==
          js("{'containers':[{'name':'c'}]}"));
  }

  TEST_CASE("strategic patch: $retainKeys drops what the patch does not keep") {
    CHECK(patched("Deployment", "{'spec':{'strategy':{'type':'RollingUpdate','rollingUpdate':{}}}}",
                  "{'spec':{'strategy':{'$retainKeys':['type'],'type':'Recreate'}}}") ==
          js("{'spec':{'strategy':{'type':'Recreate'}}}"));
  }

  TEST_CASE("strategic patch: $setElementOrder orders the merged list") {
    CHECK(pod_patched("{'containers':[{'name':'a'},{'name':'s'},{'name':'b'}]}",
                      "{'$setElementOrder/containers':[{'name':'n'},{'name':'b'},{'name':'a'}],"
                      "'containers':[{'name':'n'}]}") ==
          js("{'containers':[{'name':'n'},{'name':'s'},{'name':'b'},{'name':'a'}]}"));
    CHECK(
        patched("Pod", "{'metadata':{'finalizers':['a','b']}}",
                "{'metadata':{'$setElementOrder/finalizers':['c','b','a'],'finalizers':['c']}}") ==
        js("{'metadata':{'finalizers':['c','b','a']}}"));
  }

  TEST_CASE("strategic patch: directives never end up in the object") {
    const json::Value made =
        patched("Deployment", "{}",
                "{'spec':{'template':{'spec':{'$setElementOrder/containers':[{'name':'a'}],"
                "'containers':[{'name':'a','$patch':'merge','env':[{'name':'E','$patch':'delete'},"
                "{'name':'F'}]}],'volumes':[{'name':'v','$retainKeys':['name']}]}}}}");
    CHECK(made == js("{'spec':{'template':{'spec':{'containers':[{'name':'a','env':[{'name':'F'}]}]"
                     ",'volumes':[{'name':'v'}]}}}}"));
  }

  TEST_CASE("strategic patch: an error names the offending part") {
    const auto subject = [](std::string_view patch) {
      auto result = json::apply_strategic_merge_patch(js("{'spec':{'containers':[{'name':'a'}]}}"),
                                                      js(patch), "Pod");
      REQUIRE_FALSE(result);
      CHECK(result.error().code == Code::invalid_argument);
      return result.error().subject;
    };
    CHECK(subject("{'spec':{'containers':[{'image':'x'}]}}") == "spec.containers[0].name");
    CHECK(subject("{'spec':{'containers':['x']}}") == "spec.containers[0]");
    CHECK(subject("{'spec':{'$patch':'spam'}}") == "spec.$patch");
    CHECK(subject("{'spec':{'$retainKeys':['a'],'b':1}}") == "spec.b");
    CHECK(subject("[]") == "");
  }
}
