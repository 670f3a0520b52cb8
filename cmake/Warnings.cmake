# One interface target that carries language, warning and sanitizer settings for everything that we compile.
add_library(junctor_settings INTERFACE)
target_include_directories(junctor_settings INTERFACE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}")
target_compile_options(junctor_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wold-style-cast -Wcast-qual -Wcast-align -Wformat=2 -Wimplicit-fallthrough -Wextra-semi -Wunused
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 finds overlaps in std::string concatenations that are none (its bug 105651), hence -Wno-restrict.
  target_compile_options(junctor_settings INTERFACE -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wno-restrict)
endif()
if(JUNCTOR_WERROR)
  target_compile_options(junctor_settings INTERFACE -Werror)
endif()
if(JUNCTOR_SANITIZE)
  target_compile_options(junctor_settings INTERFACE -fsanitize=${JUNCTOR_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(junctor_settings INTERFACE -fsanitize=${JUNCTOR_SANITIZE})
endif()
if(JUNCTOR_FUZZERS)
  target_compile_options(junctor_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()
