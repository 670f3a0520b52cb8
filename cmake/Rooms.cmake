# A room is one library target under src/. Which room may include which is stated in scripts/check_includes.py, drawn in
# docs/architecture.md, and held by that script, which runs as part of every build.
find_package(GTest REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
if(JUNCTOR_FUZZERS)
  add_custom_target(fuzzers)  # all of them
endif()

# junctor_room(NAME SOURCES ... [DEPS room...] [LIBS target...] [TESTS file...] [FUZZERS file...])
#   SOURCES  .cpp files of the room (may be empty for a header-only room)
#   DEPS     rooms below; linked publicly
#   LIBS     outside libraries; linked privately, so that their headers stay inside the room
#   TESTS    GoogleTest files; they become one executable NAME_tests
#   FUZZERS  libFuzzer entry points, one executable each (file stem), built with -DJUNCTOR_FUZZERS=ON
function(junctor_room name)
  cmake_parse_arguments(R "" "" "SOURCES;DEPS;LIBS;TESTS;FUZZERS" ${ARGN})
  set(target junctor_${name})
  if(R_SOURCES)
    add_library(${target} STATIC ${R_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE ${R_LIBS})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
    target_link_libraries(${target} INTERFACE ${R_LIBS})
  endif()
  target_link_libraries(${target} ${scope} junctor_settings)
  foreach(dep ${R_DEPS})
    target_link_libraries(${target} ${scope} junctor_${dep})
  endforeach()
  if(R_TESTS)
    junctor_tests(${name}_tests SOURCES ${R_TESTS} LIBS ${target} ${R_LIBS})
  endif()
  if(JUNCTOR_FUZZERS)
    foreach(file ${R_FUZZERS})
      get_filename_component(stem ${file} NAME_WE)
      add_executable(${name}_${stem} ${file})
      target_link_libraries(${name}_${stem} PRIVATE ${target} ${R_LIBS})
      target_link_options(${name}_${stem} PRIVATE -fsanitize=fuzzer)
      set_target_properties(${name}_${stem} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
      add_dependencies(fuzzers ${name}_${stem})
    endforeach()
  endif()
endfunction()

# junctor_tests(NAME SOURCES ... LIBS ... [LABELS ...] [TIMEOUT seconds] [LOCK name]): a GoogleTest executable whose cases
# ctest runs one by one; never two at once that have the same lock.
function(junctor_tests name)
  cmake_parse_arguments(T "" "TIMEOUT;LOCK" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 120)
  endif()
  if(NOT T_LABELS)
    set(T_LABELS unit)
  endif()
  add_executable(${name} ${T_SOURCES})
  target_link_libraries(${name} PRIVATE ${T_LIBS} junctor_settings GTest::gtest GTest::gmock GTest::gtest_main
    Threads::Threads)
  include(GoogleTest)
  gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60 DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT ${T_TIMEOUT} LABELS "${T_LABELS}" RESOURCE_LOCK "${T_LOCK}")
endfunction()

add_custom_target(check_includes ALL
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/check_includes.py ${CMAKE_SOURCE_DIR}
  COMMENT "Checking which room includes which")
