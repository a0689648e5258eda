# A library of its own, so that its tests and the simulation need nothing of the node.
set(pgo_controller_sources
    carry_out
    collect
    controllers
    deployment
    endpoint_slices
    endpoints
    facts
    garbage
    job
    kept
    namespaces
    node_lifecycle
    owner_graph
    replica_set
    routes
    scheduler
    volumes
    work
    world)
list(TRANSFORM pgo_controller_sources PREPEND controllers/)
list(TRANSFORM pgo_controller_sources APPEND .cpp)
pgo_component(
  embedded_controllers
  SOURCES ${pgo_controller_sources}
  USES base json kube
  APART controllers/replica_set.cpp)
list(APPEND PGO_EMBEDDED_USES embedded_controllers)
