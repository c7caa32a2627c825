# What is made before it is compiled: the tokenizers' tables, carried in the binary by .incbin (purser_ranks).
# The rank files are shared by all build folders; to fetch them once needs npm and the network.
set(rank_files ${CMAKE_SOURCE_DIR}/build/ranks)
set(tables ${CMAKE_BINARY_DIR}/ranks)
set(make_ranks_source ${CMAKE_SOURCE_DIR}/tools/make_ranks)
file(MAKE_DIRECTORY ${tables})

add_executable(make_ranks ${make_ranks_source}/make_ranks.cpp)
target_include_directories(make_ranks PRIVATE ${CMAKE_SOURCE_DIR}/src)

add_custom_command(
  OUTPUT ${rank_files}/o200k_base.tiktoken ${rank_files}/cl100k_base.tiktoken
  COMMAND ${CMAKE_SOURCE_DIR}/tools/fetch_ranks ${rank_files}
  COMMENT "Fetching the tokenizers' rank files")
foreach(encoding o200k_base cl100k_base)
  add_custom_command(
    OUTPUT ${tables}/${encoding}.tokens
    COMMAND make_ranks tokens ${rank_files}/${encoding}.tiktoken ${tables}/${encoding}.tokens
    DEPENDS make_ranks ${rank_files}/${encoding}.tiktoken)
endforeach()
add_custom_command(
  OUTPUT ${tables}/unicode.classes
  COMMAND make_ranks classes ${make_ranks_source}/unicode_classes.txt ${tables}/unicode.classes
  DEPENDS make_ranks ${make_ranks_source}/unicode_classes.txt)

add_library(purser_ranks STATIC ${make_ranks_source}/tables.S)
target_include_directories(purser_ranks PRIVATE ${tables})
set_source_files_properties(${make_ranks_source}/tables.S PROPERTIES OBJECT_DEPENDS
  "${tables}/o200k_base.tokens;${tables}/cl100k_base.tokens;${tables}/unicode.classes")
