# The init program is static and plain C: it runs over any root, also in sanitizer builds, so it is
# not made with the flags of the rest.
set(PGO_INIT_EXECUTABLE "${CMAKE_CURRENT_BINARY_DIR}/pgo-init")
set(pgo_init_source "${CMAKE_CURRENT_SOURCE_DIR}/node/init/init.c")
add_custom_command(
  OUTPUT "${PGO_INIT_EXECUTABLE}"
  COMMAND "${CMAKE_C_COMPILER}" -std=gnu11 -Os -static -s -Wall -Wextra -o "${PGO_INIT_EXECUTABLE}"
          "${pgo_init_source}"
  DEPENDS "${pgo_init_source}"
  COMMENT "Linking the init program of sandboxes"
  VERBATIM)
set(pgo_init_bytes "${CMAKE_CURRENT_BINARY_DIR}/init_bytes.cpp")
configure_file("${CMAKE_CURRENT_SOURCE_DIR}/node/init/init_bytes.cpp.in" "${pgo_init_bytes}" @ONLY)
set_source_files_properties("${pgo_init_bytes}" PROPERTIES OBJECT_DEPENDS "${PGO_INIT_EXECUTABLE}")

list(
  APPEND
  PGO_EMBEDDED_SOURCES
  "${pgo_init_bytes}"
  node/addresses.cpp
  node/claim_store.cpp
  node/container_probes.cpp
  node/container_runner.cpp
  node/event_loop.cpp
  node/exec_process.cpp
  node/files.cpp
  node/images.cpp
  node/images_load.cpp
  node/listeners.cpp
  node/local_node.cpp
  node/local_node_loop.cpp
  node/log_file.cpp
  node/names.cpp
  node/node_context.cpp
  node/node_object.cpp
  node/pod_fields.cpp
  node/pod_status.cpp
  node/pod_volumes.cpp
  node/pod_worker.cpp
  node/prerequisites.cpp
  node/probe.cpp
  node/proxy.cpp
  node/proxy_connection.cpp
  node/sandbox.cpp
  node/service_routes.cpp
  node/spawn.cpp
  node/supervisor.cpp
  node/volume_content.cpp)
list(APPEND PGO_EMBEDDED_USES yaml)
