# purser_layer(NAME USES layers... LIBS libraries...) — makes of src/NAME:
#   purser_NAME        a static library of its *.cpp that are neither test nor fuzz target;
#   purser_NAME_test   one GoogleTest binary of its *_test.cpp, registered with CTest;
#   fuzz_X             one libFuzzer binary of each X_fuzz.cpp (preset fuzz).
# USES says which layers it may include; tools/tidy checks the includes themselves.
function(purser_layer name)
  cmake_parse_arguments(ARG "" "" "USES;LIBS" ${ARGN})
  set(folder ${CMAKE_SOURCE_DIR}/src/${name})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp ${folder}/*.S)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cpp$")
  list(TRANSFORM ARG_USES PREPEND purser_)

  # Data carried in the binary: .incbin in *.S names files from the top of the tree.
  set(assembled ${sources})
  list(FILTER assembled INCLUDE REGEX "\\.S$")
  file(GLOB carried CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/prices/*.json)
  if(assembled)
    set_property(SOURCE ${assembled} APPEND PROPERTY COMPILE_OPTIONS "-I${CMAKE_SOURCE_DIR}")
    set_property(SOURCE ${assembled} APPEND PROPERTY OBJECT_DEPENDS "${carried}")
  endif()

  set(scope PUBLIC)
  if(sources)
    add_library(purser_${name} STATIC ${sources})
    target_precompile_headers(purser_${name} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.hpp)
  else()
    add_library(purser_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(purser_${name} ${scope} ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(purser_${name} ${scope} ${ARG_USES} ${ARG_LIBS})

  if(tests)
    add_executable(purser_${name}_test ${tests})
    target_link_libraries(purser_${name}_test PRIVATE purser_${name} rapidcheck GTest::gmock GTest::gtest_main)
    target_precompile_headers(purser_${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.hpp <gtest/gtest.h>)
    target_compile_definitions(purser_${name}_test PRIVATE
      PURSER_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${name} COMMAND purser_${name}_test)
    set_tests_properties(${name} PROPERTIES WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} TIMEOUT 600)
  endif()

  if(PURSER_FUZZ)
    foreach(fuzzer ${fuzzers})
      get_filename_component(stem ${fuzzer} NAME_WE)
      string(REGEX REPLACE "_fuzz$" "" stem ${stem})
      add_executable(fuzz_${stem} ${fuzzer})
      target_link_libraries(fuzz_${stem} PRIVATE purser_${name})
      target_link_options(fuzz_${stem} PRIVATE -fsanitize=fuzzer)
    endforeach()
  endif()
endfunction()
