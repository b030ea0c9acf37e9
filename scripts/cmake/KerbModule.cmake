# kerb_module(density SOURCES a.c HEADERS kerb_density.h INTERNAL density_internal.h
#             DEPENDS core grid LIBS PkgConfig::gsl)
#
# One folder, one module. A module sees its own headers and those of the modules named in DEPENDS
# and of what they depend on, and no others: an undeclared #include does not compile. LIBS stay
# private, so a third-party header is seen only by the module that names its library. HEADERS are
# installed; SHARED are headers for the library's own modules, never installed.
function(kerb_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;HEADERS;SHARED;DEPENDS;LIBS" ${ARGN})
  list(TRANSFORM arg_DEPENDS PREPEND kerb_)
  add_library(kerb_${name} OBJECT ${arg_SOURCES})
  target_sources(kerb_${name} PUBLIC FILE_SET HEADERS
    BASE_DIRS ${CMAKE_CURRENT_SOURCE_DIR} FILES ${arg_HEADERS} ${arg_SHARED})
  target_link_libraries(kerb_${name} PUBLIC ${arg_DEPENDS} PRIVATE kerb_flags ${arg_LIBS})
  target_compile_definitions(kerb_${name} PRIVATE KERB_BUILDING=1)
  list(TRANSFORM arg_HEADERS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  set_property(GLOBAL APPEND PROPERTY KERB_MODULES kerb_${name})
  set_property(GLOBAL APPEND PROPERTY KERB_LIBS ${arg_LIBS})
  set_property(GLOBAL APPEND PROPERTY KERB_HEADERS ${arg_HEADERS})
  set_property(GLOBAL APPEND PROPERTY KERB_HEADER_DIRS ${CMAKE_CURRENT_SOURCE_DIR})
endfunction()
