option(KERB_WERROR "Treat warnings as errors" OFF)
set(KERB_SANITIZE "" CACHE STRING "Comma list for -fsanitize=, e.g. address,undefined")
option(KERB_COVERAGE "Count executed lines (gcov)" OFF)

# The one place for flags: a target that every module links, never CMAKE_C_FLAGS.
# -ffp-contract=off keeps the bits of a sum the same on machines with and without FMA.
add_library(kerb_flags INTERFACE)
target_compile_options(kerb_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
  -Wmissing-prototypes -Wcast-qual -Wvla -Wformat=2 -Wswitch-enum -Wundef
  -ffp-contract=off -fno-math-errno
  # clang takes NAN and INFINITY for floats that are promoted: only gcc is asked
  $<$<C_COMPILER_ID:GNU>:-Wdouble-promotion>
  $<$<BOOL:${KERB_WERROR}>:-Werror>)
target_compile_definitions(kerb_flags INTERFACE _XOPEN_SOURCE=700 _FILE_OFFSET_BITS=64)
if(KERB_SANITIZE)
  target_compile_options(kerb_flags INTERFACE -fsanitize=${KERB_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(kerb_flags INTERFACE -fsanitize=${KERB_SANITIZE})
endif()
if(KERB_COVERAGE)
  target_compile_options(kerb_flags INTERFACE --coverage)
  target_link_options(kerb_flags INTERFACE --coverage)
endif()
add_feature_info(werror KERB_WERROR "warnings are errors")
