# pgo_embed(OUT function FILES a.yaml b.yaml ...)
#
# Writes a .cpp whose function `const std::vector<pgo::EmbeddedFile>& FUNCTION()` gives the name and
# text of each file, so that data files are edited as files and still travel inside the library.
# FUNCTION is fully qualified (pgo::manifests::template_files); the path of the .cpp goes to OUT.
function(pgo_embed out function)
  cmake_parse_arguments(ARG "" "" "FILES" ${ARGN})
  string(REGEX REPLACE "::[^:]*$" "" space "${function}")
  string(REGEX REPLACE "^.*::" "" name "${function}")
  string(REPLACE "::" "_" base "${function}")
  set(entries "")
  foreach(file IN LISTS ARG_FILES)
    get_filename_component(path "${file}" ABSOLUTE)
    get_filename_component(short "${path}" NAME)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
    file(READ "${path}" text)
    string(APPEND entries "    {\"${short}\", R\"pgo_data(${text})pgo_data\"},\n")
  endforeach()
  set(result "// Made from data files by cmake/PgoEmbed.cmake.
#include \"pgo/base/embedded_file.h\"

namespace ${space} {

const std::vector<EmbeddedFile>& ${name}() {
  static const std::vector<EmbeddedFile> files{
${entries}  };
  return files;
}

}  // namespace ${space}
")
  set(path "${PROJECT_BINARY_DIR}/generated/${base}.cpp")
  file(CONFIGURE OUTPUT "${path}" CONTENT "@result@" @ONLY)
  set(${out} "${path}" PARENT_SCOPE)
endfunction()
