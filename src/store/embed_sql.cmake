# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DOUT=FILE.c -DSQL="a.sql;b.sql" -P embed_sql.cmake
#
# Turns the migrations into one C array, as numbers, because a string literal may not be longer
# than 4,095 characters in standard C. The n-th file brings a store to version n,
# whatever its number: numbers only keep them in order.
set(arrays "")
set(list "")
set(n 0)
set(last 0)
foreach(path IN LISTS SQL)
  math(EXPR n "${n} + 1")
  get_filename_component(name ${path} NAME)
  string(REGEX MATCH "^0*([0-9]+)_" match ${name})
  if(NOT CMAKE_MATCH_1 GREATER last)
    message(FATAL_ERROR "${name}: migrations come in the order of their numbers")
  endif()
  set(last ${CMAKE_MATCH_1})
  file(READ ${path} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  if(bytes MATCHES "0x[89a-f]")
    message(FATAL_ERROR "${name}: only ASCII, because char may be signed")
  endif()
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)"
         "\\1\n" bytes "${bytes}")
  string(APPEND arrays "static const char sql_${n}[] = {\n${bytes}0};\n")
  string(APPEND list "    {\"${name}\", sql_${n}},\n")
endforeach()
file(WRITE ${OUT} "/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Made by embed_sql.cmake from the files in src/store/sql. */
#include \"store_internal.h\"

${arrays}
const kerb_store__migration kerb_store__migrations[] = {
${list}};
const int kerb_store__n_migrations = ${n};
")
